"""Bodies and answers of analytics."""

import datetime as dt
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BeforeValidator, Field

from shared.platforms.models import Platform
from shared.schemas import Answer, Input

MAX_EVENTS = 20
_Seconds = Annotated[float, Field(strict=True, ge=0, le=10_000_000, allow_inf_nan=False)]


def _whole(value: object) -> object:
    """For Python, false is 0. ``25.0`` is an integer of JSON Schema and so one here."""
    if isinstance(value, bool):
        raise ValueError("must be a whole number")  # noqa: TRY004 - what pydantic turns into an answer
    return value


class EventKind(StrEnum):
    """What a player tells."""

    start = "start"
    progress = "progress"
    end = "end"
    error = "error"


class ViewingProvider(StrEnum):
    """Whose player it is."""

    hls = "hls"
    vimeo = "vimeo"


class ViewingEvent(Input):
    """One event. All values are those since the page was opened, never differences."""

    viewing_id: UUID = Field(description="a random UUID that the page makes when it is opened, and never keeps")
    video_id: UUID
    event: EventKind
    watched_seconds: _Seconds = Field(default=0.0, description="how long the page has been playing, by the clock")
    position_seconds: _Seconds | None = Field(default=None, description="where the player is; not kept")
    quartile: Annotated[Literal[0, 25, 50, 75, 100], BeforeValidator(_whole)] | None = Field(
        default=None, description="how far the viewer has come"
    )
    error_code: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_.:-]{1,64}$")
    provider: ViewingProvider = Field(
        default=ViewingProvider.hls, description="what Vimeo's player shows is counted by Vimeo"
    )


class Numbers(Answer):
    """Sums. Null is unknown, and not zero: a platform that does not say is not counted as nothing."""

    views: int | None = Field(description="viewings that began to play")
    watch_seconds: int | None
    watch_time_minutes: int | None = Field(description="watchSeconds in minutes, rounded")
    unique_viewers: int | None = Field(
        description="of each day, added up; unknown for our own player, which recognises nobody"
    )
    likes: int | None
    comments: int | None
    shares: int | None
    errors: int | None = Field(description="viewings that saw an error")
    reached_25: int | None = Field(alias="reached25", description="viewings that came as far as the first quarter")
    reached_50: int | None = Field(alias="reached50")
    reached_75: int | None = Field(alias="reached75")
    reached_100: int | None = Field(alias="reached100", description="viewings that came to the end")


class DayNumbers(Numbers):
    """A day of a range; 0 where nothing was counted."""

    date: dt.date


class VideoDayNumbers(DayNumbers):
    """A day of one video."""

    avg_watch_percentage: float | None = Field(description="how much of the video a viewing saw, weighted by views")


class PlatformNumbers(Numbers):
    """What one platform contributes."""

    platform: str


class Trend(Answer):
    """One number against the same of the period before, which is as long and ends the day before."""

    current: int | None
    previous: int | None
    change: int | None = Field(description="null when one of them is unknown")
    change_percent: float | None = Field(description="null also when there was nothing before")


class Trends(Answer):
    """Each number against the period before."""

    views: Trend
    watch_seconds: Trend
    unique_viewers: Trend
    likes: Trend
    comments: Trend
    shares: Trend
    errors: Trend


class AnalyticsOut(Answer):
    """The numbers of all videos in a range of days, both ends included (UTC)."""

    from_date: dt.date = Field(alias="from")
    to_date: dt.date = Field(alias="to")
    platform: Platform | None
    totals: Numbers
    by_day: list[DayNumbers] = Field(description="every day of the range")
    by_platform: list[PlatformNumbers] = Field(description="platforms with numbers in the range, by name")
    trends: Trends


class VideoAnalyticsOut(Answer):
    """The numbers of one video in a range of days, both ends included (UTC)."""

    video_id: UUID
    from_date: dt.date = Field(alias="from")
    to_date: dt.date = Field(alias="to")
    platform: Platform | None
    totals: Numbers
    days: list[VideoDayNumbers] = Field(description="every day of the range")
    by_platform: list[PlatformNumbers]
    trends: Trends


class TopMetric(StrEnum):
    """What videos can be ranked by."""

    views = "views"
    watch_time = "watchTime"
    unique_viewers = "uniqueViewers"
    likes = "likes"
    comments = "comments"
    shares = "shares"
    errors = "errors"


class TopVideo(Answer):
    """One of the first."""

    video_id: UUID
    title: str
    value: int = Field(description="the metric's sum in the range; seconds for watchTime")


class TopOut(Answer):
    """The videos with the most of something; videos with nothing of it are left out."""

    from_date: dt.date = Field(alias="from")
    to_date: dt.date = Field(alias="to")
    platform: Platform | None
    metric: TopMetric
    items: list[TopVideo] = Field(description="most first, ties by id")
