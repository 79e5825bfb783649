"""In which course and module a video stands, for what assigns videos to lessons."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from shared.audit import service as audit_service
from shared.videos.models import Video
from shared.videos.repository import changed


async def find_videos(session: AsyncSession, video_ids: Collection[UUID], *, lock: bool = False) -> dict[UUID, Video]:
    """Those of the videos that exist. ``lock`` as in :func:`lock_videos`."""
    return await _find(session, col(Video.id).in_(video_ids), lock=lock)


async def lock_videos(
    session: AsyncSession,
    video_ids: Collection[UUID],
    *,
    course_id: UUID | None = None,
    module_id: UUID | None = None,
) -> dict[UUID, Video]:
    """These videos, and those that stand in a course or a module, with other writers kept out. Always in the order of
    their ids: two such calls wait for each other and never lock each other out. Call it once in a transaction.
    """
    conditions: list[ColumnElement[bool]] = [col(Video.id).in_(video_ids)]
    if course_id is not None:
        conditions.append(col(Video.course_id) == course_id)
    if module_id is not None:
        conditions.append(col(Video.module_id) == module_id)
    return await _find(session, or_(*conditions), lock=True)


async def _find(session: AsyncSession, condition: ColumnElement[bool], *, lock: bool) -> dict[UUID, Video]:
    query = select(Video).where(condition).order_by(col(Video.id))
    if lock:
        query = query.with_for_update(key_share=True)
    rows = await session.scalars(query.execution_options(populate_existing=True))
    return {row.id: row for row in rows}


async def place_video(
    session: AsyncSession, actor: str, video: Video, *, course_id: UUID | None, module_id: UUID | None
) -> None:
    """Put a locked video into a course and a module, or into none."""
    before, after = changed(video, {"course_id": course_id, "module_id": module_id})
    if after:
        await session.flush()
        await audit_service.record(session, actor, "videos.update", "video", video.id, before=before, after=after)
