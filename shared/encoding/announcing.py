"""What viewers can watch of a divided encode while it runs: how far its parts reach, and how far they are named.

The playlists of a growing generation are written by whoever holds its row, and never again once there is a part that
finishes it: that part writes the last ones.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.encoding import part_rows, repository
from shared.encoding.models import EncodingPart, Generation, GenerationStatus
from shared.jobs.tasks import PartKind


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A generation that grows, with its row locked. ``plan`` is JSON."""

    generation: Generation
    plan: dict[str, Any]
    parts: list[EncodingPart]


async def growing(session: AsyncSession) -> list[part_rows.Growing]:
    """The divided encodes of which something is stored and which are not being finished yet."""
    return await part_rows.growing(session)


async def hold(session: AsyncSession, job_id: UUID, generation_id: UUID) -> Unfinished | None:
    """The generation, locked; None if somebody else has it, or if it must not be announced any more."""
    generation = await repository.lock_generation(session, generation_id, wait=False)
    if generation is None or generation.status != GenerationStatus.building:
        return None
    job = await repository.get_job(session, job_id)
    parts = await part_rows.of_generation(session, generation_id)
    if job is None or job.plan is None or any(part.kind == PartKind.finish for part in parts):
        return None
    return Unfinished(generation, job.plan, parts)


async def note_playable(session: AsyncSession, job_id: UUID, generation_id: UUID) -> None:
    """Let viewers have what has been announced."""
    job = await repository.get_job(session, job_id, lock=True)
    if job is None or job.status not in repository.ACTIVE:
        return
    generation = await repository.generation_of_attempt(session, job.id, job.attempt)
    if generation is None or generation.id != generation_id or generation.announced_seconds is None:
        return
    if generation.announced_seconds > (job.playable_seconds or 0):
        job.playable_seconds = generation.announced_seconds
        job.output_key = f"{generation.prefix}master.m3u8"
        await repository.notify_job(session, job.id)
