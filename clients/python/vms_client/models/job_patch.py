from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..models.job_patch_priority import JobPatchPriority

T = TypeVar("T", bound="JobPatch")


@_attrs_define
class JobPatch:
    """What can be changed about a job."""

    priority: JobPatchPriority

    def to_dict(self) -> dict[str, Any]:
        priority = self.priority.value

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "priority": priority,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        priority = JobPatchPriority(d.pop("priority"))

        job_patch = cls(
            priority=priority,
        )

        return job_patch
