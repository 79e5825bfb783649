"""The steps of a move, each one transaction: what the control worker and the transfer workers' reports make of it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.clients.vimeo import VimeoVideo
from shared.clock import utc_now
from shared.config import Settings
from shared.encoding import service as encoding_service
from shared.encoding.errors import JobNotFound
from shared.encoding.models import Generation, JobStatus
from shared.hosting import repository, states
from shared.hosting.endings import MAX_WORDS, fail, locked
from shared.hosting.models import HostingMove, MoveStatus
from shared.jobs import outbox
from shared.jobs.models import Outbox
from shared.jobs.tasks import COMPARE_SOURCE, FETCH_SOURCE, CompareSourcePayload, FetchSourcePayload
from shared.log import get_logger
from shared.platforms import service as platforms_service
from shared.platforms.models import Platform
from shared.videos import service as videos_service
from shared.videos.models import Master, Video, VideoStatus

log = get_logger(__name__)
LEASE_SECONDS = 60
#: What may pass is tried this often in one step, after 5, 10, 20 and 40 s.
MAX_FAILURES = 5
FIRST_DELAY_SECONDS = 5
#: Workers that vanish do not count as failures; what takes its worker down every time must still end.
MAX_LOSSES = 10
_LONGEST_DELAY_SECONDS = 600
#: Where what is fetched is stored: a directory for each move, so that everything of it is found again.
PREFIX = "migrations/"
_SMALLEST_PART = 16 * 1024**2
_MOST_PARTS = 9000


# Beginning


async def admit(session: AsyncSession, settings: Settings) -> list[UUID]:
    """Let as many moves begin as MIGRATION_CONCURRENCY has room for."""
    now = utc_now()
    begun = []
    for move_id in await repository.admit(session, limit=settings.migration_concurrency, now=now):
        move = await repository.get_move(session, move_id, lock=True)
        if move is None or move.status != MoveStatus.queued:
            continue
        states.move_to(move, MoveStatus.resolving)
        move.started_at = move.started_at or now
        move.lease_expires_at = move.next_at = None
        begun.append(move_id)
    await session.flush()
    return begun


async def claim(session: AsyncSession, settings: Settings, move_id: UUID) -> tuple[HostingMove, str | None] | None:
    """Begin a take of resolving: the move, and Vimeo's id of its video. None when somebody else has it, or it has been
    lost too often."""
    move, video = await locked(session, move_id)
    now = utc_now()
    if move.status != MoveStatus.resolving or video is None or video.status == VideoStatus.archived:
        return None
    if (move.lease_expires_at and move.lease_expires_at > now) or (move.next_at and move.next_at > now):
        return None
    if move.lease_expires_at is not None and await _is_lost_again(session, settings, move, video):
        return None
    _begin_take(move)
    entry = await platforms_service.find(session, video.id, Platform.vimeo)
    await session.flush()
    return move, entry.external_id if entry else None


def _begin_take(move: HostingMove) -> None:
    move.take += 1
    move.worker_id = move.last_event_id = move.next_at = None
    move.lease_expires_at = utc_now() + timedelta(seconds=LEASE_SECONDS)


def facts_of(video: VimeoVideo) -> dict[str, Any]:
    """What Vimeo says of a video and of the file that is fetched, as it is kept with the move. Null is unknown."""
    file = video.source
    return {
        "name": video.name,
        "duration": video.duration_seconds or None,
        "hasAudio": video.has_audio,
        "width": video.width,
        "height": video.height,
        "quality": file.quality if file else None,
        "size": file.size_bytes if file else None,
        "md5": file.md5.lower() if file and file.md5 else None,
    }


def part_bytes(size_bytes: int | None) -> int:
    """How large the parts of a multipart upload have to be for it to have few enough of them."""
    return max(_SMALLEST_PART, -(-(size_bytes or 0) // _MOST_PARTS))


async def kept_master(session: AsyncSession, move: HostingMove, facts: dict[str, Any]) -> Master | None:
    """The master that an earlier move has brought, if it is still the video's and is the file that Vimeo has."""
    former = await repository.last_fetched(session, move.video_id, but=move.id)
    if former is None or not facts["md5"] or not facts["size"]:
        return None
    if (former.source.get("md5"), former.source.get("size")) != (facts["md5"], facts["size"]):
        return None
    master = await videos_service.current_master(session, move.video_id)
    return master if master is not None and master.id == former.master_id else None


async def begin_kept(
    session: AsyncSession, settings: Settings, move_id: UUID, take: int, facts: dict[str, Any], master_id: UUID
) -> bool:
    """Leave the download out: its result is still here, and perhaps the encode's as well. False when it is not, or the
    take is over."""
    move, video = await locked(session, move_id)
    if video is None or move.take != take or move.status != MoveStatus.resolving:
        return False
    master = await videos_service.current_master(session, video.id)
    if master is None or master.id != master_id:
        return False
    move.source = facts
    move.master_id, move.bucket, move.master_key = master.id, master.bucket, master.key
    move.size_bytes = move.received_bytes = master.size_bytes
    move.failures = 0
    generation = await encoding_service.published_generation(session, video.id)
    if generation is not None and await _is_of(session, generation, master.id):
        move.job_id = generation.job_id
        await begin_compare(session, move, generation)
    else:
        await begin_encode(session, settings, move)
    log.info("hosting.kept", video_id=str(video.id), move_id=str(move.id), status=move.status)
    return True


async def _is_of(session: AsyncSession, generation: Generation, master_id: UUID) -> bool:
    if generation.job_id is None:
        return False
    try:
        return (await encoding_service.get_job(session, generation.job_id)).master_id == master_id
    except JobNotFound:
        return False


async def begin_fetch(
    session: AsyncSession,
    move_id: UUID,
    take: int,
    facts: dict[str, Any],
    *,
    url: str,
    bucket: str,
    key: str,
    upload_id: str,
) -> bool:
    """Have the file fetched into a multipart upload; False when the take is over."""
    move, video = await locked(session, move_id)
    if video is None or move.take != take or move.status != MoveStatus.resolving:
        return False
    if move.upload_id != upload_id:
        move.part_bytes, move.received_bytes = part_bytes(facts["size"]), 0
    move.source, move.size_bytes = facts, facts["size"]
    move.bucket, move.master_key, move.upload_id = bucket, key, upload_id
    assert move.part_bytes is not None
    states.progressed(move, 1)
    states.move_to(move, MoveStatus.fetching)
    _begin_take(move)
    move.error_code = move.error_message = None
    move.outbox_id = await outbox.enqueue(
        session,
        FETCH_SOURCE,
        FetchSourcePayload(
            move_id=move.id,
            take=move.take,
            url=url,
            bucket=bucket,
            key=key,
            upload_id=upload_id,
            part_bytes=move.part_bytes,
            size_bytes=facts["size"],
            md5=facts["md5"],
        ),
    )
    await session.flush()
    return True


async def begin_encode(session: AsyncSession, settings: Settings, move: HostingMove) -> None:
    """Have the move's master, which is the video's current one, encoded."""
    job = await encoding_service.request_encode(session, settings, move.requested_by, move.video_id)
    states.move_to(move, MoveStatus.encoding)
    # Reports of the download that come late are refused.
    move.take += 1
    move.job_id = job.id
    move.failures = 0
    move.outbox_id = move.worker_id = move.lease_expires_at = move.next_at = None
    states.progressed(move, 0)
    await session.flush()


async def begin_compare(session: AsyncSession, move: HostingMove, generation: Generation) -> None:
    """Have what is published compared with the master, and with what Vimeo says."""
    states.move_to(move, MoveStatus.comparing)
    assert move.bucket is not None
    assert move.master_key is not None
    _begin_take(move)
    move.generation_id = generation.id
    states.progressed(move, 0)
    move.outbox_id = await outbox.enqueue(
        session,
        COMPARE_SOURCE,
        CompareSourcePayload(
            move_id=move.id,
            take=move.take,
            master_bucket=move.bucket,
            master_key=move.master_key,
            output_bucket=generation.bucket,
            output_prefix=generation.prefix,
            duration_seconds=move.source.get("duration"),
            has_audio=move.source.get("hasAudio"),
        ),
    )
    await session.flush()


# Going on


async def follow_encode(session: AsyncSession, settings: Settings, move_id: UUID) -> None:
    """See how far the encode of a move is, and go on when it has ended."""
    move, video = await locked(session, move_id)
    if move.status != MoveStatus.encoding or move.job_id is None or video is None:
        return
    try:
        job = await encoding_service.get_job(session, move.job_id)
    except JobNotFound:
        await fail(session, settings, move, video, code="encoding_gone", message="The encoding job is gone")
        return
    status = JobStatus(job.status)
    states.progressed(move, job.progress / 100)
    if status is JobStatus.completed:
        await compare_published(session, settings, move, video)
    elif status is JobStatus.failed:
        words = f"Encoding failed: {job.error_code}: {job.last_error}"
        await fail(session, settings, move, video, code="encoding_failed", message=words)
    elif status is JobStatus.cancelled:
        await fail(session, settings, move, video, code="encoding_cancelled", message="The encoding was cancelled")
    await session.flush()


async def compare_published(session: AsyncSession, settings: Settings, move: HostingMove, video: Video) -> None:
    """Compare what viewers would get, if it was made of the file that was fetched."""
    generation = await encoding_service.published_generation(session, video.id)
    if generation is None or move.master_id is None or not await _is_of(session, generation, move.master_id):
        words = "What is published was not made of the file from Vimeo: another master file was uploaded meanwhile"
        await fail(session, settings, move, video, code="master_replaced", message=words)
        return
    await begin_compare(session, move, generation)


async def reap(session: AsyncSession, settings: Settings, move_id: UUID) -> None:
    """The lease of a download or a comparison has run out, or its pause is over: begin it again.

    A message that no worker has taken is handed over once more, and nothing counts as lost.
    """
    move, video = await locked(session, move_id)
    now = utc_now()
    if move.status not in {MoveStatus.fetching, MoveStatus.comparing} or video is None:
        return
    if (move.lease_expires_at and move.lease_expires_at > now) or (move.next_at and move.next_at > now):
        return
    if move.lease_expires_at is not None and move.worker_id is None and await _hand_over_again(session, move):
        return
    if move.lease_expires_at is not None and await _is_lost_again(session, settings, move, video):
        return
    if move.status == MoveStatus.comparing:
        await compare_published(session, settings, move, video)
    else:
        _back_to_resolving(move, pause_seconds=0)
    await session.flush()


async def _is_lost_again(session: AsyncSession, settings: Settings, move: HostingMove, video: Video) -> bool:
    """Note that a worker has vanished; True when that was once too often, and the move has failed."""
    move.losses += 1
    log.warning("hosting.reaped", video_id=str(video.id), move_id=str(move.id), losses=move.losses)
    if move.losses <= MAX_LOSSES:
        return False
    words = f"{move.losses} workers fell silent while they had it; their logs say why"
    await fail(session, settings, move, video, code="worker_lost", message=words)
    return True


async def _hand_over_again(session: AsyncSession, move: HostingMove) -> bool:
    message = await session.get(Outbox, move.outbox_id) if move.outbox_id else None
    if message is None:
        return False
    if message.task == FETCH_SOURCE.name:
        move.outbox_id = await outbox.enqueue(session, FETCH_SOURCE, FetchSourcePayload(**message.payload))
    else:
        move.outbox_id = await outbox.enqueue(session, COMPARE_SOURCE, CompareSourcePayload(**message.payload))
    move.lease_expires_at = utc_now() + timedelta(seconds=LEASE_SECONDS)
    return True


def _back_to_resolving(move: HostingMove, *, pause_seconds: float) -> None:
    states.move_to(move, MoveStatus.resolving)
    # What the silent worker may still say is refused.
    move.take += 1
    move.worker_id = move.lease_expires_at = None
    move.next_at = utc_now() + timedelta(seconds=pause_seconds) if pause_seconds else None


async def stumble(
    session: AsyncSession, settings: Settings, move: HostingMove, video: Video, *, code: str, message: str
) -> None:
    """Something went wrong that may pass: the step is begun again after a pause, or has failed often enough."""
    move.failures += 1
    move.error_code, move.error_message = code, message[:MAX_WORDS]
    if move.failures >= MAX_FAILURES:
        words = f"{message} (tried {move.failures} times)"
        await fail(session, settings, move, video, code=code, message=words)
        return
    pause = min(_LONGEST_DELAY_SECONDS, FIRST_DELAY_SECONDS * 2 ** (move.failures - 1))
    if move.status == MoveStatus.comparing:
        move.take += 1
        move.worker_id = move.lease_expires_at = None
        move.next_at = utc_now() + timedelta(seconds=pause)
    else:
        _back_to_resolving(move, pause_seconds=pause)
    await session.flush()


async def wait(session: AsyncSession, move_id: UUID, take: int, *, code: str, message: str, until: Any) -> None:
    """Vimeo is not to be asked before ``until``: back to the queue, so that another move has the place."""
    move, _ = await locked(session, move_id)
    if move.take != take or move.status != MoveStatus.resolving:
        return
    states.move_to(move, MoveStatus.queued)
    move.lease_expires_at = None
    move.next_at = until
    move.error_code, move.error_message = code, message[:MAX_WORDS]
    await session.flush()


async def resolve_failed(
    session: AsyncSession, settings: Settings, move_id: UUID, take: int, *, code: str, message: str, permanent: bool
) -> None:
    """Vimeo, or storage, did not give what the download needs."""
    move, video = await locked(session, move_id)
    if move.take != take or move.status != MoveStatus.resolving or video is None:
        return
    end_it = fail if permanent else stumble
    await end_it(session, settings, move, video, code=code, message=message)
