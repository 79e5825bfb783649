"""What the API answers about Vimeo."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from shared.schemas import Answer
from shared.vimeo.models import RunStatus


class QuotaAnswer(Answer):
    """Requests to Vimeo today (UTC), of all processes together."""

    limit: int = Field(description="VIMEO_DAILY_QUOTA.")
    used: int
    remaining: int
    resets_at: datetime = Field(description="The next midnight, UTC.")


class SyncSummary(Answer):
    """What a run has done so far."""

    added: int
    updated: int
    unchanged: int
    removed: int = Field(description="Videos that are gone at Vimeo: flagged, never deleted.")
    errors: int
    quota_remaining: int


class SyncRunAccepted(Answer):
    """The run that was started, or the one that was already under way."""

    run_id: UUID
    status: RunStatus


class SyncError(Answer):
    """Why a run failed or waits."""

    code: str
    message: str


class SyncRunAnswer(Answer):
    """One run."""

    run_id: UUID
    status: RunStatus
    progress: int = Field(ge=0, le=100)
    eta_seconds: float | None = Field(description="With the pace, the quota and pauses counted in; null is unknown.")
    next_at: datetime | None = Field(description="When a run goes on that waits.")
    total: int | None = Field(description="Videos in the library at Vimeo; null before the first answer.")
    summary: SyncSummary
    error: SyncError | None
    error_items: list[Any] = Field(description="Videos that could not be taken, with the reason.")
    requested_by: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class SyncStatus(Answer):
    """Whether Vimeo is connected, what is left of today's requests, and the last run."""

    connected: bool
    quota: QuotaAnswer
    last_run: SyncRunAnswer | None
