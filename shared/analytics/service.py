"""Daily numbers: writing them, asking for them."""

import csv
import io
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from shared.analytics import repository
from shared.analytics.models import Metric, VideoAnalytics
from shared.analytics.ranges import Range, range_of
from shared.analytics.schemas import (
    AnalyticsOut,
    DayNumbers,
    Numbers,
    PlatformNumbers,
    TopMetric,
    TopOut,
    TopVideo,
    Trend,
    Trends,
    VideoAnalyticsOut,
    VideoDayNumbers,
)
from shared.db.session import Database
from shared.platforms.models import Platform
from shared.videos import service as videos_service

_METRIC_OF = {
    TopMetric.views: Metric.views,
    TopMetric.watch_time: Metric.watch_seconds,
    TopMetric.unique_viewers: Metric.unique_viewers,
    TopMetric.likes: Metric.likes,
    TopMetric.comments: Metric.comments,
    TopMetric.shares: Metric.shares,
    TopMetric.errors: Metric.errors,
}
_CSV_ROWS: Final = 1000
_CSV_HEAD: Final = (
    "date",
    "platform",
    "videoId",
    "title",
    "views",
    "watchTimeMinutes",
    "watchSeconds",
    "uniqueViewers",
    "avgWatchPercentage",
    "likes",
    "comments",
    "shares",
    "errors",
)


@dataclass(frozen=True, slots=True)
class DailyNumbers:
    """What a platform says of one day of a video. None is unknown, and not zero."""

    video_id: UUID
    platform: Platform
    date: date
    views: int | None = None
    watch_seconds: int | None = None
    unique_viewers: int | None = None
    avg_watch_percentage: Decimal | None = None
    likes: int | None = None
    comments: int | None = None
    shares: int | None = None
    errors: int | None = None


async def record_daily(session: AsyncSession, rows: Iterable[DailyNumbers]) -> None:
    """Write what a platform says. The newest word counts; what it does not know this time stays as it was known; rows
    that say nothing new are not written, and neither are those of videos that are not there. Of two rows for one day
    the later one counts.
    """
    newest = list({(row.video_id, row.platform, row.date): row for row in rows}.values())
    if newest:
        values = {field.name: [getattr(row, field.name) for row in newest] for field in fields(DailyNumbers)}
        values["platform"] = [row.platform.value for row in newest]
        await repository.upsert(session, values)


async def library(session: AsyncSession, wanted: Range, platform: Platform | None) -> AnalyticsOut:
    """The dashboard of all videos."""
    rows, before = _split(
        await repository.library_days(session, Range(wanted.before.first, wanted.last), platform), wanted
    )
    return AnalyticsOut(
        from_date=wanted.first,
        to_date=wanted.last,
        platform=platform,
        totals=Numbers(**_numbers(rows)),
        by_day=[DayNumbers(date=day, **numbers) for day, _, numbers in _by_day(rows, wanted)],
        by_platform=_by_platform(rows),
        trends=_trends(rows, before),
    )


async def of_video(
    session: AsyncSession, video_id: UUID, wanted: Range, platform: Platform | None
) -> VideoAnalyticsOut:
    """The numbers of one video.

    :raises VideoNotFound: there is no such video.
    """
    await videos_service.get_video(session, video_id)
    asked = Range(wanted.before.first, wanted.last)
    rows, before = _split(await repository.video_days(session, video_id, asked, platform), wanted)
    return VideoAnalyticsOut(
        video_id=video_id,
        from_date=wanted.first,
        to_date=wanted.last,
        platform=platform,
        totals=Numbers(**_numbers(rows)),
        days=[
            VideoDayNumbers(date=day, avg_watch_percentage=_average(of_day), **numbers)
            for day, of_day, numbers in _by_day(rows, wanted)
        ],
        by_platform=_by_platform(rows),
        trends=_trends(rows, before),
    )


async def top(
    session: AsyncSession, metric: TopMetric, wanted: Range, platform: Platform | None, *, limit: int
) -> TopOut:
    """The videos with the most of a metric. The sums of the last thirty days are kept (:func:`keep_window`); those of
    another range are added up."""
    column = _METRIC_OF[metric]
    if await repository.has_window(session, wanted):
        rows = await repository.top_of_window(session, column, platform, limit=limit)
    else:
        rows = await repository.top_of_range(session, column, wanted, platform, limit=limit)
    return TopOut(
        from_date=wanted.first,
        to_date=wanted.last,
        platform=platform,
        metric=metric,
        items=[TopVideo(video_id=row.video_id, title=row.title, value=row.value) for row in rows],
    )


async def keep_window(session: AsyncSession, *, today: date) -> bool:
    """Let the sums that are kept be those of the last thirty days; False when they are already."""
    wanted = range_of(None, None, today=today)
    return not await repository.has_window(session, wanted) and await repository.move_window(session, wanted)


async def csv_pieces(database: Database, wanted: Range, platform: Platform | None) -> AsyncIterator[bytes]:
    """A row for each day, platform and video (RFC 4180), some hundred at a time.

    Each piece is a short read of its own: a slow reader keeps no connection and no snapshot. Unknown is empty.
    """
    yield _csv([_CSV_HEAD])
    after: tuple[date, str, UUID] | None = None
    while True:
        async with database.session() as session:
            rows = await repository.export_page(session, wanted, platform, after, limit=_CSV_ROWS)
        if rows:
            yield _csv([_csv_row(row, title) for row, title in rows])
            last = rows[-1][0]
            after = (last.date, last.platform, last.video_id)
        if len(rows) < _CSV_ROWS:
            return


def inert(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula (OWASP, CSV injection)."""
    return f"'{cell}" if cell.lstrip(" ")[:1] in {"=", "+", "-", "@", "\t", "\r", "\n", "|", "%"} else cell


def _csv(rows: Sequence[Sequence[object]]) -> bytes:
    written = io.StringIO()
    csv.writer(written).writerows(rows)
    return written.getvalue().encode()


def _csv_row(row: VideoAnalytics, title: str) -> tuple[object, ...]:
    return (
        row.date,
        inert(row.platform),
        row.video_id,
        inert(title),
        row.views,
        row.watch_time_minutes,
        row.watch_seconds,
        row.unique_viewers,
        row.avg_watch_percentage,
        row.likes,
        row.comments,
        row.shares,
        row.errors,
    )


_Rows = Sequence[Row[Any]]


def _split(rows: _Rows, wanted: Range) -> tuple[_Rows, _Rows]:
    return [row for row in rows if row.date >= wanted.first], [row for row in rows if row.date < wanted.first]


def _sum(rows: _Rows, name: str) -> int | None:
    """The sum of what is known; None when there are rows and none of them knows it."""
    known = [value for row in rows if (value := getattr(row, name)) is not None]
    return int(sum(known)) if known or not rows else None


def _numbers(rows: _Rows) -> dict[str, Any]:
    sums: dict[str, Any] = {name.value: _sum(rows, name) for name in Metric}
    return _with_minutes(sums)


def _with_minutes(sums: dict[str, Any]) -> dict[str, Any]:
    seconds = sums[Metric.watch_seconds]
    return sums | {"watch_time_minutes": None if seconds is None else (seconds + 30) // 60}


def _by_day(rows: _Rows, wanted: Range) -> Iterable[tuple[date, _Rows, dict[str, Any]]]:
    """Every day. One without rows counts nothing; what nobody knows in the whole range, nobody knows of it either."""
    found: dict[date, list[Row[Any]]] = {}
    for row in rows:
        found.setdefault(row.date, []).append(row)
    nothing = {name: None if value is None else 0 for name, value in _numbers(rows).items()}
    for number in range(wanted.days):
        day = wanted.first + timedelta(days=number)
        of_day = found.get(day, [])
        yield day, of_day, _numbers(of_day) if of_day else nothing


def _by_platform(rows: _Rows) -> list[PlatformNumbers]:
    found: dict[str, list[Row[Any]]] = {}
    for row in rows:
        found.setdefault(row.platform, []).append(row)
    return [PlatformNumbers(platform=name, **_numbers(found[name])) for name in sorted(found)]


def _average(rows: _Rows) -> float | None:
    known = [row for row in rows if row.avg_watch_percentage is not None]
    views = sum(row.views or 0 for row in known)
    if views == 0:
        return None
    watched = sum((row.avg_watch_percentage * (row.views or 0) for row in known), Decimal(0))
    return float(round(watched / views, 2))


def _trends(rows: _Rows, before: _Rows) -> Trends:
    return Trends(**{name: _trend(_sum(rows, name), _sum(before, name)) for name in Trends.model_fields})


def _trend(current: int | None, previous: int | None) -> Trend:
    change = None if current is None or previous is None else current - previous
    percent = round(100 * change / previous, 1) if change is not None and previous else None
    return Trend(current=current, previous=previous, change=change, change_percent=percent)
