"""Keeps a set of child processes running: starts them, restarts the dead, stops all in reverse order."""

import asyncio
import os
import time
from collections.abc import Coroutine, Mapping
from typing import Any, Protocol

from cli.datadir import DataDir, Record, RunningProcess
from cli.process import Child, Identity, ProcessFailed, ProcessSpec, RotatingLog

#: Pause before the n-th restart in a row: 0.5 s doubling up to 30 s; a child that lived this long starts over.
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, SETTLED_SECONDS = 0.5, 30.0, 60.0


class Reporter(Protocol):
    """Who is told what happens."""

    def started(self, name: str, *, pid: int | None, seconds: float) -> None: ...

    def say(self, text: str) -> None: ...


class Silent:
    """A reporter that keeps what was said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def started(self, name: str, *, pid: int | None, seconds: float) -> None:
        self.said.append(f"{name} started as {pid} in {seconds:.2f} s")

    def say(self, text: str) -> None:
        self.said.append(text)


class Supervisor:
    """Supervises processes whose output goes to ``D/logs/<name>.log`` and whose ids go to ``D/state.json``.

    The children are bound to the thread that runs the event loop: when it ends, the kernel signals them.
    """

    def __init__(self, data: DataDir, reporter: Reporter, *, env: Mapping[str, str] | None = None) -> None:
        """:param env: the settings that ``D/state.json`` shows to other commands."""
        self._data, self._reporter, self.env = data, reporter, dict(env or {})
        self._children: dict[str, Child] = {}
        self._groups: dict[str, int] = {}
        self._logs: dict[str, RotatingLog] = {}
        self._watchers: list[asyncio.Task[None]] = []
        self._spawning = asyncio.Lock()
        self._stopping = asyncio.Event()

    async def start(self, spec: ProcessSpec, *, group: int = 0) -> Child:
        """Start a process, wait until it is ready and watch it from then on. Groups stop from the highest down.

        :raises ProcessFailed: it ended, or is not ready in time; it is stopped then.
        """
        began = time.monotonic()
        child = await self._spawn(spec, group)
        try:
            await child.wait_ready()
        except ProcessFailed:
            await child.stop(timeout_seconds=2)
            raise
        self._watchers.append(asyncio.create_task(self._watch(spec.name), name=f"watch {spec.name}"))
        self._reporter.started(spec.name, pid=child.pid, seconds=time.monotonic() - began)
        return child

    async def run(self, spec: ProcessSpec) -> None:
        """Run a process to its end.

        :raises ProcessFailed: its exit code is not 0.
        """
        child = await self._spawn(spec, group=0)
        try:
            if await child.wait() != 0:
                raise ProcessFailed(await child.obituary())
        finally:
            await child.stop(timeout_seconds=2)
            self._children.pop(spec.name, None)

    def pid(self, name: str) -> int:
        """Pid of a process that was started; it changes when it is restarted."""
        return self._children[name].pid

    def record(self) -> None:
        """Write what runs now to ``D/state.json``."""
        supervisor = Identity.of(os.getpid())
        if supervisor is None:
            return
        found = [(child.spec, Identity.of(child.pid)) for child in self._children.values()]
        running = tuple(
            RunningProcess(
                role=spec.role or spec.name,
                name=spec.name,
                identity=identity,
                stop_signal=int(spec.stop_signal),
                litter=tuple(str(path) for path in spec.litter),
            )
            for spec, identity in found
            if identity is not None
        )
        self._data.write_record(Record(supervisor, self.env, running))

    async def stop(self) -> None:
        """Stop every process, the last group first, and forget the record. Safe to call twice, and while starting."""
        self._stopping.set()
        async with self._spawning:
            groups = sorted(set(self._groups.values()), reverse=True)
        for group in groups:
            members = [child for name, child in self._children.items() if self._groups[name] == group]
            await asyncio.gather(*(child.stop() for child in members))
        await asyncio.gather(*self._watchers)
        for log in self._logs.values():
            log.close()
        self._data.clear_record()

    async def _spawn(self, spec: ProcessSpec, group: int) -> Child:
        async with self._spawning:
            if self._stopping.is_set():
                raise ProcessFailed(f"{spec.name} was not started: everything is being stopped")
            if spec.name not in self._logs:
                self._logs[spec.name] = RotatingLog(self._data.logs / f"{spec.name}.log")
            child = await Child.spawn(spec, self._logs[spec.name], self._reporter.say)
            self._children[spec.name], self._groups[spec.name] = child, group
            self.record()
        return child

    async def _watch(self, name: str) -> None:
        failures = 0
        while True:
            child = self._children[name]
            obituary = await child.obituary()
            if self._stopping.is_set():
                return
            if time.monotonic() - child.started_at > SETTLED_SECONDS:
                failures = 0
            pause = min(FIRST_PAUSE_SECONDS * 2**failures, LONGEST_PAUSE_SECONDS)
            failures += 1
            self._note(name, f"{obituary}\n    restarting it in {pause:g} s")
            if await self._stops_within(pause):
                return
            try:
                child = await self._spawn(child.spec, self._groups[name])
            except (OSError, ProcessFailed) as error:
                self._note(name, f"{name} cannot be started: {error}")
                continue
            self._note(name, f"{name} runs again as {child.pid}")

    def _note(self, name: str, text: str) -> None:
        self._logs[name].write(f"supervisor: {text}".encode())
        self._reporter.say(text)

    async def _stops_within(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return False
        return True


async def together(*work: Coroutine[Any, Any, Any]) -> None:
    """Run all at once. The first failure cancels the others and is raised as it is, not in a group."""
    try:
        async with asyncio.TaskGroup() as tasks:
            for one in work:
                tasks.create_task(one)
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
