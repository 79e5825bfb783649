"""One ffmpeg under watch: its outputs on pipes, cut into segments and pictures; its log, its pace, its silence.

Nothing is written to disk. ffmpeg's pipes are read by the event loop and handed on a bounded number of objects at a
time; a slow sink slows ffmpeg down instead of filling memory.
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
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import BinaryIO

import imageio_ffmpeg

from shared.encoding.ladder import AudioRendition, Plan
from worker.media import child, damage, sprites
from worker.media.adts import SAMPLES_PER_FRAME
from worker.media.errors import MediaCode, MediaError, classify_log
from worker.media.graph import Cut, Outputs, Preset, command
from worker.media.packager import AudioPackager, VideoPackager
from worker.media.results import Loss

_PIPE_BYTES = 1 << 20
_READ_BYTES = 1 << 18
_LOG_LINES = 200
_TELLING = ("[error]", "[fatal]", "received signal")
_DECODED = re.compile(
    r"Input stream #0:(\d+) \((?:video|audio)\).*?(\d+) frames decoded; (\d+) decode errors(?: \((\d+) samples)?"
)
#: The demuxer names the place where it has lost its way, and goes on at the next one that it understands. That a
#: recording ends in the middle of a picture is no such place.
_SKIPPED = re.compile(r"\[in#0[^]]*\] \[error\] (?!File ended|Read error).*\b0x")
#: Pictures come out of an encoder at most this far from their order.
_MOST_REORDERED = 8
#: ffmpeg works where it uses this share of one CPU. Waiting for a network takes a hundredth of it.
_WORKING_SHARE = 0.01
#: How many times longer a working ffmpeg may be silent than an idle one: it may have to decode far to where it begins.
_WORKING_STALLS = 10
_CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
#: A source may end this much before its declared length and still count as whole.
_SHORTAGE_SECONDS = 1.0
_SHORTAGE_SHARE = 0.01


@dataclass(frozen=True, slots=True)
class EncodeSettings:
    """How an encode may use the machine. `wall_seconds` None allows twenty times the source's length plus ten minutes.

    `stall_seconds` is how long nothing may come out of an idle ffmpeg; one that uses the CPU has ten times as long.
    `upload_slots` is how many objects are stored at once.
    `cpus` are the only ones that ffmpeg may run on; `threads`, of which every codec has its own, do not limit that.
    """

    preset: Preset = Preset.VERYFAST
    threads: int = 2
    cpus: tuple[int, ...] | None = None
    memory_bytes: int = 12 << 30
    cpu_seconds: int = 48 * 3600
    wall_seconds: float | None = None
    stall_seconds: float = 120
    upload_slots: int = 4
    output_bytes: int = 200 << 30
    playlist_interval_seconds: float = 2
    progress_interval_seconds: float = 0.5
    ffmpeg: str | None = None

    @property
    def program(self) -> str:
        """Path of the ffmpeg to run."""
        return self.ffmpeg or str(imageio_ffmpeg.get_ffmpeg_exe())  # type: ignore[attr-defined, no-untyped-call]


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
OnPicture = Callable[[bytes], Awaitable[None]]
Consumer = Callable[[bytes], Awaitable[None]]


class BeganLate(Exception):
    """The first frame that came out lies behind the one that was asked for, or none came: reading began too late."""


@asynccontextmanager
async def limited(settings: EncodeSettings, plan: Plan, what: str) -> AsyncIterator[None]:
    """Run the block within the wall time of an encode; a task group's first exception is raised instead of the group.

    Raises MediaError FFMPEG_TIMEOUT when time is over.
    """
    limit = settings.wall_seconds or 600 + 20 * plan.duration_seconds
    try:
        async with asyncio.timeout(limit):
            yield
    except TimeoutError:
        raise MediaError(MediaCode.FFMPEG_TIMEOUT, f"{what} took longer than {limit:.0f} s") from None
    except BaseExceptionGroup as group:
        raise root(group) from group


def root(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the first plain exception of a task group: the others are its echo."""
    first = group.exceptions[0]
    return root(first) if isinstance(first, BaseExceptionGroup) else first


def check_length(plan: Plan, frames: int, log: str = "") -> None:
    """Refuse a source that ends clearly before its declared length: it is cut off, or the download was."""
    missing = plan.duration_seconds - float(frames / plan.frame_rate)
    if missing > max(_SHORTAGE_SECONDS, _SHORTAGE_SHARE * plan.duration_seconds):
        error = classify_log(log)
        if error and not error.permanent:
            raise error
        raise MediaError(
            MediaCode.MEDIA_TRUNCATED,
            f"only {plan.duration_seconds - missing:.1f} of {plan.duration_seconds:.1f} s can be decoded",
        )


class Run:
    """One ffmpeg at work on one cut of a source. Whoever knows what the segments are for adds the packagers."""

    def __init__(
        self,
        url: str,
        plan: Plan,
        cut: Cut,
        settings: EncodeSettings,
        on_progress: OnProgress | None,
        *,
        gains: Mapping[str, str] | None = None,
    ) -> None:
        self._url = url
        self._plan = plan
        self._cut = cut
        self._settings = settings
        self._on_progress = on_progress
        self._gains = gains
        self._log: deque[str] = deque(maxlen=_LOG_LINES)
        self._started = self._last_sign = self._told = time.monotonic()
        self._busy = self._top_frames = self._repeats = 0
        self._stats = b""
        self._shown: deque[int] = deque(maxlen=_MOST_REORDERED)
        self._percent = 0.0
        self._begun = asyncio.Event()
        #: The frame up to which audio may be cut where no video runs beside it.
        self._audio_reach = plan.expected_frames - 2 * plan.segment_frames
        self.video: list[VideoPackager] = []
        self.audio: list[AudioPackager] = []
        self.thumbnails: list[bytes] = []
        self._decoded: dict[int, damage.Decoded] = {}
        self._skipped = False

    @property
    def seconds(self) -> float:
        """Time since this was made."""
        return time.monotonic() - self._started

    @property
    def log(self) -> str:
        """The last telling lines of ffmpeg's log."""
        return "\n".join(self._log)

    @property
    def frames_decoded(self) -> int:
        """Pictures that came out of the decoder, those before the cut included."""
        return self._decoded.get(self._plan.source.video_index, damage.Decoded()).units

    @property
    def decode_errors(self) -> int:
        """Packets of pictures that the decoder gave up on, those before the cut included."""
        return self._decoded.get(self._plan.source.video_index, damage.Decoded()).errors

    @property
    def losses(self) -> tuple[Loss, ...]:
        """What of this cut could not be decoded, of the picture and of each audio track that it has.

        A picture is lost where another is shown again in its place, and the decoder gave up on as many: an error before
        the cut's beginning leaves no such hole, nor does a packet without a picture; pauses in the source are no error.
        Where the demuxer has skipped some of the file, no decoder knows of it: then every hole is counted.
        """
        holes = self._repeats if self._skipped else min(self._repeats, self.decode_errors)
        sound = tuple(self._sound(track) for track in self._cut.audio)
        return (Loss("", holes, self._top_frames), *sound) if self._cut.rungs else sound

    def _sound(self, track: AudioRendition) -> Loss:
        decoded = self._decoded.get(track.source_index, damage.Decoded())
        wanted = damage.wanted_samples(self._plan, track) if self._skipped else 0
        return damage.sound(track.name, decoded, wanted)

    async def ffmpeg(self, *, on_tile: OnPicture, reachable: Callable[[], float]) -> None:
        """Run ffmpeg to its end.

        Raises MediaError when it fails, hangs or breaks the plan, BeganLate when its first frame is not the cut's.
        """
        cut, settings = self._cut, self._settings
        video, audio = len(cut.rungs), len(cut.audio)
        with contextlib.closing(Pipes(video + audio + bool(video) + cut.tiles + bool(cut.candidates))) as pipes:
            rest = iter(pipes.writers[video + audio :])
            outputs = Outputs(
                pipes.writers[:video],
                pipes.writers[video : video + audio],
                tiles=next(rest) if cut.tiles else None,
                thumbnails=next(rest) if cut.candidates else None,
                progress=next(rest) if video else None,
            )
            process = await child.spawn(
                command(
                    settings.program,
                    self._url,
                    self._plan,
                    cut,
                    outputs,
                    preset=settings.preset,
                    threads=settings.threads,
                    gains=self._gains,
                ),
                memory_bytes=settings.memory_bytes,
                cpu_seconds=settings.cpu_seconds,
                source=self._url,
                cpus=settings.cpus,
                pass_fds=tuple(pipes.writers),
            )
            try:
                pipes.close_writers()
                status = await self._follow(process, pipes, on_tile, reachable)
            finally:
                await child.kill(process)
        if status != 0:
            raise self._failure(status)

    async def _follow(
        self,
        process: asyncio.subprocess.Process,
        pipes: Pipes,
        on_tile: OnPicture,
        reachable: Callable[[], float],
    ) -> int:
        """Read all outputs to their end, under the eyes of the watchdog; return ffmpeg's exit code."""
        consumers: list[Consumer] = [
            *(partial(self._take_video, packager) for packager in self.video),
            *(partial(self._take_audio, packager, reachable) for packager in self.audio),
        ]
        if self._cut.tiles:
            consumers.append(partial(self._take_tiles, sprites.JpegReader(), on_tile))
        if self._cut.candidates:
            consumers.append(partial(self._take_thumbnails, sprites.JpegReader()))
        async with asyncio.TaskGroup() as tasks:
            watchdog = tasks.create_task(self._watch(process.pid))
            reading = [tasks.create_task(self._pump(pipes.take_reader(), consume)) for consume in consumers]
            reading.append(tasks.create_task(self._read_log(process)))
            if self.video:
                reading.append(tasks.create_task(self._read_progress(pipes.take_reader(), reachable)))
            await asyncio.wait(reading)
            status = await process.wait()
            watchdog.cancel()
        return status

    def _failure(self, status: int) -> MediaError:
        if status == -signal.SIGKILL:
            return MediaError(MediaCode.FFMPEG_OUT_OF_MEMORY, "the system killed ffmpeg, most likely for its memory")
        if status > 0 and (error := classify_log(self.log)):
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
        if self._cut.start_frame:
            # Nothing is stored before it is known that the first frame is the right one.
            await self._begun.wait()
        frames = packager.frames
        await packager.feed(data)
        if packager.frames != frames:
            for audio in self.audio:
                await audio.advance(self._video_frames())

    async def _take_audio(self, packager: AudioPackager, reachable: Callable[[], float], data: bytes) -> None:
        if self.video:
            await packager.feed(data, self._video_frames())
            return
        await packager.feed(data, self._audio_reach)
        samples = min(audio.units for audio in self.audio) * SAMPLES_PER_FRAME
        await self._tell(int(Fraction(samples, packager.sample_rate) * self._plan.frame_rate), reachable)

    async def _take_tiles(self, reader: sprites.JpegReader, on_tile: OnPicture, data: bytes) -> None:
        for picture in reader.feed(data):
            await on_tile(picture)

    async def _take_thumbnails(self, reader: sprites.JpegReader, data: bytes) -> None:
        self.thumbnails += reader.feed(data)

    async def _read_progress(self, pipe: BinaryIO, reachable: Callable[[], float]) -> None:
        await self._pump(pipe, partial(self._take_progress, reachable))
        # Without any frame there is nothing to wait for.
        self._begun.set()

    async def _take_progress(self, reachable: Callable[[], float], data: bytes) -> None:
        """Take the lines that ffmpeg writes, one for each frame of the top rung as it is encoded.

        They hold its number, its timestamp, and the number of the decoded picture that it shows (negative: unknown).
        """
        *lines, self._stats = (self._stats + data).split(b"\n")
        for line in lines:
            _, timestamp, picture = map(int, line.split())
            if not self._top_frames and timestamp != 0 and self._cut.start_frame:
                raise BeganLate
            self._top_frames += 1
            self._repeats += picture >= 0 and picture in self._shown
            self._shown.append(picture)
            self._begun.set()
        await self._tell(self._top_frames, reachable)

    async def _tell(self, frames: int, reachable: Callable[[], float]) -> None:
        if self._on_progress and time.monotonic() - self._told >= self._settings.progress_interval_seconds:
            await self._on_progress(self._progress(frames, reachable()))
            self._told = time.monotonic()

    def _progress(self, frames: int, reachable_seconds: float) -> Progress:
        expected = max(self._cut.expected_frames(self._plan), frames)
        fps = frames / self.seconds
        done = {packager.name: packager.frames for packager in self.video}
        done |= {self.video[0].name: frames} if self.video else {}
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
                self._skipped = self._skipped or bool(_SKIPPED.match(text))
                if any(mark in text for mark in _TELLING) or text.startswith("[http"):
                    self._log.append(text)
                elif found := _DECODED.search(text):
                    index, *counts = (int(number or 0) for number in found.groups())
                    self._decoded[index] = damage.Decoded(*counts)

    async def _watch(self, pid: int) -> None:
        """End the encode when ffmpeg is silent for too long. While the sink holds a reader up, it may not speak.

        A window may lie far behind the key frame where reading begins: to decode what lies between is a sign of life.
        """
        limit = self._settings.stall_seconds
        looked = worked = time.monotonic()
        used = _cpu_seconds(pid)
        while True:
            now, now_used = time.monotonic(), _cpu_seconds(pid)
            if now_used > used and now_used - used >= _WORKING_SHARE * (now - looked):
                worked = now
            looked, used = now, now_used
            silent = 0.0 if self._busy else now - self._last_sign
            idle = min(silent, now - worked)
            if idle >= limit or silent >= _WORKING_STALLS * limit:
                raise MediaError(MediaCode.FFMPEG_STALLED, f"nothing came out of ffmpeg for {silent:.0f} s")
            await asyncio.sleep(min(5.0, limit - idle))

    def _video_frames(self) -> int:
        return max(packager.frames for packager in self.video)


def _cpu_seconds(pid: int) -> float:
    """Return the CPU time that a process has used with all its threads (proc(5)); 0 when it is gone."""
    try:
        numbers = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return 0.0
    return (int(numbers[11]) + int(numbers[12])) / _CLOCK_TICKS


class Pipes:
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
