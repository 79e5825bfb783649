"""Turn encoder output into segments: video fragments from fMP4, audio frames from ADTS.

Frame numbers rule the clock. A video fragment is one group of pictures; its times follow from its first frame's
number, whatever ffmpeg wrote, so windows join without a seam. Audio is cut where the video is, at
the AAC frame nearest after, and ends with the video to the sample.

AAC starts with 1024 samples of priming. An edit list would hide them, but players and HLS clients treat edit lists
differently (hls.js shifts, some ignore); so the priming frame is dropped instead, and the frame after it is
placed at zero. What the decoder lacks is that frame's overlap: the first 21 ms fade in, nothing is shifted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from fractions import Fraction
from math import ceil

from shared.encoding.ladder import AudioRendition, Plan, Rung, Window
from worker.media import fmp4
from worker.media.adts import SAMPLES_PER_FRAME, AdtsReader
from worker.media.errors import MediaCode, MediaError
from worker.media.results import AudioTrack, IFrame, Segment, VideoRendition
from worker.media.shelf import Shelf

INIT = "init.mp4"
SEGMENT_TYPE = "video/iso.segment"


def segment_name(number: int, take: int = 1) -> str:
    """Return a segment's file name, like ``seg-00000.m4s``; ``seg-00000-2.m4s`` where it is made a second time."""
    return f"seg-{number:05}.m4s" if take == 1 else f"seg-{number:05}-{take}.m4s"


def audio_samples(plan: Plan, sample_rate: int, video_frames: int) -> int:
    """Return how many samples last as long as `video_frames`."""
    return round(video_frames / plan.frame_rate * sample_rate)


def audio_border(plan: Plan, sample_rate: int, segments: int) -> int:
    """Return how many AAC frames the first `segments` segments hold: up to the one that reaches the video's border."""
    return ceil(audio_samples(plan, sample_rate, segments * plan.segment_frames) / SAMPLES_PER_FRAME)


def audio_fragment(sequence: int, first: int, frames: Sequence[bytes], samples: int) -> bytes:
    """Return AAC `frames` as ``moof`` + ``mdat``: the first is the `first`-th of the track, the last may be cut."""
    last = samples - (len(frames) - 1) * SAMPLES_PER_FRAME
    lengths = [SAMPLES_PER_FRAME] * (len(frames) - 1) + [last]
    rows = tuple(fmp4.Sample(len(f), n) for f, n in zip(frames, lengths, strict=True))
    fragment = fmp4.Fragment(sequence, first * SAMPLES_PER_FRAME, rows, b"".join(frames))
    return fmp4.write_fragment(fragment, all_sync=True)


class _Packager:
    """Segments of one rendition: all that were cut, and how many of them can be played already."""

    def __init__(
        self, directory: str, plan: Plan, window: Window, shelf: Shelf, changed: Callable[[], None], take: int
    ) -> None:
        self.directory = directory
        self.segments: list[Segment] = []
        self.init_md5 = ""
        self._plan = plan
        self._shelf = shelf
        self._changed = changed
        self._take = take
        self._keeps_init = window.index == 0
        self._first_number = window.start_frame // plan.segment_frames
        self._finished: set[int] = set()
        self._run = 0
        self._init_stored = False

    @property
    def stored(self) -> int:
        """How many segments, from the first on, are stored together with the init segment."""
        return self._run if self._init_stored else 0

    @property
    def whole(self) -> int:
        """How many segments of full length, from the first on, are stored."""
        return self.stored

    async def _put_init(self, init: bytes, content_type: str) -> None:
        """Store the init segment, of which there is one for all windows: the first one's."""

        def stored() -> None:
            self._init_stored = True
            self._changed()

        self.init_md5 = hashlib.md5(init, usedforsecurity=False).hexdigest()
        if not self._keeps_init:
            stored()
            return
        await self._shelf.put(f"{self.directory}/{INIT}", init, content_type, "init", then=stored)

    async def _put_segment(self, body: bytes, units: int, seconds: Fraction, i_frames: tuple[IFrame, ...] = ()) -> None:
        position = len(self.segments)
        name = segment_name(self._first_number + position, self._take)
        self.segments.append(Segment(name, len(body), units, seconds, i_frames))

        def stored() -> None:
            self._finished.add(position)
            while self._run in self._finished:
                self._run += 1
            self._changed()

        await self._shelf.put(f"{self.directory}/{name}", body, SEGMENT_TYPE, "segment", then=stored)


class VideoPackager(_Packager):
    """Feed it ffmpeg's fragmented MP4 of one rung; `finish` closes the last segment."""

    def __init__(
        self, rung: Rung, plan: Plan, window: Window, shelf: Shelf, changed: Callable[[], None], *, take: int = 1
    ) -> None:
        super().__init__(rung.directory, plan, window, shelf, changed, take)
        self.name = rung.name
        self._rung = rung
        self._reader = fmp4.BoxReader()
        self._config: fmp4.VideoConfig | None = None
        self._head = b""
        self._start_frame = window.start_frame
        self._segment = bytearray()
        self._segment_frames = 0
        self._i_frames: list[IFrame] = []
        self._ended = False
        self.frames = 0

    async def feed(self, data: bytes) -> None:
        """Take the next bytes; raises MediaError FFMPEG_FAILED when they break the plan's grid."""
        for kind, whole in self._reader.feed(data):
            if kind == b"mdat":
                await self._add(fmp4.parse_fragment(self._head, whole))
            elif kind == b"moov":
                await self._open(self._head + whole)
            else:
                self._head = whole

    @property
    def whole(self) -> int:
        """How many segments of full length, from the first on, are stored."""
        return min(self.stored, self.frames // self._plan.segment_frames)

    @property
    def codecs(self) -> str:
        """RFC 6381 string, empty before the header has come."""
        return self._config.codec if self._config else ""

    async def finish(self) -> VideoRendition:
        """Close the last segment; raises MediaError FFMPEG_FAILED without a header or, at the film's start, a frame."""
        if self._segment:
            await self._close()
        if self._config is None or not (self.frames or self._start_frame):
            raise MediaError(MediaCode.FFMPEG_FAILED, f"no frame of {self._rung.name} was encoded")
        return self.rendition(len(self.segments))

    def rendition(self, segments: int) -> VideoRendition:
        """Return what the first `segments` segments make."""
        return VideoRendition(
            segments=tuple(self.segments[:segments]),
            name=self._rung.name,
            directory=self.directory,
            width=self._rung.width,
            height=self._rung.height,
            codecs=self.codecs,
            frame_rate=self._plan.frame_rate,
            maxrate_bps=self._rung.maxrate_bps,
        )

    async def _open(self, init: bytes) -> None:
        self._config = config = fmp4.parse_init(init)
        if (config.width, config.height) != (self._rung.width, self._rung.height) or fmp4.has_edit_list(init):
            raise MediaError(MediaCode.FFMPEG_FAILED, f"the header of {self._rung.name} is not what was asked for")
        await self._put_init(init, "video/mp4")

    async def _add(self, fragment: fmp4.Fragment) -> None:
        """Place one group of pictures on the grid and check that it is closed, whole and in order."""
        assert self._config is not None
        count, ticks = len(fragment.samples), int(self._config.timescale / self._plan.frame_rate)
        shift = fragment.samples[0].composition_offset
        shown = [n * ticks + sample.composition_offset - shift for n, sample in enumerate(fragment.samples)]
        in_step = fragment.decode_time == self.frames * ticks and sorted(shown) == [n * ticks for n in range(count)]
        whole = count <= self._plan.gop_frames and not self._ended
        if not (in_step and whole and fmp4.starts_with_idr(fragment.data, self._config.nal_length_bytes)):
            raise MediaError(
                MediaCode.FFMPEG_FAILED, f"{self._rung.name} left its grid at frame {self._start_frame + self.frames}"
            )
        first = self._start_frame + self.frames
        clock = [fmp4.decode_tick(first + n, ticks) for n in range(count + 1)]
        if count == 1:
            clock[1] = clock[0] + ticks
        samples = tuple(
            fmp4.Sample(sample.size, clock[n + 1] - clock[n], first * ticks + shown[n] - clock[n])
            for n, sample in enumerate(fragment.samples)
        )
        if any(sample.composition_offset < 0 for sample in samples):
            raise MediaError(MediaCode.FFMPEG_FAILED, f"{self._rung.name} reorders frames by more than one")
        self._ended = count < self._plan.gop_frames
        number = first // self._plan.gop_frames + 1
        body = fmp4.write_fragment(fmp4.Fragment(number, clock[0], samples, fragment.data))
        i_frame_bytes = len(body) - len(fragment.data) + samples[0].size
        self._i_frames.append(IFrame(len(self._segment), i_frame_bytes, count / self._plan.frame_rate))
        self._segment += body
        self._segment_frames += count
        self.frames += count
        if self._segment_frames == self._plan.segment_frames:
            await self._close()

    async def _close(self) -> None:
        body, frames, i_frames = bytes(self._segment), self._segment_frames, tuple(self._i_frames)
        self._segment, self._segment_frames, self._i_frames = bytearray(), 0, []
        await self._put_segment(body, frames, frames / self._plan.frame_rate, i_frames)


class AudioPackager(_Packager):
    """Feed it ADTS. Segments are cut once the video is known to reach beyond them; `finish` cuts the last one."""

    def __init__(
        self, track: AudioRendition, plan: Plan, shelf: Shelf, changed: Callable[[], None], *, take: int = 1
    ) -> None:
        super().__init__(track.name, plan, Window(0, 0, None), shelf, changed, take)
        self.sample_rate = track.sample_rate
        self._track = track
        self._reader = AdtsReader()
        self._frames: list[bytes] = []
        self._primed = False
        self._opened = False
        self._started = 0

    async def feed(self, data: bytes, video_frames: int) -> None:
        """Take the next bytes and cut what `video_frames`, the video's length so far, allows."""
        for frame in self._reader.feed(data):
            if self._primed:
                self._frames.append(frame)
            self._primed = True
        await self.advance(video_frames)

    async def advance(self, video_frames: int) -> None:
        """Cut every segment that lies wholly within the video."""
        config = self._reader.config
        if config is None:
            return
        if not self._opened:
            self._opened = True
            await self._open()
        while True:
            border = (len(self.segments) + 1) * self._plan.segment_frames
            # A segment that ends with the video is the last one: `finish` cuts it to the sample.
            if video_frames < border or max(video_frames, self._plan.frames or 0) <= border:
                return
            count = audio_border(self._plan, self._track.sample_rate, len(self.segments) + 1) - self._started
            if len(self._frames) < count:
                return
            await self._cut(count, count * SAMPLES_PER_FRAME)

    async def finish(self, video_frames: int) -> AudioTrack:
        """Cut the last segment so that the audio is as long as the video; raises MediaError FFMPEG_FAILED if short."""
        await self.advance(video_frames)
        samples = self._samples(video_frames) - self._started * SAMPLES_PER_FRAME
        count = ceil(samples / SAMPLES_PER_FRAME)
        if len(self._frames) < count:
            raise MediaError(MediaCode.FFMPEG_FAILED, f"audio {self._track.name} ends before the video")
        if count > 0:
            await self._cut(count, samples)
        return self.rendition(len(self.segments))

    @property
    def codecs(self) -> str:
        """RFC 6381 string, empty before the first frame."""
        return self._reader.config.codec if self._reader.config else ""

    @property
    def units(self) -> int:
        """AAC frames seen so far."""
        return self._started + len(self._frames)

    def tail(self) -> bytes:
        """Return what is not in any segment yet as one fragment; empty if there is nothing."""
        if not self._frames:
            return b""
        return audio_fragment(1, self._started, self._frames, len(self._frames) * SAMPLES_PER_FRAME)

    def rendition(self, segments: int) -> AudioTrack:
        """Return what the first `segments` segments make."""
        return AudioTrack(
            segments=tuple(self.segments[:segments]),
            name=self._track.name,
            directory=self.directory,
            codecs=self.codecs,
            channels=self._track.channels,
            sample_rate=self._track.sample_rate,
            label=self._track.label,
            language=self._track.language,
            default=self._track.default,
            audio_bps=self._track.audio_bps,
        )

    def _samples(self, video_frames: int) -> int:
        return audio_samples(self._plan, self._track.sample_rate, video_frames)

    async def _open(self) -> None:
        config = self._reader.config
        assert config is not None
        if (config.sample_rate, config.channels) != (self._track.sample_rate, self._track.channels):
            raise MediaError(MediaCode.FFMPEG_FAILED, f"audio {self._track.name} is not what was asked for")
        init = fmp4.audio_init(
            audio_specific_config=config.audio_specific_config,
            sample_rate=config.sample_rate,
            channels=config.channels,
            bitrate_bps=self._track.audio_bps,
        )
        await self._put_init(init, "audio/mp4")

    async def _cut(self, count: int, samples: int) -> None:
        frames, self._frames = self._frames[:count], self._frames[count:]
        body = audio_fragment(len(self.segments) + 1, self._started, frames, samples)
        self._started += count
        await self._put_segment(body, samples, Fraction(samples, self._track.sample_rate))
