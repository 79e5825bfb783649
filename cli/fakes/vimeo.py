"""A Vimeo of one's own: API 3.4 on one port, its CDN on another (contracts.md, section 1).

    with FakeVimeo(FakeClip.many(20, file=path)) as fake:
        os.environ.update(fake.env())

Everything that may be turned is an attribute, at any time: see :class:`FakeVimeo`.
"""

import asyncio
import json
import math
import re
import secrets
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal, Self
from urllib.parse import urlencode, urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from cli.fakes.serving import Serving
from cli.fakes.vimeo_clips import FakeClip, only, plain_png

__all__ = ["Failure", "FakeClip", "FakeVimeo", "Hit"]

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_CHUNK: Final = 64 * 1024
_PAID: Final = frozenset({"standard", "advanced", "plus", "pro", "business", "premium", "enterprise"})


@dataclass(frozen=True)
class Hit:
    """A request that arrived; header names in lower case."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]


@dataclass(frozen=True)
class Failure:
    """An answer in place of the right one. ``body`` None is Vimeo's own shape of an error."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None


def _now() -> datetime:
    return datetime.now(UTC)


class _Cut(Exception):
    """The connection ends here."""


class FakeVimeo:
    """One account. What may be turned:

    - ``token``, ``scopes``, ``plan``, ``name``: 401 to another token; files only with video_files and a paid plan
    - ``rate_limit`` requests in ``window_seconds``; ``reset_as`` iso, unix or none; ``retry_after`` a header's value
    - ``failures``, ``cdn_failures``: answers in place of the next ones, e.g. ``fake.fail(503, times=3)``
    - ``delay_seconds`` before each answer of the API, ``drip_seconds`` between the bytes of its body
    - ``link_seconds``, ``cdn_link_seconds``: how long links live; :meth:`expire_links` ends those that are out
    - ``cdn_bytes_per_second``; ``cut_after`` bytes the connection ends, for the next ``cuts`` downloads; ``cdn_ranges``
    - ``offers_analytics``: whether /me/analytics is there (403 if not)
    - ``clock``: what time it is there

    ``clips`` is by id; ``hits`` and ``cdn_hits`` are what arrived, ``requests`` counts by path.
    """

    def __init__(self, clips: Iterable[FakeClip] = (), *, token: str | None = None) -> None:
        self.token = token or secrets.token_hex(16)
        self.clips: dict[str, FakeClip] = {}
        self.failures: deque[Failure] = deque()
        self.cdn_failures: deque[Failure] = deque()
        self.hits: list[Hit] = []
        self.cdn_hits: list[Hit] = []
        self.requests: Counter[str] = Counter()
        self._epoch = 0
        self.reset(*clips)
        api = Starlette(
            routes=[
                Route("/me", self._me),
                Route("/oauth/verify", self._verify),
                Route("/me/videos", self._library),
                Route("/me/analytics", self._analytics),
                Route("/videos/{id}", self._video),
                Route("/progressive_redirect/download/{id}", self._redirect),
                Route("/{path:path}", lambda _: self._error(404, 5000, "The requested page couldn't be found.")),
            ]
        )
        cdn = Starlette(routes=[Route("/file/{id}", self._file), Route("/picture/{name}", self._picture)])
        self._serving = Serving(
            self._before(api, self.hits, self._api_gate), self._before(cdn, self.cdn_hits, self._cdn_gate)
        )

    def __enter__(self) -> Self:
        self._serving.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._serving.__exit__(kind, error, trace)

    @property
    def url(self) -> str:
        """Where the API is."""
        return self._serving.urls[0]

    @property
    def cdn_url(self) -> str:
        """Where the files are."""
        return self._serving.urls[1]

    def env(self) -> dict[str, str]:
        """The settings that lead here."""
        hosts = ",".join(urlsplit(url).netloc for url in (self.url, self.cdn_url))
        return {"VIMEO_API_URL": self.url, "VIMEO_ACCESS_TOKEN": self.token, "INGEST_ALLOWED_HOSTS": hosts}

    def reset(self, *clips: FakeClip) -> None:
        """Everything as it was at the start, with these clips; the addresses and the token stay."""
        self.clips = {}
        self.add(*clips)
        self.scopes = {"public", "private", "video_files", "stats"}
        self.plan = "pro"
        self.name = "Example Studio"
        self.rate_limit: int | None = 600
        self.window_seconds = 60.0
        self.reset_as: Literal["iso", "unix", "none"] = "iso"
        self.retry_after: str | None = None
        self.failures.clear()
        self.cdn_failures.clear()
        self.delay_seconds = 0.0
        self.drip_seconds = 0.0
        self.link_seconds = 86400.0
        self.cdn_link_seconds = 4 * 3600.0
        self.cdn_bytes_per_second: float | None = None
        self.cut_after: int | None = None
        self.cuts = 0
        self.cdn_ranges = True
        self.offers_analytics = False
        self.clock: Callable[[], datetime] = _now
        self._window: tuple[datetime, int] = (datetime.fromtimestamp(0, UTC), 0)
        self.expire_links()
        self.forget()

    def add(self, *clips: FakeClip) -> None:
        """Add clips, or put them in the place of those with the same id."""
        self.clips.update({clip.id: clip for clip in clips})

    def remove(self, *ids: str) -> None:
        """Someone deletes videos at Vimeo."""
        for number in ids:
            self.clips.pop(number, None)

    def fail(
        self, status: int, *, times: int = 1, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> None:
        """Answer the next requests to the API like this."""
        self.failures.extend([Failure(status, headers or {}, body)] * times)

    def fail_cdn(self, status: int, *, times: int = 1, body: bytes | None = None) -> None:
        """Answer the next requests for files like this."""
        self.cdn_failures.extend([Failure(status, {}, body)] * times)

    def cut(self, after: int, *, times: int = 1) -> None:
        """End the next downloads after so many bytes."""
        self.cut_after, self.cuts = after, times

    def expire_links(self) -> None:
        """No link that was handed out before works any more."""
        self._epoch += 1

    def forget(self) -> None:
        """Forget what arrived."""
        self.hits.clear()
        self.cdn_hits.clear()
        self.requests.clear()

    # What happens before an answer

    def _before(self, app: Starlette, hits: list[Hit], gate: Callable[[Request], Any]) -> Any:
        async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
            request = Request(scope, receive)
            hits.append(Hit(request.url.path, dict(request.query_params), dict(request.headers)))
            self.requests[request.url.path] += 1
            answer: Response | None = await gate(request)
            await (answer or app)(scope, receive, send)

        return wrapped

    async def _api_gate(self, request: Request) -> Response | None:
        if self.delay_seconds:
            await asyncio.sleep(self.delay_seconds)
        if request.url.path.startswith("/progressive_redirect/"):
            return None
        if self.failures:
            failure = self.failures.popleft()
            if failure.body is None:
                return self._error(failure.status, 7100, "The service did not work.", headers=dict(failure.headers))
            return Response(failure.body, failure.status, dict(failure.headers))
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return self._error(401, 8003, "The user credentials are invalid.")
        if not self._counted():
            return self._error(429, None, "Too many API requests. Wait an hour or so, then try again.")
        return None

    async def _cdn_gate(self, _request: Request) -> Response | None:
        if not self.cdn_failures:
            return None
        failure = self.cdn_failures.popleft()
        return Response(failure.body or b"no", failure.status, dict(failure.headers))

    def _counted(self) -> bool:
        """Count a request into the window that runs; False if it has had its share."""
        start, used = self._window
        if self.clock() >= start + timedelta(seconds=self.window_seconds):
            start, used = self.clock(), 0
        self._window = (start, used + 1)
        return self.rate_limit is None or used < self.rate_limit

    def _limits(self, status: int) -> dict[str, str]:
        headers = {}
        if self.rate_limit is not None and status != 401:
            start, used = self._window
            # To the second, as Vimeo has it; rounded up, so that nobody comes too early.
            end = math.ceil((start + timedelta(seconds=self.window_seconds)).timestamp())
            headers = {
                "X-RateLimit-Limit": str(self.rate_limit),
                "X-RateLimit-Remaining": str(max(0, self.rate_limit - used)),
            }
            if self.reset_as == "iso":
                headers["X-RateLimit-Reset"] = datetime.fromtimestamp(end, UTC).isoformat()
            elif self.reset_as == "unix":
                headers["X-RateLimit-Reset"] = str(end)
        if status == 429 and self.retry_after is not None:
            headers["Retry-After"] = self.retry_after
        return headers

    def _answer(self, document: Any, request: Request, *, kind: str = "video") -> Response:
        fields = request.query_params.get("fields")
        if fields:
            names = fields.split(",")
            if isinstance(document, dict) and "data" in document:
                document = {**document, "data": only(document["data"], names)}
            else:
                document = only(document, names)
        made = Response(json.dumps(document), headers=self._limits(200))
        made.headers["Content-Type"] = f"application/vnd.vimeo.{kind}+json;version=3.4"
        if not self.drip_seconds:
            return made
        del made.headers["Content-Length"]
        return StreamingResponse(self._dripping(bytes(made.body)), headers=dict(made.headers))

    async def _dripping(self, body: bytes) -> AsyncIterator[bytes]:
        for at in range(0, len(body), 16):
            yield body[at : at + 16]
            await asyncio.sleep(self.drip_seconds)

    def _error(self, status: int, code: int | None, text: str, *, headers: dict[str, str] | None = None) -> Response:
        body = {"error": text, "developer_message": f"{text} [fake]", "link": None, "error_code": code}
        return JSONResponse(
            body, status, {**self._limits(status), **(headers or {})}, "application/vnd.vimeo.error+json"
        )

    # The API

    async def _me(self, request: Request) -> Response:
        link = "https://vimeo.com/examplestudio"
        return self._answer(
            {"uri": "/users/1", "name": self.name, "link": link, "account": self.plan}, request, kind="user"
        )

    async def _verify(self, request: Request) -> Response:
        scope = " ".join(sorted(self.scopes))
        said = {"access_token": self.token, "token_type": "bearer", "scope": scope, "user": {"name": self.name}}
        return self._answer(said, request, kind="auth")

    def _seen(self) -> list[FakeClip]:
        everything = "private" in self.scopes
        return [clip for clip in self.clips.values() if everything or clip.privacy == "anybody"]

    async def _library(self, request: Request) -> Response:
        asked = request.query_params
        try:
            page, per_page = int(asked.get("page", "1")), int(asked.get("per_page", "25"))
        except ValueError:
            page = per_page = 0
        if page < 1 or not 1 <= per_page <= 100:
            return self._error(400, 2204, "A parameter was invalid.")
        kind = asked.get("sort", "date")
        found = self._seen()
        if kind == "alphabetical":
            found.sort(key=lambda clip: clip.name)
        elif kind == "modified_time":
            found.sort(key=lambda clip: clip.modified or clip.created_at)
        else:
            found.sort(key=lambda clip: (clip.created_at, int(clip.id)))
        if asked.get("direction", "desc") == "desc":
            found.reverse()
        last = max(1, math.ceil(len(found) / per_page))
        if page > last:
            return self._error(404, 5000, "The requested page couldn't be found.")

        def place(number: int) -> str | None:
            kept = {name: value for name, value in asked.items() if name != "page"}
            return f"/me/videos?{urlencode({**kept, 'page': number})}" if 1 <= number <= last else None

        rows = [self._object(clip, request) for clip in found[(page - 1) * per_page : page * per_page]]
        paging = {"next": place(page + 1), "previous": place(page - 1), "first": place(1), "last": place(last)}
        document = {"total": len(found), "page": page, "per_page": per_page, "paging": paging, "data": rows}
        return self._answer(document, request)

    async def _video(self, request: Request) -> Response:
        clip = self.clips.get(request.path_params["id"].partition(":")[0])
        if clip is None or clip not in self._seen():
            return self._error(404, 5000, "The requested video couldn't be found.")
        return self._answer(self._object(clip, request), request)

    def _object(self, clip: FakeClip, request: Request) -> dict[str, Any]:
        made = clip.facts(cdn_url=self.cdn_url)
        asked = "download" in request.query_params.get("fields", "download")
        if asked and "video_files" in self.scopes and self.plan in _PAID and clip.offers_download:
            made.setdefault("download", self._downloads(clip))
        return made

    def _downloads(self, clip: FakeClip) -> list[dict[str, Any]]:
        expires = self.clock() + timedelta(seconds=self.link_seconds)
        query = urlencode({"epoch": self._epoch, "expires": expires.timestamp()})
        return clip.download(link=f"{self.url}/progressive_redirect/download/{clip.id}?{query}", expires=expires)

    async def _analytics(self, request: Request) -> Response:
        if not self.offers_analytics or "stats" not in self.scopes:
            return self._error(403, 3200, "You can't get analytics with this plan.")
        asked = request.query_params
        start, end = (datetime.fromisoformat(asked[name]) for name in ("from", "to"))
        wanted = asked.get("filter_content", "")
        days = [start + timedelta(days=number) for number in range((end - start).days + 1)]
        rows = [
            {
                "start_date": f"{day:%Y-%m-%d}",
                "end_date": f"{day:%Y-%m-%d}",
                "views": clip.plays,
                "unique_viewers": (clip.plays or 0) // 2,
                "total_seconds_watched": (clip.plays or 0) * clip.duration,
                "finishes": 0,
                "impressions": clip.plays,
                "downloads": 0,
                "metadata": {"connections": {"video": {"uri": f"/videos/{clip.id}"}}},
            }
            for clip in self._seen()
            if wanted in {"", f"/videos/{clip.id}"}
            for day in days
        ]
        document = {"total": len(rows), "page": 1, "per_page": 100, "data": rows, "paging": {"next": None}}
        return self._answer(document, request, kind="analytics")

    # Links and files

    def _alive(self, request: Request) -> bool:
        asked = request.query_params
        try:
            return int(asked["epoch"]) == self._epoch and float(asked["expires"]) > self.clock().timestamp()
        except (KeyError, ValueError):
            return False

    async def _redirect(self, request: Request) -> Response:
        if request.path_params["id"] not in self.clips:
            return Response("gone", 404)
        if not self._alive(request):
            return Response("expired", 410)
        expires = (self.clock() + timedelta(seconds=self.cdn_link_seconds)).timestamp()
        query = urlencode({"epoch": self._epoch, "expires": expires})
        return RedirectResponse(f"{self.cdn_url}/file/{request.path_params['id']}?{query}", 302)

    async def _file(self, request: Request) -> Response:
        clip = self.clips.get(request.path_params["id"])
        if clip is None:
            return Response("gone", 404)
        if not self._alive(request):
            return Response("expired", 403)
        start, end = 0, clip.size - 1
        headers = {"Content-Type": "video/mp4"}
        asked = _RANGE.fullmatch(request.headers.get("range", "")) if self.cdn_ranges else None
        if asked is not None and asked[0] != "bytes=-":
            start = int(asked[1]) if asked[1] else max(0, clip.size - int(asked[2]))
            end = min(end, int(asked[2])) if asked[1] and asked[2] else end
            if start > end:
                return Response(b"", 416, {"Content-Range": f"bytes */{clip.size}"})
            headers["Content-Range"] = f"bytes {start}-{end}/{clip.size}"
        if self.cdn_ranges:
            headers["Accept-Ranges"] = "bytes"
        headers["Content-Length"] = str(end - start + 1)
        return StreamingResponse(self._bytes(clip, start, end + 1), 206 if "Content-Range" in headers else 200, headers)

    async def _bytes(self, clip: FakeClip, start: int, end: int) -> AsyncIterator[bytes]:
        left = None
        if self.cut_after is not None and self.cuts > 0:
            self.cuts -= 1
            left = self.cut_after
        while start < end:
            size = min(_CHUNK, end - start, _CHUNK if left is None else left)
            if size == 0:
                raise _Cut
            yield _piece(clip.file, start, size)
            start += size
            left = None if left is None else left - size
            if self.cdn_bytes_per_second:
                await asyncio.sleep(size / self.cdn_bytes_per_second)

    async def _picture(self, request: Request) -> Response:
        clip = self.clips.get(request.path_params["name"].partition("-")[0])
        if clip is None:
            return Response("gone", 404)
        return Response(clip.picture or plain_png(int(clip.id)), media_type="image/png")


def _piece(file: Path | bytes, start: int, size: int) -> bytes:
    if isinstance(file, bytes):
        return file[start : start + size]
    with file.open("rb") as opened:
        opened.seek(start)
        return opened.read(size)
