"""The pace of all processes together at Vimeo: one request a second, a day's quota, and pauses after refusals.

A request reserves its slot in a short transaction and waits for it outside, so nobody holds a lock while waiting. The
time is the database's: the processes may run on machines whose clocks differ.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from http import HTTPStatus
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from shared.clients.vimeo import Answered, VimeoBackingOff, VimeoQuotaExhausted
from shared.config import Settings
from shared.db.session import Database
from shared.log import get_logger
from shared.vimeo import repository
from shared.vimeo.models import VimeoPace

log = get_logger(__name__)
#: What is nearer than this is waited for; what is farther is the caller's to come back for.
PATIENCE_SECONDS: Final = 90.0
#: A refusal that does not say for how long (contracts.md, section 1).
_REFUSED_SECONDS: Final = 60.0
_MAX_DOUBLINGS: Final = 30


@dataclass(frozen=True, slots=True)
class Quota:
    """Requests of today (UTC). ``resets_at`` is the next midnight."""

    limit: int
    used: int
    remaining: int
    resets_at: datetime


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a request would meet now. ``blocked_until`` is None where nothing is waited for."""

    quota: Quota
    blocked_until: datetime | None
    seconds_apart: float

    def seconds_for(self, requests: int, now: datetime) -> float:
        """How long so many requests take, pauses and the days that they need included."""
        if requests <= 0:
            return 0.0
        start = max(now, self.blocked_until or now)
        today = self.quota.remaining if start < self.quota.resets_at else 0
        if requests <= today:
            return (start - now).total_seconds() + requests * self.seconds_apart
        days, rest = divmod(requests - today - 1, self.quota.limit)
        return (max(self.quota.resets_at, start) - now).total_seconds() + days * 86400 + (rest + 1) * self.seconds_apart


def midnight_after(now: datetime) -> datetime:
    """The end of the day (UTC)."""
    return datetime.combine(now.astimezone(UTC).date() + timedelta(days=1), time(), UTC)


async def quota(session: AsyncSession, settings: Settings, *, now: datetime | None = None) -> Quota:
    """What is left of today's requests."""
    now = now or await repository.database_time(session)
    used = await repository.used(session, now.astimezone(UTC).date())
    limit = settings.vimeo_daily_quota
    return Quota(limit, used, max(0, limit - used), midnight_after(now))


async def outlook(session: AsyncSession, settings: Settings, *, now: datetime | None = None) -> Outlook:
    """Quota, pause and pace: what an estimated time of arrival is made of."""
    now = now or await repository.database_time(session)
    found = await repository.pace(session)
    blocked = found.blocked_until if found and found.blocked_until and found.blocked_until > now else None
    return Outlook(await quota(session, settings, now=now), blocked, 1 / settings.vimeo_requests_per_second)


@dataclass(frozen=True, slots=True)
class _Slot:
    """Where a request stands: at ``at``, or not at all, for ``refusal``."""

    now: datetime
    at: datetime
    refusal: VimeoQuotaExhausted | VimeoBackingOff | None = None


class QuotaGate:
    """The gate of all processes on one database. ``clock`` None is the database's.

    Only ``admit`` and ``note`` write. A process that dies between them has used up one request too many, never one too
    few.
    """

    def __init__(
        self,
        settings: Settings,
        database: Database,
        *,
        patience_seconds: float = PATIENCE_SECONDS,
        clock: Callable[[], datetime] | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._limit = settings.vimeo_daily_quota
        self._apart = timedelta(seconds=1 / settings.vimeo_requests_per_second)
        self._longest = timedelta(seconds=settings.vimeo_max_backoff_seconds)
        self._patience = timedelta(seconds=patience_seconds)
        self._database = database
        self._clock = clock
        self._sleep = sleep

    async def admit(self) -> None:
        """Wait for the next free slot. What is waited for in all is at most the patience.

        :raises VimeoQuotaExhausted: the day that the slot is on has none left.
        :raises VimeoBackingOff: the slot is farther away than the patience.
        """
        slot = await self._reserve(None)
        latest = slot.now + self._patience
        while slot.refusal is None:
            if slot.at <= slot.now:
                return
            await self._sleep((slot.at - slot.now).total_seconds())
            # While it waited, another process may have been told to pause.
            if not await self._paused():
                return
            slot = await self._reserve(slot, latest=latest)
        raise slot.refusal

    async def note(self, answer: Answered) -> None:
        """Count a refusal, begin or lengthen the pause, or end the series of failures."""
        refused = answer.status == HTTPStatus.TOO_MANY_REQUESTS
        failed = refused or answer.status in {0, HTTPStatus.REQUEST_TIMEOUT} or answer.status >= 500
        async with self._database.session() as session:
            pace = await repository.lock_pace(session)
            now = await self._now(session)
            if answer.remaining is not None:
                pace.remaining, pace.resets_at = answer.remaining, answer.resets_at
            until = None
            if failed:
                # Requests that were under way together when it began are one failure.
                if pace.blocked_until is None or pace.blocked_until <= now:
                    pace.failures += 1
                until = self._pause(answer, now, pace.failures, refused=refused)
            else:
                pace.failures = 0
                if answer.remaining == 0 and answer.resets_at is not None and answer.resets_at > now:
                    until = min(answer.resets_at, now + self._longest)
            if until is not None:
                pace.blocked_until = max(until, pace.blocked_until or until)
                log.info("vimeo.pause", status=answer.status, failures=pace.failures, until=pace.blocked_until)
            if refused:
                await repository.count(session, now.astimezone(UTC).date(), refused=1)

    def _pause(self, answer: Answered, now: datetime, failures: int, *, refused: bool) -> datetime:
        """What Vimeo asks for, at least twice the pause before, at most the longest."""
        wait = timedelta(seconds=2 ** min(max(failures, 1) - 1, _MAX_DOUBLINGS))
        said = answer.retry_at or (answer.resets_at if refused else None)
        if said is not None:
            wait = max(wait, said - now)
        elif refused:
            wait = max(wait, timedelta(seconds=_REFUSED_SECONDS))
        return now + min(wait, self._longest)

    async def _now(self, session: AsyncSession) -> datetime:
        return self._clock() if self._clock else await repository.database_time(session)

    async def _paused(self) -> bool:
        async with self._database.session() as session:
            pace = await repository.pace(session)
            until = pace.blocked_until if pace else None
            return until is not None and until > await self._now(session)

    async def _reserve(self, held: _Slot | None, *, latest: datetime | None = None) -> _Slot:
        """Take the next slot, in place of the one ``held``. A slot that is refused costs nothing."""
        async with self._database.session() as session:
            pace = await repository.lock_pace(session)
            now = await self._now(session)
            if held is not None:
                await repository.count(session, held.at.astimezone(UTC).date(), requests=-1)
            slot = await self._slot(session, pace, now, latest or now + self._patience)
            if slot.refusal is None:
                await repository.count(session, slot.at.astimezone(UTC).date(), requests=1)
                pace.next_at = slot.at + self._apart
            return slot

    async def _slot(self, session: AsyncSession, pace: VimeoPace, now: datetime, latest: datetime) -> _Slot:
        at = max(now, pace.next_at, pace.blocked_until or now)
        if await repository.used(session, at.astimezone(UTC).date()) >= self._limit:
            until = midnight_after(at)
            text = f"All {self._limit} requests of the day are used; it goes on at {until:%Y-%m-%d %H:%M} UTC."
            return _Slot(now, at, VimeoQuotaExhausted(text, until=until))
        if at > latest:
            wait = math.ceil((at - now).total_seconds())
            pause = pace.blocked_until is not None and pace.blocked_until > now
            why = "Requests to Vimeo pause after refusals or failures" if pause else "Many requests to Vimeo wait"
            text = f"{why}; this one's turn is in {wait} s, at {at:%H:%M:%S} UTC."
            return _Slot(now, at, VimeoBackingOff(text, until=at))
        return _Slot(now, at)
