"""Every task a worker can run: its name, its queue, its payload. The one typed map of jobs."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Queue(StrEnum):
    """One queue for each kind of worker."""

    encoding = "vms:encode"
    transfer = "vms:transfer"


class Payload(BaseModel):
    """Plain facts a worker needs; camelCase JSON, like everything that leaves a process."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)


class EncodePayload(Payload):
    """One attempt to encode one master into one generation."""

    job_id: UUID
    video_id: UUID
    attempt: int
    master_bucket: str
    master_key: str
    output_bucket: str
    output_prefix: str


class DeleteObjectsPayload(Payload):
    """Every object under a prefix is to go."""

    bucket: str
    prefix: str


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
DELETE_OBJECTS = Task("delete_objects", Queue.transfer, DeleteObjectsPayload, reports=False)
