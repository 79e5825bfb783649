"""What a viewer is handed."""

from uuid import UUID

from fastapi.responses import JSONResponse

from api.deps import MaybeCaller, SessionDep, SettingsDep, noun_router
from api.problems import problem_responses
from api.routes.captions import stored_name
from api.security import OPEN
from shared.encoding import captions as captions_service
from shared.encoding import outputs, posters
from shared.encoding import service as encoding_service
from shared.playback import service as playback_service
from shared.playback.schemas import Playback
from shared.playback.service import CaptionFile
from shared.videos import service as videos_service

router = noun_router("/api/videos", tag="playback")
# Left out where they have no value; the other fields are always there.
_OPTIONAL = {"hlsUrl", "embedUrl", "expiresAt"}


@router.get(
    "/{video_id}/playback",
    dependencies=[OPEN],
    responses=problem_responses(401, 404),
    response_model=Playback,
    name="read",
)
async def read_playback(
    video_id: UUID, session: SessionDep, settings: SettingsDep, caller: MaybeCaller
) -> JSONResponse:
    """Our own stream, the Vimeo embed, or nothing yet. Open for public and unlisted videos."""
    video = await videos_service.get_video(session, video_id)
    playback_service.check_may_watch(video, caller)
    # Before the generation: what was replaced in between is still in storage, what is new may not be there yet.
    captions = await captions_service.captions_of(session, video_id)
    poster = await posters.choice_of(session, video_id)
    generation = await encoding_service.published_generation(session, video_id)
    job = await encoding_service.active_job(session, video_id)
    growing = job.output_key.removesuffix(outputs.MULTIVARIANT) if job and job.output_key else None
    answer = await playback_service.playback_of(
        session,
        settings,
        video,
        published_prefix=generation.prefix if generation else None,
        download_bytes=generation.download_bytes if generation else None,
        encoding_progress=job.progress if job else None,
        growing_prefix=growing,
        playable_seconds=job.playable_seconds if job else None,
        captions=[CaptionFile(one.language, one.label, stored_name(generation, one)) for one in captions],
        poster=poster.place(generation.prefix if generation else None),
    )
    body = answer.model_dump(mode="json", by_alias=True)
    present = {name: value for name, value in body.items() if value is not None or name not in _OPTIONAL}
    return JSONResponse(present, headers={"Cache-Control": "private, no-store"})
