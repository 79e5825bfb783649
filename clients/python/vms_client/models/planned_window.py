from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="PlannedWindow")


@_attrs_define
class PlannedWindow:
    """A piece of the source that one worker encodes."""

    number: int
    start_seconds: float
    end_seconds: float
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        number = self.number

        start_seconds = self.start_seconds

        end_seconds = self.end_seconds

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "number": number,
                "startSeconds": start_seconds,
                "endSeconds": end_seconds,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        number = d.pop("number")

        start_seconds = d.pop("startSeconds")

        end_seconds = d.pop("endSeconds")

        planned_window = cls(
            number=number,
            start_seconds=start_seconds,
            end_seconds=end_seconds,
        )

        planned_window.additional_properties = d
        return planned_window

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
