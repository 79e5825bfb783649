"""What an encode worker takes of its machine: CPUs of its own, and a kernel that keeps its children in."""

import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from zlib import crc32

from shared.log import get_logger
from worker.media import sandbox

log = get_logger(__name__)

#: Workers that may share one CPU, at most.
_SLOTS = 64


@dataclass(frozen=True, slots=True)
class Cpus:
    """CPUs that this process has claimed until it ends, or the context does."""

    numbers: tuple[int, ...]
    marks: tuple[socket.socket, ...]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for mark in self.marks:
            mark.close()


def claim_cpus(count: int, *, usable: Sequence[int] | None = None) -> Cpus | None:
    """Claim `count` CPUs of the `usable` ones, the least claimed first; None where that is all of them, or 0.

    A claim is an abstract unix socket with the CPU's number, so it ends with the process and nobody tidies up. Those
    names end at the network namespace: containers do not see each other's, and begin at a CPU that their name decides.
    """
    cpus = sorted(os.sched_getaffinity(0)) if usable is None else list(usable)
    if not 0 < count < len(cpus):
        return None
    first = crc32(socket.gethostname().encode()) % len(cpus)
    numbers: list[int] = []
    marks: list[socket.socket] = []
    for slot in range(_SLOTS):
        for cpu in cpus[first:] + cpus[:first]:
            if cpu not in numbers and (mark := _mark(f"\0vms-cpu-{cpu}-{slot}")):
                numbers.append(cpu)
                marks.append(mark)
            if len(numbers) == count:
                return Cpus(tuple(sorted(numbers)), tuple(marks))
    Cpus((), tuple(marks)).__exit__(None, None, None)
    return Cpus(tuple(cpus[:count]), ())


def _mark(name: str) -> socket.socket | None:
    mark = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        mark.bind(name)
    except OSError:
        mark.close()
        return None
    return mark


def announce_sandbox() -> tuple[str, ...]:
    """Log what holds ffmpeg and the probe in, and warn once of what the kernel lacks; returns what is lacking."""
    abi, seccomp = sandbox.landlock_abi(), sandbox.has_seccomp()
    lacking = []
    if abi == 0:
        lacking.append("files: needs Landlock: Linux 5.13, named in the boot option lsm=, not forbidden by a container")
    if abi < sandbox.NETWORK_ABI:
        lacking.append("TCP connections: needs Linux 6.7 with Landlock")
    if abi < sandbox.SCOPE_ABI:
        lacking.append("signals and abstract sockets: needs Linux 6.12 with Landlock")
    if not seccomp:
        lacking.append("system calls: needs seccomp filters on x86-64 or aarch64, and a container that allows them")
    log.info("sandbox.active", landlock_abi=abi, tcp=abi >= sandbox.NETWORK_ABI, seccomp=seccomp)
    if lacking:
        log.warning("sandbox.incomplete", lacking=lacking)
    return tuple(lacking)
