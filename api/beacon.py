"""Players' events on their way into the database, many at a time.

A request waits until its events are written: one statement writes all that has come in meanwhile, so a thousand viewers
cost a few statements. :class:`BeaconPath` takes the requests before the routes are looked at, because that costs more
than all the rest; the route does the same for those that it leaves alone.

No address is kept. For the limits a process counts by a hash of the address under a key of its own, in memory, for ten
seconds.
"""

import asyncio
import hashlib
import ipaddress
import json
import re
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache
from secrets import token_bytes
from typing import Any, Final
from uuid import UUID

import asyncpg
from pydantic import TypeAdapter, ValidationError
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from api.problems import app_error_response, escape
from shared.analytics import viewings
from shared.analytics.errors import BeaconFlood, BeaconFull
from shared.analytics.schemas import MAX_EVENTS, ViewingEvent
from shared.analytics.viewings import Merged
from shared.clock import utc_now
from shared.db.session import Database
from shared.errors import AppError, FieldError, InvalidInput, TooLarge, Unavailable
from shared.log import get_logger

log = get_logger(__name__)
PATH: Final = "/api/playback/events"
MAX_BYTES: Final = 4096
BODY_SECONDS: Final = 20
#: So long a batch waits for company.
GATHER_SECONDS: Final = 0.004
MAX_BATCH: Final = 2000
MAX_WAITING: Final = 20_000
WRITE_SECONDS: Final = 10.0
_TRIES: Final = 3
WINDOW_SECONDS: Final = 10
#: Events in a window: a school behind one address, and a premiere.
PER_ADDRESS: Final = 1000
PER_VIDEO: Final = 50_000
_MAX_COUNTED: Final = 50_000
_BOTS = re.compile(
    rb"bot\b|bot/|crawl|spider|slurp|facebookexternalhit|embedly|lighthouse|preview|monitor|pingdom", re.IGNORECASE
)
#: Private addresses that were met, which are our proxies': to parse them again and again costs more than the event.
_OURS: Final[set[str]] = set()
_MAX_OURS: Final = 256
_ONE = TypeAdapter(ViewingEvent)
_MANY = TypeAdapter(list[ViewingEvent])
_START: Final = {"type": "http.response.start", "status": 204, "headers": []}
_END: Final = {"type": "http.response.body", "body": b""}


def read_events(body: bytes) -> list[ViewingEvent]:
    """One event, or a list of up to twenty, whatever type the body claims: ``sendBeacon`` says it is plain text.

    :raises InvalidInput: it is something else.
    """
    many = body.lstrip()[:1] == b"["
    try:
        try:
            events = _MANY.validate_json(body) if many else [_ONE.validate_json(body)]
        except ValidationError:
            # Python reads a little more than JSON, and can say which field it is that is none.
            loose = json.loads(body)
            events = _MANY.validate_python(loose) if many else [_ONE.validate_python(loose)]
    except (ValueError, RecursionError) as error:
        if not isinstance(error, ValidationError):
            raise InvalidInput("The body is not JSON", errors=(FieldError("", "json_invalid", "no JSON"),)) from error
        fields = tuple(
            FieldError("".join(f"/{escape(str(step))}" for step in entry["loc"]), entry["type"], entry["msg"])
            for entry in error.errors(include_url=False, include_context=False, include_input=False)
        )
        raise InvalidInput(f"{fields[0].pointer or 'the body'}: {fields[0].message}", errors=fields) from error
    if not 1 <= len(events) <= MAX_EVENTS:
        message = f"must have 1 to {MAX_EVENTS} events"
        raise InvalidInput(f"The list {message}", errors=(FieldError("", "length", message),))
    return events


class Limits:
    """How many events came from where and about what in these ten seconds. Bounded: beyond it, strangers share."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._window = -1
        self._key = b""
        self._addresses: dict[bytes, int] = {}
        self._videos: dict[UUID, int] = {}

    def admit(self, address: str | None, events: Sequence[ViewingEvent]) -> None:
        """Count the events.

        :raises BeaconFlood: there were too many.
        """
        now = self._clock()
        if (window := int(now // WINDOW_SECONDS)) != self._window:
            self._window, self._key = window, token_bytes(16)
            self._addresses.clear()
            self._videos.clear()
        allowed = True
        if address is not None:
            digest = hashlib.blake2b(address.encode(), digest_size=8, key=self._key).digest()
            allowed = _count(self._addresses, digest, len(events), b"") <= PER_ADDRESS
        for event in events:
            allowed = _count(self._videos, event.video_id, 1, UUID(int=0)) <= PER_VIDEO and allowed
        if not allowed:
            left = max(1, int((window + 1) * WINDOW_SECONDS - now) + 1)
            raise BeaconFlood(
                f"Send at most {PER_ADDRESS} events in {WINDOW_SECONDS} s; go on in {left} s", retry_after_seconds=left
            )


def _count(counts: dict[Any, int], key: Any, more: int, other: Any) -> int:
    if key not in counts and len(counts) >= _MAX_COUNTED:
        key = other
    counts[key] = counts.get(key, 0) + more
    return counts[key]


@lru_cache(maxsize=1024)
def is_robot(agent: bytes) -> bool:
    """Whether a ``User-Agent`` says so."""
    return _BOTS.search(agent) is not None


def client_address(peer: str, forwarded: str) -> str | None:
    """Who to count for: the peer; behind proxies of ours (private addresses) the last one before them. A subscriber of
    IPv6 has a /64. None: everybody is in our own network."""
    hops = [*(forwarded.split(",") if forwarded else ()), peer]
    for hop in reversed(hops):
        if hop in _OURS:
            continue
        try:
            address = ipaddress.ip_address(hop.strip())
        except ValueError:
            return None
        if not address.is_private:
            return str(address) if address.version == 4 else str(ipaddress.ip_network((address, 64), strict=False))
        if len(_OURS) < _MAX_OURS:
            _OURS.add(hop)
    return None


class _Batch:
    """Events that are written together, and those who wait for it."""

    def __init__(self) -> None:
        self.viewings: dict[UUID, Merged] = {}
        self.waiting: list[asyncio.Future[None]] = []

    def end(self, error: Unavailable | None = None) -> None:
        """Tell those who still wait."""
        for one in self.waiting:
            if one.done():
                continue
            if error is None:
                one.set_result(None)
            else:
                one.set_exception(Unavailable(error.detail))


class Beacon:
    """The events of one process. It has a task only while events wait, so there is nothing to close."""

    def __init__(
        self, database: Database, *, clock: Callable[[], datetime] = utc_now, limits: Limits | None = None
    ) -> None:
        self._database = database
        self._clock = clock
        self._limits = limits or Limits()
        self._batches: list[_Batch] = []
        self._waiting = 0
        self._task: asyncio.Task[None] | None = None

    async def take(self, scope: Scope, body: bytes) -> None:
        """Read what a request brings and write it. Robots are not counted.

        :raises InvalidInput: it is no event.
        :raises BeaconFlood: too many come from there.
        :raises BeaconFull: too many wait already.
        :raises Unavailable: the database did not take them in time.
        """
        events = read_events(body)
        agent, forwarded = b"", b""
        for name, value in scope["headers"]:
            if name == b"user-agent":
                agent = value
            elif name == b"x-forwarded-for":
                forwarded = value
        peer = scope.get("client")
        self._limits.admit(client_address(peer[0] if peer else "", forwarded.decode("latin-1")), events)
        if not is_robot(agent):
            await self.write(events)

    async def write(self, events: Sequence[ViewingEvent]) -> None:
        """Return when the events are in the database.

        :raises BeaconFull: too many wait already.
        :raises Unavailable: the database did not take them in time.
        """
        if self._waiting + len(events) > MAX_WAITING:
            raise BeaconFull("Send the same events again in a moment: they are cumulative, nothing is counted twice")
        if not self._batches or len(self._batches[-1].viewings) >= MAX_BATCH:
            self._batches.append(_Batch())
        batch = self._batches[-1]
        for event in events:
            viewings.merge(batch.viewings, event)
        if self._task is None:
            self._task = asyncio.create_task(self._work())
        self._waiting += len(events)
        # One for each, so that whoever hangs up takes nothing away from the others.
        written = asyncio.get_running_loop().create_future()
        batch.waiting.append(written)
        try:
            await written
        finally:
            self._waiting -= len(events)

    async def _work(self) -> None:
        try:
            while self._batches:
                await asyncio.sleep(GATHER_SECONDS)
                batch = self._batches.pop(0)
                try:
                    await self._store(batch.viewings)
                except Unavailable as error:
                    batch.end(error)
                except Exception:  # a bug in one batch must not stop those behind it; who waits hears 503
                    log.exception("beacon.crashed")
                else:
                    batch.end()
                finally:
                    batch.end(Unavailable("The events could not be written; send them again in a moment"))
        finally:
            self._task = None
            while self._batches:
                self._batches.pop().end(Unavailable("The server stops; send the events again in a moment"))

    async def _store(self, batch: dict[UUID, Merged]) -> None:
        """Write a batch; it may be written twice without harm, so a broken connection is tried again."""
        if not batch:
            return
        for attempt in range(1, _TRIES + 1):
            try:
                async with asyncio.timeout(WRITE_SECONDS), self._database.open_session() as session:
                    await viewings.write(session, batch, self._clock())
            except (SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
                log.warning("beacon.not_written", attempt=attempt, error=f"{type(error).__name__}: {error}"[:300])
                if attempt == _TRIES or isinstance(error, TimeoutError):
                    raise Unavailable("The database does not take events; send them again in a moment") from error
            else:
                return


def beacon_of(app: Any) -> Beacon:
    """The application's own."""
    found: Beacon | None = getattr(app.state, "beacon", None)
    if found is None:
        found = app.state.beacon = Beacon(app.state.database)
    return found


async def read_body(receive: Receive) -> bytes:
    """The body, of at most 4 KiB.

    :raises TooLarge: it is longer.
    :raises Unavailable: it did not arrive in time.
    """
    body = b""
    while True:
        message = await receive()
        piece: bytes = message.get("body", b"")
        body += piece
        if len(body) > MAX_BYTES:
            raise TooLarge(f"The body may have {MAX_BYTES} bytes at most: send fewer events at a time")
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            return body


class BeaconPath:
    """Answers the players' events without looking for a route."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        ours = scope["type"] == "http" and scope["path"] == PATH and scope["method"] == "POST"
        if not ours or scope["query_string"]:
            await self.app(scope, receive, send)
            return
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await read_body(receive)
            await beacon_of(scope["app"]).take(scope, body)
        except TimeoutError:
            error: AppError = Unavailable(f"The body did not arrive within {BODY_SECONDS} s; send it again")
            await app_error_response(Request(scope), error)(scope, receive, send)
        except AppError as refused:
            await app_error_response(Request(scope), refused)(scope, receive, send)
        else:
            await send(dict(_START))
            await send(dict(_END))
