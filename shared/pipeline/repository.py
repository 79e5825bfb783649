"""SQL of production."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from shared.pipeline.models import VideoPipelineLink


async def link_of(session: AsyncSession, video_id: UUID) -> VideoPipelineLink | None:
    """The link of a video, as it is in the database: triggers write it too."""
    query = select(VideoPipelineLink).where(col(VideoPipelineLink.video_id) == video_id)
    return (await session.scalars(query.execution_options(populate_existing=True))).one_or_none()
