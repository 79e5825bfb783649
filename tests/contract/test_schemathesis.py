"""The API keeps what its OpenAPI document says, whatever is sent: requests made up by schemathesis, every check on.

No 5xx, no undocumented status, content type, header or body; what the document allows is accepted, what it forbids is
refused; authentication is not ignored. hooks.py and schemathesis.toml say what is left out, and why.
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from pydantic import SecretStr

from shared.auth import service as auth_service
from shared.auth.models import Role
from shared.clients.s3 import S3
from shared.config import Settings
from shared.db.migrate import upgrade
from shared.db.session import Database
from tests.uploads.conftest import running_api

HERE = Path(__file__).parent


@pytest.fixture
async def own_settings(settings: Settings) -> AsyncIterator[Settings]:
    """Settings with a database of its own: made-up requests also revoke keys and delete users."""
    assert settings.database_url is not None
    url = settings.database_url.get_secret_value()
    name = f"contract_{uuid4().hex}"
    connection = await asyncpg.connect(url)
    await connection.execute(f"CREATE DATABASE {name}")
    own = f"{url.rpartition('/')[0]}/{name}"
    await asyncio.to_thread(upgrade, own)
    yield settings.model_copy(update={"database_url": SecretStr(own)})
    await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await connection.close()


async def test_whatever_is_sent_is_answered_as_documented(own_settings: Settings, s3: S3, tmp_path: Path) -> None:
    database = Database(own_settings, pool_size=1)
    async with database.session() as session:
        row, key = await auth_service.create_key(session, auth_service.SYSTEM, name="made up", role=Role.admin)
    await database.dispose()
    with running_api(own_settings, log=tmp_path / "api.log") as api:
        command = [
            str(Path(sys.executable).with_name("schemathesis")),
            "--config-file",
            str(HERE / "schemathesis.toml"),
        ]
        command += ["run", f"{api.base_url}/api/openapi.json", "--header", f"Authorization: Bearer {key}"]
        command += ["--phases", "examples,coverage,fuzzing", "--max-examples", "3", "--seed", "20261120"]
        command += ["--checks", "all", "--continue-on-failure", "--no-color", "--suppress-health-check", "all"]
        environment = {
            **os.environ,
            "SCHEMATHESIS_HOOKS": "tests.contract.hooks",
            "PYTHONPATH": str(HERE.parents[1]),
            "VMS_TEST_KEY_ID": str(row.id),
        }
        done = await asyncio.to_thread(
            subprocess.run,
            command,
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=170,
        )
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2000:]
    assert "Tested:" in done.stdout
    assert "http.crash" not in (tmp_path / "api.log").read_text()
