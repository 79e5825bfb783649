"""Tables: encoding jobs, their attempts and parts, generations, captions, posters, and the reports seen."""

from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from shared.clock import utc_now
from shared.db.base import Row, int_field, json_field, one_of, text_field, time_field, updated_at_field
from shared.jobs.tasks import PartKind, Share


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
    """Life of a set of outputs. ``abandoned`` and ``superseded`` ones are collected. ``attached``: no encode, but files
    that a user has put beside the video, like a poster."""

    building = "building"
    published = "published"
    superseded = "superseded"
    abandoned = "abandoned"
    collected = "collected"
    attached = "attached"


class Priority(IntEnum):
    """Whose work is taken first. Within one priority all jobs move on evenly."""

    low = -1
    normal = 0
    high = 1


class PartStatus(StrEnum):
    """State of a part of a divided encode. ``cancelled``: its job ended without it."""

    queued = "queued"
    running = "running"
    done = "done"
    cancelled = "cancelled"


class EncodingJob(Row, table=True):
    """The intent to encode a video's master. The first columns are the seed's (004, step 1)."""

    __tablename__ = "encoding_jobs"
    __table_args__ = (
        one_of("status", JobStatus),
        CheckConstraint("progress >= 0 AND progress <= 100", name="progress"),
        CheckConstraint("max_attempts >= 1", name="max_attempts"),
        CheckConstraint("priority BETWEEN -1 AND 1", name="priority"),
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
    priority: int = Field(
        default=0, sa_type=SmallInteger, nullable=False, sa_column_kwargs={"server_default": text("0")}
    )
    options: dict[str, Any] = json_field("{}")
    #: What the worker planned for a divided encode; null while nothing is planned and for undivided ones.
    plan: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True), nullable=True))


class EncodingPart(Row, table=True):
    """One unit of work of a divided encode: a window of the source, the sound, or the finish.

    ``take`` is the fencing token in its reports: it grows with every beginning. ``failures`` counts those that failed
    and may be tried again, ``losses`` those whose worker vanished. ``stored`` says how much of it can be played
    already: segments from its start on. ``manifest`` is the object that describes what it made.
    """

    __tablename__ = "encoding_parts"
    __table_args__ = (
        one_of("status", PartStatus),
        one_of("kind", PartKind),
        one_of("share", Share),
        CheckConstraint("take >= 1", name="take"),
        UniqueConstraint("generation_id", "kind", "number", "share"),
        Index("idx_encoding_parts_job_id", "job_id"),
        Index("idx_encoding_parts_lease", "lease_expires_at", postgresql_where=text("status = 'running'")),
    )

    job_id: UUID = Field(foreign_key="encoding_jobs.id", ondelete="CASCADE", nullable=False)
    generation_id: UUID = Field(foreign_key="generations.id", ondelete="CASCADE", nullable=False)
    kind: PartKind = text_field()
    number: int = int_field(0)
    share: Share = text_field(Share.all)
    status: PartStatus = text_field(PartStatus.queued)
    take: int = int_field(1)
    failures: int = int_field(0)
    losses: int = int_field(0)
    outbox_id: UUID | None = None
    worker_id: str | None = text_field(nullable=True)
    lease_expires_at: datetime | None = time_field()
    available_at: datetime | None = time_field()
    started_at: datetime | None = time_field()
    finished_at: datetime | None = time_field()
    progress: float = Field(default=0, nullable=False, sa_column_kwargs={"server_default": text("0")})
    speed: float | None = None
    stored: int = int_field(0)
    codecs: dict[str, Any] = json_field("{}")
    manifest: str | None = text_field(nullable=True)
    error_code: str | None = text_field(nullable=True)
    error_message: str | None = text_field(nullable=True)


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
        Index("idx_generations_captions_stale", "id", postgresql_where=text("captions_stale")),
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
    #: Size of the MP4 to download; null if there is none.
    download_bytes: int | None = Field(default=None, sa_type=BigInteger)
    #: How much of a growing one the playlists in storage name already.
    announced_seconds: float | None = None
    #: The captions have changed since its playlists were written.
    captions_stale: bool = Field(default=False, nullable=False, sa_column_kwargs={"server_default": text("false")})

    @property
    def name(self) -> str:
        """The directory under the video's: what the API calls ``generation``."""
        return self.prefix.rstrip("/").rsplit("/", 1)[-1]


class Caption(Row, table=True):
    """The words of a video in one language, as WebVTT. Put beside every generation that is published."""

    __tablename__ = "captions"
    __table_args__ = (UniqueConstraint("video_id", "language"),)

    video_id: UUID = Field(foreign_key="videos.id", ondelete="CASCADE", nullable=False)
    language: str = text_field()
    label: str = text_field()
    content: str = text_field()
    sha256: str = text_field()
    updated_at: datetime = updated_at_field()


class Poster(SQLModel, table=True):
    """Which picture stands for a video when its encode's own choice does not: a candidate, or an uploaded file."""

    __tablename__ = "posters"
    __table_args__ = (CheckConstraint("(candidate IS NULL) <> (generation_id IS NULL)", name="one_choice"),)

    video_id: UUID = Field(foreign_key="videos.id", ondelete="CASCADE", primary_key=True)
    candidate: int | None = None
    #: The attached set of files that holds the uploaded picture.
    generation_id: UUID | None = Field(default=None, foreign_key="generations.id", ondelete="CASCADE")
    filename: str | None = text_field(nullable=True)
    updated_at: datetime = updated_at_field()


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
