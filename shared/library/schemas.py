"""A video with all that belongs to it, as the API answers it."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from shared.videos.models import Master, MigrationStatus, PipelineStage, Video, VideoStatus, Visibility


class MasterOut(BaseModel):
    """The master file of a video."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, from_attributes=True)

    size_bytes: int
    sha256: str
    content_type: str
    filename: str | None


class PlatformOut(BaseModel):
    """A video at one platform."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, from_attributes=True)

    platform: str
    external_id: str | None
    external_url: str | None
    embed_url: str | None
    status: str
    privacy_level: str | None
    synced_at: datetime | None


class VideoOut(BaseModel):
    """A video as the API answers it."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

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
    platforms: list[PlatformOut]
    master: MasterOut | None
    generation: str | None = Field(description="name of the published set of outputs")
    created_at: datetime
    updated_at: datetime

    @classmethod
    def build(
        cls, video: Video, *, master: Master | None, platforms: list[PlatformOut], generation: str | None
    ) -> Self:
        """Put the parts together."""
        fields = {name: getattr(video, name) for name in cls.model_fields if hasattr(video, name)}
        return cls(
            **fields,
            platforms=platforms,
            master=MasterOut.model_validate(master) if master else None,
            generation=generation,
        )


class VideoPage(BaseModel):
    """One page of a list."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    items: list[VideoOut]
    total: int
    total_is_estimate: bool = False
    next_cursor: str | None
