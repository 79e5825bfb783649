"""SQL of moves and batches."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import RowMapping, func, insert, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from shared.db.paging import Page, list_page
from shared.encoding.models import EncodingJob
from shared.hosting.models import BatchStatus, HostingBatch, HostingMove, MoveStatus
from shared.hosting.states import ACTIVE, IN_MOTION
from shared.platforms.models import Platform, VideoPlatform
from shared.videos.models import MigrationStatus, Video, VideoStatus

# One admits at a time, so that two control workers do not exceed the limit together.
_ADMISSION = 0x686F7374
_ENDED = (MoveStatus.completed, MoveStatus.failed, MoveStatus.cancelled)


class Candidate(NamedTuple):
    """A video that somebody wants to move. ``external_id`` is Vimeo's, None where it has no entry there."""

    id: UUID
    status: str
    migration_status: str | None
    external_id: str | None


async def get_move(session: AsyncSession, move_id: UUID, *, lock: bool = False) -> HostingMove | None:
    """One move; ``lock`` keeps others out until the transaction ends. Lock its video first."""
    query = select(HostingMove).where(col(HostingMove.id) == move_id)
    if lock:
        query = query.with_for_update(of=HostingMove).execution_options(populate_existing=True)
    return (await session.scalars(query)).one_or_none()


async def get_batch(session: AsyncSession, batch_id: UUID, *, lock: bool = False) -> HostingBatch | None:
    """One batch."""
    query = select(HostingBatch).where(col(HostingBatch.id) == batch_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return (await session.scalars(query)).one_or_none()


async def lock_candidates(session: AsyncSession, video_ids: Collection[UUID]) -> dict[UUID, Candidate]:
    """Those of the videos that exist, locked in the order of their ids."""
    rows = await session.execute(
        select(Video.id, Video.status, Video.migration_status, VideoPlatform.external_id)  # type: ignore[call-overload]
        .outerjoin(
            VideoPlatform,
            (col(VideoPlatform.video_id) == col(Video.id)) & (col(VideoPlatform.platform) == Platform.vimeo.value),
        )
        .where(col(Video.id) == func.any(list(video_ids)))
        .order_by(col(Video.id))
        .with_for_update(of=Video, key_share=True)
    )
    return {row[0]: Candidate(*row) for row in rows}


async def set_migrating(session: AsyncSession, video_ids: Sequence[UUID]) -> None:
    """Mark locked videos, in one statement."""
    await session.execute(
        update(Video)
        .where(col(Video.id) == func.any(list(video_ids)))
        .values(migration_status=MigrationStatus.migrating.value, migration_error=None)
        .execution_options(synchronize_session=False)
    )


async def insert_moves(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Write many moves."""
    await session.execute(insert(HostingMove), list(rows))


async def last_move(session: AsyncSession, video_id: UUID) -> HostingMove | None:
    """The newest move of a video; those that were skipped are none."""
    return await _newest(session, video_id, col(HostingMove.status) != MoveStatus.skipped)


async def last_completed(session: AsyncSession, video_id: UUID) -> HostingMove | None:
    """The newest move of a video that arrived."""
    return await _newest(session, video_id, col(HostingMove.status) == MoveStatus.completed)


async def last_fetched(session: AsyncSession, video_id: UUID, *, but: UUID) -> HostingMove | None:
    """The newest other move of a video that has brought a master."""
    return await _newest(session, video_id, col(HostingMove.master_id).is_not(None), col(HostingMove.id) != but)


async def _newest(session: AsyncSession, video_id: UUID, *conditions: Any) -> HostingMove | None:
    query = select(HostingMove).where(col(HostingMove.video_id) == video_id, *conditions)
    return (await session.scalars(query.order_by(col(HostingMove.created_at).desc()).limit(1))).one_or_none()


async def admit(session: AsyncSession, *, limit: int, now: datetime) -> list[UUID]:
    """Moves that may begin: the oldest first, as many as there is room for. Nobody else admits meanwhile."""
    await session.execute(select(func.pg_advisory_xact_lock(_ADMISSION)))
    busy = await session.scalar(
        select(func.count()).select_from(HostingMove).where(col(HostingMove.status).in_(IN_MOTION))
    )
    room = limit - int(busy or 0)
    if room <= 0:
        return []
    query = (
        select(col(HostingMove.id))
        .outerjoin(HostingBatch, col(HostingBatch.id) == col(HostingMove.batch_id))
        .where(
            col(HostingMove.status) == MoveStatus.queued,
            or_(col(HostingMove.batch_id).is_(None), col(HostingBatch.status) == BatchStatus.running),
            or_(col(HostingMove.next_at).is_(None), col(HostingMove.next_at) <= now),
        )
        .order_by(col(HostingMove.created_at), col(HostingMove.id))
        .limit(room)
    )
    return list(await session.scalars(query))


async def due(session: AsyncSession, *statuses: MoveStatus, now: datetime) -> list[UUID]:
    """Moves in these steps that nobody works on, or no longer."""
    query = select(col(HostingMove.id)).where(
        col(HostingMove.status).in_(statuses),
        or_(col(HostingMove.lease_expires_at).is_(None), col(HostingMove.lease_expires_at) < now),
        or_(col(HostingMove.next_at).is_(None), col(HostingMove.next_at) <= now),
    )
    return list(await session.scalars(query.order_by(col(HostingMove.created_at), col(HostingMove.id))))


async def encoding_moves(session: AsyncSession) -> list[UUID]:
    """Moves whose encode has ended, is gone, or has come further."""
    query = (
        select(col(HostingMove.id))
        .outerjoin(EncodingJob, col(EncodingJob.id) == col(HostingMove.job_id))
        .where(
            col(HostingMove.status) == MoveStatus.encoding,
            or_(
                col(EncodingJob.id).is_(None),
                col(EncodingJob.status).in_(("completed", "failed", "cancelled")),
                # Encoding is the span from 30 to 90 of the whole.
                30 + 0.6 * col(EncodingJob.progress) > col(HostingMove.progress) + 0.5,
            ),
        )
    )
    return list(await session.scalars(query))


async def stranded(session: AsyncSession) -> list[UUID]:
    """Active moves whose video is archived, or gone for good."""
    query = (
        select(col(HostingMove.id))
        .outerjoin(Video, col(Video.id) == col(HostingMove.video_id))
        .where(
            col(HostingMove.status).in_(ACTIVE),
            or_(col(Video.id).is_(None), col(Video.status) == VideoStatus.archived),
        )
    )
    return list(await session.scalars(query.limit(500)))


async def unswept(session: AsyncSession, *, limit: int) -> list[HostingMove]:
    """Moves that have ended and may have left objects behind."""
    query = select(HostingMove).where(~col(HostingMove.swept), col(HostingMove.status).in_(_ENDED))
    return list(await session.scalars(query.order_by(col(HostingMove.id)).limit(limit)))


async def note_swept(session: AsyncSession, move_id: UUID) -> None:
    """Nothing is left of it but its master."""
    await session.execute(update(HostingMove).where(col(HostingMove.id) == move_id).values(swept=True, upload_id=None))


async def active_of_batch(session: AsyncSession, batch_id: UUID) -> list[tuple[UUID, UUID]]:
    """The moves of a batch that have not ended, with their videos, in the order of these."""
    rows = await session.execute(
        select(HostingMove.id, HostingMove.video_id)  # type: ignore[call-overload]
        .where(col(HostingMove.batch_id) == batch_id, col(HostingMove.status).in_(ACTIVE))
        .order_by(col(HostingMove.video_id))
    )
    return [(row[0], row[1]) for row in rows]


async def cancel_queued(session: AsyncSession, batch_id: UUID, *, now: datetime, words: str) -> list[UUID]:
    """End the moves of a batch that have not begun; answers their videos. The videos of all that are active are locked
    first, in the order of their ids."""
    await session.execute(
        text(
            "SELECT 1 FROM videos WHERE id IN (SELECT video_id FROM hosting_moves WHERE batch_id = :batch AND "
            "status IN ('queued', 'resolving', 'fetching', 'encoding', 'comparing')) ORDER BY id FOR NO KEY UPDATE"
        ),
        {"batch": batch_id},
    )
    ended = await session.scalars(
        update(HostingMove)
        .where(col(HostingMove.batch_id) == batch_id, col(HostingMove.status) == MoveStatus.queued)
        .values(status=MoveStatus.cancelled.value, finished_at=now, error_code="cancelled", error_message=words)
        .returning(col(HostingMove.video_id))
        .execution_options(synchronize_session=False)
    )
    video_ids = list(ended)
    back = await session.scalars(
        update(Video)
        .where(col(Video.id) == func.any(video_ids), col(Video.migration_status) == MigrationStatus.migrating)
        .values(migration_status=MigrationStatus.vimeo_only.value, migration_error=words)
        .returning(col(Video.id))
        .execution_options(synchronize_session=False)
    )
    return list(back)


async def finish_batches(session: AsyncSession, *, now: datetime) -> None:
    """Batches of which every item has ended are completed."""
    await session.execute(
        text(
            "UPDATE hosting_batches SET status = 'completed', finished_at = :now WHERE status IN ('running', 'paused') "
            "AND NOT EXISTS (SELECT 1 FROM hosting_moves WHERE batch_id = hosting_batches.id AND status IN "
            "('queued', 'resolving', 'fetching', 'encoding', 'comparing'))"
        ),
        {"now": now},
    )


async def standing_of_batch(session: AsyncSession, batch_id: UUID) -> Sequence[RowMapping]:
    """For each status: how many items have it, their progress in all, and when the first began."""
    return (
        (
            await session.execute(
                text(
                    "SELECT status, count(*) AS number, sum(progress) AS progress, min(started_at) AS started_at "
                    "FROM hosting_moves WHERE batch_id = :batch GROUP BY status"
                ),
                {"batch": batch_id},
            )
        )
        .mappings()
        .all()
    )


async def page_of_batch(session: AsyncSession, batch_id: UUID, *, cursor: str | None, limit: int) -> Page[HostingMove]:
    """The items of a batch, in the order in which they are taken."""
    return await list_page(
        session,
        HostingMove,
        col(HostingMove.batch_id) == batch_id,
        scope=f"hosting:{batch_id}",
        key=("created_at", "id"),
        cursor=cursor,
        limit=limit,
    )


async def overview(session: AsyncSession) -> RowMapping:
    """Numbers of the whole library, archived videos left out. What came from Vimeo has a move that arrived."""
    return (
        (
            await session.execute(
                text(
                    """
    WITH hosted AS (
        SELECT id, migration_status, migration_error FROM videos
        WHERE status = 'active' AND migration_status IS NOT NULL
    ), moved AS (
        SELECT id FROM hosted WHERE migration_status IN ('hetzner_primary', 'hetzner_only') AND EXISTS (
            SELECT 1 FROM hosting_moves WHERE video_id = hosted.id AND status = 'completed')
    )
    SELECT
        (SELECT coalesce(jsonb_object_agg(migration_status, number), '{}') FROM (
            SELECT migration_status, count(*) AS number FROM hosted GROUP BY migration_status) AS counted) AS by_status,
        (SELECT count(*) FROM hosted WHERE migration_status = 'migrating') AS in_progress,
        (SELECT count(*) FROM hosted WHERE migration_status = 'vimeo_only' AND migration_error IS NOT NULL
            AND (SELECT status FROM hosting_moves WHERE video_id = hosted.id AND status <> 'skipped'
                ORDER BY created_at DESC LIMIT 1) = 'failed') AS failed,
        (SELECT count(*) FROM moved) AS migrated,
        (SELECT coalesce(sum(size_bytes), 0) FROM generations
            WHERE status = 'published' AND video_id IN (SELECT id FROM moved))
        + (SELECT coalesce(sum(size_bytes), 0) FROM masters
            WHERE state = 'current' AND video_id IN (SELECT id FROM moved)) AS stored_bytes
                    """
                )
            )
        )
        .mappings()
        .one()
    )


async def primary(session: AsyncSession, video_ids: Collection[UUID]) -> list[UUID]:
    """Which of the videos are played from here and can go back to Vimeo."""
    query = select(col(Video.id)).where(
        col(Video.id).in_(video_ids), col(Video.migration_status) == MigrationStatus.hetzner_primary
    )
    return list(await session.scalars(query))
