"""Where videos are hosted, as people ask for it: migrate, roll back, finalise, and what there is to see.

What happens in between is in ``steps``, batches are in ``batches``.
"""

import math
from datetime import datetime, timedelta
from uuid import UUID

import httpx
from sqlalchemy.ext.asyncio import AsyncSession

from shared.alerts.service import raise_alert
from shared.clients.vimeo import (
    VimeoBackingOff,
    VimeoNotFound,
    VimeoQuotaExhausted,
    VimeoRefused,
    VimeoUnavailable,
    VimeoVideo,
    is_connected,
)
from shared.clients.vimeo import VimeoNotConnected as NotConnected
from shared.clock import utc_now
from shared.config import Settings
from shared.db.session import Database
from shared.delivery import service as delivery_service
from shared.errors import AppError
from shared.hosting import repository, states
from shared.hosting.endings import SYSTEM, move_video
from shared.hosting.errors import (
    ConfirmationWrong,
    HostingConflict,
    MoveNotFound,
    NotAtVimeo,
    TooEarly,
    VimeoNotAsked,
)
from shared.hosting.models import HostingMove, MoveStatus
from shared.hosting.schemas import MigrationsOverview, MoveOut
from shared.log import get_logger
from shared.platforms import service as platforms_service
from shared.platforms.models import Platform
from shared.videos import service as videos_service
from shared.videos.errors import VideoArchived
from shared.videos.models import MigrationStatus, Video, VideoStatus
from shared.vimeo import service as vimeo_service

log = get_logger(__name__)
ALERT_KIND = "rolled_back"
#: Of fewer viewings nothing is concluded.
FEWEST_VIEWINGS = 20
_BYTES_OF_A_TERABYTE = 10**12
# Somebody waits for the answer: one call, and no long queue before it.
_PATIENCE_SECONDS = 8.0
_TRIES = 2
_ONLY_VIMEO = "only a video that is vimeo_only can be migrated"
_ONLY_PRIMARY = "only a video that is hetzner_primary can be {}"


def check_connected(settings: Settings) -> None:
    """:raises NotConnected: no token is set."""
    if not is_connected(settings):
        raise NotConnected


def external_number(external_id: str | None) -> str | None:
    """The number in what is known of an entry at Vimeo: ``123`` of ``123``, ``123/hash`` and ``123:hash``."""
    return external_id.replace(":", "/").partition("/")[0] or None if external_id else None


async def request_move(session: AsyncSession, settings: Settings, actor: str, video_id: UUID) -> HostingMove:
    """Have a video moved from Vimeo to our own hosting. It plays from Vimeo until everything has been compared.

    :raises VideoNotFound: no such video.
    :raises VideoArchived: restore it first.
    :raises HostingConflict: it is not ``vimeo_only``.
    :raises NotAtVimeo: nobody knows which video at Vimeo it is.
    :raises NotConnected: no Vimeo account is connected.
    """
    video = await videos_service.get_video(session, video_id, lock=True)
    if video.status == VideoStatus.archived:
        raise VideoArchived("Restore the video before you migrate it")
    states.check_video(video.migration_status, MigrationStatus.migrating, why=_ONLY_VIMEO)
    entry = await platforms_service.find(session, video_id, Platform.vimeo)
    if entry is None or external_number(entry.external_id) is None:
        raise NotAtVimeo("The video's entry at Vimeo has no id: enter it first")
    check_connected(settings)
    move = HostingMove(video_id=video_id, requested_by=actor)
    session.add(move)
    await move_video(
        session,
        actor,
        video,
        MigrationStatus.migrating,
        action="hosting.migrate",
        error=None,
        why=_ONLY_VIMEO,
    )
    await session.flush()
    return move


async def ask_vimeo(database: Database, settings: Settings, http: httpx.AsyncClient, video_id: UUID) -> VimeoVideo:
    """What Vimeo has of a video that is to be rolled back, asked now. No transaction is open meanwhile.

    :raises VideoNotFound: no such video.
    :raises HostingConflict: it is not ``hetzner_primary``.
    :raises NotAtVimeo: it is gone there, cannot be played, or Vimeo does not let us see it.
    :raises NotConnected: no Vimeo account is connected.
    :raises VimeoNotAsked: Vimeo does not answer, or not now.
    """
    async with database.session() as session:
        video = await videos_service.get_video(session, video_id)
        _check_primary(video, "rolled back")
        entry = await platforms_service.find(session, video_id, Platform.vimeo)
    number = external_number(entry.external_id if entry else None)
    if number is None:
        raise NotAtVimeo("The video has no entry at Vimeo that it could go back to")
    client = vimeo_service.connect(settings, database, http, patience_seconds=_PATIENCE_SECONDS, tries=_TRIES)
    try:
        found = await client.video(number)
    except VimeoNotFound as error:
        raise NotAtVimeo(f"The video is gone at Vimeo, so it stays here: {error.detail}") from error
    except VimeoRefused as error:
        raise NotAtVimeo(f"Vimeo does not let us see the video, so it stays here: {error.detail}") from error
    except (VimeoUnavailable, VimeoQuotaExhausted, VimeoBackingOff) as error:
        raise VimeoNotAsked(f"Try again later: {error.detail}") from error
    if not found.playable:
        raise NotAtVimeo("Vimeo has the video but cannot play it, so it stays here")
    return found


def _check_primary(video: Video, what: str) -> None:
    if video.migration_status != MigrationStatus.hetzner_primary:
        raise HostingConflict(f"The video is {states.words_for(video.migration_status)}; {_ONLY_PRIMARY.format(what)}")


async def roll_back(
    session: AsyncSession, actor: str, video_id: UUID, seen: VimeoVideo, *, reason: str | None = None
) -> Video:
    """Have a video played from Vimeo again, where it was ``seen`` a moment ago. Every file here is kept.

    :raises VideoNotFound: no such video.
    :raises HostingConflict: it is not ``hetzner_primary``.
    :raises NotAtVimeo: its entry names another video by now.
    """
    video = await videos_service.get_video(session, video_id, lock=True)
    _check_primary(video, "rolled back")
    entry = await platforms_service.find(session, video_id, Platform.vimeo)
    if entry is None or external_number(entry.external_id) != seen.id:
        raise NotAtVimeo("The video's entry at Vimeo was changed a moment ago: try again")
    # Viewers go where it is played now; without an address they would be left with nothing.
    entry.embed_url = entry.embed_url or seen.embed_url
    await move_video(
        session,
        actor,
        video,
        MigrationStatus.vimeo_only,
        action="hosting.rollback",
        error=reason,
        why=_ONLY_PRIMARY.format("rolled back"),
    )
    await after_rollback(session, video)
    log.info("hosting.rolled_back", video_id=str(video.id))
    return video


async def after_rollback(session: AsyncSession, video: Video) -> None:
    """What else has to happen in the transaction that rolls a video back: the CDN forgets it."""
    await delivery_service.purge_video(session, video.id, "rollback")


async def roll_back_if_failing(
    database: Database, settings: Settings, http: httpx.AsyncClient, video_id: UUID, *, viewings: int, errors: int
) -> bool:
    """Roll a video back of whose ``viewings`` in the last hour so many ended in ``errors`` that
    ROLLBACK_ERROR_PERCENT is reached; says whether it was. A video that cannot go back stays.
    """
    percent = settings.rollback_error_percent
    if not percent or viewings < FEWEST_VIEWINGS or errors * 100 < percent * viewings:
        return False
    try:
        seen = await ask_vimeo(database, settings, http, video_id)
        async with database.session() as session:
            words = f"{errors} of {viewings} viewings in an hour ended in errors"
            video = await roll_back(session, SYSTEM, video_id, seen, reason=f"Rolled back: {words}")
            await raise_alert(
                session,
                kind=ALERT_KIND,
                dedupe_key=f"rolled-back:{video_id}:{utc_now():%Y-%m-%dT%H}",
                text=f"Rolled back to Vimeo: {video.title}\n{words}\n{settings.public_base_url}/embed/{video_id}",
            )
    except AppError as error:
        log.warning("hosting.rollback_refused", video_id=str(video_id), code=error.code, error=error.detail)
        return False
    return True


async def finalise(session: AsyncSession, settings: Settings, actor: str, video_id: UUID, *, confirm: str) -> Video:
    """Give the copy at Vimeo up: the video is hosted here for good and cannot be rolled back.

    :raises VideoNotFound: no such video.
    :raises HostingConflict: it is not ``hetzner_primary``.
    :raises ConfirmationWrong: ``confirm`` is not the title.
    :raises TooEarly: it has not been hosted here for long enough.
    """
    video = await videos_service.get_video(session, video_id, lock=True)
    _check_primary(video, "finalised")
    if confirm != video.title:
        raise ConfirmationWrong
    since = await _primary_since(session, video)
    allowed = since + timedelta(seconds=settings.migration_finalise_grace_seconds)
    if allowed > utc_now():
        raise TooEarly(
            f"The video is hosted here since {since:%Y-%m-%d %H:%M} UTC; it can be finalised from "
            f"{allowed:%Y-%m-%d %H:%M} UTC on"
        )
    await move_video(
        session,
        actor,
        video,
        MigrationStatus.hetzner_only,
        action="hosting.finalise",
        error=None,
        why=_ONLY_PRIMARY.format("finalised"),
    )
    return video


async def _primary_since(session: AsyncSession, video: Video) -> datetime:
    arrived = await repository.last_completed(session, video.id)
    # Without a move somebody has written the state by hand: then it counts from the last change.
    return (arrived.finished_at if arrived else None) or video.updated_at


async def move_of(session: AsyncSession, video_id: UUID) -> HostingMove:
    """The newest migration of a video.

    :raises VideoNotFound: no such video.
    :raises MoveNotFound: it was never migrated.
    """
    await videos_service.get_video(session, video_id)
    move = await repository.last_move(session, video_id)
    if move is None:
        raise MoveNotFound("The video was never migrated")
    return move


def describe(move: HostingMove) -> MoveOut:
    """A move as the API answers it."""
    active = MoveStatus(move.status) in states.ACTIVE
    answer = MoveOut.model_validate(move)
    eta = eta_seconds(move.started_at, move.progress) if active else None
    return answer.model_copy(update={"eta_seconds": eta, "progress": round(move.progress, 1)})


def eta_seconds(started_at: datetime | None, progress: float) -> int | None:
    """How long the rest takes if it goes on as it has gone so far; None where that would be a guess."""
    if started_at is None or progress < 1:
        return None
    gone = (utc_now() - started_at).total_seconds()
    return max(0, math.ceil(gone * (100 - progress) / progress))


async def overview(session: AsyncSession, settings: Settings) -> MigrationsOverview:
    """Where the library is hosted, and what that saves a month."""
    row = await repository.overview(session)
    by_status = {status: int(row["by_status"].get(status.value, 0)) for status in MigrationStatus}
    return MigrationsOverview(
        total=sum(by_status.values()),
        by_status=by_status,
        in_progress=row["in_progress"],
        failed=row["failed"],
        migrated=row["migrated"],
        estimated_monthly_savings=round(row["migrated"] * settings.savings_usd_per_video, 2),
        estimated_monthly_storage_cost=round(
            float(row["stored_bytes"]) / _BYTES_OF_A_TERABYTE * settings.storage_usd_per_tb, 2
        ),
    )
