"""One stack per data directory, and what is left of one whose supervisor was killed with -9."""

import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from cli.context import NoStack, environment
from cli.datadir import DataDir, DataDirError, Record, RunningProcess
from cli.process import Identity
from tests.cli.waiting import alive, until_gone


@contextmanager
def supervising(directory, *litter) -> Iterator[subprocess.Popen]:
    """A process that supervises stand-ins on ``directory``."""
    command = [sys.executable, "-m", "tests.cli.stand_in_supervisor", str(directory), *map(str, litter)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        try:
            yield process
        finally:
            process.kill()


def pids(record: Record | None) -> list[int]:
    assert record is not None
    return [one.identity.pid for one in record.processes]


def test_kill_9_of_the_supervisor_ends_every_child_and_the_next_one_takes_over(data, tmp_path):
    litter = tmp_path / "left behind.sock"
    with supervising(data.path, litter) as first:
        children = pids(data.running())
        assert len(children) == 3
        first.kill()
        until_gone([first.pid, *children], seconds=5)
        assert data.running() is None
        litter.touch()
    with supervising(data.path) as second:
        assert len(pids(data.running())) == 3
        assert not litter.exists()
        second.terminate()
        assert second.wait(10) == 0
    assert not data.state.exists()


def test_a_process_that_survived_is_ended_and_one_that_reuses_a_pid_is_spared(data):
    with (
        subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"]) as survivor,
        subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"]) as bystander,
    ):
        mine, other = Identity.of(survivor.pid), Identity.of(bystander.pid)
        assert mine is not None
        assert other is not None
        earlier = Identity(other.pid, other.started - 1, other.boot)
        data.write_record(
            Record(
                Identity(mine.pid, mine.started - 1, mine.boot),
                {},
                tuple(RunningProcess("api", name, who, signal.SIGTERM) for name, who in (("a", mine), ("b", earlier))),
            )
        )
        with data.locked():
            assert data.take_over() == ["a"]
        assert survivor.wait(5) == -signal.SIGTERM
        assert alive(bystander.pid)
        bystander.kill()


def test_a_damaged_record_stops_nobody(data):
    for damage in ("", "{", "[]", '{"supervisor": {"pid": 1}}'):
        data.state.write_text(damage)
        assert data.take_over() == []
        assert data.running() is None


def test_a_second_stack_on_the_same_directory_refuses(data):
    refusal = pytest.raises(DataDirError, match=rf"already runs on .* \(process {os.getpid()}\)")
    with data.locked(), refusal, DataDir(data.path).locked():
        pass
    with data.locked():
        pass


def test_secrets_are_private_generated_once_and_completed(data):
    secrets = data.secrets()
    path = data.path / "secrets.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert data.secrets() == secrets
    assert len(secrets.encoding_webhook_secret) >= 32
    kept = json.loads(path.read_text())
    del kept["bunny_token_key"]
    path.write_text(json.dumps(kept))
    completed = data.secrets()
    assert completed.encoding_webhook_secret == secrets.encoding_webhook_secret
    assert completed.bunny_token_key != secrets.bunny_token_key


def test_damaged_secrets_are_not_replaced(data):
    (data.path / "secrets.json").write_text("{")
    with pytest.raises(DataDirError, match="is damaged"):
        data.secrets()


def test_a_directory_that_cannot_be_made_is_explained(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(DataDirError, match="Cannot use the data directory"):
        DataDir(tmp_path / "file" / "below").prepare()


def test_settings_come_from_the_running_stack_and_the_environment_wins(data):
    with pytest.raises(NoStack, match="No stack runs on"):
        environment(data.path, outside={})
    with supervising(data.path):
        assert environment(data.path, outside={})["API_URL"] == "http://127.0.0.1:1"
        assert environment(data.path, outside={"API_URL": "https://vms.test"})["API_URL"] == "https://vms.test"
    own = {"DATABASE_URL": "postgresql://elsewhere/vms"}
    assert environment(data.path, outside=own) == own
