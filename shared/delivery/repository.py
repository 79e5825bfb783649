"""SQL of purges. The database's clock decides what is due."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from shared.delivery.models import CdnPurge

_PENDING = col(CdnPurge.done_at).is_(None)


async def ask_for(session: AsyncSession, prefixes: Sequence[str], *, reason: str) -> None:
    """Write purges; one that is pending already is asked for again, from its first attempt."""
    statement = insert(CdnPurge).values([{"prefix": prefix, "reason": reason} for prefix in prefixes])
    again = {
        "reason": statement.excluded.reason,
        "requests": CdnPurge.__table__.c.requests + 1,  # type: ignore[attr-defined]
        "attempts": 0,
        "next_at": func.now(),
        "error": None,
    }
    await session.execute(
        statement.on_conflict_do_update(index_elements=["prefix"], index_where=text("done_at IS NULL"), set_=again)
    )


async def next_due(session: AsyncSession) -> CdnPurge | None:
    """The oldest purge that is due, locked; one that another worker has is skipped."""
    query = (
        select(CdnPurge)
        .where(_PENDING, col(CdnPurge.next_at) <= func.now())
        .order_by(col(CdnPurge.next_at), col(CdnPurge.id))
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return (await session.scalars(query)).one_or_none()


async def locked(session: AsyncSession, purge_id: UUID) -> CdnPurge | None:
    """One purge, kept from others until the transaction ends."""
    query = select(CdnPurge).where(col(CdnPurge.id) == purge_id).with_for_update()
    return (await session.scalars(query.execution_options(populate_existing=True))).one_or_none()


async def postpone(session: AsyncSession, pause: timedelta) -> None:
    """Ask for nothing before the pause is over."""
    later = func.now() + pause
    await session.execute(update(CdnPurge).where(_PENDING).values(next_at=func.greatest(col(CdnPurge.next_at), later)))


async def forget_done(session: AsyncSession, age: timedelta) -> None:
    """Drop what has been over for longer."""
    await session.execute(delete(CdnPurge).where(col(CdnPurge.done_at) < func.now() - age))


async def forget_pending(session: AsyncSession) -> int:
    """Drop what is pending; returns how many."""
    done = await session.execute(delete(CdnPurge).where(_PENDING).returning(col(CdnPurge.id)))
    return len(done.all())
