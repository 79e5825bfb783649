"""What one may do with videos and their master files."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from shared.audit import service as audit_service
from shared.clock import utc_now
from shared.errors import FieldError, InvalidInput
from shared.log import get_logger
from shared.text import MAX_TITLE
from shared.videos import repository
from shared.videos.errors import VideoArchived, VideoNotArchived, VideoNotFound
from shared.videos.models import Master, MasterState, Video, VideoStatus, Visibility
from shared.videos.schemas import VideoInput

log = get_logger(__name__)


async def create_video(session: AsyncSession, actor: str, given: VideoInput) -> Video:
    """Add a video to the library.

    :raises InvalidInput: the course or module does not exist.
    """
    values = given.model_dump()
    video = Video(**values)
    session.add(video)
    await _flush_links(session)
    await audit_service.record(
        session, actor, "videos.create", "video", video.id, after=given.model_dump(mode="json", exclude_unset=True)
    )
    return video


async def get_video(session: AsyncSession, video_id: UUID, *, lock: bool = False) -> Video:
    """:raises VideoNotFound: no such video."""
    video = await repository.get(session, video_id, lock=lock)
    if video is None:
        raise VideoNotFound(f"There is no video {video_id}")
    return video


async def list_videos(
    session: AsyncSession, *, status: VideoStatus, after: tuple[datetime, UUID] | None, limit: int
) -> tuple[list[Video], int]:
    """Videos of a status, newest first, and how many there are."""
    rows = await repository.page(session, status=status, after=after, limit=limit)
    return rows, await repository.count(session, status=status)


async def current_masters(session: AsyncSession, video_ids: list[UUID]) -> dict[UUID, Master]:
    """The current master of each video that has one."""
    return await repository.current_masters(session, video_ids)


async def visibilities(session: AsyncSession, video_ids: list[UUID]) -> dict[UUID, Visibility]:
    """Who may play each video."""
    return await repository.visibilities(session, video_ids)


async def replace_video(session: AsyncSession, actor: str, video_id: UUID, given: VideoInput) -> Video:
    """Set every editable field.

    :raises VideoNotFound: no such video.
    :raises InvalidInput: the course or module does not exist.
    """
    video = await get_video(session, video_id, lock=True)
    before, after = repository.changed(video, given.model_dump())
    if after:
        await _flush_links(session)
        await session.refresh(video, ["updated_at"])
        await audit_service.record(session, actor, "videos.update", "video", video.id, before=before, after=after)
    return video


async def archive_video(session: AsyncSession, actor: str, video_id: UUID) -> Video:
    """Put a video away; nothing of it is deleted. Again is fine.

    :raises VideoNotFound: no such video.
    """
    video = await get_video(session, video_id, lock=True)
    if video.status != VideoStatus.archived:
        video.status = VideoStatus.archived
        video.archived_at = utc_now()
        await session.flush()
        await session.refresh(video, ["updated_at"])
        await audit_service.record(session, actor, "videos.archive", "video", video.id)
    return video


async def delete_video(session: AsyncSession, actor: str, video_id: UUID) -> Video:
    """Delete an archived video for good. Its objects are collected afterwards; see the control worker.

    :raises VideoNotFound: no such video.
    :raises VideoNotArchived: archive it first.
    """
    video = await get_video(session, video_id, lock=True)
    if video.status != VideoStatus.archived:
        raise VideoNotArchived("Archive the video before you delete it for good")
    await audit_service.record(session, actor, "videos.delete", "video", video.id, before={"title": video.title})
    for master in await repository.masters_of(session, video_id):
        _move_master(master, MasterState.released)
    await session.flush()
    await session.delete(video)
    await session.flush()
    return video


async def current_master(session: AsyncSession, video_id: UUID) -> Master | None:
    """The master the next encode reads."""
    return (await repository.current_masters(session, [video_id])).get(video_id)


async def accept_master(
    session: AsyncSession,
    actor: str,
    *,
    video_id: UUID | None,
    title: str,
    filename: str | None,
    bucket: str,
    key: str,
    size_bytes: int,
    sha256: str,
    content_type: str,
) -> Video:
    """Make an object the master of a video: of a new one, or of ``video_id``, whose former master is kept until the
    new one has been encoded.

    :raises VideoNotFound: no video ``video_id``.
    :raises VideoArchived: it is archived.
    """
    if video_id is None:
        video = Video(title=title[:MAX_TITLE])
        session.add(video)
        await session.flush()
        await audit_service.record(session, actor, "videos.create", "video", video.id, after={"title": video.title})
    else:
        video = await get_video(session, video_id, lock=True)
        if video.status == VideoStatus.archived:
            raise VideoArchived("Restore the video before you replace its master file")
        former = await current_master(session, video_id)
        if former is not None:
            _move_master(former, MasterState.replaced)
            await session.flush()
    master = Master(
        video_id=video.id,
        bucket=bucket,
        key=key,
        size_bytes=size_bytes,
        sha256=sha256,
        content_type=content_type,
        filename=filename,
    )
    session.add(master)
    await session.flush()
    await audit_service.record(
        session,
        actor,
        "videos.master",
        "video",
        video.id,
        after={"sizeBytes": size_bytes, "sha256": sha256, "filename": filename},
    )
    return video


async def reject_master(session: AsyncSession, master_id: UUID, *, reason: str) -> None:
    """A master that can never be encoded is given up; the one it replaced is current again.

    Its object is deleted by the control worker; its row stays and says what it was.
    """
    master = await session.get(Master, master_id, with_for_update=True, populate_existing=True)
    if master is None or master.state not in {MasterState.current, MasterState.replaced}:
        return
    was_current = master.state == MasterState.current
    _move_master(master, MasterState.rejected)
    await session.flush()
    if not was_current:
        return
    former = await repository.newest_replaced_master(session, master.video_id) if master.video_id else None
    if former is not None:
        _move_master(former, MasterState.current)
        await session.flush()
    log.info("videos.master_rejected", video_id=str(master.video_id), master_id=str(master_id), reason=reason)


async def release_replaced_masters(session: AsyncSession, video_id: UUID) -> None:
    """The current master has proved itself: the objects of the former ones may go."""
    for master in await repository.masters_of(session, video_id):
        if master.state == MasterState.replaced:
            _move_master(master, MasterState.released)


async def masters_to_delete(session: AsyncSession, *, limit: int) -> list[Master]:
    """Masters whose objects are to be deleted."""
    return await repository.masters_to_delete(session, limit=limit)


async def note_master_deleted(session: AsyncSession, master_id: UUID) -> None:
    """The object is gone."""
    master = await session.get(Master, master_id)
    if master is not None:
        master.object_deleted_at = utc_now()


def _move_master(master: Master, state: MasterState) -> None:
    master.state = state
    master.state_changed_at = utc_now()


async def _flush_links(session: AsyncSession) -> None:
    try:
        await session.flush()
    except IntegrityError as error:
        for name, pointer in (("course_id", "/courseId"), ("module_id", "/moduleId")):
            if name in str(error.orig):
                message = "does not exist"
                raise InvalidInput(
                    f"{pointer} {message}", errors=(FieldError(pointer, "not_found", message),)
                ) from error
        raise
