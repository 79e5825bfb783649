"""Tables: videos and their master files."""

from datetime import datetime
from enum import StrEnum
from typing import Any, cast
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    Computed,
    ForeignKey,
    Index,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlmodel import Field, SQLModel

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
        # Found by a filter, newest first: the default order of every list.
        Index("idx_videos_visibility", "status", "visibility", "created_at", "id"),
        Index("idx_videos_migration_status", "status", "migration_status", "created_at", "id"),
        Index("idx_videos_pipeline_stage", "status", "pipeline_stage", "created_at", "id"),
        Index("idx_videos_course_id", "course_id", "sort_order", "id"),
        Index("idx_videos_module_id", "module_id"),
        Index("idx_videos_tags", "tags", postgresql_using="gin", postgresql_with={"fastupdate": "off"}),
        # One for each order a list can have; a page is a range of it, whichever page it is.
        *(
            Index(f"idx_videos_by_{name}", "status", name, "id")
            for name in ("created_at", "updated_at", "published_at", "duration_seconds", "sort_order")
        ),
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
    # Hosts whose pages may embed the player, as a Content-Security-Policy writes them. None: all.
    embed_domains: list[str] = Field(
        default_factory=list,
        sa_column=Column(ARRAY(Text), nullable=False, server_default=text("'{}'::text[]")),
    )
    updated_at: datetime = updated_at_field()


def _derive(name: str, kind: Any, expression: str, **kwargs: Any) -> Column[Any]:
    """A column of ``videos`` that the database computes. It is no attribute of a row: nobody reads or writes it."""
    column: Column[Any] = Column(name, kind, Computed(expression, persisted=True), **kwargs)
    table.append_column(column)
    return column


table = cast("Table", Video.__table__)  # type: ignore[attr-defined]
# What sorting by title compares: no case, no accents, the same order in every installation. An index entry has room
# for 200 characters.
title_key = _derive("title_key", Text(collation="C"), '"left"(vms_fold(title), 200)')
search_document = _derive("search_document", TSVECTOR, "vms_search_document(title, description, tags)")
# The platforms a video is at, one bit each (see shared/platforms/models.py); kept by a trigger.
platform_mask: Column[int] = Column("platform_mask", SmallInteger, nullable=False, server_default=text("0"))
table.append_column(platform_mask)
Index("idx_videos_by_title_key", table.c.status, title_key, table.c.id)
Index("idx_videos_platform_mask", table.c.status, platform_mask, table.c.created_at, table.c.id)
Index("idx_videos_search", search_document, postgresql_using="gin", postgresql_with={"fastupdate": "off"})


class StageChange(Row, table=True):
    """One move of a video from a stage of production to another."""

    __tablename__ = "video_stage_changes"
    __table_args__ = (
        one_of("from_stage", PipelineStage),
        one_of("to_stage", PipelineStage),
        Index("idx_video_stage_changes_video_id", "video_id", "created_at"),
    )

    video_id: UUID = Field(foreign_key="videos.id", ondelete="CASCADE", nullable=False)
    from_stage: PipelineStage = text_field()
    to_stage: PipelineStage = text_field()
    actor: str = text_field()


class Tag(SQLModel, table=True):
    """A tag that at least one video has, with how many active videos have it. Kept by a trigger, never written here."""

    __tablename__ = "tags"
    __table_args__ = (Index("idx_tags_folded", "folded"),)

    name: str = Field(sa_type=Text, primary_key=True)
    video_count: int = Field(default=0, nullable=False, sa_column_kwargs={"server_default": text("0")})
    # Archived videos keep their tags, so a tag with none active stays.
    archived_count: int = Field(default=0, nullable=False, sa_column_kwargs={"server_default": text("0")})
    folded: str | None = Field(
        default=None,
        sa_column=Column(Text(collation="C"), Computed('"left"(vms_fold(name), 200)', persisted=True), nullable=True),
    )


class SearchWord(SQLModel, table=True):
    """A word that stands in some video's text: what a mistyped word is compared with. Kept by a trigger."""

    __tablename__ = "search_words"
    __table_args__ = (Index("idx_search_words_trigrams", "trigrams", postgresql_using="gin"),)

    word: str = Field(sa_column=Column(Text(collation="C"), primary_key=True))
    trigrams: list[str] | None = Field(
        default=None, sa_column=Column(ARRAY(Text), Computed("vms_trigrams(word)", persisted=True), nullable=True)
    )


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
    #: What a worker found out about the file: the JSON of its ``SourceFacts``; ``{"error": {code, message}}`` if it is
    #: no video that can be encoded; null while nobody has looked.
    facts: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True), nullable=True))
