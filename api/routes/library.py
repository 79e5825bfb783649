"""Reading the library: lists, search and single videos."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query

from api.deps import Cursor, Limit, SessionDep, noun_router
from api.problems import problem_responses
from api.security import VIEWER
from shared.db.paging import decode_cursor, encode_cursor
from shared.library import service as library_service
from shared.library.schemas import VideoOut, VideoPage
from shared.videos import service as videos_service
from shared.videos.models import VideoStatus

router = noun_router("/api/videos", tag="videos")


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
    return VideoPage(items=await library_service.answers(session, page), total=total, next_cursor=more)


@router.get("/{video_id}", dependencies=[VIEWER], responses=problem_responses(404), name="read")
async def read_video(video_id: UUID, session: SessionDep) -> VideoOut:
    """One video, archived or not."""
    return await library_service.answer(session, await videos_service.get_video(session, video_id))
