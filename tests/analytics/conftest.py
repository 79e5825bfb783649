"""Videos with numbers, and a beacon whose clock is set by the test."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from api.beacon import Beacon, Limits
from shared.analytics.schemas import ViewingEvent
from shared.db.session import Database
from tests.factories import make_video
from worker.analytics import Analytics

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


@dataclass
class Clock:
    """A time that the test moves."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def pass_seconds(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(autouse=True)
async def no_numbers(database: Database) -> None:
    """The shared database, without any."""
    async with database.session() as session:
        for table in ("video_analytics", "viewings"):
            await session.execute(text(f"DELETE FROM {table}"))


@pytest.fixture
def beacon(database: Database, clock: Clock) -> Beacon:
    return Beacon(database, clock=clock, limits=Limits(clock=lambda: clock().timestamp()))


@pytest.fixture
def analytics(database: Database, clock: Clock) -> Analytics:
    """A control worker's step."""
    return Analytics(database, clock=clock)


@pytest.fixture
async def video(database: Database) -> UUID:
    """A video of 100 seconds."""
    return await film(database)


async def film(database: Database, *, seconds: float | None = 100, **fields: Any) -> UUID:
    video_id = await make_video(database, **fields)
    async with database.session() as session:
        await session.execute(
            text("UPDATE videos SET duration_seconds = :seconds WHERE id = :id"), {"seconds": seconds, "id": video_id}
        )
    return video_id


@dataclass
class Viewer:
    """One page that is open."""

    video_id: UUID
    viewing_id: UUID

    def tells(self, event: str, watched: float = 0, **fields: Any) -> dict[str, Any]:
        body = {"viewingId": str(self.viewing_id), "videoId": str(self.video_id), "event": event}
        return {**body, "watchedSeconds": watched, "provider": "hls", **fields}

    def event(self, event: str, watched: float = 0, **fields: Any) -> ViewingEvent:
        return ViewingEvent.model_validate(self.tells(event, watched, **fields))


@pytest.fixture
def opened(video: UUID) -> Callable[..., Viewer]:
    """Open a page."""
    return lambda of=None: Viewer(of or video, uuid4())


async def rows(database: Database, video_id: UUID, columns: str = "*") -> list[dict[str, Any]]:
    """The daily numbers of a video."""
    async with database.session() as session:
        found = await session.execute(
            text(f"SELECT {columns} FROM video_analytics WHERE video_id = :id ORDER BY date, platform"),
            {"id": video_id},
        )
        return [dict(row) for row in found.mappings()]
