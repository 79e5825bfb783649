"""A load client for HTTP/1.1 that costs little: a keep-alive connection that sends bytes made before and reads
Content-Length.
"""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import cycle
from typing import cast

_HEAD_END = b"\r\n\r\n"
_LENGTH = b"content-length:"


class Connection(asyncio.Protocol):
    """One request at a time."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._body_at, self._ends = 0, -1
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclass.
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionResetError("the server closed the connection"))

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if self._ends < 0:
            head_end = self._buffer.find(_HEAD_END)
            if head_end < 0:
                return
            head = bytes(self._buffer[:head_end]).lower()
            found = head.index(_LENGTH) + len(_LENGTH)
            length = int(head[found:].partition(b"\r\n")[0])
            self._body_at = head_end + len(_HEAD_END)
            self._ends = self._body_at + length
        if len(self._buffer) >= self._ends and self._answer is not None:
            status = int(self._buffer[9:12])
            body = bytes(self._buffer[self._body_at : self._ends])
            self._buffer.clear()
            self._ends = -1
            self._answer.set_result((status, body))

    async def send(self, request: bytes) -> bytes:
        """The body of the answer.

        :raises RuntimeError: the answer is not 200.
        """
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        status, body = await self._answer
        if status != 200:
            raise RuntimeError(f"{request.partition(b' HTTP')[0].decode()}: {status} {body[:500].decode()}")
        return body

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


@asynccontextmanager
async def connections(port: int, count: int) -> AsyncIterator[list[Connection]]:
    """Open connections to a server on loopback."""
    loop = asyncio.get_running_loop()
    made = [(await loop.create_connection(Connection, "127.0.0.1", port))[1] for _ in range(count)]
    try:
        yield made
    finally:
        for connection in made:
            connection.close()


def get(target: str, *, key: str | None = None) -> bytes:
    """The bytes of a request; ``target`` is quoted already."""
    lines = [f"GET {target} HTTP/1.1", "Host: 127.0.0.1", "Accept: application/json"]
    if key is not None:
        lines.append(f"Authorization: Bearer {key}")
    return "\r\n".join([*lines, "", ""]).encode()


async def latencies(connection: Connection, requests: Sequence[bytes]) -> list[float]:
    """Seconds that each request took, one after the other."""
    found = []
    for request in requests:
        began = time.perf_counter()
        await connection.send(request)
        found.append(time.perf_counter() - began)
    return found


async def throughput(port: int, requests: Sequence[bytes], *, concurrency: int, seconds: float) -> float:
    """Answers per second with so many clients at once."""
    async with connections(port, concurrency) as opened:
        began = time.perf_counter()
        deadline = began + seconds

        async def client(connection: Connection) -> int:
            done = 0
            for request in cycle(requests):
                await connection.send(request)
                done += 1
                if time.perf_counter() >= deadline:
                    break
            return done

        counts = await asyncio.gather(*map(client, opened))
        return sum(counts) / (time.perf_counter() - began)


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that ``percent`` of 100 values are not above."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(percent / 100 * len(ordered)) - 1)]
