"""SQL of captions, and of what has to be written because of them."""

from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from shared.encoding.captions_schemas import CaptionSummary
from shared.encoding.models import Caption, Generation, GenerationStatus


async def of_video(session: AsyncSession, video_id: UUID) -> list[CaptionSummary]:
    """The captions of a video by language, without their text."""
    rows = await session.execute(
        select(
            col(Caption.language),
            col(Caption.label),
            col(Caption.sha256),
            col(Caption.updated_at),
            func.octet_length(col(Caption.content)),
        )
        .where(col(Caption.video_id) == video_id)
        .order_by(col(Caption.language))
    )
    return [CaptionSummary(*row) for row in rows]


async def one(session: AsyncSession, video_id: UUID, language: str) -> Caption | None:
    """The captions in one language."""
    query = select(Caption).where(col(Caption.video_id) == video_id, col(Caption.language) == language)
    return (await session.scalars(query.execution_options(populate_existing=True))).one_or_none()


async def mark_stale(session: AsyncSession, video_id: UUID) -> None:
    """The published generation's playlists are to be written again.

    A statement of its own, whatever this session knows of the row: who has just written them may be about to say so.
    """
    await session.execute(
        update(Generation)
        .where(col(Generation.video_id) == video_id, col(Generation.status) == GenerationStatus.published)
        .values(captions_stale=True)
        .execution_options(synchronize_session=False)
    )


async def stale(session: AsyncSession, *, limit: int) -> list[UUID]:
    """Published generations whose playlists are behind."""
    query = select(col(Generation.id)).where(
        col(Generation.captions_stale), col(Generation.status) == GenerationStatus.published
    )
    return list(await session.scalars(query.limit(limit)))


async def generation(session: AsyncSession, generation_id: UUID, *, lock: bool = False) -> Generation | None:
    """One generation; ``lock`` keeps out whoever changes its captions."""
    query = select(Generation).where(col(Generation.id) == generation_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return (await session.scalars(query)).one_or_none()
