"""Purges: asked for in the transaction that makes them necessary, sent to the CDN afterwards by the control worker.

The table is an outbox of its own, as that of the alerts is: :func:`claim` takes one purge for a while, and what came of
it is written in a second transaction, so none is held while the CDN is asked. A purge that is asked for again while it
is being sent is sent once more.
"""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.alerts import service as alerts_service
from shared.clock import utc_now
from shared.config import Settings
from shared.delivery import repository
from shared.delivery.models import CdnPurge
from shared.log import get_logger

log = get_logger(__name__)

#: A claimed purge is not claimed again before that: longer than one call can take.
CLAIM_SECONDS = 120
#: Pauses after each failure but the last; after ten tries, in about four hours, the purge is given up.
RETRY_SECONDS = (10, 30, 60, 120, 300, 600, 1800, 3600, 7200)
MAX_TRIES = len(RETRY_SECONDS) + 1
KEPT = timedelta(days=30)
MAX_ERROR = 500


def is_configured(settings: Settings) -> bool:
    """Whether there is a CDN, and a key to purge it with."""
    key = settings.bunny_api_key
    return bool(settings.bunny_cdn_hostname and key and key.get_secret_value())


async def purge_video(session: AsyncSession, video_id: UUID, reason: str) -> None:
    """Have the CDN forget all of a video once this transaction commits. Again is fine."""
    await purge_videos(session, [video_id], reason)


async def purge_videos(session: AsyncSession, video_ids: Collection[UUID], reason: str) -> None:
    """The same for many, in one statement and always in the same order, so that no two wait for each other."""
    prefixes = sorted({f"/{video_id}/" for video_id in video_ids})
    if prefixes:
        await repository.ask_for(session, prefixes, reason=reason)


def purge_url(settings: Settings, prefix: str) -> str:
    """The wildcard address of everything below ``prefix``: one call, however many files."""
    return f"https://{settings.bunny_cdn_hostname}{prefix}*"


async def claim(session: AsyncSession) -> CdnPurge | None:
    """Take the oldest purge that is due, for ``CLAIM_SECONDS``; None when there is none."""
    purge = await repository.next_due(session)
    if purge is not None:
        purge.attempts += 1
        purge.next_at = utc_now() + timedelta(seconds=CLAIM_SECONDS)
    return purge


async def note_done(session: AsyncSession, claimed: CdnPurge) -> None:
    """The CDN has forgotten it. If it was asked for again meanwhile, it stays pending."""
    purge = await _still_claimed(session, claimed)
    if purge is not None:
        purge.done_at, purge.error = utc_now(), None
        log.info("delivery.purged", prefix=purge.prefix, reason=purge.reason, attempts=purge.attempts)


async def note_failed(
    session: AsyncSession, claimed: CdnPurge, *, error: str, wait_seconds: float | None = None
) -> None:
    """It was not done this time: again later, at most ten times, and then somebody is told.

    ``wait_seconds``: the CDN asks for a pause, and all purges keep it.
    """
    purge = await _still_claimed(session, claimed)
    if purge is not None and purge.attempts >= MAX_TRIES:
        await _give_up(session, purge, error)
    elif purge is not None:
        pause = RETRY_SECONDS[purge.attempts - 1]
        purge.error, purge.next_at = error[:MAX_ERROR], utc_now() + timedelta(seconds=pause)
        log.warning("delivery.not_purged", prefix=purge.prefix, attempts=purge.attempts, error=error)
    if wait_seconds is not None:
        await session.flush()
        await repository.postpone(session, timedelta(seconds=wait_seconds))


async def forget_old(session: AsyncSession) -> None:
    """What is over is kept for a month."""
    await repository.forget_done(session, KEPT)


async def forget_pending(session: AsyncSession) -> None:
    """Without a CDN that can be purged there is nothing to do, and nothing piles up."""
    if count := await repository.forget_pending(session):
        log.info("delivery.nothing_to_purge", count=count)


async def _still_claimed(session: AsyncSession, claimed: CdnPurge) -> CdnPurge | None:
    """The row, if nobody has asked for it again since it was claimed."""
    purge = await repository.locked(session, claimed.id)
    untouched = purge is not None and purge.done_at is None and purge.requests == claimed.requests
    return purge if untouched else None


async def _give_up(session: AsyncSession, purge: CdnPurge, error: str) -> None:
    purge.done_at, purge.error = utc_now(), error[:MAX_ERROR]
    log.error("delivery.purge_failed", prefix=purge.prefix, reason=purge.reason, error=error)
    # One a day: a wrong key fails every purge.
    await alerts_service.raise_alert(
        session,
        kind="cdn_purge_failed",
        dedupe_key=f"cdn_purge_failed:{utc_now():%Y-%m-%d}",
        text=(
            "The CDN does not forget\n"
            f"{purge.prefix} could not be purged in {MAX_TRIES} tries ({purge.reason}): {error[:MAX_ERROR]}\n"
            "Until its cache runs out, the CDN may serve it to those who have a playback URL. "
            "Run `vms bunny check`, then purge the pull zone at Bunny."
        ),
    )
