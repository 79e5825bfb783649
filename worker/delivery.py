"""The control worker's step that has the CDN forget what it is no longer to serve."""

import time
from collections.abc import Callable

import httpx

from shared.clients.bunny import Bunny, BunnyError, TooFast
from shared.config import Settings
from shared.db.session import Database
from shared.delivery import service as delivery_service
from shared.log import get_logger

log = get_logger(__name__)
#: Bunny's limit for addresses with a wildcard: 20 at once, then one in two seconds.
BURST = 20
PER_SECOND = 0.5


class Pace:
    """A bucket of calls: full at the start, filled again at ``PER_SECOND``."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._left = float(BURST)
        self._at = clock()

    def take(self) -> bool:
        """Whether one more call may go now; if so, it is counted."""
        now = self._clock()
        self._left = min(BURST, self._left + (now - self._at) * PER_SECOND)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True

    def give_back(self) -> None:
        """The call was not needed."""
        self._left += 1


class Purging:
    """One control worker's share of the purges. Several may run: each purge is claimed by one of them. What the
    workers send too fast together, Bunny answers with 429, and all of them wait.
    """

    def __init__(
        self,
        settings: Settings,
        database: Database,
        client: httpx.AsyncClient,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._database = database
        self._pace = Pace(clock)
        self._bunny = Bunny(settings, client) if delivery_service.is_configured(settings) else None
        if self._bunny is None and settings.bunny_cdn_hostname:
            log.warning(
                "delivery.no_key", what_to_do="set BUNNY_API_KEY, or the CDN keeps what it has until its cache runs out"
            )

    async def step(self) -> None:
        """Send what is due, as fast as Bunny takes it; the rest waits for the next step."""
        async with self._database.session() as session:
            if self._bunny is None:
                await delivery_service.forget_pending(session)
                return
            await delivery_service.forget_old(session)
        while self._pace.take():
            if not await self._send_one(self._bunny):
                return

    async def _send_one(self, bunny: Bunny) -> bool:
        """Send one purge and write down what came of it; False when there is none, or the next had better wait."""
        async with self._database.session() as session:
            purge = await delivery_service.claim(session)
        if purge is None:
            self._pace.give_back()
            return False
        wait_seconds, problem = None, ""
        try:
            await bunny.purge(delivery_service.purge_url(self._settings, purge.prefix))
        except BunnyError as error:
            wait_seconds = error.retry_after_seconds if isinstance(error, TooFast) else None
            problem = str(error)
        async with self._database.session() as session:
            if problem:
                await delivery_service.note_failed(session, purge, error=problem, wait_seconds=wait_seconds)
            else:
                await delivery_service.note_done(session, purge)
        return not problem
