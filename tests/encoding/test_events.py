"""A job over server-sent events: what a watcher sees, and what watching costs."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from api import job_events
from api.job_events import JobEvents
from api.routes import encoding_events
from shared.clients.s3 import S3
from shared.config import Settings
from shared.db.session import Database
from shared.encoding import repository
from shared.encoding import watching as watching_service
from shared.encoding.models import EncodingJob
from tests.encoding.streaming import watching
from tests.factories import make_job, report_body, send_report
from tests.uploads.conftest import running_api

Report = Callable[..., Any]


@pytest.fixture
async def job(database: Database, s3: S3, settings: Settings) -> EncodingJob:
    return await make_job(database, s3, settings)


@pytest.fixture
def report(anonymous: httpx.AsyncClient, settings: Settings, job: EncodingJob) -> Report:
    async def send(status: str, **fields: Any) -> None:
        body = report_body(job, status, eventId=uuid4().hex, workerId="w", attempt=1, **fields)
        answer = await send_report(anonymous, settings, body)
        assert answer.status_code == 200, answer.text

    return send


@pytest.fixture
def watch(app: FastAPI, viewer: httpx.AsyncClient) -> Callable[[UUID | str], Any]:
    return lambda job_id: watching(app, job_id, key=viewer.headers["Authorization"])


@pytest.fixture
def events(app: FastAPI) -> JobEvents:
    found: JobEvents = app.state.job_events
    return found


@pytest.fixture
def no_sweep(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only notices tell of changes."""
    monkeypatch.setattr(job_events, "SWEEP_SECONDS", 60.0)


@pytest.fixture
async def fresh(app: FastAPI, database: Database, no_sweep: None) -> AsyncIterator[JobEvents]:
    """Streams of their own, so that the changed times count from the beginning."""
    former = app.state.job_events
    async with JobEvents(database) as made:
        app.state.job_events = made
        yield made
    app.state.job_events = former


async def change(database: Database, job_id: UUID, *, quiet: bool = False, **fields: Any) -> None:
    """Write to the job, with the notice that goes with it unless ``quiet``."""
    async with database.session() as session:
        job = await session.get(EncodingJob, job_id)
        assert job is not None
        for name, value in fields.items():
            setattr(job, name, value)
        if not quiet:
            await repository.notify_job(session, job_id)


async def test_the_first_at_once_then_every_change_to_the_end(
    job: EncodingJob, report: Report, watch: Any, settings: Settings, s3: S3, fresh: JobEvents
) -> None:
    async with watch(job.id) as stream:
        assert stream.status == 200
        assert stream.headers["content-type"].startswith("text/event-stream")
        assert stream.headers["cache-control"] == "no-store"
        assert stream.headers["x-accel-buffering"] == "no"
        assert await stream.block() == "retry: 2000"
        first = await stream.event()
        assert first == {
            "status": "queued",
            "progress": 0,
            "speed": None,
            "etaSeconds": None,
            "attempt": 1,
            "playableSeconds": None,
            "windows": None,
            "nextRetryAt": None,
            "error": None,
        }
        await report("started")
        assert (await stream.event())["status"] == "processing"
        await report("progress", progress=40, speed=2.5, etaSeconds=12)
        event = await stream.event()
        assert (event["progress"], event["speed"], event["etaSeconds"]) == (40, 2.5, 12)
        key = f"{job.video_id}/g1/master.m3u8"
        await s3.put(settings.s3_hls_bucket, key, b"#EXTM3U\n", content_type="application/vnd.apple.mpegurl")
        await report("completed", outputUrl=f"s3://{settings.s3_hls_bucket}/{key}")
        last = await stream.event()
        assert (last["status"], last["progress"], last["etaSeconds"]) == ("completed", 100, 0)
        assert await stream.event() is None


async def test_a_failure_says_why_and_is_the_end(job: EncodingJob, report: Report, watch: Any) -> None:
    async with watch(job.id) as stream:
        await report("started")
        await report("failed", error={"code": "MEDIA_EMPTY", "message": "no bytes"})
        last = (await stream.until("failed"))[-1]
        assert last["error"] == {"code": "MEDIA_EMPTY", "message": "no bytes"}
        assert await stream.event() is None
    async with watch(job.id) as stream:
        assert (await stream.event())["status"] == "failed"
        assert await stream.event() is None


async def test_progress_never_goes_back(job: EncodingJob, database: Database, watch: Any, fresh: JobEvents) -> None:
    seen = []
    async with watch(job.id) as stream:
        for status, progress, attempt in (("processing", 70, 1), ("queued", 0, 2), ("processing", 10, 2)):
            await change(database, job.id, status=status, progress=progress, attempt=attempt)
            seen += await stream.until(status)
        await change(database, job.id, progress=80)
        seen.append(await stream.event())
    progress = [event["progress"] for event in seen]
    assert progress == sorted(progress)
    assert (progress[-1], seen[-1]["attempt"]) == (80, 2)


async def test_many_clients_cost_one_query(
    job: EncodingJob, database: Database, watch: Any, fresh: JobEvents, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[set[UUID]] = []
    original = watching_service.events_of

    async def counted(session: Any, job_ids: Any) -> Any:
        reads.append(set(job_ids))
        return await original(session, job_ids)

    async with AsyncExitStack() as clients:
        streams = [await clients.enter_async_context(watch(job.id)) for _ in range(40)]
        for stream in streams:
            await stream.event()
        await settled(fresh)
        monkeypatch.setattr(watching_service, "events_of", counted)
        await change(database, job.id, status="processing", progress=33)
        for stream in streams:
            assert (await stream.event())["progress"] == 33
        assert reads == [{job.id}]
        assert database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
    assert not fresh._watches
    assert not fresh._streams


async def settled(events: JobEvents) -> None:
    """Everything that changed has been read."""
    async with asyncio.timeout(5):
        while events._changed or not all(watch.latest for watch in events._watches.values()):
            await asyncio.sleep(0.01)


async def test_a_change_while_a_client_connects_is_seen(
    job: EncodingJob,
    database: Database,
    s3: S3,
    settings: Settings,
    watch: Any,
    fresh: JobEvents,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """After the first state has been read, and before the process knows that somebody watches this job."""
    original = encoding_events.watching.event_of

    async def changed_meanwhile(session: Any, job_id: UUID) -> Any:
        event = await original(session, job_id)
        await change(database, job.id, status="processing", progress=55)
        return event

    other = await make_job(database, s3, settings)
    async with watch(other.id) as first_of_all:
        await first_of_all.event()
        await settled(fresh)
        # It listens: the notice of this change comes, and nobody wants it yet.
        await change(database, other.id, status="processing")
        await first_of_all.event()
        monkeypatch.setattr(encoding_events.watching, "event_of", changed_meanwhile)
        async with watch(job.id) as stream:
            assert (await stream.event())["progress"] == 0
            assert (await stream.event())["progress"] == 55


async def test_the_connection_that_listens_is_replaced(
    job: EncodingJob, database: Database, watch: Any, fresh: JobEvents, monkeypatch: pytest.MonkeyPatch
) -> None:
    from shared.db import listening

    monkeypatch.setattr(listening, "AGAIN_SECONDS", 0.1)
    listeners = (
        "SELECT pid FROM pg_stat_activity WHERE application_name = 'vms vms_jobs' AND datname = current_database()"
    )

    async def pids() -> set[int]:
        async with database.session() as session:
            return set((await session.scalars(text(listeners))).all())

    before = await pids()
    async with watch(job.id) as stream:
        await stream.event()
        async with asyncio.timeout(5):
            while not (mine := await pids() - before):
                await asyncio.sleep(0.01)
        async with database.session() as session:
            await session.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": mine.pop()})
        # Told or not: whoever listens next looks for itself.
        await change(database, job.id, status="processing", progress=20)
        assert (await stream.event())["progress"] == 20
        async with asyncio.timeout(5):
            while not await pids() - before:
                await asyncio.sleep(0.01)
        await change(database, job.id, progress=30)
        assert (await stream.event())["progress"] == 30


async def test_what_no_notice_tells_of_is_found_by_the_sweep(
    job: EncodingJob, app: FastAPI, database: Database, watch: Any, monkeypatch: pytest.MonkeyPatch, fresh: JobEvents
) -> None:
    monkeypatch.setattr(job_events, "SWEEP_SECONDS", 0.2)
    async with watch(job.id) as stream:
        await stream.event()
        await change(database, job.id, quiet=True, status="processing", progress=12)
        assert (await stream.event())["progress"] == 12


async def test_a_database_that_is_away_for_a_moment_ends_no_stream(
    job: EncodingJob, database: Database, watch: Any, fresh: JobEvents, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_events, "_AGAIN_SECONDS", 0.01)
    monkeypatch.setattr(job_events, "SWEEP_SECONDS", 0.1)
    original = watching_service.events_of
    left = 3

    async def failing(session: Any, job_ids: Any) -> Any:
        nonlocal left
        left -= 1
        if left >= 0:
            raise ConnectionRefusedError
        return await original(session, job_ids)

    async with watch(job.id) as stream:
        await stream.event()
        await settled(fresh)
        monkeypatch.setattr(watching_service, "events_of", failing)
        await change(database, job.id, status="processing", progress=66)
        assert (await stream.event())["progress"] == 66


async def test_silence_is_filled_with_heartbeats(job: EncodingJob, watch: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_events, "HEARTBEAT_SECONDS", 0.05)
    async with watch(job.id) as stream:
        await stream.event()
        for _ in range(2):
            assert await stream.block() == ": still here"


async def test_a_stream_does_not_outlive_its_credentials_for_long(
    job: EncodingJob, watch: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_events, "STREAM_SECONDS", 0.05)
    monkeypatch.setattr(job_events, "HEARTBEAT_SECONDS", 0.05)
    async with watch(job.id) as stream:
        await stream.event()
        assert await stream.event() is None


async def test_a_client_that_takes_nothing_is_dropped(
    job: EncodingJob, database: Database, watch: Any, fresh: JobEvents, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoding_events, "SEND_SECONDS", 0.1)
    async with watch(job.id) as stream:
        await stream.event()
        stream.reads.clear()
        await change(database, job.id, status="processing")
        async with asyncio.timeout(5):
            while fresh._streams:
                await asyncio.sleep(0.01)


async def test_a_video_that_is_deleted_ends_the_stream(
    job: EncodingJob, database: Database, watch: Any, fresh: JobEvents
) -> None:
    async with watch(job.id) as stream:
        await stream.event()
        async with database.session() as session:
            await session.execute(text("DELETE FROM videos WHERE id = :id"), {"id": job.video_id})
            await repository.notify_job(session, job.id)
        assert await stream.event() is None


async def test_an_unknown_job_is_404_and_a_full_process_503(
    job: EncodingJob, viewer: httpx.AsyncClient, watch: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = await viewer.get(f"/api/encoding/jobs/{uuid4()}/events")
    assert (answer.status_code, answer.json()["code"]) == (404, "job_not_found")
    monkeypatch.setattr(job_events, "MAX_STREAMS", 1)
    async with watch(job.id) as stream:
        await stream.event()
        answer = await viewer.get(f"/api/encoding/jobs/{job.id}/events")
        assert (answer.status_code, answer.json()["code"]) == (503, "busy")
        assert int(answer.headers["Retry-After"]) > 0


async def test_a_real_server_streams_and_stops_at_once(
    job: EncodingJob, database: Database, settings: Settings, viewer: httpx.AsyncClient, tmp_path: Path
) -> None:
    headers = {"Authorization": viewer.headers["Authorization"]}
    with running_api(settings, log=tmp_path / "api.log") as api:
        async with (
            httpx.AsyncClient(base_url=api.base_url, headers=headers, timeout=10) as client,
            client.stream("GET", f"/api/encoding/jobs/{job.id}/events") as answer,
        ):
            lines = answer.aiter_lines()
            assert answer.status_code == 200

            async def event() -> dict[str, Any]:
                async for line in lines:
                    if line.startswith("data: "):
                        found: dict[str, Any] = json.loads(line.removeprefix("data: "))
                        return found
                raise AssertionError("the stream has ended")

            assert (await event())["status"] == "queued"
            await change(database, job.id, status="processing", progress=5)
            assert (await event())["progress"] == 5
            begun = asyncio.get_running_loop().time()
            api.process.send_signal(signal.SIGTERM)
            with pytest.raises(AssertionError, match="ended"):
                await event()
            await asyncio.to_thread(api.process.wait, 10)
            assert asyncio.get_running_loop().time() - begun < 3
    log = (tmp_path / "api.log").read_text()
    assert "graceful shutdown exceeded" not in log
    assert "Traceback" not in log
