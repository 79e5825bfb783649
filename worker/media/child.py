"""Child processes that cannot outlive the worker, nor eat the machine.

Run as a script this file confines itself and then becomes the command it was given:
``python -I child.py PARENT_PID LIMITS_JSON command …``. That keeps the fork free of Python code (``preexec_fn`` can
deadlock in a process with threads). The parent-death signal follows the *thread* that forked, so spawn children from a
thread that lives as long as the worker does: the main one, where the event loop runs.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import json
import os
import resource
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

_PR_SET_PDEATHSIG = 1


def confine(parent_pid: int, limits: dict[str, int]) -> None:
    """Die with the parent, dump no core, write no files, and keep to `limits`: `memory_bytes` and `cpu_seconds`."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent_pid:
        os._exit(125)
    # Pipes do not count as files: no child of ours has a reason to write one.
    ceilings = {resource.RLIMIT_CORE: 0, resource.RLIMIT_FSIZE: 0}
    if "memory_bytes" in limits:
        ceilings[resource.RLIMIT_AS] = limits["memory_bytes"]
    if "cpu_seconds" in limits:
        ceilings[resource.RLIMIT_CPU] = limits["cpu_seconds"]
    for name, ceiling in ceilings.items():
        hard = resource.getrlimit(name)[1]
        value = ceiling if hard == resource.RLIM_INFINITY else min(ceiling, hard)
        # Reaching the hard CPU limit kills like anything else; the soft one tells why (SIGXCPU).
        spare = 2 if name == resource.RLIMIT_CPU and (hard == resource.RLIM_INFINITY or value + 2 <= hard) else 0
        resource.setrlimit(name, (value, value + spare))


# Pictures are allocated and freed thousands of times: huge pages, and memory that is not given back each time, save
# 2 to 3 % of an encode. Other C libraries ignore this.
_MALLOC = "glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=33554432:glibc.malloc.trim_threshold=1073741824"
_MALLOC += ":glibc.malloc.top_pad=67108864"


async def spawn(
    command: Sequence[str],
    *,
    memory_bytes: int,
    cpu_seconds: int,
    pass_fds: Sequence[int] = (),
    talk: bool = False,
    env: dict[str, str] | None = None,
) -> asyncio.subprocess.Process:
    """Start `command` confined, in its own session, with stderr on a pipe and none of the worker's environment.

    `talk` puts pipes on stdin and stdout; otherwise both are closed off. `pass_fds` stay open in the child.
    """
    limits = json.dumps({"memory_bytes": memory_bytes, "cpu_seconds": cpu_seconds})
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-S", str(Path(__file__)), str(os.getpid()), limits, *command),
        stdin=asyncio.subprocess.PIPE if talk else asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE if talk else asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env={"LC_ALL": "C.UTF-8", "GLIBC_TUNABLES": _MALLOC, **(env or {})},
        pass_fds=pass_fds,
        start_new_session=True,
    )


async def kill(process: asyncio.subprocess.Process) -> int:
    """Kill `process` at once, wait for it and return its exit code (negative: the signal)."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
    return await process.wait()


if __name__ == "__main__":
    confine(int(sys.argv[1]), json.loads(sys.argv[2]))
    os.execv(sys.argv[3], sys.argv[3:])  # noqa: S606 - an argv built by this package, no shell
