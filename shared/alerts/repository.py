"""SQL of alerts."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from shared.alerts.models import Alert, AlertStatus


async def insert_once(
    session: AsyncSession, *, kind: str, dedupe_key: str, text: str, job_id: UUID | None
) -> UUID | None:
    """Write an alert; None when there is one with this key already."""
    statement = insert(Alert).values(kind=kind, dedupe_key=dedupe_key, text=text, job_id=job_id)
    done = await session.execute(
        statement.on_conflict_do_nothing(index_elements=["dedupe_key"]).returning(col(Alert.id))
    )
    found: UUID | None = done.scalar_one_or_none()
    return found


async def next_due(session: AsyncSession) -> Alert | None:
    """The oldest alert to be told now, locked; one that another worker has is skipped. The database's clock decides."""
    query = (
        select(Alert)
        .where(col(Alert.status) == AlertStatus.pending, col(Alert.available_at) <= func.now())
        .order_by(col(Alert.available_at), col(Alert.id))
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return (await session.scalars(query)).one_or_none()


async def locked(session: AsyncSession, alert_id: UUID) -> Alert | None:
    """One alert, kept from others until the transaction ends."""
    query = select(Alert).where(col(Alert.id) == alert_id).with_for_update()
    return (await session.scalars(query.execution_options(populate_existing=True))).one_or_none()


async def postpone(session: AsyncSession, pause: timedelta) -> None:
    """Tell nothing before the pause is over."""
    later = func.now() + pause
    await session.execute(
        update(Alert)
        .where(col(Alert.status) == AlertStatus.pending)
        .values(available_at=func.greatest(col(Alert.available_at), later))
    )


async def give_up(session: AsyncSession, age: timedelta, *, reason: str) -> int:
    """End what has been waiting for longer; returns how many. An error that is known stays."""
    done = await session.execute(
        update(Alert)
        .where(col(Alert.status) == AlertStatus.pending, col(Alert.created_at) < func.now() - age)
        .values(status=AlertStatus.failed, last_error=func.coalesce(col(Alert.last_error), reason))
        .returning(col(Alert.id))
    )
    return len(done.all())


async def newest(session: AsyncSession, *, limit: int) -> Sequence[Alert]:
    """The last ones that were raised, newest first."""
    query = select(Alert).order_by(col(Alert.created_at).desc(), col(Alert.id).desc()).limit(limit)
    return (await session.scalars(query)).all()
