"""``/media``: the embedded default's CDN. It serves outputs from S3 and checks the token the real CDN would check."""

import re
import time

from fastapi import Request
from starlette.responses import Response, StreamingResponse

from api.deps import S3Dep, SettingsDep, noun_router
from api.security import OPEN
from shared.clients.s3 import ObjectBody, ObjectInfo
from shared.playback.tokens import check_path

router = noun_router("/media", tag="media")

_TYPES = {
    "m3u8": "application/vnd.apple.mpegurl",
    "m4s": "video/iso.segment",
    "mp4": "video/mp4",
    "vtt": "text/vtt; charset=utf-8",
    "jpg": "image/jpeg",
}
_PLAYLIST_CACHE = "public, max-age=10"
_SEGMENT_CACHE = "public, max-age=31536000, immutable"
# One range, as players send it. Anything else is answered whole, which RFC 9110 (14.2) allows.
_RANGE = re.compile(r"bytes=(\d+-\d*|-\d+)")
_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Content-Length, Content-Range, ETag",
    "Timing-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


@router.options("/{path:path}", dependencies=[OPEN], include_in_schema=False, name="preflight")
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


@router.api_route("/{path:path}", methods=["GET", "HEAD"], dependencies=[OPEN], include_in_schema=False, name="read")
async def read_media(path: str, request: Request, settings: SettingsDep, s3: S3Dep) -> Response:  # noqa: ARG001  the raw path counts
    """One object of a generation, with Range, ETag and HEAD."""
    raw = request.scope.get("raw_path", b"").decode("ascii").partition("?")[0]
    token = check_path(settings.playback_key, raw.removeprefix("/media"), now=time.time())
    key = token.object_path.lstrip("/")
    wanted = request.headers.get("range", "")
    byte_range = wanted if _RANGE.fullmatch(wanted) else None
    if request.method == "HEAD":
        info = await s3.head(settings.s3_hls_bucket, key)
        return Response(headers={**_headers(info), "Content-Length": str(info.size_bytes)})
    body = await s3.open(settings.s3_hls_bucket, key, byte_range=byte_range)
    if byte_range is None and f'"{body.info.etag}"' in request.headers.get("if-none-match", ""):
        body.close()
        return Response(status_code=304, headers=_headers(body.info))
    return _stream(body)


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
