"""Viewings: what players report, written in batches, and added up to daily numbers.

Events are cumulative and merged by GREATEST, so that one which comes twice, late, or before an earlier one changes
nothing. What a page claims to have watched is cut when it is added up: to the time that has passed since the page's
first event, and to twenty times the video.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, cast
from uuid import UUID

import asyncpg
from sqlalchemy import CursorResult, text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.analytics.schemas import EventKind, ViewingEvent, ViewingProvider

#: A viewing takes events on the day it began and on so many days after it; its day is settled then.
OPEN_DAYS: Final = 2
KEEP_DAYS: Final = 90
#: A first event may come late: a page that was offline has watched meanwhile.
HEAD_START_SECONDS: Final = 60
MOST_TIMES: Final = 20
MIN_VIEWINGS_TO_JUDGE: Final = 20
_LOCK: Final = 0x766D_7361
_UNKNOWN_ERROR: Final = "unknown"

_WRITE = f"""
INSERT INTO viewings AS kept
    (id, video_id, day, begun_at, last_at, watched_seconds, quartile, started, ended, error_code, pending)
SELECT event.id, event.video_id, ($8::timestamptz AT TIME ZONE 'UTC')::date, $8, $8, event.watched_seconds,
    event.quartile, event.started, event.ended, event.error_code, true
FROM unnest($1::uuid[], $2::uuid[], $3::float[], $4::smallint[], $5::boolean[], $6::boolean[], $7::text[])
    AS event(id, video_id, watched_seconds, quartile, started, ended, error_code)
JOIN videos ON videos.id = event.video_id
ORDER BY event.id
ON CONFLICT (id) DO UPDATE SET
    last_at = GREATEST(kept.last_at, EXCLUDED.last_at),
    watched_seconds = GREATEST(kept.watched_seconds, EXCLUDED.watched_seconds),
    quartile = GREATEST(kept.quartile, EXCLUDED.quartile),
    started = kept.started OR EXCLUDED.started,
    ended = kept.ended OR EXCLUDED.ended,
    error_code = coalesce(kept.error_code, EXCLUDED.error_code),
    pending = true
WHERE kept.video_id = EXCLUDED.video_id AND kept.day >= EXCLUDED.day - {OPEN_DAYS} AND (
    kept.watched_seconds < EXCLUDED.watched_seconds OR kept.quartile < EXCLUDED.quartile
    OR kept.started < EXCLUDED.started OR kept.ended < EXCLUDED.ended
    OR kept.error_code IS NULL AND EXCLUDED.error_code IS NOT NULL
)
"""  # noqa: S608  # only a number of ours is put in

# The days that were touched, and their viewings marked as counted; whoever adds an event meanwhile marks them again.
# They are locked in the order in which a batch writes them, so the two never wait for each other.
_TAKE = text("""
WITH touched AS (
    SELECT DISTINCT video_id, day FROM viewings WHERE pending ORDER BY video_id, day LIMIT :limit
), locked AS (
    SELECT viewings.id FROM viewings JOIN touched USING (video_id, day)
    WHERE viewings.pending ORDER BY viewings.id FOR UPDATE OF viewings
), taken AS (
    UPDATE viewings SET pending = false WHERE id IN (SELECT id FROM locked)
)
SELECT video_id, day FROM touched
""")
_ADD_UP = text(f"""
INSERT INTO video_analytics AS kept (video_id, platform, date, views, watch_seconds, avg_watch_percentage, errors,
    reached_25, reached_50, reached_75, reached_100)
SELECT video_id, 'hetzner', day, count(*) FILTER (WHERE started), coalesce(round(sum(watched)), 0),
    round(avg(LEAST(100, 100 * watched / duration)) FILTER (WHERE started AND duration IS NOT NULL)::numeric, 2),
    count(error_code),
    count(*) FILTER (WHERE quartile >= 25), count(*) FILTER (WHERE quartile >= 50),
    count(*) FILTER (WHERE quartile >= 75), count(*) FILTER (WHERE quartile >= 100)
FROM (
    SELECT viewing.*, nullif(videos.duration_seconds, 0) AS duration, LEAST(
        viewing.watched_seconds, extract(epoch FROM viewing.last_at - viewing.begun_at) + {HEAD_START_SECONDS},
        {MOST_TIMES} * nullif(videos.duration_seconds, 0)
    )::float AS watched
    FROM unnest(CAST(:videos AS uuid[]), CAST(:days AS date[])) AS touched(video_id, day)
    JOIN viewings AS viewing USING (video_id, day)
    JOIN videos ON videos.id = viewing.video_id
) AS counted
GROUP BY video_id, day
ORDER BY video_id, day
ON CONFLICT (video_id, platform, date) DO UPDATE SET
    views = EXCLUDED.views, watch_seconds = EXCLUDED.watch_seconds,
    avg_watch_percentage = EXCLUDED.avg_watch_percentage, errors = EXCLUDED.errors,
    reached_25 = EXCLUDED.reached_25, reached_50 = EXCLUDED.reached_50,
    reached_75 = EXCLUDED.reached_75, reached_100 = EXCLUDED.reached_100
WHERE (kept.views, kept.watch_seconds, kept.avg_watch_percentage, kept.errors, kept.reached_25, kept.reached_50,
    kept.reached_75, kept.reached_100)
    IS DISTINCT FROM (EXCLUDED.views, EXCLUDED.watch_seconds, EXCLUDED.avg_watch_percentage, EXCLUDED.errors,
    EXCLUDED.reached_25, EXCLUDED.reached_50, EXCLUDED.reached_75, EXCLUDED.reached_100)
""")  # noqa: S608  # only numbers of ours are put in
_FORGET = text("""
DELETE FROM viewings WHERE id IN (
    SELECT id FROM viewings WHERE begun_at < :before AND NOT pending LIMIT :limit
)
""")
_ERRORS = text("""
SELECT video_id, count(*) AS viewings, count(error_code) AS errors
FROM viewings WHERE begun_at >= :since GROUP BY video_id HAVING count(*) >= :at_least AND count(error_code) > 0
""")


@dataclass(slots=True)
class Merged:
    """All that one batch says of a viewing."""

    video_id: UUID
    watched_seconds: float = 0.0
    quartile: int = 0
    started: bool = False
    ended: bool = False
    error_code: str | None = None


def merge(batch: dict[UUID, Merged], event: ViewingEvent) -> None:
    """Add an event to a batch. What Vimeo's player shows is counted by Vimeo; one viewing is of one video."""
    if event.provider is ViewingProvider.vimeo:
        return
    found = batch.get(event.viewing_id)
    if found is None:
        found = batch[event.viewing_id] = Merged(event.video_id)
    elif found.video_id != event.video_id:
        return
    if event.watched_seconds > found.watched_seconds:
        found.watched_seconds = event.watched_seconds
    if event.quartile is not None and event.quartile > found.quartile:
        found.quartile = event.quartile
    if event.event is EventKind.error:
        found.error_code = found.error_code or event.error_code or _UNKNOWN_ERROR
    else:
        # The event that said so may have been lost.
        found.started = True
    found.ended = found.ended or event.event is EventKind.end


async def write(session: AsyncSession, batch: Mapping[UUID, Merged], now: datetime) -> None:
    """Write a batch by one statement that commits by itself. Viewings of videos that are not there are left out."""
    rows = batch.values()
    connection = await (await session.connection()).get_raw_connection()
    driver = cast("asyncpg.Connection[asyncpg.Record]", connection.driver_connection)
    await driver.execute(
        _WRITE,
        list(batch),
        [row.video_id for row in rows],
        [row.watched_seconds for row in rows],
        [row.quartile for row in rows],
        [row.started for row in rows],
        [row.ended for row in rows],
        [row.error_code for row in rows],
        now,
    )


async def add_up(session: AsyncSession, *, limit: int) -> bool:
    """Count the viewings of up to ``limit`` videos' days anew; True when there may be more. One does it at a time."""
    if not await session.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": _LOCK}):
        return False
    touched = (await session.execute(_TAKE, {"limit": limit})).all()
    if touched:
        values: dict[str, Any] = {"videos": [row.video_id for row in touched], "days": [row.day for row in touched]}
        await session.execute(_ADD_UP, values)
    return len(touched) == limit


async def forget_old(session: AsyncSession, now: datetime, *, limit: int) -> bool:
    """Delete viewings that are settled for long, up to ``limit``; True when there may be more."""
    values = {"before": now - timedelta(days=KEEP_DAYS), "limit": limit}
    deleted = cast("CursorResult[Any]", await session.execute(_FORGET, values)).rowcount
    return deleted == limit


async def error_shares(
    session: AsyncSession, *, since: datetime, at_least: int = MIN_VIEWINGS_TO_JUDGE
) -> dict[UUID, tuple[int, int]]:
    """``{video: (viewings, those with errors)}`` since then, of videos with errors and enough viewings to judge."""
    rows = await session.execute(_ERRORS, {"since": since, "at_least": at_least})
    return {row.video_id: (row.viewings, row.errors) for row in rows}
