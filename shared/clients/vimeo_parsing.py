"""Vimeo's JSON and headers as values. Tolerant: a field of a wrong kind is unknown, and never costs a page."""

import html
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from shared.clients.vimeo_values import Account, Answered, Download, Page, VideoDay, VimeoVideo

_URI = re.compile(r"/videos/([0-9]{1,20})(?::([0-9A-Za-z]+))?")
_HASH = re.compile(r"[0-9A-Za-z]{4,64}")
_SRC = re.compile(r"""\bsrc\s*=\s*["']([^"']+)["']""", re.IGNORECASE)
_MD5 = re.compile(r"[0-9a-f]{32}")
_MAX_INT: Final = 2**63 - 1
#: A number this large is a time, a smaller one a wait: Reset comes as either (contracts.md, section 1).
_EPOCH_FROM: Final = 10**8
_PROBLEM_LENGTH: Final = 80


def whole(value: object) -> int | None:
    """A whole number from 0 on."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if 0 <= value <= _MAX_INT else None


def _amount(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value <= _MAX_INT else None


def words(value: object) -> str | None:
    """Text that is not empty. NUL and lone surrogates, which no database takes, are left out."""
    if not isinstance(value, str):
        return None
    return value.replace("\x00", "").encode("utf-8", errors="ignore").decode() or None


def moment(value: object) -> datetime | None:
    """``2021-08-25T07:05:59+00:00`` in UTC; without a zone it is UTC."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _web(value: object) -> str | None:
    text = words(value)
    try:
        parts = urlsplit(text or "")
    except ValueError:
        return None
    return text if parts.scheme in {"http", "https"} and parts.netloc else None


def _inside(value: object, *names: str) -> Any:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _rows(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _id_and_hash(item: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """The number of a video, and the hash that an unlisted one is embedded with."""
    found = _URI.search(words(item.get("uri")) or "")
    if found is None:
        return None, None
    number, hashes = found[1], [found[2]]
    frame = _SRC.search(words(_inside(item, "embed", "html")) or "")
    for address in (_web(item.get("player_embed_url")), html.unescape(frame[1]) if frame else None):
        try:
            hashes += parse_qs(urlsplit(address or "").query).get("h", [])[:1]
        except ValueError:
            continue
    last = (_web(item.get("link")) or "").partition("?")[0].rstrip("/").split("/")
    if len(last) > 1 and last[-2] == number:
        hashes.append(last[-1])
    return number, next((word for word in hashes if word and _HASH.fullmatch(word)), None)


def _download(item: Mapping[str, Any]) -> Download | None:
    link = _web(item.get("link"))
    if link is None:
        return None
    md5 = (words(item.get("md5")) or "").lower()
    return Download(
        link=link,
        quality=words(item.get("quality")) or "",
        rendition=words(item.get("rendition")),
        size_bytes=whole(item.get("size")) or None,
        md5=md5 if _MD5.fullmatch(md5) else None,
        expires=moment(item.get("expires")),
        width=whole(item.get("width")) or None,
        height=whole(item.get("height")) or None,
    )


def _tags(value: object) -> tuple[str, ...]:
    found = (words(row.get("name")) or words(row.get("tag")) or words(row.get("canonical")) for row in _rows(value))
    return tuple(dict.fromkeys(tag.strip() for tag in found if tag and tag.strip()))


def _playable(item: Mapping[str, Any]) -> bool:
    said = item.get("is_playable")
    if isinstance(said, bool):
        return said
    return words(item.get("status")) in {None, "available"}


def video(item: Mapping[str, Any]) -> VimeoVideo | None:
    """A video, or None if it has no number."""
    number, secret = _id_and_hash(item)
    if number is None:
        return None
    sizes = sorted(_rows(_inside(item, "pictures", "sizes")), key=lambda size: whole(size.get("width")) or 0)
    pictures = tuple(link for size in sizes if (link := _web(size.get("link"))))
    audio = item.get("has_audio")
    return VimeoVideo(
        id=number,
        name=(words(item.get("name")) or "").strip() or f"Vimeo {number}",
        description=words(item.get("description")),
        duration_seconds=whole(item.get("duration")) or 0,
        width=whole(item.get("width")) or None,
        height=whole(item.get("height")) or None,
        link=_web(item.get("link")) or f"https://vimeo.com/{number}",
        embed_url=f"https://player.vimeo.com/video/{number}" + (f"?h={secret}" if secret else ""),
        # What is not known to be open is closed.
        privacy=words(_inside(item, "privacy", "view")) or "nobody",
        tags=_tags(item.get("tags")),
        folder=words(_inside(item, "parent_folder", "name")) or words(_inside(item, "parent_project", "name")),
        poster_url=pictures[-1] if pictures else _web(_inside(item, "pictures", "base_link")),
        created_at=moment(item.get("created_time")),
        modified_at=moment(item.get("modified_time")),
        plays=whole(_inside(item, "stats", "plays")),
        has_audio=audio if isinstance(audio, bool) else None,
        playable=_playable(item),
        pictures=pictures,
        downloads=tuple(file for row in _rows(item.get("download")) if (file := _download(row))),
        hash=secret,
    )


def page(document: Mapping[str, Any]) -> Page | None:
    """A page of the library, or None if it is none."""
    data = document.get("data")
    if not isinstance(data, list):
        return None
    items: dict[str, VimeoVideo] = {}
    problems = []
    for row in data:
        found = video(row) if isinstance(row, dict) else None
        if found is None:
            uri = words(_inside(row, "uri")) or "without a uri"
            problems.append(f"An item ({uri[:_PROBLEM_LENGTH]}) is no video that can be told apart.")
        else:
            items.setdefault(found.id, found)
    following = words(_inside(document, "paging", "next"))
    return Page(
        total=whole(document.get("total")) or len(data),
        items=tuple(items.values()),
        next=following,
        problems=tuple(problems),
    )


def account(document: Mapping[str, Any]) -> Account | None:
    """The account of a token, or None if it is none."""
    uri = words(document.get("uri")) or ""
    number = uri.rsplit("/", 1)[-1]
    if not number:
        return None
    return Account(
        id=number,
        name=words(document.get("name")) or number,
        link=_web(document.get("link")),
        plan=words(document.get("account")) or words(_inside(document, "membership", "type")),
    )


def days(document: Mapping[str, Any], external_id: str) -> tuple[VideoDay, ...] | None:
    """The records of single days that name the video, or None if it is no list of records."""
    data = document.get("data")
    if not isinstance(data, list):
        return None
    return tuple(day for row in _rows(data) if _names(row.get("metadata"), external_id) and (day := _day(row)))


def _names(value: object, external_id: str) -> bool:
    if isinstance(value, dict):
        return any(_names(inner, external_id) for inner in value.values())
    found = _URI.fullmatch(value) if isinstance(value, str) else None
    return found is not None and found[1] == external_id


def _date(value: object) -> date | None:
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None


def _day(row: Mapping[str, Any]) -> VideoDay | None:
    start, end = _date(row.get("start_date")), _date(row.get("end_date"))
    if start is None or (end is not None and end - start > timedelta(days=1)):
        return None
    watched = _amount(row.get("total_seconds_watched"))
    viewers = whole(row.get("unique_viewers"))
    return VideoDay(
        day=start,
        views=whole(row.get("views")),
        unique_viewers=viewers,
        watched_seconds=_amount(row.get("total_time_watched")) if watched is None else watched,
        finishes=whole(row.get("finishes")),
        impressions=whole(row.get("impressions")),
        downloads=whole(row.get("downloads")),
    )


def answered(status: int, headers: Mapping[str, str], now: datetime) -> Answered:
    """What status and headers say about asking again. Times come as ISO 8601, Unix seconds, seconds from now, or an
    HTTP date (RFC 9110, section 10.2.3)."""
    remaining = headers.get("X-RateLimit-Remaining", "").strip()
    return Answered(
        status=status,
        retry_at=_when(headers.get("Retry-After"), now),
        remaining=int(remaining) if remaining.isascii() and remaining.isdigit() and len(remaining) < 10 else None,
        resets_at=_when(headers.get("X-RateLimit-Reset"), now),
    )


def _when(value: str | None, now: datetime) -> datetime | None:
    text = (value or "").strip()
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        pass
    else:
        try:
            return (
                datetime.fromtimestamp(number, UTC)
                if number >= _EPOCH_FROM
                else now + timedelta(seconds=max(0, number))
            )
        except (ValueError, OverflowError, OSError):
            return None
    iso = moment(text)
    if iso is not None:
        return iso
    try:
        found = parsedate_to_datetime(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, TypeError):
        return None
