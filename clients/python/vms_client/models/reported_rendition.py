from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="ReportedRendition")


@_attrs_define
class ReportedRendition:
    """One rendition: the seed's two fields, and what we know beyond them."""

    quality: str
    url: str
    width: int | None | Unset = UNSET
    height: int | None | Unset = UNSET
    bandwidth_bps: int | None | Unset = UNSET
    average_bandwidth_bps: int | None | Unset = UNSET
    codecs: None | str | Unset = UNSET
    frame_rate: float | None | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        quality = self.quality

        url = self.url

        width: int | None | Unset
        if isinstance(self.width, Unset):
            width = UNSET
        else:
            width = self.width

        height: int | None | Unset
        if isinstance(self.height, Unset):
            height = UNSET
        else:
            height = self.height

        bandwidth_bps: int | None | Unset
        if isinstance(self.bandwidth_bps, Unset):
            bandwidth_bps = UNSET
        else:
            bandwidth_bps = self.bandwidth_bps

        average_bandwidth_bps: int | None | Unset
        if isinstance(self.average_bandwidth_bps, Unset):
            average_bandwidth_bps = UNSET
        else:
            average_bandwidth_bps = self.average_bandwidth_bps

        codecs: None | str | Unset
        if isinstance(self.codecs, Unset):
            codecs = UNSET
        else:
            codecs = self.codecs

        frame_rate: float | None | Unset
        if isinstance(self.frame_rate, Unset):
            frame_rate = UNSET
        else:
            frame_rate = self.frame_rate

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "quality": quality,
                "url": url,
            }
        )
        if width is not UNSET:
            field_dict["width"] = width
        if height is not UNSET:
            field_dict["height"] = height
        if bandwidth_bps is not UNSET:
            field_dict["bandwidthBps"] = bandwidth_bps
        if average_bandwidth_bps is not UNSET:
            field_dict["averageBandwidthBps"] = average_bandwidth_bps
        if codecs is not UNSET:
            field_dict["codecs"] = codecs
        if frame_rate is not UNSET:
            field_dict["frameRate"] = frame_rate

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        quality = d.pop("quality")

        url = d.pop("url")

        def _parse_width(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        width = _parse_width(d.pop("width", UNSET))

        def _parse_height(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        height = _parse_height(d.pop("height", UNSET))

        def _parse_bandwidth_bps(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        bandwidth_bps = _parse_bandwidth_bps(d.pop("bandwidthBps", UNSET))

        def _parse_average_bandwidth_bps(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        average_bandwidth_bps = _parse_average_bandwidth_bps(d.pop("averageBandwidthBps", UNSET))

        def _parse_codecs(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        codecs = _parse_codecs(d.pop("codecs", UNSET))

        def _parse_frame_rate(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        frame_rate = _parse_frame_rate(d.pop("frameRate", UNSET))

        reported_rendition = cls(
            quality=quality,
            url=url,
            width=width,
            height=height,
            bandwidth_bps=bandwidth_bps,
            average_bandwidth_bps=average_bandwidth_bps,
            codecs=codecs,
            frame_rate=frame_rate,
        )

        return reported_rendition
