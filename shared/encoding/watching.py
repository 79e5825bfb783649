"""How jobs stand, for those who watch them move."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from shared.encoding import part_rows, repository
from shared.encoding.errors import JobNotFound
from shared.encoding.models import JobStatus
from shared.schemas import Answer

TERMINAL = frozenset({JobStatus.completed, JobStatus.failed, JobStatus.cancelled})


class WatchedWindows(Answer):
    """The windows of a divided encode."""

    total: int
    done: int
    running: int


class WatchedError(Answer):
    """Why the last attempt failed."""

    code: str
    message: str


class JobEvent(Answer):
    """What a watcher is told of a job."""

    status: JobStatus
    progress: int = Field(description="percent; never less than it was told before")
    speed: float | None = Field(description="seconds of video encoded in a second")
    eta_seconds: float | None
    attempt: int
    playable_seconds: float | None = Field(description="how much can be watched already; null before anything can")
    windows: WatchedWindows | None = Field(description="null for an encode that is not divided")
    next_retry_at: datetime | None
    error: WatchedError | None

    @property
    def is_last(self) -> bool:
        """Whether the job has ended."""
        return self.status in TERMINAL


async def events_of(session: AsyncSession, job_ids: Collection[UUID]) -> dict[UUID, JobEvent]:
    """How each of these jobs stands; one that is gone is not in it. Two queries, however many they are."""
    rows = await repository.standings(session, job_ids)
    windows = await part_rows.summaries(session, job_ids)
    return {row["id"]: _event(row, windows.get(row["id"])) for row in rows}


async def event_of(session: AsyncSession, job_id: UUID) -> JobEvent:
    """:raises JobNotFound: no such job."""
    found = (await events_of(session, [job_id])).get(job_id)
    if found is None:
        raise JobNotFound(f"There is no encoding job {job_id}")
    return found


def _event(row: Any, windows: tuple[int, int, int, list[str]] | None) -> JobEvent:
    error = WatchedError(code=row["error_code"], message=row["last_error"] or "") if row["error_code"] else None
    counts = WatchedWindows(total=windows[0], done=windows[1], running=windows[2]) if windows else None
    return JobEvent(
        status=JobStatus(row["status"]),
        progress=row["progress"],
        speed=row["speed"],
        eta_seconds=row["eta_seconds"],
        attempt=row["attempt"],
        playable_seconds=row["playable_seconds"],
        windows=counts,
        next_retry_at=row["next_retry_at"],
        error=error,
    )
