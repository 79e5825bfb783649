"""Processes die at the worst moment; nothing is lost and nothing is left over."""

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

import httpx
import psutil
from redis.asyncio import Redis

from shared.clients.s3 import S3
from tests.cli.waiting import until, until_gone
from tests.e2e.conftest import FINAL, Running, objects_of, running, send, wait_for_job


async def test_a_killed_worker_costs_a_lease_and_no_more(
    stack: Running, client: httpx.AsyncClient, storage: S3, film: Path
) -> None:
    """With the settings a user gets: done within 60 s of the kill and the time an encode takes; one generation."""
    undisturbed = await send(client, film)
    began = time.monotonic()
    wait_for_job(stack, undisturbed["x-job-id"], lambda job: job["status"] == "completed", seconds=90)
    encode_seconds = time.monotonic() - began
    [worker] = stack.pids("encode")
    done = await send(client, film)
    wait_for_job(stack, done["x-job-id"], lambda job: job["progress"] > 0, seconds=60)
    [ffmpeg] = [child.pid for child in psutil.Process(worker).children() if "ffmpeg" in child.name()]
    stack.kill(worker)
    killed = time.monotonic()
    until_gone([ffmpeg], seconds=5)
    job = wait_for_job(stack, done["x-job-id"], lambda job: job["status"] in FINAL, seconds=60 + 2 * encode_seconds)
    assert time.monotonic() - killed < 60 + encode_seconds
    assert (job["status"], job["attempt"], job["attemptCount"]) == ("completed", 2, 0)
    assert [entry["code"] for entry in job["errorHistory"]] == ["WORKER_LOST"]
    assert stack.pids("encode") != [worker]
    video = (await client.get(f"/api/videos/{done['x-video-id']}")).json()

    async def generations() -> set[str]:
        return {key.split("/")[2] for key in await objects_of(storage, stack.settings, f"{video['id']}/")}

    deadline = time.monotonic() + 30
    while await generations() != {video["generation"]}:
        assert time.monotonic() < deadline, "the lost attempt's objects are still there"
        await asyncio.sleep(0.5)


async def test_flushing_redis_loses_no_job(tmp_path: Path, tiny_clip: Path) -> None:
    with running(tmp_path / "stack", workers=0) as stack:
        async with stack.client() as client, Redis.from_url(stack.env["REDIS_URL"]) as redis:
            jobs = [(await send(client, tiny_clip))["x-job-id"] for _ in range(3)]
            deadline = time.monotonic() + 20
            while await redis.zcard("vms:encode") < len(jobs):
                assert time.monotonic() < deadline, "the jobs did not reach Redis"
                await asyncio.sleep(0.1)
            await redis.flushall()
            assert await redis.zcard("vms:encode") == 0
            worker = await start_worker(stack)
            try:
                for job_id in jobs:
                    job = wait_for_job(stack, job_id, lambda job: job["status"] in FINAL, seconds=90)
                    assert (job["status"], job["attempt"]) == ("completed", 1)
            finally:
                worker.kill()
                await worker.wait()


async def test_a_worker_without_database_credentials_is_enough(stack: Running) -> None:
    for pid in stack.pids("encode") + stack.pids("transfer"):
        environment = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        assert not [entry for entry in environment if entry.startswith(b"DATABASE_URL=")]


async def test_a_stopping_worker_hands_its_job_over_at_once(
    stack: Running, client: httpx.AsyncClient, film: Path
) -> None:
    done = await send(client, film)
    wait_for_job(stack, done["x-job-id"], lambda job: job["progress"] > 0, seconds=60)
    [worker] = stack.pids("encode")
    os.kill(worker, signal.SIGTERM)
    began = time.monotonic()
    wait_for_job(stack, done["x-job-id"], lambda job: job["attempt"] == 2, seconds=10)
    assert time.monotonic() - began < 10
    until(lambda: not Path(f"/proc/{worker}").exists(), seconds=10, what="the worker's end")
    job = wait_for_job(stack, done["x-job-id"], lambda job: job["status"] in FINAL, seconds=90)
    assert job["status"] == "completed"


async def start_worker(stack: Running) -> asyncio.subprocess.Process:
    """One encode worker, as an operator would start it on another machine."""
    env = {**os.environ, **stack.env}
    env.pop("DATABASE_URL")
    return await asyncio.create_subprocess_exec(sys.executable, "-m", "worker", "encode", env=env)
