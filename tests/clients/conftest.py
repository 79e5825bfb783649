"""The API on a port; the Python package as somebody else would have it, installed and away from this repository."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shared.auth import service as auth_service
from shared.auth.models import Role
from shared.clients.s3 import S3
from shared.config import Settings
from shared.db.session import Database
from tests.uploads.conftest import Api, running_api

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "clients" / "python" / "examples" / "list_videos.py"
Finished = subprocess.CompletedProcess[str]


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with nothing but ``vms-client``."""
    target = tmp_path_factory.mktemp("installed")
    uv = [sys.executable, str(ROOT / "scripts" / "bootstrap.py"), "uv"]
    install = ["pip", "install", "--quiet", "--no-deps", "--target", str(target), str(ROOT / "clients" / "python")]
    done = subprocess.run([*uv, *install], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return target


@pytest.fixture(scope="session")
def python(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Finished]:
    """Runs Python with the package on its path, in a directory of its own."""
    cwd = tmp_path_factory.mktemp("elsewhere")

    def run(*arguments: str | Path, **environment: str) -> Finished:
        env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(installed), "NO_PROXY": "*", **environment}
        command = [sys.executable, "-W", "error", *map(str, arguments)]
        return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False, timeout=60)

    return run


@pytest.fixture(scope="session")
def api(settings: Settings, s3: S3, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """The API that these tests share."""
    with running_api(settings, log=tmp_path_factory.mktemp("api") / "api.log") as found:
        yield found


@pytest.fixture(scope="session")
async def key(database: Database) -> str:
    """A viewer's key."""
    async with database.session() as session:
        _, made = await auth_service.create_key(session, auth_service.SYSTEM, name="clients", role=Role.viewer)
    return made
