"""What a video at Vimeo means for one here: cleaned as everything that is typed, and merged field by field with what
people changed here since the last import. Pure functions.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from shared.clients.vimeo import VimeoVideo
from shared.platforms import rules
from shared.platforms.models import Platform, PlatformStatus
from shared.text import MAX_TAG, MAX_TEXT, MAX_TITLE, LongText, Title, WebUrl, printable
from shared.videos.models import MigrationStatus, Visibility
from shared.videos.schemas import MAX_TAGS, VideoTag

Values = dict[str, Any]

# Who may watch it at Vimeo (``privacy.view``) and here. Whatever is not listed is closed: contacts, users and those who
# have a password are people whom only Vimeo knows; `disable` and `embed_only` have no page of their own.
_VISIBILITIES = {"anybody": Visibility.public, "unlisted": Visibility.unlisted}
_TITLE: TypeAdapter[str] = TypeAdapter(Title)
_TEXT: TypeAdapter[str] = TypeAdapter(LongText)
_TAG: TypeAdapter[str] = TypeAdapter(VideoTag)
_URL: TypeAdapter[str] = TypeAdapter(WebUrl)

VIDEO_FIELDS = ("title", "description", "tags", "visibility", "thumbnail_url", "duration_seconds")
"""Columns of a video that an import fills and people may edit."""

LINK_FIELDS = ("external_url", "embed_url", "privacy_level")
"""Columns of its platform entry that an import fills and people may edit."""

FACTS = ("folder", "hash", "width", "height", "hasAudio", "createdAt")
"""Keys of the entry's metadata that are Vimeo's; whatever else is in there stays."""


class Unreadable(ValueError):
    """A video at Vimeo cannot be kept here; the text says why."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A video as Vimeo shows it, in the form in which it is kept."""

    external_id: str
    video: Values
    links: Values
    facts: Values

    @property
    def imported(self) -> Values:
        """The base of the next merge."""
        return {**self.video, **self.links}


@dataclass(frozen=True, slots=True)
class Known:
    """A video here with its entry at Vimeo."""

    video_id: UUID
    entry_id: UUID
    external_id: str
    video: Values
    links: Values
    metadata: Values
    status: str
    migration_status: str | None
    has_outputs: bool
    imported: Values | None = None
    removed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What an import changes of a video and of its entry; columns with their new values, only those that differ."""

    known: Known
    video: Values = field(default_factory=dict)
    entry: Values = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.video or self.entry)


def read(found: VimeoVideo) -> Seen:
    """The video in the form in which it is kept.

    Text is cleaned and cut as that of people is, tags and addresses that cannot be kept are left out, and a video
    without a name is called after its number.

    :raises Unreadable: its id is none, or its text is no text.
    """
    try:
        external_id = rules.check(Platform.vimeo, "external_id", found.id)
    except ValueError as error:
        raise Unreadable(f"its id {error}") from error
    video = {
        "title": _title(found.name, external_id),
        "description": _description(found.description),
        "tags": _tags(found.tags),
        "visibility": _VISIBILITIES.get(found.privacy, Visibility.private).value,
        "thumbnail_url": _web_url(found.poster_url),
        "duration_seconds": float(found.duration_seconds) if found.duration_seconds > 0 else None,
    }
    names = rules.Named(external_id, found.hash)
    links = {
        "external_url": _address("external_url", found.link) or rules.external_url(Platform.vimeo, names),
        "embed_url": _address("embed_url", found.embed_url) or rules.embed_url(Platform.vimeo, names),
        "privacy_level": found.privacy or None,
    }
    facts = {
        "folder": _plain(found.folder),
        "hash": found.hash,
        "width": found.width,
        "height": found.height,
        "hasAudio": found.has_audio,
        "createdAt": found.created_at.isoformat() if found.created_at else None,
    }
    return Seen(external_id, video, links, {name: value for name, value in facts.items() if value is not None})


def merge(base: Mapping[str, Any], ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> Values:
    """Three ways: where ``ours`` is still what the last import read (``base``), it becomes ``theirs``; where somebody
    changed it since, it stays. Answers what differs from ``ours``.
    """
    return {
        name: value
        for name, value in theirs.items()
        if ours[name] != value and name in base and ours[name] == base[name]
    }


def compare(known: Known, seen: Seen) -> Change:
    """What an import changes of a video that is here already.

    The first import of an entry that was made by hand has no base: it fills what is empty and replaces nothing, but
    the entry's addresses, of which Vimeo knows better. Where a video is hosted is never changed, unless nothing of it
    is here: then it plays from Vimeo.
    """
    if known.imported is None:
        empty = {name: value for name, value in known.video.items() if value is None or value in ("", [])}
        video = merge(empty, known.video, seen.video)
        entry = {name: value for name, value in seen.links.items() if known.links[name] != value}
    else:
        video = merge(known.imported, known.video, seen.video)
        entry = merge(known.imported, known.links, seen.links)
    if known.migration_status is None and not known.has_outputs:
        video["migration_status"] = MigrationStatus.vimeo_only.value
    metadata = {name: value for name, value in known.metadata.items() if name not in FACTS} | seen.facts
    others = {
        "metadata": (known.metadata, metadata),
        "status": (known.status, PlatformStatus.ready.value),
        "imported": (known.imported, seen.imported),
        "removed_at": (known.removed_at, None),
    }
    entry |= {name: new for name, (old, new) in others.items() if old != new}
    return Change(known, video, entry)


def _title(value: str, external_id: str) -> str:
    text = _text(value)
    try:
        return _TITLE.validate_python(text[:MAX_TITLE])
    except ValidationError:
        return f"Vimeo {external_id}"


def _description(value: str | None) -> str | None:
    return _TEXT.validate_python(_text(value or "")[:MAX_TEXT]) or None


def _tags(values: Collection[str]) -> list[str]:
    found: dict[str, None] = {}
    for value in values:
        try:
            found[_TAG.validate_python(_text(value)[:MAX_TAG])] = None
        except ValidationError:
            continue
    return list(found)[:MAX_TAGS]


def _text(value: str) -> str:
    """:raises Unreadable: it is no Unicode."""
    try:
        return printable(value.replace("\x00", ""))
    except ValueError as error:
        raise Unreadable(f"its text {error}") from error


def _plain(value: str | None) -> str | None:
    return _text(value)[:MAX_TITLE] if value else None


def _web_url(value: str | None) -> str | None:
    try:
        return _URL.validate_python(value)
    except ValidationError:
        return None


def _address(name: str, value: str) -> str | None:
    url = _web_url(value)
    try:
        return rules.check(Platform.vimeo, name, url) if url else None
    except ValueError:
        return None
