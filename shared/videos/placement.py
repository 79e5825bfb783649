"""In which course and module a video stands, for what assigns videos to lessons."""

from collections.abc import Collection, Mapping
from itertools import islice
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.audit import service as audit_service
from shared.audit.difference import Difference, change, difference
from shared.videos import repository
from shared.videos.models import Video
from shared.videos.repository import Place

__all__ = ["NOWHERE", "Place", "find_videos", "lock_places", "move_videos", "place_video"]
NOWHERE = Place(None, None)
_MOVED_AT_ONCE = 5000


async def find_videos(session: AsyncSession, video_ids: Collection[UUID], *, lock: bool = False) -> dict[UUID, Video]:
    """Those of the videos that exist. ``lock`` keeps other writers out, always in the order of the videos' ids: two
    such calls wait for each other and never lock each other out. Lock once in a transaction.
    """
    return await repository.find(session, video_ids, lock=lock)


async def lock_places(
    session: AsyncSession, *, course_id: UUID | None = None, module_ids: Collection[UUID] = ()
) -> dict[UUID, Place]:
    """The videos that stand in a course or in modules, and where; other writers are kept out as by
    :func:`find_videos`. There may be very many: nothing else of them is read.
    """
    return await repository.lock_places(session, course_id=course_id, module_ids=module_ids)


async def move_videos(
    session: AsyncSession, actor: str, standing: Mapping[UUID, Place], targets: Mapping[UUID, Place]
) -> None:
    """Put locked videos, which stand in these places, into others. Rows in memory stay as they were."""
    moves = ((video_id, place) for video_id, place in targets.items() if standing[video_id] != place)
    while some := dict(islice(moves, _MOVED_AT_ONCE)):
        await repository.set_places(session, some)
        await audit_service.record_all(
            session,
            actor,
            "videos.update",
            "video",
            {video_id: _move(standing[video_id], place) for video_id, place in some.items()},
        )


def _move(one: Place, other: Place) -> Difference:
    return difference(one, other._asdict())


async def place_video(
    session: AsyncSession, actor: str, video: Video, *, course_id: UUID | None, module_id: UUID | None
) -> None:
    """Put a locked video into a course and a module, or into none."""
    before, after = change(video, {"course_id": course_id, "module_id": module_id})
    if after:
        await session.flush()
        await audit_service.record(session, actor, "videos.update", "video", video.id, before=before, after=after)
