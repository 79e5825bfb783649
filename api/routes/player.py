"""The player page for iframes. It asks for the playback itself, so its address outlives every migration."""

from hashlib import sha256
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.deps import SettingsDep
from api.routes.web_assets import StaticRoute, read_page
from api.security import OPEN
from shared.config import Settings

router = APIRouter(tags=["player"], route_class=StaticRoute)


@router.api_route("/embed/{video_id}", methods=["GET", "HEAD"], dependencies=[OPEN], include_in_schema=False)
def embed(request: Request, settings: SettingsDep) -> Response:
    """One page for every video, known or not: it reads the id from its address, and the playback answer decides."""
    page = read_page("embed.html")
    etag = f'"{sha256(page).hexdigest()[:32]}"'
    headers = {
        # Checked each time, for 304: an old page would ask for files that a new build has replaced.
        "Cache-Control": "public, no-cache",
        "Content-Security-Policy": content_security_policy(settings),
        "ETag": etag,
        # Vimeo checks the domain of the embedding page for videos that are limited to some.
        "Referrer-Policy": "strict-origin-when-cross-origin",
    }
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(page, media_type="text/html", headers=headers)


def content_security_policy(settings: Settings) -> str:
    """Own scripts only; media from here, the public address and the CDN; any site may embed."""
    public = urlsplit(settings.public_base_url)
    media = f"'self' {public.scheme}://{public.netloc}"
    if settings.bunny_cdn_hostname:
        media += f" https://{settings.bunny_cdn_hostname}"
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            f"img-src {media} https:",
            f"connect-src {media}",
            f"media-src {media} blob:",
            "frame-src https://player.vimeo.com",
            "frame-ancestors *",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )
