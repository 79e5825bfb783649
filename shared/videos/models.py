"""Tables: videos and their master files."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, Column, ForeignKey, Index, Text, Uuid, text
from sqlmodel import Field

from shared.db.base import Row, created_at_field, int_field, one_of, text_field, time_field, updated_at_field


class VideoStatus(StrEnum):
    """Whether a video is in the library or put away."""

    active = "active"
    archived = "archived"


class Visibility(StrEnum):
    """Who may play a video (seed 004, step 1)."""

    public = "public"
    unlisted = "unlisted"
    private = "private"
    paid = "paid"


class MigrationStatus(StrEnum):
    """Where a video is hosted (seed 004, step 1). Null: never at Vimeo and not encoded yet."""

    vimeo_only = "vimeo_only"
    migrating = "migrating"
    hetzner_primary = "hetzner_primary"
    hetzner_only = "hetzner_only"


class PipelineStage(StrEnum):
    """Stage of production (seed 004, step 24)."""

    draft = "draft"
    recording = "recording"
    editing = "editing"
    review = "review"
    approved = "approved"
    processing = "processing"
    published = "published"
    archived = "archived"


class MasterState(StrEnum):
    """Life of a master file. ``replaced``: kept until the newer one has been encoded. ``rejected``: can never be
    encoded. ``released``: nobody needs it. The objects of the last two are deleted."""

    current = "current"
    replaced = "replaced"
    rejected = "rejected"
    released = "released"


class Video(Row, table=True):
    """One video: the truth about it, wherever its bytes are."""

    __tablename__ = "videos"
    __table_args__ = (
        one_of("status", VideoStatus),
        one_of("visibility", Visibility),
        one_of("migration_status", MigrationStatus),
        one_of("pipeline_stage", PipelineStage),
        CheckConstraint("char_length(title) BETWEEN 1 AND 500", name="title_length"),
        CheckConstraint("duration_seconds >= 0", name="duration_seconds"),
        Index("idx_videos_tags", "tags", postgresql_using="gin"),
        Index("idx_videos_course_id", "course_id"),
        Index("idx_videos_visibility", "visibility"),
        Index("idx_videos_created_at", text("created_at DESC"), text("id DESC")),
    )

    title: str = text_field()
    description: str | None = text_field(nullable=True)
    tags: list[str] = Field(
        default_factory=list,
        sa_column=Column(ARRAY(Text), nullable=False, server_default=text("'{}'::text[]")),
    )
    status: VideoStatus = text_field(VideoStatus.active)
    visibility: Visibility = text_field(Visibility.private)
    master_file_url: str | None = text_field(nullable=True)
    thumbnail_url: str | None = text_field(nullable=True)
    duration_seconds: float | None = None
    course_id: UUID | None = Field(default=None, foreign_key="courses.id", ondelete="SET NULL")
    module_id: UUID | None = Field(default=None, foreign_key="modules.id", ondelete="SET NULL")
    sort_order: int = int_field(0)
    published_at: datetime | None = time_field()
    migration_status: MigrationStatus | None = text_field(nullable=True)
    migration_error: str | None = text_field(nullable=True)
    pipeline_stage: PipelineStage = text_field(PipelineStage.draft)
    # The published generation: the one pointer that publishing moves.
    generation_id: UUID | None = Field(
        default=None,
        sa_column=Column(
            Uuid,
            ForeignKey("generations.id", name="fk_videos_generation_id", ondelete="SET NULL", use_alter=True),
            nullable=True,
        ),
    )
    archived_at: datetime | None = time_field()
    updated_at: datetime = updated_at_field()


class Master(Row, table=True):
    """One master file in the masters bucket. At most one is current for a video."""

    __tablename__ = "masters"
    __table_args__ = (
        one_of("state", MasterState),
        CheckConstraint("size_bytes > 0", name="size_bytes"),
        Index("uq_masters_current", "video_id", unique=True, postgresql_where=text("state = 'current'")),
        Index("idx_masters_video_id", "video_id"),
        Index(
            "idx_masters_to_delete",
            "state_changed_at",
            postgresql_where=text("state IN ('rejected', 'released') AND object_deleted_at IS NULL"),
        ),
    )

    video_id: UUID | None = Field(default=None, foreign_key="videos.id", ondelete="SET NULL")
    bucket: str = text_field()
    key: str = text_field(unique=True)
    size_bytes: int = Field(sa_type=BigInteger, nullable=False)
    sha256: str = text_field()
    content_type: str = text_field()
    filename: str | None = text_field(nullable=True)
    state: MasterState = text_field(MasterState.current)
    state_changed_at: datetime = created_at_field()
    object_deleted_at: datetime | None = time_field()
