"""One action on many videos. What cannot be done to one of them is answered for it and stops no other."""

import time
from collections.abc import Iterable
from uuid import UUID

import httpx
from sqlalchemy.ext.asyncio import AsyncSession

from shared.config import Settings
from shared.db.session import Database
from shared.encoding import service as encoding_service
from shared.errors import AppError
from shared.hosting import service as hosting_service
from shared.hosting.errors import VimeoNotAsked
from shared.videos import placement
from shared.videos import service as videos_service
from shared.videos.errors import VideoArchived, VideoNotFound
from shared.videos.models import Video, VideoStatus
from shared.videos.schemas import (
    BulkAction,
    BulkCourse,
    BulkError,
    BulkResult,
    BulkStage,
    BulkTags,
    BulkVisibility,
)

ADMIN_ACTIONS = frozenset({"migrate", "rollback"})
# Vimeo is asked for one video a second. Whoever waits for the answer gets it before the connection is given up.
_ASKED_SECONDS = 25.0


async def run(session: AsyncSession, settings: Settings, actor: str, given: BulkAction) -> list[BulkResult]:
    """Do it, and say for each id what became of it, in the order in which they were given.

    :raises CourseNotFound: no such course.
    :raises ModuleNotFound: no such module.
    :raises ModuleOfAnotherCourse: the module is no part of the course.
    """
    ids = list(dict.fromkeys(given.ids))
    if isinstance(given, BulkCourse):
        given = await videos_service.find_place(session, given)
    if given.action in ADMIN_ACTIONS:
        found = await placement.find_videos(session, ids)
        errors = await _change_hosting(session, settings, actor, given.action, sorted(found))
    else:
        found = await placement.find_videos(session, ids, lock=True)
        errors = await _do(session, settings, actor, given, found)
    errors |= {video_id: VideoNotFound(f"There is no video {video_id}") for video_id in ids if video_id not in found}
    return [_result(video_id, errors.get(video_id)) for video_id in given.ids]


def _result(video_id: UUID, error: AppError | None) -> BulkResult:
    if error is None:
        return BulkResult(id=video_id, ok=True)
    return BulkResult(id=video_id, ok=False, error=BulkError(code=error.code, message=error.detail))


async def _do(
    session: AsyncSession, settings: Settings, actor: str, given: BulkAction, videos: dict[UUID, Video]
) -> dict[UUID, AppError]:
    """The errors of the videos to which it could not be done."""
    if given.action in {"archive", "restore"}:
        status = VideoStatus.archived if given.action == "archive" else VideoStatus.active
        await videos_service.set_status_of_all(session, actor, videos.values(), status)
        return {}
    errors: dict[UUID, AppError] = {
        video.id: VideoArchived("Restore the video first")
        for video in videos.values()
        if video.status == VideoStatus.archived
    }
    rest = [video for video in videos.values() if video.id not in errors]
    if isinstance(given, BulkTags):
        words = {"add" if given.action == "addTags" else "remove": given.tags}
        errors |= await videos_service.change_tags_of_all(session, actor, rest, **words)
    elif isinstance(given, BulkVisibility):
        await videos_service.set_visibility_of_all(session, actor, rest, given.visibility)
    elif isinstance(given, BulkStage):
        await videos_service.set_stage_of_all(session, actor, rest, given.stage)
    elif isinstance(given, BulkCourse):
        await videos_service.place_all(session, actor, rest, given)
    else:
        errors |= await _encode(session, settings, actor, [video.id for video in rest])
    return errors


async def _encode(
    session: AsyncSession, settings: Settings, actor: str, video_ids: Iterable[UUID]
) -> dict[UUID, AppError]:
    errors: dict[UUID, AppError] = {}
    for video_id in video_ids:
        try:
            async with session.begin_nested():
                await encoding_service.request_encode(session, settings, actor, video_id)
        except AppError as error:
            errors[video_id] = error
    return errors


async def _change_hosting(
    session: AsyncSession, settings: Settings, actor: str, action: str, video_ids: Iterable[UUID]
) -> dict[UUID, AppError]:
    """The errors of the videos that could not be migrated or rolled back. They are locked in the order of their ids."""
    try:
        hosting_service.check_connected(settings)
    except AppError as error:
        return dict.fromkeys(video_ids, error)
    errors: dict[UUID, AppError] = {}
    if action == "migrate":
        for video_id in video_ids:
            try:
                async with session.begin_nested():
                    await hosting_service.request_move(session, settings, actor, video_id)
            except AppError as error:
                errors[video_id] = error
        return errors
    # Vimeo is asked about all of them before the first is locked, on connections of their own.
    database = Database(settings, pool_size=2)
    until, seen = time.monotonic() + _ASKED_SECONDS, {}
    try:
        async with httpx.AsyncClient() as http:
            for video_id in video_ids:
                try:
                    if time.monotonic() > until:
                        raise VimeoNotAsked("Vimeo could not be asked about so many at once: roll the rest back again")
                    seen[video_id] = await hosting_service.ask_vimeo(database, settings, http, video_id)
                except AppError as error:
                    errors[video_id] = error
    finally:
        await database.dispose()
    for video_id, there in seen.items():
        try:
            async with session.begin_nested():
                await hosting_service.roll_back(session, actor, video_id, there)
        except AppError as error:
            errors[video_id] = error
    return errors
