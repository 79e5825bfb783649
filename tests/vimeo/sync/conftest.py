"""A library at Vimeo, a token for it, and control workers that read it."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import text

from cli.fakes.vimeo import FakeClip, FakeVimeo
from shared.config import Settings
from shared.db.session import Database
from shared.vimeo import sync
from shared.vimeo.models import VimeoSyncRun
from tests.factories import ACTOR
from tests.vimeo.sync.looking import Make, Sync, read
from worker.vimeo import VimeoSync

_CLEAN = (
    "DELETE FROM videos WHERE id IN (SELECT video_id FROM video_platforms WHERE platform = 'vimeo')",
    "DELETE FROM vimeo_sync_runs",
    "DELETE FROM vimeo_usage",
    "DELETE FROM vimeo_pace",
)


@pytest.fixture
def fake() -> Iterator[FakeVimeo]:
    with FakeVimeo(FakeClip.many(3)) as running:
        running.rate_limit = None
        yield running


@pytest.fixture
def connected(settings: Settings, fake: FakeVimeo) -> Settings:
    """Settings with a token; only asked-for runs, and a pace that tests can wait for."""
    return settings.model_copy(
        update={
            "vimeo_api_url": fake.url,
            "vimeo_access_token": SecretStr(fake.token),
            "vimeo_requests_per_second": 100.0,
            "vimeo_sync_hours": 0.0,
        }
    )


@pytest.fixture(autouse=True)
async def clean(database: Database) -> AsyncIterator[None]:
    """Nothing of Vimeo before and after."""

    async def wipe() -> None:
        async with database.session() as session:
            for statement in _CLEAN:
                await session.execute(text(statement))

    await wipe()
    yield
    await wipe()


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False) as client:
        yield client


@pytest.fixture
def worker(connected: Settings, database: Database, http: httpx.AsyncClient) -> Make:
    """A control worker's share; each call is another worker."""
    return lambda **fields: VimeoSync(connected.model_copy(update=fields), database, http)


@pytest.fixture
def synced(connected: Settings, database: Database, worker: Make) -> Sync:
    """Ask for a run and let a worker do its step; the run as it is then."""

    async def run(**fields: Any) -> VimeoSyncRun:
        async with database.session() as session:
            wanted = await sync.request(session, connected, ACTOR)
        await worker(**fields).step()
        return await read(database, wanted.id)

    return run
