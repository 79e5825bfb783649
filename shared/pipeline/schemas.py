"""What comes in and goes out about the production of videos."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from shared.pipeline.models import INTERNAL
from shared.schemas import Answer, Input
from shared.text import LongText, Name
from shared.videos.models import PipelineStage


class PipelineInput(Input):
    """Where a video is in production. What is left out takes its default."""

    stage: PipelineStage
    assigned_to: UUID | None = Field(default=None, description="id of a user")
    notes: LongText | None = None
    pm_system: Name = Field(default=INTERNAL, description="the project-management system of the two ids below")
    project_id: Name | None = None
    task_id: Name | None = None


class AssigneeOut(Answer):
    """Who is working on a video."""

    id: UUID
    email: str


class StageChangeOut(Answer):
    """One move from a stage to another."""

    from_stage: PipelineStage
    to_stage: PipelineStage
    actor: str = Field(description="`user:<id>`, `key:<id>`, `cli` or `system`")
    at: datetime = Field(validation_alias="created_at")


class PipelineOut(Answer):
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
