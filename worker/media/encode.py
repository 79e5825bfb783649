"""Encode a planned source: one ffmpeg process, its outputs on pipes, finished objects to a sink as they appear.

Nothing is written to disk. ffmpeg's pipes are read by the event loop, cut into segments by `worker.media.packager` and
handed to the sink a bounded number at a time; a slow sink slows ffmpeg down instead of filling memory.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import re
import signal
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

import imageio_ffmpeg

from shared.encoding.ladder import Plan
from worker.media import child, sprites
from worker.media.errors import MediaCode, MediaError, classify_log
from worker.media.graph import THUMBNAILS, Outputs, Preset, command
from worker.media.packager import AudioPackager, VideoPackager
from worker.media.publisher import OnPlayable, Publisher
from worker.media.results import AudioTrack, EncodeResult, VideoRendition
from worker.media.shelf import Shelf, Sink

_PIPE_BYTES = 1 << 20
_READ_BYTES = 1 << 18
_LOG_LINES = 200
_TELLING = ("[error]", "[fatal]", "received signal")
_DECODED = re.compile(r"Input stream #0:(\d+) \(video\).*?(\d+) frames decoded; (\d+) decode errors")
#: A source may end this much before its declared length and still count as whole.
_SHORTAGE_SECONDS = 1.0
_SHORTAGE_SHARE = 0.01


@dataclass(frozen=True, slots=True)
class EncodeSettings:
    """How an encode may use the machine. `wall_seconds` None allows twenty times the source's length plus ten minutes.

    `stall_seconds` is how long nothing may come out of ffmpeg, `upload_slots` how many objects are stored at once.
    """

    preset: Preset = Preset.VERYFAST
    threads: int = 2
    memory_bytes: int = 12 << 30
    cpu_seconds: int = 48 * 3600
    wall_seconds: float | None = None
    stall_seconds: float = 120
    upload_slots: int = 4
    output_bytes: int = 200 << 30
    playlist_interval_seconds: float = 2
    progress_interval_seconds: float = 0.5
    ffmpeg: str | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """Where an encode stands. `speed` is source seconds per second; `rungs` maps names to percent."""

    percent: float
    rungs: dict[str, float]
    frames: int
    fps: float
    speed: float
    eta_seconds: float | None
    reachable_seconds: float


OnProgress = Callable[[Progress], Awaitable[None]]
Consumer = Callable[[bytes], Awaitable[None]]


async def encode(
    url: str,
    plan: Plan,
    sink: Sink,
    *,
    settings: EncodeSettings | None = None,
    on_progress: OnProgress | None = None,
    on_playable: OnPlayable | None = None,
) -> EncodeResult:
    """Encode `url` as `plan` says and store every object through `sink`.

    `on_progress` is awaited every `progress_interval_seconds`. What it, `on_playable` or the sink raises ends the
    encode and is raised here; so does cancellation, and ffmpeg is dead before either leaves this function. Raises
    MediaError for all that goes wrong in ffmpeg or with its output, ValueError for a plan of more than one window.
    """
    if len(plan.windows) != 1:
        raise ValueError("several windows are not encoded yet; plan with window_seconds=None")
    settings = settings or EncodeSettings()
    run = _Run(url, plan, settings, on_progress)
    limit = settings.wall_seconds or 600 + 20 * plan.duration_seconds
    try:
        async with asyncio.timeout(limit):
            return await run.whole(sink, on_playable)
    except TimeoutError:
        raise MediaError(MediaCode.FFMPEG_TIMEOUT, f"the encode took longer than {limit:.0f} s") from None
    except BaseExceptionGroup as group:
        raise _root(group) from group


def _root(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the first plain exception of a task group: the others are its echo."""
    first = group.exceptions[0]
    return _root(first) if isinstance(first, BaseExceptionGroup) else first


class _Run:
    """The state of one encode."""

    def __init__(self, url: str, plan: Plan, settings: EncodeSettings, on_progress: OnProgress | None) -> None:
        self._url = url
        self._plan = plan
        self._settings = settings
        self._on_progress = on_progress
        self._log: deque[str] = deque(maxlen=_LOG_LINES)
        self._decoded = (0, 0)
        self._sheets = 0
        self._thumbnails: list[bytes] = []
        self._started = self._last_sign = self._told = time.monotonic()
        self._busy = self._top_frames = 0
        self._percent = 0.0
        self._video: list[VideoPackager] = []
        self._audio: list[AudioPackager] = []

    async def whole(self, sink: Sink, on_playable: OnPlayable | None) -> EncodeResult:
        plan, settings = self._plan, self._settings
        async with asyncio.TaskGroup() as uploads:
            shelf = Shelf(sink, uploads, slots=settings.upload_slots, limit_bytes=settings.output_bytes)
            publisher = Publisher(
                plan,
                self._video,
                self._audio,
                shelf,
                interval_seconds=settings.playlist_interval_seconds,
                on_playable=on_playable,
            )
            window = plan.windows[0]
            self._video += [VideoPackager(r, plan, window, shelf, publisher.changed) for r in plan.rungs]
            self._audio += [AudioPackager(t, plan, window, shelf, publisher.changed) for t in plan.audio]
            publishing = uploads.create_task(publisher.run())
            await self._ffmpeg(shelf, publisher)
            video = [await packager.finish() for packager in self._video]
            self._check_length()
            audio = [await packager.finish(video[0].frames) for packager in self._audio]
            await self._pictures(shelf, video[0])
            await shelf.drain()
            publisher.stop()
            await publishing
            await publisher.finish(video, audio)
        return self._result(shelf, video, audio)

    async def _ffmpeg(self, shelf: Shelf, publisher: Publisher) -> None:
        """Run ffmpeg to its end; raises MediaError when it fails, hangs or breaks the plan."""
        plan, settings = self._plan, self._settings
        with contextlib.closing(_Pipes(len(plan.rungs) + len(plan.audio) + 3)) as pipes:
            *media, sheets, thumbnails, progress = pipes.writers
            outputs = Outputs(media[: len(plan.rungs)], media[len(plan.rungs) :], sheets, thumbnails, progress)
            ffmpeg = settings.ffmpeg or imageio_ffmpeg.get_ffmpeg_exe()  # type: ignore[attr-defined, no-untyped-call]
            process = await child.spawn(
                command(ffmpeg, self._url, plan, outputs, preset=settings.preset, threads=settings.threads),
                memory_bytes=settings.memory_bytes,
                cpu_seconds=settings.cpu_seconds,
                pass_fds=tuple(pipes.writers),
            )
            try:
                pipes.close_writers()
                status = await self._follow(process, pipes, shelf, publisher)
            finally:
                await child.kill(process)
        if status != 0:
            raise self._failure(status)

    async def _follow(
        self, process: asyncio.subprocess.Process, pipes: _Pipes, shelf: Shelf, publisher: Publisher
    ) -> int:
        """Read all outputs to their end, under the eyes of the watchdog; return ffmpeg's exit code."""
        consumers: list[Consumer] = [
            *(partial(self._take_video, packager) for packager in self._video),
            *(partial(self._take_audio, packager) for packager in self._audio),
            partial(self._take_sheets, sprites.JpegReader(), shelf),
            partial(self._take_thumbnails, sprites.JpegReader()),
            partial(self._take_progress, publisher),
        ]
        async with asyncio.TaskGroup() as tasks:
            watchdog = tasks.create_task(self._watch())
            reading = [tasks.create_task(self._pump(pipes.take_reader(), consume)) for consume in consumers]
            reading.append(tasks.create_task(self._read_log(process)))
            await asyncio.wait(reading)
            status = await process.wait()
            watchdog.cancel()
        return status

    def _failure(self, status: int) -> MediaError:
        if status == -signal.SIGKILL:
            return MediaError(MediaCode.FFMPEG_OUT_OF_MEMORY, "the system killed ffmpeg, most likely for its memory")
        if status > 0 and (error := classify_log("\n".join(self._log))):
            return error
        last = self._log[-1] if self._log else "no message"
        return MediaError(MediaCode.FFMPEG_FAILED, f"ffmpeg ended with status {status}: {last[:300]}")

    async def _pump(self, pipe: BinaryIO, consume: Consumer) -> None:
        """Feed what comes through a pipe to `consume`. Reading stops while nobody takes it: backpressure."""
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=_READ_BYTES)
        transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
        try:
            while data := await reader.read(_READ_BYTES):
                self._busy += 1
                try:
                    await consume(data)
                finally:
                    self._busy -= 1
                    self._last_sign = time.monotonic()
        finally:
            transport.close()

    async def _take_video(self, packager: VideoPackager, data: bytes) -> None:
        frames = packager.frames
        await packager.feed(data)
        if packager.frames != frames:
            for audio in self._audio:
                await audio.advance(self._video_frames())

    async def _take_audio(self, packager: AudioPackager, data: bytes) -> None:
        await packager.feed(data, self._video_frames())

    async def _take_sheets(self, reader: sprites.JpegReader, shelf: Shelf, data: bytes) -> None:
        for picture in reader.feed(data):
            await shelf.put(f"sprites/{sprites.sheet_name(self._sheets)}", picture, "image/jpeg", "sprite")
            self._sheets += 1

    async def _take_thumbnails(self, reader: sprites.JpegReader, data: bytes) -> None:
        self._thumbnails += reader.feed(data)

    async def _take_progress(self, publisher: Publisher, data: bytes) -> None:
        """Count the lines that ffmpeg writes, one for each frame of the top rung."""
        self._top_frames += data.count(b"\n")
        if self._on_progress and time.monotonic() - self._told >= self._settings.progress_interval_seconds:
            await self._on_progress(self._progress(self._top_frames, publisher.reachable_seconds))
            self._told = time.monotonic()

    def _progress(self, frames: int, reachable_seconds: float) -> Progress:
        expected = max(self._plan.expected_frames, frames)
        fps = frames / (time.monotonic() - self._started)
        done = {packager.name: packager.frames for packager in self._video} | {self._video[0].name: frames}
        # The end is reported by whoever has verified the result, so this stops short of it.
        self._percent = max(self._percent, min(99.0, 100 * frames / expected))
        return Progress(
            percent=self._percent,
            rungs={name: 100 * count / expected for name, count in done.items()},
            frames=frames,
            fps=fps,
            speed=fps / float(self._plan.frame_rate),
            eta_seconds=(expected - frames) / fps if fps else None,
            reachable_seconds=reachable_seconds,
        )

    async def _read_log(self, process: asyncio.subprocess.Process) -> None:
        assert process.stderr is not None
        buffer = b""
        while data := await process.stderr.read(_READ_BYTES):
            *lines, buffer = (buffer[-_READ_BYTES:] + data).split(b"\n")
            for line in lines:
                text = line.decode(errors="replace")
                if any(mark in text for mark in _TELLING) or text.startswith("[http"):
                    self._log.append(text)
                elif found := _DECODED.search(text):
                    index, frames, errors = map(int, found.groups())
                    if index == self._plan.source.video_index:
                        self._decoded = (frames, errors)

    async def _watch(self) -> None:
        """End the encode when ffmpeg is silent for too long. While the sink holds a reader up, it may not speak."""
        while True:
            silent = 0.0 if self._busy else time.monotonic() - self._last_sign
            if silent >= self._settings.stall_seconds:
                raise MediaError(MediaCode.FFMPEG_STALLED, f"nothing came out of ffmpeg for {silent:.0f} s")
            await asyncio.sleep(min(5.0, self._settings.stall_seconds - silent))

    def _video_frames(self) -> int:
        return max(packager.frames for packager in self._video)

    def _check_length(self) -> None:
        """Refuse a source that ends clearly before its declared length: it is cut off, or the download was."""
        plan, frames = self._plan, self._video[0].frames
        missing = plan.duration_seconds - float(frames / plan.frame_rate)
        if missing > max(_SHORTAGE_SECONDS, _SHORTAGE_SHARE * plan.duration_seconds):
            error = classify_log("\n".join(self._log))
            if error and not error.permanent:
                raise error
            raise MediaError(
                MediaCode.MEDIA_TRUNCATED,
                f"only {plan.duration_seconds - missing:.1f} of {plan.duration_seconds:.1f} s can be decoded",
            )

    async def _pictures(self, shelf: Shelf, rendition: VideoRendition) -> None:
        """Store the candidates, the poster (the one with most detail, so never a black frame) and the cue file."""
        if not self._thumbnails:
            raise MediaError(MediaCode.FFMPEG_FAILED, "no thumbnail was made")
        first, *later = self._thumbnails
        candidates = (later + [later[-1] if later else first] * THUMBNAILS)[:THUMBNAILS]
        for number, picture in enumerate(candidates, 1):
            await shelf.put(f"thumb-{number}.jpg", picture, "image/jpeg", "thumbnail")
        await shelf.put("poster.jpg", max(candidates, key=len), "image/jpeg", "thumbnail")
        last = self._plan.rungs[-1]
        layout = sprites.grid(
            last.width, last.height, sprites.tile_count(self._plan.expected_frames, self._plan.frame_rate)
        )
        tiles = sprites.tile_count(rendition.frames, rendition.frame_rate)
        if self._sheets * layout.tiles < tiles:
            raise MediaError(MediaCode.FFMPEG_FAILED, f"{self._sheets} sprite sheets for {tiles} tiles")
        cues = sprites.webvtt(layout, tiles, float(rendition.duration_seconds))
        await shelf.put("sprites/sprites.vtt", cues.encode(), sprites.CONTENT_TYPE, "sprite")

    def _result(self, shelf: Shelf, video: list[VideoRendition], audio: list[AudioTrack]) -> EncodeResult:
        return EncodeResult(
            renditions=tuple(video),
            audio=tuple(audio),
            objects=dict(shelf.objects),
            thumbnails=tuple(f"thumb-{number}.jpg" for number in range(1, THUMBNAILS + 1)),
            frames_decoded=self._decoded[0],
            decode_errors=self._decoded[1],
            encode_seconds=time.monotonic() - self._started,
        )


class _Pipes:
    """Pipes from ffmpeg, one an output. Every descriptor is closed exactly once: its number may be reused at once."""

    def __init__(self, count: int) -> None:
        self.readers: list[int] = []
        self.writers: list[int] = []
        for _ in range(count):
            reader, writer = os.pipe()
            self.readers.append(reader)
            self.writers.append(writer)
            with contextlib.suppress(OSError):
                fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)

    def take_reader(self) -> BinaryIO:
        """Hand the next reading end over to the caller."""
        return os.fdopen(self.readers.pop(0), "rb", buffering=0)

    def close_writers(self) -> None:
        """Close our writing ends, so that the readers see the end when ffmpeg closes its own."""
        while self.writers:
            os.close(self.writers.pop())

    def close(self) -> None:
        """Close what was neither taken nor closed."""
        self.close_writers()
        while self.readers:
            os.close(self.readers.pop())
