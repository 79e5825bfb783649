"""SQL of videos and masters."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from shared.videos.models import Master, MasterState, Video, VideoStatus, Visibility


async def get(session: AsyncSession, video_id: UUID, *, lock: bool = False) -> Video | None:
    """One video; ``lock`` keeps other writers out until the transaction ends."""
    query = select(Video).where(col(Video.id) == video_id)
    if lock:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return (await session.scalars(query)).one_or_none()


async def page(
    session: AsyncSession,
    *,
    status: VideoStatus,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Video]:
    """Newest first, by keyset."""
    query = select(Video).where(col(Video.status) == status)
    if after is not None:
        query = query.where(tuple_(col(Video.created_at), col(Video.id)) < after)
    query = query.order_by(col(Video.created_at).desc(), col(Video.id).desc()).limit(limit)
    return list(await session.scalars(query))


async def count(session: AsyncSession, *, status: VideoStatus) -> int:
    """How many videos have this status."""
    return int(await session.scalar(select(func.count()).select_from(Video).where(col(Video.status) == status)) or 0)


async def current_masters(session: AsyncSession, video_ids: Sequence[UUID]) -> dict[UUID, Master]:
    """The current master of each video that has one."""
    rows = await session.scalars(
        select(Master).where(col(Master.video_id).in_(video_ids), col(Master.state) == MasterState.current)
    )
    return {row.video_id: row for row in rows if row.video_id is not None}


async def visibilities(session: AsyncSession, video_ids: Sequence[UUID]) -> dict[UUID, Visibility]:
    """Who may play each video."""
    rows = await session.execute(select(col(Video.id), col(Video.visibility)).where(col(Video.id).in_(video_ids)))
    return {row[0]: Visibility(row[1]) for row in rows}


async def newest_replaced_master(session: AsyncSession, video_id: UUID) -> Master | None:
    """The master that the current one replaced, while its object is still there."""
    return (
        await session.scalars(
            select(Master)
            .where(
                col(Master.video_id) == video_id,
                col(Master.state) == MasterState.replaced,
                col(Master.object_deleted_at).is_(None),
            )
            .order_by(col(Master.state_changed_at).desc())
            .limit(1)
        )
    ).one_or_none()


async def masters_to_delete(session: AsyncSession, *, limit: int) -> list[Master]:
    """Masters whose objects are to be deleted, oldest decision first."""
    return list(
        await session.scalars(
            select(Master)
            .where(
                col(Master.state).in_([MasterState.rejected, MasterState.released]),
                col(Master.object_deleted_at).is_(None),
            )
            .order_by(col(Master.state_changed_at))
            .limit(limit)
        )
    )


async def masters_of(session: AsyncSession, video_id: UUID) -> list[Master]:
    """Every master a video ever had."""
    return list(await session.scalars(select(Master).where(col(Master.video_id) == video_id)))


def changed(row: Any, values: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Set attributes that differ; returns what was and what is, for the audit log."""
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for name, value in values.items():
        old = getattr(row, name)
        if old != value:
            before[name], after[name] = _plain(old), _plain(value)
            setattr(row, name, value)
    return before, after


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
