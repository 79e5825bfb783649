"""SQL of daily numbers and of the sums that the database keeps over them."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, case, delete, func, select, text, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from shared.analytics.models import ALL_PLATFORMS, Metric, VideoAnalytics, daily, days, window, windows
from shared.analytics.ranges import Range
from shared.videos.models import Video

_COLUMNS: Final = (
    "views",
    "watch_seconds",
    "unique_viewers",
    "avg_watch_percentage",
    "likes",
    "comments",
    "shares",
    "errors",
)
_NAMES = ", ".join(_COLUMNS)
# What is known is not forgotten, and what has not changed is not written.
_UPSERT = text(f"""
INSERT INTO video_analytics AS kept (video_id, platform, date, {_NAMES})
SELECT fresh.* FROM unnest(CAST(:video_id AS uuid[]), CAST(:platform AS text[]), CAST(:date AS date[]),
    CAST(:views AS int[]), CAST(:watch_seconds AS bigint[]), CAST(:unique_viewers AS int[]),
    CAST(:avg_watch_percentage AS numeric[]), CAST(:likes AS int[]), CAST(:comments AS int[]),
    CAST(:shares AS int[]), CAST(:errors AS int[])) AS fresh(video_id, platform, date, {_NAMES})
JOIN videos ON videos.id = fresh.video_id
ORDER BY fresh.video_id, fresh.platform, fresh.date
ON CONFLICT (video_id, platform, date) DO UPDATE SET
    {", ".join(f"{name} = coalesce(EXCLUDED.{name}, kept.{name})" for name in _COLUMNS)}
WHERE {" OR ".join(f"kept.{name} <> EXCLUDED.{name}" for name in _COLUMNS)}
    OR {" OR ".join(f"kept.{name} IS NULL AND EXCLUDED.{name} IS NOT NULL" for name in _COLUMNS)}
""")  # noqa: S608  # only names of ours are put in

# What enters the window less what leaves it.
_SHIFT = text(f"""
INSERT INTO video_windows AS sums (platform, video_id, row_count, {", ".join(Metric)})
SELECT scope, video_id, sum(sign), {", ".join(f"coalesce(sum(sign * {metric}), 0)" for metric in Metric)}
FROM (
    SELECT 1 AS sign, * FROM video_analytics
    WHERE date BETWEEN :first AND :last AND NOT date BETWEEN :old_first AND :old_last
    UNION ALL
    SELECT -1 AS sign, * FROM video_analytics
    WHERE date BETWEEN :old_first AND :old_last AND NOT date BETWEEN :first AND :last
) AS change, LATERAL (VALUES ('{ALL_PLATFORMS}'), (platform)) AS scopes(scope)
GROUP BY scope, video_id
ORDER BY scope, video_id
ON CONFLICT (platform, video_id) DO UPDATE SET row_count = sums.row_count + EXCLUDED.row_count,
    {", ".join(f"{metric} = sums.{metric} + EXCLUDED.{metric}" for metric in Metric)}
""")  # noqa: S608  # only names of ours are put in


async def upsert(session: AsyncSession, values: dict[str, list[Any]]) -> None:
    """Write rows, given column by column."""
    await session.execute(_UPSERT, values)


def _summed() -> list[ColumnElement[Any]]:
    return [
        case((func.sum(days.c[f"{name}_known"]) > 0, func.sum(days.c[name])), else_=None).label(name) for name in Metric
    ]


async def library_days(session: AsyncSession, wanted: Range, platform: str | None) -> Sequence[Row[Any]]:
    """``(platform, date, metrics…)`` of all videos in a range; days without rows are not there."""
    query = (
        select(days.c.platform, days.c.date, *_summed())
        .where(days.c.date.between(wanted.first, wanted.last), days.c.row_count > 0)
        .group_by(days.c.platform, days.c.date)
    )
    if platform is not None:
        query = query.where(days.c.platform == platform)
    return (await session.execute(query)).all()


async def video_days(session: AsyncSession, video_id: UUID, wanted: Range, platform: str | None) -> Sequence[Row[Any]]:
    """``(platform, date, metrics…, avg_watch_percentage)`` of one video."""
    names = ("platform", "date", *Metric, "avg_watch_percentage")
    columns: list[ColumnElement[Any]] = [daily.c[name] for name in names]
    query = select(*columns).where(daily.c.video_id == video_id, daily.c.date.between(wanted.first, wanted.last))
    if platform is not None:
        query = query.where(daily.c.platform == platform)
    return (await session.execute(query)).all()


async def has_window(session: AsyncSession, wanted: Range) -> bool:
    """Whether ``video_windows`` holds the sums of exactly this range."""
    query = select(window.c.id).where(window.c.from_date == wanted.first, window.c.to_date == wanted.last)
    return (await session.execute(query)).first() is not None


async def top_of_window(
    session: AsyncSession, metric: Metric, platform: str | None, *, limit: int
) -> Sequence[Row[Any]]:
    """``(video_id, title, value)`` from the sums that are kept."""
    value = windows.c[metric]
    query = (
        select(windows.c.video_id, col(Video.title), value.label("value"))
        .join(Video, col(Video.id) == windows.c.video_id)
        .where(windows.c.platform == (platform or ALL_PLATFORMS), value > 0)
        .order_by(value.desc(), windows.c.video_id)
        .limit(limit)
    )
    return (await session.execute(query)).all()


async def top_of_range(
    session: AsyncSession, metric: Metric, wanted: Range, platform: str | None, *, limit: int
) -> Sequence[Row[Any]]:
    """``(video_id, title, value)``, added up from the rows of the range."""
    value = func.sum(daily.c[metric])
    sums = (
        select(daily.c.video_id, value.label("value"))
        .where(daily.c.date.between(wanted.first, wanted.last))
        .group_by(daily.c.video_id)
        .having(value > 0)
        .order_by(value.desc(), daily.c.video_id)
        .limit(limit)
    )
    if platform is not None:
        sums = sums.where(daily.c.platform == platform)
    first = sums.subquery()
    query = (
        select(first.c.video_id, col(Video.title), first.c.value)
        .join(Video, col(Video.id) == first.c.video_id)
        .order_by(first.c.value.desc(), first.c.video_id)
    )
    return (await session.execute(query)).all()


async def move_window(session: AsyncSession, wanted: Range) -> bool:
    """Let ``video_windows`` be the sums of this range; False when they are already. Who writes daily numbers waits."""
    old = (await session.execute(select(window.c.from_date, window.c.to_date).with_for_update())).one()
    if (old.from_date, old.to_date) == (wanted.first, wanted.last):
        return False
    await session.execute(
        _SHIFT, {"first": wanted.first, "last": wanted.last, "old_first": old.from_date, "old_last": old.to_date}
    )
    await session.execute(delete(windows).where(windows.c.row_count == 0))
    await session.execute(update(window).values(from_date=wanted.first, to_date=wanted.last))
    return True


async def export_page(
    session: AsyncSession, wanted: Range, platform: str | None, after: tuple[date, str, UUID] | None, *, limit: int
) -> Sequence[tuple[VideoAnalytics, str]]:
    """Rows with their videos' titles, ordered by day, platform and video."""
    keys = (col(VideoAnalytics.date), col(VideoAnalytics.platform), col(VideoAnalytics.video_id))
    query = (
        select(VideoAnalytics, col(Video.title))
        .join(Video, col(Video.id) == col(VideoAnalytics.video_id))
        .where(col(VideoAnalytics.date).between(after[0] if after else wanted.first, wanted.last))
        .order_by(*keys)
        .limit(limit)
    )
    if platform is not None:
        query = query.where(col(VideoAnalytics.platform) == platform)
    if after is not None:
        query = query.where(tuple_(*keys) > tuple_(*after))
    return [(row[0], row[1]) for row in await session.execute(query)]
