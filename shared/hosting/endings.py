"""How moves end, and what every step of theirs needs: the move and its video, locked in one order.

Whoever changes a move locks its video first and the move then, so nobody waits for somebody who waits for him.
"""

from contextlib import suppress
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.alerts.service import raise_alert
from shared.audit import service as audit_service
from shared.audit.difference import change
from shared.auth.service import SYSTEM as SYSTEM_CALLER
from shared.clients.s3 import object_url
from shared.clock import utc_now
from shared.config import Settings
from shared.encoding import service as encoding_service
from shared.encoding.errors import JobFinished, JobNotFound
from shared.encoding.models import Generation, GenerationStatus
from shared.encoding.states import move_generation
from shared.hosting import repository, states
from shared.hosting.errors import MoveNotFound
from shared.hosting.models import HostingMove, MoveStatus
from shared.jobs import outbox
from shared.log import get_logger
from shared.platforms import service as platforms_service
from shared.platforms.models import Platform, PlatformStatus
from shared.videos import service as videos_service
from shared.videos.errors import VideoNotFound
from shared.videos.models import Master, MigrationStatus, Video, VideoStatus

log = get_logger(__name__)
SYSTEM = SYSTEM_CALLER.actor
ALERT_KIND = "migration_failed"
CANCELLED = "The migration was cancelled"
MAX_WORDS = 2000


async def locked(session: AsyncSession, move_id: UUID) -> tuple[HostingMove, Video | None]:
    """A move and its video, both locked; the video is None if it is gone.

    :raises MoveNotFound: no such move.
    """
    seen = await repository.get_move(session, move_id)
    if seen is None:
        raise MoveNotFound(f"There is no migration {move_id}")
    try:
        video = await videos_service.get_video(session, seen.video_id, lock=True)
    except VideoNotFound:
        video = None
    move = await repository.get_move(session, move_id, lock=True)
    if move is None:
        raise MoveNotFound(f"There is no migration {move_id}")
    return move, video


async def move_video(
    session: AsyncSession,
    actor: str,
    video: Video,
    target: MigrationStatus,
    *,
    action: str,
    error: str | None,
    why: str,
) -> None:
    """Change where a locked video is hosted, and say so in the action log.

    :raises HostingConflict: from where it is, there is no way there.
    """
    states.check_video(video.migration_status, target, why=why)
    before, after = change(video, {"migration_status": target, "migration_error": error})
    await session.flush()
    await audit_service.record(session, actor, action, "video", video.id, before=before, after=after)


async def complete(session: AsyncSession, move: HostingMove, video: Video, generation: Generation) -> None:
    """The cutover: from here on viewers get what is hosted here."""
    states.move_to(move, MoveStatus.completed)
    move.finished_at = utc_now()
    move.progress = 100
    move.worker_id = move.lease_expires_at = move.next_at = move.error_code = move.error_message = None
    await move_video(
        session,
        SYSTEM,
        video,
        MigrationStatus.hetzner_primary,
        action="hosting.complete",
        error=None,
        why="only a video that is migrating can become ours",
    )
    manifest_url = object_url(generation.bucket, f"{generation.prefix}master.m3u8")
    await platforms_service.note_own_hosting(session, video.id, manifest_url=manifest_url)
    log.info("hosting.completed", video_id=str(video.id), move_id=str(move.id))


async def fail(
    session: AsyncSession,
    settings: Settings,
    move: HostingMove,
    video: Video | None,
    *,
    code: str,
    message: str,
    unfit: bool = False,
) -> None:
    """Give a move up: the video plays from Vimeo as before, with the reason. ``unfit``: what was fetched and made of it
    is given up too."""
    message = message[:MAX_WORDS]
    await _end(session, SYSTEM, move, video, MoveStatus.failed, code=code, message=message)
    if unfit and video is not None:
        await _give_up_output(session, move, video, code)
    if video is not None:
        await raise_alert(
            session,
            kind=ALERT_KIND,
            dedupe_key=f"migration-failed:{move.id}",
            text=f"Migration failed: {video.title}\n{code}: {message}\nIt plays from Vimeo as before.\n"
            f"{settings.public_base_url}/embed/{video.id}",
        )
    log.error("hosting.failed", video_id=str(move.video_id), move_id=str(move.id), code=code)


async def cancel(session: AsyncSession, actor: str, move: HostingMove, video: Video | None) -> None:
    """Stop a move, wherever it is. Its worker learns of it by the next report."""
    await _end(session, actor, move, video, MoveStatus.cancelled, code="cancelled", message=CANCELLED)


async def _end(
    session: AsyncSession,
    actor: str,
    move: HostingMove,
    video: Video | None,
    status: MoveStatus,
    *,
    code: str,
    message: str,
) -> None:
    states.move_to(move, status)
    move.take += 1
    move.finished_at = utc_now()
    move.error_code, move.error_message = code, message
    move.worker_id = move.lease_expires_at = move.next_at = None
    if move.outbox_id is not None:
        await outbox.withdraw(session, [move.outbox_id])
    await session.flush()
    if video is None:
        return
    if move.job_id is not None:
        with suppress(JobFinished, JobNotFound):
            await encoding_service.cancel(session, actor, move.job_id)
    if video.migration_status == MigrationStatus.migrating:
        action = "hosting.fail" if status is MoveStatus.failed else "hosting.cancel"
        await move_video(session, actor, video, MigrationStatus.vimeo_only, action=action, error=message, why="")


async def _give_up_output(session: AsyncSession, move: HostingMove, video: Video, code: str) -> None:
    """What does not agree with its source is nothing to keep, and nothing to begin the next time with."""
    if move.generation_id is not None:
        generation = await encoding_service.published_generation(session, video.id)
        if generation is not None and generation.id == move.generation_id:
            move_generation(generation, GenerationStatus.abandoned)
            video.generation_id = None
            entry = await platforms_service.find(session, video.id, Platform.hetzner)
            if entry is not None:
                entry.status = PlatformStatus.failed
    if move.master_id is not None:
        await videos_service.reject_master(session, move.master_id, reason=code)
    await session.flush()


async def end_stranded(session: AsyncSession, settings: Settings, move_id: UUID) -> None:
    """A video that was put away, or deleted, moves no more."""
    move, video = await locked(session, move_id)
    if move.status not in states.ACTIVE:
        return
    if video is None:
        await fail(session, settings, move, None, code="video_deleted", message="The video was deleted")
    elif video.status == VideoStatus.archived:
        words = "The video was archived while it was migrated"
        await fail(session, settings, move, video, code="video_archived", message=words)


async def key_to_keep(session: AsyncSession, move: HostingMove) -> str | None:
    """Of what a move has stored, the object that is a master. Masters that are given up have their own collector."""
    master = await session.get(Master, move.master_id) if move.master_id else None
    return master.key if master is not None else None
