"""The parts of a divided encode: windows of the source, the sound, and what joins them (`worker.media.assembly`).

A part stores its segments where they belong, and under ``parts/`` what only the assembly needs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from shared.encoding.ladder import Plan
from worker.media import graph
from worker.media.assembly import assemble
from worker.media.encode import sound_gains
from worker.media.errors import MediaCode, MediaError
from worker.media.packager import AudioPackager, VideoPackager
from worker.media.results import PartResult
from worker.media.run import BeganLate, EncodeSettings, OnProgress, Run, check_length, limited, root
from worker.media.shelf import Shelf, Sink

__all__ = ["OnStored", "PartResult", "assemble", "encode_audio", "encode_window"]

#: Called as segments land: how many of full length from the part's start are stored in all its renditions, and the
#: codec string of each directory.
OnStored = Callable[[int, dict[str, str]], Awaitable[None]]
#: How much earlier than usual reading begins when it has turned out to begin too late; in the end at the file's start.
_BACK_SECONDS = (0.0, 10.0, None)


async def encode_window(
    url: str,
    plan: Plan,
    number: int,
    share: str,
    sink: Sink,
    *,
    take: int,
    settings: EncodeSettings,
    on_progress: OnProgress | None = None,
    on_stored: OnStored | None = None,
) -> PartResult:
    """Encode the rungs of one share of a window, from one decode.

    A window that does not begin with exactly its first frame is not stored, but read again from further back. One
    that is shorter than planned, even empty, is accepted where the source may end early. Raises as `encode` does.
    """
    async with limited(settings, plan, "the window"):
        for back_seconds in _BACK_SECONDS:
            cut = graph.window(plan, number, share, back_seconds=back_seconds)
            run = Run(url, plan, cut, settings, on_progress)
            try:
                return await _window(run, cut, plan, number, share, sink, take, settings, on_stored)
            except BeganLate:
                if cut.seek_seconds is None:
                    break
    raise MediaError(MediaCode.FFMPEG_FAILED, f"the frame that window {number} begins with does not come out")


async def _window(
    run: Run,
    cut: graph.Cut,
    plan: Plan,
    number: int,
    share: str,
    sink: Sink,
    take: int,
    settings: EncodeSettings,
    on_stored: OnStored | None,
) -> PartResult:
    tiles: list[bytes] = []

    async def on_tile(picture: bytes) -> None:
        tiles.append(picture)

    window = plan.window(number)
    tiles_name = None
    candidates: list[str] = []
    try:
        async with asyncio.TaskGroup() as uploads:
            shelf = Shelf(sink, uploads, slots=settings.upload_slots, limit_bytes=settings.output_bytes)
            teller = _Teller(run.video, on_stored)
            run.video += [VideoPackager(r, plan, window, shelf, teller.changed, take=take) for r in cut.rungs]
            telling = uploads.create_task(teller.run())
            await run.ffmpeg(on_tile=on_tile, reachable=lambda: teller.count * float(plan.segment_seconds))
            video = [await packager.finish() for packager in run.video]
            frames = video[0].frames
            _check_end(plan, cut, frames, run.log)
            if tiles := tiles[cut.spare_tile(plan) :]:
                tiles_name = f"parts/tiles-{number}-{share}-{take}.mjpeg"
                await shelf.put(tiles_name, b"".join(tiles), "video/x-motion-jpeg", "scratch")
            for frame, picture in zip(cut.candidates, run.thumbnails[cut.spare_candidate :], strict=False):
                candidates.append(f"parts/candidate-{frame}-{take}.jpg")
                await shelf.put(candidates[-1], picture, "image/jpeg", "scratch")
            await shelf.drain()
            teller.stop()
            await telling
    except BaseExceptionGroup as group:
        raise root(group) from group
    return PartResult(
        kind="window",
        number=number,
        share=share,
        take=take,
        video=tuple(video),
        audio=(),
        objects=dict(shelf.objects),
        inits={packager.directory: packager.init_md5 for packager in run.video},
        encode_seconds=run.seconds,
        frames=frames,
        decode_errors=run.decode_errors,
        tiles=tiles_name,
        tile_count=len(tiles),
        candidates=tuple(candidates),
        losses=run.losses,
    )


def _check_end(plan: Plan, cut: graph.Cut, frames: int, log: str) -> None:
    """Accept fewer frames than planned only near the source's end; raises MediaError, or BeganLate to look again."""
    if cut.end_frame is not None and frames == cut.end_frame - cut.start_frame:
        return
    if not frames and not cut.looks_back:
        raise BeganLate
    try:
        check_length(plan, cut.start_frame + frames, log)
    except MediaError as error:
        if error.permanent and not frames and cut.seek_seconds is not None:
            raise BeganLate from error
        raise


async def encode_audio(
    url: str,
    plan: Plan,
    sink: Sink,
    *,
    take: int,
    settings: EncodeSettings,
    loudness_lufs: float | None = None,
    on_progress: OnProgress | None = None,
    on_stored: OnStored | None = None,
) -> PartResult:
    """Encode all audio tracks over their whole length; the last segments are left to `assemble`, which knows the end.

    Raises as `encode` does.
    """
    async with limited(settings, plan, "the sound"):
        gains = await sound_gains(url, plan, loudness_lufs, settings)
        run = Run(url, plan, graph.sound(plan), settings, on_progress, gains=gains)
        tails: dict[str, str] = {}
        async with asyncio.TaskGroup() as uploads:
            shelf = Shelf(sink, uploads, slots=settings.upload_slots, limit_bytes=settings.output_bytes)
            teller = _Teller(run.audio, on_stored)
            run.audio += [AudioPackager(track, plan, shelf, teller.changed, take=take) for track in plan.audio]
            telling = uploads.create_task(teller.run())
            await run.ffmpeg(on_tile=_no_tile, reachable=lambda: teller.count * float(plan.segment_seconds))
            for packager in run.audio:
                if not packager.units:
                    raise MediaError(MediaCode.FFMPEG_FAILED, f"no sound of audio {packager.directory} was encoded")
                if tail := packager.tail():
                    tails[packager.directory] = f"parts/tail-{packager.directory}-{take}.m4s"
                    await shelf.put(tails[packager.directory], tail, "video/iso.segment", "scratch")
            await shelf.drain()
            teller.stop()
            await telling
        return PartResult(
            kind="audio",
            number=0,
            share="all",
            take=take,
            video=(),
            audio=tuple(packager.rendition(len(packager.segments)) for packager in run.audio),
            objects=dict(shelf.objects),
            inits={packager.directory: packager.init_md5 for packager in run.audio},
            encode_seconds=run.seconds,
            tails=tails,
            losses=run.losses,
        )


async def _no_tile(_: bytes) -> None:
    raise AssertionError


class _Teller:
    """Tells how many whole segments of a part are stored, whenever that has grown."""

    def __init__(self, packagers: Sequence[VideoPackager | AudioPackager], on_stored: OnStored | None) -> None:
        self._packagers = packagers
        self._on_stored = on_stored
        self._news = asyncio.Event()
        self._done = False
        self.count = 0

    def changed(self) -> None:
        """Note that a segment was stored."""
        self._news.set()

    def stop(self) -> None:
        """Let `run` return after a last look."""
        self._done = True
        self._news.set()

    async def run(self) -> None:
        """Tell until `stop`."""
        while not self._done:
            await self._news.wait()
            self._news.clear()
            count = min(packager.whole for packager in self._packagers)
            if count > self.count:
                self.count = count
                if self._on_stored:
                    await self._on_stored(count, {p.directory: p.codecs for p in self._packagers})
