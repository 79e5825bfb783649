"""The web app's own files, as ``npm run build`` in ``web/`` left them."""

import mimetypes
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.routing import APIRoute
from starlette.responses import FileResponse, Response

from api.security import OPEN, SecuredRoute
from shared.errors import NotFound, Unavailable

DIST: Final = Path(__file__).resolve().parents[2] / "web" / "dist"
"""Beside the code: in a checkout and in the image alike."""

_ENCODINGS: Final = (("br", ".br"), ("gzip", ".gz"))
_IMMUTABLE: Final = "public, max-age=31536000, immutable"


class WebNotBuilt(Unavailable):
    """503: the code is here, the built web app is not."""

    code, title = "web_not_built", "The web app has not been built"

    def __init__(self) -> None:
        super().__init__("Run `make setup` in the project's directory (or `npm ci && npm run build` in web/)")


class StaticRoute(SecuredRoute):
    """An open page or file. It takes no session, and a query it does not know (``?utm_source=``) is no error."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's own handler, without what :class:`SecuredRoute` puts around it."""
        if self.access.role is not None:
            raise RuntimeError(f"{self.path}: a static route is OPEN")
        return APIRoute.get_route_handler(self)


def read_page(name: str) -> bytes:
    """The bytes of a built HTML page.

    :raises WebNotBuilt: there is no build.
    """
    try:
        return (DIST / name).read_bytes()
    except FileNotFoundError:
        raise WebNotBuilt from None


router = APIRouter(tags=["web"], route_class=StaticRoute)


@router.api_route("/assets/{name:path}", methods=["GET", "HEAD"], dependencies=[OPEN], include_in_schema=False)
def asset(name: str, request: Request) -> FileResponse:
    """One built file, precompressed where the client takes it. Names carry a hash, so a file never changes."""
    assets = DIST / "assets"
    if not assets.is_dir():
        raise WebNotBuilt
    file = _inside(assets, name)
    if file is None:
        raise NotFound("No such file; reload the page if it is older than the last update")
    headers = {"Cache-Control": _IMMUTABLE, "Vary": "Accept-Encoding"}
    media_type = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    accepted = _accepted_encodings(request)
    for encoding, suffix in _ENCODINGS:
        compressed = file.with_name(file.name + suffix)
        if encoding in accepted and compressed.is_file():
            return FileResponse(compressed, media_type=media_type, headers={**headers, "Content-Encoding": encoding})
    return FileResponse(file, media_type=media_type, headers=headers)


def _inside(folder: Path, name: str) -> Path | None:
    """The file of that name, if it is one and lies in the folder once links and dots are resolved."""
    try:
        file = (folder / name).resolve(strict=True)
    except (OSError, ValueError):
        return None
    return file if file.is_file() and file.is_relative_to(folder.resolve()) else None


def _accepted_encodings(request: Request) -> set[str]:
    """Names of the content encodings that ``Accept-Encoding`` allows."""
    accepted = set()
    for entry in request.headers.get("accept-encoding", "").split(","):
        name, _, quality = entry.partition(";")
        if quality.replace(" ", "") not in {"q=0", "q=0.0"}:
            accepted.add(name.strip().lower())
    return accepted
