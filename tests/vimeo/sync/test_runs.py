"""A run from the outside: asked for by HTTP and on schedule, killed and continued, held up and refused."""

import asyncio
import math
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from cli.fakes.vimeo import FakeClip, FakeVimeo
from shared.clients.vimeo import VimeoClient
from shared.config import Settings
from shared.db.session import Database
from shared.vimeo import sync, sync_repository
from shared.vimeo.models import RunStatus
from tests.factories import ACTOR
from tests.vimeo.sync.looking import Make, Sync, counts, read, rows

URL = "/api/videos/sync/vimeo"


@pytest.fixture
def open_app(app: FastAPI, settings: Settings, connected: Settings) -> Iterator[FastAPI]:
    """The application with a token."""
    app.state.settings = connected
    yield app
    app.state.settings = settings


class Killed(BaseException):
    """The process is gone."""


async def lease_ends(database: Database) -> None:
    async with database.session() as session:
        await session.execute(text("UPDATE vimeo_sync_runs SET lease_expires_at = now() - interval '1 second'"))


async def pause_ends(database: Database) -> None:
    async with database.session() as session:
        await session.execute(text("UPDATE vimeo_sync_runs SET next_at = now()"))
        await session.execute(text("DELETE FROM vimeo_usage"))
        await session.execute(text("DELETE FROM vimeo_pace"))


async def test_without_a_token_it_is_said(admin: httpx.AsyncClient, viewer: httpx.AsyncClient) -> None:
    answer = await admin.post(URL)
    assert (answer.status_code, answer.json()["code"]) == (409, "not_connected")
    assert "VIMEO_ACCESS_TOKEN" in answer.json()["detail"]
    found = (await viewer.get(URL)).json()
    assert found["connected"] is False
    assert set(found["quota"]) == {"limit", "used", "remaining", "resetsAt"}


@pytest.mark.usefixtures("open_app")
async def test_one_run_is_asked_for_watched_and_done(
    admin: httpx.AsyncClient,
    viewer: httpx.AsyncClient,
    editor: httpx.AsyncClient,
    worker: Make,
) -> None:
    assert (await editor.post(URL)).status_code == 403
    started = await admin.post(URL)
    assert (started.status_code, started.json()["status"]) == (202, "queued")
    assert (await admin.post(URL)).json() == started.json()
    run_url = f"{URL}/{started.json()['runId']}"
    assert started.headers["Location"].endswith(run_url)
    waiting = (await viewer.get(run_url)).json()
    assert (waiting["status"], waiting["progress"], waiting["finishedAt"]) == ("queued", 0, None)

    await worker().step()
    done = (await viewer.get(run_url)).json()
    assert (done["status"], done["progress"], done["etaSeconds"], done["error"]) == ("completed", 100, None, None)
    limit = (await viewer.get(URL)).json()["quota"]["limit"]
    wanted = {"added": 3, "updated": 0, "unchanged": 0, "removed": 0, "errors": 0, "quotaRemaining": limit - 1}
    assert done["summary"] == wanted
    overview = (await viewer.get(URL)).json()
    assert (overview["connected"], overview["lastRun"]) == (True, done)
    assert (overview["quota"]["used"], overview["quota"]["remaining"]) == (1, limit - 1)
    missing = await viewer.get(f"{URL}/01900000-0000-7000-8000-000000000000")
    assert (missing.status_code, missing.json()["code"]) == (404, "sync_run_not_found")


@pytest.mark.parametrize("committed", [True, False])
async def test_a_killed_run_goes_on_with_the_next_page(
    committed: bool,
    database: Database,
    fake: FakeVimeo,
    synced: Sync,
    worker: Make,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fake.add(*FakeClip.many(250))
    keep, calls = sync.keep_page, 0

    async def once_killed(session: Any, *given: Any) -> Any:
        nonlocal calls
        calls += 1
        found = await keep(session, *given)
        if calls == 2:
            if committed:
                await session.commit()
            raise Killed
        return found

    monkeypatch.setattr(sync, "keep_page", once_killed)
    with pytest.raises(Killed):
        await synced()
    [row] = await rows(database, "SELECT id, page, added, status FROM vimeo_sync_runs")
    pages = 2 if committed else 1
    assert (row["page"], row["added"], row["status"]) == (pages, 100 * pages, "running")

    await worker().step()  # the dead worker's lease still runs
    assert (await read(database, row["id"])).page == pages
    await lease_ends(database)
    await worker().step()
    run = await read(database, row["id"])
    assert (run.status, counts(run)) == (RunStatus.completed, (250, 0, 0, 0, 0))
    assert [hit.query.get("page", "1") for hit in fake.hits] == (["1", "2", "3"] if committed else ["1", "2", "2", "3"])


async def test_two_workers_on_one_page_count_it_once(
    database: Database,
    connected: Settings,
    fake: FakeVimeo,
    worker: Make,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fake.add(*FakeClip.many(150))
    ask, both = VimeoClient.page, asyncio.Barrier(2)

    async def at_the_same_time(self: VimeoClient, after: str | None) -> Any:
        found = await ask(self, after)
        if after is None:
            await both.wait()
        return found

    monkeypatch.setattr(VimeoClient, "page", at_the_same_time)
    async with database.session() as session:
        wanted = await sync.request(session, connected, ACTOR)
    first = asyncio.create_task(worker().step())
    while (await read(database, wanted.id)).status != RunStatus.running:
        await asyncio.sleep(0)
    await lease_ends(database)
    await asyncio.gather(first, worker().step())
    run = await read(database, wanted.id)
    assert (run.status, counts(run)) == (RunStatus.completed, (150, 0, 0, 0, 0))


async def test_a_used_up_quota_holds_the_run_up_until_midnight(
    database: Database,
    fake: FakeVimeo,
    synced: Sync,
    worker: Make,
    viewer: httpx.AsyncClient,
    open_app: FastAPI,
    connected: Settings,
) -> None:
    open_app.state.settings = connected.model_copy(update={"vimeo_daily_quota": 1})
    fake.add(*FakeClip.many(250))
    run = await synced(vimeo_daily_quota=1)
    assert (run.status, run.page, run.error_code) == (RunStatus.running, 1, "vimeo_quota_exhausted")
    assert run.next_at is not None
    assert (run.next_at.hour, run.next_at.minute) == (0, 0)

    answer = (await viewer.get(f"{URL}/{run.id}")).json()
    assert (answer["status"], answer["progress"]) == ("running", 33)
    assert (answer["summary"]["added"], answer["summary"]["quotaRemaining"]) == (100, 0)
    assert "go" in answer["error"]["message"]
    [row] = await rows(database, "SELECT next_at - now() AS wait FROM vimeo_sync_runs")
    # Two pages are left, of which one goes at midnight and one a day later.
    assert math.isclose(answer["etaSeconds"], (row["wait"] + timedelta(days=1)).total_seconds(), abs_tol=30)

    await worker().step()
    assert len(fake.hits) == 1
    await pause_ends(database)
    await worker().step()
    run = await read(database, run.id)
    assert (run.status, counts(run), run.error_code) == (RunStatus.completed, (250, 0, 0, 0, 0), None)


async def test_a_refused_token_ends_the_run_with_words(
    fake: FakeVimeo,
    synced: Sync,
) -> None:
    known, fake.token = fake.token, "another"
    run = await synced()
    assert (run.status, run.error_code) == (RunStatus.failed, "vimeo_refused")
    assert "VIMEO_ACCESS_TOKEN" in (run.error_message or "")
    assert known not in (run.error_message or "")
    fake.token = known
    assert counts(await synced()) == (3, 0, 0, 0, 0)


async def test_an_answer_that_does_not_come_is_waited_for(
    database: Database,
    fake: FakeVimeo,
    synced: Sync,
    worker: Make,
) -> None:
    fake.fail(200, body=b"<html>")
    run = await synced()
    assert (run.status, run.error_code) == (RunStatus.running, "vimeo_unavailable")
    assert run.next_at is not None
    await pause_ends(database)
    await worker().step()
    assert (await read(database, run.id)).status == RunStatus.completed


async def test_a_page_that_cannot_be_written_is_not_asked_for_at_once_again(
    database: Database, fake: FakeVimeo, connected: Settings, worker: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*given: Any) -> Any:
        raise RuntimeError("a mistake of ours")

    async with database.session() as session:
        wanted = await sync.request(session, connected, ACTOR)
    with monkeypatch.context() as patch:
        patch.setattr(sync_repository, "known", broken)
        with pytest.raises(RuntimeError):
            await worker().step()
    run = await read(database, wanted.id)
    assert (run.status, run.page, run.error_code) == (RunStatus.running, 0, "page_not_kept")
    await worker().step()
    assert len(fake.hits) == 1
    await pause_ends(database)
    await worker().step()
    assert counts(await read(database, wanted.id)) == (3, 0, 0, 0, 0)


async def test_the_schedule_asks_once_in_its_hours(
    database: Database,
    fake: FakeVimeo,
    worker: Make,
) -> None:
    await worker(vimeo_sync_hours=0.0).step()
    await worker(vimeo_access_token=None, vimeo_sync_hours=24.0).step()
    assert not fake.hits
    for _ in range(2):
        await worker(vimeo_sync_hours=24.0).step()
    assert len(fake.hits) == 1
    async with database.session() as session:
        await session.execute(text("UPDATE vimeo_sync_runs SET created_at = now() - interval '25 hours'"))
    await worker(vimeo_sync_hours=24.0).step()
    found = await rows(database, "SELECT requested_by, status, added FROM vimeo_sync_runs ORDER BY created_at")
    assert [tuple(row.values()) for row in found] == [("system", "completed", 3), ("system", "completed", 0)]
