from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="EncodingState")


@_attrs_define
class EncodingState:
    """Shown while an encode runs."""

    progress: int
    playable_seconds: float | None
    """ how much can be watched already """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        progress = self.progress

        playable_seconds: float | None
        playable_seconds = self.playable_seconds

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "progress": progress,
                "playableSeconds": playable_seconds,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        progress = d.pop("progress")

        def _parse_playable_seconds(data: object) -> float | None:
            if data is None:
                return data
            return cast(float | None, data)

        playable_seconds = _parse_playable_seconds(d.pop("playableSeconds"))

        encoding_state = cls(
            progress=progress,
            playable_seconds=playable_seconds,
        )

        encoding_state.additional_properties = d
        return encoding_state

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
