"""Growing playlists of divided encodes: written by the control worker, in the order of the film, never shorter."""

import asyncio
import contextlib
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from shared.clients.s3 import S3, ObjectNotFound
from shared.config import Settings
from shared.db.session import Database
from shared.encoding import announcing
from shared.encoding.ladder import Plan
from shared.encoding.models import EncodingJob
from shared.encoding.repository import CHANNEL
from shared.jobs.tasks import PartPayload
from tests.encoding.dividing import Worker, expire, film, manifest_of, reap, state, waiting
from worker.announcing import Announcer
from worker.control import ControlWorker


@pytest.fixture
def announcer(database: Database, s3: S3) -> Announcer:
    return Announcer(database, s3)


def codecs(plan: Plan, part: PartPayload) -> dict[str, str]:
    if part.kind == "audio":
        return {track.name: "mp4a.40.2" for track in plan.audio}
    return {rung.directory: "avc1.64001f" for rung in plan.rungs_of(part.share)}


class Storage:
    """What lies under the generation's prefix."""

    def __init__(self, s3: S3, part: PartPayload) -> None:
        self._s3 = s3
        self._part = part

    async def segments(self, name: str) -> list[str]:
        """The segments that a playlist names; none where there is no playlist."""
        try:
            body = await self._s3.get(self._part.output_bucket, f"{self._part.output_prefix}{name}")
        except ObjectNotFound:
            return []
        assert b"#EXT-X-ENDLIST" not in body
        return [line for line in body.decode().splitlines() if line and not line.startswith("#")]


async def test_what_can_be_watched_grows_in_the_order_of_the_film(
    anonymous: httpx.AsyncClient,
    viewer: httpx.AsyncClient,
    database: Database,
    s3: S3,
    job: EncodingJob,
    anna: Worker,
    bert: Worker,
    announcer: Announcer,
) -> None:
    plan = film()
    low, sound = await anna.divide(plan)
    storage = Storage(s3, low)
    high, first, second, *_ = await waiting(database, job)
    await anna.about(low, "progress", stored=1, codecs=codecs(plan, low))
    await announcer.step()
    assert await storage.segments("master.m3u8") == []
    await anna.about(sound, "progress", stored=50, codecs=codecs(plan, sound))
    await announcer.step()
    assert (await state(viewer, job))["playableSeconds"] == pytest.approx(6, abs=0.1)
    lists = await storage.segments("master.m3u8")
    assert "v360/index.m3u8" in lists
    assert "v720/index.m3u8" not in lists
    playback = (await viewer.get(f"/api/videos/{job.video_id}/playback")).json()
    assert (playback["provider"], playback["encoding"], playback["encodingProgress"]) == ("hls", True, 0)
    assert playback["playableSeconds"] == pytest.approx(6, abs=0.1)
    path = playback["hlsUrl"].removeprefix("http://vms.test")
    assert b"v360" in (await anonymous.get(path)).content
    # A later window is of no use before those between are there.
    await bert.about(second, "progress", stored=10, codecs=codecs(plan, second))
    await announcer.step()
    assert len(await storage.segments("v360/index.m3u8")) == 1
    await anna.about(low, "completed", stored=10, codecs=codecs(plan, low), manifest=manifest_of(low))
    await announcer.step()
    assert len(await storage.segments("v360/index.m3u8")) == 10
    await bert.about(high, "completed", stored=10, codecs=codecs(plan, high), manifest=manifest_of(high))
    await bert.about(first, "progress", stored=3, codecs=codecs(plan, first))
    await announcer.step()
    assert len(await storage.segments("v720/index.m3u8")) == 13
    assert "v720/index.m3u8" in await storage.segments("master.m3u8")
    assert (await state(viewer, job))["playableSeconds"] == pytest.approx(78, abs=0.1)


async def test_after_a_loss_nothing_gets_shorter(
    viewer: httpx.AsyncClient,
    settings: Settings,
    database: Database,
    s3: S3,
    job: EncodingJob,
    anna: Worker,
    announcer: Announcer,
) -> None:
    plan = film(120, audio=False)
    (head,) = await anna.divide(plan)
    storage = Storage(s3, head)
    await anna.about(head, "progress", stored=4, codecs=codecs(plan, head))
    await announcer.step()
    before = await storage.segments("v720/index.m3u8")
    await expire(database, head.part_id)
    assert await reap(database, settings, job)
    again = next(part for part in await waiting(database, job) if part.number == 0)
    await anna.about(again, "progress", stored=2, codecs=codecs(plan, again))
    await announcer.step()
    assert await storage.segments("v720/index.m3u8") == before
    assert (await state(viewer, job))["playableSeconds"] == 24
    await anna.about(again, "progress", stored=5, codecs=codecs(plan, again))
    await announcer.step()
    assert await storage.segments("v720/index.m3u8") == [f"seg-0000{number}-2.m4s" for number in range(5)]


@pytest.mark.parametrize("ended", ["cancelled", "finishing"])
async def test_what_has_ended_is_not_announced(
    editor: httpx.AsyncClient,
    database: Database,
    s3: S3,
    job: EncodingJob,
    anna: Worker,
    announcer: Announcer,
    ended: str,
) -> None:
    plan = film(60, audio=False)
    (head,) = await anna.divide(plan)
    await anna.about(head, "progress", stored=4, codecs=codecs(plan, head))
    if ended == "cancelled":
        await editor.post(f"/api/encoding/jobs/{job.id}/cancel")
    else:
        await anna.about(head, "completed", manifest=manifest_of(head))
    await announcer.step()
    assert await Storage(s3, head).segments("master.m3u8") == []
    # Nor by somebody who asked what grows just before.
    async with database.session() as session:
        query = text("SELECT id FROM generations WHERE job_id = :job")
        generation_id = (await session.execute(query, {"job": job.id})).scalar_one()
        assert await announcing.hold(session, job.id, generation_id) is None


async def test_the_finish_begins_after_the_last_announcement(
    database: Database, s3: S3, job: EncodingJob, anna: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An older list must not be written over the last ones, so one waits for the other."""
    plan = film(60, audio=False)
    (head,) = await anna.divide(plan)
    await anna.about(head, "progress", stored=4, codecs=codecs(plan, head))
    writing, go_on = asyncio.Event(), asyncio.Event()
    put = s3.put

    async def slow(*args: Any, **more: Any) -> str:
        if str(job.video_id) in args[1]:  # those of other tests grow too
            writing.set()
            await go_on.wait()
        return await put(*args, **more)

    monkeypatch.setattr(s3, "put", slow)
    announced = asyncio.create_task(Announcer(database, s3).step())
    await writing.wait()
    finishing = asyncio.create_task(anna.about(head, "completed", manifest=manifest_of(head)))
    done, _ = await asyncio.wait({finishing}, timeout=0.3)
    assert not done
    # Meanwhile a second control worker leaves it alone.
    await Announcer(database, s3).step()
    go_on.set()
    await announced
    assert len(await finishing) == 1
    assert len(await Storage(s3, head).segments("v720/index.m3u8")) == 4


async def test_one_job_does_not_keep_the_others_from_being_announced(
    database: Database, s3: S3, job: EncodingJob, anna: Worker, announcer: Announcer
) -> None:
    plan = film(60, audio=False)
    (head,) = await anna.divide(plan)
    await anna.about(head, "progress", stored=1, codecs=codecs(plan, head))
    async with database.session() as session:
        await session.execute(text("UPDATE encoding_jobs SET plan = '{}' WHERE id = :job"), {"job": job.id})
    await announcer.step()
    assert await Storage(s3, head).segments("master.m3u8") == []
    async with database.session() as session:
        query = text("UPDATE encoding_jobs SET plan = :plan WHERE id = :job").bindparams(job=job.id)
        await session.execute(query, {"plan": head.model_dump_json(include={"plan"})[8:-1]})
    await announcer.step()
    assert await Storage(s3, head).segments("master.m3u8") != []


async def test_every_change_of_a_job_is_a_notice(
    database: Database, settings: Settings, editor: httpx.AsyncClient, job: EncodingJob, anna: Worker
) -> None:
    async with database.engine.connect() as connection:
        raw = await connection.get_raw_connection()
        heard: asyncio.Queue[str] = asyncio.Queue()
        driver: Any = raw.driver_connection
        await driver.add_listener(CHANNEL, lambda *notice: heard.put_nowait(notice[3]))
        try:
            (head, _) = await anna.divide(film())
            await anna.about(head, "progress", progress=10)
            await anna.about(head, "failed", error={"code": "X", "message": ""})
            await editor.post(f"/api/encoding/jobs/{job.id}/cancel")
            for _ in range(5):
                assert await asyncio.wait_for(heard.get(), 5) == str(job.id)
        finally:
            await driver.reset()


async def test_the_control_worker_announces(
    viewer: httpx.AsyncClient, settings: Settings, job: EncodingJob, anna: Worker
) -> None:
    plan = film(60, audio=False)
    (head,) = await anna.divide(plan)
    control = asyncio.create_task(ControlWorker(settings).run())
    try:
        await anna.about(head, "progress", stored=1, codecs=codecs(plan, head))
        async with asyncio.timeout(10):
            while (await state(viewer, job))["playableSeconds"] != 6:
                await asyncio.sleep(0.05)
    finally:
        control.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await control
