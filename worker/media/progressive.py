"""One MP4 file to download, made of stored segments: nothing is encoded again, nothing is kept on disk.

The segments are read twice. First their headers give the sample tables, from which the ``moov`` follows; it stands
before the data, so that a player can begin while the file still comes ("fast start"). Then the samples are copied in
the order in which they are played. Both tracks begin at zero and their last samples end with the film, as the segments
have it (`worker.media.packager`), so there is no edit list.
"""

from __future__ import annotations

import asyncio
import hashlib
import struct
import sys
from array import array
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from itertools import groupby, zip_longest

from worker.media import fmp4
from worker.media.errors import MediaCode, MediaError
from worker.media.fmp4 import box, full_box
from worker.media.packager import INIT
from worker.media.results import AudioTrack, StoredObject, VideoRendition
from worker.media.witness import Read

NAME = "download.mp4"
CONTENT_TYPE = "video/mp4"
#: What the sink gets at a time: the parts of a multipart upload, ten thousand of which reach up to 78 GiB.
BLOCK_BYTES = 8 << 20
_SHORT_SIDE = 720
_SEGMENTS_AHEAD = 2
_BT709 = b"nclx" + struct.pack(">HHHB", 1, 1, 1, 0)
_MAX_32 = 0xFFFFFFFF
_VIDEO_ID, _AUDIO_ID = 1, 2

#: Takes consecutive blocks of the file: all of BLOCK_BYTES but the last one, which is shorter and never empty.
Write = Callable[[bytes], Awaitable[None]]


def choose(renditions: Sequence[VideoRendition]) -> VideoRendition:
    """Return the largest rendition whose short side has at most 720 pixels, or the smallest of all."""
    by_size = sorted(renditions, key=lambda rendition: rendition.width * rendition.height)
    return next((r for r in reversed(by_size) if min(r.width, r.height) <= _SHORT_SIDE), by_size[0])


async def progressive_mp4(
    rendition: VideoRendition, track: AudioTrack | None, read: Read, write: Write
) -> StoredObject:
    """Write the film of `rendition` and `track` as one MP4; returns its bytes and MD5.

    `read` gives stored objects by their names under the generation prefix. Memory holds the sample tables, about eight
    bytes a sample, a few segments and a block. Raises MediaError MEDIA_OUTPUT_INVALID if the segments cannot be parsed
    or change between the two readings; what `read` and `write` raise is not caught.
    """
    video_init = await read(f"{rendition.directory}/{INIT}")
    audio_init = await read(f"{track.directory}/{INIT}") if track else b""
    video, audio, position = _Table(), _Table(), 0
    out = _Blocks(write)
    try:
        async with aclosing(_chunks(rendition, track, read)) as chunks:
            async for is_video, samples, data in chunks:
                (video if is_video else audio).add(samples, position)
                position += len(data)
        traks = [_video_track(rendition, video_init, video)]
        traks += [_audio_track(track, audio_init, audio)] if track else []
        header = _header(traks, data_bytes=position)
        await out.put(header)
        async with aclosing(_chunks(rendition, track, read)) as chunks:
            async for _, _, data in chunks:
                await out.put(data)
    except (ValueError, LookupError, struct.error) as error:
        raise MediaError(MediaCode.MEDIA_OUTPUT_INVALID, f"the segments make no file: {error}") from error
    if out.size_bytes != len(header) + position:
        raise MediaError(MediaCode.MEDIA_OUTPUT_INVALID, "the segments have changed while a file was made of them")
    return await out.finish()


async def _chunks(
    rendition: VideoRendition, track: AudioTrack | None, read: Read
) -> AsyncGenerator[tuple[bool, Sequence[fmp4.Sample], bytes], None]:
    """Yield (whether it is video, samples, their data) in playing order: a group of pictures, then its sound."""
    video = [f"{rendition.directory}/{segment.name}" for segment in rendition.segments]
    audio = [f"{track.directory}/{segment.name}" for segment in track.segments] if track else []
    async with aclosing(_read_ahead(read, zip_longest(video, audio))) as bodies:
        async for pictures, sound in bodies:
            groups = [group for _, group in fmp4.parse_segment(pictures)]
            blocks = [block for _, block in fmp4.parse_segment(sound)]
            samples = [sample for block in blocks for sample in block.samples]
            data = b"".join(block.data for block in blocks)
            frames, shown, used, position = sum(len(group.samples) for group in groups), 0, 0, 0
            for group in groups:
                yield True, group.samples, group.data
                shown += len(group.samples)
                part = samples[used : len(samples) * shown // frames]
                size = sum(sample.size for sample in part)
                if part:
                    yield False, part, data[position : position + size]
                used, position = used + len(part), position + size


async def _read_ahead(
    read: Read, names: Iterator[tuple[str | None, str | None]]
) -> AsyncGenerator[tuple[bytes, bytes], None]:
    """Read pairs of objects in order, some of them while the ones before are worked on."""

    async def pair(first: str | None, second: str | None) -> tuple[bytes, bytes]:
        return await read(first) if first else b"", await read(second) if second else b""

    pending: deque[asyncio.Task[tuple[bytes, bytes]]] = deque()
    try:
        for both in names:
            pending.append(asyncio.create_task(pair(*both)))
            if len(pending) > _SEGMENTS_AHEAD:
                yield await pending.popleft()
        while pending:
            yield await pending.popleft()
    finally:
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)


class _Blocks:
    """Cuts what comes into blocks for the sink."""

    def __init__(self, write: Write) -> None:
        self._write = write
        self._buffer = bytearray()
        self._md5 = hashlib.md5(usedforsecurity=False)
        self.size_bytes = 0

    async def put(self, data: bytes) -> None:
        self._buffer += data
        self.size_bytes += len(data)
        while len(self._buffer) > BLOCK_BYTES:
            await self._flush(BLOCK_BYTES)

    async def finish(self) -> StoredObject:
        await self._flush(len(self._buffer))
        return StoredObject(self.size_bytes, self._md5.hexdigest())

    async def _flush(self, size: int) -> None:
        block = bytes(memoryview(self._buffer)[:size])
        del self._buffer[:size]
        self._md5.update(block)
        await self._write(block)


class _Table:
    """The samples of one track. `chunks` and `durations` count runs: (how often, value)."""

    def __init__(self) -> None:
        self.sizes = array("I")
        self.offsets = array("i")
        self.durations: list[list[int]] = []
        self.chunks: list[list[int]] = []
        self.positions = array("Q")
        self.first_samples = array("I")

    @property
    def ticks(self) -> int:
        """From the first sample to the end of the last."""
        return sum(count * duration for count, duration in self.durations)

    def add(self, samples: Sequence[fmp4.Sample], position: int) -> None:
        """Append one chunk, which lies at `position` of the data."""
        self.positions.append(position)
        self.first_samples.append(len(self.sizes) + 1)
        _count(self.chunks, len(samples))
        for sample in samples:
            self.sizes.append(sample.size)
            self.offsets.append(sample.composition_offset)
            _count(self.durations, sample.duration)

    def boxes(self, base: int, *, wide: bool, video: bool) -> bytes:
        """Return ``stbl`` without its description, for data that begins at `base` (ISO/IEC 14496-12, 8.6 and 8.7)."""
        times = b"".join(struct.pack(">II", *run) for run in self.durations)
        parts = [full_box(b"stts", 0, 0, struct.pack(">I", len(self.durations)), times)]
        if video:
            # Unsigned in this version: `fmp4` lets no frame be shown before it is decoded.
            runs = [(len(list(run)), offset) for offset, run in groupby(self.offsets)]
            shifts = b"".join(struct.pack(">II", *run) for run in runs)
            parts.append(full_box(b"ctts", 0, 0, struct.pack(">I", len(runs)), shifts))
            parts.append(full_box(b"stss", 0, 0, struct.pack(">I", len(self.first_samples)), _big(self.first_samples)))
        number, rows = 1, bytearray()
        for count, samples in self.chunks:
            rows += struct.pack(">III", number, samples, 1)
            number += count
        parts.append(full_box(b"stsc", 0, 0, struct.pack(">I", len(self.chunks)), bytes(rows)))
        parts.append(full_box(b"stsz", 0, 0, struct.pack(">II", 0, len(self.sizes)), _big(self.sizes)))
        places = array("Q" if wide else "I", (base + position for position in self.positions))
        parts.append(full_box(b"co64" if wide else b"stco", 0, 0, struct.pack(">I", len(places)), _big(places)))
        return b"".join(parts)


def _count(runs: list[list[int]], value: int) -> None:
    if runs and runs[-1][1] == value:
        runs[-1][0] += 1
    else:
        runs.append([1, value])


def _big(values: array[int]) -> bytes:
    swapped = values[:]
    if sys.byteorder == "little":
        swapped.byteswap()
    return swapped.tobytes()


@dataclass(frozen=True, slots=True)
class _Track:
    """One ``trak`` but for where its data lies: its sample entry, handler type and name, and media header."""

    number: int
    table: _Table
    timescale: int
    entry: bytes
    handler: tuple[bytes, bytes]
    head: bytes
    width: int = 0
    height: int = 0
    language: str | None = None

    def box(self, base: int, movie_timescale: int, *, wide: bool) -> bytes:
        """Return the ``trak`` of a track whose file's data begins at `base`."""
        video = self.number == _VIDEO_ID
        duration = -(-self.table.ticks * movie_timescale // self.timescale)
        header = full_box(
            *(b"tkhd", 1, 3),
            struct.pack(">QQI4xQ8xHHHxx", 0, 0, self.number, duration, 0, 0 if video else 1, 0 if video else 0x0100),
            fmp4.MATRIX,
            struct.pack(">II", self.width << 16, self.height << 16),
        )
        language, extended = _language(self.language)
        kind, name = self.handler
        data = box(b"dinf", full_box(b"dref", 0, 0, struct.pack(">I", 1), full_box(b"url ", 0, 1)))
        table = box(
            b"stbl",
            full_box(b"stsd", 0, 0, struct.pack(">I", 1), self.entry),
            self.table.boxes(base, wide=wide, video=video),
        )
        media = box(
            b"mdia",
            full_box(b"mdhd", 1, 0, struct.pack(">QQIQHH", 0, 0, self.timescale, self.table.ticks, language, 0)),
            full_box(b"hdlr", 0, 0, struct.pack(">I4s12x", 0, kind), name + b"\0"),
            extended,
            box(b"minf", self.head, data, table),
        )
        return box(b"trak", header, media)


def _video_track(rendition: VideoRendition, init: bytes, table: _Table) -> _Track:
    config, entry = fmp4.parse_init(init), fmp4.sample_entry(init, b"avc1")
    if not any(kind == b"colr" for kind, _ in fmp4.children(entry, 78)):
        entry += box(b"colr", _BT709)
    # Decoding runs ahead of showing: the last sample to be decoded lasts until the last one is shown.
    frames = len(table.sizes)
    rest = int(frames * config.timescale / rendition.frame_rate) - table.ticks
    *_, last = table.durations
    last[0] -= 1
    table.durations = [run for run in (*table.durations, [1, last[1] + rest]) if run[0]]
    head = full_box(b"vmhd", 0, 1, bytes(8))
    handler, size = (b"vide", b"VideoHandler"), (config.width, config.height)
    return _Track(_VIDEO_ID, table, config.timescale, box(b"avc1", entry), handler, head, *size)


def _audio_track(track: AudioTrack, init: bytes, table: _Table) -> _Track:
    config, entry = fmp4.parse_audio_init(init), fmp4.sample_entry(init, b"mp4a")
    head = full_box(b"smhd", 0, 0, bytes(4))
    handler = (b"soun", b"SoundHandler")
    return _Track(_AUDIO_ID, table, config.timescale, box(b"mp4a", entry), handler, head, language=track.language)


def _language(code: str | None) -> tuple[int, bytes]:
    """Return a code of three letters as 15 bits, "und" in place of all others, and those in an ``elng`` box."""
    tag = (code or "und").lower()
    short = tag if len(tag) == 3 and tag.isascii() and tag.isalpha() else "und"
    packed = 0
    for letter in short:
        packed = packed << 5 | ord(letter) - 0x60
    extended = b"" if short == tag else full_box(b"elng", 0, 0, (code or "").encode("ascii", "replace") + b"\0")
    return packed, extended


def _header(tracks: Sequence[_Track], *, data_bytes: int) -> bytes:
    """Return everything before the data: ``ftyp``, ``moov`` and the beginning of ``mdat``."""
    kind = box(b"ftyp", b"isom", struct.pack(">I", 0x200), b"isomiso2avc1mp41")
    size = data_bytes + 8
    data = struct.pack(">I4s", size, b"mdat") if size <= _MAX_32 else struct.pack(">I4sQ", 1, b"mdat", size + 8)
    wide = False
    base = len(kind) + len(_movie(tracks, 0, wide=wide)) + len(data)
    if base + data_bytes > _MAX_32:
        wide = True
        base = len(kind) + len(_movie(tracks, 0, wide=wide)) + len(data)
    return kind + _movie(tracks, base, wide=wide) + data


def _movie(tracks: Sequence[_Track], base: int, *, wide: bool) -> bytes:
    timescale = tracks[0].timescale
    duration = max(-(-track.table.ticks * timescale // track.timescale) for track in tracks)
    header = full_box(
        *(b"mvhd", 1, 0),
        struct.pack(">QQIQIH10x", 0, 0, timescale, duration, 0x10000, 0x0100),
        fmp4.MATRIX,
        bytes(24),
        struct.pack(">I", len(tracks) + 1),
    )
    return box(b"moov", header, *(track.box(base, timescale, wide=wide) for track in tracks))
