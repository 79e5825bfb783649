"""Tell a video container by its first bytes, before any demuxer sees them.

A name or a content type proves nothing: a playlist or a manifest that ffmpeg recognises makes it open other addresses.
Only the three container families below pass, and the demuxer found here is forced on every later step.
"""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from worker.media.errors import MediaCode, MediaError

HEAD_BYTES = 65_536
#: Writers that never came back to fill the size in leave it at or near the largest value.
_RIFF_UNFINISHED = 0xFFFF_0000
_ISO_FIRST_BOXES = {b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"}
_PICTURE_BRANDS = {b"heic", b"heix", b"hevc", b"heim", b"mif1", b"msf1", b"avif", b"avis", b"jxl "}
_TS_PACKET_BYTES = 188
_KNOWN_STRANGERS: tuple[tuple[bytes, str], ...] = (
    (b"#EXTM3U", "an HLS playlist"),
    (b"ffconcat", "an ffconcat script"),
    (b"<?xml", "an XML document"),
    (b"<MPD", "a DASH manifest"),
    (b"<svg", "a picture (SVG)"),
    (b"\x89PNG", "a picture (PNG)"),
    (b"\xff\xd8\xff", "a picture (JPEG)"),
    (b"GIF8", "a picture (GIF)"),
    (b"BM", "a picture (BMP)"),
    (b"ID3", "an audio file (MP3)"),
    (b"OggS", "an Ogg file"),
    (b"fLaC", "an audio file (FLAC)"),
    (b"FLV\x01", "a Flash video"),
    (b"\x30\x26\xb2\x75", "a Windows Media file"),
    (b"\x06\x0e\x2b\x34", "an MXF file"),
    (b"\0\0\x01\xba", "an MPEG program stream"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive"),
)


@dataclass(frozen=True, slots=True)
class Head:
    """The first bytes of a source, its whole size where known, and the demuxer that its container needs."""

    data: bytes
    size_bytes: int | None
    demuxer: str


def sniff(url: str, *, timeout_seconds: float) -> Head:
    """Read the head of `url` (http, https or a local path) and name its demuxer: mov, matroska or avi.

    Raises MediaError: FILE_NOT_FOUND, FFMPEG_DOWNLOAD_FAILED, MEDIA_EMPTY, MEDIA_UNSUPPORTED_CONTAINER or
    MEDIA_TRUNCATED, the last when the container declares more bytes than there are.
    """
    data, size = _fetch_head(url, timeout_seconds)
    if not data:
        raise MediaError(MediaCode.MEDIA_EMPTY, "the file has no bytes")
    demuxer = container_of(data)
    if size is not None and (declared := _declared_size(data, demuxer)) > size:
        raise MediaError(MediaCode.MEDIA_TRUNCATED, f"the file declares {declared} bytes but has {size}")
    return Head(data, size, demuxer)


def container_of(head: bytes) -> str:
    """Return the demuxer for a file that starts with `head`; raises MediaError MEDIA_UNSUPPORTED_CONTAINER."""
    box = head[4:8]
    if box in _ISO_FIRST_BOXES and not (box == b"ftyp" and head[8:12] in _PICTURE_BRANDS):
        return "mov"
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return "matroska"
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return "avi"
    stripped = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    stranger = next((name for magic, name in _KNOWN_STRANGERS if stripped.startswith(magic)), "no known video")
    if box == b"ftyp":
        stranger = "a picture (HEIF or AVIF)"
    elif head[:1] == head[_TS_PACKET_BYTES : _TS_PACKET_BYTES + 1] == b"G":
        stranger = "an MPEG transport stream"
    raise MediaError(
        MediaCode.MEDIA_UNSUPPORTED_CONTAINER, f"the file is {stranger}; accepted are MP4, MOV, WebM, MKV and AVI"
    )


def check_reachable(url: str, size_bytes: int | None, *, timeout_seconds: float) -> None:
    """Ask for the last byte of a remote source; raises MediaError when the storage does not answer.

    A demuxer that gets no more bytes calls the file invalid. This tells a broken store from a broken file.
    """
    if url.startswith(("http://", "https://")) and size_bytes:
        _request(url, size_bytes - 1, size_bytes - 1, timeout_seconds)


def _fetch_head(url: str, timeout_seconds: float) -> tuple[bytes, int | None]:
    if not url.startswith(("http://", "https://")):
        path = Path(url)
        try:
            with path.open("rb") as file:
                return file.read(HEAD_BYTES), path.stat().st_size
        except FileNotFoundError:
            raise MediaError(MediaCode.FILE_NOT_FOUND, "the source file does not exist") from None
    return _request(url, 0, HEAD_BYTES - 1, timeout_seconds)


def _request(url: str, first: int, last: int, timeout_seconds: float) -> tuple[bytes, int | None]:
    """Return bytes `first` to `last` of `url` and its whole size; a store without ranges may send more."""
    request = urllib.request.Request(url, headers={"Range": f"bytes={first}-{last}"})  # noqa: S310 - http(s) only
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect())
    try:
        with opener.open(request, timeout=timeout_seconds) as answer:
            return answer.read(HEAD_BYTES), _total_size(answer.headers)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == http.client.NOT_FOUND:
            raise MediaError(MediaCode.FILE_NOT_FOUND, "the source object does not exist") from None
        if error.code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE:
            return b"", 0
        raise MediaError(MediaCode.FFMPEG_DOWNLOAD_FAILED, f"the storage answered {error.code}") from None
    except (OSError, http.client.HTTPException) as error:
        raise MediaError(MediaCode.FFMPEG_DOWNLOAD_FAILED, f"the source could not be read: {error}") from None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def _total_size(headers: Any) -> int | None:
    total = str(headers.get("Content-Range", "")).rpartition("/")[2] or str(headers.get("Content-Length", ""))
    return int(total) if total.isdigit() else None


def _declared_size(head: bytes, demuxer: str) -> int:
    """Return how long the file must be at least, as far as the containers' own size fields in `head` tell."""
    if demuxer == "avi":
        size = int.from_bytes(head[4:8], "little")
        return 0 if size > _RIFF_UNFINISHED else 8 + size
    return _matroska_end(head) if demuxer == "matroska" else _iso_end(head)


def _iso_end(head: bytes) -> int:
    position = 0
    while position + 16 <= len(head):
        size = int.from_bytes(head[position : position + 4])
        if size == 1:
            size = int.from_bytes(head[position + 8 : position + 16])
        if size < 8:
            break
        position += size
    return position


def _matroska_end(head: bytes) -> int:
    """EBML header, then one Segment whose size may be unknown (all ones): RFC 8794."""
    position = 4
    size, width = _vint(head, position)
    position += width + size
    if head[position : position + 4] != b"\x18\x53\x80\x67":
        return 0
    size, width = _vint(head, position + 4)
    unknown = size == (1 << (7 * width)) - 1
    return 0 if unknown else position + 4 + width + size


def _vint(data: bytes, position: int) -> tuple[int, int]:
    """Return the value and the width in bytes of an EBML variable-length integer."""
    first = data[position] if position < len(data) else 0
    width = 9 - first.bit_length()
    return int.from_bytes(data[position : position + width]) & ((1 << (7 * width)) - 1), width
