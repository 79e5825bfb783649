from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.planned_audio import PlannedAudio
    from ..models.planned_rung import PlannedRung
    from ..models.planned_source import PlannedSource
    from ..models.planned_window import PlannedWindow


T = TypeVar("T", bound="PlanOut")


@_attrs_define
class PlanOut:
    """What an encode would make."""

    rungs: list[PlannedRung]
    audio: list[PlannedAudio]
    windows: list[PlannedWindow]
    segment_seconds: float
    frame_rate: float
    duration_seconds: float
    estimated_bytes: int
    source: PlannedSource
    """ What the master file is. ``width`` and ``height`` as it is to be seen: turned upright, in square pixels. """
    warnings: list[str]
    """ what becomes of the source that its owner may not expect """
    workers: int
    """ encode workers that are there now """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        rungs = []
        for rungs_item_data in self.rungs:
            rungs_item = rungs_item_data.to_dict()
            rungs.append(rungs_item)

        audio = []
        for audio_item_data in self.audio:
            audio_item = audio_item_data.to_dict()
            audio.append(audio_item)

        windows = []
        for windows_item_data in self.windows:
            windows_item = windows_item_data.to_dict()
            windows.append(windows_item)

        segment_seconds = self.segment_seconds

        frame_rate = self.frame_rate

        duration_seconds = self.duration_seconds

        estimated_bytes = self.estimated_bytes

        source = self.source.to_dict()

        warnings = self.warnings

        workers = self.workers

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "rungs": rungs,
                "audio": audio,
                "windows": windows,
                "segmentSeconds": segment_seconds,
                "frameRate": frame_rate,
                "durationSeconds": duration_seconds,
                "estimatedBytes": estimated_bytes,
                "source": source,
                "warnings": warnings,
                "workers": workers,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.planned_audio import PlannedAudio  # noqa: PLC0415
        from ..models.planned_rung import PlannedRung  # noqa: PLC0415
        from ..models.planned_source import PlannedSource  # noqa: PLC0415
        from ..models.planned_window import PlannedWindow  # noqa: PLC0415

        d = dict(src_dict)
        rungs = []
        _rungs = d.pop("rungs")
        for rungs_item_data in _rungs:
            rungs_item = PlannedRung.from_dict(rungs_item_data)

            rungs.append(rungs_item)

        audio = []
        _audio = d.pop("audio")
        for audio_item_data in _audio:
            audio_item = PlannedAudio.from_dict(audio_item_data)

            audio.append(audio_item)

        windows = []
        _windows = d.pop("windows")
        for windows_item_data in _windows:
            windows_item = PlannedWindow.from_dict(windows_item_data)

            windows.append(windows_item)

        segment_seconds = d.pop("segmentSeconds")

        frame_rate = d.pop("frameRate")

        duration_seconds = d.pop("durationSeconds")

        estimated_bytes = d.pop("estimatedBytes")

        source = PlannedSource.from_dict(d.pop("source"))

        warnings = cast(list[str], d.pop("warnings"))

        workers = d.pop("workers")

        plan_out = cls(
            rungs=rungs,
            audio=audio,
            windows=windows,
            segment_seconds=segment_seconds,
            frame_rate=frame_rate,
            duration_seconds=duration_seconds,
            estimated_bytes=estimated_bytes,
            source=source,
            warnings=warnings,
            workers=workers,
        )

        plan_out.additional_properties = d
        return plan_out

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
