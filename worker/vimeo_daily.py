"""The control worker's step that asks Vimeo once a day how often each video was played."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import httpx

from shared.clients.vimeo import VimeoBackingOff, VimeoClient, VimeoError, VimeoNotFound, VimeoQuotaExhausted
from shared.clock import utc_now
from shared.config import Settings
from shared.db.session import Database
from shared.log import get_logger
from shared.vimeo import plays
from shared.vimeo import service as vimeo_service
from shared.vimeo.plays import DayTurn

log = get_logger(__name__)
#: After trouble that nobody can foresee the end of.
_PAUSE: Final = timedelta(minutes=15)
#: The part of a day's quota that daily numbers of single videos may use.
_SHARE: Final = 5


class VimeoDaily:
    """One control worker's share; of several, one has the turn."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        http: httpx.AsyncClient,
        *,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._settings = settings
        self._database = database
        self._http = http
        self._now = now

    async def step(self) -> None:
        """Read today's counts, if nobody has, and then Vimeo's own numbers of as many videos as the quota allows."""
        if not vimeo_service.is_connected(self._settings):
            return
        async with self._database.session() as session:
            turn = await plays.claim(session, self._now())
        if turn is None:
            return
        client = vimeo_service.connect(self._settings, self._database, self._http)
        try:
            if await self._read(client, turn):
                await self._ask(client)
        except (VimeoQuotaExhausted, VimeoBackingOff) as error:
            log.info("vimeo.daily_waits", until=error.until.isoformat())
        except VimeoError as error:
            log.warning("vimeo.daily_failed", code=error.code, detail=error.detail)

    async def _read(self, client: VimeoClient, turn: DayTurn) -> bool:
        """Whether the library was read to its end."""
        current: DayTurn | None = turn
        while current is not None:
            turn = current
            try:
                page = await client.page(turn.after)
            except VimeoNotFound:
                counts: list[tuple[str, int | None]] = []
                after = None
            except VimeoError as error:
                until = getattr(error, "until", None) or self._now() + _PAUSE
                async with self._database.session() as session:
                    await plays.release(session, turn, until)
                raise
            else:
                counts, after = [(video.id, video.plays) for video in page.items], page.next
            async with self._database.session() as session:
                current = await plays.keep_page(session, turn, counts, after, self._now())
            if current is None:
                return after is None
        return False

    async def _ask(self, client: VimeoClient) -> None:
        limit = self._settings.vimeo_daily_quota // _SHARE
        async with self._database.session() as session:
            wanted = await plays.to_ask(session, self._now().date(), limit=limit)
        for asked in wanted:
            try:
                counted = await client.analytics(asked.external_id, asked.first, asked.last)
            except VimeoNotFound:
                counted = ()
            if counted is None:
                return
            async with self._database.session() as session:
                await plays.note_days(session, asked, counted)
