from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.job_status import JobStatus

if TYPE_CHECKING:
    from ..models.watched_error import WatchedError
    from ..models.watched_windows import WatchedWindows


T = TypeVar("T", bound="JobEvent")


@_attrs_define
class JobEvent:
    """What a watcher is told of a job."""

    status: JobStatus
    """ State of a job (seed 004, step 1). """
    progress: int
    """ percent; never less than it was told before """
    speed: float | None
    """ seconds of video encoded in a second """
    eta_seconds: float | None
    attempt: int
    playable_seconds: float | None
    """ how much can be watched already; null before anything can """
    windows: None | WatchedWindows
    """ null for an encode that is not divided """
    next_retry_at: datetime.datetime | None
    error: None | WatchedError
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.watched_error import WatchedError  # noqa: PLC0415
        from ..models.watched_windows import WatchedWindows  # noqa: PLC0415

        status = self.status.value

        progress = self.progress

        speed: float | None
        speed = self.speed

        eta_seconds: float | None
        eta_seconds = self.eta_seconds

        attempt = self.attempt

        playable_seconds: float | None
        playable_seconds = self.playable_seconds

        windows: dict[str, Any] | None
        if isinstance(self.windows, WatchedWindows):
            windows = self.windows.to_dict()
        else:
            windows = self.windows

        next_retry_at: None | str
        if isinstance(self.next_retry_at, datetime.datetime):
            next_retry_at = self.next_retry_at.isoformat()
        else:
            next_retry_at = self.next_retry_at

        error: dict[str, Any] | None
        if isinstance(self.error, WatchedError):
            error = self.error.to_dict()
        else:
            error = self.error

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "status": status,
                "progress": progress,
                "speed": speed,
                "etaSeconds": eta_seconds,
                "attempt": attempt,
                "playableSeconds": playable_seconds,
                "windows": windows,
                "nextRetryAt": next_retry_at,
                "error": error,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.watched_error import WatchedError  # noqa: PLC0415
        from ..models.watched_windows import WatchedWindows  # noqa: PLC0415

        d = dict(src_dict)
        status = JobStatus(d.pop("status"))

        progress = d.pop("progress")

        def _parse_speed(data: object) -> float | None:
            if data is None:
                return data
            return cast(float | None, data)

        speed = _parse_speed(d.pop("speed"))

        def _parse_eta_seconds(data: object) -> float | None:
            if data is None:
                return data
            return cast(float | None, data)

        eta_seconds = _parse_eta_seconds(d.pop("etaSeconds"))

        attempt = d.pop("attempt")

        def _parse_playable_seconds(data: object) -> float | None:
            if data is None:
                return data
            return cast(float | None, data)

        playable_seconds = _parse_playable_seconds(d.pop("playableSeconds"))

        def _parse_windows(data: object) -> None | WatchedWindows:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                windows_type_0 = WatchedWindows.from_dict(data)

                return windows_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | WatchedWindows, data)

        windows = _parse_windows(d.pop("windows"))

        def _parse_next_retry_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                next_retry_at_type_0 = datetime.datetime.fromisoformat(data)

                return next_retry_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        next_retry_at = _parse_next_retry_at(d.pop("nextRetryAt"))

        def _parse_error(data: object) -> None | WatchedError:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                error_type_0 = WatchedError.from_dict(data)

                return error_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | WatchedError, data)

        error = _parse_error(d.pop("error"))

        job_event = cls(
            status=status,
            progress=progress,
            speed=speed,
            eta_seconds=eta_seconds,
            attempt=attempt,
            playable_seconds=playable_seconds,
            windows=windows,
            next_retry_at=next_retry_at,
            error=error,
        )

        job_event.additional_properties = d
        return job_event

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
