"""SQL of the pace and the quota at Vimeo. Every step is one short transaction of its caller."""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.vimeo.models import VimeoPace, VimeoUsage

_usage: Any = VimeoUsage
_LONG_AGO = datetime.fromtimestamp(0, UTC)


async def lock_pace(session: AsyncSession) -> VimeoPace:
    """The one row, for this transaction alone; made if it is not there."""
    query = select(VimeoPace).with_for_update().execution_options(populate_existing=True)
    found = (await session.execute(query)).scalar_one_or_none()
    if found is None:
        await session.execute(insert(VimeoPace).values(id=1, next_at=_LONG_AGO).on_conflict_do_nothing())
        found = (await session.execute(query)).scalar_one()
    return found


async def pace(session: AsyncSession) -> VimeoPace | None:
    """The one row as it is."""
    return (await session.execute(select(VimeoPace))).scalar_one_or_none()


async def database_time(session: AsyncSession) -> datetime:
    """The clock that all processes share."""
    found: datetime = (await session.execute(select(func.clock_timestamp()))).scalar_one()
    return found


async def used(session: AsyncSession, day: date) -> int:
    """Requests of a day."""
    found = (await session.execute(select(_usage.used).where(_usage.day == day))).scalar_one_or_none()
    return int(found or 0)


async def count(session: AsyncSession, day: date, *, requests: int = 0, refused: int = 0) -> None:
    """Add to the numbers of a day."""
    row = insert(_usage).values(day=day, used=max(requests, 0), refused=refused)
    await session.execute(
        row.on_conflict_do_update(
            index_elements=["day"],
            set_={"used": func.greatest(0, _usage.used + requests), "refused": _usage.refused + refused},
        )
    )
