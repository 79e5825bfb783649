"""Download a file from outside, guarded: a URL somebody gave must not become a way into the network.

Only https to addresses that all the world can reach (RFC 6890), and the connection goes to the very address that was
checked, so that a name cannot change its answer in between. Redirects are followed by hand and checked each; nothing
that says who we are is sent. Hosts in INGEST_ALLOWED_HOSTS, and the one of VIMEO_API_URL, are taken as they are.

IngestError             code, message, permanent
├── AddressRefused      the URL or where it leads may not be opened
├── LinkExpired         401, 403, 404, 410: a fresh link may work
├── NotAFile            a page instead of a file
├── RangeRefused        416: there are no bytes from there on; ``size_bytes`` where the server tells it
└── SourceUnavailable   no connection, no answer, 429, 5xx
"""

import asyncio
import ipaddress
import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from types import TracebackType
from typing import Final, Self
from urllib.parse import SplitResult, urljoin, urlsplit

import httpx

from shared.config import Settings

MAX_REDIRECTS: Final = 5
_TIMEOUT: Final = httpx.Timeout(30, connect=10)
_RESOLVE_SECONDS: Final = 10
_REDIRECTS: Final = {301, 302, 303, 307, 308}
_EXPIRED: Final = {401, 403, 404, 410}
_PAGES: Final = {"text/html", "application/xhtml+xml"}
_PORTS: Final = {"http": 80, "https": 443}
_CONTENT_RANGE: Final = re.compile(r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)")
#: IPv6 addresses that lead to an IPv4 one, by the bits behind which that stands: NAT64 (RFC 6052), 6to4 (RFC 3056).
_CARRIERS: Final = ((ipaddress.IPv6Network("64:ff9b::/96"), 0), (ipaddress.IPv6Network("2002::/16"), 80))

#: Host and port to addresses; raises OSError.
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


class IngestError(Exception):
    """A download that cannot go on. ``message`` is fit to be shown; ``permanent``: trying again cannot help."""

    code, permanent = "SOURCE_UNAVAILABLE", False

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class AddressRefused(IngestError):
    """The URL, or one it leads to, may not be opened from here."""

    code, permanent = "SOURCE_ADDRESS_REFUSED", True


class LinkExpired(IngestError):
    """The server does not hand the file out under this link (any more)."""

    code = "SOURCE_LINK_EXPIRED"


class NotAFile(IngestError):
    """The answer is a page, or encoded in a way that nobody asked for."""

    code = "SOURCE_NOT_VIDEO"


class SourceUnavailable(IngestError):
    """The server cannot be reached, breaks off, or is overloaded."""


class RangeRefused(IngestError):
    """The file has no bytes from the offset on."""

    def __init__(self, size_bytes: int | None) -> None:
        super().__init__("The file ends before the place where the download is to go on")
        self.size_bytes = size_bytes


@dataclass(slots=True)
class Download:
    """An open answer. ``offset`` is the first byte that comes; ``size_bytes`` the whole file's, None if not told."""

    offset: int
    size_bytes: int | None
    etag: str | None
    content_type: str
    _answer: httpx.Response = field(repr=False)

    async def chunks(self) -> AsyncIterator[bytes]:
        """The bytes from ``offset`` on, in the pieces they arrive in: what has arrived is never held back.

        :raises SourceUnavailable: the connection broke before the end that was promised, or fell silent.
        """
        with _network():
            async for chunk in self._answer.aiter_raw():
                yield chunk


class Ingest:
    """Opens downloads; an async context manager. ``resolve`` stands in for the system's in tests."""

    def __init__(self, settings: Settings, *, resolve: Resolve | None = None) -> None:
        vimeo = urlsplit(settings.vimeo_api_url)
        self._trusted = {host.lower() for host in settings.ingest_allowed_hosts} | {_authority(vimeo)}
        self._resolve = resolve or _resolve
        # Neither proxies nor .netrc of the environment: they would connect elsewhere, or sign in.
        # No connection is used twice: it was checked for one name, and another may have the same address.
        self._http = httpx.AsyncClient(
            timeout=_TIMEOUT, trust_env=False, follow_redirects=False, limits=httpx.Limits(max_keepalive_connections=0)
        )

    async def __aenter__(self) -> Self:
        await self._http.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.__aexit__(kind, error, trace)

    @asynccontextmanager
    async def open(self, url: str, offset: int = 0, *, etag: str | None = None) -> AsyncIterator[Download]:
        """Open the file at ``url`` from ``offset`` on; with ``etag`` only if it is still the same, else from 0.

        A server that knows no ranges begins at 0: look at ``Download.offset``.

        :raises IngestError: see the tree above.
        """
        headers = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "vms"}
        if offset:
            headers["Range"] = f"bytes={offset}-"
            # A weak tag cannot vouch for bytes (RFC 9110, 13.1.5).
            if etag and not etag.startswith("W/"):
                headers["If-Range"] = etag
        for _ in range(MAX_REDIRECTS + 1):
            answer = await self._get(url, headers)
            try:
                target = answer.headers.get("Location")
                if answer.status_code not in _REDIRECTS or not target:
                    yield _opened(answer, offset)
                    return
                url = _joined(url, target)
            finally:
                await answer.aclose()
        raise AddressRefused(f"The link redirects more than {MAX_REDIRECTS} times")

    async def _get(self, url: str, headers: dict[str, str]) -> httpx.Response:
        parts = _parsed(url)
        host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
        addresses = await self._addresses(parts, host, port)
        failure: IngestError = SourceUnavailable(f"{host} has no address")
        for address in addresses:
            literal = f"[{address}]" if ":" in address else address
            request = self._http.build_request(
                "GET",
                parts._replace(netloc=f"{literal}:{port}", fragment="").geturl(),
                headers={"Host": parts.netloc, **headers},
                # The certificate is checked against the name, though the connection goes to the address.
                extensions={"sni_hostname": host},
            )
            try:
                with _network():
                    return await self._http.send(request, stream=True)
            except SourceUnavailable as error:
                failure = error
        raise failure

    async def _addresses(self, parts: SplitResult, host: str, port: int) -> Sequence[str]:
        """Where to connect to.

        :raises AddressRefused: it is not https, or an address is not public.
        """
        trusted = _authority(parts) in self._trusted
        if parts.scheme != "https" and not trusted:
            raise AddressRefused(f"{host} is to be fetched from without https")
        try:
            async with asyncio.timeout(_RESOLVE_SECONDS):
                addresses = await self._resolve(host, port)
        except (OSError, TimeoutError, UnicodeError) as error:
            raise SourceUnavailable(f"The name {host} cannot be resolved") from error
        if not trusted and not all(map(is_public, addresses)):
            raise AddressRefused(f"{host} is not a public address; INGEST_ALLOWED_HOSTS may name it")
        return addresses


def is_public(address: str) -> bool:
    """Tell whether an IP address is one that all the world can reach, and no way to another that is not."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped
        for network, shift in _CARRIERS:
            if found in network:
                inner = ipaddress.IPv4Address(int(found) >> shift & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
        if found.is_site_local or found.teredo is not None or found.scope_id:
            return False
    return found.is_global and not (found.is_multicast or found.is_reserved or found.is_unspecified)


async def _resolve(host: str, port: int) -> Sequence[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


def _parsed(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        port_is_valid = parts.port != 0
    except ValueError:
        raise AddressRefused("The link is no URL") from None
    if parts.scheme not in _PORTS or not parts.hostname or not port_is_valid or not parts.netloc.isascii():
        raise AddressRefused("The link is no http(s) URL")
    if "@" in parts.netloc:
        raise AddressRefused("The link carries a user name")
    return parts


def _joined(url: str, target: str) -> str:
    try:
        return urljoin(url, target)
    except ValueError:
        raise AddressRefused("The link redirects to what is no URL") from None


def _authority(parts: SplitResult) -> str:
    """Host and port, as INGEST_ALLOWED_HOSTS has them."""
    host = parts.hostname or ""
    return f"{f'[{host}]' if ':' in host else host}:{parts.port or _PORTS.get(parts.scheme, 0)}"


def _opened(answer: httpx.Response, offset: int) -> Download:
    status, headers = answer.status_code, answer.headers
    if status in _EXPIRED:
        raise LinkExpired(f"The download link answers {status}")
    begins, size = _content_range(headers.get("Content-Range", ""))
    if status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        raise RangeRefused(size)
    if status not in {HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT}:
        raise SourceUnavailable(f"The server of the download answers {status}")
    content_type = headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if content_type in _PAGES:
        raise NotAFile("The download link leads to a page instead of a file")
    if headers.get("Content-Encoding", "identity").lower() != "identity":
        raise NotAFile("The server encodes the file although it was not asked to")
    if status == HTTPStatus.PARTIAL_CONTENT:
        if begins is None or begins > offset:
            raise SourceUnavailable("The server sends another range than the one that was asked for")
        return Download(begins, size, headers.get("ETag"), content_type, answer)
    length = headers.get("Content-Length", "")
    return Download(0, int(length) if length.isdecimal() else None, headers.get("ETag"), content_type, answer)


def _content_range(value: str) -> tuple[int | None, int | None]:
    """First byte and the whole size (RFC 9110, 14.4); None what is not told."""
    match = _CONTENT_RANGE.fullmatch(value.strip())
    if match is None:
        return None, None
    first, size = match.groups()
    return int(first) if first else None, None if size == "*" else int(size)


@contextmanager
def _network() -> Iterator[None]:
    try:
        yield
    except httpx.HTTPError as error:
        # What httpx says may hold the URL, and with it a signature.
        raise SourceUnavailable(f"The download broke off: {type(error).__name__}") from None
    except (httpx.InvalidURL, httpx.StreamError) as error:
        raise SourceUnavailable(f"The download cannot be read: {type(error).__name__}") from None
