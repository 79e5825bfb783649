"""A storage that can be cut off: forwards connections to the real one, and breaks answers after so many bytes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from shared.config import Settings


@dataclass
class Relay:
    """Each connection is reset after ``cut_after`` bytes of answers, as long as there are ``cuts`` left."""

    settings: Settings
    target_port: int
    cut_after: int = 1 << 60
    cuts: int = 0
    made: int = 0
    server: asyncio.Server | None = None
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target_port)
        ways = [
            asyncio.create_task(self._copy(reader, far_writer, 1 << 60)),
            asyncio.create_task(self._copy(far_reader, writer, self.cut_after)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.tasks.discard(task)
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            for end in (writer, far_writer):
                end.transport.abort()
                with suppress(OSError):
                    await end.wait_closed()

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, budget: int) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                budget -= len(data)
                if budget < 0 and self.made < self.cuts:
                    self.made += 1
                    return
                writer.write(data)
                await writer.drain()

    async def close(self) -> None:
        """Break what is open and answer no more."""
        assert self.server is not None
        self.server.close()
        for task in tuple(self.tasks):
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


@asynccontextmanager
async def relay(settings: Settings, *, cut_after: int = 1 << 60, cuts: int = 0) -> AsyncIterator[Relay]:
    """A relay to the storage of ``settings``; its own ``settings`` lead through it."""
    port = int(settings.s3_endpoint_url.rpartition(":")[2])
    made = Relay(settings, port, cut_after, cuts)
    made.server = await asyncio.start_server(made.carry, "127.0.0.1", 0)
    own = made.server.sockets[0].getsockname()[1]
    made.settings = settings.model_copy(update={"s3_endpoint_url": f"http://127.0.0.1:{own}"})
    try:
        yield made
    finally:
        await made.close()
