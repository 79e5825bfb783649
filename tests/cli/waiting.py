"""Waiting for events with a deadline, and looking at processes."""

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from cli.process import Identity

T = TypeVar("T")


def until(look: Callable[[], T], *, seconds: float = 10, what: str = "the event", pause_seconds: float = 0.02) -> T:
    """The first truthy value ``look`` returns."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, f"{what} did not happen within {seconds} s"
        time.sleep(pause_seconds)
    return found


def alive(pid: int) -> bool:
    """Whether the process runs; a zombie does not."""
    return Identity.of(pid) is not None


def until_gone(pids: Iterable[int], *, seconds: float = 10) -> None:
    wanted = set(pids)
    until(lambda: not any(alive(pid) for pid in wanted), seconds=seconds, what=f"the end of {wanted}")


def processes_below(directory: Path) -> list[str]:
    """Command lines of the processes that name a directory or work below it."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            cwd = str((entry / "cwd").readlink())
        except OSError:
            continue
        if str(directory) in command or cwd.startswith(str(directory)):
            found.append(command)
    return found
