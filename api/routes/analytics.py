"""Daily numbers of videos."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import date
from typing import Annotated, Any, cast
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BeforeValidator
from pydantic.json_schema import SkipJsonSchema
from starlette.responses import StreamingResponse
from starlette.types import Send

from api.deps import DatabaseDep, Limit, SessionDep, noun_router
from api.problems import problem_responses
from api.security import VIEWER
from shared.analytics import service as analytics_service
from shared.analytics.ranges import Range, range_of
from shared.analytics.schemas import AnalyticsOut, TopMetric, TopOut, VideoAnalyticsOut
from shared.clock import utc_now
from shared.log import get_logger
from shared.platforms.models import Platform

log = get_logger(__name__)
router = noun_router("/api", tag="analytics")

#: A client that has taken nothing for so long is gone.
SEND_SECONDS = 30
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def _calendar_day(value: object) -> object:
    """pydantic would take numbers too, for seconds since 1970."""
    if isinstance(value, str):
        if not _DAY.fullmatch(value):
            raise ValueError("must be a day, e.g. 2026-11-20")
        return date.fromisoformat(value)
    return value


def _known(value: object) -> object:
    if value not in set(Platform):
        raise ValueError(f"must be one of {', '.join(Platform)}")
    return value


_Day = Annotated[date | SkipJsonSchema[None], BeforeValidator(_calendar_day)]


async def _range(
    first: Annotated[
        _Day, Query(alias="from", description="the first day, UTC; 29 days before `to` if left out")
    ] = None,
    last: Annotated[_Day, Query(alias="to", description="the last day, UTC; today if left out")] = None,
) -> Range:
    return range_of(first, last, today=utc_now().date())


RangeDep = Annotated[Range, Depends(_range)]
PlatformQuery = Annotated[
    Platform | SkipJsonSchema[None],
    BeforeValidator(_known),
    Query(description="only this one; `hetzner` is our own hosting"),
]


class CsvStream(StreamingResponse):
    """Rows as they are read. Whatever ends the stream, its source is closed at once."""

    media_type = "text/csv; charset=utf-8"

    async def stream_response(self, send: Send) -> None:
        """As Starlette does, within a time for each piece."""
        async with aclosing(cast("AsyncIterator[bytes]", self.body_iterator)) as pieces:  # type: ignore[type-var]
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            async for piece in pieces:
                async with asyncio.timeout(SEND_SECONDS):
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})


_CSV: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "The rows, with a head"}
}


@router.get("/videos/analytics", dependencies=[VIEWER], name="library")
async def read_library(session: SessionDep, wanted: RangeDep, platform: PlatformQuery = None) -> AnalyticsOut:
    """The numbers of all videos: totals, every day, every platform, and the trend against the period before.

    The last 30 days if no range is given; at most three years. Null is unknown, and not zero.
    """
    return await analytics_service.library(session, wanted, platform)


@router.get("/videos/analytics/top", dependencies=[VIEWER], name="top")
async def read_top(
    session: SessionDep,
    wanted: RangeDep,
    platform: PlatformQuery = None,
    metric: Annotated[TopMetric, Query(description="what to rank by")] = TopMetric.views,
    limit: Limit = 10,
) -> TopOut:
    """The videos with the most of something in the range."""
    return await analytics_service.top(session, metric, wanted, platform, limit=limit)


@router.get("/videos/analytics.csv", dependencies=[VIEWER], responses=_CSV, response_class=CsvStream, name="export")
async def export(database: DatabaseDep, wanted: RangeDep, platform: PlatformQuery = None) -> CsvStream:
    """A row for each day, platform and video with numbers, as CSV (RFC 4180). Unknown is empty; cells that a
    spreadsheet would take for a formula begin with an apostrophe."""
    name = f"analytics-{wanted.first}-{wanted.last}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return CsvStream(analytics_service.csv_pieces(database, wanted, platform), headers=headers)


@router.get("/videos/{video_id}/analytics", dependencies=[VIEWER], responses=problem_responses(404), name="video")
async def read_video(
    video_id: UUID, session: SessionDep, wanted: RangeDep, platform: PlatformQuery = None
) -> VideoAnalyticsOut:
    """The numbers of one video: totals, every day, every platform, and the trend against the period before."""
    return await analytics_service.of_video(session, video_id, wanted, platform)
