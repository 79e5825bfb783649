"""What a generation's playlists say of captions: pure functions (RFC 8216, 3.5 and 4.3.4.1).

A track is a directory ``captions/<language>-<version>/`` with the file and a media playlist that has it as its only
segment. The multivariant playlist gets a group of them, and loses it again, without anything else being touched.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from shared.encoding.quoting import quotable

DIRECTORY = "captions/"
FILE = "captions.vtt"
PLAYLIST = "index.m3u8"
GROUP = "subs"
_OURS = re.compile(rf'#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="{GROUP}",')
_STREAM = "#EXT-X-STREAM-INF:"
_ATTRIBUTE = f',SUBTITLES="{GROUP}"'


@dataclass(frozen=True, slots=True)
class Track:
    """Captions in one language. ``version`` changes with whatever is said in them or about them."""

    language: str
    label: str
    version: str

    @property
    def directory(self) -> str:
        """Where its objects are, below the generation's prefix."""
        return f"{DIRECTORY}{self.language}-{self.version}/"


def media_playlist(duration_seconds: float) -> str:
    """The playlist of one track. Its cues count from the start of the video, which has no other clock."""
    seconds = max(duration_seconds, 0.001)
    lines = ["#EXTM3U", "#EXT-X-VERSION:3", f"#EXT-X-TARGETDURATION:{math.ceil(seconds)}", "#EXT-X-MEDIA-SEQUENCE:0"]
    lines += ["#EXT-X-PLAYLIST-TYPE:VOD", f"#EXTINF:{seconds:.6f},", FILE, "#EXT-X-ENDLIST"]
    return "\n".join(lines) + "\n"


def with_tracks(multivariant: str, tracks: Sequence[Track]) -> str:
    """A multivariant playlist with exactly these tracks of ours, whichever it had; none takes the group out."""
    lines = [line.replace(_ATTRIBUTE, "") for line in multivariant.splitlines() if not _OURS.match(line)]
    if tracks:
        first = next((number for number, line in enumerate(lines) if line.startswith(_STREAM)), len(lines))
        lines = [f"{line}{_ATTRIBUTE}" if line.startswith(_STREAM) else line for line in lines]
        lines[first:first] = _group(tracks)
    return "\n".join(lines) + "\n"


def _group(tracks: Sequence[Track]) -> list[str]:
    names: set[str] = set()
    lines = []
    for track in tracks:
        name = quotable(track.label) or track.language
        name = f"{name} ({track.language})" if name in names else name
        names.add(name)  # within a group each has its own (RFC 8216, 4.3.4.1.1)
        lines.append(
            f'#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="{GROUP}",NAME="{name}",LANGUAGE="{track.language}",AUTOSELECT=YES,'
            f'DEFAULT=NO,FORCED=NO,URI="{track.directory}{PLAYLIST}"'
        )
    return lines
