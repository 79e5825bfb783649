"""Streams of the application in this process, read as they come. httpx would wait for their end."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from fastapi import FastAPI


@dataclass
class Stream:
    """One client. ``pieces`` holds what has arrived and is not read yet; None is the end."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    pieces: "asyncio.Queue[str | None]" = field(default_factory=asyncio.Queue)
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    #: Cleared, the client takes nothing more.
    reads: asyncio.Event = field(default_factory=asyncio.Event)
    _rest: str = ""

    async def block(self, *, seconds: float = 5) -> str | None:
        """The next block, as it was written; None at the end."""
        async with asyncio.timeout(seconds):
            while "\n\n" not in self._rest:
                piece = await self.pieces.get()
                if piece is None:
                    return None
                self._rest += piece
        block, _, self._rest = self._rest.partition("\n\n")
        return block

    async def event(self, *, seconds: float = 5) -> dict[str, Any] | None:
        """The data of the next event; None at the end."""
        while (block := await self.block(seconds=seconds)) is not None:
            lines = dict(line.partition(": ")[::2] for line in block.splitlines())
            if "data" in lines:
                assert lines["id"].isdigit()
                found: dict[str, Any] = json.loads(lines["data"])
                return found
        return None

    async def until(self, wanted: str, *, seconds: float = 5) -> list[dict[str, Any]]:
        """Every event up to the first one with this status."""
        events: list[dict[str, Any]] = []
        while not events or events[-1]["status"] != wanted:
            event = await self.event(seconds=seconds)
            assert event is not None, events
            events.append(event)
        return events


@asynccontextmanager
async def watching(app: FastAPI, job_id: UUID | str, *, key: str) -> AsyncIterator[Stream]:
    """A client of ``GET /api/encoding/jobs/{id}/events`` that hangs up at the end of the block."""
    stream = Stream()
    stream.reads.set()
    started = asyncio.Event()
    path = f"/api/encoding/jobs/{job_id}/events"
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(b"host", b"vms.test"), (b"authorization", key.encode())],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    asked = False

    async def receive() -> dict[str, Any]:
        nonlocal asked
        if not asked:
            asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await stream.gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        await stream.reads.wait()
        if message["type"] == "http.response.start":
            stream.status = message["status"]
            stream.headers = {name.decode(): value.decode() for name, value in message["headers"]}
            started.set()
            return
        if message.get("body"):
            stream.pieces.put_nowait(message["body"].decode())
        if not message.get("more_body"):
            stream.pieces.put_nowait(None)

    request = asyncio.create_task(app(scope, receive, send))
    try:
        async with asyncio.timeout(5):
            await started.wait()
        yield stream
    finally:
        stream.gone.set()
        async with asyncio.timeout(5):
            await request
