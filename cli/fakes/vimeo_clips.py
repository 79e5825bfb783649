"""What the fake Vimeo holds: clips, and the JSON that Vimeo makes of them (API 3.4)."""

import hashlib
import html
import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

_EPOCH: Final = datetime(2024, 1, 1, tzinfo=UTC)
_PICTURES: Final = ((100, 75), (640, 360), (1920, 1080))
_KINDS: Final = {"available": "complete", "transcoding": "in_progress", "transcoding_error": "error"}


def _md5(file: Path | bytes) -> str:
    if isinstance(file, bytes):
        return hashlib.md5(file, usedforsecurity=False).hexdigest()
    return _md5_on_disk(file, file.stat().st_mtime_ns)


@lru_cache(maxsize=64)
def _md5_on_disk(file: Path, _written_ns: int) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


@dataclass
class FakeClip:
    """A video at the fake Vimeo. Change any field while it serves; the next answer has it.

    ``file`` is what a download gives. ``size_said`` and ``md5_said`` are what the JSON says of it; left alone they are
    true, and "" leaves them out. ``extra`` is laid over the JSON as it is, to make any field missing (None) or wrong.
    """

    id: str
    name: str = ""
    file: Path | bytes = b""
    duration: float = 0
    has_audio: bool | None = True
    privacy: str = "anybody"
    tags: tuple[str, ...] = ()
    folder: str | None = None
    hash: str | None = None
    plays: int | None = 0
    description: str | None = None
    width: int = 1920
    height: int = 1080
    status: str = "available"
    created: datetime | None = None
    modified: datetime | None = None
    offers_download: bool = True
    picture: bytes | None = None
    size_said: int | str | None = None
    md5_said: str | None = None
    extra: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def many(cls, count: int, file: Path | bytes = b"", *, first: int = 1) -> Iterator["FakeClip"]:
        """A library of any size around one file, with every privacy, a few tags and folders."""
        kinds = ("anybody", "unlisted", "nobody", "password", "users")
        for number in range(first, first + count):
            privacy = kinds[number % len(kinds)]
            yield cls(
                id=str(100_000_000 + number),
                name=f"Clip {number}",
                file=file,
                duration=60 + number % 600,
                privacy=privacy,
                hash=f"{number:010x}" if privacy == "unlisted" else None,
                tags=("fake", f"series {number % 20}"),
                folder=f"Course {number % 50}",
                plays=number * 7 % 1000,
                description=f"Clip {number} of a library that nobody filmed.",
            )

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return len(self.file) if isinstance(self.file, bytes) else self.file.stat().st_size

    @property
    def created_at(self) -> datetime:
        """When it was uploaded; a clip with a larger number later."""
        return self.created or _EPOCH + timedelta(minutes=int(self.id) % 1_000_000)

    def facts(self, *, cdn_url: str) -> dict[str, Any]:
        """The video object, but for its files."""
        tail = f"/{self.hash}" if self.hash else ""
        embed = f"https://player.vimeo.com/video/{self.id}" + (f"?h={self.hash}" if self.hash else "")
        source = html.escape(embed + ("&" if self.hash else "?") + "badge=0&autopause=0")
        sizes = [
            {"width": width, "height": height, "link": f"{cdn_url}/picture/{self.id}-{width}x{height}.png"}
            for width, height in _PICTURES
        ]
        made = {
            "uri": f"/videos/{self.id}" + (f":{self.hash}" if self.hash else ""),
            "name": self.name or f"Clip {self.id}",
            "description": self.description,
            "type": "video",
            "link": f"https://vimeo.com/{self.id}{tail}",
            "player_embed_url": embed,
            # Whole seconds, as Vimeo has it.
            "duration": round(self.duration),
            "width": self.width,
            "height": self.height,
            "embed": {"html": f'<iframe src="{source}" width="1920" height="1080" title="clip"></iframe>'},
            "created_time": self.created_at.isoformat(),
            "modified_time": (self.modified or self.created_at).isoformat(),
            "release_time": self.created_at.isoformat(),
            "privacy": {"view": self.privacy, "embed": "public", "download": False, "add": False, "comments": "nobody"},
            "pictures": {
                "uri": f"/videos/{self.id}/pictures/1",
                "active": True,
                "type": "custom",
                "base_link": sizes[-1]["link"],
                "sizes": sizes,
            },
            "tags": [
                {"uri": f"/tags/{tag}", "name": tag, "tag": tag, "canonical": tag.replace(" ", "")} for tag in self.tags
            ],
            "stats": {"plays": self.plays},
            "status": self.status,
            "upload": {"status": "complete"},
            "transcode": {"status": _KINDS.get(self.status, "complete")},
            "is_playable": self.status == "available",
            "has_audio": self.has_audio,
            "parent_folder": {"uri": "/users/1/projects/1", "name": self.folder} if self.folder else None,
            "resource_key": f"{int(self.id):x}",
        }
        return {**made, **self.extra}

    def download(self, *, link: str, expires: datetime) -> list[dict[str, Any]]:
        """``download[]``: a smaller file that is never the source, then the source."""
        said: dict[str, Any] = {
            "size": self.size if self.size_said is None else self.size_said,
            "md5": _md5(self.file) if self.md5_said is None else self.md5_said,
        }
        common = {"type": "video/mp4", "expires": expires.isoformat(), "link": link, "fps": 25}
        small = {"quality": "sd", "rendition": "360p", "width": 640, "height": 360, "size": max(1, self.size // 4)}
        source = {"quality": "source", "rendition": "source", "width": self.width, "height": self.height}
        source.update({name: value for name, value in said.items() if value != ""})
        return [{**common, **small}, {**common, **source, "public_name": "Original", "created_time": None}]


def only(document: Any, fields: Iterable[str]) -> Any:
    """What ``fields`` ask for, with dots for what is inside; in a list, of each item."""
    if isinstance(document, list):
        return [only(item, fields) for item in document]
    if not isinstance(document, dict):
        return document
    inside: dict[str, list[str]] = {}
    for name in fields:
        head, _, rest = name.partition(".")
        inside.setdefault(head, []).append(rest)
    return {
        name: document[name] if "" in rests else only(document[name], rests)
        for name, rests in inside.items()
        if name in document
    }


def plain_png(number: int, width: int = 32, height: int = 18) -> bytes:
    """A picture of one colour, which the number chooses."""
    red, green, blue = (64 + (number * step) % 160 for step in (37, 59, 83))
    rows = (b"\x00" + bytes((red, green, blue)) * width) * height
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
