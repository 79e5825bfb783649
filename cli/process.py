"""One child process: what to run, how to tell that it is ready, how to stop it, where its output goes."""

import asyncio
import contextlib
import os
import re
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal

LAUNCHER = Path(__file__).with_name("launch.py")

#: Lines of any of our programs that a person should see at once: structlog (console and JSON), Python, PostgreSQL,
#: glog (SeaweedFS), Valkey.
LOUD = re.compile(
    r"\[(warning|error|critical)\b|\"level\": ?\"(warning|error|critical)\"|^(WARNING|ERROR|CRITICAL)\b|Traceback \("
    r"|\] (WARNING|PANIC):|\] FATAL:  (?!the database system is)|^[EF]\d{4} |# .*([Ee]rror|Can't|OOM)"
    r"|^panic: |^launch: ",
)


class ProcessFailed(Exception):
    """A process ended or stayed silent where it was needed. The message names it and quotes its last lines."""


@dataclass(frozen=True, kw_only=True)
class ProcessSpec:
    """How to run one process.

    ``env`` is the whole environment. ``ready`` is one probe, polled until it answers True; an OSError counts as
    "not yet". Signals: ``stop_signal`` asks for a graceful end and is followed by SIGKILL after
    ``stop_timeout_seconds``; ``death_signal`` is what the kernel sends when the supervisor is gone.
    """

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(repr=False)
    role: str = ""
    cwd: Path | None = None
    ready: Callable[[], Awaitable[bool]] | None = None
    ready_timeout_seconds: float = 60
    stop_signal: signal.Signals = signal.SIGTERM
    stop_timeout_seconds: float = 8
    patient: bool = True
    """Whether SIGKILL after the stop signal is worth a warning."""
    death_signal: signal.Signals = signal.SIGKILL
    user: str = "same"
    tmp: Path | None = None
    litter: tuple[Path, ...] = ()
    """Files outside the data directory that this program leaves when it is killed."""

    def command(self) -> tuple[str, ...]:
        """The argv that starts the program through the launcher."""
        tmp = ("--tmp", str(self.tmp)) if self.tmp else ()
        options = ("--parent", str(os.getpid()), "--death-signal", str(int(self.death_signal)), "--user", self.user)
        return (sys.executable, "-I", "-S", str(LAUNCHER), *options, *tmp, "--", *self.argv)


class RotatingLog:
    """An append-only log of at most ``(keep + 1) * max_bytes``: ``x.log``, ``x.log.1``, …"""

    def __init__(self, path: Path, *, max_bytes: int = 5 * 1024 * 1024, keep: int = 2) -> None:
        self._path, self._max_bytes, self._keep = path, max_bytes, keep
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("ab", buffering=0)

    def write(self, line: bytes) -> None:
        """Append one line; a full disk loses the line, never the caller."""
        with contextlib.suppress(OSError):
            if self._file.tell() + len(line) > self._max_bytes:
                self._rotate()
            self._file.write(line + b"\n")

    def close(self) -> None:
        self._file.close()

    def _rotate(self) -> None:
        self._file.close()
        for number in range(self._keep, 0, -1):
            older = self._path if number == 1 else self._path.with_name(f"{self._path.name}.{number - 1}")
            if older.exists():
                older.replace(self._path.with_name(f"{self._path.name}.{number}"))
        self._file = self._path.open("ab", buffering=0)


class Child:
    """A running process. Create it with :meth:`spawn`, in a thread that outlives it."""

    def __init__(
        self,
        spec: ProcessSpec,
        process: asyncio.subprocess.Process,
        output: BinaryIO,
        log: RotatingLog,
        say: Callable[[str], None],
    ) -> None:
        self.spec, self.process, self.started_at = spec, process, time.monotonic()
        self.last_lines: list[str] = []
        self._log, self._say = log, say
        self._pump = asyncio.create_task(self._copy(output), name=f"log {spec.name}")

    @classmethod
    async def spawn(cls, spec: ProcessSpec, log: RotatingLog, say: Callable[[str], None]) -> "Child":
        """Start ``spec`` in a session of its own, so that a terminal's Ctrl-C reaches only the supervisor.

        :param say: gets the lines that match :data:`LOUD`.
        """
        # A pipe of our own: with asyncio's, the end of the process is not seen before the end of the pipe,
        # which a grandchild may hold open for as long as it lives.
        ours, theirs = os.pipe()
        output = os.fdopen(ours, "rb", 0)
        try:
            process = await asyncio.create_subprocess_exec(
                *spec.command(),
                env=dict(spec.env),
                cwd=spec.cwd,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=theirs,
                stderr=theirs,
                start_new_session=True,
            )
        except BaseException:
            output.close()
            raise
        finally:
            os.close(theirs)
        return cls(spec, process, output, log, say)

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def running(self) -> bool:
        return self.process.returncode is None

    async def wait(self) -> int:
        """The exit code, negative for a signal, once the process has ended and its output is written."""
        code = await self.process.wait()
        await asyncio.wait({self._pump}, timeout=0.5)
        self._pump.cancel()
        return code

    async def wait_ready(self) -> None:
        """Poll the spec's probe with a short back-off.

        :raises ProcessFailed: it ended first, or is not ready in time.
        """
        if self.spec.ready is None:
            return
        deadline = time.monotonic() + self.spec.ready_timeout_seconds
        pause = 0.01
        while not await self._probe(self.spec.ready):
            if not self.running:
                raise ProcessFailed(await self.obituary())
            if time.monotonic() > deadline:
                raise ProcessFailed(
                    f"{self.spec.name} is not ready after {self.spec.ready_timeout_seconds:.0f} s{self._quote()}"
                )
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.process.wait(), pause)
            pause = min(pause * 1.5, 0.25)

    async def obituary(self) -> str:
        """How an ended process ended, with its last lines."""
        code = await self.wait()
        how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"exited with {code}"
        return f"{self.spec.name} {how}{self._quote()}"

    async def stop(self, *, timeout_seconds: float | None = None) -> None:
        """Ask, wait, then kill. Safe to call on a process that has ended."""
        say, self._say = self._say, _nothing
        if self.running:
            self._signal(self.spec.stop_signal)
            try:
                await asyncio.wait_for(self.process.wait(), timeout_seconds or self.spec.stop_timeout_seconds)
            except TimeoutError:
                if self.spec.patient:
                    say(f"{self.spec.name} ignores {self.spec.stop_signal.name}, killing it")
                self._signal(signal.SIGKILL)
        await self.wait()
        sweep(self.spec.litter)

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)

    async def _probe(self, ready: Callable[[], Awaitable[bool]]) -> bool:
        try:
            return await asyncio.wait_for(ready(), 5)
        except (OSError, TimeoutError):
            return False

    def _quote(self) -> str:
        return "".join(f"\n    {line}" for line in self.last_lines[-8:])

    async def _copy(self, output: BinaryIO) -> None:
        stream = asyncio.StreamReader()
        pipe, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(stream), output
        )
        rest = b""
        try:
            while chunk := await stream.read(65536):
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    self._take(line)
                if len(rest) > 65536:
                    self._take(rest)
                    rest = b""
        finally:
            if rest:
                self._take(rest)
            pipe.close()

    def _take(self, line: bytes) -> None:
        self._log.write(line)
        text = line.decode(errors="replace").rstrip()
        if text:
            self.last_lines = [*self.last_lines[-19:], text[:500]]
        if LOUD.search(text):
            self._say(f"{self.spec.name} │ {text[:500]}")


def _nothing(_: str) -> None:
    """Says nothing: what a program prints while it is being stopped alarms without need."""


def sweep(litter: tuple[Path, ...]) -> None:
    """Remove the files an ended program left outside the data directory."""
    for path in litter:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


@dataclass(frozen=True)
class Identity:
    """A process that cannot be mistaken for a later one with the same pid.

    ``started`` is the start time in clock ticks since boot, ``boot`` the id of that boot.
    """

    pid: int
    started: int
    boot: str

    @classmethod
    def of(cls, pid: int) -> "Identity | None":
        """Identity of a living process; None for an unknown or ended one, and where there is no /proc."""
        try:
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
            boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        except OSError:
            return None
        fields = stat.rpartition(")")[2].split()
        return None if fields[0] in "ZX" else cls(pid, int(fields[19]), boot)

    def alive(self) -> bool:
        return Identity.of(self.pid) == self


def end_leftovers(leftovers: Mapping[Identity, signal.Signals], *, grace_seconds: float = 6) -> None:
    """Stop processes that are not our children: ask each with its signal, wait for all, kill what remains."""
    _signal_all(leftovers)
    if not _all_gone(leftovers, grace_seconds):
        _signal_all(dict.fromkeys(leftovers, signal.SIGKILL))
        _all_gone(leftovers, 2)


def _signal_all(targets: Mapping[Identity, signal.Signals | Literal[signal.Signals.SIGKILL]]) -> None:
    for identity, number in targets.items():
        if identity.alive():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(identity.pid, number)


def _all_gone(targets: Mapping[Identity, signal.Signals], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while any(identity.alive() for identity in targets):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
