from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="EncodeOptions")


@_attrs_define
class EncodeOptions:
    """What whoever asks for an encode may choose. ``loudness_lufs``: integrated loudness that the sound is brought to
    (EBU R 128); ``progressive_mp4``: one file to download beside the stream.

    """

    loudness_lufs: float | None | Unset = UNSET
    progressive_mp_4: bool | Unset = False

    def to_dict(self) -> dict[str, Any]:
        loudness_lufs: float | None | Unset
        if isinstance(self.loudness_lufs, Unset):
            loudness_lufs = UNSET
        else:
            loudness_lufs = self.loudness_lufs

        progressive_mp_4 = self.progressive_mp_4

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if loudness_lufs is not UNSET:
            field_dict["loudnessLufs"] = loudness_lufs
        if progressive_mp_4 is not UNSET:
            field_dict["progressiveMp4"] = progressive_mp_4

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_loudness_lufs(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        loudness_lufs = _parse_loudness_lufs(d.pop("loudnessLufs", UNSET))

        progressive_mp_4 = d.pop("progressiveMp4", UNSET)

        encode_options = cls(
            loudness_lufs=loudness_lufs,
            progressive_mp_4=progressive_mp_4,
        )

        return encode_options
