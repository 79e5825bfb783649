from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.encode_accepted_priority import EncodeAcceptedPriority
from ..models.job_status import JobStatus

if TYPE_CHECKING:
    from ..models.encode_options import EncodeOptions


T = TypeVar("T", bound="EncodeAccepted")


@_attrs_define
class EncodeAccepted:
    """The job that will encode, or is encoding, the video. One that was there already keeps its own options."""

    job_id: UUID
    status: JobStatus
    """ State of a job (seed 004, step 1). """
    priority: EncodeAcceptedPriority
    options: EncodeOptions
    """ What whoever asks for an encode may choose. ``loudness_lufs``: integrated loudness that the sound is brought
    to
    (EBU R 128); ``progressive_mp4``: one file to download beside the stream. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        job_id = str(self.job_id)

        status = self.status.value

        priority = self.priority.value

        options = self.options.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "jobId": job_id,
                "status": status,
                "priority": priority,
                "options": options,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.encode_options import EncodeOptions  # noqa: PLC0415

        d = dict(src_dict)
        job_id = UUID(d.pop("jobId"))

        status = JobStatus(d.pop("status"))

        priority = EncodeAcceptedPriority(d.pop("priority"))

        options = EncodeOptions.from_dict(d.pop("options"))

        encode_accepted = cls(
            job_id=job_id,
            status=status,
            priority=priority,
            options=options,
        )

        encode_accepted.additional_properties = d
        return encode_accepted

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
