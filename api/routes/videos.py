"""Videos."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response, status
from sqlalchemy.ext.asyncio import AsyncSession

from api.deps import CurrentCaller, SessionDep, SettingsDep, noun_router
from api.problems import problem_responses
from api.security import EDITOR, VIEWER
from shared.auth.models import Role
from shared.db.paging import decode_cursor, encode_cursor
from shared.encoding import service as encoding_service
from shared.errors import Forbidden
from shared.platforms import service as platforms_service
from shared.videos import service as videos_service
from shared.videos.models import Video, VideoStatus
from shared.videos.schemas import PlatformOut, VideoInput, VideoOut, VideoPage

router = noun_router("/api/videos", tag="videos")
Limit = Annotated[int, Query(ge=1, le=100, description="rows in a page")]
Cursor = Annotated[str | None, Query(max_length=500, description="nextCursor of the page before")]

Permanent = Annotated[bool, Query(description="delete an archived video and its files for good; admins only")]


async def _answers(session: AsyncSession, videos: list[Video]) -> list[VideoOut]:
    """The parts of many videos in a fixed number of queries."""
    ids = [video.id for video in videos]
    masters = await videos_service.current_masters(session, ids)
    platforms = await platforms_service.platforms_of(session, ids)
    generations = await encoding_service.generation_names(session, ids)
    return [
        VideoOut.build(
            video,
            master=masters.get(video.id),
            platforms=[PlatformOut.model_validate(row) for row in platforms[video.id]],
            generation=generations.get(video.id),
        )
        for video in videos
    ]


async def _answer(session: AsyncSession, video: Video) -> VideoOut:
    return (await _answers(session, [video]))[0]


@router.get("", dependencies=[VIEWER], name="list")
async def list_videos(
    session: SessionDep,
    limit: Limit = 50,
    cursor: Cursor = None,
    video_status: Annotated[VideoStatus, Query(alias="status")] = VideoStatus.active,
) -> VideoPage:
    """The library, newest first. Archived videos only with `status=archived`."""
    scope = f"videos:{video_status.value}"
    rows, total = await videos_service.list_videos(
        session,
        status=video_status,
        after=decode_cursor(scope, cursor, (datetime, UUID)) if cursor else None,
        limit=limit + 1,
    )
    page = rows[:limit]
    more = encode_cursor(scope, page[-1].created_at, page[-1].id) if len(rows) > limit else None
    return VideoPage(items=await _answers(session, page), total=total, next_cursor=more)


@router.post("", dependencies=[EDITOR], status_code=status.HTTP_201_CREATED, name="create")
async def create_video(
    body: VideoInput, response: Response, session: SessionDep, caller: CurrentCaller, settings: SettingsDep
) -> VideoOut:
    """Add a video. Its file comes by `/api/upload/video` with the metadata key `videoId`."""
    video = await videos_service.create_video(session, caller.actor, body)
    response.headers["Location"] = f"{settings.public_base_url}/api/videos/{video.id}"
    return await _answer(session, video)


@router.get("/{video_id}", dependencies=[VIEWER], responses=problem_responses(404), name="read")
async def read_video(video_id: UUID, session: SessionDep) -> VideoOut:
    """One video, archived or not."""
    return await _answer(session, await videos_service.get_video(session, video_id))


@router.put("/{video_id}", dependencies=[EDITOR], responses=problem_responses(404), name="replace")
async def replace_video(video_id: UUID, body: VideoInput, session: SessionDep, caller: CurrentCaller) -> VideoOut:
    """Set every editable field; what is left out takes its default."""
    return await _answer(session, await videos_service.replace_video(session, caller.actor, video_id, body))


@router.delete(
    "/{video_id}",
    dependencies=[EDITOR],
    responses={**problem_responses(404, 409), 204: {"description": "Deleted for good"}},
    response_model=VideoOut,
    name="delete",
)
async def delete_video(
    video_id: UUID,
    session: SessionDep,
    caller: CurrentCaller,
    permanent: Permanent = False,  # noqa: FBT002  a query parameter
) -> VideoOut | Response:
    """Archive a video; with `permanent=true` delete an archived one for good."""
    if not permanent:
        return await _answer(session, await videos_service.archive_video(session, caller.actor, video_id))
    if not caller.may(Role.admin):
        raise Forbidden("Only an admin may delete for good")
    await videos_service.delete_video(session, caller.actor, video_id)
    return Response(status_code=status.HTTP_204_NO_CONTENT)
