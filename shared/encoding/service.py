"""Jobs, attempts and generations: who may move what to where.

The API is the only writer. A job's status moves along ``_TRANSITIONS`` and nowhere else; partial unique indexes and
CHECK constraints stand behind it.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from shared.audit import service as audit_service
from shared.clients.s3 import object_url
from shared.clock import utc_now
from shared.config import Settings
from shared.db.paging import Page
from shared.encoding import repository
from shared.encoding.errors import (
    WORKER_LOST,
    WORKER_STOPPED,
    AttemptSuperseded,
    JobFinished,
    JobNotFound,
    MasterMissing,
    is_permanent,
)
from shared.encoding.models import (
    AttemptStatus,
    EncodingAttempt,
    EncodingJob,
    Generation,
    GenerationStatus,
    JobStatus,
)
from shared.encoding.schemas import Report, ReportStatus
from shared.ids import uuid7
from shared.jobs import outbox
from shared.jobs.tasks import ENCODE_VIDEO, EncodePayload
from shared.log import get_logger
from shared.platforms import service as platforms_service
from shared.videos import service as videos_service
from shared.videos.errors import VideoArchived, VideoNotFound
from shared.videos.models import Master, MigrationStatus, VideoStatus

log = get_logger(__name__)

# An attempt whose worker vanished runs again at once and does not count as failed; a job that takes its worker down
# every time must still end.
MAX_LOST = 10

_TRANSITIONS: dict[JobStatus, frozenset[JobStatus]] = {
    JobStatus.queued: frozenset({JobStatus.processing, JobStatus.completed, JobStatus.failed, JobStatus.cancelled}),
    JobStatus.processing: frozenset({JobStatus.queued, JobStatus.completed, JobStatus.failed, JobStatus.cancelled}),
    JobStatus.completed: frozenset(),
    JobStatus.failed: frozenset({JobStatus.queued}),
    JobStatus.cancelled: frozenset({JobStatus.queued}),
}


def _move(job: EncodingJob, status: JobStatus) -> None:
    current = JobStatus(job.status)
    if status == current:
        return
    if status not in _TRANSITIONS[current]:
        raise JobFinished(f"A job that is {current.value} cannot become {status.value}")
    job.status = status


async def request_encode(session: AsyncSession, settings: Settings, actor: str, video_id: UUID) -> EncodingJob:
    """Have the video's master encoded. The job that is already queued or running is answered again.

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
    job = EncodingJob(
        video_id=video_id,
        master_id=master.id,
        input_file_url=object_url(master.bucket, master.key),
        output_bucket=settings.s3_hls_bucket,
        max_attempts=settings.encoding_max_attempts,
    )
    session.add(job)
    try:
        await session.flush()
    except IntegrityError as error:  # pragma: no cover  the video's row lock makes this unreachable but for bugs
        raise JobFinished("Another request has just started a job for this video") from error
    await _start_attempt(session, job, master, at=None)
    await audit_service.record(session, actor, "encoding.request", "video", video_id, after={"jobId": str(job.id)})
    return job


async def _supersede(session: AsyncSession, job_id: UUID) -> None:
    """The file it encodes has been replaced: end the job. Its worker learns of it by the next report."""
    job = await repository.get_job(session, job_id, lock=True)
    if job is None or JobStatus(job.status) not in repository.ACTIVE:
        return
    attempt = await repository.attempt_of(session, job.id, job.attempt)
    if attempt is not None:
        attempt.status = AttemptStatus.superseded
        attempt.finished_at = utc_now()
        attempt.lease_expires_at = None
        await outbox.acknowledge(session, attempt.outbox_id)
        own = await repository.generation_of_attempt(session, job.id, attempt.number)
        if own is not None:
            _move_generation(own, GenerationStatus.abandoned)
    _move(job, JobStatus.cancelled)
    job.completed_at = utc_now()
    job.next_retry_at = job.eta_seconds = None
    job.playable_seconds = job.output_key = None
    await session.flush()
    log.info("encoding.superseded", video_id=str(job.video_id), job_id=str(job.id))


async def _start_attempt(session: AsyncSession, job: EncodingJob, master: Master, *, at: datetime | None) -> None:
    """Queue attempt ``job.attempt``, now or ``at`` a time, with a generation of its own to build."""
    generation = Generation(
        video_id=job.video_id,
        job_id=job.id,
        attempt=job.attempt,
        bucket=job.output_bucket,
        prefix=f"{job.video_id}/{uuid7()}/",
    )
    attempt = EncodingAttempt(job_id=job.id, number=job.attempt)
    session.add_all([generation, attempt])
    await session.flush()
    attempt.outbox_id = await outbox.enqueue(
        session,
        ENCODE_VIDEO,
        EncodePayload(
            job_id=job.id,
            video_id=job.video_id,
            attempt=job.attempt,
            master_bucket=master.bucket,
            master_key=master.key,
            output_bucket=generation.bucket,
            output_prefix=generation.prefix,
        ),
        available_at=at,
    )
    await session.flush()


async def get_job(session: AsyncSession, job_id: UUID) -> EncodingJob:
    """:raises JobNotFound: no such job."""
    job = await repository.get_job(session, job_id)
    if job is None:
        raise JobNotFound(f"There is no encoding job {job_id}")
    return job


async def list_jobs(
    session: AsyncSession, *, video_id: UUID | None, statuses: list[JobStatus], cursor: str | None, limit: int
) -> Page[EncodingJob]:
    """Jobs, newest first.

    :raises InvalidCursor: broken, or of another list.
    """
    return await repository.page_of_jobs(session, video_id=video_id, statuses=statuses, cursor=cursor, limit=limit)


async def record_report(
    session: AsyncSession, settings: Settings, report: Report, *, event_id: str, output_prefix: str | None
) -> tuple[EncodingJob, bool]:
    """Apply a worker's report; returns the job and whether anything changed.

    ``output_prefix`` is where a completed or playable output lies, checked by the caller to be in our bucket.
    A repeated ``event_id`` changes nothing.

    :raises JobNotFound: no such job for that video.
    :raises AttemptSuperseded: the attempt is not the current one, or belongs to another worker.
    :raises JobFinished: the job has ended.
    """
    if report.status is ReportStatus.completed:
        # Whoever deletes a video locks it before its jobs; publishing keeps to the same order.
        try:
            await videos_service.get_video(session, report.video_id, lock=True)
        except VideoNotFound as error:
            raise JobNotFound("There is no such job for this video") from error
    job = await repository.get_job(session, report.job_id, lock=True)
    if job is None or job.video_id != report.video_id:
        raise JobNotFound("There is no such job for this video")
    if not await repository.remember_event(session, event_id):
        return job, False
    if JobStatus(job.status) not in repository.ACTIVE:
        raise JobFinished(f"The job is {JobStatus(job.status).value}")
    number = report.attempt or job.attempt
    attempt = await repository.attempt_of(session, job.id, job.attempt)
    if attempt is None or number != job.attempt:
        raise AttemptSuperseded(f"Attempt {number} is over; attempt {job.attempt} is the current one")
    if report.worker_id and attempt.worker_id and report.worker_id != attempt.worker_id:
        raise AttemptSuperseded("Another worker has this attempt")
    await _claim(session, settings, job, attempt, report)
    if report.status is ReportStatus.completed:
        await _complete(session, job, attempt, report, output_prefix or "")
        return job, True
    if report.status is ReportStatus.failed:
        assert report.error is not None
        await _fail(session, settings, job, attempt, code=report.error.code, message=report.error.message)
        return job, True
    return job, _progress(job, report, output_prefix)


async def _claim(
    session: AsyncSession, settings: Settings, job: EncodingJob, attempt: EncodingAttempt, report: Report
) -> None:
    """Every report renews the lease; the first one takes the attempt and confirms the message that carried it."""
    now = utc_now()
    attempt.lease_expires_at = now + timedelta(seconds=settings.encoding_lease_seconds)
    if attempt.status == AttemptStatus.queued:
        attempt.status = AttemptStatus.running
        attempt.started_at = now
        attempt.worker_id = report.worker_id
        job.worker_id = report.worker_id
        job.started_at = job.started_at or now
        job.next_retry_at = None
        _move(job, JobStatus.processing)
        await outbox.acknowledge(session, attempt.outbox_id)


def _progress(job: EncodingJob, report: Report, output_prefix: str | None) -> bool:
    """Progress never goes back: a late or repeated report changes nothing but the lease."""
    if report.status is ReportStatus.started:
        return True
    progress = min(99, int(report.progress or 0))
    changed = False
    # A new attempt is behind what the job had reached; what it lets viewers watch is news all the same.
    if report.playable_seconds is not None and output_prefix and report.playable_seconds > (job.playable_seconds or 0):
        changed = True
        job.playable_seconds = report.playable_seconds
        job.output_key = f"{output_prefix}master.m3u8"
    if report.speed is not None:
        job.speed, job.eta_seconds = report.speed, report.eta_seconds
    if progress < job.progress:
        return changed
    changed = changed or progress > job.progress
    job.progress = progress
    if report.rung_progress:
        changed = True
        job.rung_progress = dict(report.rung_progress)
    return changed


async def _complete(
    session: AsyncSession, job: EncodingJob, attempt: EncodingAttempt, report: Report, prefix: str
) -> None:
    """Publish: one pointer on the video's row moves to the new generation."""
    now = utc_now()
    video = await videos_service.get_video(session, job.video_id, lock=True)
    own = await repository.generation_of_attempt(session, job.id, attempt.number)
    generation = await repository.generation_at(session, prefix)
    if generation is None:
        # A worker of another make chose a directory of its own.
        generation = Generation(
            video_id=job.video_id, job_id=job.id, attempt=attempt.number, bucket=job.output_bucket, prefix=prefix
        )
        session.add(generation)
    if own is not None and own.id != generation.id:
        _move_generation(own, GenerationStatus.abandoned)
    former = (await repository.published_generations(session, [job.video_id])).get(job.video_id)
    if former is not None and former.id != generation.id:
        _move_generation(former, GenerationStatus.superseded)
    _move_generation(generation, GenerationStatus.published)
    generation.published_at = now
    generation.duration_seconds = report.duration_seconds
    generation.size_bytes = report.size_bytes
    generation.renditions = [rendition.model_dump(mode="json", by_alias=True) for rendition in report.renditions]
    generation.report = report.report
    await session.flush()
    manifest_url = object_url(generation.bucket, f"{prefix}master.m3u8")
    video.generation_id = generation.id
    if report.duration_seconds is not None:
        video.duration_seconds = report.duration_seconds
    if video.migration_status is None:
        video.migration_status = MigrationStatus.hetzner_only
    await platforms_service.note_own_hosting(session, video.id, manifest_url=manifest_url)
    master = await videos_service.current_master(session, video.id)
    if master is not None and master.id == job.master_id:
        await videos_service.release_replaced_masters(session, video.id)
    attempt.status = AttemptStatus.succeeded
    attempt.finished_at = now
    _move(job, JobStatus.completed)
    job.progress = 100
    job.eta_seconds = 0
    job.completed_at = now
    job.next_retry_at = None
    job.error_code = job.last_error = None
    job.output_manifest_url = manifest_url
    job.output_key = f"{prefix}master.m3u8"
    job.renditions = generation.renditions
    job.thumbnail_urls = list(report.thumbnails)
    job.report = report.report
    job.rung_progress = {rendition.quality: 100 for rendition in report.renditions}
    log.info("encoding.completed", video_id=str(video.id), job_id=str(job.id), attempt=attempt.number)


async def _fail(
    session: AsyncSession, settings: Settings, job: EncodingJob, attempt: EncodingAttempt, *, code: str, message: str
) -> None:
    """End an attempt; the table of codes and the attempts left decide whether the job goes on."""
    now = utc_now()
    lost = code in {WORKER_LOST, WORKER_STOPPED}
    attempt.status = AttemptStatus.lost if lost else AttemptStatus.failed
    attempt.finished_at = now
    attempt.lease_expires_at = None
    attempt.error_code, attempt.error_message = code, message
    await outbox.acknowledge(session, attempt.outbox_id)
    own = await repository.generation_of_attempt(session, job.id, attempt.number)
    if own is not None:
        _move_generation(own, GenerationStatus.abandoned)
    job.playable_seconds = job.output_key = None
    job.error_history = [
        *job.error_history,
        {"timestamp": now.isoformat(), "attempt": attempt.number, "code": code, "error": message},
    ]
    job.error_code, job.last_error = code, message
    if lost:
        job.lost_count += 1
    else:
        job.attempt_count += 1
    log.warning(
        "encoding.attempt_failed",
        video_id=str(job.video_id),
        job_id=str(job.id),
        attempt=attempt.number,
        code=code,
        message=message,
    )
    if is_permanent(code) or job.attempt_count >= job.max_attempts or job.lost_count > MAX_LOST:
        await _end_failed(session, job, permanent=is_permanent(code), code=code)
        return
    master = await session.get(Master, job.master_id)
    assert master is not None
    job.attempt += 1
    job.worker_id = None
    job.speed = job.eta_seconds = None
    delays = settings.encoding_retry_delays_seconds
    delay = 0 if lost else delays[min(job.attempt_count, len(delays)) - 1]
    job.next_retry_at = now + timedelta(seconds=delay)
    _move(job, JobStatus.queued)
    await _start_attempt(session, job, master, at=job.next_retry_at if delay else None)


async def _end_failed(session: AsyncSession, job: EncodingJob, *, permanent: bool, code: str) -> None:
    _move(job, JobStatus.failed)
    job.completed_at = utc_now()
    job.next_retry_at = None
    # A file that has been encoded before is good: then it is the encoder that has changed its mind.
    if permanent and not await repository.was_encoded(session, job.master_id):
        await videos_service.reject_master(session, job.master_id, reason=code)
    log.error("encoding.failed", video_id=str(job.video_id), job_id=str(job.id), code=code)


def _move_generation(generation: Generation, status: GenerationStatus) -> None:
    if generation.status != status:
        generation.status = status
        generation.status_changed_at = utc_now()


async def expired_jobs(session: AsyncSession, *, limit: int) -> list[UUID]:
    """Jobs whose current attempt has let its lease run out."""
    return await repository.jobs_with_expired_lease(session, limit=limit)


async def reap(session: AsyncSession, settings: Settings, job_id: UUID) -> bool:
    """Take the attempt away from a silent worker and queue the next one; False when a report came just in time."""
    job = await repository.get_job(session, job_id, lock=True)
    if job is None or JobStatus(job.status) is not JobStatus.processing:
        return False
    attempt = await repository.attempt_of(session, job.id, job.attempt)
    if (
        attempt is None
        or attempt.status != AttemptStatus.running
        or attempt.lease_expires_at is None
        or attempt.lease_expires_at > utc_now()
    ):
        return False
    await _fail(
        session,
        settings,
        job,
        attempt,
        code=WORKER_LOST,
        message=f"The worker was silent for {settings.encoding_lease_seconds} s",
    )
    return True


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
    if generation is not None and generation.status_changed_at < settled:
        _move_generation(generation, GenerationStatus.collected)


async def drop_orphan_messages(session: AsyncSession) -> int:
    """Confirm messages whose attempt is gone, with its video or otherwise; returns how many there were."""
    return await repository.acknowledge_orphans(session)


async def housekeeping(session: AsyncSession) -> None:
    """Forget reports that are too old to be repeated."""
    await repository.forget_events(session, utc_now())
