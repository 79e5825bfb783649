"""Keeps the growing playlists of a running encode in step with what is stored, so that playback starts early."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence

from shared.encoding.ladder import Plan
from worker.media import playlists
from worker.media.packager import AudioPackager, VideoPackager
from worker.media.results import AudioTrack, VideoRendition
from worker.media.shelf import Shelf

#: Called once, with the seconds that can be played so far.
OnPlayable = Callable[[float], Awaitable[None]]


class Publisher:
    """Writes EVENT playlists of all renditions, at most once every `interval_seconds`.

    The first time is when every rendition has its first segment; `changed` tells that more is stored.
    """

    def __init__(
        self,
        plan: Plan,
        video: Sequence[VideoPackager],
        audio: Sequence[AudioPackager],
        shelf: Shelf,
        *,
        interval_seconds: float,
        on_playable: OnPlayable | None,
    ) -> None:
        self._plan = plan
        self._video = video
        self._audio = audio
        self._shelf = shelf
        self._interval_seconds = interval_seconds
        self._on_playable = on_playable
        self._news = asyncio.Event()
        self._done = asyncio.Event()
        self._published = 0
        self.reachable_seconds = 0.0

    def changed(self) -> None:
        """Note that a segment was stored."""
        self._news.set()

    def stop(self) -> None:
        """Let `run` return after what it is writing."""
        self._done.set()
        self._news.set()

    async def run(self) -> None:
        """Publish until `stop`."""
        while not self._done.is_set():
            await self._news.wait()
            self._news.clear()
            segments = min(packager.stored for packager in (*self._video, *self._audio))
            if segments > self._published and not self._done.is_set():
                await self._publish(segments)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._done.wait(), self._interval_seconds)

    async def finish(self, video: Sequence[VideoRendition], audio: Sequence[AudioTrack]) -> None:
        """Write the VOD playlists."""
        await put_final(self._shelf, video, audio)
        self.reachable_seconds = float(video[0].duration_seconds)
        if not self._published and self._on_playable:
            await self._on_playable(self.reachable_seconds)

    async def _publish(self, segments: int) -> None:
        """Write playlists that name the first `segments` segments; the multivariant one once, when it can play."""
        video = [packager.rendition(segments) for packager in self._video]
        audio = [packager.rendition(segments) for packager in self._audio]
        target = playlists.growing_target(self._plan)
        for track in (*video, *audio):
            await self._put(
                f"{track.directory}/{playlists.MEDIA}", playlists.media(track, kind="EVENT", target_duration=target)
            )
        if not self._published:
            await self._put(playlists.MULTIVARIANT, playlists.multivariant(video, audio, provisional=True))
        first, self._published = not self._published, segments
        self.reachable_seconds = float(min(track.duration_seconds for track in (*video, *audio)))
        if first and self._on_playable:
            await self._on_playable(self.reachable_seconds)

    async def _put(self, name: str, text: str) -> None:
        await _put(self._shelf, name, text)


async def put_final(shelf: Shelf, video: Sequence[VideoRendition], audio: Sequence[AudioTrack]) -> None:
    """Write the VOD playlists; the multivariant one last, when everything it names is there."""
    texts = {f"{track.directory}/{playlists.MEDIA}": playlists.media(track) for track in (*video, *audio)}
    texts |= {f"{rendition.directory}/{playlists.I_FRAMES}": playlists.i_frames(rendition) for rendition in video}
    async with asyncio.TaskGroup() as tasks:
        for name, text in texts.items():
            tasks.create_task(_put(shelf, name, text))
    await _put(shelf, playlists.MULTIVARIANT, playlists.multivariant(video, audio))


async def _put(shelf: Shelf, name: str, text: str) -> None:
    await shelf.put_now(name, text.encode(), playlists.CONTENT_TYPE, "playlist")
