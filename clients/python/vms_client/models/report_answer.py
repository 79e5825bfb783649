from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.job_status import JobStatus
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.part_payload import PartPayload


T = TypeVar("T", bound="ReportAnswer")


@_attrs_define
class ReportAnswer:
    """How a report was taken."""

    applied: bool
    """ false when the report was a repetition or came late, and changed nothing """
    job_status: JobStatus
    """ State of a job (seed 004, step 1). """
    next_: list[PartPayload] | Unset = UNSET
    """ parts that the reporting worker holds from now on and begins at once """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        applied = self.applied

        job_status = self.job_status.value

        next_: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.next_, Unset):
            next_ = []
            for next_item_data in self.next_:
                next_item = next_item_data.to_dict()
                next_.append(next_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "applied": applied,
                "jobStatus": job_status,
            }
        )
        if next_ is not UNSET:
            field_dict["next"] = next_

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.part_payload import PartPayload  # noqa: PLC0415

        d = dict(src_dict)
        applied = d.pop("applied")

        job_status = JobStatus(d.pop("jobStatus"))

        _next_ = d.pop("next", UNSET)
        next_: list[PartPayload] | Unset = UNSET
        if _next_ is not UNSET:
            next_ = []
            for next_item_data in _next_:
                next_item = PartPayload.from_dict(next_item_data)

                next_.append(next_item)

        report_answer = cls(
            applied=applied,
            job_status=job_status,
            next_=next_,
        )

        report_answer.additional_properties = d
        return report_answer

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
