"""Writing videos."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response, status
from pydantic import TypeAdapter, ValidationError

from api.deps import CurrentCaller, SessionDep, SettingsDep, noun_router
from api.preconditions import IfMatch
from api.problems import problem_responses
from api.security import EDITOR, editor_or
from shared.auth.models import Role
from shared.library import service as library_service
from shared.library.schemas import VideoOut
from shared.videos import service as videos_service
from shared.videos.models import Video
from shared.videos.schemas import VideoInput, VideoPatch

router = noun_router("/api/videos", tag="videos")
Permanent = Annotated[bool, Query(description="delete an archived video and its files for good; admins only")]
_BOOLEAN: TypeAdapter[bool] = TypeAdapter(bool)


async def _role_to_delete(request: Request) -> Role | None:
    """Deleting for good is for admins. What is neither true nor false is refused later."""
    try:
        permanent = _BOOLEAN.validate_python(request.query_params.get("permanent", "false"))
    except ValidationError:
        return None
    return Role.admin if permanent else None


async def _found(session: SessionDep, video_id: UUID, if_match: IfMatch) -> Video:
    """The video, locked and as the caller has read it."""
    video = await videos_service.get_video(session, video_id, lock=True)
    await if_match.check(lambda: library_service.answer(session, video))
    return video


@router.post("", dependencies=[EDITOR], responses=problem_responses(404), status_code=201, name="create")
async def create_video(
    body: VideoInput, response: Response, session: SessionDep, caller: CurrentCaller, settings: SettingsDep
) -> VideoOut:
    """Add a video. Its file comes by `/api/upload/video` with the metadata key `videoId`.

    The title has 1 to 500 characters, a description at most 20 000; 50 tags of at most 100 characters each are kept
    in their order, each once. A `moduleId` without a `courseId` brings its course along. Markup is taken out.
    """
    video = await videos_service.create_video(session, caller.actor, body)
    response.headers["Location"] = f"{settings.public_base_url}/api/videos/{video.id}"
    return await library_service.answer(session, video)


@router.put("/{video_id}", dependencies=[EDITOR], responses=problem_responses(404, 409, 412), name="replace")
async def replace_video(
    video_id: UUID, body: VideoInput, session: SessionDep, caller: CurrentCaller, if_match: IfMatch
) -> VideoOut:
    """Set every editable field; what is left out takes its default.

    An archived video cannot be changed (409 `video_archived`): restore it first. Limits are those of creating one.
    """
    given = await videos_service.find_place(session, body, video_id=video_id)
    video = await _found(session, video_id, if_match)
    return await library_service.answer(
        session, await videos_service.replace_video(session, caller.actor, video, given)
    )


@router.patch("/{video_id}", dependencies=[EDITOR], responses=problem_responses(404, 409, 412), name="update")
async def patch_video(
    video_id: UUID, body: VideoPatch, session: SessionDep, caller: CurrentCaller, if_match: IfMatch
) -> VideoOut:
    """Set the given fields; what is left out stays, null clears what may be empty.

    An archived video cannot be changed (409 `video_archived`): restore it first. Limits are those of creating one.
    Another `courseId` without a `moduleId` takes the video out of its module.
    """
    given = await videos_service.find_place(session, body, video_id=video_id)
    video = await _found(session, video_id, if_match)
    return await library_service.answer(session, await videos_service.patch_video(session, caller.actor, video, given))


@router.delete(
    "/{video_id}",
    dependencies=[editor_or(_role_to_delete)],
    responses={**problem_responses(404, 409, 412), 204: {"description": "Deleted for good"}},
    response_model=VideoOut,
    name="delete",
)
async def delete_video(
    video_id: UUID,
    session: SessionDep,
    caller: CurrentCaller,
    if_match: IfMatch,
    permanent: Permanent = False,  # noqa: FBT002  a query parameter
) -> VideoOut | Response:
    """Archive a video; with `permanent=true` delete an archived one for good, which is for admins."""
    video = await _found(session, video_id, if_match)
    if permanent:
        await videos_service.delete_video(session, caller.actor, video)
        return Response(status_code=status.HTTP_204_NO_CONTENT)
    return await library_service.answer(session, await videos_service.archive_video(session, caller.actor, video))


@router.post("/{video_id}/restore", dependencies=[EDITOR], responses=problem_responses(404), name="restore")
async def restore_video(video_id: UUID, session: SessionDep, caller: CurrentCaller) -> VideoOut:
    """Take an archived video back into the library, as it was. One that is there already stays as it is."""
    video = await videos_service.get_video(session, video_id, lock=True)
    return await library_service.answer(session, await videos_service.restore_video(session, caller.actor, video))
