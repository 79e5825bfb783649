"""Tables: moves of videos from Vimeo to our own hosting, and batches of them."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from shared.db.base import Row, int_field, json_field, one_of, text_field, time_field


class BatchStatus(StrEnum):
    """State of a batch. ``paused``: what has begun goes on, nothing else begins."""

    running = "running"
    paused = "paused"
    cancelled = "cancelled"
    completed = "completed"


class MoveStatus(StrEnum):
    """State of a move. ``skipped``: an item of a batch that could not be moved, so nothing was begun."""

    queued = "queued"
    resolving = "resolving"
    fetching = "fetching"
    encoding = "encoding"
    comparing = "comparing"
    completed = "completed"
    failed = "failed"
    cancelled = "cancelled"
    skipped = "skipped"


class HostingBatch(Row, table=True):
    """Many videos that are to move. ``filter`` is the query they were found by, null where they were named."""

    __tablename__ = "hosting_batches"
    __table_args__ = (one_of("status", BatchStatus), Index("idx_hosting_batches_status", "status"))

    status: BatchStatus = text_field(BatchStatus.running)
    requested_by: str = text_field()
    total: int = int_field(0)
    filter: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True), nullable=True))
    finished_at: datetime | None = time_field()


class HostingMove(Row, table=True):
    """One video's way from Vimeo to our own hosting.

    ``take`` is the fencing token in its workers' reports: it grows with every beginning of a step. ``source`` is what
    Vimeo says of the video, ``checks`` what the comparison found. ``failures`` counts what went wrong in the current
    step and may be tried again, ``losses`` the workers that vanished. ``swept``: no object but its master is left of it
    in storage. A row outlives its video, because the objects do; so ``video_id`` refers to no table.
    """

    __tablename__ = "hosting_moves"
    __table_args__ = (
        one_of("status", MoveStatus),
        CheckConstraint("take >= 0", name="take"),
        CheckConstraint("progress >= 0 AND progress <= 100", name="progress"),
        Index(
            "uq_hosting_moves_active",
            "video_id",
            unique=True,
            postgresql_where=text("status IN ('queued', 'resolving', 'fetching', 'encoding', 'comparing')"),
        ),
        Index("idx_hosting_moves_video_id", "video_id", "created_at"),
        Index("idx_hosting_moves_batch_id", "batch_id", "created_at", "id"),
        Index(
            "idx_hosting_moves_active",
            "created_at",
            "id",
            postgresql_where=text("status IN ('queued', 'resolving', 'fetching', 'encoding', 'comparing')"),
        ),
        Index(
            "idx_hosting_moves_unswept",
            "id",
            postgresql_where=text("NOT swept AND status IN ('completed', 'failed', 'cancelled')"),
        ),
    )

    video_id: UUID = Field(nullable=False)
    batch_id: UUID | None = Field(default=None, foreign_key="hosting_batches.id", ondelete="CASCADE")
    status: MoveStatus = text_field(MoveStatus.queued)
    take: int = int_field(0)
    failures: int = int_field(0)
    losses: int = int_field(0)
    requested_by: str = text_field()
    source: dict[str, Any] = json_field("{}")
    bucket: str | None = text_field(nullable=True)
    master_key: str | None = text_field(nullable=True)
    upload_id: str | None = text_field(nullable=True)
    part_bytes: int | None = Field(default=None, sa_type=BigInteger)
    received_bytes: int = Field(
        default=0, sa_type=BigInteger, nullable=False, sa_column_kwargs={"server_default": text("0")}
    )
    size_bytes: int | None = Field(default=None, sa_type=BigInteger)
    master_id: UUID | None = None
    job_id: UUID | None = None
    generation_id: UUID | None = None
    checks: list[Any] = json_field("[]")
    progress: float = Field(default=0, nullable=False, sa_column_kwargs={"server_default": text("0")})
    error_code: str | None = text_field(nullable=True)
    error_message: str | None = text_field(nullable=True)
    outbox_id: UUID | None = None
    worker_id: str | None = text_field(nullable=True)
    last_event_id: str | None = text_field(nullable=True)
    lease_expires_at: datetime | None = time_field()
    next_at: datetime | None = time_field()
    started_at: datetime | None = time_field()
    finished_at: datetime | None = time_field()
    swept: bool = Field(default=False, nullable=False, sa_column_kwargs={"server_default": text("false")})
