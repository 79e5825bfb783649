"""The supervisor with stand-in processes: order, restarts, logs, stopping."""

import asyncio
import os
import signal
import time

import pytest

from cli.process import ProcessFailed, RotatingLog
from cli.supervisor import Supervisor
from tests.cli.waiting import alive


async def event(look, *, seconds=10):
    """Wait in the event loop for a truthy value."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.02)
    return found


async def test_a_dead_child_is_restarted_and_the_reason_is_told(supervisor, stand_in, reporter, data):
    child = await supervisor.start(stand_in("api"))
    os.kill(child.pid, signal.SIGKILL)
    began = time.monotonic()
    await event(lambda: supervisor.pid("api") != child.pid)
    assert time.monotonic() - began < 5
    assert any("api was killed by SIGKILL" in text for text in reporter.said)
    assert "was killed by SIGKILL" in (data.logs / "api.log").read_text()
    recorded = data.running()
    assert recorded is not None
    assert [one.identity.pid for one in recorded.processes] == [supervisor.pid("api")]


async def test_restarts_of_a_hopeless_child_back_off(supervisor, stand_in, reporter, monkeypatch):
    monkeypatch.setattr("cli.supervisor.FIRST_PAUSE_SECONDS", 0.05)
    await supervisor.start(stand_in("worker", "raise SystemExit(3)", forever=False))
    await event(lambda: sum("exited with 3" in text for text in reporter.said) >= 4)
    pauses = [text.rsplit(" in ", 1)[1] for text in reporter.said if "exited with 3" in text]
    assert pauses[:4] == ["0.05 s", "0.1 s", "0.2 s", "0.4 s"]


async def test_ready_means_that_the_probe_said_so(supervisor, stand_in, directory):
    mark = directory / "ready"
    code = f"import pathlib, time\ntime.sleep(0.2)\npathlib.Path({str(mark)!r}).touch()"

    async def probe():
        return mark.exists()

    await supervisor.start(stand_in("slow", code, ready=probe))
    assert mark.exists()


async def test_a_child_that_dies_while_starting_fails_with_its_last_words(supervisor, stand_in):
    async def never():
        return False

    spec = stand_in("postgres", "print('no space left'); raise SystemExit(1)", forever=False, ready=never)
    with pytest.raises(ProcessFailed, match=r"postgres exited with 1\n +no space left"):
        await supervisor.start(spec)


async def test_a_child_that_never_gets_ready_is_stopped(supervisor, stand_in):
    async def refused():
        raise ConnectionRefusedError

    with pytest.raises(ProcessFailed, match="silent is not ready after 0 s"):
        await supervisor.start(stand_in("silent", ready=refused, ready_timeout_seconds=0.2))
    assert not alive(supervisor.pid("silent"))


async def test_groups_stop_in_reverse_and_a_stubborn_child_is_killed(supervisor, stand_in, reporter, directory):
    order = directory / "order"

    def noted(name):
        return (
            "import signal, sys\n"
            f"def leave(*_): open({str(order)!r}, 'a').write('{name} '); sys.exit(0)\n"
            "signal.signal(signal.SIGTERM, leave)\nprint('up')"
        )

    def is_up(name):
        async def probe():
            log = directory / "logs" / f"{name}.log"
            return log.exists() and "up" in log.read_text()

        return probe

    for group, name in enumerate(("server", "api", "worker")):
        await supervisor.start(stand_in(name, noted(name), ready=is_up(name)), group=group)
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up')"
    await supervisor.start(stand_in("deaf", deaf, ready=is_up("deaf"), stop_timeout_seconds=0.2), group=2)
    pids = [supervisor.pid(name) for name in ("server", "api", "worker", "deaf")]
    await supervisor.stop()
    assert order.read_text().split() == ["worker", "api", "server"]
    assert "deaf ignores SIGTERM, killing it" in reporter.said
    assert not any(alive(pid) for pid in pids)


async def test_stopping_waits_for_nobody_who_waits_to_be_restarted(supervisor, stand_in, reporter, data):
    await supervisor.start(stand_in("worker", "raise SystemExit(3)", forever=False))
    await event(lambda: any("restarting" in text for text in reporter.said))
    await supervisor.stop()
    assert data.running() is None


async def test_an_orphan_that_holds_the_pipe_does_not_hold_up_the_stop(supervisor, stand_in):
    code = "import os\nif os.fork() == 0:\n    import signal; print(os.getpid()); signal.pause()"
    child = await supervisor.start(stand_in("parent", code))
    await event(lambda: child.last_lines)
    began = time.monotonic()
    await supervisor.stop()
    assert time.monotonic() - began < 5
    os.kill(int(child.last_lines[0]), signal.SIGKILL)


async def test_a_terminals_ctrl_c_reaches_only_the_supervisor(supervisor, stand_in):
    child = await supervisor.start(stand_in("api"))
    assert os.getpgid(child.pid) != os.getpgid(0)


async def test_warnings_and_errors_of_a_child_are_told(supervisor, stand_in, reporter):
    lines = [
        "2026-11-20T05:00:00Z [warning  ] outbox.late [shared.jobs] role=control",
        '{"level": "error", "event": "encoding.attempt_failed"}',
        "2026-11-20 05:00:00.000 UTC [7] FATAL:  out of memory",
        "2026-11-20 05:00:00.000 UTC [7] ERROR:  duplicate key value",
        "2026-11-20T05:00:00Z [info     ] all.well [shared.jobs]",
        "E1120 05:00:00.000000 volume.go:1 disk full",
        "end",
    ]
    child = await supervisor.start(stand_in("mixed", f"print({chr(10).join(lines)!r})"))
    await event(lambda: "end" in child.last_lines)
    told = [text for text in reporter.said if text.startswith("mixed │ ")]
    assert [text.removeprefix("mixed │ ") for text in told] == [lines[0], lines[1], lines[2], lines[5]]


async def test_run_returns_at_the_end_and_fails_with_the_reason(supervisor, stand_in):
    await supervisor.run(stand_in("migrate", "print('done')", forever=False))
    with pytest.raises(ProcessFailed, match=r"migrate exited with 2\n +no such revision"):
        await supervisor.run(stand_in("migrate", "print('no such revision'); raise SystemExit(2)", forever=False))


async def test_nothing_starts_once_it_stops(data, reporter, stand_in):
    stopped = Supervisor(data, reporter)
    await stopped.stop()
    with pytest.raises(ProcessFailed, match="being stopped"):
        await stopped.start(stand_in("late"))


def test_a_log_is_bounded(tmp_path):
    log = RotatingLog(tmp_path / "x.log", max_bytes=1000, keep=2)
    for number in range(500):
        log.write(b"%03d " % number + b"x" * 20)
    log.close()
    sizes = {path.name: path.stat().st_size for path in tmp_path.iterdir()}
    assert set(sizes) == {"x.log", "x.log.1", "x.log.2"}
    assert max(sizes.values()) <= 1000
    assert (tmp_path / "x.log").read_bytes().splitlines()[-1].startswith(b"499")
