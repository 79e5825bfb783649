"""A divided encode, worked by the tasks themselves; its last worker does not get to the end."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from unittest.mock import Mock
from uuid import uuid4

import httpx
import imageio_ffmpeg
import pytest
from redis.exceptions import RedisError
from sqlalchemy import text

from shared.clients.s3 import S3, StorageUnavailable
from shared.config import Settings
from shared.db.session import Database
from shared.encoding.models import EncodingJob
from shared.jobs.tasks import PartKind, PartPayload
from tests.encoding.dividing import expire, pass_time, reap, state, waiting
from tests.factories import make_job, make_master, make_video
from worker.callbacks import Callbacks
from worker.media.probe import Limits, Prober
from worker.tasks import parts
from worker.tasks.context import Tools
from worker.tasks.encoding import encode_video
from worker.tasks.storage import delete_objects


class NoRedis:
    async def scan_iter(self, **_: Any) -> AsyncIterator[bytes]:
        raise RedisError("nobody to count")
        yield b""


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two windows of six seconds, with sound."""
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=192x108:r=10:d=12"]
    command += ["-f", "lavfi", "-i", "sine=d=12", "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", str(path)]
    subprocess.run(command, check=True, timeout=60)
    return path


@pytest.fixture
async def prober() -> AsyncIterator[Prober]:
    found = Prober(Limits())
    yield found
    await found.close()


@pytest.fixture
def windows(settings: Settings) -> Settings:
    return settings.model_copy(update={"encoding_window_seconds": 6})


@pytest.fixture
async def job(database: Database, s3: S3, windows: Settings, clip: Path) -> EncodingJob:
    video = await make_video(database)
    await make_master(database, s3, windows, video, clip.read_bytes())
    return await make_job(database, s3, windows, video)


@pytest.mark.parametrize("end", ["storage away", "told to stop", "killed"])
async def test_a_finish_that_breaks_off_is_finished_by_another_worker(
    end: str,
    database: Database,
    s3: S3,
    windows: Settings,
    job: EncodingJob,
    prober: Prober,
    anonymous: httpx.AsyncClient,
    viewer: httpx.AsyncClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """All it needs is still there, the master stays, and in the end nothing is left over."""
    real, reached = parts.verified, asyncio.Event()

    async def breaks_off(*_: Any, **__: Any) -> None:
        reached.set()
        if end == "storage away":
            raise StorageUnavailable("503")
        await asyncio.Event().wait()

    def context(name: str) -> dict[str, Any]:
        return {"tools": Tools(windows, s3, Callbacks(windows, anonymous), name, prober), "redis": NoRedis()}

    async def anna() -> None:
        async with database.session() as session:
            query = text("SELECT payload FROM outbox WHERE task = 'encode_video' AND payload->>'jobId' = :job")
            payload = (await session.scalars(query, {"job": str(job.id)})).one()
        await encode_video(context("anna"), payload)
        for part in await waiting(database, job):
            await parts.encode_part(context("anna"), part.model_dump(mode="json", by_alias=True))

    monkeypatch.setattr(parts, "verified", breaks_off)
    working = asyncio.create_task(anna())
    await asyncio.wait_for(reached.wait(), 60)
    if end == "storage away":
        await working
        await pass_time(database, job)
    else:
        if end == "killed":
            monkeypatch.setattr(parts.Hold, "stopped", lambda _: asyncio.sleep(0))
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
    if end == "killed":
        [finish] = [part for part in (await state(viewer, job))["parts"] if part["kind"] == "finish"]
        async with database.session() as session:
            query = text("SELECT id FROM encoding_parts WHERE job_id = :job AND kind = 'finish'")
            await_id = (await session.scalars(query, {"job": job.id})).one()
        assert finish["status"] == "running"
        await expire(database, await_id)
        assert await reap(database, windows, job)
        # The next one is killed as soon as it has reported.
        monkeypatch.setattr(parts.Output, "drop_spare", lambda _: asyncio.sleep(0))
    monkeypatch.setattr(parts, "verified", real)
    [again] = await waiting(database, job)
    await parts.encode_part(context("bert"), again.model_dump(mode="json", by_alias=True))
    shown = await state(viewer, job)
    assert (shown["status"], shown["error"]) == ("completed", None)
    assert shown["report"]["ok"]
    async with database.session() as session:
        query = text("SELECT state FROM masters WHERE video_id = :video")
        assert list(await session.scalars(query, {"video": job.video_id})) == ["current"]
    async with database.session() as session:
        query = text("SELECT payload FROM outbox WHERE task = 'delete_objects' AND payload->>'prefix' LIKE :prefix")
        asked = list(await session.scalars(query, {"prefix": f"{again.output_prefix}%"}))
    if end == "killed":
        for payload in asked:
            await delete_objects(context("carl"), payload)
    left = {entry.key async for entry in s3.list_objects(again.output_bucket, again.output_prefix)}
    assert left
    assert not [key for key in left if "/parts/" in key]
    assert not [payload["prefix"] for payload in asked if payload["prefix"] in left]


async def test_what_two_answers_name_is_done_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The end of a part is reported again when its answer was lost; by then another's answer has named the finish."""
    job = {"jobId": uuid4(), "videoId": uuid4(), "masterBucket": "m", "masterKey": "k", "outputBucket": "o"}
    facts = {**job, "outputPrefix": "p/", "take": 1, "number": 0, "share": "all", "plan": {}}
    window, sound, finish = (PartPayload(**facts, partId=uuid4(), kind=kind) for kind in ("window", "audio", "finish"))
    done: list[PartKind] = []

    async def part(_: Tools, work: PartPayload, __: parts.Hold) -> list[PartPayload]:
        done.append(work.kind)
        return [] if work.kind is PartKind.finish else [finish]

    monkeypatch.setattr(parts, "_part", part)
    await parts.run_parts(Mock(worker_id="anna"), [window, sound])
    assert done == [PartKind.window, PartKind.audio, PartKind.finish]


async def test_a_silent_api_ends_the_work_with_the_lease(windows: Settings, s3: S3) -> None:
    """Somebody else may have it by then: what is stored later would lie about."""

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    settings = windows.model_copy(
        update={"encoding_lease_seconds": 2, "encoding_webhook_url": f"http://127.0.0.1:{port}/"}
    )
    clock = asyncio.get_running_loop().time
    async with httpx.AsyncClient(trust_env=False) as client:
        tools = Tools(settings, s3, Callbacks(settings, client), "anna")
        hold = parts.Hold(tools, {"jobId": "a"})
        begun = clock()
        with pytest.raises(parts.AttemptOver, match="silent"):
            await hold.run(asyncio.Event().wait())
        assert 1.9 < clock() - begun < 4
    server.close()
