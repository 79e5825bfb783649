"""``vms keys`` and ``vms users`` with DATABASE_URL and nothing else."""

import json
import os
import subprocess
import sys
from uuid import uuid4

import pytest

from cli.ports import free_port
from shared.auth.passwords import verify_password
from shared.auth.repository import user_by_email
from shared.config import Settings
from shared.db.session import Database

CODE = "from cli.main import app; app()"
KEPT = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH") if name in os.environ}


def vms(directory, database_url: str, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-c", CODE, "--data-dir", str(directory), *arguments],
        env=KEPT | {"DATABASE_URL": database_url},
        input=stdin,
        capture_output=True,
        timeout=30,
        check=False,
    )


@pytest.mark.parametrize("line_end", [b"", b"\n", b"\r\n"])
async def test_a_password_is_stored_as_given(tmp_path, settings: Settings, database: Database, line_end: bytes):
    assert settings.database_url is not None
    email, password = f"{uuid4().hex}@example.org", "  correct horse battery\t "
    arguments = ("users", "create", "--email", email, "--role", "viewer", "--password-stdin")
    answer = vms(tmp_path, settings.database_url.get_secret_value(), *arguments, stdin=password.encode() + line_end)
    assert answer.returncode == 0, answer.stderr
    async with database.session() as session:
        user = await user_by_email(session, email)
    assert user is not None
    assert verify_password(user.password_hash, password)
    assert not verify_password(user.password_hash, password.strip())


def test_the_database_alone_is_enough(tmp_path, settings: Settings):
    assert settings.database_url is not None
    answer = vms(tmp_path, settings.database_url.get_secret_value(), "keys", "list", "--json")
    assert answer.returncode == 0, answer.stderr
    assert isinstance(json.loads(answer.stdout), list)


@pytest.mark.parametrize("fault", ["nobody listens", "no such database", "not a URL"])
def test_a_database_that_fails_is_told_in_a_sentence(tmp_path, settings: Settings, fault: str):
    assert settings.database_url is not None
    url = {
        "nobody listens": f"postgresql://vms:x@127.0.0.1:{free_port()}/vms",
        "no such database": settings.database_url.get_secret_value() + "-missing",
        "not a URL": "nonsense",
    }[fault]
    answer = vms(tmp_path, url, "keys", "list")
    assert answer.returncode == 1
    [line] = answer.stderr.decode().splitlines()
    assert line.startswith("vms: ")
