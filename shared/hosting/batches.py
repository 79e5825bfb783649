"""Many moves at once: a batch is asked for, watched, paused, resumed and cancelled as one."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.audit import service as audit_service
from shared.audit.difference import Difference
from shared.clock import utc_now
from shared.config import Settings
from shared.hosting import endings, repository, states
from shared.hosting.errors import BatchNotFound, TooManyVideos
from shared.hosting.models import BatchStatus, HostingBatch, MoveStatus
from shared.hosting.schemas import MAX_BATCH, BatchAccepted, BatchDetail, BatchOut
from shared.hosting.service import check_connected, describe, eta_seconds, external_number
from shared.ids import uuid7
from shared.log import get_logger
from shared.videos.models import MigrationStatus, VideoStatus

log = get_logger(__name__)
_MIGRATING: Difference = (
    {"migrationStatus": MigrationStatus.vimeo_only.value},
    {"migrationStatus": MigrationStatus.migrating.value},
)


async def begin(
    session: AsyncSession,
    settings: Settings,
    actor: str,
    video_ids: Collection[UUID],
    *,
    found_by: dict[str, Any] | None = None,
) -> BatchAccepted:
    """Have many videos moved. What cannot be moved is an item that says why, and holds up nothing.

    :raises TooManyVideos: more than 10 000.
    :raises NotConnected: no Vimeo account is connected.
    """
    ids = list(dict.fromkeys(video_ids))
    if len(ids) > MAX_BATCH:
        raise TooManyVideos(f"{len(ids)} videos; a batch takes {MAX_BATCH}: narrow the filter")
    check_connected(settings)
    batch = HostingBatch(requested_by=actor, total=len(ids), filter=found_by)
    session.add(batch)
    await session.flush()
    candidates = await repository.lock_candidates(session, ids)
    reasons = {video_id: _reason(candidates.get(video_id)) for video_id in ids}
    movable = [video_id for video_id in ids if reasons[video_id] is None]
    if movable:
        await repository.set_migrating(session, movable)
        await audit_service.record_all(session, actor, "hosting.migrate", "video", dict.fromkeys(movable, _MIGRATING))
    if ids:
        await repository.insert_moves(
            session, [_item(batch, actor, place, one, reasons[one]) for place, one in enumerate(ids)]
        )
    skipped = len(ids) - len(movable)
    if not movable:
        states.batch_to(batch, BatchStatus.completed)
        batch.finished_at = utc_now()
    after = {"videos": len(ids), "skipped": skipped, **({"filter": found_by} if found_by is not None else {})}
    await audit_service.record(session, actor, "hosting.batch", "hosting_batch", batch.id, after=after)
    await session.flush()
    log.info("hosting.batch", batch_id=str(batch.id), total=len(ids), skipped=skipped)
    return BatchAccepted(batch_id=batch.id, total=len(ids), skipped=skipped)


def _reason(video: repository.Candidate | None) -> tuple[str, str] | None:
    """Why a video cannot be moved: a code and a sentence; None when it can."""
    if video is None:
        return "video_not_found", "There is no such video"
    if video.status == VideoStatus.archived:
        return "video_archived", "The video is archived: restore it first"
    if video.migration_status != MigrationStatus.vimeo_only:
        where = MigrationStatus(video.migration_status) if video.migration_status else None
        return "wrong_hosting", f"The video is {states.words_for(where)}; only one that is vimeo_only can be migrated"
    if external_number(video.external_id) is None:
        return "not_at_vimeo", "The video's entry at Vimeo has no id: enter it first"
    return None


def _item(
    batch: HostingBatch, actor: str, place: int, video_id: UUID, reason: tuple[str, str] | None
) -> dict[str, Any]:
    code, message = reason or (None, None)
    status = MoveStatus.skipped if reason else MoveStatus.queued
    return {
        "id": uuid7(),
        # A microsecond each keeps them in the order in which they were given.
        "created_at": batch.created_at + timedelta(microseconds=place),
        "video_id": video_id,
        "batch_id": batch.id,
        "status": status.value,
        "requested_by": actor,
        "error_code": code,
        "error_message": message,
        "finished_at": utc_now() if reason else None,
    }


async def get_batch(session: AsyncSession, batch_id: UUID, *, lock: bool = False) -> HostingBatch:
    """:raises BatchNotFound: no such batch."""
    batch = await repository.get_batch(session, batch_id, lock=lock)
    if batch is None:
        raise BatchNotFound(batch_id)
    return batch


async def change(session: AsyncSession, actor: str, batch_id: UUID, status: BatchStatus, *, action: str) -> None:
    """Pause or resume a batch; again is fine. What has begun goes on in a paused one.

    :raises BatchNotFound: no such batch.
    :raises BatchFinished: it has ended.
    """
    batch = await get_batch(session, batch_id, lock=True)
    before = BatchStatus(batch.status)
    states.batch_to(batch, status)
    await _note(session, actor, batch, before, action)


async def cancel(session: AsyncSession, actor: str, batch_id: UUID) -> None:
    """Stop a batch: what waits does not begin, what has begun ends. What has arrived stays.

    :raises BatchNotFound: no such batch.
    :raises BatchFinished: it is completed.
    """
    batch = await get_batch(session, batch_id)
    before = BatchStatus(batch.status)
    if before is BatchStatus.cancelled:
        return
    states.batch_to(batch, BatchStatus.cancelled)
    batch.finished_at = utc_now()
    back = await repository.cancel_queued(session, batch_id, now=batch.finished_at, words=endings.CANCELLED)
    undone: Difference = (_MIGRATING[1], {**_MIGRATING[0], "migrationError": endings.CANCELLED})
    await audit_service.record_all(session, actor, "hosting.cancel", "video", dict.fromkeys(back, undone))
    for move_id, _ in await repository.active_of_batch(session, batch_id):
        move, video = await endings.locked(session, move_id)
        if move.status in states.ACTIVE:
            await endings.cancel(session, actor, move, video)
    await _note(session, actor, batch, before, "hosting.cancel_batch")


async def _note(session: AsyncSession, actor: str, batch: HostingBatch, before: BatchStatus, action: str) -> None:
    await session.flush()
    if before != batch.status:
        await audit_service.record(
            session,
            actor,
            action,
            "hosting_batch",
            batch.id,
            before={"status": before.value},
            after={"status": BatchStatus(batch.status).value},
        )


async def summary(session: AsyncSession, batch_id: UUID) -> BatchOut:
    """A batch and how far it is.

    :raises BatchNotFound: no such batch.
    """
    batch = await get_batch(session, batch_id)
    rows = await repository.standing_of_batch(session, batch_id)
    counts = dict.fromkeys(MoveStatus, 0) | {MoveStatus(row["status"]): row["number"] for row in rows}
    active = sum(counts[status] for status in states.ACTIVE)
    # What has ended, however, is done with.
    done = sum(
        float(row["progress"]) if MoveStatus(row["status"]) in states.ACTIVE else 100.0 * row["number"] for row in rows
    )
    progress = done / batch.total if batch.total and active else 100.0
    return BatchOut(
        id=batch.id,
        status=BatchStatus(batch.status),
        requested_by=batch.requested_by,
        filter=batch.filter,
        total=batch.total,
        counts=counts,
        progress=round(progress, 1),
        eta_seconds=_eta(counts, _earliest(rows), progress, skipped=counts[MoveStatus.skipped], total=batch.total),
        created_at=batch.created_at,
        finished_at=batch.finished_at,
    )


def _earliest(rows: Sequence[Any]) -> datetime | None:
    return min((row["started_at"] for row in rows if row["started_at"] is not None), default=None)


def _eta(
    counts: dict[MoveStatus, int], started_at: datetime | None, progress: float, *, skipped: int, total: int
) -> int | None:
    """Items that were skipped took no time, so the rest is not reckoned by them."""
    if not any(counts[status] for status in states.ACTIVE) or total == skipped:
        return None
    real = (progress * total - 100 * skipped) / (total - skipped)
    return eta_seconds(started_at, real)


async def detail(session: AsyncSession, batch_id: UUID, *, cursor: str | None, limit: int) -> BatchDetail:
    """A batch with a page of its items.

    :raises BatchNotFound: no such batch.
    :raises InvalidCursor: broken, or of another list.
    """
    whole = await summary(session, batch_id)
    page = await repository.page_of_batch(session, batch_id, cursor=cursor, limit=limit)
    items = [describe(move) for move in page.items]
    return BatchDetail(**whole.model_dump(), items=items, next_cursor=page.next_cursor)
