"""Alerts: raised in the transaction that makes them necessary, told afterwards by the control worker.

The table is an outbox of its own. :func:`claim` takes one alert for a while, and the outcome is written in a second
transaction, so none is held while Telegram is asked. A worker that dies in between leaves the alert to be claimed
again: it is told twice then, and never lost.
"""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.alerts import repository
from shared.alerts.models import Alert, AlertStatus
from shared.clock import utc_now
from shared.log import get_logger

log = get_logger(__name__)

#: A claimed alert is not claimed again before that, unless its outcome says so: longer than a send can take, pace and
#: all.
CLAIM_SECONDS = 300
#: Pauses after each failure that may pass; with the last one used up, after about a day, the alert has failed.
RETRY_SECONDS = (10, 30, 120, 600, 1800, 3600, 7200, 14400, 21600, 36000)
MAX_AGE = timedelta(days=7)
MAX_ERROR = 500


async def raise_alert(
    session: AsyncSession, *, kind: str, dedupe_key: str, text: str, job_id: UUID | None = None
) -> None:
    """Have something told once this transaction commits; the same ``dedupe_key`` is told once.

    ``text`` is plain text, its first line a heading. ``job_id``: the job whose ``alert_sent`` becomes true with it.
    """
    if await repository.insert_once(session, kind=kind, dedupe_key=dedupe_key, text=text, job_id=job_id):
        log.info("alerts.raised", kind=kind, dedupe_key=dedupe_key)


async def claim(session: AsyncSession) -> Alert | None:
    """Take the oldest alert that is due, for ``CLAIM_SECONDS``; None when there is none."""
    alert = await repository.next_due(session)
    if alert is not None:
        alert.attempts += 1
        alert.available_at = utc_now() + timedelta(seconds=CLAIM_SECONDS)
    return alert


async def note_sent(session: AsyncSession, alert_id: UUID) -> Alert | None:
    """It has been told. Returns the alert, or None if it is gone."""
    alert = await repository.locked(session, alert_id)
    if alert is not None:
        alert.status = AlertStatus.sent
        alert.sent_at = utc_now()
        alert.last_error = None
        log.info("alerts.sent", alert_id=str(alert.id), kind=alert.kind)
    return alert


async def note_refused(session: AsyncSession, alert_id: UUID, *, error: str) -> None:
    """It can never be told."""
    alert = await _still_pending(session, alert_id)
    if alert is not None:
        _end(alert, error)


async def note_failed(session: AsyncSession, alert_id: UUID, *, error: str) -> None:
    """It could not be told this time: again later, up to the end of ``RETRY_SECONDS``."""
    alert = await _still_pending(session, alert_id)
    if alert is None:
        return
    if alert.attempts > len(RETRY_SECONDS):
        _end(alert, error)
        return
    alert.last_error = error[:MAX_ERROR]
    alert.available_at = utc_now() + timedelta(seconds=RETRY_SECONDS[alert.attempts - 1])
    log.warning("alerts.not_sent", alert_id=str(alert.id), kind=alert.kind, attempts=alert.attempts, error=error)


async def note_too_fast(session: AsyncSession, alert_id: UUID, *, seconds: float) -> None:
    """The chat has had too many messages: all wait as long as it says, and this does not count as a failure."""
    alert = await _still_pending(session, alert_id)
    if alert is None:
        return
    alert.attempts -= 1
    alert.available_at = utc_now()
    await session.flush()
    await repository.postpone(session, timedelta(seconds=seconds))


async def give_up_old(session: AsyncSession, *, reason: str) -> None:
    """Alerts do not pile up for ever: what nobody could be told within ``MAX_AGE`` has failed."""
    if count := await repository.give_up(session, MAX_AGE, reason=reason):
        log.error("alerts.given_up", count=count, reason=reason)


async def newest(session: AsyncSession, *, limit: int) -> Sequence[Alert]:
    """The last alerts that were raised, newest first."""
    return await repository.newest(session, limit=limit)


async def _still_pending(session: AsyncSession, alert_id: UUID) -> Alert | None:
    alert = await repository.locked(session, alert_id)
    return alert if alert is not None and alert.status == AlertStatus.pending else None


def _end(alert: Alert, error: str) -> None:
    alert.status = AlertStatus.failed
    alert.last_error = error[:MAX_ERROR]
    log.error("alerts.failed", alert_id=str(alert.id), kind=alert.kind, attempts=alert.attempts, error=error)
