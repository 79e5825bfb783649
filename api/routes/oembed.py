"""The oEmbed provider: editors of other sites turn the address of a player page into the player."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.responses import Response

from api.deps import DatabaseDep, SettingsDep
from api.preconditions import tagged
from api.problems import problem_responses
from api.routes.web_assets import StaticRoute
from api.security import OPEN
from shared.delivery import oembed
from shared.encoding import posters
from shared.encoding import service as encoding_service
from shared.playback import service as playback_service
from shared.playback.urls import output_urls, player_url
from shared.videos import service as videos_service
from shared.videos.models import Visibility

router = APIRouter(tags=["embedding"], route_class=StaticRoute)
_XML = "text/xml; charset=utf-8"
_MaxSide = Annotated[int | None, Query(ge=1, le=100_000)]


class OEmbed(BaseModel):
    """A video, as oEmbed 1.0 describes it. The names are the specification's."""

    type: str = Field(description="`video`")
    version: str = Field(description="`1.0`")
    title: str
    provider_name: str
    provider_url: str
    cache_age: int = Field(description="seconds the answer may be kept")
    html: str = Field(description="the iframe to put into a page")
    width: int
    height: int
    thumbnail_url: str | None = None
    thumbnail_width: int | None = None
    thumbnail_height: int | None = None


@router.get(
    "/oembed",
    dependencies=[OPEN],
    responses={
        **problem_responses(401, 404, 422, 501),
        200: {"description": "The video", "content": {"text/xml": {"schema": {"type": "string"}}}},
    },
    response_model=OEmbed,
    name="read",
)
async def read_oembed(
    request: Request,
    settings: SettingsDep,
    database: DatabaseDep,
    *,
    url: Annotated[
        str, Query(max_length=2000, pattern=oembed.WEB_URL, description="address of a player page, `/embed/{id}`")
    ],
    maxwidth: _MaxSide = None,
    maxheight: _MaxSide = None,
    format: Annotated[str, Query(description="another one: 501", json_schema_extra={"enum": ["json", "xml"]})] = "json",  # noqa: A002  the specification's name
) -> Response:
    """The title, the picture and the iframe of a public or unlisted video, in its own shape within the limits.

    401 for a video that is not open to all, 404 for an address that is no player page here, 501 for another format.
    Parameters that the specification does not know are ignored.
    """
    if format not in {"json", "xml"}:
        raise oembed.FormatNotSupported("format must be json or xml")
    video_id = oembed.video_id_of(settings, url)
    async with database.session() as session:
        video = await videos_service.get_video(session, video_id)
        playback_service.check_may_watch(video, None)
        generation = await encoding_service.published_generation(session, video_id)
        chosen = (await posters.choice_of(session, video_id)).place(generation.prefix if generation else None)
    if chosen is None and not video.thumbnail_url and generation:
        chosen = (generation.prefix, posters.AUTOMATIC)
    picture = output_urls(settings, chosen[0], Visibility(video.visibility)).to(chosen[1]) if chosen else None
    fields = oembed.answer(
        settings,
        player_url=player_url(settings, video_id) + oembed.options_of(url),
        title=video.title,
        shape=oembed.shape_of(generation.renditions if generation else ()),
        max_width=maxwidth,
        max_height=maxheight,
        thumbnail_url=picture or video.thumbnail_url,
    )
    headers = {"Cache-Control": "public, max-age=300", "Access-Control-Allow-Origin": "*"}
    if format == "xml":
        return Response(oembed.as_xml(fields), media_type=_XML, headers=headers)
    return tagged(request, JSONResponse(fields, headers=headers))
