"""The parts of a divided encode: who may work on which, what becomes of those that fail, and who finishes.

All of it happens under the lock of the job's row. A part's ``take`` is the fencing token in its reports.
"""

import re
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from shared.clock import utc_now
from shared.config import Settings
from shared.encoding import division, part_rows, repository
from shared.encoding.errors import (
    OUTPUT_INVALID,
    WORKER_LOST,
    WORKER_STOPPED,
    AttemptSuperseded,
    JobNotFound,
    is_permanent,
)
from shared.encoding.models import (
    AttemptStatus,
    EncodingAttempt,
    EncodingJob,
    EncodingPart,
    Generation,
    JobStatus,
    PartStatus,
)
from shared.encoding.progress import measure
from shared.encoding.schemas import Report, ReportStatus
from shared.encoding.states import MAX_LOST, begin_anew, end_failed, move, note_failure
from shared.errors import FieldError, InvalidInput
from shared.jobs import outbox
from shared.jobs.tasks import ENCODE_PART, EncodeOptions, PartKind, PartPayload, Share
from shared.log import get_logger
from shared.videos.models import Master

log = get_logger(__name__)

# A message is handed over when it is due by the database's clock; a part may be begun a little early by this one's.
_EARLY = timedelta(seconds=2)
_MANIFEST = re.compile(r"parts/[A-Za-z0-9][A-Za-z0-9_-]*\.json")


async def divide(
    session: AsyncSession, settings: Settings, job: EncodingJob, attempt: EncodingAttempt, report: Report
) -> list[PartPayload]:
    """Make the parts of a plan. Returns those that the worker which planned holds from now on.

    :raises InvalidInput: the plan is none.
    """
    assert report.plan is not None
    plan = division.parse(report.plan)
    generation = await _generation(session, job)
    attempt.lease_expires_at = None
    job.plan = plan.to_json()
    first = await outbox.next_rank(session, ENCODE_PART.queue, job.priority)
    held: list[EncodingPart] = []
    queued: list[EncodingPart] = []
    ranks: list[int] = []
    for piece in division.pieces(plan):
        part = EncodingPart(
            job_id=job.id, generation_id=generation.id, kind=piece.kind, number=piece.number, share=piece.share
        )
        if piece.held:
            _begin(settings, part, report.worker_id)
            held.append(part)
        else:
            queued.append(part)
            ranks.append(first + piece.place)
    payloads = [await _payload(session, job, generation, part) for part in queued]
    messages = await outbox.enqueue_all(session, ENCODE_PART, payloads, ranks)
    for part, message in zip(queued, messages, strict=True):
        part.outbox_id = message
    session.add_all([*held, *queued])
    await session.flush()
    log.info("encoding.divided", video_id=str(job.video_id), job_id=str(job.id), windows=len(plan.windows))
    return [await _payload(session, job, generation, part) for part in held]


async def held_by(session: AsyncSession, job: EncodingJob, worker_id: str | None) -> list[PartPayload]:
    """What a worker was given and may not know of, because the answer was lost."""
    generation = await _generation(session, job)
    parts = await part_rows.held_by(session, generation.id, worker_id)
    return [await _payload(session, job, generation, part) for part in parts]


async def give_back(session: AsyncSession, settings: Settings, job: EncodingJob, worker_id: str | None) -> None:
    """The worker that planned stops before it knows what it was given."""
    generation = await _generation(session, job)
    for part in await part_rows.held_by(session, generation.id, worker_id):
        if JobStatus(job.status) in repository.ACTIVE:
            await fail(session, settings, job, part, code=WORKER_STOPPED, message="The worker was asked to stop")


async def fenced(session: AsyncSession, job: EncodingJob, report: Report) -> EncodingPart:
    """The part a report is about.

    :raises AttemptSuperseded: it was begun again since, somebody else has it, or it may not be begun yet.
    """
    assert report.part_id is not None
    part = await part_rows.get(session, report.part_id)
    generation = await repository.generation_of_attempt(session, job.id, job.attempt)
    if part is None or generation is None or part.generation_id != generation.id:
        raise AttemptSuperseded("This part is no longer one of the job's")
    if part.take != report.take:
        raise AttemptSuperseded(f"Take {report.take} is over; take {part.take} is the current one")
    if part.status == PartStatus.cancelled:
        raise AttemptSuperseded("This part is cancelled")
    if report.worker_id and part.worker_id and report.worker_id != part.worker_id:
        raise AttemptSuperseded("Another worker has this part")
    if part.status == PartStatus.done and report.status not in {ReportStatus.completed, ReportStatus.progress}:
        raise AttemptSuperseded("This part is done")
    if part.status == PartStatus.queued and part.available_at is not None and part.available_at > utc_now() + _EARLY:
        raise AttemptSuperseded(f"This part waits until {part.available_at.isoformat()}")
    return part


async def claim(
    session: AsyncSession, settings: Settings, job: EncodingJob, part: EncodingPart, worker_id: str | None
) -> None:
    """Every report renews the lease; the first one takes the part and confirms the message that carried it."""
    now = utc_now()
    if part.status == PartStatus.running:
        part.lease_expires_at = now + timedelta(seconds=settings.encoding_lease_seconds)
    elif part.status == PartStatus.queued:
        _begin(settings, part, worker_id)
        await outbox.acknowledge(session, part.outbox_id)
        attempt = await repository.attempt_of(session, job.id, job.attempt)
        if attempt is not None and attempt.status == AttemptStatus.queued:
            attempt.status = AttemptStatus.running
            attempt.started_at = now
        if job.next_retry_at is not None and job.next_retry_at <= now + _EARLY:
            job.next_retry_at = None
        move(job, JobStatus.processing)


async def note_progress(session: AsyncSession, job: EncodingJob, part: EncodingPart, report: Report) -> bool:
    """What a running part says of itself; False if it is nothing new."""
    before = (part.progress, part.stored, part.codecs, part.speed)
    part.progress = max(part.progress, report.progress or 0)
    part.stored = max(part.stored, report.stored or 0)
    part.codecs = {**part.codecs, **report.codecs}
    part.speed = report.speed if report.speed is not None else part.speed
    if (part.progress, part.stored, part.codecs, part.speed) == before:
        return report.status is ReportStatus.started
    await _sum_up(session, job, part)
    return True


async def complete(
    session: AsyncSession, settings: Settings, job: EncodingJob, part: EncodingPart, report: Report
) -> list[PartPayload]:
    """A window or the sound is done. Whoever brings the last one finishes the job: the answer names that part.

    :raises InvalidInput: the report names no manifest.
    """
    if not report.manifest or not _MANIFEST.fullmatch(report.manifest):
        problem = "must name an object like parts/window-0-all-1.json"
        raise InvalidInput(f"manifest {problem}", errors=(FieldError("/manifest", "invalid", problem),))
    part.status = PartStatus.done
    part.manifest = report.manifest
    part.progress = 100
    part.stored = max(part.stored, report.stored or 0)
    part.codecs = {**part.codecs, **report.codecs}
    part.finished_at = utc_now()
    part.lease_expires_at = part.speed = None
    part.error_code = part.error_message = None
    await _sum_up(session, job, part)
    if await part_rows.undone(session, part.generation_id):
        if job.next_retry_at is not None:
            await _rest(session, job)
        return []
    # Playlists that grow are written under this lock and never again once there is a finish.
    generation = await repository.lock_generation(session, part.generation_id)
    assert generation is not None
    finish = EncodingPart(job_id=job.id, generation_id=generation.id, kind=PartKind.finish, share=Share.all)
    session.add(finish)
    _begin(settings, finish, report.worker_id)
    job.next_retry_at = None
    await session.flush()
    return [await _payload(session, job, generation, finish)]


async def finish_again(session: AsyncSession, job: EncodingJob, worker_id: str | None) -> list[PartPayload]:
    """The finish, for the worker that was given it and asks again."""
    generation = await _generation(session, job)
    finish = await part_rows.finish_of(session, generation.id)
    if finish is None or finish.status != PartStatus.running or finish.worker_id != worker_id:
        return []
    return [await _payload(session, job, generation, finish)]


async def finished(session: AsyncSession, part: EncodingPart) -> None:
    """The finish is done, and the job with it."""
    part.status = PartStatus.done
    part.progress = 100
    part.finished_at = utc_now()
    part.lease_expires_at = part.speed = None
    await session.flush()


async def fail(
    session: AsyncSession, settings: Settings, job: EncodingJob, part: EncodingPart, *, code: str, message: str
) -> None:
    """A part has failed, or its worker is gone: it alone is made again, if it may be.

    After a failure what waits of this job waits as long as the failed part does: the next one would most likely meet
    the same trouble. What runs goes on. If the whole does not verify nobody knows which part is to blame: then all
    of it is made again.
    """
    anew = part.kind == PartKind.finish and code == OUTPUT_INVALID
    lost = code in {WORKER_LOST, WORKER_STOPPED}
    number = job.attempt
    part.error_code, part.error_message = code, message
    if lost:
        part.losses += 1
    else:
        part.failures += 1
        job.attempt_count = job.attempt_count + 1 if anew else max(job.attempt_count, part.failures)
    name = {"kind": PartKind(part.kind).value, "number": part.number}
    note_failure(job, code=code, message=message, attempt=number, part=name)
    tries = job.attempt_count if anew else part.failures
    over = is_permanent(code) or tries >= job.max_attempts or part.losses > MAX_LOST
    if over or not lost:
        await _end_attempt(session, job, code=code, message=message)
    await session.flush()
    if over:
        await end_failed(session, settings, job, code=code, message=message)
        return
    delays = settings.encoding_retry_delays_seconds
    if anew:
        part.status = PartStatus.cancelled
        part.lease_expires_at = part.speed = None
        await begin_anew(session, job, after_seconds=delays[min(tries, len(delays)) - 1])
        return
    generation = await _generation(session, job)
    at = None
    if not lost:
        at = utc_now() + timedelta(seconds=delays[min(part.failures, len(delays)) - 1])
        await _next_attempt(session, job, generation)
        await _hold(session, job, at)
    _take_again(part, at)
    await _enqueue_again(session, job, generation, part, at)
    await session.flush()
    await _rest(session, job)


async def reap(session: AsyncSession, settings: Settings, job: EncodingJob) -> bool:
    """Take the parts of silent workers away from them; False when there is none."""
    for part in (found := await part_rows.expired(session, job.id)):
        if JobStatus(job.status) not in repository.ACTIVE:
            break
        message = f"The worker was silent for {settings.encoding_lease_seconds} s"
        await fail(session, settings, job, part, code=WORKER_LOST, message=message)
    if found:
        await repository.notify_job(session, job.id)
    return bool(found)


async def hasten(session: AsyncSession, job: EncodingJob) -> None:
    """Wait no longer with what waits after a failure."""
    waiting = [part for part in await part_rows.open_ones(session, job.id) if part.status == PartStatus.queued]
    for part in waiting:
        part.available_at = None
    await outbox.hasten(session, [part.outbox_id for part in waiting if part.outbox_id is not None])


async def _generation(session: AsyncSession, job: EncodingJob) -> Generation:
    generation = await repository.generation_of_attempt(session, job.id, job.attempt)
    if generation is None:
        raise JobNotFound("The job's video is being deleted")
    return generation


def _begin(settings: Settings, part: EncodingPart, worker_id: str | None) -> None:
    now = utc_now()
    part.status = PartStatus.running
    part.worker_id = worker_id
    part.started_at = now
    part.available_at = None
    part.lease_expires_at = now + timedelta(seconds=settings.encoding_lease_seconds)


def _take_again(part: EncodingPart, at: datetime | None) -> None:
    """What the former take has stored keeps its names and is never read; the new one stores under others."""
    part.take += 1
    part.status = PartStatus.queued
    part.worker_id = part.lease_expires_at = part.started_at = part.speed = part.manifest = None
    part.available_at = at
    part.progress = part.stored = 0
    part.codecs = {}


async def _enqueue_again(
    session: AsyncSession,
    job: EncodingJob,
    generation: Generation,
    part: EncodingPart,
    at: datetime | None,
) -> None:
    # The others of its job will wait for it in the end.
    rank = await outbox.next_rank(session, ENCODE_PART.queue, job.priority, before_all=True)
    payload = await _payload(session, job, generation, part)
    part.outbox_id = await outbox.enqueue(session, ENCODE_PART, payload, available_at=at, rank=rank)


async def _payload(session: AsyncSession, job: EncodingJob, generation: Generation, part: EncodingPart) -> PartPayload:
    master = await session.get(Master, job.master_id)
    assert master is not None
    assert job.plan is not None
    manifests: list[str] = []
    if part.kind == PartKind.finish:
        await session.flush()
        parts = await part_rows.of_generation(session, generation.id)
        manifests = [other.manifest for other in parts if other.manifest is not None]
    return PartPayload(
        job_id=job.id,
        video_id=job.video_id,
        master_bucket=master.bucket,
        master_key=master.key,
        output_bucket=generation.bucket,
        output_prefix=generation.prefix,
        options=EncodeOptions.model_validate(job.options),
        part_id=part.id,
        take=part.take,
        kind=PartKind(part.kind),
        number=part.number,
        share=Share(part.share),
        plan=_plan_for(job.plan, part),
        manifests=manifests,
    )


def _plan_for(plan: dict[str, Any], part: EncodingPart) -> dict[str, Any]:
    """What a part has to know of a plan: of hundreds of windows its own. The finish joins them all."""
    if part.kind == PartKind.finish:
        return plan
    own = [window for window in plan["windows"] if part.kind == PartKind.window and window["index"] == part.number]
    return {**plan, "windows": own}


async def _sum_up(session: AsyncSession, job: EncodingJob, part: EncodingPart) -> None:
    """The job's progress from its parts'. It never goes back, even where a part begins again."""
    await session.flush()
    assert job.plan is not None
    found = measure(job.plan, await part_rows.progress_of(session, part.generation_id))
    job.progress = max(job.progress, min(99, int(found.percent)))
    job.speed, job.eta_seconds = found.speed, found.eta_seconds


async def _rest(session: AsyncSession, job: EncodingJob) -> None:
    """A job that waits after a failure or a loss, and of which nothing runs, is queued until a part is begun."""
    await session.flush()
    if not any(part.status == PartStatus.running for part in await part_rows.open_ones(session, job.id)):
        job.speed = job.eta_seconds = None
        move(job, JobStatus.queued)


async def _end_attempt(session: AsyncSession, job: EncodingJob, *, code: str, message: str) -> None:
    attempt = await repository.attempt_of(session, job.id, job.attempt)
    if attempt is not None:
        attempt.status = AttemptStatus.failed
        attempt.finished_at = utc_now()
        attempt.error_code, attempt.error_message = code, message


async def _next_attempt(session: AsyncSession, job: EncodingJob, generation: Generation) -> None:
    """The attempts of a divided job build one generation: those after the first take over what there is."""
    job.attempt += 1
    generation.attempt = job.attempt
    session.add(EncodingAttempt(job_id=job.id, number=job.attempt))
    await session.flush()


async def _hold(session: AsyncSession, job: EncodingJob, until: datetime) -> None:
    job.next_retry_at = max(until, job.next_retry_at or until)
    waiting = [part for part in await part_rows.open_ones(session, job.id) if part.status == PartStatus.queued]
    for part in waiting:
        part.available_at = max(until, part.available_at or until)
    await outbox.postpone(session, [part.outbox_id for part in waiting if part.outbox_id is not None], until)
