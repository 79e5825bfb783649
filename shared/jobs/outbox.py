"""Writing and enqueueing in one transaction. Features call :func:`enqueue`; none of them knows arq."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.jobs import repository
from shared.jobs.models import Outbox
from shared.jobs.tasks import P, Task


async def enqueue(session: AsyncSession, task: Task[P], payload: P, *, available_at: datetime | None = None) -> UUID:
    """Have a worker run ``task`` once this transaction commits, or at ``available_at``. Returns the message's id."""
    row = Outbox(task=task.name, queue=task.queue.value, payload=payload.model_dump(mode="json", by_alias=True))
    if available_at is not None:
        row.available_at = available_at
    session.add(row)
    await session.flush()
    await repository.notify(session)
    return row.id


async def acknowledge(session: AsyncSession, outbox_id: UUID | None) -> None:
    """Stop handing a message over."""
    if outbox_id is not None:
        await repository.acknowledge(session, outbox_id)
