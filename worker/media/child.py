"""Child processes that cannot outlive the worker, nor eat the machine, nor see more of it than they need."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from worker.media import sandbox

# Pictures are allocated and freed thousands of times: huge pages, and memory that is not given back each time, save
# 2 to 3 % of an encode. Other C libraries ignore this.
_MALLOC = "glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=33554432:glibc.malloc.trim_threshold=1073741824"
_MALLOC += ":glibc.malloc.top_pad=67108864"

_LIBRARIES = ("/lib", "/lib32", "/lib64", "/usr/lib", "/usr/lib64", "/nix/store", "/etc/ld.so.cache")
#: The number of CPUs, whether huge pages can be had, and memory promised beyond what there is: the C library asks.
_SYSTEM = ("/sys/devices/system/cpu", "/sys/kernel/mm/transparent_hugepage", "/proc/sys/vm/overcommit_memory")


@dataclass(frozen=True, slots=True)
class Box:
    """All a child may reach: files or directories to `read` and to `execute`, and one TCP `port` to connect to."""

    read: tuple[str, ...]
    execute: tuple[str, ...] = ()
    port: int | None = None


def box(source: str, program: Sequence[str] = ()) -> Box:
    """Return what a child needs that reads `source`, an http URL on this machine or a local path, and no more.

    `program` are the directories of an interpreter that runs already, or the one file of a program to become. Raises
    ValueError for a URL elsewhere.
    """
    files = tuple(str(Path(path).resolve()) for path in program if Path(path).is_file())
    directories = tuple(path for path in program if Path(path).is_dir())
    parts = urlsplit(source)
    if parts.scheme in {"http", "https"}:
        if parts.scheme != "http" or parts.hostname != "127.0.0.1" or parts.port is None:
            raise ValueError("a child connects to a port of 127.0.0.1 only: no names, no TLS, no other machine")
        reach = Box((), port=parts.port)
    else:
        reach = Box((str(Path(source.removeprefix("file:")).resolve()),))
    return Box((*_LIBRARIES, *_SYSTEM, *directories, *reach.read), (*files, *_loaders()) if files else (), reach.port)


@cache
def _loaders() -> tuple[str, ...]:
    """The programs that start programs: ``ld.so``."""
    found = (path for root in _LIBRARIES[:3] for path in Path(root).glob("ld-*.so*"))
    return tuple(sorted({str(path.resolve()) for path in found}))


async def spawn(
    command: Sequence[str],
    *,
    memory_bytes: int,
    cpu_seconds: int,
    source: str | None = None,
    cpus: Sequence[int] | None = None,
    pass_fds: Sequence[int] = (),
    talk: bool = False,
    env: dict[str, str] | None = None,
) -> asyncio.subprocess.Process:
    """Start `command` confined, in its own session, with stderr on a pipe and none of the worker's environment.

    `source` is all that it may open; None leaves that to the program, which enters its sandbox itself. With `cpus` it
    runs on no other. `talk` puts pipes on stdin and stdout; otherwise both are closed off. `pass_fds` stay open.
    """
    limits = {
        "memory_bytes": memory_bytes,
        "cpu_seconds": cpu_seconds,
        "cpus": list(cpus) if cpus else None,
        "box": asdict(box(source, command[:1])) if source is not None else None,
    }
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-S", sandbox.__file__, str(os.getpid()), json.dumps(limits), *command),
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
