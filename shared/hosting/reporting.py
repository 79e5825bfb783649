"""The transfer workers' reports: fenced by the move's take and by the worker that has it."""

from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from shared.clock import utc_now
from shared.config import Settings
from shared.encoding import service as encoding_service
from shared.encoding.models import Generation
from shared.errors import InvalidInput
from shared.hosting import endings, states, steps
from shared.hosting.errors import TakeSuperseded
from shared.hosting.models import HostingMove, MoveStatus
from shared.hosting.reports import MoveCheck, MoveReport, MoveReportStatus
from shared.log import get_logger
from shared.videos import service as videos_service
from shared.videos.models import Master, Video, VideoStatus

log = get_logger(__name__)
_WORKING = {MoveStatus.fetching, MoveStatus.comparing}
_STEP_OF = {MoveReportStatus.fetched: MoveStatus.fetching, MoveReportStatus.compared: MoveStatus.comparing}
# What a worker has stored is not what Vimeo has, or is gone: the next take begins with nothing.
_SPOILT = frozenset({"SOURCE_MD5_DIFFERS", "SOURCE_UPLOAD_GONE"})
_SUFFIX = {"video/quicktime": ".mov", "video/x-matroska": ".mkv", "video/webm": ".webm", "video/x-msvideo": ".avi"}


async def record_report(session: AsyncSession, settings: Settings, report: MoveReport) -> bool:
    """Apply a report. One that is repeated, because its answer was lost, is answered as before.

    :raises MoveNotFound: no such move.
    :raises TakeSuperseded: the take is over, or another worker has it: the worker stops.
    :raises InvalidInput: what was fetched or compared is not what this step does.
    """
    move, video = await endings.locked(session, report.move_id)
    if move.last_event_id == report.event_id:
        return True
    if move.status not in _WORKING or move.take != report.take or video is None:
        raise TakeSuperseded(f"Take {report.take} is over; the migration is {move.status}, take {move.take}")
    if video.status == VideoStatus.archived:
        raise TakeSuperseded("The video is archived")
    if report.worker_id and move.worker_id and report.worker_id != move.worker_id:
        raise TakeSuperseded("Another worker has this take")
    if move.lease_expires_at is None:
        raise TakeSuperseded("This take was given up a moment ago")
    if _STEP_OF.get(report.status, move.status) != move.status:
        raise InvalidInput(f"A migration that is {move.status} cannot report {report.status.value}")
    move.worker_id = report.worker_id or move.worker_id or "?"
    move.last_event_id = report.event_id
    move.lease_expires_at = utc_now() + timedelta(seconds=steps.LEASE_SECONDS)
    if report.status is MoveReportStatus.progress:
        _progress(move, report)
    elif report.status is MoveReportStatus.fetched:
        await _fetched(session, settings, move, video, report)
    elif report.status is MoveReportStatus.compared:
        await _compared(session, settings, move, video, report.checks or [])
    else:
        await _failed(session, settings, move, video, report)
    await session.flush()
    return True


def _progress(move: HostingMove, report: MoveReport) -> None:
    if move.status != MoveStatus.fetching:
        return
    move.size_bytes = move.size_bytes or report.size_bytes
    if report.received_bytes is not None:
        move.received_bytes = report.received_bytes
        if move.size_bytes:
            states.progressed(move, report.received_bytes / move.size_bytes)


async def _fetched(
    session: AsyncSession, settings: Settings, move: HostingMove, video: Video, report: MoveReport
) -> None:
    """The file is in storage: it becomes the video's master, as a finished upload does, and is encoded."""
    assert report.size_bytes is not None
    assert report.sha256 is not None
    assert move.bucket is not None
    assert move.master_key is not None
    wanted_size, wanted_md5 = move.source.get("size"), move.source.get("md5")
    if wanted_size is not None and report.size_bytes != wanted_size:
        words = f"The file from Vimeo has {report.size_bytes} bytes instead of {wanted_size}"
        await _begin_with_nothing(session, settings, move, video, code="size_differs", message=words)
        return
    if wanted_md5 is not None and report.md5 is not None and report.md5 != wanted_md5:
        words = f"The MD5 of the file from Vimeo is {report.md5} instead of {wanted_md5}"
        await _begin_with_nothing(session, settings, move, video, code="md5_differs", message=words)
        return
    content_type = report.content_type or "video/mp4"
    await videos_service.accept_master(
        session,
        move.requested_by,
        video_id=video.id,
        title=video.title,
        filename=f"vimeo{_SUFFIX.get(content_type, '.mp4')}",
        bucket=move.bucket,
        key=move.master_key,
        size_bytes=report.size_bytes,
        sha256=report.sha256,
        content_type=content_type,
    )
    master = await videos_service.current_master(session, video.id)
    assert master is not None
    move.master_id = master.id
    move.upload_id = None
    move.size_bytes = move.received_bytes = report.size_bytes
    move.source = {**move.source, "md5": wanted_md5 or report.md5, "size": report.size_bytes}
    await steps.begin_encode(session, settings, move)
    log.info("hosting.fetched", video_id=str(video.id), move_id=str(move.id), size_bytes=report.size_bytes)


async def _begin_with_nothing(
    session: AsyncSession, settings: Settings, move: HostingMove, video: Video, *, code: str, message: str
) -> None:
    """What has been stored so far is wrong: it is left for the sweep, and the next take has an upload of its own."""
    move.upload_id = move.master_key = None
    move.received_bytes = 0
    await steps.stumble(session, settings, move, video, code=code, message=message)


async def _failed(
    session: AsyncSession, settings: Settings, move: HostingMove, video: Video, report: MoveReport
) -> None:
    assert report.error is not None
    error = report.error
    words = error.message or error.code
    if error.permanent:
        await endings.fail(session, settings, move, video, code=error.code, message=words, unfit=_compares(move))
    elif move.status == MoveStatus.fetching and error.code in _SPOILT:
        await _begin_with_nothing(session, settings, move, video, code=error.code, message=words)
    else:
        await steps.stumble(session, settings, move, video, code=error.code, message=words)


def _compares(move: HostingMove) -> bool:
    return move.status == MoveStatus.comparing


async def _compared(
    session: AsyncSession, settings: Settings, move: HostingMove, video: Video, found: list[MoveCheck]
) -> None:
    """The gate. What a worker has compared and what is known here must all agree; one doubt is enough to stay."""
    generation = await encoding_service.published_generation(session, video.id)
    if generation is None or generation.id != move.generation_id:
        await steps.compare_published(session, settings, move, video)
        return
    master = await session.get(Master, move.master_id) if move.master_id else None
    checks = [check.model_dump() for check in found] + _own_checks(move, generation, master)
    move.checks = checks
    faults = [f"{check['name']}: {check['detail'] or 'not as it should be'}" for check in checks if not check["ok"]]
    if faults:
        words = f"The copy here does not agree with the original: {'; '.join(faults)}"
        await endings.fail(session, settings, move, video, code="comparison_failed", message=words, unfit=True)
        return
    await endings.complete(session, move, video, generation)


def _own_checks(move: HostingMove, generation: Generation, master: Master | None) -> list[dict[str, Any]]:
    """What a worker need not be asked: the encode's own verification, and Vimeo's word on length and sound."""
    there = move.source.get("duration")
    sound_there = move.source.get("hasAudio")
    facts = (master.facts if master else None) or {}
    sound_here = bool(facts["audio"]) if "audio" in facts else None
    return [
        _check("verification", "the encode's own verification", ok=(generation.report or {}).get("ok") is True),
        _check(
            "vimeo_duration",
            f"{generation.duration_seconds} s here, {'unknown' if there is None else f'{there} s'} at Vimeo",
            ok=states.agrees_in_length(generation.duration_seconds, there),
        ),
        _check(
            "vimeo_audio",
            f"here: {_sound(sound_here)}; at Vimeo: {_sound(sound_there)}",
            ok=sound_there is None or sound_here is None or sound_here == sound_there,
        ),
    ]


def _check(name: str, detail: str, *, ok: bool) -> dict[str, Any]:
    return {"name": name, "ok": ok, "detail": detail}


def _sound(has_audio: Any) -> str:
    return "unknown" if has_audio is None else "sound" if has_audio else "no sound"
