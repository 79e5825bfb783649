"""Both clients are what the generators make of the API as it is."""

import json
import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.clients.conftest import ROOT

# The generators are installed once, by one process.
pytestmark = pytest.mark.xdist_group("clients")

CLIENTS = ("web/src/client", "clients/python/vms_client")


@pytest.fixture(scope="module")
def printed() -> bytes:
    """What ``python -m api.openapi`` says in an empty environment."""
    return print_document({})


def print_document(env: dict[str, str]) -> bytes:
    command = [sys.executable, "-m", "api.openapi"]
    return subprocess.run(command, cwd=ROOT, env=env, check=True, capture_output=True, timeout=60).stdout


def files(directory: Path) -> dict[str, bytes]:
    """Content by relative path."""
    found = (path for path in directory.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(directory).as_posix(): path.read_bytes() for path in found}


def differences(kept: dict[str, bytes], made: dict[str, bytes]) -> list[str]:
    """What is missing, left over or changed."""
    return sorted(
        [f"missing: {name}" for name in made.keys() - kept.keys()]
        + [f"left over: {name}" for name in kept.keys() - made.keys()]
        + [f"changed: {name}" for name in kept.keys() & made.keys() if kept[name] != made[name]]
    )


def test_the_clients_are_up_to_date(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "clients.py", "--root", tmp_path],
        capture_output=True, text=True, check=False, timeout=150,
    )  # fmt: skip
    assert done.returncode == 0, f"`make clients` would fail:\n{done.stderr}"
    for client in CLIENTS:
        made = files(tmp_path / client)
        assert made
        found = differences(files(ROOT / client), made)
        assert not found, f"{client} is stale, run `make clients`:\n" + "\n".join(found)


def test_every_kind_of_difference_is_found() -> None:
    kept, made = {"same": b"1", "old": b"1", "more": b"1"}, {"same": b"1", "old": b"2", "new": b"1"}
    assert differences(kept, made) == ["changed: old", "left over: more", "missing: new"]
    assert not differences(made, made)


async def test_the_document_is_the_served_one_and_needs_no_environment(
    printed: bytes, anonymous: httpx.AsyncClient
) -> None:
    assert print_document({**os.environ, "PYTHONHASHSEED": "7", "LOG_LEVEL": "no such level"}) == printed
    assert json.loads(printed) == (await anonymous.get("/api/openapi.json")).json()


def test_every_operation_is_in_both(printed: bytes) -> None:
    paths = json.loads(printed)["paths"].values()
    ids = {operation["operationId"] for path in paths for operation in path.values()}
    python = {path.stem for path in (ROOT / CLIENTS[1] / "api").glob("*/*.py")} - {"__init__"}
    assert python == {name.replace("-", "_") for name in ids}
    sdk = (ROOT / CLIENTS[0] / "sdk.gen.ts").read_text()
    functions = {line.split()[2] for line in sdk.splitlines() if line.startswith("export const ")}
    assert {name.lower() for name in functions} == {name.replace("-", "") for name in ids}


def test_the_locks_name_no_registry() -> None:
    lock = (ROOT / "clients" / "generators" / "package-lock.json").read_text()
    assert '"resolved"' not in lock
    assert "://" not in (ROOT / "clients" / "generators" / "requirements.lock").read_text()
