"""The captions of a video."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Path, Query, Request, Response, status
from pydantic import AfterValidator

from api.deps import CurrentCaller, MaybeCaller, SessionDep, SettingsDep, noun_router
from api.files import documented_file, read_file
from api.preconditions import IfMatch, etag_of_bytes, names
from api.problems import problem_responses
from api.security import EDITOR, OPEN, VIEWER
from shared.config import Settings
from shared.encoding import captions as captions_service
from shared.encoding import languages
from shared.encoding import service as encoding_service
from shared.encoding.captions_schemas import CaptionList, CaptionOut, CaptionSummary
from shared.encoding.models import Generation
from shared.encoding.subtitles import FILE
from shared.playback import service as playback_service
from shared.playback.urls import api_caption_url, output_urls
from shared.text import Name
from shared.videos import service as videos_service
from shared.videos.models import Video, Visibility

router = noun_router("/api/videos", tag="captions")
_TYPES = {"text/vtt", "application/x-subrip", "text/plain", "text/srt", "application/octet-stream"}
_WEBVTT = "text/vtt; charset=utf-8"
_UPDATED: dict[int | str, dict[str, Any]] = {201: {"model": CaptionOut, "description": "There were none before"}}
_TEXT: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/vtt": {"schema": {"type": "string"}}}, "description": "The WebVTT file"},
    304: {"description": "You have it already: `If-None-Match` names it"},
}
Language = Annotated[
    str,
    Path(
        pattern=languages.PATTERN, max_length=languages.MAX_LENGTH, description="BCP 47; `DE_de` is taken for `de-DE`"
    ),
    AfterValidator(languages.normalise),
]


def stored_name(generation: Generation | None, caption: CaptionSummary) -> str | None:
    """The object below the published generation that has these captions; None while it is still to be written."""
    if generation is None or generation.captions_stale:
        return None
    return f"{caption.track.directory}{FILE}"


def _answer(settings: Settings, video: Video, generation: Generation | None, caption: CaptionSummary) -> CaptionOut:
    name = stored_name(generation, caption)
    if generation is not None and name is not None:
        url = output_urls(settings, generation.prefix, Visibility(video.visibility)).to(name)
    else:
        url = api_caption_url(settings, video.id, caption.language)
    return CaptionOut(
        language=caption.language,
        label=caption.label,
        url=url,
        size_bytes=caption.size_bytes,
        updated_at=caption.updated_at,
    )


@router.get("/{video_id}/captions", dependencies=[VIEWER], responses=problem_responses(404), name="list")
async def list_captions(video_id: UUID, session: SessionDep, settings: SettingsDep) -> CaptionList:
    """The captions of a video, by language."""
    video = await videos_service.get_video(session, video_id)
    # In this order: what was replaced in between is still in storage, what is new may not be there yet.
    captions = await captions_service.captions_of(session, video_id)
    generation = await encoding_service.published_generation(session, video_id)
    return CaptionList(items=[_answer(settings, video, generation, caption) for caption in captions])


@router.get(
    "/{video_id}/captions/{language}",
    dependencies=[OPEN],
    responses={**_TEXT, **problem_responses(401, 404)},
    response_class=Response,
    name="read",
)
async def read_caption(
    video_id: UUID, language: Language, request: Request, session: SessionDep, caller: MaybeCaller
) -> Response:
    """The WebVTT file. Open for public and unlisted videos, as their playback is."""
    video = await videos_service.get_video(session, video_id)
    playback_service.check_may_watch(video, caller)
    body = (await captions_service.get_caption(session, video_id, language)).content.encode()
    headers = {"ETag": etag_of_bytes(body), "Cache-Control": "private, no-cache"}
    if names(request.headers.get("if-none-match", "").replace("W/", ""), headers["ETag"]):
        return Response(status_code=status.HTTP_304_NOT_MODIFIED, headers=headers)
    return Response(body, media_type=_WEBVTT, headers=headers)


@router.put(
    "/{video_id}/captions/{language}",
    dependencies=[EDITOR],
    responses={**_UPDATED, **problem_responses(404, 409, 412, 413, 415)},
    openapi_extra=documented_file(_TYPES),
    name="replace",
)
async def replace_caption(
    video_id: UUID,
    language: Language,
    request: Request,
    response: Response,
    session: SessionDep,
    settings: SettingsDep,
    caller: CurrentCaller,
    if_match: IfMatch,
    label: Annotated[
        Name | None, Query(description="what players call it; the language's own name if left out")
    ] = None,
) -> CaptionOut:
    """Set the captions in one language (201 where there were none), from WebVTT or SRT of at most 2 MiB.

    The file is told by its content. UTF-8 is best; UTF-16 and Windows code pages are understood too. Markup other than
    WebVTT's is taken out, and cues are put in order. What cannot be read is 422; `errors` names the lines.
    """
    text = await captions_service.read_text(await read_file(request, _TYPES), language)
    await captions_service.lock_video(session, video_id)
    await _check(if_match, session, video_id, language)
    caption, is_new = await captions_service.put_caption(
        session, caller.actor, video_id, language=language, label=label, text=text
    )
    video = await videos_service.get_video(session, video_id)
    generation = await encoding_service.published_generation(session, video_id)
    response.headers["ETag"] = etag_of_bytes(text.encode())
    if is_new:
        response.status_code = status.HTTP_201_CREATED
        response.headers["Location"] = api_caption_url(settings, video_id, language)
    return _answer(settings, video, generation, caption)


@router.delete(
    "/{video_id}/captions/{language}",
    dependencies=[EDITOR],
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problem_responses(404, 409, 412),
    name="delete",
)
async def delete_caption(
    video_id: UUID, language: Language, session: SessionDep, caller: CurrentCaller, if_match: IfMatch
) -> None:
    """Take the captions in one language away."""
    await captions_service.lock_video(session, video_id)
    await _check(if_match, session, video_id, language)
    await captions_service.delete_caption(session, caller.actor, video_id, language)


async def _check(if_match: IfMatch, session: SessionDep, video_id: UUID, language: str) -> None:
    if if_match.header is not None:
        caption = await captions_service.find(session, video_id, language)
        if_match.check_tag(etag_of_bytes(caption.content.encode()) if caption else None)
