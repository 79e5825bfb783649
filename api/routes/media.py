"""``/media``: the embedded default's CDN. It serves outputs from S3 and checks the token the real CDN would check."""

import re
import time
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from starlette.responses import Response, StreamingResponse

from api.deps import S3Dep, SettingsDep
from api.problems import problem_responses
from api.routes.web_assets import StaticRoute
from api.security import OPEN
from shared.clients.s3 import S3, ObjectBody, ObjectInfo, ObjectNotFound, RangeNotSatisfiable, StorageUnavailable
from shared.log import get_logger
from shared.playback.tokens import check_path

log = get_logger(__name__)
router = APIRouter(prefix="/media", tags=["media"], route_class=StaticRoute)

_TYPES = {
    "m3u8": "application/vnd.apple.mpegurl",
    "m4s": "video/iso.segment",
    "mp4": "video/mp4",
    "vtt": "text/vtt; charset=utf-8",
    "jpg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
}
_PLAYLIST_CACHE = "public, max-age=10"
_SEGMENT_CACHE = "public, max-age=31536000, immutable"
# One range, as players send it. Anything else is answered whole, which RFC 9110 (14.2) allows.
_RANGE = re.compile(r"bytes=(?=.*[0-9])([0-9]*)-([0-9]*)", re.IGNORECASE)
_ETAG = re.compile(r'"([^"]*)"')
# Empty segments, dots, backslashes and control characters: storage refuses such names, or reads them as others.
_BAD_KEY = re.compile(r"(^|/)\.{0,2}(/|$)|[\\\x00-\x1f\x7f]")
_MAX_KEY_BYTES = 1024
_MAX_DIGITS = 19
_NOTHING = "There is nothing at this address"
_BINARY = {"type": "string", "format": "binary"}
_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Content-Length, Content-Range, ETag",
    "Timing-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
}

_RESPONSES: dict[int | str, Any] = {
    200: {"description": "The object", "content": {"application/octet-stream": {"schema": _BINARY}}},
    206: {
        "description": "The part that `Range` asks for",
        "content": {"application/octet-stream": {"schema": _BINARY}},
    },
    304: {"description": "The client has this version"},
    **problem_responses(403, 404, 416, 503),
}


@router.options("/{path:path}", dependencies=[OPEN], include_in_schema=False, name="preflight")  # noqa: FAST003  any path
async def preflight() -> Response:
    """Any page may play what it has a token for."""
    return Response(
        status_code=204,
        headers={
            **_CORS,
            "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
            "Access-Control-Allow-Headers": "Range",
            "Access-Control-Max-Age": "86400",
        },
    )


@router.head("/{path:path}", dependencies=[OPEN], include_in_schema=False)
@router.get(
    "/{path:path}",
    dependencies=[OPEN],
    responses=_RESPONSES,
    response_class=Response,
    name="read",
)
async def read_media(
    request: Request,
    settings: SettingsDep,
    s3: S3Dep,
    _path: Annotated[str, Path(alias="path", description="an output's address as the playback answer gives it")],
) -> Response:
    """One object of a generation, with Range, ETag and HEAD. The path carries the token that opens its directory."""
    raw = request.scope.get("raw_path", b"").decode("ascii", "replace").partition("?")[0]
    token = check_path(settings.playback_key, raw.removeprefix("/media"), now=time.time())
    key = token.object_path.removeprefix("/")
    if _BAD_KEY.search(key) or len(key.encode()) > _MAX_KEY_BYTES:
        raise ObjectNotFound(_NOTHING)
    try:
        return await _answer(request, s3, settings.s3_hls_bucket, key)
    except ObjectNotFound:
        raise ObjectNotFound(_NOTHING) from None
    except StorageUnavailable as error:  # its detail names bucket and key: for the log only
        log.warning("media.storage_unavailable", detail=error.detail)
        raise StorageUnavailable("Storage does not answer; try again in a moment") from None


async def _answer(request: Request, s3: S3, bucket: str, key: str) -> Response:
    byte_range = None
    if request.method == "HEAD" or "if-none-match" in request.headers or "range" in request.headers:
        info = await s3.head(bucket, key)
        if _is_known(info, ",".join(request.headers.getlist("if-none-match"))):
            return Response(status_code=304, headers=_headers(info))
        if request.method == "HEAD":
            return Response(headers={**_headers(info), "Content-Length": str(info.size_bytes)})
        if request.headers.get("if-range", f'"{info.etag}"') == f'"{info.etag}"':
            byte_range = _byte_range(request.headers.get("range", ""), info.size_bytes)
    return _stream(await s3.open(bucket, key, byte_range=byte_range))


def _is_known(info: ObjectInfo, if_none_match: str) -> bool:
    """Whether the client has this version; weak comparison (RFC 9110, 13.1.2)."""
    return if_none_match.strip() == "*" or info.etag in _ETAG.findall(if_none_match)


def _byte_range(header: str, size: int) -> str | None:
    """The range to ask storage for, within the object; None where the header is to be ignored.

    :raises RangeNotSatisfiable: it lies outside the object.
    """
    match = _RANGE.fullmatch(header.strip())
    if match is None:
        return None
    first, last = (_number(digits) for digits in match.groups())
    if first is None:
        first, last = max(0, size - (last or 0)), size - 1
    elif last is not None and last < first:
        return None
    if first >= size:
        raise RangeNotSatisfiable(f"It has {size} bytes", headers={"Content-Range": f"bytes */{size}"})
    return f"bytes={first}-{size - 1 if last is None else min(last, size - 1)}"


def _number(digits: str) -> int | None:
    """Digits as a number; more than any size has count as the largest one."""
    if not digits:
        return None
    digits = digits.lstrip("0") or "0"
    return int(digits) if len(digits) <= _MAX_DIGITS else 10**_MAX_DIGITS


def _headers(info: ObjectInfo) -> dict[str, str]:
    extension = info.key.rsplit(".", 1)[-1]
    return {
        **_CORS,
        "Content-Type": _TYPES.get(extension, "application/octet-stream"),
        "Cache-Control": _PLAYLIST_CACHE if extension == "m3u8" else _SEGMENT_CACHE,
        "ETag": f'"{info.etag}"',
        "Accept-Ranges": "bytes",
    }


def _stream(body: ObjectBody) -> StreamingResponse:
    headers = {**_headers(body.info), "Content-Length": str(body.length_bytes)}
    if body.content_range:
        headers["Content-Range"] = body.content_range
    return StreamingResponse(body.chunks(), 206 if body.content_range else 200, headers=headers)
