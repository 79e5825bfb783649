"""Workers' reports about attempts and parts, and what becomes of those that fall silent."""

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.clients.s3 import object_url
from shared.clock import utc_now
from shared.config import Settings
from shared.encoding import captions, outputs, part_rows, parts, repository
from shared.encoding.errors import (
    WORKER_LOST,
    WORKER_STOPPED,
    AttemptSuperseded,
    JobFinished,
    JobNotFound,
    OutputNotFound,
    is_permanent,
)
from shared.encoding.models import (
    AttemptStatus,
    EncodingAttempt,
    EncodingJob,
    EncodingPart,
    Generation,
    GenerationStatus,
    JobStatus,
    PartStatus,
)
from shared.encoding.schemas import Report, ReportStatus
from shared.encoding.states import MAX_LOST, begin_anew, end_failed, move, move_generation, note_failure
from shared.jobs import outbox
from shared.jobs.tasks import DELETE_OBJECTS, DeleteObjectsPayload, PartKind, PartPayload
from shared.log import get_logger
from shared.platforms import service as platforms_service
from shared.videos import service as videos_service
from shared.videos.errors import VideoNotFound
from shared.videos.models import MigrationStatus

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a report was taken. ``next``: what its worker holds from now on."""

    job: EncodingJob
    applied: bool
    next: list[PartPayload] = field(default_factory=list)


async def record_report(
    session: AsyncSession, settings: Settings, report: Report, *, event_id: str, output_prefix: str | None
) -> Outcome:
    """Apply a worker's report.

    ``output_prefix`` is where a completed or playable output lies, checked by the caller to be in our bucket.
    A repeated ``event_id`` changes nothing, and neither does what is said for the second time; both are answered as
    before, because the first answer may have been lost.

    :raises JobNotFound: no such job for that video.
    :raises AttemptSuperseded: the attempt or the part's take is not the current one, or belongs to another worker.
    :raises JobFinished: the job has ended.
    :raises InvalidInput: the plan of a divided encode, or what a part says, is wrong.
    """
    if report.status is ReportStatus.completed and report.output_url is not None:
        # Whoever deletes a video locks it before its jobs; publishing keeps to the same order.
        try:
            await videos_service.get_video(session, report.video_id, lock=True)
        except VideoNotFound as error:
            raise JobNotFound("There is no such job for this video") from error
    job = await repository.get_job(session, report.job_id, lock=True)
    if job is None or job.video_id != report.video_id:
        raise JobNotFound("There is no such job for this video")
    is_new = await repository.remember_event(session, event_id)
    if JobStatus(job.status) not in repository.ACTIVE:
        if not is_new:
            return Outcome(job, applied=False)
        raise JobFinished(f"The job is {JobStatus(job.status).value}")
    if report.part_id is not None:
        outcome = await _record_part(session, settings, job, report, output_prefix, is_new=is_new)
    elif report.status is ReportStatus.planned or job.plan is not None:
        outcome = await _record_plan(session, settings, job, report, is_new=is_new)
    elif is_new:
        outcome = await _record_attempt(session, settings, job, report, output_prefix)
    elif report.status is ReportStatus.started:
        # A claim that is repeated must hear that it is over.
        await _current_attempt(session, job, report)
        outcome = Outcome(job, applied=False)
    else:
        outcome = Outcome(job, applied=False)
    if outcome.applied:
        if report.source is not None:
            await videos_service.note_master_facts(session, job.master_id, report.source)
        await repository.notify_job(session, job.id)
    return outcome


async def _record_attempt(
    session: AsyncSession, settings: Settings, job: EncodingJob, report: Report, output_prefix: str | None
) -> Outcome:
    attempt = await _current_attempt(session, job, report)
    await _claim(session, settings, job, attempt, report)
    if report.status is ReportStatus.completed:
        own = await repository.generation_of_attempt(session, job.id, attempt.number)
        await _complete(session, job, attempt, own, report, output_prefix or "")
        return Outcome(job, applied=True)
    if report.status is ReportStatus.failed:
        assert report.error is not None
        await _fail(session, settings, job, attempt, code=report.error.code, message=report.error.message)
        return Outcome(job, applied=True)
    return Outcome(job, _progress(job, report, output_prefix))


async def _record_plan(
    session: AsyncSession, settings: Settings, job: EncodingJob, report: Report, *, is_new: bool
) -> Outcome:
    """The attempt is divided, or has been and its worker does not know whether we know."""
    if job.plan is None:
        if not is_new:
            return Outcome(job, applied=False)
        attempt = await _current_attempt(session, job, report)
        await _claim(session, settings, job, attempt, report)
        return Outcome(job, applied=True, next=await parts.divide(session, settings, job, attempt, report))
    if not is_new and report.status is not ReportStatus.planned:
        return Outcome(job, applied=False)
    number = report.attempt or job.attempt
    planner = await repository.attempt_of(session, job.id, number)
    if planner is None or planner.worker_id != report.worker_id:
        raise AttemptSuperseded(f"Attempt {number} is over; the job is divided into parts")
    if report.status is ReportStatus.planned:
        # Never a refusal: the planner would take it that all of this is given up.
        return Outcome(job, applied=False, next=await parts.held_by(session, job, report.worker_id))
    if report.status is ReportStatus.failed and report.error is not None and report.error.code == WORKER_STOPPED:
        await parts.give_back(session, settings, job, report.worker_id)
        return Outcome(job, applied=True)
    # A heartbeat that has crossed the plan on its way.
    if report.status is ReportStatus.progress:
        return Outcome(job, applied=False)
    raise AttemptSuperseded("The job is divided into parts; only they are reported about")


async def _record_part(
    session: AsyncSession,
    settings: Settings,
    job: EncodingJob,
    report: Report,
    output_prefix: str | None,
    *,
    is_new: bool,
) -> Outcome:
    try:
        part = await parts.fenced(session, job, report)
    except AttemptSuperseded:
        # A claim that is repeated must hear that it is over; an end that is repeated was taken the first time.
        if is_new or report.status is ReportStatus.started:
            raise
        return Outcome(job, applied=False)
    if part.status == PartStatus.done:
        again = report.status is ReportStatus.completed
        return Outcome(job, applied=False, next=await parts.finish_again(session, job, part.worker_id) if again else [])
    if not is_new:
        return Outcome(job, applied=False)
    begun = part.status == PartStatus.queued
    await parts.claim(session, settings, job, part, report.worker_id)
    if report.status is ReportStatus.failed:
        assert report.error is not None
        await parts.fail(session, settings, job, part, code=report.error.code, message=report.error.message)
    elif report.status is not ReportStatus.completed:
        return Outcome(job, await parts.note_progress(session, job, part, report) or begun)
    elif part.kind == PartKind.finish:
        await _complete_finish(session, job, part, report, output_prefix)
    else:
        return Outcome(job, applied=True, next=await parts.complete(session, settings, job, part, report))
    return Outcome(job, applied=True)


async def _complete_finish(
    session: AsyncSession, job: EncodingJob, part: EncodingPart, report: Report, prefix: str | None
) -> None:
    attempt = await repository.attempt_of(session, job.id, job.attempt)
    own = await repository.generation_of_attempt(session, job.id, job.attempt)
    assert attempt is not None
    if own is None or prefix != own.prefix:
        raise OutputNotFound("The parts of this job are stored elsewhere")
    await parts.finished(session, part)
    await _complete(session, job, attempt, own, report, prefix)
    # The worker deletes it too, and sooner; but it may be killed before it gets there.
    for spare in (outputs.PARTS, *report.spare):
        request = DeleteObjectsPayload(bucket=own.bucket, prefix=f"{own.prefix}{spare}")
        await outbox.enqueue(session, DELETE_OBJECTS, request)


async def _current_attempt(session: AsyncSession, job: EncodingJob, report: Report) -> EncodingAttempt:
    number = report.attempt or job.attempt
    attempt = await repository.attempt_of(session, job.id, job.attempt)
    if attempt is None or number != job.attempt:
        raise AttemptSuperseded(f"Attempt {number} is over; attempt {job.attempt} is the current one")
    if report.worker_id and attempt.worker_id and report.worker_id != attempt.worker_id:
        raise AttemptSuperseded("Another worker has this attempt")
    return attempt


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
        move(job, JobStatus.processing)
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
    session: AsyncSession,
    job: EncodingJob,
    attempt: EncodingAttempt,
    own: Generation | None,
    report: Report,
    prefix: str,
) -> None:
    """Publish: one pointer on the video's row moves to the new generation."""
    now = utc_now()
    video = await videos_service.get_video(session, job.video_id, lock=True)
    generation = await repository.generation_at(session, prefix)
    if generation is None:
        # A worker of another make chose a directory of its own.
        generation = Generation(
            video_id=job.video_id, job_id=job.id, attempt=attempt.number, bucket=job.output_bucket, prefix=prefix
        )
        session.add(generation)
    if own is not None and own.id != generation.id:
        move_generation(own, GenerationStatus.abandoned)
    former = (await repository.published_generations(session, [job.video_id])).get(job.video_id)
    if former is not None and former.id != generation.id:
        move_generation(former, GenerationStatus.superseded)
    move_generation(generation, GenerationStatus.published)
    generation.published_at = now
    generation.duration_seconds = report.duration_seconds
    generation.size_bytes = report.size_bytes
    generation.download_bytes = report.download_bytes
    generation.renditions = [rendition.model_dump(mode="json", by_alias=True) for rendition in report.renditions]
    generation.report = report.report
    await captions.mark_published(session, generation, job.video_id)
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
    attempt.lease_expires_at = None
    move(job, JobStatus.completed)
    job.progress = 100
    job.playable_seconds = report.duration_seconds or job.playable_seconds
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
    note_failure(job, code=code, message=message, attempt=attempt.number, part=None)
    if lost:
        job.lost_count += 1
    else:
        job.attempt_count += 1
    if is_permanent(code) or job.attempt_count >= job.max_attempts or job.lost_count > MAX_LOST:
        await end_failed(session, settings, job, code=code, message=message)
        return
    delays = settings.encoding_retry_delays_seconds
    await begin_anew(session, job, after_seconds=0 if lost else delays[min(job.attempt_count, len(delays)) - 1])


async def expired_jobs(session: AsyncSession, *, limit: int) -> list[UUID]:
    """Jobs of which an attempt or a part has let its lease run out."""
    whole = await repository.jobs_with_expired_lease(session, limit=limit)
    divided = await part_rows.jobs_with_expired_lease(session, limit=limit)
    return [*whole, *divided]


async def reap(session: AsyncSession, settings: Settings, job_id: UUID) -> bool:
    """Take the work away from silent workers and queue it again; False when a report came just in time."""
    job = await repository.get_job(session, job_id, lock=True)
    if job is None or JobStatus(job.status) is not JobStatus.processing:
        return False
    if job.plan is not None:
        return await parts.reap(session, settings, job)
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
    await repository.notify_job(session, job.id)
    return True
