"""The Vimeo client (API 3.4): what the library holds, one video and its files, and who asks.

Every request goes through a :class:`Gate`, is tried again a few times after what passes, and ends in a value or in one
of the errors of ``vimeo_values``. The token is in one header of one request at a time; it follows no redirect, and no
log, error or repr has it.
"""

import asyncio
import json
import re
from collections.abc import Mapping
from datetime import date
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import httpx

from shared.clients import vimeo_parsing as parsing
from shared.clients.vimeo_values import (
    Account,
    Answered,
    Download,
    Gate,
    Page,
    Refusal,
    VideoDay,
    VimeoBackingOff,
    VimeoError,
    VimeoNotConnected,
    VimeoNotFound,
    VimeoQuotaExhausted,
    VimeoRefused,
    VimeoUnavailable,
    VimeoVideo,
)
from shared.clock import utc_now
from shared.config import Settings
from shared.log import get_logger

__all__ = [
    "Account",
    "Answered",
    "Download",
    "Gate",
    "Page",
    "Refusal",
    "VideoDay",
    "VimeoBackingOff",
    "VimeoClient",
    "VimeoError",
    "VimeoNotConnected",
    "VimeoNotFound",
    "VimeoQuotaExhausted",
    "VimeoRefused",
    "VimeoUnavailable",
    "VimeoVideo",
    "is_connected",
]

log = get_logger(__name__)
PER_PAGE: Final = 100
TIMEOUT = httpx.Timeout(20, connect=10)
#: A whole answer takes no longer, however steadily it drips.
ANSWER_SECONDS: Final = 60.0
#: 100 videos with all their picture sizes are about 0.5 MB.
MAX_BODY: Final = 16 * 1024**2
_ACCEPT: Final = "application/vnd.vimeo.*+json;version=3.4"
_LIBRARY: Final = "/me/videos"
# Files are not asked for in lists: they cost a scope, and their links expire before they are used.
_FIELDS: Final = (
    "uri,name,description,type,duration,width,height,link,player_embed_url,embed.html,privacy.view,tags.name,tags.tag,"
    "parent_folder.name,pictures.base_link,pictures.sizes,created_time,modified_time,stats.plays,status,is_playable,"
    "has_audio"
)
_FILES: Final = (
    "download.quality,download.rendition,download.width,download.height,download.expires,download.link,download.size,"
    "download.md5"
)
_RECORDS: Final = (
    "start_date,end_date,views,impressions,unique_viewers,finishes,downloads,total_seconds_watched,total_time_watched,"
    "metadata"
)
_TOKEN = re.compile(r"[\x21-\x7e]+")
_NUMBER = re.compile(r"[0-9]{1,20}")
_MAX_SAID: Final = 200


def is_connected(settings: Settings) -> bool:
    """Whether a token is set."""
    token = settings.vimeo_access_token
    return token is not None and bool(token.get_secret_value().strip())


class VimeoClient:
    """One account at Vimeo. ``tries``: how often what passes (429, 5xx, no answer) is asked in one call."""

    def __init__(self, settings: Settings, http: httpx.AsyncClient, gate: Gate, *, tries: int = 3) -> None:
        """:raises VimeoNotConnected: ``VIMEO_ACCESS_TOKEN`` is not set, or is no token."""
        token = settings.vimeo_access_token.get_secret_value().strip() if settings.vimeo_access_token else ""
        if not token:
            raise VimeoNotConnected
        if not _TOKEN.fullmatch(token):
            raise VimeoNotConnected("VIMEO_ACCESS_TOKEN holds characters that no token has: copy it again.")
        self._token = token
        self._base = settings.vimeo_api_url
        self._http = http
        self._gate = gate
        self._tries = max(1, tries)
        self._analytics_offered: bool | None = None

    async def me(self) -> Account:
        """Whose token it is.

        :raises VimeoRefused: the token is not accepted.
        :raises VimeoUnavailable: no sensible answer.
        """
        found = parsing.account(await self._ask("/me", {"fields": "uri,name,link,account,membership.type"}))
        if found is None:
            raise self._nonsense("/me names no account")
        return found

    async def scopes(self) -> frozenset[str] | None:
        """What the token may do, or None if Vimeo does not say."""
        try:
            found = parsing.words((await self._ask("/oauth/verify", {})).get("scope"))
        except (VimeoNotFound, VimeoUnavailable):
            return None
        return frozenset(found.split()) if found else None

    async def page(self, after: str | None) -> Page:
        """A page of the library, at most 100 videos, the oldest first; ``after`` is the ``next`` of the page before.

        :raises VimeoRefused: the token or its scopes.
        :raises VimeoUnavailable: no sensible answer.
        :raises VimeoNotFound: the library has no such page any more: begin again.
        """
        asked = {"per_page": str(PER_PAGE), "sort": "date", "direction": "asc", "fields": _FIELDS}
        if after is not None:
            # Only what it says of the place counts: neither its host nor its path, nor other fields.
            asked = {**dict(parse_qsl(urlsplit(after).query)), **asked}
        try:
            found = parsing.page(await self._ask(_LIBRARY, asked))
        except VimeoNotFound:
            if after is not None:
                raise
            raise self._nonsense("there is no library at /me/videos") from None
        except VimeoRefused as error:
            # Whether a page that is not there is 404 or 400 is not documented; the first page was taken.
            if after is not None and error.reason == Refusal.request:
                raise VimeoNotFound("The library at Vimeo has no such page any more.") from None
            raise
        if found is None:
            raise self._nonsense("/me/videos is no list")
        if found.next is not None and dict(parse_qsl(urlsplit(found.next).query)).items() <= asked.items():
            raise self._nonsense("a page names itself as the next one")
        return found

    async def video(self, external_id: str, *, downloads: bool = False) -> VimeoVideo:
        """One video; with ``downloads`` also its files, whose links are good for hours.

        Without the scope ``video_files`` or a paid plan Vimeo answers without them: then there are none.

        :raises VimeoNotFound: it is gone, or not this account's.
        :raises VimeoRefused: the token or its scopes.
        :raises VimeoUnavailable: no sensible answer.
        """
        if not _NUMBER.fullmatch(external_id):
            raise VimeoNotFound(f"{external_id[:40]!r} is no number of a video at Vimeo.")
        fields = f"{_FIELDS},{_FILES}" if downloads else _FIELDS
        found = parsing.video(await self._ask(f"/videos/{external_id}", {"fields": fields}))
        if found is None or found.id != external_id:
            raise self._nonsense(f"what it gives for video {external_id} is another one, or none")
        return found

    async def analytics(self, external_id: str, start: date, end: date) -> tuple[VideoDay, ...] | None:
        """What Vimeo counted for a video on each day from ``start`` to ``end``, both included.

        None: this token or plan does not offer it. The path and its parameters are not public (contracts.md, section
        1), so a refusal of any kind counts as that, and the first one is believed for the life of the client.

        :raises VimeoUnavailable: no sensible answer.
        """
        if self._analytics_offered is False:
            return None
        asked = {
            "dimension": "video",
            "time_interval": "day",
            "from": start.isoformat(),
            "to": end.isoformat(),
            "filter_content": f"/videos/{external_id}",
            "per_page": str(PER_PAGE),
            "fields": _RECORDS,
        }
        try:
            found = parsing.days(await self._ask("/me/analytics", asked), external_id)
        except (VimeoRefused, VimeoNotFound):
            found = None
        self._analytics_offered = found is not None
        if found is None:
            log.info("vimeo.no_analytics")
            return None
        return tuple(day for day in found if start <= day.day <= end)

    async def _ask(self, path: str, asked: Mapping[str, str]) -> dict[str, Any]:
        """The JSON object at ``path``, asked for as often as it makes sense."""
        trouble = VimeoUnavailable()
        for _ in range(self._tries):
            await self._gate.admit()
            try:
                status, headers, body = await self._send(path, asked)
            except (httpx.HTTPError, TimeoutError) as error:
                # The cause is cut off on purpose: it carries the request, and the request the token.
                await self._gate.note(Answered(0))
                trouble = VimeoUnavailable(f"Vimeo does not answer ({type(error).__name__}); it is asked again later.")
                log.warning("vimeo.no_answer", path=path, kind=type(error).__name__)
                continue
            await self._gate.note(parsing.answered(status, headers, utc_now()))
            if status == HTTPStatus.TOO_MANY_REQUESTS or status >= 500 or status == HTTPStatus.REQUEST_TIMEOUT:
                trouble = VimeoUnavailable(f"Vimeo answers {status}; it is asked again later.")
                log.warning("vimeo.refused", path=path, status=status)
                continue
            document = _object(body)
            if 200 <= status < 300:
                if document is None:
                    raise self._nonsense("its answer is no JSON object")
                return document
            raise self._error(path, status, document or {})
        raise trouble

    async def _send(self, path: str, asked: Mapping[str, str]) -> tuple[int, httpx.Headers, bytes]:
        headers = {"Authorization": f"Bearer {self._token}", "Accept": _ACCEPT}
        request = self._http.build_request("GET", self._base + path, params=asked, headers=headers, timeout=TIMEOUT)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                answer = await self._http.send(request, stream=True, follow_redirects=False)
                try:
                    body = bytearray()
                    async for chunk in answer.aiter_bytes():
                        body += chunk
                        if len(body) > MAX_BODY:
                            raise httpx.DecodingError("the answer is too long")
                finally:
                    await answer.aclose()
        finally:
            del request
        return answer.status_code, answer.headers, bytes(body)

    def _error(self, path: str, status: int, document: Mapping[str, Any]) -> Exception:
        said = self._said(document)
        if status == HTTPStatus.UNAUTHORIZED:
            return VimeoRefused(
                f"Vimeo does not accept the token{said}. Make a new one with the scopes public, private and "
                "video_files, set it as VIMEO_ACCESS_TOKEN and restart.",
                reason=Refusal.credentials,
            )
        if status == HTTPStatus.FORBIDDEN:
            return VimeoRefused(
                f"Vimeo does not let this token read {path}{said}. Check its scopes and the account's plan with "
                "`vms vimeo check`.",
                reason=Refusal.scope,
            )
        if status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
            return VimeoNotFound(f"Vimeo has no {path} for this account{said}.")
        if 300 <= status < 400:
            return self._nonsense("it sends us elsewhere")
        return VimeoRefused(f"Vimeo does not take the request for {path} ({status}{said}).", reason=Refusal.request)

    def _said(self, document: Mapping[str, Any]) -> str:
        said = next(
            (
                text
                for key in ("developer_message", "error", "error_description")
                if (text := parsing.words(document.get(key)))
            ),
            "",
        )
        # Vimeo repeats parts of a request in its messages.
        said = " ".join(said.replace(self._token, "…").split())[:_MAX_SAID].rstrip(".")
        return f": {said}" if said else ""

    def _nonsense(self, what: str) -> VimeoUnavailable:
        host = urlsplit(self._base).netloc.rpartition("@")[2]
        return VimeoUnavailable(f"What answers at {host} does not speak as Vimeo does: {what}. Check VIMEO_API_URL.")


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
