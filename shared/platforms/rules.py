"""What each platform calls a video: its ids, its addresses and the frame that shows it. Pure functions.

Vimeo: https://help.vimeo.com/hc/en-us/articles/12426199699985 (``h`` is the hash of an unlisted video); YouTube: ids of
eleven characters, https://developers.google.com/youtube/player_parameters; Kinescope: a UUID, or the short id of its
links; ``hetzner`` is our own storage or CDN, so any id and any address.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

from shared.platforms.models import Platform
from shared.text import printable

MAX_METADATA_BYTES = 16 * 1024
MAX_METADATA_DEPTH = 10
MAX_NUMBER = 1.7976931348623157e308

_QUERY = "[A-Za-z0-9._~%&=+:,;/?@!$*-]*"
_TAIL = rf"/?(?:\?{_QUERY})?(?:#{_QUERY})?"
_SLUG = "[A-Za-z0-9_-]+"
_CUSTOM = "[A-Za-z][A-Za-z0-9_-]*"
_UUID = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_VIMEO = "[0-9]{1,15}"
_YOUTUBE = "[A-Za-z0-9_-]{11}"
_KINESCOPE = f"(?:{_UUID}|[A-Za-z0-9]{{6,40}})"
_VIMEO_PLACE = (
    f"(?:video/|manage/videos/|channels/{_SLUG}/|groups/{_SLUG}/videos/"
    f"|(?:album|showcase)/[0-9]+/video/|ondemand/{_SLUG}/)?"
)


@dataclass(frozen=True, slots=True)
class Rule:
    """Patterns (JSON Schema's, anchored) of a platform, and a sentence for each that says what is wanted."""

    external_id: str
    external_url: str
    embed_url: str
    wanted: Mapping[str, str]


RULES: dict[Platform, Rule] = {
    Platform.vimeo: Rule(
        rf"^{_VIMEO}$",
        rf"^https?://(?:player\.vimeo\.com/video/{_VIMEO}|(?:www\.)?vimeo\.com/(?:{_VIMEO_PLACE}{_VIMEO}(?:/[0-9a-z]+)?"
        rf"|{_CUSTOM}/{_CUSTOM})){_TAIL}$",
        rf"^https://player\.vimeo\.com/video/{_VIMEO}{_TAIL}$",
        {
            "external_id": "must be a Vimeo id: digits, e.g. 76979871",
            "external_url": "must be the address of a video at vimeo.com, e.g. https://vimeo.com/76979871",
            "embed_url": "must be a Vimeo player, e.g. https://player.vimeo.com/video/76979871",
        },
    ),
    Platform.youtube: Rule(
        rf"^{_YOUTUBE}$",
        rf"^https?://(?:youtu\.be/{_YOUTUBE}|(?:www\.|m\.)?youtube\.com/(?:watch/?\?(?:{_QUERY}&)?v={_YOUTUBE}"
        rf"|(?:embed|shorts|live|v)/{_YOUTUBE})|www\.youtube-nocookie\.com/embed/{_YOUTUBE})/?(?:[?&]{_QUERY})?"
        rf"(?:#{_QUERY})?$",
        rf"^https://(?:(?:www\.)?youtube\.com|www\.youtube-nocookie\.com)/embed/{_YOUTUBE}{_TAIL}$",
        {
            "external_id": "must be a YouTube id: eleven letters, digits, - or _, e.g. aqz-KE-bpKQ",
            "external_url": "must be the address of a video at YouTube, e.g. https://youtu.be/aqz-KE-bpKQ",
            "embed_url": "must be a YouTube player, e.g. https://www.youtube-nocookie.com/embed/aqz-KE-bpKQ",
        },
    ),
    Platform.kinescope: Rule(
        rf"^{_KINESCOPE}$",
        rf"^https?://kinescope\.io/(?:embed/)?{_KINESCOPE}(?:/master\.m3u8)?{_TAIL}$",
        rf"^https://kinescope\.io/embed/{_KINESCOPE}{_TAIL}$",
        {
            "external_id": "must be a Kinescope id: a UUID, or the letters and digits of its link",
            "external_url": "must be the address of a video at Kinescope, e.g. https://kinescope.io/<id>",
            "embed_url": "must be a Kinescope player, e.g. https://kinescope.io/embed/<id>",
        },
    ),
}
"""The platforms that have rules; ``hetzner`` has none."""

LINKS = ("external_id", "external_url", "embed_url")
_FINDERS = {
    Platform.vimeo: re.compile(rf"/({_VIMEO})(?:/([0-9a-z]+))?/?(?:[?#]|$)"),
    Platform.youtube: re.compile(rf"(?:youtu\.be/|[?&]v=|/(?:embed|shorts|live|v)/)({_YOUTUBE})(?![A-Za-z0-9_-])"),
    Platform.kinescope: re.compile(rf"kinescope\.io/(?:embed/)?({_KINESCOPE})(?![A-Za-z0-9-])"),
}
# Players of a playlist and of whatever a channel streams: as long as an id, and none.
_NO_YOUTUBE_IDS = {"videoseries", "live_stream"}
_IS_UUID = re.compile(_UUID)
_IS_HASH = re.compile("[0-9a-z]+")


@dataclass(frozen=True, slots=True)
class Named:
    """The video that an address names: its id, and the hash that opens an unlisted one at Vimeo."""

    id: str | None = None
    hash: str | None = None


def check(platform: Platform, field: str, value: str) -> str:
    """A valid value of one of :data:`LINKS`, the way it is kept: UUIDs in lower case.

    :raises ValueError: not what the platform uses.
    """
    rule = RULES.get(platform)
    if rule is None:
        return value
    if not re.compile(getattr(rule, field)).fullmatch(value):
        raise ValueError(rule.wanted[field])
    if field == "external_id":
        return _lower_uuid(value)
    if platform is Platform.youtube and named(platform, value).id in _NO_YOUTUBE_IDS:
        raise ValueError("is a playlist or a channel, not a video")
    return value


def named(platform: Platform, url: str | None) -> Named:
    """What a valid address names; nothing for our own storage and for custom addresses at Vimeo."""
    finder = _FINDERS.get(platform)
    found = finder.search(url) if finder and url else None
    if found is None or url is None:
        return Named()
    if platform is not Platform.vimeo:
        return Named(_lower_uuid(found[1]))
    code = found[2] or parse_qs(urlsplit(url).query).get("h", [""])[0]
    return Named(found[1], code if _IS_HASH.fullmatch(code) else None)


def same_video(one: str | None, other: str | None) -> bool:
    """Whether two ids can mean one video. A UUID of Kinescope and the short id of a link cannot be compared."""
    if one is None or other is None or bool(_IS_UUID.fullmatch(one)) != bool(_IS_UUID.fullmatch(other)):
        return True
    return one == other


def external_url(platform: Platform, video: Named) -> str | None:
    """The address at which people watch a video; None where ids say nothing."""
    if video.id is None:
        return None
    secret = f"/{video.hash}" if video.hash else ""
    return {
        Platform.vimeo: f"https://vimeo.com/{video.id}{secret}",
        Platform.youtube: f"https://www.youtube.com/watch?v={video.id}",
        Platform.kinescope: f"https://kinescope.io/{video.id}",
    }.get(platform)


def embed_url(platform: Platform, video: Named) -> str | None:
    """The address of the frame that shows a video; None where ids say nothing."""
    if video.id is None:
        return None
    secret = f"?h={video.hash}" if video.hash else ""
    return {
        Platform.vimeo: f"https://player.vimeo.com/video/{video.id}{secret}",
        Platform.youtube: f"https://www.youtube-nocookie.com/embed/{video.id}",
        Platform.kinescope: f"https://kinescope.io/embed/{video.id}",
    }.get(platform)


def complete(platform: Platform, given: Mapping[str, str | None], stored: Mapping[str, str | None]) -> dict[str, Any]:
    """``given`` (of :data:`LINKS`, valid) with what follows from it for the links that were left out.

    The id comes from an address, an address from the id. A stored address stays unless it names another video than
    the one that was given, or lacks the hash that was. What was cleared stays clear.
    """
    addresses = [named(platform, given.get("external_url")), named(platform, given.get("embed_url"))]
    in_address = next((one.id for one in addresses if one.id), None)
    video_id = given.get("external_id") or in_address
    if video_id is None:
        return dict(given)
    secret = next((one.hash for one in addresses if one.hash), None)
    known = stored.get("external_id")
    has_moved = known is not None and (known != video_id if "external_id" in given else not same_video(known, video_id))
    settled: dict[str, Any] = dict(given)
    if "external_id" not in given:
        settled["external_id"] = video_id if known is None or has_moved else known
    wanted = Named(in_address or video_id, secret)
    for field, derive in (("external_url", external_url), ("embed_url", embed_url)):
        if field in given:
            continue
        kept = stored.get(field)
        names = named(platform, kept)
        is_stale = names.id is not None and (
            not same_video(names.id, wanted.id)
            or (has_moved and names.id != wanted.id)
            or (secret is not None and names.hash != secret)
        )
        if kept is None or is_stale or (has_moved and names.id is None):
            settled[field] = derive(platform, wanted) or kept
    return settled


def check_metadata(value: object) -> dict[str, Any]:
    """What another system says about a video, as ``jsonb`` can keep it and a browser can read it.

    :raises ValueError: not a JSON object, too large, too deep, or with something in it that PostgreSQL refuses.
    """
    if not isinstance(value, dict):
        raise ValueError("must be a JSON object")  # noqa: TRY004  pydantic turns it into an error of the field
    digits = _check_value(value, depth=1)
    size = len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()) + digits
    if size > MAX_METADATA_BYTES:
        raise ValueError(f"must not take more than {MAX_METADATA_BYTES} bytes as JSON with its numbers written out")
    return value


def _check_value(value: object, *, depth: int) -> int:
    """How many digits its numbers take beyond the short form: ``jsonb`` writes 1e308 with 309 of them."""
    if isinstance(value, dict | list):
        if depth > MAX_METADATA_DEPTH:
            raise ValueError(f"must not be nested more than {MAX_METADATA_DEPTH} deep")
        for key in value if isinstance(value, dict) else ():
            printable(key)
        inner = value.values() if isinstance(value, dict) else value
        return sum(_check_value(one, depth=depth + 1) for one in inner)
    if isinstance(value, str):
        printable(value)
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError("must not have numbers that a double cannot hold")
        return max(0, len(format(Decimal(repr(value)), "f")) - len(repr(value)))
    elif isinstance(value, int) and abs(value) > MAX_NUMBER:
        raise ValueError("must not have numbers that a double cannot hold")
    return 0


def _lower_uuid(value: str) -> str:
    return value.lower() if _IS_UUID.fullmatch(value) else value
