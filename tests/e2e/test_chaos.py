"""Twenty jobs, three workers, and everything that can die dies: all jobs end whole, and nothing is left over."""

import asyncio
import random
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import imageio_ffmpeg
import pytest

from shared.clients.s3 import S3
from tests.cli.waiting import until
from tests.e2e.conftest import FINAL, Running, objects_of, running, send

LONG, SHORT, WORKERS = 8, 12, 3
#: Longer than the API takes to be back.
LEASE_SECONDS = 10


def film(path: Path, *, seconds: int) -> Path:
    """A cheap one: three rungs, five frames a second."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "lavfi"]
    command += ["-i", f"testsrc2=s=1280x720:r=5:d={seconds}", "-f", "lavfi", "-i", f"sine=d={seconds}"]
    command += ["-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-c:a", "aac", str(path)]
    subprocess.run(command, check=True, timeout=60)
    return path


async def jobs_of(client: httpx.AsyncClient) -> dict[str, dict[str, Any]]:
    """Every job; an API that is down is asked again."""
    while True:
        try:
            answer = (await client.get("/api/encoding/jobs?limit=100")).raise_for_status()
        except httpx.HTTPError:
            await asyncio.sleep(0.2)
            continue
        return {job["id"]: job for job in answer.json()["items"]}


async def wait_for(client: httpx.AsyncClient, done: Callable[[list[dict[str, Any]]], bool], *, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not done(jobs := list((await jobs_of(client)).values())):
        assert time.monotonic() < deadline, [
            (job["status"], job["progress"], job["attempt"], job["error"]) for job in jobs if job["status"] not in FINAL
        ]
        await asyncio.sleep(0.2)


def finished(jobs: list[dict[str, Any]]) -> int:
    return sum(job["status"] in FINAL for job in jobs)


def progress_of(jobs: list[dict[str, Any]]) -> int:
    return sum(job["progress"] for job in jobs)


@pytest.mark.soak
async def test_chaos(tmp_path: Path) -> None:
    long, short = film(tmp_path / "long.mp4", seconds=30), film(tmp_path / "short.mp4", seconds=3)
    luck = random.Random(7)
    tight = {"ENCODING_LEASE_SECONDS": str(LEASE_SECONDS), "ENCODING_WINDOW_SECONDS": "6"}
    with running(tmp_path / "stack", workers=WORKERS, **tight) as stack:
        async with stack.client() as client, S3(stack.settings) as storage:
            files = [long] * LONG + [short] * SHORT
            luck.shuffle(files)
            sent = [await send(client, file) for file in files]
            await disturb(stack, client, luck)
            await wait_for(client, lambda jobs: finished(jobs) == len(files), seconds=240)
            jobs = await jobs_of(client)
            assert {job["status"] for job in jobs.values()} == {"completed"}
            await check_generations(stack, client, storage, [headers["x-video-id"] for headers in sent])
            await check_takes(stack)


async def disturb(stack: Running, client: httpx.AsyncClient, luck: random.Random) -> None:
    """Each worker is killed twice, Redis and the API once; in between the jobs get on a little."""
    for other in luck.sample(["valkey", "api"], 2):
        workers = until(lambda: len(found := stack.pids("encode")) == WORKERS and found, seconds=30, what="workers")
        [server] = stack.pids(other)
        for pid in luck.sample([*workers, server], WORKERS + 1):
            before = progress_of(list((await jobs_of(client)).values()))
            await wait_for(client, lambda jobs, before=before: progress_of(jobs) > before, seconds=60)
            stack.kill(pid)


async def check_generations(stack: Running, client: httpx.AsyncClient, storage: S3, video_ids: list[str]) -> None:
    """Each video has one published generation that verified, and storage holds nothing else."""
    published = {}
    for video_id in video_ids:
        video = (await client.get(f"/api/videos/{video_id}")).json()
        published[video_id] = video["generation"]
        assert video["generation"]
    for job in (await jobs_of(client)).values():
        report = (await client.get(f"/api/encoding/jobs/{job['id']}")).json()["report"]
        assert report["ok"], [check for check in report["checks"] if not check["ok"]]

    async def generations() -> set[tuple[str, str]]:
        keys = [key.split("/") for key in await objects_of(storage, stack.settings) if key.startswith("hls/")]
        return {(key[1], key[2]) for key in keys}

    deadline = time.monotonic() + 60
    while (found := await generations()) != set(published.items()):
        assert time.monotonic() < deadline, f"left over: {found - set(published.items())}"
        await asyncio.sleep(0.5)
    keys = await objects_of(storage, stack.settings)
    assert not [key for key in keys if "/parts/" in key]


async def check_takes(stack: Running) -> None:
    """A kill costs the one window or the one job that its worker had in hand; Redis and the API cost nothing."""
    connection = await asyncpg.connect(stack.env["DATABASE_URL"])
    try:
        parts = await connection.fetch("SELECT kind, number, take, failures FROM encoding_parts")
        jobs = await connection.fetch("SELECT lost_count, attempt, attempt_count FROM encoding_jobs")
    finally:
        await connection.close()
    kills = 2 * WORKERS
    again = [part["take"] - 1 for part in parts if part["kind"] == "window"]
    assert len(again) >= LONG
    assert sum(part["failures"] for part in parts) == sum(job["attempt_count"] for job in jobs) == 0
    assert sum(again) <= kills
    assert sum(job["attempt"] - 1 for job in jobs) <= kills
