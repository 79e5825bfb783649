"""SQL of jobs, attempts, generations and seen reports. That of parts is in ``part_rows``."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import RowMapping, SQLColumnExpression, delete, func, or_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from shared.db.paging import Page, list_page
from shared.encoding.models import (
    AttemptStatus,
    EncodingAttempt,
    EncodingJob,
    Generation,
    GenerationStatus,
    JobStatus,
    WebhookEvent,
)
from shared.jobs.tasks import ENCODE_PART, ENCODE_VIDEO

CHANNEL = "vms_jobs"
ACTIVE = (JobStatus.queued, JobStatus.processing)


async def get_job(session: AsyncSession, job_id: UUID, *, lock: bool = False) -> EncodingJob | None:
    """One job; ``lock`` keeps other reports out until the transaction ends."""
    query = select(EncodingJob).where(col(EncodingJob.id) == job_id)
    if lock:
        # A row that this session has read before would otherwise come back as it was then.
        query = query.with_for_update().execution_options(populate_existing=True)
    return (await session.scalars(query)).one_or_none()


async def notify_job(session: AsyncSession, job_id: UUID) -> None:
    """Tell whoever listens on ``vms_jobs``, when this transaction commits, that the job has changed."""
    await session.execute(text("SELECT pg_notify(:channel, :job)"), {"channel": CHANNEL, "job": str(job_id)})


async def standings(session: AsyncSession, job_ids: Collection[UUID]) -> Sequence[RowMapping]:
    """How far each of these jobs is; without what is long."""
    columns = ("id", "status", "progress", "speed", "eta_seconds", "attempt", "playable_seconds", "next_retry_at")
    wanted = [getattr(EncodingJob, name) for name in (*columns, "error_code", "last_error")]
    return (await session.execute(select(*wanted).where(col(EncodingJob.id).in_(job_ids)))).mappings().all()


async def active_job(session: AsyncSession, video_id: UUID) -> EncodingJob | None:
    """The job that is queued or running for a video."""
    return (
        await session.scalars(
            select(EncodingJob).where(col(EncodingJob.video_id) == video_id, col(EncodingJob.status).in_(ACTIVE))
        )
    ).one_or_none()


async def page_of_jobs(
    session: AsyncSession, *, video_id: UUID | None, statuses: list[JobStatus], cursor: str | None, limit: int
) -> Page[EncodingJob]:
    """Newest first."""
    conditions: list[SQLColumnExpression[bool]] = []
    if video_id is not None:
        conditions.append(col(EncodingJob.video_id) == video_id)
    if statuses:
        conditions.append(col(EncodingJob.status).in_(statuses))
    return await list_page(
        session,
        EncodingJob,
        *conditions,
        scope=f"jobs:{video_id}:{','.join(statuses)}",
        key=("created_at", "id"),
        cursor=cursor,
        limit=limit,
        descending=True,
    )


async def was_encoded(session: AsyncSession, master_id: UUID) -> bool:
    """Whether an encode of this master has ever been completed."""
    query = select(col(EncodingJob.id)).where(
        col(EncodingJob.master_id) == master_id, col(EncodingJob.status) == JobStatus.completed
    )
    return (await session.scalar(query.limit(1))) is not None


async def attempt_of(session: AsyncSession, job_id: UUID, number: int) -> EncodingAttempt | None:
    """One attempt."""
    return (
        await session.scalars(
            select(EncodingAttempt).where(col(EncodingAttempt.job_id) == job_id, col(EncodingAttempt.number) == number)
        )
    ).one_or_none()


async def attempts_of(session: AsyncSession, job_id: UUID) -> list[EncodingAttempt]:
    """All attempts, the first one first."""
    return list(
        await session.scalars(
            select(EncodingAttempt).where(col(EncodingAttempt.job_id) == job_id).order_by(col(EncodingAttempt.number))
        )
    )


async def jobs_with_expired_lease(session: AsyncSession, *, limit: int) -> list[UUID]:
    """Jobs whose current attempt has been silent for too long. The database's clock decides."""
    return list(
        await session.scalars(
            select(col(EncodingAttempt.job_id))
            .join(EncodingJob, col(EncodingJob.id) == EncodingAttempt.job_id)
            .where(
                col(EncodingAttempt.status) == AttemptStatus.running,
                col(EncodingAttempt.lease_expires_at) < func.now(),
                col(EncodingAttempt.number) == col(EncodingJob.attempt),
            )
            .limit(limit)
        )
    )


async def generation_of_attempt(session: AsyncSession, job_id: UUID, number: int) -> Generation | None:
    """The generation an attempt builds, or has published: a worker of another make may have chosen its own."""
    return (
        await session.scalars(
            select(Generation)
            .where(col(Generation.job_id) == job_id, col(Generation.attempt) == number)
            .order_by((col(Generation.status) == GenerationStatus.published).desc())
            .limit(1)
        )
    ).one_or_none()


async def lock_generation(session: AsyncSession, generation_id: UUID, *, wait: bool = True) -> Generation | None:
    """The generation, locked; None if it is gone, or if somebody has it and ``wait`` is false."""
    query = (
        select(Generation)
        .where(col(Generation.id) == generation_id)
        .with_for_update(skip_locked=not wait)
        .execution_options(populate_existing=True)
    )
    return (await session.scalars(query)).one_or_none()


async def generation_at(session: AsyncSession, prefix: str) -> Generation | None:
    """The generation with this prefix."""
    return (await session.scalars(select(Generation).where(col(Generation.prefix) == prefix))).one_or_none()


async def published_generations(session: AsyncSession, video_ids: list[UUID]) -> dict[UUID, Generation]:
    """The published generation of each video that has one."""
    rows = await session.scalars(
        select(Generation).where(
            col(Generation.video_id).in_(video_ids), col(Generation.status) == GenerationStatus.published
        )
    )
    return {row.video_id: row for row in rows if row.video_id is not None}


async def generations_to_collect(session: AsyncSession, *, superseded_before: datetime, limit: int) -> list[Generation]:
    """Generations whose objects are to go: abandoned ones, those of deleted videos, and superseded ones after the
    grace period."""
    return list(
        await session.scalars(
            select(Generation)
            .where(
                col(Generation.status) != GenerationStatus.collected,
                or_(
                    col(Generation.status) == GenerationStatus.abandoned,
                    col(Generation.video_id).is_(None),
                    (col(Generation.status) == GenerationStatus.superseded)
                    & (col(Generation.status_changed_at) < superseded_before),
                ),
            )
            .order_by(col(Generation.status_changed_at))
            .limit(limit)
        )
    )


async def acknowledge_orphans(session: AsyncSession) -> int:
    """Confirm open messages of attempts and parts that no longer wait for a worker."""
    attempts = await session.execute(
        text(
            "UPDATE outbox SET acknowledged_at = now() WHERE acknowledged_at IS NULL AND task = :task AND NOT EXISTS ("
            "SELECT 1 FROM encoding_attempts WHERE job_id = (payload->>'jobId')::uuid "
            "AND number = (payload->>'attempt')::integer AND status = 'queued') RETURNING id"
        ),
        {"task": ENCODE_VIDEO.name},
    )
    parts = await session.execute(
        text(
            "UPDATE outbox SET acknowledged_at = now() WHERE acknowledged_at IS NULL AND task = :task AND NOT EXISTS ("
            "SELECT 1 FROM encoding_parts WHERE id = (payload->>'partId')::uuid "
            "AND take = (payload->>'take')::integer AND status = 'queued') RETURNING id"
        ),
        {"task": ENCODE_PART.name},
    )
    return len(attempts.all()) + len(parts.all())


async def remember_event(session: AsyncSession, event_id: str) -> bool:
    """Note a report; False when it was noted before."""
    done = await session.execute(
        insert(WebhookEvent).values(event_id=event_id).on_conflict_do_nothing().returning(col(WebhookEvent.event_id))
    )
    return done.first() is not None


async def forget_events(session: AsyncSession, now: datetime) -> None:
    """Drop reports whose timestamp would be refused anyway."""
    await session.execute(delete(WebhookEvent).where(col(WebhookEvent.received_at) < now - timedelta(hours=1)))
