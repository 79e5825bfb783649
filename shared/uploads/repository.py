"""SQL of uploads. Times of the lock come from the database's clock, so that the API's machines need not agree."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import case, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from shared.uploads.models import Upload, UploadPart, UploadStatus

_NOW = func.clock_timestamp()
LIVE = (UploadStatus.active, UploadStatus.finishing)


async def get(session: AsyncSession, upload_id: UUID, *, lock: bool = False) -> tuple[Upload, datetime] | None:
    """One upload and the database's time; ``lock`` keeps other writers out until the transaction ends."""
    query = select(Upload, _NOW).where(col(Upload.id) == upload_id)
    if lock:
        query = query.with_for_update(of=Upload)
    row = (await session.execute(query)).one_or_none()
    return None if row is None else (row[0], row[1])


async def beat(session: AsyncSession, upload_id: UUID, token: UUID, *, progress: bool, next_part: int) -> bool | None:
    """Show that the holder lives; returns whether it is asked to let go, None where it holds the lock no more."""
    return (
        await session.execute(
            update(Upload)
            .where(col(Upload.id) == upload_id, col(Upload.lock_token) == token)
            .values(
                lock_seen_at=_NOW,
                lock_progress_at=_NOW if progress else col(Upload.lock_progress_at),
                next_part=func.greatest(col(Upload.next_part), next_part),
            )
            .returning(col(Upload.lock_release_requested))
        )
    ).scalar_one_or_none()


async def request_release(session: AsyncSession, upload_id: UUID) -> None:
    """Ask whoever holds the lock to let go."""
    await session.execute(
        update(Upload)
        .where(col(Upload.id) == upload_id, col(Upload.lock_token).is_not(None))
        .values(lock_release_requested=True)
    )


async def write(session: AsyncSession, upload_id: UUID, token: UUID, values: dict[str, Any]) -> bool:
    """Change an upload if ``token`` holds its lock; says whether it does."""
    values = {"lock_seen_at": _NOW, "lock_progress_at": _NOW} | values
    done = await session.execute(
        update(Upload)
        .where(col(Upload.id) == upload_id, col(Upload.lock_token) == token)
        .values(**values)
        .returning(col(Upload.id))
    )
    return done.scalar_one_or_none() is not None


async def parts(session: AsyncSession, upload_id: UUID) -> list[tuple[int, str]]:
    """Number and etag of every part, in order."""
    rows = await session.execute(
        select(col(UploadPart.number), col(UploadPart.etag))
        .where(col(UploadPart.upload_id) == upload_id)
        .order_by(col(UploadPart.number))
    )
    return [(row.number, row.etag) for row in rows]


async def delete_parts(session: AsyncSession, upload_id: UUID, *, from_number: int = 0) -> None:
    """Forget the parts from a number on."""
    await session.execute(
        delete(UploadPart).where(col(UploadPart.upload_id) == upload_id, col(UploadPart.number) >= from_number)
    )


async def remove(session: AsyncSession, upload_id: UUID) -> None:
    """Delete the row; its parts go with it."""
    await session.execute(delete(Upload).where(col(Upload.id) == upload_id))


async def to_sweep(session: AsyncSession, *, silent_seconds: float, limit: int) -> list[UUID]:
    """Uploads that nobody works on and that are expired, finishing or gone; the oldest first."""
    unheld = or_(
        col(Upload.lock_token).is_(None),
        col(Upload.lock_seen_at) < _NOW - func.make_interval(0, 0, 0, 0, 0, 0, silent_seconds),
    )
    due = case(
        (col(Upload.status) == UploadStatus.active, col(Upload.expires_at) < _NOW),
        else_=col(Upload.status) != UploadStatus.completed,
    )
    rows = await session.scalars(
        select(col(Upload.id))
        .where(col(Upload.status) != UploadStatus.completed, unheld, due)
        .order_by(col(Upload.updated_at))
        .limit(limit)
    )
    return list(rows)


async def live_keys(session: AsyncSession, keys: Sequence[str]) -> dict[str, str | None]:
    """Of these keys, those of live uploads, with the multipart upload each one writes to."""
    rows = await session.execute(
        select(col(Upload.key), col(Upload.s3_upload_id)).where(col(Upload.key).in_(keys), col(Upload.status).in_(LIVE))
    )
    return {row.key: row.s3_upload_id for row in rows}


async def live_ids(session: AsyncSession, ids: Sequence[UUID]) -> set[UUID]:
    """Of these ids, those of live uploads."""
    return set(
        await session.scalars(select(col(Upload.id)).where(col(Upload.id).in_(ids), col(Upload.status).in_(LIVE)))
    )
