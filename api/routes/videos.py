"""Writing videos."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response, status

from api.deps import CurrentCaller, SessionDep, SettingsDep, noun_router
from api.problems import problem_responses
from api.security import EDITOR
from shared.auth.models import Role
from shared.errors import Forbidden
from shared.library import service as library_service
from shared.library.schemas import VideoOut
from shared.videos import service as videos_service
from shared.videos.schemas import VideoInput

router = noun_router("/api/videos", tag="videos")
Permanent = Annotated[bool, Query(description="delete an archived video and its files for good; admins only")]


@router.post("", dependencies=[EDITOR], status_code=status.HTTP_201_CREATED, name="create")
async def create_video(
    body: VideoInput, response: Response, session: SessionDep, caller: CurrentCaller, settings: SettingsDep
) -> VideoOut:
    """Add a video. Its file comes by `/api/upload/video` with the metadata key `videoId`."""
    video = await videos_service.create_video(session, caller.actor, body)
    response.headers["Location"] = f"{settings.public_base_url}/api/videos/{video.id}"
    return await library_service.answer(session, video)


@router.put("/{video_id}", dependencies=[EDITOR], responses=problem_responses(404), name="replace")
async def replace_video(video_id: UUID, body: VideoInput, session: SessionDep, caller: CurrentCaller) -> VideoOut:
    """Set every editable field; what is left out takes its default."""
    return await library_service.answer(
        session, await videos_service.replace_video(session, caller.actor, video_id, body)
    )


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
        return await library_service.answer(
            session, await videos_service.archive_video(session, caller.actor, video_id)
        )
    if not caller.may(Role.admin):
        raise Forbidden("Only an admin may delete for good")
    await videos_service.delete_video(session, caller.actor, video_id)
    return Response(status_code=status.HTTP_204_NO_CONTENT)
