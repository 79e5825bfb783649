"""SQL of posters."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from shared.clock import utc_now
from shared.encoding.models import Generation, GenerationStatus, Poster


async def of_video(session: AsyncSession, video_id: UUID) -> tuple[Poster, str | None] | None:
    """The choice for a video, and the directory of the uploaded picture."""
    row = (
        await session.execute(
            select(Poster, col(Generation.prefix))
            .join(Generation, col(Generation.id) == Poster.generation_id, isouter=True)
            .where(col(Poster.video_id) == video_id)
        )
    ).one_or_none()
    return None if row is None else (row[0], row[1])


async def supersede_unused(session: AsyncSession, *, before: datetime) -> int:
    """Give up files that were stored for a poster which never came to be; returns how many."""
    used = exists().where(col(Poster.generation_id) == col(Generation.id))
    done = await session.execute(
        update(Generation)
        .where(col(Generation.status) == GenerationStatus.attached, col(Generation.status_changed_at) < before, ~used)
        .values(status=GenerationStatus.superseded, status_changed_at=utc_now())
        .returning(col(Generation.id))
        .execution_options(synchronize_session=False)
    )
    return len(done.all())
