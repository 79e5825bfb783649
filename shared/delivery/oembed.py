"""oEmbed 1.0 (https://oembed.com): what an embedding page is told about a video."""

import re
from collections.abc import Sequence
from html import escape
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import UUID
from xml.sax.saxutils import escape as xml_escape

from shared.config import Settings
from shared.errors import AppError, NotFound

PROVIDER_NAME: Final = "VMS"
#: Longer than a page lives, shorter than the token in the address of the thumbnail.
CACHE_SECONDS: Final = 86400
#: What may be asked about: absolute addresses of the web.
WEB_URL: Final = r"^[Hh][Tt][Tt][Pp][Ss]?://[^\s/?#\[\]\\]+(?:[/?#].*)?$"
DEFAULT_SIZE: Final = (640, 360)
_SMALLEST = 16
_LARGEST = 8192
_PATH: Final = re.compile(r"/embed/([0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})/?")
_OPTIONS: Final = {"t", "start", "autoplay", "muted", "captions", "color", "loop", "controls"}
_NO_XML: Final = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class UrlNotEmbeddable(NotFound):
    """404: the address is none of this server's player pages."""

    code, title = "url_not_embeddable", "There is no player page at this address"


class FormatNotSupported(AppError):
    """501, as the specification says (2.3.2)."""

    status, code, title = 501, "format_not_supported", "Only json and xml are answered"


def video_id_of(settings: Settings, url: str) -> UUID:
    """The video whose player page ``url`` is; its query and fragment do not matter.

    :raises UrlNotEmbeddable: it is another server's, or no player page.
    """
    try:
        parts = urlsplit(url)
        host = parts.netloc.lower()
    except ValueError:
        parts, host = urlsplit(""), ""
    ours = urlsplit(settings.public_base_url)
    match = _PATH.fullmatch(parts.path.removeprefix(ours.path.rstrip("/")))
    if host != ours.netloc.lower() or match is None:
        raise UrlNotEmbeddable(f"url must be {settings.public_base_url}/embed/<id of a video>")
    return UUID(match[1])


def options_of(url: str) -> str:
    """The player's options that ``url`` has, as a query for the iframe's address: ``?t=90``, or nothing."""
    pairs = parse_qsl(urlsplit(url).query, keep_blank_values=True, max_num_fields=100)
    kept = [(name, value) for name, value in pairs if name in _OPTIONS]
    return f"?{urlencode(kept)}" if kept else ""


def shape_of(renditions: Sequence[Any]) -> tuple[int, int]:
    """Width and height of the largest published rendition; 16:9 where none says."""
    sizes = [
        (rendition["width"], rendition["height"])
        for rendition in renditions
        if isinstance(rendition, dict)
        and isinstance(rendition.get("width"), int)
        and isinstance(rendition.get("height"), int)
    ]
    width, height = max(sizes, key=lambda size: size[0] * size[1], default=DEFAULT_SIZE)
    return (width, height) if width > 0 and height > 0 else DEFAULT_SIZE


def fit(shape: tuple[int, int], max_width: int | None, max_height: int | None) -> tuple[int, int]:
    """The player's size: the video's shape, as large as the limits allow.

    Without limits, the shape within 640 x 360, or within 640 x 640 if it stands upright.
    """
    width, height = shape
    default = DEFAULT_SIZE[0]
    box_width = min(max_width or (_LARGEST if max_height else default), _LARGEST)
    box_height = min(max_height or (_LARGEST if max_width else default), _LARGEST)
    scale = min(box_width / width, box_height / height)
    # The limits hold, however narrow a shape is; a player smaller than that is none.
    return (
        min(box_width, max(_SMALLEST, round(width * scale))),
        min(box_height, max(_SMALLEST, round(height * scale))),
    )


def answer(
    settings: Settings,
    *,
    player_url: str,
    title: str,
    shape: tuple[int, int],
    max_width: int | None,
    max_height: int | None,
    thumbnail_url: str | None,
) -> dict[str, str | int]:
    """The fields of the answer (2.3.4). The thumbnail has the shape of the video, and is said to fit the limits."""
    width, height = fit(shape, max_width, max_height)
    html = (
        f'<iframe src="{escape(player_url)}" width="{width}" height="{height}" title="{escape(title)}" '
        'style="border:0" allow="autoplay; fullscreen; picture-in-picture; encrypted-media" allowfullscreen '
        'loading="lazy"></iframe>'
    )
    fields: dict[str, str | int] = {
        "type": "video",
        "version": "1.0",
        "title": title,
        "provider_name": PROVIDER_NAME,
        "provider_url": settings.public_base_url,
        "cache_age": CACHE_SECONDS,
        "html": html,
        "width": width,
        "height": height,
    }
    if thumbnail_url:
        fields |= {"thumbnail_url": thumbnail_url, "thumbnail_width": width, "thumbnail_height": height}
    return fields


def as_xml(fields: dict[str, str | int]) -> str:
    """The same fields as XML (2.3.4.6)."""
    elements = "".join(f"<{name}>{xml_escape(_NO_XML.sub('', str(value)))}</{name}>" for name, value in fields.items())
    return f'<?xml version="1.0" encoding="utf-8" standalone="yes"?>\n<oembed>{elements}</oembed>\n'
