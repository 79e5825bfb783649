"""Daily numbers from Vimeo: what it counts for each day where the plan offers that, else differences of its counts.

Vimeo's analytics cost a request for each video, and most plans do not offer them (contracts.md, section 1). The count
of all plays comes with every page of the library: once a day it is read, and what it has grown by is the views of the
days since it was read last. Where days were missed, the last of them has the sum, and the others stay unknown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.analytics import service as analytics_service
from shared.analytics.service import DailyNumbers
from shared.clients.vimeo import VideoDay
from shared.platforms.models import Platform

LEASE: Final = timedelta(seconds=90)
#: How far back Vimeo's daily numbers are asked for the first time.
FIRST_DAYS: Final = 90
#: Numbers of the last days may still grow: they are asked for again.
SETTLING_DAYS: Final = 2

_CLAIM = text("""
INSERT INTO vimeo_days AS known (day, lease_expires_at) VALUES (:day, :until)
ON CONFLICT (day) DO UPDATE SET lease_expires_at = EXCLUDED.lease_expires_at
WHERE known.finished_at IS NULL AND (known.lease_expires_at IS NULL OR known.lease_expires_at < :now)
RETURNING cursor, page
""")
_KEEP = text("""
UPDATE vimeo_days SET cursor = :after, page = page + 1, lease_expires_at = :until,
    finished_at = CASE WHEN CAST(:after AS text) IS NULL THEN CAST(:now AS timestamptz) END
WHERE day = :day AND page = :page AND finished_at IS NULL RETURNING day
""")
_FORMER = text("""
SELECT at.video_id, at.external_id, former.day, former.plays
FROM video_platforms AS at LEFT JOIN vimeo_plays AS former USING (video_id)
WHERE at.platform = 'vimeo' AND at.external_id = ANY(:ids)
""")
_SNAPSHOT = text("""
INSERT INTO vimeo_plays AS known (video_id, day, plays)
SELECT fresh.* FROM unnest(CAST(:ids AS uuid[]), CAST(:plays AS bigint[])) AS pairs(video_id, plays),
    LATERAL (SELECT pairs.video_id, CAST(:day AS date), pairs.plays) AS fresh(video_id, day, plays)
ORDER BY fresh.video_id
ON CONFLICT (video_id) DO UPDATE SET day = EXCLUDED.day, plays = EXCLUDED.plays WHERE known.day < EXCLUDED.day
""")
_TO_ASK = text("""
SELECT at.video_id, at.external_id, known.asked_until
FROM video_platforms AS at JOIN vimeo_plays AS known USING (video_id)
WHERE at.platform = 'vimeo' AND at.removed_at IS NULL AND (known.asked_until IS NULL OR known.asked_until < :yesterday)
ORDER BY known.asked_until NULLS FIRST, at.video_id LIMIT :limit
""")


@dataclass(frozen=True, slots=True)
class DayTurn:
    """The right to read one page for a day; ``after`` is what the client takes."""

    day: date
    page: int
    after: str | None


@dataclass(frozen=True, slots=True)
class ToAsk:
    """A video whose days from ``first`` to ``last`` are to be asked for."""

    video_id: UUID
    external_id: str
    first: date
    last: date


async def claim(session: AsyncSession, now: datetime) -> DayTurn | None:
    """The turn for today's reading; None when it is done, or somebody else's."""
    found = (await session.execute(_CLAIM, {"day": now.date(), "now": now, "until": now + LEASE})).one_or_none()
    return DayTurn(now.date(), found.page, found.cursor) if found else None


async def release(session: AsyncSession, turn: DayTurn, until: datetime) -> None:
    """Nobody need try before ``until``."""
    await session.execute(
        text("UPDATE vimeo_days SET lease_expires_at = :until WHERE day = :day AND page = :page"),
        {"until": until, "day": turn.day, "page": turn.page},
    )


async def keep_page(
    session: AsyncSession, turn: DayTurn, counts: Sequence[tuple[str, int | None]], after: str | None, now: datetime
) -> DayTurn | None:
    """Write what a page counts: pairs of external id and plays, None where Vimeo hides them.

    The turn for the next page; None at the end, or if the turn was lost.
    """
    values = {"day": turn.day, "page": turn.page, "after": after, "now": now, "until": now + LEASE}
    if (await session.execute(_KEEP, values)).one_or_none() is None:
        return None
    await _note(session, turn.day, {external_id: plays for external_id, plays in counts if plays is not None})
    return DayTurn(turn.day, turn.page + 1, after) if after else None


async def _note(session: AsyncSession, day: date, plays: dict[str, int]) -> None:
    former = (await session.execute(_FORMER, {"ids": list(plays)})).all()
    rows = [
        # Read at some time of `day`: what has come since the last reading belongs to the day before.
        DailyNumbers(row.video_id, Platform.vimeo, day - timedelta(days=1), views=plays[row.external_id] - row.plays)
        for row in former
        if row.day is not None and row.day < day and plays[row.external_id] >= row.plays
    ]
    await analytics_service.record_daily(session, rows)
    known = {"ids": [row.video_id for row in former], "plays": [plays[row.external_id] for row in former]}
    await session.execute(_SNAPSHOT, {**known, "day": day})


async def to_ask(session: AsyncSession, today: date, *, limit: int) -> list[ToAsk]:
    """Whose daily numbers to ask for, the longest unknown first."""
    yesterday = today - timedelta(days=1)
    rows = (await session.execute(_TO_ASK, {"yesterday": yesterday, "limit": limit})).all()
    first = today - timedelta(days=FIRST_DAYS)
    return [
        ToAsk(
            row.video_id,
            row.external_id,
            first if row.asked_until is None else max(first, row.asked_until - timedelta(days=SETTLING_DAYS)),
            yesterday,
        )
        for row in rows
    ]


async def note_days(session: AsyncSession, asked: ToAsk, counted: Sequence[VideoDay]) -> None:
    """Write Vimeo's own daily numbers of one video."""
    rows = [
        DailyNumbers(
            asked.video_id,
            Platform.vimeo,
            day.day,
            views=day.views,
            watch_seconds=None if day.watched_seconds is None else round(day.watched_seconds),
            unique_viewers=day.unique_viewers,
        )
        for day in counted
    ]
    await analytics_service.record_daily(session, rows)
    await session.execute(
        text("UPDATE vimeo_plays SET asked_until = :last WHERE video_id = :id"),
        {"last": asked.last, "id": asked.video_id},
    )
