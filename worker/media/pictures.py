"""Put the pictures of a generation away: sprite sheets with their cue file, thumbnails, poster."""

from __future__ import annotations

from collections.abc import Sequence

from shared.encoding.ladder import Plan
from worker.media import sprites
from worker.media.errors import MediaCode, MediaError
from worker.media.graph import THUMBNAILS, tile_grid
from worker.media.results import VideoRendition
from worker.media.shelf import Shelf

THUMBNAIL_NAMES = tuple(f"thumb-{number}.jpg" for number in range(1, THUMBNAILS + 1))
POSTER = "poster.jpg"
_JPEG = "image/jpeg"


class Sheets:
    """Stores sprite sheets as they come, and the file that finds the tiles on them."""

    def __init__(self, plan: Plan, shelf: Shelf) -> None:
        self._layout = tile_grid(plan)
        self._shelf = shelf
        self._count = 0

    async def put(self, sheet: bytes) -> None:
        """Store the next sheet."""
        await self._shelf.put(f"sprites/{sprites.sheet_name(self._count)}", sheet, _JPEG, "sprite")
        self._count += 1

    async def finish(self, rendition: VideoRendition) -> None:
        """Store the cues for `rendition`, the finished film; raises MediaError FFMPEG_FAILED if tiles are missing."""
        tiles = sprites.tile_count(rendition.frames, rendition.frame_rate)
        if self._count * self._layout.tiles < tiles:
            raise MediaError(MediaCode.FFMPEG_FAILED, f"{self._count} sprite sheets for {tiles} tiles")
        cues = sprites.webvtt(self._layout, tiles, float(rendition.duration_seconds))
        await self._shelf.put("sprites/sprites.vtt", cues.encode(), sprites.CONTENT_TYPE, "sprite")


async def put_thumbnails(shelf: Shelf, pictures: Sequence[bytes]) -> None:
    """Store the candidates, and as the poster the one with most detail, so never a black frame.

    `pictures` are the film's first frame and the candidates there are; what is missing is filled up with the last one.
    """
    first, *later = pictures
    candidates = (later + [later[-1] if later else first] * THUMBNAILS)[:THUMBNAILS]
    for name, picture in zip(THUMBNAIL_NAMES, candidates, strict=True):
        await shelf.put(name, picture, _JPEG, "thumbnail")
    await shelf.put(POSTER, max(candidates, key=len), _JPEG, "thumbnail")
