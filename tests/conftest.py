"""The real servers, one set for each test process, and the application on them."""

import secrets
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import imageio_ffmpeg
import pytest
from _pytest.nodeid import coerce_node_id
from fastapi import FastAPI

from api.main import create_app
from cli.servers import Endpoints, embedded_servers
from shared.auth import service as auth_service
from shared.auth.models import Role
from shared.clients.s3 import S3
from shared.config import Settings
from shared.db.migrate import upgrade
from shared.db.session import Database


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the groups to pytest 9.2, which keeps names where xdist 3.8 does not look."""
    for item in items:
        if named := getattr(item, "_nodeid", None):
            item._id = coerce_node_id(named)  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def endpoints(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoints]:
    """PostgreSQL, Valkey and SeaweedFS in a directory with a space in its name; the schema is up to date."""
    with embedded_servers(tmp_path_factory.mktemp("vms data") / "stack") as found:
        assert found.database_url is not None
        upgrade(found.database_url)
        yield found


@pytest.fixture(scope="session")
def settings(endpoints: Endpoints) -> Settings:
    """Settings of the test process."""
    values = {name.lower(): value for name, value in endpoints.env().items()}
    return Settings(
        **values,
        encoding_webhook_secret=secrets.token_hex(32),
        bunny_token_key=secrets.token_hex(24),
        public_base_url="http://vms.test",
        database_pool_size=8,
    )


@pytest.fixture(scope="session")
async def app(settings: Settings) -> AsyncIterator[FastAPI]:
    """The application with its pools open."""
    made = create_app(settings)
    async with made.router.lifespan_context(made):
        yield made


@pytest.fixture(scope="session")
async def database(app: FastAPI) -> Database:
    """The application's own pool."""
    found: Database = app.state.database
    return found


@pytest.fixture(scope="session")
async def s3(app: FastAPI) -> S3:
    """The application's own client, with both buckets there."""
    found: S3 = app.state.s3
    await found.ensure_buckets()
    return found


def _client(app: FastAPI, key: str | None) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://vms.test", headers=headers)


async def _key(database: Database, role: Role) -> str:
    async with database.session() as session:
        _, key = await auth_service.create_key(session, auth_service.SYSTEM, name=f"test {role}", role=role)
    return key


@pytest.fixture(scope="session")
async def anonymous(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client without credentials."""
    async with _client(app, None) as client:
        yield client


@pytest.fixture(scope="session")
async def viewer(app: FastAPI, database: Database) -> AsyncIterator[httpx.AsyncClient]:
    """A client with a viewer's key."""
    async with _client(app, await _key(database, Role.viewer)) as client:
        yield client


@pytest.fixture(scope="session")
async def editor(app: FastAPI, database: Database) -> AsyncIterator[httpx.AsyncClient]:
    """A client with an editor's key."""
    async with _client(app, await _key(database, Role.editor)) as client:
        yield client


@pytest.fixture(scope="session")
async def admin(app: FastAPI, database: Database) -> AsyncIterator[httpx.AsyncClient]:
    """A client with an admin's key."""
    async with _client(app, await _key(database, Role.admin)) as client:
        yield client


@pytest.fixture(scope="session")
def demo_clip() -> Path:
    """The clip of the demo: 1080p24 film with 5.1 sound."""
    return Path(__file__).parent.parent / "media" / "bbb-demo.mp4"


@pytest.fixture(scope="session")
def tiny_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of 320x180 with sound: encodes in a moment."""
    path = tmp_path_factory.mktemp("clip") / "tiny.mp4"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=2"]
    command += ["-f", "lavfi", "-i", "sine=d=2", "-c:v", "libx264", "-c:a", "aac", "-shortest", str(path)]
    subprocess.run(command, check=True, timeout=60)
    return path
