"""Hands finished objects to the sink while the encode runs on, a bounded number at a time."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from typing import Literal, Protocol

from worker.media.errors import MediaCode, MediaError
from worker.media.results import StoredObject

Kind = Literal["init", "segment", "playlist", "sprite", "thumbnail", "scratch"]


class Sink(Protocol):
    """Stores one object under the generation prefix; raises when it cannot. Playlists come again as they grow."""

    def __call__(self, name: str, body: bytes, content_type: str, kind: Kind) -> Awaitable[None]:
        """Store `body` as `name`, a relative path like ``v720/seg-00000.m4s``."""
        ...


class Shelf:
    """Remembers what was stored. Full slots make `put` wait, then the pipes fill, then ffmpeg waits: memory is flat."""

    def __init__(self, sink: Sink, tasks: asyncio.TaskGroup, *, slots: int, limit_bytes: int) -> None:
        self._sink = sink
        self._tasks = tasks
        self._slots = asyncio.Semaphore(slots)
        self._left_bytes = limit_bytes
        self._pending: set[asyncio.Task[None]] = set()
        self.objects: dict[str, StoredObject] = {}

    async def put(
        self, name: str, body: bytes, content_type: str, kind: Kind, *, then: Callable[[], None] | None = None
    ) -> None:
        """Store `body` in the background once a slot is free, then call `then`. A failure ends the whole encode."""
        await self._slots.acquire()
        storing = self._store(name, body, content_type, kind, then)
        try:
            task = self._tasks.create_task(storing)
        except RuntimeError:  # the encode is over already
            storing.close()
            raise
        self._pending.add(task)
        task.add_done_callback(self._pending.discard)

    async def put_now(self, name: str, body: bytes, content_type: str, kind: Kind) -> None:
        """Store `body` and return when it is there; raises MediaError MEDIA_OUTPUT_TOO_LARGE beyond the limit."""
        self._left_bytes -= len(body)
        if self._left_bytes < 0:
            raise MediaError(MediaCode.MEDIA_OUTPUT_TOO_LARGE, "the renditions exceed the limit on output bytes")
        await self._sink(name, body, content_type, kind)
        self.objects[name] = StoredObject(len(body), hashlib.md5(body, usedforsecurity=False).hexdigest())

    async def drain(self) -> None:
        """Wait until everything put so far is stored."""
        while self._pending:
            await asyncio.wait(self._pending)

    async def _store(
        self, name: str, body: bytes, content_type: str, kind: Kind, then: Callable[[], None] | None
    ) -> None:
        try:
            await self.put_now(name, body, content_type, kind)
        finally:
            self._slots.release()
        if then:
            then()
