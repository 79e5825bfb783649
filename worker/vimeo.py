"""The control worker's step that reads the library at Vimeo. Several may run: one of them has the turn."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from shared.clients.vimeo import (
    Page,
    VimeoBackingOff,
    VimeoNotConnected,
    VimeoNotFound,
    VimeoQuotaExhausted,
    VimeoRefused,
    VimeoUnavailable,
)
from shared.config import Settings
from shared.db.session import Database
from shared.vimeo import service as vimeo_service
from shared.vimeo import sync
from shared.vimeo.sync import Turn

_RENEW_SECONDS = sync.LEASE.total_seconds() / 3


class VimeoSync:
    """One control worker's share of the sync. ``http`` is for Vimeo alone, or shared: its settings are not used."""

    def __init__(self, settings: Settings, database: Database, http: httpx.AsyncClient) -> None:
        self._settings = settings
        self._database = database
        self._http = http

    async def step(self) -> None:
        """Ask for the run that is due, and read the one that is under way to its end or its next pause."""
        async with self._database.session() as session:
            await sync.request_if_due(session, self._settings)
        async with self._database.session() as session:
            turn = await sync.claim(session)
        while turn is not None:
            page = await self._ask(turn)
            if page is None:
                return
            turn = await self._keep(turn, page)

    async def _ask(self, turn: Turn) -> Page | None:
        """The page; None when there is none now, and what comes of that is written down."""
        try:
            client = vimeo_service.connect(self._settings, self._database, self._http)
            async with self._kept(turn):
                return await client.page(turn.after)
        except (VimeoQuotaExhausted, VimeoBackingOff) as error:
            async with self._database.session() as session:
                await sync.wait_until(session, turn, error.until, error)
        except VimeoUnavailable as error:
            async with self._database.session() as session:
                await sync.note_failure(session, self._settings, turn, error)
        except VimeoNotFound:
            async with self._database.session() as session:
                await sync.end_early(session, turn)
        except (VimeoRefused, VimeoNotConnected) as error:
            async with self._database.session() as session:
                await sync.fail(session, turn, error)
        return None

    async def _keep(self, turn: Turn, page: Page) -> Turn | None:
        """Write the page; one that cannot be written is not asked for without an end."""
        try:
            async with self._database.session() as session:
                return await sync.keep_page(session, turn, page)
        except Exception as error:
            failure = sync.PageNotKept(f"Page {turn.page + 1} could not be written ({type(error).__name__}).")
            async with self._database.session() as session:
                await sync.note_failure(session, self._settings, turn, failure)
            raise

    @asynccontextmanager
    async def _kept(self, turn: Turn) -> AsyncIterator[None]:
        """Renew the lease while Vimeo is waited for."""

        async def renew() -> None:
            while True:
                await asyncio.sleep(_RENEW_SECONDS)
                async with self._database.session() as session:
                    if not await sync.renew(session, turn):
                        return

        renewing = asyncio.create_task(renew())
        try:
            yield
        finally:
            renewing.cancel()
            await asyncio.gather(renewing, return_exceptions=True)
