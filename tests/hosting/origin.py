"""A server on loopback that hands out one file, well or badly."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

CHUNK = 64 * 1024


@dataclass
class Origin:
    """``cuts``: after so many bytes of the body each of the next answers breaks off. ``answers``: head lines, for a
    path, in place of the file. ``declared``: a Content-Length that is not true of the whole file, but of what comes."""

    body: bytes
    ranges: bool = True
    etag: str | None = '"one"'
    content_type: str = "video/mp4"
    cuts: list[int] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    before: Callable[[int], Awaitable[None]] | None = None
    requests: list[dict[str, str]] = field(default_factory=list)
    port: int = 0

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}/film.mp4"

    @property
    def offsets(self) -> list[int]:
        """Where each request began."""
        return [int(r.get("range", "bytes=0-").removeprefix("bytes=").rstrip("-")) for r in self.requests]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            first, *lines = head.strip().split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            path = first.split(" ")[1]
            self.requests.append({**headers, "path": path})
            if path in self.answers:
                writer.write(
                    f"HTTP/1.1 {self.answers[path]}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()
                )
                return
            await self._file(headers, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _file(self, headers: dict[str, str], writer: asyncio.StreamWriter) -> None:
        start = int(headers.get("range", "bytes=0-").removeprefix("bytes=").rstrip("-"))
        if not self.ranges or headers.get("if-range", self.etag) != self.etag:
            start = 0
        size = len(self.body)
        lines = [f"Content-Type: {self.content_type}", f"Content-Length: {size - start}", "Connection: close"]
        lines += [f"ETag: {self.etag}"] if self.etag else []
        status = "200 OK"
        if start:
            status = "206 Partial Content" if start < size else "416 Range Not Satisfiable"
            lines.append(
                f"Content-Range: bytes {start}-{size - 1}/{size}" if start < size else f"Content-Range: bytes */{size}"
            )
        writer.write("\r\n".join([f"HTTP/1.1 {status}", *lines, "\r\n"]).encode())
        end = min(size, start + self.cuts.pop(0)) if self.cuts else size
        for at in range(start, end, CHUNK):
            if self.before:
                await self.before(at)
            writer.write(self.body[at : min(end, at + CHUNK)])
            await writer.drain()


@asynccontextmanager
async def serving(origin: Origin) -> AsyncIterator[Origin]:
    server = await asyncio.start_server(origin.serve, "127.0.0.1", 0)
    origin.port = server.sockets[0].getsockname()[1]
    try:
        yield origin
    finally:
        server.close()
