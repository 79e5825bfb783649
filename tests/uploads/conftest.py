"""The API as a process of its own on a real port, and a small tus client that can misbehave."""

import asyncio
import hashlib
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from shared.auth import service as auth_service
from shared.auth.models import Role
from shared.clients.s3 import S3
from shared.config import Settings
from shared.db.session import Database
from shared.encoding import service as encoding_service
from shared.uploads.finish import Backends
from shared.uploads.models import Upload
from shared.videos import service as videos_service
from shared.videos.models import Master
from tests.uploads.client import NO_TLS, Tus

ROOT = Path(__file__).parents[2]
MIB = 1024 * 1024
START_SECONDS = 20


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that share a running API run in one process, which starts it once."""
    for item in items:
        if {"api", "start_api", "cut_wire"} & {*getattr(item, "fixturenames", ())}:
            item.add_marker(pytest.mark.xdist_group("uploads"))


@dataclass
class Api:
    """A running API."""

    base_url: str
    process: subprocess.Popen[bytes]

    @property
    def port(self) -> int:
        return int(self.base_url.rsplit(":", 1)[1])

    def kill(self) -> None:
        """``kill -9``."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def environment(settings: Settings, **changes: object) -> dict[str, str]:
    """The environment that makes the API read these settings."""
    values = {name: getattr(settings, name) for name in Settings.model_fields if name in settings.model_fields_set}
    plain = {name: getattr(value, "get_secret_value", lambda v=value: v)() for name, value in values.items()}
    wanted = {name.upper(): str(value) for name, value in (plain | changes).items() if value is not None}
    return {"PATH": os.environ["PATH"], **wanted}


@contextmanager
def running_api(settings: Settings, *, port: int = 0, log: Path, **changes: object) -> Iterator[Api]:
    """Run ``python -m api`` until the block ends."""
    if not port:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
    base_url = f"http://127.0.0.1:{port}"
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "api", "--port", str(port)],
            env=environment(settings, **{"public_base_url": base_url, **changes}),
            cwd=ROOT,
            stdout=out,
            stderr=out,
        )
    try:
        _wait_for(base_url, process, log)
        yield Api(base_url, process)
    finally:
        process.kill()
        process.wait()


def _wait_for(base_url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    with httpx.Client(base_url=base_url, verify=NO_TLS) as client:
        while time.monotonic() < deadline and process.poll() is None:
            try:
                if client.get("/healthz").is_success:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
    raise AssertionError(f"the API does not start:\n{log.read_text()[-3000:]}")


@pytest.fixture(scope="session")
def start_api(settings: Settings, s3: S3, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Api]]:
    """Starts an API with some settings changed; it runs until the tests end."""
    log = tmp_path_factory.mktemp("api") / "api.log"
    with ExitStack() as stack:
        yield lambda **changes: stack.enter_context(running_api(settings, log=log, **changes))


@pytest.fixture(scope="session")
def api(start_api: Callable[..., Api]) -> Api:
    """The API that most tests share."""
    return start_api(upload_max_bytes=100 * MIB)


async def new_key(database: Database, role: Role) -> str:
    """A fresh API key."""
    async with database.session() as session:
        return (await auth_service.create_key(session, auth_service.SYSTEM, name="uploads test", role=role))[1]


@pytest.fixture(scope="session")
async def key(database: Database) -> str:
    """An editor's key."""
    return await new_key(database, Role.editor)


@pytest.fixture
async def tus(api: Api, key: str) -> AsyncIterator[Tus]:
    """An editor's tus client."""
    async with Tus(api.base_url, key) as client:
        yield client


def video(size: int, *, seed: int = 1) -> bytes:
    """Bytes that begin like an MP4 file and cannot be compressed or confused with another seed's."""
    head = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isommp42"
    return (head + random.Random(seed).randbytes(max(0, size - len(head))))[:size]


def sha256(data: bytes) -> str:
    """Hex digest."""
    return hashlib.sha256(data).hexdigest()


@dataclass
class Stored:
    """What of an upload is in the database and in S3."""

    database: Database
    s3: S3
    bucket: str

    async def row(self, url: str) -> Upload | None:
        """The upload's row."""
        async with self.database.session() as session:
            return await session.get(Upload, upload_id(url))

    async def released(self, url: str) -> None:
        """Wait until no request holds the upload."""
        while (row := await self.row(url)) is not None and row.lock_token is not None:
            await asyncio.sleep(0.01)

    async def video(self, video_id: str) -> Master:
        """The current master of a video."""
        async with self.database.session() as session:
            found = await videos_service.current_master(session, UUID(video_id))
        assert found is not None
        return found

    async def content(self, master: Master) -> bytes:
        """The bytes of a master."""
        return await self.s3.get(master.bucket, master.key)

    async def traces(self, url: str, row: Upload) -> list[str]:
        """Everything in S3 that belongs to an upload: objects, tail pieces, multipart uploads."""
        prefixes = (row.key, f"uploads/{upload_id(url)}/")
        objects = [entry.key for prefix in prefixes async for entry in self.s3.list_objects(self.bucket, prefix)]
        multiparts = [key async for page in self.s3.list_multiparts(self.bucket, row.key) for key, _ in page]
        return objects + multiparts

    async def change(self, url: str, **values: object) -> None:
        """Write to the row."""
        async with self.database.session() as session:
            row = await session.get(Upload, upload_id(url))
            assert row is not None
            for name, value in values.items():
                setattr(row, name, value)


def upload_id(url: str) -> UUID:
    """The id at the end of an upload's URL."""
    return UUID(url.rsplit("/", 1)[1])


@pytest.fixture(scope="session")
def stored(database: Database, s3: S3, settings: Settings) -> Stored:
    """Looks behind the API."""
    return Stored(database, s3, settings.s3_masters_bucket)


@pytest.fixture(scope="session")
def backends(database: Database, s3: S3, settings: Settings) -> Backends:
    """What the sweep of the control worker works with."""

    async def start_encode(session: AsyncSession, actor: str, video_id: UUID) -> UUID:
        return (await encoding_service.request_encode(session, settings, actor, video_id)).id

    return Backends(database, s3, settings, start_encode)
