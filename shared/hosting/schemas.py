"""Moves and batches as the API takes and answers them."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AfterValidator, Field, model_validator

from shared.hosting.models import BatchStatus, MoveStatus
from shared.platforms.models import Platform
from shared.schemas import Answer, Input
from shared.text import ANY_TEXT, MAX_TITLE, printable
from shared.videos.models import MigrationStatus, PipelineStage, VideoStatus, Visibility
from shared.videos.schemas import VideoTag

MAX_BATCH = 10_000
MAX_QUERY = 200
_MANY = 20
_Some: Any = Field(default_factory=list, max_length=_MANY)


class BatchFilter(Input):
    """The videos that `GET /api/videos` finds with these parameters. A list means any of its values, `tag` all."""

    q: Annotated[
        str, Field(max_length=MAX_QUERY, json_schema_extra={"pattern": ANY_TEXT}), AfterValidator(printable)
    ] = ""
    status: list[VideoStatus] = _Some
    visibility: list[Visibility] = _Some
    migration_status: list[MigrationStatus] = _Some
    pipeline_stage: list[PipelineStage] = _Some
    tag: list[VideoTag] = _Some
    course_id: list[UUID] = _Some
    platform: list[Platform] = _Some
    missing_platform: list[Platform] = _Some


class BatchInput(Input):
    """Which videos to migrate: named, or found."""

    ids: Annotated[list[UUID], Field(min_length=1, max_length=MAX_BATCH)] | None = None
    filter: BatchFilter | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.ids is None) is (self.filter is None):
            raise ValueError("send ids or filter")
        return self


class FinaliseInput(Input):
    """The video's title, typed, so that nobody gives up the copy at Vimeo by accident."""

    confirm: Annotated[
        str, Field(max_length=MAX_TITLE, json_schema_extra={"pattern": ANY_TEXT}), AfterValidator(printable)
    ]


class MoveCheckOut(Answer):
    """One thing that was compared before the video was switched."""

    name: str
    ok: bool
    detail: str


class MoveOut(Answer):
    """One video on its way, arrived, or back."""

    id: UUID
    video_id: UUID
    batch_id: UUID | None
    status: MoveStatus
    progress: float = Field(description="0 to 100 over all steps; never goes back")
    eta_seconds: int | None = Field(None, description="until it is hosted here, as far as can be told")
    received_bytes: int
    size_bytes: int | None
    job_id: UUID | None = Field(description="the encoding job")
    checks: list[MoveCheckOut]
    error_code: str | None
    error_message: str | None = Field(description="why it failed or was skipped, or what it waits for")
    next_at: datetime | None = Field(description="when the step is tried again")
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class BatchAccepted(Answer):
    """A batch has begun."""

    batch_id: UUID
    total: int
    skipped: int = Field(description="of these, how many cannot be migrated; the items say why")


class BatchOut(Answer):
    """A batch, without its items."""

    id: UUID
    status: BatchStatus
    requested_by: str
    filter: dict[str, Any] | None
    total: int
    counts: dict[MoveStatus, int] = Field(description="how many items have each status")
    progress: float = Field(description="0 to 100 over all items; never goes back")
    eta_seconds: int | None
    created_at: datetime
    finished_at: datetime | None


class BatchDetail(BatchOut):
    """A batch with a page of its items, in the order in which they are taken."""

    items: list[MoveOut]
    next_cursor: str | None = Field(description="null on the last page")


class MigrationsOverview(Answer):
    """Where the library is hosted, and what that saves."""

    total: int = Field(description="videos that are or were at Vimeo, or are hosted here")
    by_status: dict[MigrationStatus, int]
    in_progress: int = Field(description="videos that are queued or on their way")
    failed: int = Field(description="videos whose last migration failed")
    migrated: int = Field(description="videos that came from Vimeo and are hosted here")
    estimated_monthly_savings: float = Field(description="US dollars: `migrated` at SAVINGS_USD_PER_VIDEO")
    estimated_monthly_storage_cost: float = Field(description="US dollars for their files at STORAGE_USD_PER_TB")
