"""Where videos are distributed."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.clock import utc_now
from shared.platforms import repository
from shared.platforms.models import Platform, PlatformStatus, VideoPlatform


async def platforms_of(session: AsyncSession, video_ids: Sequence[UUID]) -> dict[UUID, list[VideoPlatform]]:
    """The platforms of each video."""
    return await repository.of_videos(session, video_ids)


async def find(session: AsyncSession, video_id: UUID, platform: Platform) -> VideoPlatform | None:
    """A video at one platform, if it is there."""
    return await repository.one(session, video_id, platform)


async def note_own_hosting(session: AsyncSession, video_id: UUID, *, manifest_url: str) -> None:
    """The video's outputs are in our storage: its ``hetzner`` entry points at them."""
    row = await repository.one(session, video_id, Platform.hetzner)
    if row is None:
        row = VideoPlatform(video_id=video_id, platform=Platform.hetzner)
        session.add(row)
    row.status = PlatformStatus.ready
    row.external_url = manifest_url
    row.synced_at = utc_now()
    await session.flush()
