"""SQL of the parts of divided encodes."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from shared.encoding.models import EncodingPart, PartStatus
from shared.jobs.tasks import PartKind, Share


@dataclass(frozen=True, slots=True)
class Done:
    """How far a part is. ``progress`` in percent, ``speed`` in seconds of video a second."""

    kind: PartKind
    number: int
    share: Share
    status: PartStatus
    progress: float
    speed: float | None


@dataclass(frozen=True, slots=True)
class Growing:
    """A divided encode that viewers may begin to watch, and how much of it is there and named."""

    job_id: UUID
    generation_id: UUID
    stored: int
    done: int
    announced_seconds: float | None
    playable_seconds: float | None


async def get(session: AsyncSession, part_id: UUID) -> EncodingPart | None:
    """One part, as it is now."""
    query = select(EncodingPart).where(col(EncodingPart.id) == part_id).execution_options(populate_existing=True)
    return (await session.scalars(query)).one_or_none()


async def of_generation(session: AsyncSession, generation_id: UUID) -> list[EncodingPart]:
    """All parts, in the order of the film; the finish is the last."""
    rows = await session.scalars(
        select(EncodingPart)
        .where(col(EncodingPart.generation_id) == generation_id)
        .execution_options(populate_existing=True)
    )
    return sorted(rows, key=_place)


def _place(row: EncodingPart) -> tuple[int, int, int]:
    return list(PartKind).index(row.kind), row.number, list(Share).index(row.share)


async def held_by(session: AsyncSession, generation_id: UUID, worker_id: str | None) -> list[EncodingPart]:
    """The parts that a worker runs, in the order of the film."""
    rows = await session.scalars(
        select(EncodingPart).where(
            col(EncodingPart.generation_id) == generation_id,
            col(EncodingPart.status) == PartStatus.running,
            col(EncodingPart.worker_id).is_not_distinct_from(worker_id),
        )
    )
    return sorted(rows, key=_place)


async def open_ones(session: AsyncSession, job_id: UUID) -> list[EncodingPart]:
    """The parts of a job that wait or run."""
    open_states = (PartStatus.queued, PartStatus.running)
    return list(
        await session.scalars(
            select(EncodingPart).where(col(EncodingPart.job_id) == job_id, col(EncodingPart.status).in_(open_states))
        )
    )


async def progress_of(session: AsyncSession, generation_id: UUID) -> list[Done]:
    """How far each part is."""
    rows = await session.execute(
        select(
            col(EncodingPart.kind),
            col(EncodingPart.number),
            col(EncodingPart.share),
            col(EncodingPart.status),
            col(EncodingPart.progress),
            col(EncodingPart.speed),
        ).where(col(EncodingPart.generation_id) == generation_id)
    )
    return [
        Done(PartKind(kind), number, Share(share), PartStatus(status), progress, speed)
        for kind, number, share, status, progress, speed in rows
    ]


async def undone(session: AsyncSession, generation_id: UUID) -> int:
    """How many windows and sound parts are not done."""
    query = (
        select(func.count())
        .select_from(EncodingPart)
        .where(
            col(EncodingPart.generation_id) == generation_id,
            col(EncodingPart.kind) != PartKind.finish,
            col(EncodingPart.status) != PartStatus.done,
        )
    )
    return int(await session.scalar(query) or 0)


async def finish_of(session: AsyncSession, generation_id: UUID) -> EncodingPart | None:
    """The part that finishes a generation, once there is one."""
    query = select(EncodingPart).where(
        col(EncodingPart.generation_id) == generation_id, col(EncodingPart.kind) == PartKind.finish
    )
    return (await session.scalars(query)).one_or_none()


async def jobs_with_expired_lease(session: AsyncSession, *, limit: int) -> list[UUID]:
    """Jobs with a part whose worker has been silent for too long. The database's clock decides."""
    query = select(col(EncodingPart.job_id)).where(
        col(EncodingPart.status) == PartStatus.running, col(EncodingPart.lease_expires_at) < func.now()
    )
    return list(await session.scalars(query.distinct().limit(limit)))


async def expired(session: AsyncSession, job_id: UUID) -> Sequence[EncodingPart]:
    """The parts of a job whose worker has been silent for too long."""
    query = select(EncodingPart).where(
        col(EncodingPart.job_id) == job_id,
        col(EncodingPart.status) == PartStatus.running,
        col(EncodingPart.lease_expires_at) < func.now(),
    )
    return list(await session.scalars(query.execution_options(populate_existing=True)))


_SUMMARY = text(
    """
WITH parts AS (
    SELECT p.job_id, p.kind, p.number, p.status, p.worker_id FROM encoding_parts p
    JOIN encoding_jobs j ON j.id = p.job_id
    JOIN generations g ON g.id = p.generation_id AND g.attempt = j.attempt
    WHERE p.job_id = ANY(:jobs)
), windows AS (
    SELECT job_id, number, bool_and(status = 'done') AS done, bool_or(status = 'running') AS running
    FROM parts WHERE kind = 'window' GROUP BY job_id, number
)
SELECT job_id, count(*) AS total, count(*) FILTER (WHERE done) AS done, count(*) FILTER (WHERE running) AS running,
    ARRAY(SELECT DISTINCT worker_id FROM parts p
          WHERE p.job_id = windows.job_id AND status = 'running' AND worker_id IS NOT NULL ORDER BY 1) AS workers
FROM windows GROUP BY job_id
"""
)


async def summaries(session: AsyncSession, job_ids: Collection[UUID]) -> dict[UUID, tuple[int, int, int, list[str]]]:
    """For each of these jobs that is divided: windows in all, done and running, and the workers at work."""
    rows = await session.execute(_SUMMARY, {"jobs": list(job_ids)})
    return {row.job_id: (row.total, row.done, row.running, list(row.workers)) for row in rows}


_GROWING = text(
    """
SELECT j.id AS job_id, g.id AS generation_id, sum(p.stored) AS stored,
    count(*) FILTER (WHERE p.status = 'done') AS done, g.announced_seconds, j.playable_seconds
FROM encoding_jobs j
JOIN generations g ON g.job_id = j.id AND g.attempt = j.attempt AND g.status = 'building'
JOIN encoding_parts p ON p.generation_id = g.id
WHERE j.status IN ('queued', 'processing') AND j.plan IS NOT NULL
GROUP BY j.id, g.id HAVING sum(p.stored) > 0 AND NOT bool_or(p.kind = 'finish')
"""
)


async def growing(session: AsyncSession) -> list[Growing]:
    """The divided encodes of which some segments are stored and which are not being finished yet."""
    rows = await session.execute(_GROWING)
    return [
        Growing(row.job_id, row.generation_id, row.stored, row.done, row.announced_seconds, row.playable_seconds)
        for row in rows
    ]
