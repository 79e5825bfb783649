from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.source_audio import SourceAudio


T = TypeVar("T", bound="PlannedSource")


@_attrs_define
class PlannedSource:
    """What the master file is. ``width`` and ``height`` as it is to be seen: turned upright, in square pixels."""

    width: int
    height: int
    coded_width: int
    coded_height: int
    rotation: int
    """ degrees clockwise that make the stored picture upright """
    codec: str
    container: str
    frame_rate: float
    variable_frame_rate: bool
    interlaced: bool
    hdr: None | str
    """ `pq`, `hlg` or null """
    bit_depth: int
    full_range: bool
    size_bytes: int | None
    audio: list[SourceAudio]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        width = self.width

        height = self.height

        coded_width = self.coded_width

        coded_height = self.coded_height

        rotation = self.rotation

        codec = self.codec

        container = self.container

        frame_rate = self.frame_rate

        variable_frame_rate = self.variable_frame_rate

        interlaced = self.interlaced

        hdr: None | str
        hdr = self.hdr

        bit_depth = self.bit_depth

        full_range = self.full_range

        size_bytes: int | None
        size_bytes = self.size_bytes

        audio = []
        for audio_item_data in self.audio:
            audio_item = audio_item_data.to_dict()
            audio.append(audio_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "width": width,
                "height": height,
                "codedWidth": coded_width,
                "codedHeight": coded_height,
                "rotation": rotation,
                "codec": codec,
                "container": container,
                "frameRate": frame_rate,
                "variableFrameRate": variable_frame_rate,
                "interlaced": interlaced,
                "hdr": hdr,
                "bitDepth": bit_depth,
                "fullRange": full_range,
                "sizeBytes": size_bytes,
                "audio": audio,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.source_audio import SourceAudio  # noqa: PLC0415

        d = dict(src_dict)
        width = d.pop("width")

        height = d.pop("height")

        coded_width = d.pop("codedWidth")

        coded_height = d.pop("codedHeight")

        rotation = d.pop("rotation")

        codec = d.pop("codec")

        container = d.pop("container")

        frame_rate = d.pop("frameRate")

        variable_frame_rate = d.pop("variableFrameRate")

        interlaced = d.pop("interlaced")

        def _parse_hdr(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        hdr = _parse_hdr(d.pop("hdr"))

        bit_depth = d.pop("bitDepth")

        full_range = d.pop("fullRange")

        def _parse_size_bytes(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        size_bytes = _parse_size_bytes(d.pop("sizeBytes"))

        audio = []
        _audio = d.pop("audio")
        for audio_item_data in _audio:
            audio_item = SourceAudio.from_dict(audio_item_data)

            audio.append(audio_item)

        planned_source = cls(
            width=width,
            height=height,
            coded_width=coded_width,
            coded_height=coded_height,
            rotation=rotation,
            codec=codec,
            container=container,
            frame_rate=frame_rate,
            variable_frame_rate=variable_frame_rate,
            interlaced=interlaced,
            hdr=hdr,
            bit_depth=bit_depth,
            full_range=full_range,
            size_bytes=size_bytes,
            audio=audio,
        )

        planned_source.additional_properties = d
        return planned_source

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
