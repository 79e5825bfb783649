"""``vms up`` and ``vms env``: the whole stack, as an operator runs it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from cli.context import NoStack, running_stack
from cli.main import app
from cli.ports import free_port
from cli.stack import SETTING_NAMES
from tests.cli.waiting import processes_below, until, until_gone

OWN = {name: value for name, value in os.environ.items() if name not in SETTING_NAMES}
ROLES = ["api", "control", "encode", "encode", "postgres", "seaweedfs", "supervisor", "transfer", "valkey"]


def vms(*arguments) -> list[str]:
    return [sys.executable, "-c", "from cli.main import app; app()", *map(str, arguments)]


def run(*arguments, **settings) -> subprocess.CompletedProcess:
    env = OWN | settings.pop("env", {})
    return subprocess.run(vms(*arguments), env=env, capture_output=True, text=True, timeout=30, check=False, **settings)


class Up:
    """A running ``vms up --json``."""

    def __init__(self, process: subprocess.Popen, directory: Path, port: int) -> None:
        self.process, self.directory, self.port = process, directory, port
        self.url = f"http://127.0.0.1:{port}"

    def until_event(self, name: str) -> dict:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            event = json.loads(line)
            if event["event"] == name:
                return event
        raise AssertionError(f"vms up ended before {name!r}")

    def pids(self, role: str | None = None) -> list[int]:
        """Of one role, or of all with the supervisor."""
        record = running_stack(self.directory)
        found = [("supervisor", record.supervisor.pid), *((one.role, one.identity.pid) for one in record.processes)]
        return [pid for name, pid in found if role in (None, name)]

    def is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", timeout=5, trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False


@contextmanager
def up(directory: Path, *options, port: int | None = None) -> Iterator[Up]:
    port = port or free_port()
    home, here = directory.parent / "home", directory.parent / "here"
    for place in (home, here):
        place.mkdir(exist_ok=True)
    command = vms("up", "--data-dir", directory, "--port", port, "--json", *options)
    with subprocess.Popen(
        command,
        env=OWN | {"HOME": str(home), "TMPDIR": str(home)},
        cwd=here,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        stack = Up(process, directory, port)
        try:
            stack.until_event("ready")
            yield stack
        finally:
            process.terminate()
    ports = json.loads((directory / "ports.json").read_text())
    sockets = [
        path for number in range(5) for path in Path("/tmp").glob(f"seaweedfs*{ports['seaweedfs'] + number}.sock")
    ]
    assert [*sockets, *home.iterdir(), *here.iterdir()] == [], "something was left outside the data directory"


def test_a_life_of_two_stacks_side_by_side(tmp_path):
    one, other = tmp_path / "stack one", tmp_path / "stack two"
    with up(one, "--workers", 2) as first, up(other, "--workers", 0) as second:
        assert first.is_ready()
        assert second.is_ready()
        settings = json.loads(run("env", "--json", "--data-dir", one).stdout)
        assert sorted(process["role"] for process in settings["processes"]) == ROLES
        assert settings["API_URL"] == first.url
        assert all(settings[name] for name in SETTING_NAMES)
        assert len(settings["ENCODING_WEBHOOK_SECRET"]) >= 32
        assert second.pids("encode") == []
        assert set(second.pids()).isdisjoint(first.pids())

        shell = ["bash", "-c", 'eval "$("$@")" && printf %s "$DATABASE_URL"', "-", *vms("--data-dir", one, "env")]
        assert subprocess.check_output(shell, env=OWN, text=True) == settings["DATABASE_URL"]

        refused = run("up", "--data-dir", one, "--port", free_port())
        assert refused.returncode == 1
        assert "A stack already runs on" in refused.stderr

        [api] = first.pids("api")
        os.kill(api, signal.SIGKILL)
        killed = time.monotonic()
        until(lambda: first.pids("api") not in ([], [api]), seconds=5, what="the restart of the API")
        assert time.monotonic() - killed < 5
        until(first.is_ready, seconds=20, what="readiness after the restart")

        everything = first.pids()
        first.process.send_signal(signal.SIGINT)
        assert first.process.wait(20) == 130
        until_gone(everything, seconds=0.5)
        assert second.is_ready()
        second.process.send_signal(signal.SIGTERM)
        assert second.process.wait(20) == 143
    assert not processes_below(one)
    assert not processes_below(other)


def test_kill_9_then_up_again_takes_over(tmp_path):
    directory = tmp_path / "a stack"
    with up(directory) as first:
        everything = first.pids()
        first.process.kill()
        until_gone(everything, seconds=5)
        with pytest.raises(NoStack, match="No stack runs on"):
            running_stack(directory)
        with up(directory, port=first.port) as second:
            assert second.is_ready()
            assert running_stack(directory).env["API_URL"] == first.url


def test_a_signal_while_it_starts_stops_it(tmp_path):
    directory = tmp_path / "a stack"
    with subprocess.Popen(
        vms("up", "--data-dir", directory, "--port", free_port(), "--json"),
        env=OWN,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        Up(process, directory, 0).until_event("started")
        process.terminate()
        assert process.wait(20) == 143
    assert not processes_below(directory)


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_a_taken_port_is_named_at_once_and_nothing_is_started(tmp_path, host):
    with socket.create_server((host, 0)) as taken:
        port = taken.getsockname()[1]
        began = time.monotonic()
        answer = run("up", "--data-dir", tmp_path / "d", "--port", port, "--json")
    assert time.monotonic() - began < 10
    assert answer.returncode == 1
    assert f"Port {port} on 127.0.0.1 is taken" in answer.stderr
    [event] = [json.loads(line) for line in answer.stdout.splitlines()]
    assert (event["event"], event["code"]) == ("error", "unavailable")
    assert not (tmp_path / "d" / "postgres").exists()


@pytest.mark.parametrize("arguments", [["--help"], ["up", "--help"], ["env", "--help"]])
def test_help_teaches(arguments):
    answer = CliRunner().invoke(app, arguments)
    assert answer.exit_code == 0
    assert "--data-dir" in answer.output


@pytest.mark.parametrize("arguments", [["up", "--workers", "-1"], ["up", "--port", "70000"], ["nonsense"]])
def test_wrong_use_exits_with_2(arguments):
    assert CliRunner().invoke(app, arguments).exit_code == 2


def test_options_and_environment_choose_the_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def asked(*arguments, **env):
        answer = CliRunner().invoke(app, arguments, env={"VMS_DATA_DIR": None} | env)
        assert answer.exit_code == 1
        return answer.stderr

    assert f"on {tmp_path / '.vms'}." in asked("env")
    assert f"on {tmp_path / 'e'}." in asked("env", VMS_DATA_DIR="e")
    assert f"on {tmp_path / 'b'}." in asked("--data-dir", "b", "env", VMS_DATA_DIR="e")
    assert f"on {tmp_path / 'a'}." in asked("--data-dir", "b", "env", "--data-dir", "a", VMS_DATA_DIR="e")
