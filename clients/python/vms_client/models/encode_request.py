from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..models.encode_request_priority import EncodeRequestPriority
from ..types import UNSET, Unset

T = TypeVar("T", bound="EncodeRequest")


@_attrs_define
class EncodeRequest:
    """What whoever asks for an encode may choose; what is left out is as the settings have it."""

    priority: EncodeRequestPriority | Unset = EncodeRequestPriority.NORMAL
    loudness_lufs: float | None | Unset = UNSET
    """ loudness that the sound is brought to (EBU R 128); null leaves it as it is """
    progressive_mp_4: bool | Unset = False
    """ make an MP4 file to download beside the stream """

    def to_dict(self) -> dict[str, Any]:
        priority: str | Unset = UNSET
        if not isinstance(self.priority, Unset):
            priority = self.priority.value

        loudness_lufs: float | None | Unset
        if isinstance(self.loudness_lufs, Unset):
            loudness_lufs = UNSET
        else:
            loudness_lufs = self.loudness_lufs

        progressive_mp_4 = self.progressive_mp_4

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if priority is not UNSET:
            field_dict["priority"] = priority
        if loudness_lufs is not UNSET:
            field_dict["loudnessLufs"] = loudness_lufs
        if progressive_mp_4 is not UNSET:
            field_dict["progressiveMp4"] = progressive_mp_4

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        _priority = d.pop("priority", UNSET)
        priority: EncodeRequestPriority | Unset
        if isinstance(_priority, Unset):
            priority = UNSET
        else:
            priority = EncodeRequestPriority(_priority)

        def _parse_loudness_lufs(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        loudness_lufs = _parse_loudness_lufs(d.pop("loudnessLufs", UNSET))

        progressive_mp_4 = d.pop("progressiveMp4", UNSET)

        encode_request = cls(
            priority=priority,
            loudness_lufs=loudness_lufs,
            progressive_mp_4=progressive_mp_4,
        )

        return encode_request
