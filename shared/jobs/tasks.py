"""Every task a worker can run: its name, its queue, its payload. The one typed map of jobs."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


class Queue(StrEnum):
    """One queue for each kind of worker."""

    encoding = "vms:encode"
    transfer = "vms:transfer"


class Payload(BaseModel):
    """Plain facts a worker needs; camelCase JSON, like everything that leaves a process."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)


class EncodeOptions(Payload):
    """What whoever asks for an encode may choose. ``loudness_lufs``: integrated loudness that the sound is brought to
    (EBU R 128); ``progressive_mp4``: one file to download beside the stream."""

    loudness_lufs: float | None = Field(None, ge=-40, le=-5)
    progressive_mp4: bool = False


class _Encode(Payload):
    """From which master into which generation."""

    job_id: UUID
    video_id: UUID
    master_bucket: str
    master_key: str
    output_bucket: str
    output_prefix: str
    options: EncodeOptions = EncodeOptions()


class EncodePayload(_Encode):
    """One attempt to encode one master: plan it, and encode it whole unless it is long enough to be divided. ``source``
    holds the facts of an earlier probe of the same file."""

    attempt: int
    source: dict[str, Any] | None = None


class PartKind(StrEnum):
    """What a part of a divided encode makes. ``finish`` comes last: playlists, pictures, verification."""

    window = "window"
    audio = "audio"
    finish = "finish"


class Share(StrEnum):
    """Which rungs of a window: the first window's lowest ones are made first, so that viewers can begin."""

    all = "all"
    low = "low"
    high = "high"


class PartPayload(_Encode):
    """One part of a divided encode. ``plan`` is the plan's JSON; ``take`` counts the times the part was begun and is in
    the names of the objects it stores; ``manifests`` names what the others left behind, for ``finish`` alone."""

    part_id: UUID
    take: int
    kind: PartKind
    number: int
    share: Share
    plan: dict[str, Any]
    manifests: list[str] = []


class ProbePayload(Payload):
    """One master to be looked at, so that a plan can be shown before anything is encoded."""

    master_id: UUID
    bucket: str
    key: str


class DeleteObjectsPayload(Payload):
    """Every object under a prefix is to go."""

    bucket: str
    prefix: str


class FetchSourcePayload(Payload):
    """One take of downloading a video's original into the masters bucket. ``url`` is a link that was fetched a
    moment ago. ``upload_id`` names the S3 multipart upload that every take continues, in parts of ``part_bytes``.
    ``size_bytes`` and ``md5`` are what the platform says, None if it does not.
    """

    move_id: UUID
    take: int
    url: str
    bucket: str
    key: str
    upload_id: str
    part_bytes: int
    size_bytes: int | None = None
    md5: str | None = None


class CompareSourcePayload(Payload):
    """One take of comparing a published generation with the original it was made from, and with what the platform says
    of it. ``duration_seconds`` and ``has_audio`` are the platform's; None is unknown."""

    move_id: UUID
    take: int
    master_bucket: str
    master_key: str
    output_bucket: str
    output_prefix: str
    duration_seconds: float | None = None
    has_audio: bool | None = None


P = TypeVar("P", bound=Payload)


@dataclass(frozen=True, slots=True)
class Task(Generic[P]):
    """A task's name on the wire. ``reports`` tells whether its worker reports that it has begun; a task that does
    not is repeated by whoever sees that its effect is missing."""

    name: str
    queue: Queue
    payload: type[P]
    reports: bool


ENCODE_VIDEO = Task("encode_video", Queue.encoding, EncodePayload, reports=True)
ENCODE_PART = Task("encode_part", Queue.encoding, PartPayload, reports=True)
PROBE_MASTER = Task("probe_master", Queue.transfer, ProbePayload, reports=False)
FETCH_SOURCE = Task("fetch_source", Queue.transfer, FetchSourcePayload, reports=False)
COMPARE_SOURCE = Task("compare_source", Queue.transfer, CompareSourcePayload, reports=False)
DELETE_OBJECTS = Task("delete_objects", Queue.transfer, DeleteObjectsPayload, reports=False)
