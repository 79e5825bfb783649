"""A whole stack, started with the real command, and what a user does with it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import imageio_ffmpeg
import pytest

from cli.context import running_stack
from cli.ports import free_port
from cli.tus import upload
from shared.clients.s3 import S3
from shared.config import Settings
from tests.cli.waiting import until
from tests.uploads.client import NO_TLS

VMS = (str(Path(sys.executable).with_name("vms")),)
FINAL = {"completed", "failed", "cancelled"}
#: Asking costs the machine as much as a part of an encode.
PAUSE_SECONDS = 0.1


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of one stack run in one process, which starts it once."""
    for item in items:
        if "stack" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("stack"))


@dataclass
class Running:
    """A stack that runs: its process, its settings, and a key for each use."""

    process: subprocess.Popen[bytes]
    data_dir: Path
    env: dict[str, str]
    key: str

    def pids(self, role: str) -> list[int]:
        return [one.identity.pid for one in running_stack(self.data_dir).processes if one.role == role]

    def vms(self, *arguments: str) -> Any:
        command = [*VMS, *arguments, "--data-dir", str(self.data_dir), "--json"]
        return json.loads(subprocess.run(command, check=True, capture_output=True, timeout=60).stdout)

    @property
    def settings(self) -> Settings:
        return Settings.model_validate({name.lower(): value for name, value in self.env.items()})

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url=self.env["API_URL"],
            headers={"Authorization": f"Bearer {self.key}"},
            timeout=30,
            trust_env=False,
            verify=NO_TLS,
        )

    def kill(self, pid: int) -> None:
        os.kill(pid, signal.SIGKILL)


@contextmanager
def running(data_dir: Path, *, workers: int, **settings: str) -> Iterator[Running]:
    """``vms up`` until the block ends."""
    port = free_port()
    command = [*VMS, "up", "--data-dir", str(data_dir), "--port", str(port), "--workers", str(workers), "--json"]
    process = subprocess.Popen(
        command, env={**os.environ, **settings}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        assert process.stdout is not None
        seen = []
        for line in process.stdout:
            seen.append(json.loads(line))
            if seen[-1]["event"] == "ready":
                break
        assert seen, "the stack printed nothing"
        assert seen[-1]["event"] == "ready", seen
        stack = Running(process, data_dir, running_stack(data_dir).env, "")
        stack.key = stack.vms("keys", "create", "--role", "admin", "--name", "e2e")["key"]
        yield stack
    finally:
        process.terminate()
        process.communicate(timeout=30)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One stack with one encode worker, with the settings a user gets."""
    with running(tmp_path_factory.mktemp("stack"), workers=1) as found:
        yield found


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fifty seconds of one rung: long enough to be disturbed, and half of the demo clip's work."""
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=640x360:r=25:d=50"]
    command += ["-f", "lavfi", "-i", "sine=d=50", "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac"]
    subprocess.run([*command, str(path)], check=True, timeout=60)
    return path


@pytest.fixture
async def client(stack: Running) -> AsyncIterator[httpx.AsyncClient]:
    async with stack.client() as found:
        yield found


@pytest.fixture
async def storage(stack: Running) -> AsyncIterator[S3]:
    async with S3(stack.settings) as found:
        yield found


async def send(client: httpx.AsyncClient, file: Path, **metadata: str) -> httpx.Headers:
    """Upload a file and ask for its encode."""
    names = {"filename": file.name, "encode": "true", **metadata}
    return await upload(client, "/api/upload/video", file, metadata=names, on_sent=lambda _: None)


async def job_of(client: httpx.AsyncClient, job_id: str) -> dict[str, Any]:
    found: dict[str, Any] = (await client.get(f"/api/encoding/jobs/{job_id}")).raise_for_status().json()
    return found


def wait_for_job(stack: Running, job_id: str, done: Any, *, seconds: float) -> dict[str, Any]:
    """Look at a job until ``done(job)``."""
    last: dict[str, Any] = {}
    headers = {"Authorization": f"Bearer {stack.key}"}
    with httpx.Client(
        base_url=stack.env["API_URL"], headers=headers, trust_env=False, timeout=30, verify=NO_TLS
    ) as client:

        def look() -> dict[str, Any] | None:
            nonlocal last
            try:
                answer = client.get(f"/api/encoding/jobs/{job_id}")
            except httpx.TransportError:
                return None
            if answer.status_code != httpx.codes.OK:
                return None
            last = answer.json()
            return last if done(last) else None

        try:
            return until(look, seconds=seconds, what="the job", pause_seconds=PAUSE_SECONDS)
        except AssertionError as error:
            raise AssertionError(f"{error}; it is at {last}") from error


async def objects_of(s3: S3, settings: Settings, prefix: str = "") -> list[str]:
    """Keys in both buckets that begin with ``prefix``, or that lie below a video's or upload's id."""
    found = [f"hls/{entry.key}" async for entry in s3.list_objects(settings.s3_hls_bucket, prefix)]
    return found + [f"masters/{entry.key}" async for entry in s3.list_objects(settings.s3_masters_bucket, prefix)]


async def fetch_output(client: httpx.AsyncClient, hls_url: str, directory: Path) -> Path:
    """Everything the playlists name, as files in the same places."""
    base = hls_url.removesuffix("master.m3u8")

    async def get(name: str) -> bytes:
        answer = (await client.get(base + name)).raise_for_status()
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(answer.content)
        return answer.content

    def names(playlist: bytes) -> list[str]:
        lines = playlist.decode().splitlines()
        quoted = [line.split('URI="')[1].split('"')[0] for line in lines if 'URI="' in line]
        return list(dict.fromkeys([*quoted, *(line for line in lines if line and not line.startswith("#"))]))

    for playlist in names(await get("master.m3u8")):
        folder = playlist.rpartition("/")[0]
        for name in names(await get(playlist)):
            if not (directory / folder / name).exists():
                await get(f"{folder}/{name}")
    return directory
