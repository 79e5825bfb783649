from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define

from ..models.report_status import ReportStatus
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.report_codecs import ReportCodecs
    from ..models.report_plan_type_0 import ReportPlanType0
    from ..models.report_report_type_0 import ReportReportType0
    from ..models.report_rungprogress import ReportRungprogress
    from ..models.report_source_type_0 import ReportSourceType0
    from ..models.reported_error import ReportedError
    from ..models.reported_rendition import ReportedRendition


T = TypeVar("T", bound="Report")


@_attrs_define
class Report:
    """The body of ``POST /api/encoding/webhook`` (seed 004, step 10, and api.md).

    ``outputUrl`` with ``progress`` means: what is encoded so far can be played from there. With ``partId`` and
    ``take`` it speaks of one part of a divided encode: ``progress`` is then that part's percentage, ``stored`` its
    segments that can be played, counted from its start, ``codecs`` maps directories to RFC 6381 strings, and
    ``manifest`` names the object that describes what a completed part has made. The part that finishes a job reports
    as a whole encode does; ``spare`` names objects beside ``parts/`` that were needed on the way and are not any more.
    ``source`` is what the probe found out.

    """

    job_id: UUID
    video_id: UUID
    status: ReportStatus
    """ What a worker says. ``started`` claims the attempt, or one part of it; ``planned`` divides it into parts.
    """
    timestamp: datetime.datetime
    event_id: None | str | Unset = UNSET
    attempt: int | None | Unset = UNSET
    worker_id: None | str | Unset = UNSET
    progress: float | None | Unset = UNSET
    output_url: None | str | Unset = UNSET
    renditions: list[ReportedRendition] | Unset = UNSET
    thumbnails: list[str] | Unset = UNSET
    report: None | ReportReportType0 | Unset = UNSET
    error: None | ReportedError | Unset = UNSET
    speed: float | None | Unset = UNSET
    eta_seconds: float | None | Unset = UNSET
    rung_progress: ReportRungprogress | Unset = UNSET
    playable_seconds: float | None | Unset = UNSET
    duration_seconds: float | None | Unset = UNSET
    size_bytes: int | None | Unset = UNSET
    download_bytes: int | None | Unset = UNSET
    part_id: None | Unset | UUID = UNSET
    take: int | None | Unset = UNSET
    plan: None | ReportPlanType0 | Unset = UNSET
    source: None | ReportSourceType0 | Unset = UNSET
    stored: int | None | Unset = UNSET
    codecs: ReportCodecs | Unset = UNSET
    manifest: None | str | Unset = UNSET
    spare: list[str] | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        from ..models.report_plan_type_0 import ReportPlanType0  # noqa: PLC0415
        from ..models.report_report_type_0 import ReportReportType0  # noqa: PLC0415
        from ..models.report_source_type_0 import ReportSourceType0  # noqa: PLC0415
        from ..models.reported_error import ReportedError  # noqa: PLC0415

        job_id = str(self.job_id)

        video_id = str(self.video_id)

        status = self.status.value

        timestamp = self.timestamp.isoformat()

        event_id: None | str | Unset
        if isinstance(self.event_id, Unset):
            event_id = UNSET
        else:
            event_id = self.event_id

        attempt: int | None | Unset
        if isinstance(self.attempt, Unset):
            attempt = UNSET
        else:
            attempt = self.attempt

        worker_id: None | str | Unset
        if isinstance(self.worker_id, Unset):
            worker_id = UNSET
        else:
            worker_id = self.worker_id

        progress: float | None | Unset
        if isinstance(self.progress, Unset):
            progress = UNSET
        else:
            progress = self.progress

        output_url: None | str | Unset
        if isinstance(self.output_url, Unset):
            output_url = UNSET
        else:
            output_url = self.output_url

        renditions: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.renditions, Unset):
            renditions = []
            for renditions_item_data in self.renditions:
                renditions_item = renditions_item_data.to_dict()
                renditions.append(renditions_item)

        thumbnails: list[str] | Unset = UNSET
        if not isinstance(self.thumbnails, Unset):
            thumbnails = self.thumbnails

        report: dict[str, Any] | None | Unset
        if isinstance(self.report, Unset):
            report = UNSET
        elif isinstance(self.report, ReportReportType0):
            report = self.report.to_dict()
        else:
            report = self.report

        error: dict[str, Any] | None | Unset
        if isinstance(self.error, Unset):
            error = UNSET
        elif isinstance(self.error, ReportedError):
            error = self.error.to_dict()
        else:
            error = self.error

        speed: float | None | Unset
        if isinstance(self.speed, Unset):
            speed = UNSET
        else:
            speed = self.speed

        eta_seconds: float | None | Unset
        if isinstance(self.eta_seconds, Unset):
            eta_seconds = UNSET
        else:
            eta_seconds = self.eta_seconds

        rung_progress: dict[str, Any] | Unset = UNSET
        if not isinstance(self.rung_progress, Unset):
            rung_progress = self.rung_progress.to_dict()

        playable_seconds: float | None | Unset
        if isinstance(self.playable_seconds, Unset):
            playable_seconds = UNSET
        else:
            playable_seconds = self.playable_seconds

        duration_seconds: float | None | Unset
        if isinstance(self.duration_seconds, Unset):
            duration_seconds = UNSET
        else:
            duration_seconds = self.duration_seconds

        size_bytes: int | None | Unset
        if isinstance(self.size_bytes, Unset):
            size_bytes = UNSET
        else:
            size_bytes = self.size_bytes

        download_bytes: int | None | Unset
        if isinstance(self.download_bytes, Unset):
            download_bytes = UNSET
        else:
            download_bytes = self.download_bytes

        part_id: None | str | Unset
        if isinstance(self.part_id, Unset):
            part_id = UNSET
        elif isinstance(self.part_id, UUID):
            part_id = str(self.part_id)
        else:
            part_id = self.part_id

        take: int | None | Unset
        if isinstance(self.take, Unset):
            take = UNSET
        else:
            take = self.take

        plan: dict[str, Any] | None | Unset
        if isinstance(self.plan, Unset):
            plan = UNSET
        elif isinstance(self.plan, ReportPlanType0):
            plan = self.plan.to_dict()
        else:
            plan = self.plan

        source: dict[str, Any] | None | Unset
        if isinstance(self.source, Unset):
            source = UNSET
        elif isinstance(self.source, ReportSourceType0):
            source = self.source.to_dict()
        else:
            source = self.source

        stored: int | None | Unset
        if isinstance(self.stored, Unset):
            stored = UNSET
        else:
            stored = self.stored

        codecs: dict[str, Any] | Unset = UNSET
        if not isinstance(self.codecs, Unset):
            codecs = self.codecs.to_dict()

        manifest: None | str | Unset
        if isinstance(self.manifest, Unset):
            manifest = UNSET
        else:
            manifest = self.manifest

        spare: list[str] | Unset = UNSET
        if not isinstance(self.spare, Unset):
            spare = self.spare

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "jobId": job_id,
                "videoId": video_id,
                "status": status,
                "timestamp": timestamp,
            }
        )
        if event_id is not UNSET:
            field_dict["eventId"] = event_id
        if attempt is not UNSET:
            field_dict["attempt"] = attempt
        if worker_id is not UNSET:
            field_dict["workerId"] = worker_id
        if progress is not UNSET:
            field_dict["progress"] = progress
        if output_url is not UNSET:
            field_dict["outputUrl"] = output_url
        if renditions is not UNSET:
            field_dict["renditions"] = renditions
        if thumbnails is not UNSET:
            field_dict["thumbnails"] = thumbnails
        if report is not UNSET:
            field_dict["report"] = report
        if error is not UNSET:
            field_dict["error"] = error
        if speed is not UNSET:
            field_dict["speed"] = speed
        if eta_seconds is not UNSET:
            field_dict["etaSeconds"] = eta_seconds
        if rung_progress is not UNSET:
            field_dict["rungProgress"] = rung_progress
        if playable_seconds is not UNSET:
            field_dict["playableSeconds"] = playable_seconds
        if duration_seconds is not UNSET:
            field_dict["durationSeconds"] = duration_seconds
        if size_bytes is not UNSET:
            field_dict["sizeBytes"] = size_bytes
        if download_bytes is not UNSET:
            field_dict["downloadBytes"] = download_bytes
        if part_id is not UNSET:
            field_dict["partId"] = part_id
        if take is not UNSET:
            field_dict["take"] = take
        if plan is not UNSET:
            field_dict["plan"] = plan
        if source is not UNSET:
            field_dict["source"] = source
        if stored is not UNSET:
            field_dict["stored"] = stored
        if codecs is not UNSET:
            field_dict["codecs"] = codecs
        if manifest is not UNSET:
            field_dict["manifest"] = manifest
        if spare is not UNSET:
            field_dict["spare"] = spare

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.report_codecs import ReportCodecs  # noqa: PLC0415
        from ..models.report_plan_type_0 import ReportPlanType0  # noqa: PLC0415
        from ..models.report_report_type_0 import ReportReportType0  # noqa: PLC0415
        from ..models.report_rungprogress import ReportRungprogress  # noqa: PLC0415
        from ..models.report_source_type_0 import ReportSourceType0  # noqa: PLC0415
        from ..models.reported_error import ReportedError  # noqa: PLC0415
        from ..models.reported_rendition import ReportedRendition  # noqa: PLC0415

        d = dict(src_dict)
        job_id = UUID(d.pop("jobId"))

        video_id = UUID(d.pop("videoId"))

        status = ReportStatus(d.pop("status"))

        timestamp = datetime.datetime.fromisoformat(d.pop("timestamp"))

        def _parse_event_id(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        event_id = _parse_event_id(d.pop("eventId", UNSET))

        def _parse_attempt(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        attempt = _parse_attempt(d.pop("attempt", UNSET))

        def _parse_worker_id(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        worker_id = _parse_worker_id(d.pop("workerId", UNSET))

        def _parse_progress(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        progress = _parse_progress(d.pop("progress", UNSET))

        def _parse_output_url(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        output_url = _parse_output_url(d.pop("outputUrl", UNSET))

        _renditions = d.pop("renditions", UNSET)
        renditions: list[ReportedRendition] | Unset = UNSET
        if _renditions is not UNSET:
            renditions = []
            for renditions_item_data in _renditions:
                renditions_item = ReportedRendition.from_dict(renditions_item_data)

                renditions.append(renditions_item)

        thumbnails = cast(list[str], d.pop("thumbnails", UNSET))

        def _parse_report(data: object) -> None | ReportReportType0 | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                report_type_0 = ReportReportType0.from_dict(data)

                return report_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | ReportReportType0 | Unset, data)

        report = _parse_report(d.pop("report", UNSET))

        def _parse_error(data: object) -> None | ReportedError | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                error_type_0 = ReportedError.from_dict(data)

                return error_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | ReportedError | Unset, data)

        error = _parse_error(d.pop("error", UNSET))

        def _parse_speed(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        speed = _parse_speed(d.pop("speed", UNSET))

        def _parse_eta_seconds(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        eta_seconds = _parse_eta_seconds(d.pop("etaSeconds", UNSET))

        _rung_progress = d.pop("rungProgress", UNSET)
        rung_progress: ReportRungprogress | Unset
        if isinstance(_rung_progress, Unset):
            rung_progress = UNSET
        else:
            rung_progress = ReportRungprogress.from_dict(_rung_progress)

        def _parse_playable_seconds(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        playable_seconds = _parse_playable_seconds(d.pop("playableSeconds", UNSET))

        def _parse_duration_seconds(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        duration_seconds = _parse_duration_seconds(d.pop("durationSeconds", UNSET))

        def _parse_size_bytes(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        size_bytes = _parse_size_bytes(d.pop("sizeBytes", UNSET))

        def _parse_download_bytes(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        download_bytes = _parse_download_bytes(d.pop("downloadBytes", UNSET))

        def _parse_part_id(data: object) -> None | Unset | UUID:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                part_id_type_0 = UUID(data)

                return part_id_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Unset | UUID, data)

        part_id = _parse_part_id(d.pop("partId", UNSET))

        def _parse_take(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        take = _parse_take(d.pop("take", UNSET))

        def _parse_plan(data: object) -> None | ReportPlanType0 | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                plan_type_0 = ReportPlanType0.from_dict(data)

                return plan_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | ReportPlanType0 | Unset, data)

        plan = _parse_plan(d.pop("plan", UNSET))

        def _parse_source(data: object) -> None | ReportSourceType0 | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                source_type_0 = ReportSourceType0.from_dict(data)

                return source_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | ReportSourceType0 | Unset, data)

        source = _parse_source(d.pop("source", UNSET))

        def _parse_stored(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        stored = _parse_stored(d.pop("stored", UNSET))

        _codecs = d.pop("codecs", UNSET)
        codecs: ReportCodecs | Unset
        if isinstance(_codecs, Unset):
            codecs = UNSET
        else:
            codecs = ReportCodecs.from_dict(_codecs)

        def _parse_manifest(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        manifest = _parse_manifest(d.pop("manifest", UNSET))

        spare = cast(list[str], d.pop("spare", UNSET))

        report = cls(
            job_id=job_id,
            video_id=video_id,
            status=status,
            timestamp=timestamp,
            event_id=event_id,
            attempt=attempt,
            worker_id=worker_id,
            progress=progress,
            output_url=output_url,
            renditions=renditions,
            thumbnails=thumbnails,
            report=report,
            error=error,
            speed=speed,
            eta_seconds=eta_seconds,
            rung_progress=rung_progress,
            playable_seconds=playable_seconds,
            duration_seconds=duration_seconds,
            size_bytes=size_bytes,
            download_bytes=download_bytes,
            part_id=part_id,
            take=take,
            plan=plan,
            source=source,
            stored=stored,
            codecs=codecs,
            manifest=manifest,
            spare=spare,
        )

        return report
