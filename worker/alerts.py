"""The control worker's step that tells what has to be told. Without a chat nothing is sent, and that is said once."""

from functools import partial

import httpx

from shared.alerts import service as alerts_service
from shared.alerts.models import Alert
from shared.clients.telegram import Refused, Telegram, TooFast, Unreachable, is_configured
from shared.config import Settings
from shared.db.session import Database
from shared.encoding import alerting
from shared.log import get_logger

log = get_logger(__name__)


class Alerting:
    """One control worker's share of the alerts. Several may run: each alert is claimed by one of them."""

    def __init__(self, settings: Settings, database: Database, client: httpx.AsyncClient) -> None:
        self._database = database
        self._telegram = Telegram(settings, client) if is_configured(settings) else None
        if self._telegram is None:
            log.warning(
                "alerts.no_chat", what_to_do="set TELEGRAM_BOT_TOKEN and TELEGRAM_ALERT_CHAT_ID to be told of failures"
            )

    async def step(self) -> None:
        """Tell everything that is due, one alert at a time, and give up what nobody could be told for a week."""
        async with self._database.session() as session:
            await alerts_service.give_up_old(
                session, reason="it could not be sent in time" if self._telegram else "no chat is configured"
            )
        while self._telegram is not None:
            async with self._database.session() as session:
                alert = await alerts_service.claim(session)
            if alert is None or not await self._tell(self._telegram, alert):
                return

    async def _tell(self, telegram: Telegram, alert: Alert) -> bool:
        """Send one alert and write down what came of it; False when the next one had better wait."""
        try:
            await telegram.send(alert.text)
        except Refused as error:
            write = partial(alerts_service.note_refused, alert_id=alert.id, error=str(error))
        except TooFast as error:
            write = partial(alerts_service.note_too_fast, alert_id=alert.id, seconds=error.retry_after_seconds)
        except Unreachable as error:
            write = partial(alerts_service.note_failed, alert_id=alert.id, error=str(error))
        else:
            async with self._database.session() as session:
                await alerts_service.note_sent(session, alert.id)
                if alert.job_id is not None:
                    await alerting.note_alert_sent(session, alert.job_id)
            return True
        async with self._database.session() as session:
            await write(session)
        return write.func is alerts_service.note_refused
