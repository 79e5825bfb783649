"""Table: links between a video and its production."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field

from shared.db.base import Row, created_at_field, one_of, text_field, updated_at_field
from shared.videos.models import PipelineStage

INTERNAL = "internal"
"""The project-management system of a video that is in no other."""


class VideoPipelineLink(Row, table=True):
    """A video's place in an internal or outside project-management system (seed 004, step 1). One for each video.

    ``pipeline_stage`` and ``stage_changed_at`` follow the video's own stage by a trigger.
    """

    __tablename__ = "video_pipeline_links"
    __table_args__ = (
        one_of("pipeline_stage", PipelineStage),
        Index("idx_video_pipeline_stage", "pipeline_stage"),
        Index("idx_video_pipeline_links_video_id", "video_id", unique=True),
    )

    video_id: UUID = Field(foreign_key="videos.id", ondelete="CASCADE", nullable=False)
    pm_system: str = text_field(INTERNAL)
    project_id: str | None = text_field(nullable=True)
    task_id: str | None = text_field(nullable=True)
    pipeline_stage: PipelineStage = text_field(PipelineStage.draft)
    stage_changed_at: datetime = created_at_field()
    assigned_to: UUID | None = Field(default=None, foreign_key="users.id", ondelete="SET NULL")
    notes: str | None = text_field(nullable=True)
    updated_at: datetime = updated_at_field()
