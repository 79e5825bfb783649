"""Seek previews: tiles every ten seconds on JPEG sheets, and the WebVTT file that finds them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from worker.media.errors import MediaCode, MediaError

INTERVAL_SECONDS = 10
COLUMNS = ROWS = 5
CONTENT_TYPE = "text/vtt"
#: Longer side of a tile in pixels.
_TILE_SIDE = 192


@dataclass(frozen=True, slots=True)
class Grid:
    """Tiles of `width` x `height` pixels, `columns` x `rows` to a sheet, filled row by row."""

    width: int
    height: int
    columns: int
    rows: int

    @property
    def tiles(self) -> int:
        """Tiles on a full sheet."""
        return self.columns * self.rows


def grid(width: int, height: int, tiles: int) -> Grid:
    """Return the layout for frames of `width` x `height`: true aspect, and no larger sheet than `tiles` fill."""
    scale = _TILE_SIDE / max(width, height)
    return Grid(
        width=max(2, round(width * scale / 2) * 2),
        height=max(2, round(height * scale / 2) * 2),
        columns=min(COLUMNS, tiles),
        rows=min(ROWS, ceil(tiles / COLUMNS)),
    )


def tile_count(frames: int, frame_rate: Fraction) -> int:
    """Return how many tiles `frames` give: one at the start and one at every tenth second that a frame reaches."""
    return int((max(frames, 1) - 1) / frame_rate / INTERVAL_SECONDS) + 1


def sheet_name(number: int) -> str:
    """Return a sheet's file name, like ``sheet-000.jpg``."""
    return f"sheet-{number:03}.jpg"


def webvtt(layout: Grid, tiles: int, duration_seconds: float) -> str:
    """Return cues that cover [0, `duration_seconds`) without a gap, each with its tile's ``#xywh`` fragment."""
    blocks = ["WEBVTT"]
    for tile in range(tiles):
        start = tile * INTERVAL_SECONDS
        end = duration_seconds if tile == tiles - 1 else start + INTERVAL_SECONDS
        sheet, place = divmod(tile, layout.tiles)
        row, column = divmod(place, layout.columns)
        area = f"{column * layout.width},{row * layout.height},{layout.width},{layout.height}"
        blocks.append(f"{_timestamp(start)} --> {_timestamp(end)}\n{sheet_name(sheet)}#xywh={area}")
    return "\n\n".join(blocks) + "\n"


def _timestamp(seconds: float) -> str:
    # A cue must not be empty, however short the clip.
    milliseconds = ceil(round(seconds * 1000, 3))
    hours, rest = divmod(milliseconds, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    return f"{hours:02}:{minutes:02}:{rest // 1000:02}.{rest % 1000:03}"


class JpegReader:
    """Cuts a stream of JPEG pictures, as ffmpeg's ``image2pipe`` writes them, into single ones."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Add `data`; yield every picture that is now complete. Raises MediaError when the stream holds none."""
        self._buffer += data
        while (end := self._end()) is not None:
            yield bytes(self._buffer[:end])
            del self._buffer[:end]

    def _end(self) -> int | None:
        """Walk the marker segments up to the scan, where 0xFF is stuffed and FF D9 can only be the end."""
        buffer, position = self._buffer, 2
        if len(buffer) < 4:
            return None
        if buffer[:2] != b"\xff\xd8":
            raise MediaError(MediaCode.FFMPEG_FAILED, "the encoder's pictures lost their framing")
        while position + 4 <= len(buffer):
            marker = buffer[position + 1]
            position += 2 + int.from_bytes(buffer[position + 2 : position + 4])
            if marker == 0xDA:
                end = buffer.find(b"\xff\xd9", position)
                return end + 2 if end >= 0 else None
        return None
