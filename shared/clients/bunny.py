"""The client of Bunny's core API: pull zones and purging, with one error for each meaning.

BunnyError
├── TooFast       429: wait ``retry_after_seconds``
├── Missing       404: no such pull zone
├── Refused       400, 401, 403 and the other 4xx: the same call would be refused again
└── Unreachable   no answer, 5xx, or none that makes sense

The account's key is a header of every request, so no request, and no network error's text, leaves this module.
"""

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

import httpx

from shared.config import Settings

TIMEOUT = httpx.Timeout(30, connect=5)
#: Pauses between the tries of one call, where Bunny names none.
_PAUSES = (1.0, 2.0, 5.0)
_LONGEST_PAUSE = 30.0
_MAX_MESSAGE = 300
_ZONES_A_PAGE = 100
_MAX_PAGES = 10  # an account has at most 500 zones
Json = dict[str, Any]


class BunnyError(Exception):
    """Bunny did not do it; the text says why and names no secret."""


class TooFast(BunnyError):
    """The account has made too many calls."""

    def __init__(self, retry_after_seconds: float) -> None:
        super().__init__(f"Bunny asks to wait {retry_after_seconds:.0f} s")
        self.retry_after_seconds = retry_after_seconds


class Refused(BunnyError):
    """Bunny refuses the call: a wrong key, or a value it does not take."""


class Missing(Refused):
    """There is no such thing at Bunny."""


class Unreachable(BunnyError):
    """Bunny did not answer, or could not."""


class Bunny:
    """One account. With ``patient`` a call is tried up to four times before it fails; without, once."""

    def __init__(
        self,
        settings: Settings,
        client: httpx.AsyncClient,
        *,
        patient: bool = False,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """:raises ValueError: ``BUNNY_API_KEY`` is not set."""
        if settings.bunny_api_key is None or not settings.bunny_api_key.get_secret_value():
            raise ValueError("BUNNY_API_KEY is not set")
        self._key = settings.bunny_api_key.get_secret_value()
        self._url = settings.bunny_api_url
        self._client = client
        self._pauses = _PAUSES if patient else ()
        self._sleep = sleep

    async def purge(self, url: str) -> None:
        """Have the CDN forget an address; one that ends in ``*`` means all that begin so.

        :raises BunnyError: it was not done.
        """
        await self._call("POST", "/purge", query={"url": url, "async": "true"})

    async def zone(self, zone_id: int) -> Json:
        """A pull zone with all its settings.

        :raises Missing: there is none of that number.
        """
        return _object(await self._call("GET", f"/pullzone/{zone_id}"))

    async def find_zone(self, name: str) -> Json | None:
        """The pull zone of that name, or None."""
        for page in range(1, _MAX_PAGES + 1):
            query: dict[str, str | int] = {"page": page, "perPage": _ZONES_A_PAGE, "search": name}
            found = await self._call("GET", "/pullzone", query=query)
            items = found if isinstance(found, list) else _object(found).get("Items") or []
            for zone in items:
                if isinstance(zone, dict) and str(zone.get("Name", "")).lower() == name.lower():
                    return zone
            if isinstance(found, list) or not found.get("HasMoreItems"):
                return None
        return None

    async def create_zone(self, values: Json) -> Json:
        """A new pull zone; ``values`` name it."""
        return _object(await self._call("POST", "/pullzone", body=values))

    async def update_zone(self, zone_id: int, values: Json) -> None:
        """Set some settings of a pull zone."""
        await self._call("POST", f"/pullzone/{zone_id}", body=values)

    async def add_hostname(self, zone_id: int, hostname: str) -> None:
        """Let a pull zone answer under one more name."""
        await self._call("POST", f"/pullzone/{zone_id}/addHostname", body={"Hostname": hostname})

    async def load_certificate(self, hostname: str) -> None:
        """Fetch a free certificate for a name; its DNS must point at Bunny."""
        await self._call("GET", "/pullzone/loadFreeCertificate", query={"hostname": hostname})

    async def force_ssl(self, zone_id: int, hostname: str) -> None:
        """Send plain HTTP to HTTPS."""
        body = {"Hostname": hostname, "ForceSSL": True}
        await self._call("POST", f"/pullzone/{zone_id}/setForceSSL", body=body)

    async def _call(self, method: str, path: str, *, query: Any = None, body: Json | None = None) -> Any:
        for pause in self._pauses:
            try:
                return await self._once(method, path, query=query, body=body)
            except TooFast as error:
                if error.retry_after_seconds > _LONGEST_PAUSE:
                    raise
                await self._sleep(max(pause, error.retry_after_seconds))
            except Unreachable:
                # What was not answered may have been done; only the creation of a zone must not be done twice.
                if path == "/pullzone" and method == "POST":
                    raise
                await self._sleep(pause)
        return await self._once(method, path, query=query, body=body)

    async def _once(self, method: str, path: str, *, query: Any, body: Json | None) -> Any:
        headers = {"AccessKey": self._key, "Accept": "application/json"}
        try:
            answer = await self._client.request(
                method, self._url + path, params=query, json=body, headers=headers, timeout=TIMEOUT
            )
        except httpx.HTTPError as error:
            # The cause is cut off on purpose: it carries the request, and the request the key.
            raise Unreachable(f"Bunny does not answer: {type(error).__name__}") from None
        if answer.is_success:
            return _document(answer)
        status, said = answer.status_code, self._said(answer)
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            raise TooFast(_retry_after(answer))
        if status == HTTPStatus.UNAUTHORIZED:
            raise Refused("Bunny refuses the key: check BUNNY_API_KEY")
        if status == HTTPStatus.NOT_FOUND:
            raise Missing(f"Bunny answers 404: {said}")
        if 400 <= status < 500:
            raise Refused(f"Bunny refuses it: {status} {said}")
        raise Unreachable(f"Bunny answers {status} {said}")

    def _said(self, answer: httpx.Response) -> str:
        """``ErrorKey (Field): Message`` of Bunny's error, as far as it is there."""
        try:
            document = answer.json()
        except ValueError:
            document = None
        if not isinstance(document, dict):
            return answer.reason_phrase
        where = f" ({document['Field']})" if document.get("Field") else ""
        text = f"{document.get('ErrorKey') or ''}{where}: {document.get('Message') or ''}"
        return text.replace(self._key, "…").strip(": ")[:_MAX_MESSAGE]


def _document(answer: httpx.Response) -> Any:
    if not answer.content:
        return {}
    try:
        return answer.json()
    except ValueError:
        return {}


def _object(found: Any) -> Json:
    """:raises Unreachable: it is no pull zone."""
    if not isinstance(found, dict) or not found:
        raise Unreachable("what answers at BUNNY_API_URL is not Bunny")
    return found


def _retry_after(answer: httpx.Response) -> float:
    text = answer.headers.get("retry-after", "")
    return min(max(float(text), 1.0), 3600.0) if text.isascii() and text.isdigit() else 5.0
