from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define

from ..models.part_kind import PartKind
from ..models.share import Share
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.encode_options import EncodeOptions
    from ..models.part_payload_plan import PartPayloadPlan


T = TypeVar("T", bound="PartPayload")


@_attrs_define
class PartPayload:
    """One part of a divided encode. ``plan`` is the plan's JSON; ``take`` counts the times the part was begun and is in
    the names of the objects it stores; ``manifests`` names what the others left behind, for ``finish`` alone.

    """

    job_id: UUID
    video_id: UUID
    master_bucket: str
    master_key: str
    output_bucket: str
    output_prefix: str
    part_id: UUID
    take: int
    kind: PartKind
    """ What a part of a divided encode makes. ``finish`` comes last: playlists, pictures, verification. """
    number: int
    share: Share
    """ Which rungs of a window: the first window's lowest ones are made first, so that viewers can begin. """
    plan: PartPayloadPlan
    options: EncodeOptions | Unset = UNSET
    """ What whoever asks for an encode may choose. ``loudness_lufs``: integrated loudness that the sound is brought
    to
    (EBU R 128); ``progressive_mp4``: one file to download beside the stream. """
    manifests: list[str] | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        job_id = str(self.job_id)

        video_id = str(self.video_id)

        master_bucket = self.master_bucket

        master_key = self.master_key

        output_bucket = self.output_bucket

        output_prefix = self.output_prefix

        part_id = str(self.part_id)

        take = self.take

        kind = self.kind.value

        number = self.number

        share = self.share.value

        plan = self.plan.to_dict()

        options: dict[str, Any] | Unset = UNSET
        if not isinstance(self.options, Unset):
            options = self.options.to_dict()

        manifests: list[str] | Unset = UNSET
        if not isinstance(self.manifests, Unset):
            manifests = self.manifests

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "jobId": job_id,
                "videoId": video_id,
                "masterBucket": master_bucket,
                "masterKey": master_key,
                "outputBucket": output_bucket,
                "outputPrefix": output_prefix,
                "partId": part_id,
                "take": take,
                "kind": kind,
                "number": number,
                "share": share,
                "plan": plan,
            }
        )
        if options is not UNSET:
            field_dict["options"] = options
        if manifests is not UNSET:
            field_dict["manifests"] = manifests

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.encode_options import EncodeOptions  # noqa: PLC0415
        from ..models.part_payload_plan import PartPayloadPlan  # noqa: PLC0415

        d = dict(src_dict)
        job_id = UUID(d.pop("jobId"))

        video_id = UUID(d.pop("videoId"))

        master_bucket = d.pop("masterBucket")

        master_key = d.pop("masterKey")

        output_bucket = d.pop("outputBucket")

        output_prefix = d.pop("outputPrefix")

        part_id = UUID(d.pop("partId"))

        take = d.pop("take")

        kind = PartKind(d.pop("kind"))

        number = d.pop("number")

        share = Share(d.pop("share"))

        plan = PartPayloadPlan.from_dict(d.pop("plan"))

        _options = d.pop("options", UNSET)
        options: EncodeOptions | Unset
        if isinstance(_options, Unset):
            options = UNSET
        else:
            options = EncodeOptions.from_dict(_options)

        manifests = cast(list[str], d.pop("manifests", UNSET))

        part_payload = cls(
            job_id=job_id,
            video_id=video_id,
            master_bucket=master_bucket,
            master_key=master_key,
            output_bucket=output_bucket,
            output_prefix=output_prefix,
            part_id=part_id,
            take=take,
            kind=kind,
            number=number,
            share=share,
            plan=plan,
            options=options,
            manifests=manifests,
        )

        return part_payload
