"""Where a video is distributed."""

from typing import Any
from uuid import UUID

from fastapi import Response, status

from api.deps import CurrentCaller, Cursor, Limit, PageOut, SessionDep, SettingsDep, noun_router
from api.preconditions import IfMatch
from api.problems import problem_responses
from api.security import EDITOR, VIEWER
from shared.platforms import service as platforms_service
from shared.platforms.models import Platform
from shared.platforms.schemas import PlatformInput, PlatformOut

router = noun_router("/api/videos", tag="platforms")
_UPDATED: dict[int | str, dict[str, Any]] = {200: {"model": PlatformOut, "description": "It was there and is changed"}}


class PlatformPage(PageOut[PlatformOut]):
    """The platforms of a video."""


@router.get("/{video_id}/platforms", dependencies=[VIEWER], responses=problem_responses(404), name="list")
async def list_platforms(video_id: UUID, session: SessionDep, limit: Limit = 50, cursor: Cursor = None) -> PlatformPage:
    """Where the video is, by name of the platform."""
    page = await platforms_service.list_entries(session, video_id, cursor=cursor, limit=limit)
    return PlatformPage.model_validate(page)


@router.post(
    "/{video_id}/platforms",
    dependencies=[EDITOR],
    status_code=status.HTTP_201_CREATED,
    responses={**_UPDATED, **problem_responses(404, 409)},
    name="upsert",
)
async def upsert_platform(
    video_id: UUID,
    body: PlatformInput,
    response: Response,
    session: SessionDep,
    caller: CurrentCaller,
    settings: SettingsDep,
) -> PlatformOut:
    """Put the video at a platform (201), or change what is known of it there (200).

    Fields that are left out stay as they are. An address names the id, and the id the addresses, so one of them is
    enough. An external id that another video has is 409.
    """
    entry, is_new = await platforms_service.upsert(session, caller.actor, video_id, body)
    if is_new:
        where = f"/api/videos/{video_id}/platforms/{entry.platform}"
        response.headers["Location"] = settings.public_base_url + where
    else:
        response.status_code = status.HTTP_200_OK
    return PlatformOut.model_validate(entry)


@router.get("/{video_id}/platforms/{platform}", dependencies=[VIEWER], responses=problem_responses(404), name="read")
async def read_platform(video_id: UUID, platform: Platform, session: SessionDep) -> PlatformOut:
    """The video at one platform."""
    return PlatformOut.model_validate(await platforms_service.get_entry(session, video_id, platform))


@router.delete(
    "/{video_id}/platforms/{platform}",
    dependencies=[EDITOR],
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problem_responses(404, 409, 412),
    name="delete",
)
async def delete_platform(
    video_id: UUID, platform: Platform, session: SessionDep, caller: CurrentCaller, if_match: IfMatch
) -> None:
    """Forget that the video is at a platform; nothing is deleted there.

    `hetzner` stays while outputs are published (409), `vimeo` while a migration from there is not finalised (409).
    """

    async def current() -> PlatformOut:
        return PlatformOut.model_validate(await platforms_service.lock_entry(session, video_id, platform))

    await if_match.check(current)
    await platforms_service.delete(session, caller.actor, video_id, platform)
