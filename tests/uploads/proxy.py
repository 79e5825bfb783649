"""A wire that can be cut: forwards connections to a port, and resets one after so many bytes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass


@dataclass
class Wire:
    """After ``cut_after`` bytes towards the target, over all connections, the one that carries them is reset, once."""

    port: int = 0
    target_port: int = 0
    cut_after: int = 0
    cuts: int = 0
    seen: int = 0

    def mend(self) -> None:
        """Count anew."""
        self.cuts = self.seen = 0

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target_port)
        ways = [
            asyncio.create_task(self._copy(reader, far_writer, counted=True)),
            asyncio.create_task(self._copy(far_reader, writer, counted=False)),
        ]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        for end in (writer, far_writer):
            end.transport.abort()
            with suppress(OSError):
                await end.wait_closed()

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, counted: bool) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                self.seen += len(data) if counted else 0
                if counted and not self.cuts and self.seen > self.cut_after:
                    self.cuts += 1
                    return
                writer.write(data)
                await writer.drain()


@asynccontextmanager
async def wire(cut_after: int) -> AsyncIterator[Wire]:
    """Listen on a free port until the block ends."""
    made = Wire(cut_after=cut_after)
    server = await asyncio.start_server(made.carry, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    async with server:
        yield made
