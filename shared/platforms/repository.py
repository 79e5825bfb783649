"""SQL of platforms."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from shared.db.paging import Page, list_page
from shared.platforms.models import Platform, VideoPlatform


async def of_videos(session: AsyncSession, video_ids: Sequence[UUID]) -> dict[UUID, list[VideoPlatform]]:
    """The platforms of each video, by name."""
    rows = await session.scalars(
        select(VideoPlatform).where(col(VideoPlatform.video_id).in_(video_ids)).order_by(col(VideoPlatform.platform))
    )
    found: dict[UUID, list[VideoPlatform]] = {video_id: [] for video_id in video_ids}
    for row in rows:
        found[row.video_id].append(row)
    return found


async def page_of_video(
    session: AsyncSession, video_id: UUID, *, cursor: str | None, limit: int
) -> Page[VideoPlatform]:
    """The platforms of one video, by name."""
    return await list_page(
        session,
        VideoPlatform,
        col(VideoPlatform.video_id) == video_id,
        scope=f"platforms:{video_id}",
        key=("platform", "id"),
        cursor=cursor,
        limit=limit,
    )


async def one(session: AsyncSession, video_id: UUID, platform: Platform) -> VideoPlatform | None:
    """A video at one platform."""
    return (
        await session.scalars(
            select(VideoPlatform).where(
                col(VideoPlatform.video_id) == video_id, col(VideoPlatform.platform) == platform
            )
        )
    ).one_or_none()


async def holder(session: AsyncSession, platform: Platform, external_id: str) -> UUID | None:
    """The video that has this id at that platform."""
    return (
        await session.scalars(
            select(col(VideoPlatform.video_id)).where(
                col(VideoPlatform.platform) == platform, col(VideoPlatform.external_id) == external_id
            )
        )
    ).one_or_none()
