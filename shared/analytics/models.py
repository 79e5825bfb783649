"""Tables: viewings as players report them, one row a day for each video and platform, and the sums over those rows."""

import datetime as dt
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import (
    DDL,
    BigInteger,
    Column,
    Date,
    Index,
    Integer,
    Numeric,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    event,
)
from sqlalchemy import text as sql_text
from sqlmodel import Field, SQLModel

from shared.analytics import ddl
from shared.db.base import Row, metadata, text_field

#: Sums of the rows of all platforms together stand in ``video_windows`` under this name.
ALL_PLATFORMS: Final = ddl.ALL_PLATFORMS


class Metric(StrEnum):
    """What is counted, by the name of its column. All of them can be summed over days and videos."""

    views = "views"
    watch_seconds = "watch_seconds"
    unique_viewers = "unique_viewers"
    likes = "likes"
    comments = "comments"
    shares = "shares"
    errors = "errors"
    reached_25 = "reached_25"
    reached_50 = "reached_50"
    reached_75 = "reached_75"
    reached_100 = "reached_100"


def _number() -> Any:
    """``integer``; null is unknown, and not zero."""
    return Field(default=None, nullable=True)


class VideoAnalytics(Row, table=True):
    """Daily numbers (seed 004, step 1). Null is unknown, and not zero.

    ``watch_time_minutes`` and ``watch_seconds`` say the same: whichever of them is written, the database keeps the
    other (:mod:`shared.analytics.ddl`). ``reached_50``: viewings that came as far as the middle.
    """

    __tablename__ = "video_analytics"
    __table_args__ = (
        UniqueConstraint("video_id", "platform", "date"),
        Index("idx_video_analytics_video_date", "video_id", "date"),
        # Ranges over the whole library: what enters and leaves the window of `video_windows`, odd ranges, the CSV.
        Index("idx_video_analytics_date", "date", "platform", "video_id"),
    )

    video_id: UUID = Field(foreign_key="videos.id", ondelete="CASCADE", nullable=False)
    platform: str = text_field()
    date: dt.date
    views: int | None = _number()
    watch_time_minutes: int | None = _number()
    unique_viewers: int | None = _number()
    avg_watch_percentage: Decimal | None = Field(default=None, sa_type=Numeric(5, 2))
    likes: int | None = _number()
    comments: int | None = _number()
    shares: int | None = _number()
    watch_seconds: int | None = Field(default=None, sa_type=BigInteger, nullable=True)
    errors: int | None = _number()
    reached_25: int | None = _number()
    reached_50: int | None = _number()
    reached_75: int | None = _number()
    reached_100: int | None = _number()


class Viewing(SQLModel, table=True):
    """One viewer who had one page open. Every value is cumulative, so that an event that comes twice, late, or in
    another order changes nothing. Nothing says who it was.

    ``watched_seconds`` is what the page claims. ``pending``: not in the daily numbers yet. There is no foreign key on
    purpose: whoever locks a video must not hold up the events of all others.
    """

    __tablename__ = "viewings"
    __table_args__ = (
        Index("idx_viewings_video_id_day", "video_id", "day"),
        Index("idx_viewings_pending", "video_id", "day", postgresql_where=sql_text("pending")),
        Index("idx_viewings_begun_at", "begun_at", postgresql_using="brin"),
    )

    id: UUID = Field(primary_key=True)
    video_id: UUID = Field(nullable=False)
    day: dt.date = Field(nullable=False)
    begun_at: dt.datetime = Field(sa_column=Column(ddl.TIME, nullable=False))
    last_at: dt.datetime = Field(sa_column=Column(ddl.TIME, nullable=False))
    watched_seconds: float = Field(nullable=False)
    quartile: int = Field(sa_column=Column(SmallInteger, nullable=False))
    started: bool
    ended: bool
    error_code: str | None = text_field(nullable=True)
    pending: bool


days = Table(
    "analytics_days",
    metadata(),
    Column("platform", Text, primary_key=True),
    Column("date", Date, primary_key=True),
    Column("row_count", BigInteger, nullable=False),
    *(Column(name, BigInteger, nullable=False) for name in ddl.METRICS),
    *(Column(f"{name}_known", BigInteger, nullable=False) for name in ddl.METRICS),
)

windows = Table(
    "video_windows",
    metadata(),
    Column("platform", Text, primary_key=True),
    Column("video_id", Uuid, primary_key=True),
    Column("row_count", BigInteger, nullable=False),
    *(Column(name, BigInteger, nullable=False) for name in ddl.METRICS),
)
Index("idx_video_windows_views", windows.c.platform, windows.c.views.desc(), windows.c.video_id)
Index("idx_video_windows_watch_seconds", windows.c.platform, windows.c.watch_seconds.desc(), windows.c.video_id)

window = Table(
    "analytics_window",
    metadata(),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("from_date", Date, nullable=False),
    Column("to_date", Date, nullable=False),
)

daily = cast("Table", VideoAnalytics.__table__)  # type: ignore[attr-defined]
for _statement in (*ddl.FUNCTIONS, *ddl.TRIGGERS):
    event.listen(daily, "after_create", DDL(_statement))  # type: ignore[no-untyped-call]
