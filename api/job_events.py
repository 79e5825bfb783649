"""Jobs as they move, for many watchers at little cost.

One connection of the process listens for changed jobs, one reader asks the database about all that changed at once, and
every stream of a job takes the newest that was read: a slow client skips what it missed, and no stream holds a
connection or a queue. A sweep every two seconds finds what no notice told of.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from shared.db.listening import listen
from shared.db.session import Database
from shared.encoding import watching
from shared.encoding.repository import CHANNEL
from shared.encoding.watching import JobEvent
from shared.errors import Busy
from shared.log import get_logger

log = get_logger(__name__)

MAX_STREAMS = 1000
SWEEP_SECONDS = 2.0
HEARTBEAT_SECONDS = 15.0
#: A client comes back after that, and shows again who it is.
STREAM_SECONDS = 3600.0
#: Changes within so short a time are read together.
_TOGETHER_SECONDS = 0.05
_AGAIN_SECONDS = 1.0


@dataclass(slots=True)
class _Watch:
    """One job that somebody watches. ``changed`` is set, and replaced, with every new ``latest``."""

    latest: JobEvent | None = None
    is_gone: bool = False
    streams: int = 0
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self) -> None:
        self.changed.set()
        self.changed = asyncio.Event()


class JobEvents:
    """The streams of one process; an async context manager. It begins to listen when somebody watches."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._watches: dict[UUID, _Watch] = {}
        self._changed: set[UUID] = set()
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._streams = 0
        self._is_closing = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def close(self) -> None:
        """End every stream and begin no other: the process is to stop."""
        self._is_closing = True
        for watch in self._watches.values():
            watch.tell()

    def admit(self) -> None:
        """:raises Busy: this process has as many streams as it may, or is to stop."""
        if self._is_closing or self._streams >= MAX_STREAMS:
            raise Busy("Too many clients watch jobs here; try again, or ask for the job every few seconds")

    async def follow(self, job_id: UUID, first: JobEvent) -> AsyncIterator[JobEvent | None]:
        """``first``, then the job whenever it has changed, until it has ended; None while nothing happens for long."""
        watch = self._watches.setdefault(job_id, _Watch())
        watch.streams += 1
        self._streams += 1
        self._listen()
        # It may have changed since ``first`` was read.
        self._note(str(job_id))
        try:
            async for event in self._follow(watch, first):
                yield event
        finally:
            self._streams -= 1
            watch.streams -= 1
            if not watch.streams:
                self._watches.pop(job_id, None)

    async def _follow(self, watch: _Watch, first: JobEvent) -> AsyncIterator[JobEvent | None]:
        until = asyncio.get_running_loop().time() + STREAM_SECONDS
        told: JobEvent | None = None
        while True:
            event = watch.latest or first
            if told is not None and event.progress < told.progress:
                event = event.model_copy(update={"progress": told.progress})
            if event != told:
                told = event
                yield event
                if event.is_last:
                    return
            elif not await _changes(watch):
                yield None
            if watch.is_gone or self._is_closing or asyncio.get_running_loop().time() > until:
                return

    def _listen(self) -> None:
        if not self._tasks:
            listening = listen(self._database.url, CHANNEL, on_notice=self._note, on_connected=self._note_all)
            self._tasks = [asyncio.create_task(listening), asyncio.create_task(self._read())]

    def _note(self, payload: str) -> None:
        with contextlib.suppress(ValueError):
            job_id = UUID(payload)
            if job_id in self._watches:
                self._changed.add(job_id)
                self._wake.set()

    def _note_all(self) -> None:
        self._changed.update(self._watches)
        self._wake.set()

    async def _read(self) -> None:
        clock = asyncio.get_running_loop().time
        sweep_at = clock() + SWEEP_SECONDS
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), max(0.0, sweep_at - clock()))
            if clock() >= sweep_at:
                self._changed.update(self._watches)
                sweep_at = clock() + SWEEP_SECONDS
            self._wake.clear()
            wanted, self._changed = self._changed & self._watches.keys(), set()
            if not wanted:
                continue
            try:
                await self._read_some(wanted)
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                log.warning("job_events.read_failed", error=f"{type(error).__name__}: {error}"[:300])
                await asyncio.sleep(_AGAIN_SECONDS)
            except Exception:
                # Every stream of this process depends on this loop: a bug must not end it.
                log.exception("job_events.crashed")
                await asyncio.sleep(_AGAIN_SECONDS)
            await asyncio.sleep(_TOGETHER_SECONDS)

    async def _read_some(self, wanted: set[UUID]) -> None:
        async with self._database.session() as session:
            found = await watching.events_of(session, wanted)
        for job_id in wanted:
            watch = self._watches.get(job_id)
            if watch is None:
                continue
            event = found.get(job_id)
            if event is None or event != watch.latest:
                watch.is_gone = event is None
                watch.latest = event or watch.latest
                watch.tell()


async def _changes(watch: _Watch) -> bool:
    """Wait for something new; False when nothing has happened for as long as a heartbeat."""
    changed = watch.changed
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(changed.wait(), HEARTBEAT_SECONDS)
    return changed.is_set()
