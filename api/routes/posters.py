"""The poster of a video."""

from uuid import UUID

from fastapi import Request, status
from sqlalchemy.ext.asyncio import AsyncSession

from api.deps import CurrentCaller, DatabaseDep, S3Dep, SessionDep, SettingsDep, noun_router
from api.files import documented_file, read_file
from api.problems import problem_responses
from api.security import EDITOR, VIEWER
from shared.config import Settings
from shared.db.session import commit
from shared.encoding import images, posters
from shared.encoding import service as encoding_service
from shared.encoding.captions import check_video, lock_video
from shared.encoding.posters_schemas import CANDIDATES, PosterCandidate, PosterInput, PosterOut
from shared.playback.urls import output_urls
from shared.videos import service as videos_service
from shared.videos.models import Visibility

router = noun_router("/api/videos", tag="posters")
_TYPES = {*images.TYPES.values(), "application/octet-stream"}
_IMMUTABLE = "public, max-age=31536000, immutable"


async def _answer(session: AsyncSession, settings: Settings, video_id: UUID) -> PosterOut:
    video = await videos_service.get_video(session, video_id)
    choice = await posters.choice_of(session, video_id)
    generation = await encoding_service.published_generation(session, video_id)
    prefix = generation.prefix if generation else None
    visibility = Visibility(video.visibility)

    def url(directory: str, name: str) -> str:
        return output_urls(settings, directory, visibility).to(name)

    place = choice.place(prefix)
    automatic = video.thumbnail_url or (url(prefix, posters.AUTOMATIC) if prefix else None)
    numbers = range(1, CANDIDATES + 1) if prefix else ()
    return PosterOut(
        choice=choice.kind,
        candidate=choice.candidate,
        url=url(*place) if place else automatic,
        candidates=[
            PosterCandidate(number=number, url=url(prefix or "", posters.candidate_name(number))) for number in numbers
        ],
    )


@router.get("/{video_id}/poster", dependencies=[VIEWER], responses=problem_responses(404), name="read")
async def read_poster(video_id: UUID, session: SessionDep, settings: SettingsDep) -> PosterOut:
    """The poster, and the frames that the encode offers for it. `automatic` is the video's thumbnail link, or else
    the encode's own choice."""
    return await _answer(session, settings, video_id)


@router.put("/{video_id}/poster", dependencies=[EDITOR], responses=problem_responses(404, 409), name="choose")
async def choose_poster(
    video_id: UUID, body: PosterInput, session: SessionDep, settings: SettingsDep, caller: CurrentCaller
) -> PosterOut:
    """Take one of the candidates; the same number is taken of every later encode. 409 until one is published."""
    await lock_video(session, video_id)
    await posters.choose(session, caller.actor, video_id, body.candidate)
    return await _answer(session, settings, video_id)


@router.post(
    "/{video_id}/poster",
    dependencies=[EDITOR],
    status_code=status.HTTP_201_CREATED,
    responses=problem_responses(404, 409, 413, 415),
    openapi_extra=documented_file(_TYPES),
    name="upload",
)
async def upload_poster(
    video_id: UUID,
    request: Request,
    session: SessionDep,
    database: DatabaseDep,
    settings: SettingsDep,
    s3: S3Dep,
    caller: CurrentCaller,
) -> PosterOut:
    """Take a picture of your own: JPEG, PNG or WebP, at most 10 MiB and 8192 pixels a side.

    It is told by its content, and stored without what it says about place, camera and people.
    """
    picture = await posters.read_picture(await read_file(request, _TYPES))
    await check_video(session, video_id)
    # No connection is held while storage is written to.
    await commit(session)
    async with database.session() as own:
        stored = await posters.reserve(own, settings, video_id)
    name = f"poster.{picture.extension}"
    kind = images.TYPES[picture.extension]
    await s3.put(stored.bucket, f"{stored.prefix}{name}", picture.body, content_type=kind, cache_control=_IMMUTABLE)
    await lock_video(session, video_id)
    await posters.attach(session, caller.actor, video_id, stored.id, name)
    return await _answer(session, settings, video_id)


@router.delete("/{video_id}/poster", dependencies=[EDITOR], responses=problem_responses(404, 409), name="reset")
async def reset_poster(video_id: UUID, session: SessionDep, settings: SettingsDep, caller: CurrentCaller) -> PosterOut:
    """Leave it to the encode again."""
    await lock_video(session, video_id)
    await posters.reset(session, caller.actor, video_id)
    return await _answer(session, settings, video_id)
