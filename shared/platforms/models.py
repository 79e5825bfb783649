"""Table: the places a video is distributed to."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from shared.db.base import Row, one_of, text_field, time_field, updated_at_field


class Platform(StrEnum):
    """Where a video can live (seed 004, step 1; seed 000 adds Kinescope)."""

    vimeo = "vimeo"
    youtube = "youtube"
    hetzner = "hetzner"
    kinescope = "kinescope"


class PlatformStatus(StrEnum):
    """State of a video at one platform (seed 004, step 1)."""

    pending = "pending"
    processing = "processing"
    ready = "ready"
    failed = "failed"
    archived = "archived"


class VideoPlatform(Row, table=True):
    """One video at one platform."""

    __tablename__ = "video_platforms"
    __table_args__ = (
        one_of("platform", Platform),
        one_of("status", PlatformStatus),
        UniqueConstraint("video_id", "platform"),
        Index("idx_video_platforms_video_id", "video_id"),
        Index("idx_video_platforms_platform", "platform"),
        Index(
            "uq_video_platforms_external_id",
            "platform",
            "external_id",
            unique=True,
            postgresql_where=text("external_id IS NOT NULL"),
        ),
    )

    video_id: UUID = Field(foreign_key="videos.id", ondelete="CASCADE", nullable=False)
    platform: Platform = text_field()
    external_id: str | None = text_field(nullable=True)
    external_url: str | None = text_field(nullable=True)
    embed_url: str | None = text_field(nullable=True)
    status: PlatformStatus = text_field(PlatformStatus.pending)
    privacy_level: str | None = text_field(nullable=True)
    synced_at: datetime | None = time_field()
    # `metadata` is taken by SQLAlchemy on a declarative class; the column keeps the seed's name.
    details: dict[str, Any] = Field(
        default_factory=dict,
        sa_column=Column("metadata", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    )
    updated_at: datetime = updated_at_field()
    #: What the last import read, by field: the base when it is merged with what people changed here since.
    imported: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True), nullable=True))
    #: When an import found that the platform has it no more.
    removed_at: datetime | None = time_field()


BITS: dict[Platform, int] = {Platform.vimeo: 1, Platform.youtube: 2, Platform.hetzner: 4, Platform.kinescope: 8}
"""The bits of ``videos.platform_mask``, as ``vms_platform_bit`` counts them."""
