"""The API keeps what its OpenAPI document says, whatever is sent: requests made up by schemathesis, every check on.

No 5xx, no undocumented status, content type, header or body; what the document allows is accepted, what it forbids is
refused; authentication is not ignored. hooks.py and schemathesis.toml say what is left out, and why.
"""

import os
import subprocess
import sys
from pathlib import Path

from shared.auth import service as auth_service
from shared.auth.models import Role
from shared.clients.s3 import S3
from shared.config import Settings
from shared.db.session import Database
from tests.uploads.conftest import running_api

HERE = Path(__file__).parent


async def test_whatever_is_sent_is_answered_as_documented(
    settings: Settings, s3: S3, database: Database, tmp_path: Path
) -> None:
    async with database.session() as session:
        row, key = await auth_service.create_key(session, auth_service.SYSTEM, name="made up", role=Role.admin)
    with running_api(settings, log=tmp_path / "api.log") as api:
        command = [
            str(Path(sys.executable).with_name("schemathesis")),
            "--config-file",
            str(HERE / "schemathesis.toml"),
        ]
        command += ["run", f"{api.base_url}/api/openapi.json", "--header", f"Authorization: Bearer {key}"]
        command += ["--phases", "examples,coverage,fuzzing", "--max-examples", "6", "--seed", "20261120"]
        command += ["--checks", "all", "--continue-on-failure", "--no-color", "--suppress-health-check", "all"]
        environment = {
            **os.environ,
            "SCHEMATHESIS_HOOKS": "tests.contract.hooks",
            "PYTHONPATH": str(HERE.parents[1]),
            "VMS_TEST_KEY_ID": str(row.id),
        }
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=170
        )
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2000:]
    assert "Tested:" in done.stdout
    assert "http.crash" not in (tmp_path / "api.log").read_text()
