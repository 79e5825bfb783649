"""Tables: what was asked of Vimeo, when the next request may go, the runs that read the library, and its plays."""

import datetime as dt
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Date, Index, SmallInteger, text
from sqlmodel import Field, SQLModel

from shared.db.base import Row, created_at_field, int_field, json_field, one_of, text_field, time_field


class RunStatus(StrEnum):
    """State of a sync run."""

    queued = "queued"
    running = "running"
    completed = "completed"
    failed = "failed"


class VimeoUsage(SQLModel, table=True):
    """Requests of one day (UTC), of all processes together. ``refused`` counts the answers 429 among ``used``."""

    __tablename__ = "vimeo_usage"

    day: dt.date = Field(primary_key=True, sa_type=Date)
    used: int = int_field(0)
    refused: int = int_field(0)


class VimeoPace(SQLModel, table=True):
    """The one row that every process asks before it asks Vimeo.

    ``next_at`` is the first free slot, ``blocked_until`` the end of a back-off, ``failures`` how many answers in a row
    were 429, 5xx or none; ``remaining`` and ``resets_at`` are what Vimeo last said of its own window.
    """

    __tablename__ = "vimeo_pace"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: int = Field(
        default=1,
        primary_key=True,
        sa_type=SmallInteger,
        sa_column_kwargs={"server_default": text("1"), "autoincrement": False},
    )
    next_at: datetime = created_at_field()
    blocked_until: datetime | None = time_field()
    failures: int = int_field(0)
    remaining: int | None = Field(default=None, nullable=True)
    resets_at: datetime | None = time_field()


class VimeoSyncRun(Row, table=True):
    """One reading of the library at Vimeo. ``cursor`` is the page to read next, so a killed run goes on there; null
    before the first page. ``total`` is what Vimeo says there is; null before the first answer. ``removed`` counts
    videos that are gone at Vimeo. ``next_at`` is when a run goes on that waits for the quota or after a failure."""

    __tablename__ = "vimeo_sync_runs"
    __table_args__ = (
        one_of("status", RunStatus),
        Index("idx_vimeo_sync_runs_created_at", "created_at"),
        Index(
            "uq_vimeo_sync_runs_active",
            text("(true)"),
            unique=True,
            postgresql_where=text("status IN ('queued', 'running')"),
        ),
    )

    status: RunStatus = text_field(RunStatus.queued)
    requested_by: str | None = text_field(nullable=True)
    cursor: str | None = text_field(nullable=True)
    page: int = int_field(0)
    total: int | None = Field(default=None, nullable=True)
    added: int = int_field(0)
    updated: int = int_field(0)
    unchanged: int = int_field(0)
    removed: int = int_field(0)
    errors: int = int_field(0)
    error_code: str | None = text_field(nullable=True)
    error_message: str | None = text_field(nullable=True)
    error_items: list[Any] = json_field("[]")
    started_at: datetime | None = time_field()
    finished_at: datetime | None = time_field()
    lease_expires_at: datetime | None = time_field()
    next_at: datetime | None = time_field()


class VimeoPlays(SQLModel, table=True):
    """How often a video had been played at Vimeo on ``day`` (UTC), counted from its beginning there. ``asked_until`` is
    the last day that Vimeo's own daily numbers are known for; null where its plan does not offer them."""

    __tablename__ = "vimeo_plays"

    video_id: UUID = Field(primary_key=True, foreign_key="videos.id", ondelete="CASCADE")
    day: dt.date = Field(sa_type=Date, nullable=False)
    plays: int = Field(sa_type=BigInteger, nullable=False)
    asked_until: dt.date | None = Field(default=None, sa_type=Date, nullable=True)


class VimeoDay(SQLModel, table=True):
    """One day's reading of the library for its counts. ``cursor`` is the page to read next, null before the first."""

    __tablename__ = "vimeo_days"

    day: dt.date = Field(primary_key=True, sa_type=Date)
    cursor: str | None = text_field(nullable=True)
    page: int = int_field(0)
    lease_expires_at: datetime | None = time_field()
    finished_at: datetime | None = time_field()
