"""A video with all that belongs to it, as the API answers it."""

from collections.abc import Mapping
from datetime import datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

from pydantic import Field, TypeAdapter

from shared.schemas import Answer
from shared.videos.models import MigrationStatus, PipelineStage, VideoStatus, Visibility


class MasterOut(Answer):
    """The master file of a video."""

    size_bytes: int
    sha256: str
    content_type: str
    filename: str | None


class VideoPlatformOut(Answer):
    """A video at one platform, in short; `/api/videos/{id}/platforms` has all of it."""

    platform: str
    external_id: str | None
    external_url: str | None
    embed_url: str | None
    status: str
    privacy_level: str | None
    synced_at: datetime | None


class VideoOut(Answer):
    """A video as the API answers it."""

    id: UUID
    title: str
    description: str | None
    tags: list[str]
    status: VideoStatus
    visibility: Visibility
    duration_seconds: float | None
    course_id: UUID | None
    module_id: UUID | None
    sort_order: int
    published_at: datetime | None
    pipeline_stage: PipelineStage
    master_file_url: str | None
    thumbnail_url: str | None
    embed_domains: list[str] = Field(description="sites that may embed the player, beside the own one; none: all")
    migration_status: MigrationStatus | None
    migration_error: str | None
    platforms: list[VideoPlatformOut]
    master: MasterOut | None
    generation: str | None = Field(description="name of the published set of outputs")
    created_at: datetime
    updated_at: datetime


class VideoPage(Answer):
    """One page of a list."""

    items: list[VideoOut]
    total: int = Field(
        description="of the whole list, whatever page this is: exact up to 10 000; for a search, a tag or a course "
        "up to 1 000"
    )
    total_is_estimate: bool = Field(description="the list is longer than that, and `total` is the database's estimate")
    next_cursor: str | None = Field(description="null on the last page")


VIDEO_FIELDS: tuple[str, ...] = tuple(
    name for name in VideoOut.model_fields if name not in {"platforms", "master", "generation"}
)
"""Fields that are columns of ``videos``."""


_PLATFORMS = TypeAdapter(list[VideoPlatformOut])


def to_video(row: Mapping[str, Any]) -> VideoOut:
    """A row of the library's statement (:mod:`shared.library.repository`) as the API answers it."""
    master = None
    if row["master_sha256"] is not None:
        master = MasterOut(
            size_bytes=row["master_size_bytes"],
            sha256=row["master_sha256"],
            content_type=row["master_content_type"],
            filename=row["master_filename"],
        )
    listed: str | None = row["platforms"]
    prefix: str | None = row["generation_prefix"]
    return VideoOut(
        **{name: row[name] for name in VIDEO_FIELDS},
        platforms=sorted(_PLATFORMS.validate_json(listed), key=attrgetter("platform")) if listed else [],
        master=master,
        generation=prefix.rstrip("/").rpartition("/")[2] if prefix else None,
    )
