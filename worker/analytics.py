"""The control worker's step that adds up what players reported, keeps the sums of the last days, and forgets viewings
that are settled for long."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from shared.analytics import service as analytics_service
from shared.analytics import viewings
from shared.clock import utc_now
from shared.db.session import Database

_DAYS_AT_ONCE: Final = 200
_FORGET_AT_ONCE: Final = 10_000
_FORGET_EVERY: Final = timedelta(hours=1)
#: What is left over waits for the next step.
_MOST_ROUNDS: Final = 50


class Analytics:
    """One control worker's share. Several may run: one at a time adds up, and a step that is killed did nothing."""

    def __init__(self, database: Database, *, clock: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._clock = clock
        self._forgot_at: datetime | None = None

    async def step(self) -> None:
        """Count every day that was touched, then tidy up."""
        now = self._clock()
        async with self._database.session() as session:
            await analytics_service.keep_window(session, today=now.date())
        for _ in range(_MOST_ROUNDS):
            async with self._database.session() as session:
                if not await viewings.add_up(session, limit=_DAYS_AT_ONCE):
                    break
        if self._forgot_at is None or now - self._forgot_at >= _FORGET_EVERY:
            for _ in range(_MOST_ROUNDS):
                async with self._database.session() as session:
                    if not await viewings.forget_old(session, now, limit=_FORGET_AT_ONCE):
                        self._forgot_at = now
                        break
