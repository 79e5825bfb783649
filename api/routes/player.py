"""The player page for iframes. It asks for the playback itself, so its address outlives every migration."""

from collections.abc import Sequence
from hashlib import sha256
from html import escape
from typing import Annotated, Any, Final
from urllib.parse import quote, urlsplit
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse, Response

from api.deps import DatabaseDep, SettingsDep
from api.problems import problem_responses
from api.routes.web_assets import StaticRoute, read_page
from api.security import OPEN
from shared.config import Settings
from shared.playback.urls import player_url
from shared.videos import service as videos_service
from shared.videos.errors import VideoNotFound

router = APIRouter(tags=["player"], route_class=StaticRoute)
#: Where the page's head ends: there the links to the oEmbed provider go.
_HEAD_END: Final = b"</head>"


async def embed_domains(video_id: str, database: DatabaseDep) -> Sequence[str]:
    """Whose pages may embed the video; none for an unknown one, as for one that any page may embed."""
    known = _uuid(video_id)
    if known is None:
        return ()
    async with database.session() as session:
        try:
            return (await videos_service.get_video(session, known)).embed_domains
        except VideoNotFound:
            return ()


DomainsDep = Annotated[Sequence[str], Depends(embed_domains)]
_RESPONSES: dict[int | str, Any] = {
    200: {"description": "The page", "content": {"text/html": {"schema": {"type": "string"}}}},
    304: {"description": "The client has this page"},
    **problem_responses(503),
}


@router.head("/embed/{video_id}", dependencies=[OPEN], include_in_schema=False)
@router.get("/embed/{video_id}", dependencies=[OPEN], responses=_RESPONSES, response_class=HTMLResponse, name="embed")
async def embed(video_id: str, request: Request, settings: SettingsDep, domains: DomainsDep) -> Response:
    """The player page, for an iframe; the same for every video, known or not: the playback answer decides.

    The page reads `t` or `start`, `autoplay`, `muted`, `captions`, `color`, `loop` and `controls` from its address. A
    video's `embedDomains` say which sites may embed it.
    """
    # What depends on the video is its own list of sites; title and visibility stay with the playback answer.
    links = _provider_urls(settings, video_id)
    page = read_page("embed.html").replace(_HEAD_END, _discovery(links) + _HEAD_END, 1)
    policy = content_security_policy(settings, domains)
    # The policy counts too: with 304 a browser may keep that of the page it has.
    etag = f'"{sha256(page + policy.encode()).hexdigest()[:32]}"'
    headers = {
        # Checked each time, for 304: an old page would ask for files that a new build has replaced.
        "Cache-Control": "public, no-cache",
        "Content-Security-Policy": policy,
        "ETag": etag,
        # Vimeo checks the domain of the embedding page for videos that are limited to some.
        "Referrer-Policy": "strict-origin-when-cross-origin",
    }
    if links:
        headers["Link"] = ", ".join(f'<{url}>; rel="alternate"; type="{kind}"' for kind, url in links.items())
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(page, media_type="text/html", headers=headers)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _provider_urls(settings: Settings, video_id: str) -> dict[str, str]:
    """Where the oEmbed provider describes this page, by media type; nowhere for what can be no video's page."""
    known = _uuid(video_id)
    if known is None:
        return {}
    query = f"url={quote(player_url(settings, known), safe='')}"
    base = f"{settings.public_base_url}/oembed?{query}"
    return {"application/json+oembed": f"{base}&format=json", "text/xml+oembed": f"{base}&format=xml"}


def _discovery(links: dict[str, str]) -> bytes:
    return "".join(f'<link rel="alternate" type="{kind}" href="{escape(url)}">' for kind, url in links.items()).encode()


def content_security_policy(settings: Settings, domains: Sequence[str] = ()) -> str:
    """Own scripts only; media from here, the public address and the CDN; ``domains`` may embed, or, if none, all."""
    public = urlsplit(settings.public_base_url)
    media = f"'self' {public.scheme}://{public.netloc}"
    if settings.bunny_cdn_hostname:
        media += f" https://{settings.bunny_cdn_hostname}"
    ancestors = " ".join(("'self'", *domains)) if domains else "*"
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            f"img-src {media} https:",
            f"connect-src {media}",
            f"media-src {media} blob:",
            "frame-src https://player.vimeo.com",
            f"frame-ancestors {ancestors}",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )
