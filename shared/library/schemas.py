"""A video with all that belongs to it, as the API answers it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel
from sqlalchemy import Row

from shared.videos.models import MigrationStatus, PipelineStage, VideoStatus, Visibility


class _Answer(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, from_attributes=True)


class MasterOut(_Answer):
    """The master file of a video."""

    size_bytes: int
    sha256: str
    content_type: str
    filename: str | None


class VideoPlatformOut(_Answer):
    """A video at one platform, in short; `/api/videos/{id}/platforms` has all of it."""

    platform: str
    external_id: str | None
    external_url: str | None
    embed_url: str | None
    status: str
    privacy_level: str | None
    synced_at: datetime | None


class VideoOut(_Answer):
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
    migration_status: MigrationStatus | None
    migration_error: str | None
    platforms: list[VideoPlatformOut]
    master: MasterOut | None
    generation: str | None = Field(description="name of the published set of outputs")
    created_at: datetime
    updated_at: datetime


class VideoPage(_Answer):
    """One page of a list."""

    items: list[VideoOut]
    total: int = Field(description="of the whole list, whatever page this is: exact up to 10 000")
    total_is_estimate: bool = Field(description="the list is longer than that, and `total` is the database's estimate")
    next_cursor: str | None = Field(description="null on the last page")


VIDEO_FIELDS: tuple[str, ...] = tuple(
    name for name in VideoOut.model_fields if name not in {"platforms", "master", "generation"}
)
"""Fields that are columns of ``videos``."""


def to_video(row: Row[Any]) -> VideoOut:
    """A row of the library's statement (:mod:`shared.library.repository`) as the API answers it."""
    values = row._mapping  # noqa: SLF001  its documented name
    master = None
    if values["master_sha256"] is not None:
        master = MasterOut(
            size_bytes=values["master_size_bytes"],
            sha256=values["master_sha256"],
            content_type=values["master_content_type"],
            filename=values["master_filename"],
        )
    prefix: str | None = values["generation_prefix"]
    return VideoOut(
        **{name: values[name] for name in VIDEO_FIELDS},
        platforms=sorted(values["platforms"] or (), key=lambda entry: str(entry["platform"])),
        master=master,
        generation=prefix.rstrip("/").rpartition("/")[2] if prefix else None,
    )
