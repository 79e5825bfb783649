"""CPUs are claimed one worker at a time, and the sandbox says what it lacks."""

import os
import subprocess
import sys

import pytest

from worker import machine
from worker.media import sandbox


def claim(count, usable):
    made = machine.claim_cpus(count, usable=usable)
    assert made is not None
    return made


@pytest.fixture(autouse=True)
def _own_names(monkeypatch):
    """Claims of other workers on this machine do not count here."""
    real = machine._mark
    monkeypatch.setattr(machine, "_mark", lambda name: real(f"{name}-test-{os.getpid()}"))


def test_workers_spread_over_the_cpus():
    cpus = [2, 3, 5, 7]
    with claim(1, cpus) as a, claim(1, cpus) as b, claim(2, cpus) as c:
        assert sorted((*a.numbers, *b.numbers, *c.numbers)) == cpus
        # All are taken: the next ones share, again evenly.
        with claim(2, cpus) as d, claim(2, cpus) as e:
            assert sorted((*d.numbers, *e.numbers)) == cpus
        with claim(3, cpus) as f:
            assert len(set(f.numbers)) == 3


def test_a_claim_ends_with_its_holder():
    with claim(1, [4, 6]) as first:
        pass
    with claim(1, [4, 6]) as again:
        assert again.numbers == first.numbers


def test_all_or_more_is_no_claim():
    assert machine.claim_cpus(0) is None
    assert machine.claim_cpus(2, usable=[0, 1]) is None
    assert machine.claim_cpus(9, usable=[0, 1]) is None


def test_a_claim_ends_with_a_killed_worker():
    """The name is free as soon as the process is gone, however it went."""
    name = f"vms-cpu-0-0-test-{os.getpid()}"
    script = "import socket, sys; s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)\n"
    script += f"s.bind('\\0{name}'); print('held', flush=True); sys.stdin.read()"
    command = [sys.executable, "-I", "-c", script]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        assert machine._mark("\0vms-cpu-0-0") is None
        holder.kill()
    mark = machine._mark("\0vms-cpu-0-0")
    assert mark is not None
    mark.close()


@pytest.mark.parametrize(
    ("abi", "seccomp", "lacking"),
    [
        (7, True, []),
        (5, True, ["signals"]),
        (3, True, ["TCP", "signals"]),
        (0, False, ["files", "TCP", "signals", "sys"]),
    ],
)
def test_what_the_kernel_lacks_is_said(monkeypatch, abi, seccomp, lacking):
    monkeypatch.setattr(sandbox, "landlock_abi", lambda: abi)
    monkeypatch.setattr(sandbox, "has_seccomp", lambda: seccomp)
    said = machine.announce_sandbox()
    assert len(said) == len(lacking)
    assert all(line.startswith(word) for line, word in zip(said, lacking, strict=True))
