"""What comes in and goes out about videos."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator
from pydantic.alias_generators import to_camel

from shared.clock import instant
from shared.text import LongText, Tag, Title, WebUrl
from shared.videos.models import Master, MigrationStatus, PipelineStage, Video, VideoStatus, Visibility

MAX_TAGS = 50

Instant = Annotated[datetime, BeforeValidator(instant)]
SortOrder = Annotated[int, Field(ge=-(2**31), le=2**31 - 1, strict=True)]


class VideoInput(BaseModel):
    """A video as it is created or replaced."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid")

    title: Title
    description: LongText | None = None
    tags: list[Tag] = Field(default_factory=list, max_length=MAX_TAGS)
    visibility: Visibility = Visibility.private
    course_id: UUID | None = None
    module_id: UUID | None = None
    sort_order: SortOrder = 0
    published_at: Instant | None = None
    pipeline_stage: PipelineStage = PipelineStage.draft
    master_file_url: WebUrl | None = None
    thumbnail_url: WebUrl | None = None

    @field_validator("tags")
    @classmethod
    def _distinct(cls, tags: list[str]) -> list[str]:
        return list(dict.fromkeys(tags))


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
