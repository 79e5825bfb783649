"""Tables: encoding jobs, their attempts, the generations they publish, and the reports already seen."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from shared.clock import utc_now
from shared.db.base import Row, int_field, json_field, one_of, text_field, time_field, updated_at_field


class JobStatus(StrEnum):
    """State of a job (seed 004, step 1)."""

    queued = "queued"
    processing = "processing"
    completed = "completed"
    failed = "failed"
    cancelled = "cancelled"


class AttemptStatus(StrEnum):
    """State of one try. ``lost``: its lease ran out; ``superseded``: its job ended without it."""

    queued = "queued"
    running = "running"
    succeeded = "succeeded"
    failed = "failed"
    lost = "lost"
    superseded = "superseded"


class GenerationStatus(StrEnum):
    """Life of a set of outputs. ``abandoned`` and ``superseded`` ones are collected."""

    building = "building"
    published = "published"
    superseded = "superseded"
    abandoned = "abandoned"
    collected = "collected"


class EncodingJob(Row, table=True):
    """The intent to encode a video's master. The first columns are the seed's (004, step 1)."""

    __tablename__ = "encoding_jobs"
    __table_args__ = (
        one_of("status", JobStatus),
        CheckConstraint("progress >= 0 AND progress <= 100", name="progress"),
        CheckConstraint("max_attempts >= 1", name="max_attempts"),
        Index("idx_encoding_jobs_status", "status"),
        Index("idx_encoding_jobs_video_id", "video_id"),
        Index(
            "uq_encoding_jobs_active",
            "video_id",
            unique=True,
            postgresql_where=text("status IN ('queued', 'processing')"),
        ),
    )

    video_id: UUID = Field(foreign_key="videos.id", ondelete="CASCADE", nullable=False)
    status: JobStatus = text_field(JobStatus.queued)
    progress: int = int_field(0)
    input_file_url: str = text_field()
    output_manifest_url: str | None = text_field(nullable=True)
    output_bucket: str = text_field("video-hls")
    output_key: str | None = text_field(nullable=True)
    renditions: list[Any] = json_field("[]")
    thumbnail_urls: list[Any] = json_field("[]")
    attempt_count: int = int_field(0)
    max_attempts: int = int_field(3)
    next_retry_at: datetime | None = time_field()
    last_error: str | None = text_field(nullable=True)
    error_history: list[Any] = json_field("[]")
    alert_sent: bool = Field(default=False, nullable=False, sa_column_kwargs={"server_default": text("false")})
    worker_id: str | None = text_field(nullable=True)
    started_at: datetime | None = time_field()
    completed_at: datetime | None = time_field()
    updated_at: datetime = updated_at_field()
    master_id: UUID = Field(foreign_key="masters.id", ondelete="CASCADE", nullable=False)
    attempt: int = int_field(1)
    lost_count: int = int_field(0)
    error_code: str | None = text_field(nullable=True)
    speed: float | None = None
    eta_seconds: float | None = None
    rung_progress: dict[str, Any] = json_field("{}")
    playable_seconds: float | None = None
    report: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True), nullable=True))


class EncodingAttempt(Row, table=True):
    """One try of a job. Its number is the fencing token in every report."""

    __tablename__ = "encoding_attempts"
    __table_args__ = (
        one_of("status", AttemptStatus),
        CheckConstraint("number >= 1", name="number"),
        UniqueConstraint("job_id", "number"),
        Index("idx_encoding_attempts_lease", "lease_expires_at", postgresql_where=text("status = 'running'")),
    )

    job_id: UUID = Field(foreign_key="encoding_jobs.id", ondelete="CASCADE", nullable=False)
    number: int = Field(nullable=False)
    status: AttemptStatus = text_field(AttemptStatus.queued)
    outbox_id: UUID | None = None
    worker_id: str | None = text_field(nullable=True)
    lease_expires_at: datetime | None = time_field()
    started_at: datetime | None = time_field()
    finished_at: datetime | None = time_field()
    error_code: str | None = text_field(nullable=True)
    error_message: str | None = text_field(nullable=True)


class Generation(Row, table=True):
    """One set of outputs at ``<video_id>/<name>/`` in the outputs bucket. Immutable once published."""

    __tablename__ = "generations"
    __table_args__ = (
        one_of("status", GenerationStatus),
        Index("idx_generations_video_id", "video_id"),
        Index(
            "idx_generations_to_collect",
            "status_changed_at",
            postgresql_where=text(
                "status <> 'collected' AND (status IN ('superseded', 'abandoned') OR video_id IS NULL)"
            ),
        ),
    )

    video_id: UUID | None = Field(default=None, foreign_key="videos.id", ondelete="SET NULL")
    job_id: UUID | None = None
    attempt: int | None = None
    bucket: str = text_field()
    prefix: str = text_field(unique=True)
    status: GenerationStatus = text_field(GenerationStatus.building)
    status_changed_at: datetime = Field(
        default_factory=utc_now,
        sa_type=DateTime(timezone=True),
        sa_column_kwargs={"server_default": text("now()")},
        nullable=False,
    )
    duration_seconds: float | None = None
    renditions: list[Any] = json_field("[]")
    report: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True), nullable=True))
    size_bytes: int | None = Field(default=None, sa_type=BigInteger)
    published_at: datetime | None = time_field()

    @property
    def name(self) -> str:
        """The directory under the video's: what the API calls ``generation``."""
        return self.prefix.rstrip("/").rsplit("/", 1)[-1]


class WebhookEvent(SQLModel, table=True):
    """A report that was handled, kept for longer than its timestamp is accepted."""

    __tablename__ = "webhook_events"

    event_id: str = Field(sa_type=Text, primary_key=True)
    received_at: datetime = Field(
        default_factory=utc_now,
        sa_type=DateTime(timezone=True),
        sa_column_kwargs={"server_default": text("now()")},
        nullable=False,
        index=True,
    )
