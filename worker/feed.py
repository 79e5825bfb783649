"""Hand one object of S3 to ffmpeg, which then needs neither a signed URL nor a network.

A small HTTP/1.1 server on loopback (RFC 9110 for ranges) under a path nobody can guess, for processes of the worker's
own user only: what ``ps`` shows of ffmpeg opens nothing to others. A read that breaks goes on where it broke. Per
connection less than a mebibyte is in memory; a reader that is slow slows the read from S3 down.
"""

import asyncio
import contextlib
import os
import re
import secrets
import socket
from collections.abc import AsyncGenerator, AsyncIterator
from http import HTTPStatus
from pathlib import Path

from shared.clients.s3 import S3, ObjectBody, ObjectInfo, ObjectNotFound, StorageUnavailable
from shared.errors import AppError
from shared.log import get_logger
from worker.media.errors import MediaCode, MediaError

log = get_logger(__name__)

#: One request to S3. ffmpeg asks for all there is and then jumps elsewhere; a bounded piece wastes little of that.
PIECE_BYTES = 16 << 20
CHUNK_BYTES = 256 << 10
MAX_TRIES = 5
_RETRY_SECONDS = 0.2
_OPEN_SECONDS = 30
_CHUNK_SECONDS = 15
#: A reader that takes nothing this long is gone; an encode that waits for its uploads takes its time.
_IDLE_SECONDS = 600
_HEAD_BYTES = 16 << 10
_RANGE = re.compile(r"bytes=(?:(\d+)-(\d*)|-(\d+))")


class Feed:
    """One object, served. `failure` is why it could not be handed out, once tries are used up."""

    def __init__(self, s3: S3, bucket: str, info: ObjectInfo) -> None:
        self.info = info
        self.url = ""
        self.failure: MediaError | None = None
        self._s3 = s3
        self._bucket = bucket
        self._path = f"/{secrets.token_urlsafe(24)}"
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self) -> asyncio.Server:
        """Listen on a free port of loopback; sets `url`."""
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=_HEAD_BYTES)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}{self._path}"
        return server

    async def stop(self) -> None:
        """End all connections."""
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            writer.transport.set_write_buffer_limits(high=CHUNK_BYTES)
            if _is_own(writer):
                while await self._answer(reader, writer):
                    pass
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            # The reader went elsewhere, or is none of ours.
            writer.transport.abort()
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            self._connections.discard(task)
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; tells whether another may follow on this connection."""
        async with asyncio.timeout(_IDLE_SECONDS):
            head = await reader.readuntil(b"\r\n\r\n")
        request, *lines = head.decode("latin-1").split("\r\n")
        method, path, version = (*request.split(" "), "", "")[:3]
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        keep = version == "HTTP/1.1" and headers.get("connection", "").lower() != "close"
        if not secrets.compare_digest(path.encode(), self._path.encode()):
            return await _plain(writer, HTTPStatus.NOT_FOUND, keep=keep)
        if method not in {"GET", "HEAD"}:
            return await _plain(writer, HTTPStatus.METHOD_NOT_ALLOWED, keep=False)
        size = self.info.size_bytes
        first, end, partial = _range(headers.get("range", ""), size)
        if partial and first >= end:
            return await _plain(
                writer, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, f"Content-Range: bytes */{size}", keep=keep
            )
        lines = [f"Content-Range: bytes {first}-{end - 1}/{size}"] if partial else []
        opening = _head(HTTPStatus.PARTIAL_CONTENT if partial else HTTPStatus.OK, end - first, *lines, keep=keep)
        if method == "HEAD":
            writer.write(opening)
            await writer.drain()
            return keep
        async with contextlib.aclosing(self._read(first, end)) as body:
            try:
                chunk = await anext(body, b"")
            except MediaError as error:
                status = HTTPStatus.NOT_FOUND if error.permanent else HTTPStatus.SERVICE_UNAVAILABLE
                return await _plain(writer, status, keep=False)
            writer.write(opening)
            try:
                await _send(writer, chunk, body)
            except MediaError:
                # The length is promised already: only a broken connection says that there is no more.
                writer.transport.abort()
                return False
        return keep

    async def _read(self, first: int, end: int) -> AsyncGenerator[bytes, None]:
        """Bytes `first` to `end`, from as many requests as it takes; raises MediaError and remembers it."""
        tries = 0
        while first < end:
            if self.failure:
                raise self.failure
            body = None
            try:
                body = await self._open(first, min(end, first + PIECE_BYTES))
                stop = first + body.length_bytes
                while first < stop:
                    chunk = await _chunk(body)
                    first += len(chunk)
                    tries = 0
                    yield chunk
            except (AppError, OSError, TimeoutError) as error:
                tries += 1
                if isinstance(error, ObjectNotFound) or tries == MAX_TRIES:
                    self.failure = _failure(error)
                    raise self.failure from error
                log.info("feed.resumed", key=self.info.key, offset=first, reason=str(error)[:200])
                await asyncio.sleep(_RETRY_SECONDS * 2**tries)
            finally:
                if body is not None:
                    body.close()

    async def _open(self, first: int, end: int) -> ObjectBody:
        async with asyncio.timeout(_OPEN_SECONDS):
            body = await self._s3.open(self._bucket, self.info.key, byte_range=f"bytes={first}-{end - 1}")
        if body.info.etag != self.info.etag or body.length_bytes != end - first:
            body.close()
            raise ObjectNotFound(f"{self.info.key} has been replaced")
        return body


@contextlib.asynccontextmanager
async def feed(s3: S3, bucket: str, key: str) -> AsyncIterator[Feed]:
    """Serve one object while the context lasts.

    Where the object could not be handed out, that is raised at the end, in place of any MediaError: ffmpeg cannot tell
    a storage that is away from a file that breaks off, and takes either for the end of the film.

    :raises MediaError: FILE_NOT_FOUND or FFMPEG_DOWNLOAD_FAILED.
    """
    try:
        info = await s3.head(bucket, key)
    except (ObjectNotFound, StorageUnavailable) as error:
        raise _failure(error) from error
    served = Feed(s3, bucket, info)
    server = await served.start()
    try:
        yield served
        if served.failure is not None:
            raise served.failure
    except MediaError as error:
        if served.failure is not None and served.failure is not error:
            raise served.failure from error
        raise
    finally:
        server.close()
        await served.stop()
        await server.wait_closed()


def _failure(error: Exception) -> MediaError:
    if isinstance(error, ObjectNotFound):
        return MediaError(MediaCode.FILE_NOT_FOUND, "the source object does not exist")
    detail = error.detail if isinstance(error, AppError) else type(error).__name__
    return MediaError(MediaCode.FFMPEG_DOWNLOAD_FAILED, f"the source could not be read from storage: {detail}")


async def _chunk(body: ObjectBody) -> bytes:
    async with asyncio.timeout(_CHUNK_SECONDS):
        if chunk := await body.read(CHUNK_BYTES):
            return chunk
    raise StorageUnavailable(f"the read of {body.info.key} broke off")


async def _send(writer: asyncio.StreamWriter, chunk: bytes, rest: AsyncIterator[bytes]) -> None:
    while chunk:
        writer.write(chunk)
        async with asyncio.timeout(_IDLE_SECONDS):
            await writer.drain()
        chunk = await anext(rest, b"")


async def _plain(writer: asyncio.StreamWriter, status: HTTPStatus, *lines: str, keep: bool) -> bool:
    writer.write(_head(status, 0, *lines, keep=keep))
    await writer.drain()
    return keep


def _head(status: HTTPStatus, length: int, *lines: str, keep: bool) -> bytes:
    common = ["Accept-Ranges: bytes", "Content-Type: application/octet-stream", f"Content-Length: {length}"]
    connection = f"Connection: {'keep-alive' if keep else 'close'}"
    return "\r\n".join([f"HTTP/1.1 {status.value} {status.phrase}", *common, *lines, connection, "\r\n"]).encode()


def _range(value: str, size: int) -> tuple[int, int, bool]:
    """Return first byte, end and whether it is a range; what is no single range is ignored (RFC 9110, 14.2)."""
    match = _RANGE.fullmatch(value)
    if match is None:
        return 0, size, False
    first, last, tail = match.groups()
    if tail is not None:
        return max(0, size - int(tail)), size if int(tail) else 0, True
    if last and int(last) < int(first):
        return 0, size, False
    return int(first), min(size, int(last) + 1) if last else size, True


def _is_own(writer: asyncio.StreamWriter) -> bool:
    """Tell whether the other end belongs to this user: proc_net_tcp.rst has the owner of every socket."""
    try:
        table = Path("/proc/net/tcp").read_text()
    except OSError:
        return True
    wanted = [_hexed(writer.get_extra_info(name)) for name in ("peername", "sockname")]
    rows = (line.split() for line in table.splitlines()[1:])
    return any(row[1:3] == wanted and int(row[7]) == os.geteuid() for row in rows)


def _hexed(address: tuple[str, int]) -> str:
    packed = int.from_bytes(socket.inet_aton(address[0]), "little")
    return f"{packed:08X}:{address[1]:04X}"
