"""What comes in and goes out about videos."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator
from pydantic.alias_generators import to_camel

from shared.clock import instant
from shared.text import LongText, Tag, Title, WebUrl
from shared.videos.models import PipelineStage, Visibility

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
