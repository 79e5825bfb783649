from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="PlannedRung")


@_attrs_define
class PlannedRung:
    """One size that viewers will get."""

    quality: str
    width: int
    height: int
    video_bps: int
    maxrate_bps: int
    reason: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        quality = self.quality

        width = self.width

        height = self.height

        video_bps = self.video_bps

        maxrate_bps = self.maxrate_bps

        reason = self.reason

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "quality": quality,
                "width": width,
                "height": height,
                "videoBps": video_bps,
                "maxrateBps": maxrate_bps,
                "reason": reason,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        quality = d.pop("quality")

        width = d.pop("width")

        height = d.pop("height")

        video_bps = d.pop("videoBps")

        maxrate_bps = d.pop("maxrateBps")

        reason = d.pop("reason")

        planned_rung = cls(
            quality=quality,
            width=width,
            height=height,
            video_bps=video_bps,
            maxrate_bps=maxrate_bps,
            reason=reason,
        )

        planned_rung.additional_properties = d
        return planned_rung

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
