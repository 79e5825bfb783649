from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.job_out_priority import JobOutPriority
from ..models.job_status import JobStatus

if TYPE_CHECKING:
    from ..models.encode_options import EncodeOptions
    from ..models.job_error import JobError
    from ..models.job_out_error_history_item import JobOutErrorHistoryItem
    from ..models.job_out_renditions_item import JobOutRenditionsItem
    from ..models.job_out_report_type_0 import JobOutReportType0
    from ..models.job_out_rungprogress import JobOutRungprogress
    from ..models.window_counts import WindowCounts


T = TypeVar("T", bound="JobOut")


@_attrs_define
class JobOut:
    """A job as the API answers it in lists."""

    id: UUID
    video_id: UUID
    status: JobStatus
    """ State of a job (seed 004, step 1). """
    progress: int
    attempt: int
    """ grows with every new beginning, also after a worker was lost """
    max_attempts: int
    """ failed attempts (`attemptCount`) after which the job is given up """
    attempt_count: int
    """ attempts that failed; attempts whose worker was lost do not count """
    next_retry_at: datetime.datetime | None
    error: JobError | None
    error_history: list[JobOutErrorHistoryItem]
    renditions: list[JobOutRenditionsItem]
    report: JobOutReportType0 | None
    worker_id: None | str
    speed: float | None
    """ seconds of video encoded in a second """
    eta_seconds: float | None
    rung_progress: JobOutRungprogress
    playable_seconds: float | None
    """ how much can be watched already; null before anything can """
    priority: JobOutPriority
    options: EncodeOptions
    """ What whoever asks for an encode may choose. ``loudness_lufs``: integrated loudness that the sound is brought
    to
    (EBU R 128); ``progressive_mp4``: one file to download beside the stream. """
    workers: list[str]
    """ ids of the workers that are at it now """
    windows: None | WindowCounts
    """ null for an encode that is not divided """
    alert_sent: bool
    """ operators have been told that it failed for good """
    created_at: datetime.datetime
    started_at: datetime.datetime | None
    completed_at: datetime.datetime | None
    updated_at: datetime.datetime
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.job_error import JobError  # noqa: PLC0415
        from ..models.job_out_report_type_0 import JobOutReportType0  # noqa: PLC0415
        from ..models.window_counts import WindowCounts  # noqa: PLC0415

        id = str(self.id)

        video_id = str(self.video_id)

        status = self.status.value

        progress = self.progress

        attempt = self.attempt

        max_attempts = self.max_attempts

        attempt_count = self.attempt_count

        next_retry_at: None | str
        if isinstance(self.next_retry_at, datetime.datetime):
            next_retry_at = self.next_retry_at.isoformat()
        else:
            next_retry_at = self.next_retry_at

        error: dict[str, Any] | None
        if isinstance(self.error, JobError):
            error = self.error.to_dict()
        else:
            error = self.error

        error_history = []
        for error_history_item_data in self.error_history:
            error_history_item = error_history_item_data.to_dict()
            error_history.append(error_history_item)

        renditions = []
        for renditions_item_data in self.renditions:
            renditions_item = renditions_item_data.to_dict()
            renditions.append(renditions_item)

        report: dict[str, Any] | None
        if isinstance(self.report, JobOutReportType0):
            report = self.report.to_dict()
        else:
            report = self.report

        worker_id: None | str
        worker_id = self.worker_id

        speed: float | None
        speed = self.speed

        eta_seconds: float | None
        eta_seconds = self.eta_seconds

        rung_progress = self.rung_progress.to_dict()

        playable_seconds: float | None
        playable_seconds = self.playable_seconds

        priority = self.priority.value

        options = self.options.to_dict()

        workers = self.workers

        windows: dict[str, Any] | None
        if isinstance(self.windows, WindowCounts):
            windows = self.windows.to_dict()
        else:
            windows = self.windows

        alert_sent = self.alert_sent

        created_at = self.created_at.isoformat()

        started_at: None | str
        if isinstance(self.started_at, datetime.datetime):
            started_at = self.started_at.isoformat()
        else:
            started_at = self.started_at

        completed_at: None | str
        if isinstance(self.completed_at, datetime.datetime):
            completed_at = self.completed_at.isoformat()
        else:
            completed_at = self.completed_at

        updated_at = self.updated_at.isoformat()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "videoId": video_id,
                "status": status,
                "progress": progress,
                "attempt": attempt,
                "maxAttempts": max_attempts,
                "attemptCount": attempt_count,
                "nextRetryAt": next_retry_at,
                "error": error,
                "errorHistory": error_history,
                "renditions": renditions,
                "report": report,
                "workerId": worker_id,
                "speed": speed,
                "etaSeconds": eta_seconds,
                "rungProgress": rung_progress,
                "playableSeconds": playable_seconds,
                "priority": priority,
                "options": options,
                "workers": workers,
                "windows": windows,
                "alertSent": alert_sent,
                "createdAt": created_at,
                "startedAt": started_at,
                "completedAt": completed_at,
                "updatedAt": updated_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.encode_options import EncodeOptions  # noqa: PLC0415
        from ..models.job_error import JobError  # noqa: PLC0415
        from ..models.job_out_error_history_item import JobOutErrorHistoryItem  # noqa: PLC0415
        from ..models.job_out_renditions_item import JobOutRenditionsItem  # noqa: PLC0415
        from ..models.job_out_report_type_0 import JobOutReportType0  # noqa: PLC0415
        from ..models.job_out_rungprogress import JobOutRungprogress  # noqa: PLC0415
        from ..models.window_counts import WindowCounts  # noqa: PLC0415

        d = dict(src_dict)
        id = UUID(d.pop("id"))

        video_id = UUID(d.pop("videoId"))

        status = JobStatus(d.pop("status"))

        progress = d.pop("progress")

        attempt = d.pop("attempt")

        max_attempts = d.pop("maxAttempts")

        attempt_count = d.pop("attemptCount")

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

        def _parse_error(data: object) -> JobError | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                error_type_0 = JobError.from_dict(data)

                return error_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(JobError | None, data)

        error = _parse_error(d.pop("error"))

        error_history = []
        _error_history = d.pop("errorHistory")
        for error_history_item_data in _error_history:
            error_history_item = JobOutErrorHistoryItem.from_dict(error_history_item_data)

            error_history.append(error_history_item)

        renditions = []
        _renditions = d.pop("renditions")
        for renditions_item_data in _renditions:
            renditions_item = JobOutRenditionsItem.from_dict(renditions_item_data)

            renditions.append(renditions_item)

        def _parse_report(data: object) -> JobOutReportType0 | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                report_type_0 = JobOutReportType0.from_dict(data)

                return report_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(JobOutReportType0 | None, data)

        report = _parse_report(d.pop("report"))

        def _parse_worker_id(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        worker_id = _parse_worker_id(d.pop("workerId"))

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

        rung_progress = JobOutRungprogress.from_dict(d.pop("rungProgress"))

        def _parse_playable_seconds(data: object) -> float | None:
            if data is None:
                return data
            return cast(float | None, data)

        playable_seconds = _parse_playable_seconds(d.pop("playableSeconds"))

        priority = JobOutPriority(d.pop("priority"))

        options = EncodeOptions.from_dict(d.pop("options"))

        workers = cast(list[str], d.pop("workers"))

        def _parse_windows(data: object) -> None | WindowCounts:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                windows_type_0 = WindowCounts.from_dict(data)

                return windows_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | WindowCounts, data)

        windows = _parse_windows(d.pop("windows"))

        alert_sent = d.pop("alertSent")

        created_at = datetime.datetime.fromisoformat(d.pop("createdAt"))

        def _parse_started_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                started_at_type_0 = datetime.datetime.fromisoformat(data)

                return started_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        started_at = _parse_started_at(d.pop("startedAt"))

        def _parse_completed_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                completed_at_type_0 = datetime.datetime.fromisoformat(data)

                return completed_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        completed_at = _parse_completed_at(d.pop("completedAt"))

        updated_at = datetime.datetime.fromisoformat(d.pop("updatedAt"))

        job_out = cls(
            id=id,
            video_id=video_id,
            status=status,
            progress=progress,
            attempt=attempt,
            max_attempts=max_attempts,
            attempt_count=attempt_count,
            next_retry_at=next_retry_at,
            error=error,
            error_history=error_history,
            renditions=renditions,
            report=report,
            worker_id=worker_id,
            speed=speed,
            eta_seconds=eta_seconds,
            rung_progress=rung_progress,
            playable_seconds=playable_seconds,
            priority=priority,
            options=options,
            workers=workers,
            windows=windows,
            alert_sent=alert_sent,
            created_at=created_at,
            started_at=started_at,
            completed_at=completed_at,
            updated_at=updated_at,
        )

        job_out.additional_properties = d
        return job_out

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
