"""Encoding as users see it: asking for it, watching it, stopping it, and what viewers get of it.

What workers report is taken in ``reports``, divided encodes are in ``parts``.
"""

from datetime import timedelta
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from shared.audit import service as audit_service
from shared.clients.s3 import object_url
from shared.clock import utc_now
from shared.config import Settings
from shared.db.paging import Page
from shared.encoding import part_rows, parts, repository
from shared.encoding.errors import JobActive, JobFinished, JobNotFound, MasterMissing
from shared.encoding.models import (
    EncodingJob,
    Generation,
    GenerationStatus,
    JobStatus,
    PartStatus,
    Priority,
)
from shared.encoding.schemas import EncodeRequest, JobDetail, JobOut
from shared.encoding.states import end, move, move_generation, start_attempt
from shared.jobs import outbox
from shared.jobs.tasks import EncodeOptions, Queue
from shared.log import get_logger
from shared.videos import service as videos_service
from shared.videos.errors import VideoArchived
from shared.videos.models import Master, MasterState, VideoStatus

log = get_logger(__name__)

_GONE = {
    MasterState.rejected: "The master file of this job can never be encoded and was given up: upload another one",
    MasterState.replaced: "The master file of this job has been replaced: request a new encode",
    MasterState.released: "The master file of this job is deleted: upload another one",
}


async def request_encode(
    session: AsyncSession, settings: Settings, actor: str, video_id: UUID, wanted: EncodeRequest | None = None
) -> EncodingJob:
    """Have the video's master encoded. The job that is already queued or running is answered again as it is.

    :raises VideoNotFound: no such video.
    :raises VideoArchived: restore it first.
    :raises MasterMissing: there is nothing to encode.
    """
    video = await videos_service.get_video(session, video_id, lock=True)
    if video.status == VideoStatus.archived:
        raise VideoArchived("Restore the video before you encode it")
    active = await repository.active_job(session, video_id)
    master = await videos_service.current_master(session, video_id)
    if active is not None and (master is None or active.master_id == master.id):
        return active
    if master is None:
        raise MasterMissing("Upload a master file to this video first")
    if active is not None:
        await _supersede(session, active.id)
    wanted = wanted or EncodeRequest()
    job = EncodingJob(
        video_id=video_id,
        master_id=master.id,
        input_file_url=object_url(master.bucket, master.key),
        output_bucket=settings.s3_hls_bucket,
        max_attempts=settings.encoding_max_attempts,
        priority=Priority[wanted.priority],
        options=_options(settings, wanted).model_dump(mode="json", by_alias=True),
    )
    session.add(job)
    try:
        await session.flush()
    except IntegrityError as error:  # pragma: no cover  the video's row lock makes this unreachable but for bugs
        raise JobFinished("Another request has just started a job for this video") from error
    await start_attempt(session, job, master, at=None)
    await repository.notify_job(session, job.id)
    await audit_service.record(session, actor, "encoding.request", "video", video_id, after={"jobId": str(job.id)})
    return job


def _options(settings: Settings, wanted: EncodeRequest) -> EncodeOptions:
    """What is not said is as the settings have it; null switches off."""
    given = wanted.model_dump(include={"loudness_lufs", "progressive_mp4"}, exclude_unset=True)
    defaults = {
        "loudness_lufs": settings.encoding_loudness_lufs,
        "progressive_mp4": settings.encoding_progressive_mp4,
    }
    return EncodeOptions(**{**defaults, **given})


async def _supersede(session: AsyncSession, job_id: UUID) -> None:
    """The file it encodes has been replaced: end the job. Its worker learns of it by the next report."""
    job = await repository.get_job(session, job_id, lock=True)
    if job is None or JobStatus(job.status) not in repository.ACTIVE:
        return
    await end(session, job, JobStatus.cancelled)
    log.info("encoding.superseded", video_id=str(job.video_id), job_id=str(job.id))


async def cancel(session: AsyncSession, actor: str, job_id: UUID) -> EncodingJob:
    """Stop a job that is queued or running; one that is cancelled already is answered as it is.

    :raises JobNotFound: no such job.
    :raises JobFinished: it is completed or failed.
    """
    job = await job_to_change(session, job_id)
    if job.status == JobStatus.cancelled:
        return job
    if JobStatus(job.status) not in repository.ACTIVE:
        raise JobFinished(f"The job is {JobStatus(job.status).value}; there is nothing to cancel")
    before = {"status": JobStatus(job.status).value}
    await end(session, job, JobStatus.cancelled)
    await audit_service.record(
        session, actor, "encoding.cancel", "encoding_job", job.id, before=before, after={"status": job.status}
    )
    return job


async def retry(session: AsyncSession, actor: str, job_id: UUID) -> EncodingJob:
    """Begin a failed or cancelled job again, with all its attempts. One that waits for a retry waits no longer; any
    other that is queued or running is answered as it is.

    :raises JobNotFound: no such job.
    :raises JobFinished: it is completed; request a new one.
    :raises JobActive: another job of the video is queued or running.
    :raises MasterMissing: the file is gone.
    :raises VideoArchived: restore the video first.
    """
    # The video first, as whoever publishes or deletes does.
    video = await videos_service.get_video(session, (await get_job(session, job_id)).video_id, lock=True)
    job = await job_to_change(session, job_id)
    status = JobStatus(job.status)
    if status is JobStatus.completed:
        raise JobFinished("The job is completed; to encode the video again, request a new job")
    if status in repository.ACTIVE and job.next_retry_at is None:
        return job
    before = {"status": status.value, "attempt": job.attempt}
    if status in repository.ACTIVE:
        await _hasten(session, job)
    else:
        if video.status == VideoStatus.archived:
            raise VideoArchived("Restore the video before you encode it")
        if await repository.active_job(session, job.video_id) is not None:
            raise JobActive("Another job of this video is queued or running")
        await _restart(session, job)
    await repository.notify_job(session, job.id)
    await audit_service.record(
        session,
        actor,
        "encoding.retry",
        "encoding_job",
        job.id,
        before=before,
        after={"status": JobStatus(job.status).value, "attempt": job.attempt},
    )
    return job


async def _hasten(session: AsyncSession, job: EncodingJob) -> None:
    job.next_retry_at = None
    attempt = await repository.attempt_of(session, job.id, job.attempt)
    if attempt is not None and attempt.outbox_id is not None:
        await outbox.hasten(session, [attempt.outbox_id])
    await parts.hasten(session, job)
    await session.flush()


async def _restart(session: AsyncSession, job: EncodingJob) -> None:
    master = await session.get(Master, job.master_id, populate_existing=True)
    if master is None or master.state != MasterState.current:
        raise MasterMissing(_GONE.get(MasterState(master.state) if master else MasterState.released))
    move(job, JobStatus.queued)
    job.attempt += 1
    job.attempt_count = job.lost_count = job.progress = 0
    job.plan = job.worker_id = job.started_at = job.completed_at = None
    job.error_code = job.last_error = None
    job.alert_sent = False
    job.rung_progress = {}
    await session.flush()
    await start_attempt(session, job, master, at=None)


async def set_priority(session: AsyncSession, actor: str, job: EncodingJob, priority: Priority) -> None:
    """Move a job, locked by :func:`job_to_change`, before or behind the others; what waits is handed over again.

    :raises JobFinished: it has ended.
    """
    if JobStatus(job.status) not in repository.ACTIVE:
        raise JobFinished(f"The job is {JobStatus(job.status).value}")
    before = Priority(job.priority)
    if priority is before:
        return
    job.priority = priority
    attempt = await repository.attempt_of(session, job.id, job.attempt)
    open_parts = await part_rows.open_ones(session, job.id)
    messages = [attempt.outbox_id if attempt else None]
    messages += [part.outbox_id for part in open_parts if part.status == PartStatus.queued]
    rank = await outbox.next_rank(session, Queue.encoding, priority)
    await outbox.move(session, [message for message in messages if message is not None], to_rank=rank)
    await session.flush()
    await repository.notify_job(session, job.id)
    await audit_service.record(
        session,
        actor,
        "encoding.update",
        "encoding_job",
        job.id,
        before={"priority": before.name},
        after={"priority": priority.name},
    )


async def get_job(session: AsyncSession, job_id: UUID) -> EncodingJob:
    """:raises JobNotFound: no such job."""
    job = await repository.get_job(session, job_id)
    if job is None:
        raise _no_job(job_id)
    return job


async def job_to_change(session: AsyncSession, job_id: UUID) -> EncodingJob:
    """The job, locked.

    :raises JobNotFound: no such job.
    """
    job = await repository.get_job(session, job_id, lock=True)
    if job is None:
        raise _no_job(job_id)
    return job


def _no_job(job_id: UUID) -> JobNotFound:
    return JobNotFound(f"There is no encoding job {job_id}")


async def list_jobs(
    session: AsyncSession, *, video_id: UUID | None, statuses: list[JobStatus], cursor: str | None, limit: int
) -> Page[EncodingJob]:
    """Jobs, newest first.

    :raises InvalidCursor: broken, or of another list.
    """
    return await repository.page_of_jobs(session, video_id=video_id, statuses=statuses, cursor=cursor, limit=limit)


async def summaries(session: AsyncSession, jobs: list[EncodingJob]) -> list[JobOut]:
    """The jobs with their workers and windows, in the same order. One query, however many jobs."""
    divided = await part_rows.summaries(session, [job.id for job in jobs if job.plan is not None])
    return [JobOut.build(job, divided.get(job.id)) for job in jobs]


async def detail(session: AsyncSession, job: EncodingJob) -> JobDetail:
    """The job with everything that is known about it."""
    divided = await part_rows.summaries(session, [job.id]) if job.plan is not None else {}
    own = await repository.generation_of_attempt(session, job.id, job.attempt)
    rows = await part_rows.of_generation(session, own.id) if own is not None and job.plan is not None else []
    attempts = await repository.attempts_of(session, job.id)
    return JobDetail.build_with(job, divided.get(job.id), rows, attempts)


async def published_generation(session: AsyncSession, video_id: UUID) -> Generation | None:
    """What viewers of a video get."""
    return (await repository.published_generations(session, [video_id])).get(video_id)


async def generation_names(session: AsyncSession, video_ids: list[UUID]) -> dict[UUID, str]:
    """The name of the published generation of each video that has one."""
    rows = await repository.published_generations(session, video_ids)
    return {video_id: row.name for video_id, row in rows.items()}


async def active_job(session: AsyncSession, video_id: UUID) -> EncodingJob | None:
    """The job that is queued or running for a video."""
    return await repository.active_job(session, video_id)


async def generations_to_collect(session: AsyncSession, settings: Settings, *, limit: int) -> list[Generation]:
    """Generations whose objects are to be deleted."""
    before = utc_now() - timedelta(seconds=settings.generation_grace_seconds)
    return await repository.generations_to_collect(session, superseded_before=before, limit=limit)


async def note_collected(session: AsyncSession, settings: Settings, generation_id: UUID) -> None:
    """No object is left. A fenced worker may still write until it hears of it, so a young one is looked at again."""
    generation = await session.get(Generation, generation_id)
    settled = utc_now() - timedelta(seconds=2 * settings.encoding_lease_seconds)
    if generation is None:
        return
    if generation.status in {GenerationStatus.building, GenerationStatus.published, GenerationStatus.attached}:
        # Its video is gone, since a moment ago perhaps.
        move_generation(generation, GenerationStatus.abandoned)
    elif generation.status_changed_at < settled:
        move_generation(generation, GenerationStatus.collected)


async def drop_orphan_messages(session: AsyncSession) -> int:
    """Confirm messages whose attempt or part is gone, with its video or otherwise; returns how many there were."""
    return await repository.acknowledge_orphans(session)


async def housekeeping(session: AsyncSession) -> None:
    """Forget reports that are too old to be repeated."""
    await repository.forget_events(session, utc_now())
