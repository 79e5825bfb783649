"""SQL of the outbox."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from shared.jobs.models import Outbox

CHANNEL = "vms_outbox"


async def notify(session: AsyncSession) -> None:
    """Wake the control worker when this transaction commits."""
    await session.execute(text(f"NOTIFY {CHANNEL}"))


async def due(session: AsyncSession, *, limit: int) -> list[Outbox]:
    """Messages to hand over now, locked; another dispatcher's are skipped. The database's clock decides."""
    return list(
        await session.scalars(
            select(Outbox)
            .where(
                col(Outbox.acknowledged_at).is_(None),
                col(Outbox.dispatched_at).is_(None),
                col(Outbox.available_at) <= func.now(),
            )
            .order_by(col(Outbox.rank), col(Outbox.available_at))
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
    )


async def unacknowledged(
    session: AsyncSession, *, before: datetime, limit: int, after: UUID | None = None
) -> list[Outbox]:
    """Messages handed over before then that no worker has confirmed, in order of their ids, from ``after`` on."""
    query = select(Outbox).where(col(Outbox.acknowledged_at).is_(None), col(Outbox.dispatched_at) < before)
    if after is not None:
        query = query.where(col(Outbox.id) > after)
    return list(await session.scalars(query.order_by(col(Outbox.id)).limit(limit)))


async def make_due_again(session: AsyncSession, ids: list[UUID]) -> None:
    """Forget that these were handed over, unless a worker has confirmed one meanwhile."""
    await session.execute(
        update(Outbox).where(col(Outbox.id).in_(ids), col(Outbox.acknowledged_at).is_(None)).values(dispatched_at=None)
    )


async def acknowledge(session: AsyncSession, outbox_id: UUID) -> None:
    """A worker has it, or nobody needs it any more."""
    await session.execute(
        update(Outbox)
        .where(col(Outbox.id) == outbox_id, col(Outbox.acknowledged_at).is_(None))
        .values(acknowledged_at=func.now())
    )


async def withdraw(session: AsyncSession, ids: Sequence[UUID]) -> None:
    """The same for several."""
    await session.execute(
        update(Outbox)
        .where(col(Outbox.id).in_(ids), col(Outbox.acknowledged_at).is_(None))
        .values(acknowledged_at=func.now())
    )


async def lowest_rank(session: AsyncSession, queue: str, first: int, beyond: int) -> int | None:
    """The lowest rank in ``[first, beyond)`` of the messages that wait in a queue and are not held back."""
    query = select(func.min(col(Outbox.rank))).where(
        col(Outbox.acknowledged_at).is_(None),
        col(Outbox.available_at) <= func.now(),
        col(Outbox.queue) == queue,
        col(Outbox.rank) >= first,
        col(Outbox.rank) < beyond,
    )
    found: int | None = await session.scalar(query)
    return found


async def postpone(session: AsyncSession, ids: Sequence[UUID], until: datetime) -> None:
    """Not before then, and once more if they are in Redis already."""
    await session.execute(
        update(Outbox)
        .where(col(Outbox.id).in_(ids), col(Outbox.acknowledged_at).is_(None))
        .values(available_at=func.greatest(col(Outbox.available_at), until), dispatched_at=None)
    )


async def hasten(session: AsyncSession, ids: Sequence[UUID]) -> None:
    """Those that are held back are due now."""
    await session.execute(
        update(Outbox)
        .where(col(Outbox.id).in_(ids), col(Outbox.acknowledged_at).is_(None), col(Outbox.available_at) > func.now())
        .values(available_at=func.now())
    )


async def move(session: AsyncSession, ids: Sequence[UUID], *, to_rank: int) -> None:
    """Shift the ranks of the open ones so that the lowest becomes ``to_rank``; they are due again."""
    open_ones = (col(Outbox.id).in_(ids), col(Outbox.acknowledged_at).is_(None))
    lowest = select(func.min(col(Outbox.rank))).where(*open_ones).scalar_subquery()
    await session.execute(
        update(Outbox).where(*open_ones).values(rank=col(Outbox.rank) - lowest + to_rank, dispatched_at=None)
    )


async def delete_old(session: AsyncSession, now: datetime) -> None:
    """Drop confirmed messages after a day."""
    await session.execute(delete(Outbox).where(col(Outbox.acknowledged_at) < now - timedelta(days=1)))
