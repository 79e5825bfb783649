"""A tus client for tests: every header can be left out or wrong, and a body can stop half-way."""

import asyncio
import base64
import hashlib
import ssl
from contextlib import suppress
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import httpx

PATH = "/api/upload/video"
OCTETS = "application/offset+octet-stream"
#: Nothing here speaks TLS; to read the machine's certificates takes each client 20 ms.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def metadata(**values: str | bytes) -> str:
    """An ``Upload-Metadata`` header."""
    pairs = ((key, value.encode() if isinstance(value, str) else value) for key, value in values.items())
    return ",".join(f"{key} {base64.b64encode(value).decode()}".strip() for key, value in pairs)


def checksum(algorithm: str, data: bytes) -> str:
    """An ``Upload-Checksum`` header."""
    return f"{algorithm} {base64.b64encode(hashlib.new(algorithm, data).digest()).decode()}"


class Tus:
    """Speaks tus to one API with one key. ``None`` as a header's value leaves it out."""

    def __init__(self, base_url: str, key: str | None) -> None:
        self.base_url = base_url
        self.key = key
        self.http = httpx.AsyncClient(base_url=base_url, timeout=60, verify=NO_TLS)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.http.aclose()

    def headers(self, changes: dict[str, str | None]) -> dict[str, str]:
        """The usual headers with changes."""
        usual = {"Tus-Resumable": "1.0.0", "Authorization": f"Bearer {self.key}" if self.key else None}
        return {name: value for name, value in {**usual, **changes}.items() if value is not None}

    async def request(self, method: str, url: str, *, body: object = None, **changes: str | None) -> httpx.Response:
        """Send a request; header names are written with underscores."""
        headers = self.headers({name.replace("_", "-"): value for name, value in changes.items()})
        return await self.http.request(method, url, headers=headers, content=body)

    async def create(self, length: int | None = None, **changes: str | None) -> str:
        """Create an upload and return its URL."""
        if length is None:
            changes.setdefault("Upload_Defer_Length", "1")
        else:
            changes.setdefault("Upload_Length", str(length))
        answer = await self.request("POST", PATH, **changes)
        assert answer.status_code == 201, answer.text
        return answer.headers["Location"]

    async def patch(self, url: str, offset: int, body: object, **changes: str | None) -> httpx.Response:
        """Append bytes."""
        changes = {"Content_Type": OCTETS, "Upload_Offset": str(offset), **changes}
        return await self.request("PATCH", url, body=body, **changes)

    async def head(self, url: str, **changes: str | None) -> httpx.Response:
        """Ask for the state."""
        return await self.request("HEAD", url, **changes)

    async def offset(self, url: str) -> int:
        """The committed offset."""
        answer = await self.head(url)
        assert answer.status_code == 200, answer.status_code
        return int(answer.headers["Upload-Offset"])

    async def hanging_patch(self, url: str, offset: int, data: bytes, *, size: int, **changes: str) -> "Hanging":
        """Begin a PATCH of ``size`` bytes, send only ``data`` of them, and keep the connection."""
        parts = urlsplit(url)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        headers = self.headers(
            {
                "Host": parts.netloc,
                "Content-Type": OCTETS,
                "Upload-Offset": str(offset),
                "Content-Length": str(size),
                **changes,
            }
        )
        lines = [f"PATCH {parts.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        writer.write("\r\n".join([*lines, "", ""]).encode() + data)
        await writer.drain()
        return Hanging(reader, writer)


class Hanging:
    """A request whose body has stopped."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, data: bytes) -> None:
        """Go on."""
        self.writer.write(data)
        await self.writer.drain()

    async def status(self) -> int:
        """Wait for the answer."""
        line = await self.reader.readline()
        return int(line.split()[1])

    async def cut(self) -> None:
        """Go away."""
        self.writer.transport.abort()
        with suppress(OSError):
            await self.writer.wait_closed()
