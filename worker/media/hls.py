"""Read HLS playlists (RFC 8216), the way a player does: what `worker.media.playlists` writes is checked with this."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

_ATTRIBUTE = re.compile(r'([A-Z0-9-]+)=("[^"]*"|[^",]*)(?:,|$)')
_BYTE_RANGE = re.compile(r"(\d+)@(\d+)")


@dataclass(frozen=True, slots=True)
class Variant:
    """One EXT-X-STREAM-INF, EXT-X-I-FRAME-STREAM-INF or EXT-X-MEDIA: attributes without quotes, and the URI."""

    attributes: dict[str, str]
    uri: str


@dataclass(frozen=True, slots=True)
class Multivariant:
    """A multivariant playlist. `tags` are the lines that belong to no stream."""

    tags: tuple[str, ...]
    variants: tuple[Variant, ...]
    i_frames: tuple[Variant, ...]
    audio: tuple[Variant, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One segment of a media playlist; `byte_range` is (bytes, offset)."""

    uri: str
    duration_seconds: Fraction
    byte_range: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Media:
    """A media playlist. `tags` are the lines that belong to no segment."""

    tags: tuple[str, ...]
    entries: tuple[Entry, ...]

    @property
    def target_seconds(self) -> int:
        """EXT-X-TARGETDURATION; 0 without one."""
        prefix = "#EXT-X-TARGETDURATION:"
        return next((int(tag.removeprefix(prefix)) for tag in self.tags if tag.startswith(prefix)), 0)

    @property
    def duration_seconds(self) -> Fraction:
        """Sum of all EXTINF."""
        return sum((entry.duration_seconds for entry in self.entries), Fraction(0))


def parse_multivariant(body: bytes) -> Multivariant:
    """Read a multivariant playlist; raises ValueError when it is none."""
    tags: list[str] = []
    found: dict[str, list[Variant]] = {"STREAM-INF": [], "I-FRAME-STREAM-INF": [], "MEDIA": []}
    pending: dict[str, str] | None = None
    for line in _lines(body):
        kind, _, text = line.removeprefix("#EXT-X-").partition(":")
        if not line.startswith("#"):
            if pending is None:
                raise ValueError(f"{line} belongs to no stream")
            found["STREAM-INF"].append(Variant(pending, line))
            pending = None
        elif kind == "STREAM-INF":
            pending = _attributes(text)
        elif kind in found:
            attributes = _attributes(text)
            if kind != "MEDIA" or attributes.get("TYPE") == "AUDIO":
                found[kind].append(Variant(attributes, attributes.get("URI", "")))
        else:
            tags.append(line)
    return Multivariant(
        tuple(tags), tuple(found["STREAM-INF"]), tuple(found["I-FRAME-STREAM-INF"]), tuple(found["MEDIA"])
    )


def parse_media(body: bytes) -> Media:
    """Read a media playlist; raises ValueError when it is none."""
    tags: list[str] = []
    entries: list[Entry] = []
    duration, byte_range = Fraction(0), None
    for line in _lines(body):
        if line.startswith("#EXTINF:"):
            duration = Fraction(line.removeprefix("#EXTINF:").partition(",")[0])
        elif line.startswith("#EXT-X-BYTERANGE:"):
            found = _BYTE_RANGE.fullmatch(line.removeprefix("#EXT-X-BYTERANGE:"))
            byte_range = (int(found[1]), int(found[2])) if found else (0, 0)
        elif line.startswith("#"):
            tags.append(line)
        else:
            entries.append(Entry(line, duration, byte_range))
            duration, byte_range = Fraction(0), None
    return Media(tuple(tags), tuple(entries))


def _lines(body: bytes) -> list[str]:
    first, *lines = body.decode().splitlines() or [""]
    if first != "#EXTM3U":
        raise ValueError("a playlist begins with #EXTM3U")
    return [line for line in lines if line]


def _attributes(text: str) -> dict[str, str]:
    return {name: value.strip('"') for name, value in _ATTRIBUTE.findall(text)}
