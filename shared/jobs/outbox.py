"""Writing and enqueueing in one transaction. Features call :func:`enqueue`; none of them knows arq."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.jobs import repository
from shared.jobs.models import Outbox
from shared.jobs.ranks import BEGINNING, range_of, rank_of
from shared.jobs.tasks import P, Queue, Task


async def enqueue(
    session: AsyncSession, task: Task[P], payload: P, *, available_at: datetime | None = None, rank: int = 0
) -> UUID:
    """Have a worker run ``task`` once this transaction commits, or at ``available_at``. Returns the message's id.

    Of the messages that wait, the one with the lowest ``rank`` is taken first (:func:`next_rank`).
    """
    row = _row(task, payload, rank)
    if available_at is not None:
        row.available_at = available_at
    session.add(row)
    await session.flush()
    await repository.notify(session)
    return row.id


async def enqueue_all(session: AsyncSession, task: Task[P], payloads: Sequence[P], ranks: Sequence[int]) -> list[UUID]:
    """The same for many that are due now. Returns their ids in the same order."""
    rows = [_row(task, payload, rank) for payload, rank in zip(payloads, ranks, strict=True)]
    session.add_all(rows)
    await session.flush()
    await repository.notify(session)
    return [row.id for row in rows]


def _row(task: Task[P], payload: P, rank: int) -> Outbox:
    return Outbox(
        task=task.name, queue=task.queue.value, payload=payload.model_dump(mode="json", by_alias=True), rank=rank
    )


async def acknowledge(session: AsyncSession, outbox_id: UUID | None) -> None:
    """Stop handing a message over."""
    if outbox_id is not None:
        await repository.acknowledge(session, outbox_id)


async def next_rank(session: AsyncSession, queue: Queue, priority: int, *, before_all: bool = False) -> int:
    """Where a job joins the others of its priority: beside the message that will be taken next, or before it."""
    first, beyond = range_of(priority)
    found = await repository.lowest_rank(session, queue.value, first, beyond)
    rank = rank_of(priority, BEGINNING) if found is None else found
    return max(first, rank - 1) if before_all else rank


async def postpone(session: AsyncSession, outbox_ids: Sequence[UUID], until: datetime) -> None:
    """Hand these over again, and not before then. Whoever gets an earlier copy is refused by what it reports to."""
    await repository.postpone(session, outbox_ids, until)


async def hasten(session: AsyncSession, outbox_ids: Sequence[UUID]) -> None:
    """Do not wait any longer with these."""
    await repository.hasten(session, outbox_ids)
    await repository.notify(session)


async def move(session: AsyncSession, outbox_ids: Sequence[UUID], *, to_rank: int) -> None:
    """Give messages that belong together other ranks, the first of them ``to_rank``, and hand them over again."""
    await repository.move(session, outbox_ids, to_rank=to_rank)
    await repository.notify(session)


async def withdraw(session: AsyncSession, outbox_ids: Sequence[UUID]) -> None:
    """Nobody needs these any more."""
    await repository.withdraw(session, outbox_ids)
