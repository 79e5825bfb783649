"""What may move where, and how attempts begin and jobs end.

The API is the only writer. A job's status moves along ``_TRANSITIONS`` and nowhere else; partial unique indexes and
CHECK constraints stand behind it.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.alerts.service import raise_alert
from shared.clock import utc_now
from shared.config import Settings
from shared.encoding import part_rows, repository
from shared.encoding.errors import FILE_NOT_FOUND, JobFinished, is_permanent
from shared.encoding.models import (
    AttemptStatus,
    EncodingAttempt,
    EncodingJob,
    Generation,
    GenerationStatus,
    JobStatus,
    PartStatus,
)
from shared.ids import uuid7
from shared.jobs import outbox
from shared.jobs.tasks import ENCODE_VIDEO, EncodeOptions, EncodePayload
from shared.log import get_logger
from shared.videos import service as videos_service
from shared.videos.models import Master

log = get_logger(__name__)

# What is lost with its worker is begun again at once and does not count as failed; what takes its worker down every
# time must still end.
MAX_LOST = 10
ALERT_KIND = "encoding_failed"

_TRANSITIONS: dict[JobStatus, frozenset[JobStatus]] = {
    JobStatus.queued: frozenset({JobStatus.processing, JobStatus.completed, JobStatus.failed, JobStatus.cancelled}),
    JobStatus.processing: frozenset({JobStatus.queued, JobStatus.completed, JobStatus.failed, JobStatus.cancelled}),
    JobStatus.completed: frozenset(),
    JobStatus.failed: frozenset({JobStatus.queued}),
    JobStatus.cancelled: frozenset({JobStatus.queued}),
}


def move(job: EncodingJob, status: JobStatus) -> None:
    """Change a job's status.

    :raises JobFinished: from where it is, there is no way there.
    """
    current = JobStatus(job.status)
    if status == current:
        return
    if status not in _TRANSITIONS[current]:
        raise JobFinished(f"A job that is {current.value} cannot become {status.value}")
    job.status = status


def move_generation(generation: Generation, status: GenerationStatus) -> None:
    """Change a generation's status, and note when."""
    if generation.status != status:
        generation.status = status
        generation.status_changed_at = utc_now()


async def start_attempt(session: AsyncSession, job: EncodingJob, master: Master, *, at: datetime | None) -> None:
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
    facts = master.facts
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
            options=EncodeOptions.model_validate(job.options),
            source=facts if facts is not None and "error" not in facts else None,
        ),
        available_at=at,
        rank=await outbox.next_rank(session, ENCODE_VIDEO.queue, job.priority),
    )
    await session.flush()


async def begin_anew(session: AsyncSession, job: EncodingJob, *, after_seconds: float) -> None:
    """Give up what the current attempt has made, and queue the next one with a generation of its own."""
    own = await repository.generation_of_attempt(session, job.id, job.attempt)
    if own is not None:
        move_generation(own, GenerationStatus.abandoned)
    master = await session.get(Master, job.master_id)
    assert master is not None
    job.playable_seconds = job.output_key = job.plan = None
    job.attempt += 1
    job.worker_id = None
    job.speed = job.eta_seconds = None
    job.next_retry_at = utc_now() + timedelta(seconds=after_seconds)
    move(job, JobStatus.queued)
    await start_attempt(session, job, master, at=job.next_retry_at if after_seconds else None)


def note_failure(job: EncodingJob, *, code: str, message: str, attempt: int, part: dict[str, Any] | None) -> None:
    """Write down what went wrong. ``part`` names the part of a divided encode."""
    entry: dict[str, Any] = {
        "timestamp": utc_now().isoformat(),
        "attempt": attempt,
        "code": code,
        "error": message,
    }
    if part is not None:
        entry["part"] = part
    job.error_history = [*job.error_history, entry]
    job.error_code, job.last_error = code, message
    log.warning(
        "encoding.attempt_failed",
        video_id=str(job.video_id),
        job_id=str(job.id),
        attempt=attempt,
        code=code,
        message=message,
        part=part,
    )


async def end(session: AsyncSession, job: EncodingJob, status: JobStatus) -> None:
    """End a job without a result. Its workers learn of it by their next report, what waits for one is withdrawn."""
    attempt = await repository.attempt_of(session, job.id, job.attempt)
    own = await repository.generation_of_attempt(session, job.id, job.attempt)
    now = utc_now()
    messages: list[UUID | None] = []
    if attempt is not None and attempt.status in {AttemptStatus.queued, AttemptStatus.running}:
        attempt.status = AttemptStatus.superseded
        attempt.finished_at = now
        attempt.lease_expires_at = None
        messages.append(attempt.outbox_id)
    for part in await part_rows.open_ones(session, job.id):
        part.status = PartStatus.cancelled
        part.lease_expires_at = part.speed = None
        part.finished_at = now
        messages.append(part.outbox_id)
    await outbox.withdraw(session, [message for message in messages if message is not None])
    if own is not None:
        move_generation(own, GenerationStatus.abandoned)
    move(job, status)
    job.completed_at = now
    job.next_retry_at = job.speed = job.eta_seconds = None
    job.playable_seconds = job.output_key = None
    await session.flush()
    await repository.notify_job(session, job.id)


async def end_failed(session: AsyncSession, settings: Settings, job: EncodingJob, *, code: str, message: str) -> None:
    """Give a job up, and tell the operators."""
    permanent = is_permanent(code)
    video = await videos_service.get_video(session, job.video_id)
    await end(session, job, JobStatus.failed)
    # A file that has been encoded before is good: then it is the encoder that has changed its mind. And that a file is
    # not found is storage's word, which is no reason to delete it should it turn up again.
    if permanent and code != FILE_NOT_FOUND and not await repository.was_encoded(session, job.master_id):
        await videos_service.reject_master(session, job.master_id, reason=code)
    tried = "a permanent error, not tried again" if permanent else f"{job.attempt_count} of {job.max_attempts} attempts"
    await raise_alert(
        session,
        kind=ALERT_KIND,
        dedupe_key=f"encoding-failed:{job.id}:{job.attempt}",
        text=f"Encoding failed: {video.title}\n{code}: {message}\n{tried}\n"
        f"Job {job.id}\n{settings.public_base_url}/embed/{job.video_id}",
        job_id=job.id,
    )
    log.error("encoding.failed", video_id=str(job.video_id), job_id=str(job.id), code=code)
