"""What comes in and goes out about the production of videos."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from shared.pipeline.models import INTERNAL
from shared.text import LongText, Name
from shared.videos.models import PipelineStage


class PipelineInput(BaseModel):
    """Where a video is in production. What is left out takes its default."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid")

    stage: PipelineStage
    assigned_to: UUID | None = Field(default=None, description="id of a user")
    notes: LongText | None = None
    pm_system: Name = Field(default=INTERNAL, description="the project-management system of the two ids below")
    project_id: Name | None = None
    task_id: Name | None = None


class _Out(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, from_attributes=True)


class AssigneeOut(_Out):
    """Who is working on a video."""

    id: UUID
    email: str


class StageChangeOut(_Out):
    """One move from a stage to another."""

    from_stage: PipelineStage
    to_stage: PipelineStage
    actor: str = Field(description="`user:<id>`, `key:<id>`, `cli` or `system`")
    at: datetime = Field(validation_alias="created_at")


class PipelineOut(_Out):
    """The production of a video."""

    video_id: UUID
    stage: PipelineStage
    stage_changed_at: datetime
    pm_system: str
    project_id: str | None
    task_id: str | None
    assigned_to: UUID | None
    assignee: AssigneeOut | None
    notes: str | None
    updated_at: datetime | None = Field(description="null while nothing but the stage was ever set")
    history: list[StageChangeOut] = Field(description="newest first, 100 at most")
