"""Read ffmpeg's fragmented MP4 from a pipe; write our own fragments (ISO/IEC 14496-12, CMAF).

Video fragments are parsed down to their samples and written again, so that every decode time, sequence number and
composition offset in a published segment is ours: derived from frame numbers, equal for every window and rendition.

A frame is shown at exactly ``frame number / frame rate``, in every player. B-frames need one frame of decoding delay,
and the usual ways to have it are read differently: edit lists are ignored by some players, negative composition
offsets are turned into a late video by libavformat. So decoding runs one frame ahead of showing from the third sample
on, and the first two share one frame's time (`decode_tick`): offsets stay positive, nothing has to be undone.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from worker.media.adts import SAMPLE_RATES
from worker.media.errors import MediaCode, MediaError

_SYNC_FLAGS = 0x02000000  # depends on no other sample
_DELTA_FLAGS = 0x01010000  # depends on others, is no sync sample
_NON_SYNC = 0x00010000
_TRACK_ID = 1
_IDR, _PARAMETER_NALS = 5, {6, 7, 8, 9}
MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
#: Larger than any fragment an encoder bounded by VBV can produce.
_MAX_BOX_BYTES = 256 << 20


def box(kind: bytes, *parts: bytes) -> bytes:
    """Return an ISO box of `kind` around `parts`."""
    return struct.pack(">I4s", 8 + sum(map(len, parts)), kind) + b"".join(parts)


def full_box(kind: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    """Return an ISO box that carries a version and flags."""
    return box(kind, struct.pack(">I", version << 24 | flags), *parts)


def children(data: bytes, start: int = 0) -> Iterator[tuple[bytes, bytes]]:
    """Yield (kind, payload) of the boxes in `data` from `start` on; raises ValueError when a size is wrong."""
    position = start
    while position < len(data):
        size, kind = struct.unpack_from(">I4s", data, position)
        if size < 8 or position + size > len(data):
            raise ValueError(f"box {kind!r} of {size} bytes at {position}")
        yield kind, data[position + 8 : position + size]
        position += size


def find(data: bytes, *path: bytes) -> bytes:
    """Return the payload of the first box at `path`, like ``find(init, b"moov", b"trak")``; raises KeyError."""
    for kind in path:
        data = next((payload for name, payload in children(data) if name == kind), None) or _missing(kind)
    return data


def _missing(kind: bytes) -> bytes:
    raise KeyError(kind.decode("latin-1"))


class BoxReader:
    """Cuts a byte stream into top-level boxes."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Add `data`; yield (kind, whole box with its header) for every box that is now complete."""
        self._buffer += data
        while len(self._buffer) >= 8:
            size, kind = struct.unpack_from(">I4s", self._buffer)
            if not 8 <= size <= _MAX_BOX_BYTES:
                raise MediaError(MediaCode.FFMPEG_FAILED, f"box {kind!r} of {size} bytes from the encoder")
            if len(self._buffer) < size:
                return
            whole = bytes(memoryview(self._buffer)[:size])
            del self._buffer[:size]
            yield kind, whole


@dataclass(frozen=True, slots=True)
class VideoConfig:
    """What an init segment says: ticks per second, RFC 6381 codec string, bytes in a NAL length field."""

    timescale: int
    codec: str
    nal_length_bytes: int
    width: int
    height: int


def sample_entry(init: bytes, kind: bytes) -> bytes:
    """Return the payload of the first sample entry of that `kind`, like ``avc1``; raises KeyError without one."""
    return find(find(init, b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd")[8:], kind)


def _timescale(init: bytes) -> int:
    header = find(init, b"moov", b"trak", b"mdia", b"mdhd")
    return int.from_bytes(header[20:24] if header[0] else header[12:16])


def parse_init(init: bytes) -> VideoConfig:
    """Read an AVC init segment (``ftyp`` + ``moov``); raises KeyError when it is none."""
    entry = sample_entry(init, b"avc1")
    width, height = struct.unpack_from(">HH", entry, 24)
    avcc = find(entry[78:], b"avcC")
    return VideoConfig(_timescale(init), f"avc1.{avcc[1:4].hex().upper()}", (avcc[4] & 3) + 1, width, height)


@dataclass(frozen=True, slots=True)
class AudioConfig:
    """What the init segment of an AAC track says: ticks per second, RFC 6381 codec string, channels, samples/s."""

    timescale: int
    codec: str
    channels: int
    sample_rate: int


def parse_audio_init(init: bytes) -> AudioConfig:
    """Read an AAC init segment, its AudioSpecificConfig foremost; raises KeyError or ValueError when it is none."""
    entry = sample_entry(init, b"mp4a")
    specific = int.from_bytes(_specific_config(find(entry[28:], b"esds")[4:])[:2])
    rate_index, channels = specific >> 7 & 15, specific >> 3 & 15
    if rate_index >= len(SAMPLE_RATES):
        raise ValueError("no sample rate")
    return AudioConfig(_timescale(init), f"mp4a.40.{specific >> 11}", channels, SAMPLE_RATES[rate_index])


def _specific_config(descriptors: bytes) -> bytes:
    """Find the AudioSpecificConfig (tag 5) within the elementary stream's descriptors (ISO/IEC 14496-1, 7.2.6)."""
    position = 0
    while position + 2 <= len(descriptors):
        tag, size, position = descriptors[position], 0, position + 1
        more = True
        while more:
            more, size = bool(descriptors[position] & 0x80), size << 7 | descriptors[position] & 0x7F
            position += 1
        if tag == 5 and size >= 2:
            return descriptors[position : position + size]
        # Into a stream (behind its flags) and a decoder configuration; past everything else.
        position += {3: 3, 4: 13}.get(tag, size)
    raise ValueError("no audio configuration")


def has_edit_list(init: bytes) -> bool:
    """Tell whether any track of an init segment carries an ``edts`` box."""
    tracks = (payload for kind, payload in children(find(init, b"moov")) if kind == b"trak")
    return any(kind == b"edts" for track in tracks for kind, _ in children(track))


@dataclass(frozen=True, slots=True)
class Sample:
    """One access unit: bytes, ticks until the next one decodes, ticks from decoding to showing."""

    size: int
    duration: int
    composition_offset: int = 0


def decode_tick(sample: int, frame_ticks: int) -> int:
    """Return when the `sample`-th access unit of a film is decoded: 0, 1/2, 1, 2, 3 … frames after the start."""
    return frame_ticks * sample // 2 if sample < 2 else frame_ticks * (sample - 1)


@dataclass(frozen=True, slots=True)
class Fragment:
    """One ``moof`` + ``mdat``: `data` holds the samples back to back."""

    sequence: int
    decode_time: int
    samples: tuple[Sample, ...]
    data: bytes

    @property
    def duration(self) -> int:
        """Ticks from the first sample's decode time to the end of the last."""
        return sum(sample.duration for sample in self.samples)


def parse_fragment(moof: bytes, mdat: bytes) -> Fragment:
    """Read one fragment of a single-track file; both arguments are whole boxes. Raises KeyError or ValueError."""
    content = find(moof, b"moof")
    sequence = struct.unpack_from(">I", find(content, b"mfhd"), 4)[0]
    track = find(content, b"traf")
    duration, size = _defaults(find(track, b"tfhd"))
    decode = find(track, b"tfdt")
    decode_time = struct.unpack_from(">Q" if decode[0] else ">I", decode, 4)[0]
    runs = (payload for kind, payload in children(track) if kind == b"trun")
    samples = tuple(sample for run in runs for sample in _run(run, duration, size))
    data = mdat[8:]
    if sum(sample.size for sample in samples) != len(data):
        raise ValueError("the samples do not fill their mdat")
    return Fragment(sequence, decode_time, samples, data)


def _defaults(tfhd: bytes) -> tuple[int, int]:
    """Return the default duration and size of a sample, zero where ``tfhd`` has none."""
    flags, position = int.from_bytes(tfhd[1:4]), 8
    values = {}
    for bit, width in ((0x1, 8), (0x2, 4), (0x8, 4), (0x10, 4), (0x20, 4)):
        if flags & bit:
            values[bit] = int.from_bytes(tfhd[position : position + width])
            position += width
    return values.get(0x8, 0), values.get(0x10, 0)


def _run(trun: bytes, duration: int, size: int) -> Iterator[Sample]:
    flags, count = int.from_bytes(trun[1:4]), struct.unpack_from(">I", trun, 4)[0]
    position = 8 + 4 * bool(flags & 0x1) + 4 * bool(flags & 0x4)
    columns = [bit for bit in (0x100, 0x200, 0x400, 0x800) if flags & bit]
    layout = struct.Struct(">" + "".join("i" if bit == 0x800 and trun[0] else "I" for bit in columns))
    for _ in range(count):
        row = dict(zip(columns, layout.unpack_from(trun, position), strict=True))
        position += layout.size
        yield Sample(row.get(0x200, size), row.get(0x100, duration), row.get(0x800, 0))


def parse_marks(moof: bytes) -> tuple[int, list[bool]]:
    """Return where the samples begin, in bytes from the start of a whole ``moof``, and which are marked as sync.

    Raises KeyError or ValueError when the fragment has not exactly one track with one run.
    """
    ((_, track),) = [found for found in children(find(moof, b"moof")) if found[0] == b"traf"]
    ((_, run),) = [found for found in children(track) if found[0] == b"trun"]
    flags, count, offset = int.from_bytes(run[1:4]), *struct.unpack_from(">Ii", run, 4)
    if not flags & 0x1:
        raise ValueError("a run does not say where its data is")
    tfhd = find(track, b"tfhd")
    default = int.from_bytes(tfhd[-4:]) if int.from_bytes(tfhd[1:4]) & 0x20 else _DELTA_FLAGS
    marks = [default] * count
    if flags & 0x400:
        width = 4 * sum(bool(flags & bit) for bit in (0x100, 0x200, 0x400, 0x800))
        column = 12 + 4 * bool(flags & 0x4) + 4 * sum(bool(flags & bit) for bit in (0x100, 0x200))
        marks = [struct.unpack_from(">I", run, column + n * width)[0] for n in range(count)]
    elif flags & 0x4:
        marks[:1] = struct.unpack_from(">I", run, 12)
    return offset, [not mark & _NON_SYNC for mark in marks]


def write_fragment(fragment: Fragment, *, all_sync: bool = False) -> bytes:
    """Return ``moof`` + ``mdat``. The first sample is a sync sample, with `all_sync` (audio) every one.

    Raises ValueError without samples.
    """
    if not fragment.samples:
        raise ValueError("a fragment needs samples")
    first = fragment.samples[0].duration
    uneven = any(sample.duration != first for sample in fragment.samples)
    shifted = any(sample.composition_offset for sample in fragment.samples)
    flags = 0x1 | 0x4 | 0x200 | (0x100 if uneven else 0) | (0x800 if shifted else 0)
    rows = bytearray()
    for sample in fragment.samples:
        if uneven:
            rows += struct.pack(">I", sample.duration)
        rows += struct.pack(">I", sample.size)
        if shifted:
            rows += struct.pack(">i", sample.composition_offset)
    rest = _SYNC_FLAGS if all_sync else _DELTA_FLAGS
    header = full_box(b"mfhd", 0, 0, struct.pack(">I", fragment.sequence))
    track = full_box(b"tfhd", 0, 0x020028, struct.pack(">III", _TRACK_ID, first, rest))
    clock = full_box(b"tfdt", 1, 0, struct.pack(">Q", fragment.decode_time))
    run_bytes = 12 + 12 + len(rows)
    data_offset = 8 + len(header) + 8 + len(track) + len(clock) + run_bytes + 8
    run = full_box(b"trun", 1, flags, struct.pack(">IiI", len(fragment.samples), data_offset, _SYNC_FLAGS), bytes(rows))
    return box(b"moof", header, box(b"traf", track, clock, run)) + box(b"mdat", fragment.data)


def starts_with_idr(data: bytes, nal_length_bytes: int) -> bool:
    """Tell whether the access unit at the start of `data` is an IDR picture (NAL type 5, ITU-T H.264 table 7-1)."""
    position = 0
    while position + nal_length_bytes < len(data):
        length = int.from_bytes(data[position : position + nal_length_bytes])
        kind = data[position + nal_length_bytes] & 0x1F
        if kind not in _PARAMETER_NALS:
            return kind == _IDR
        position += nal_length_bytes + length
    return False


def split_segment(segment: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Yield (byte offset, ``moof``, ``mdat``) for every fragment of a media segment; raises ValueError."""
    position, moof, start = 0, b"", 0
    while position < len(segment):
        if position + 8 > len(segment):
            raise ValueError(f"{len(segment) - position} bytes after the last box")
        size, kind = struct.unpack_from(">I4s", segment, position)
        if size < 8 or position + size > len(segment):
            raise ValueError(f"box {kind!r} of {size} bytes at {position}")
        whole = segment[position : position + size]
        if kind == b"moof":
            moof, start = whole, position
        elif kind == b"mdat":
            yield start, moof, whole
        position += size


def parse_segment(segment: bytes) -> list[tuple[int, Fragment]]:
    """Return (byte offset of the ``moof``, fragment) for every fragment of a media segment; raises ValueError."""
    return [(start, parse_fragment(moof, mdat)) for start, moof, mdat in split_segment(segment)]


def audio_init(*, audio_specific_config: bytes, sample_rate: int, channels: int, bitrate_bps: int) -> bytes:
    """Return the init segment of an AAC track (ISO/IEC 14496-14), without an edit list."""
    decoder = _descriptor(
        4,
        struct.pack(">BB3sII", 0x40, 0x15, b"\0\x18\0", bitrate_bps, bitrate_bps),
        _descriptor(5, audio_specific_config),
    )
    esds = full_box(b"esds", 0, 0, _descriptor(3, struct.pack(">HB", 0, 0), decoder, _descriptor(6, b"\x02")))
    entry = box(b"mp4a", struct.pack(">6xH8xHHI", 1, channels, 16, 0), struct.pack(">I", sample_rate << 16), esds)
    tables = (
        full_box(kind, 0, 0, bytes(size)) for kind, size in ((b"stts", 4), (b"stsc", 4), (b"stsz", 8), (b"stco", 4))
    )
    sample_table = box(b"stbl", full_box(b"stsd", 0, 0, struct.pack(">I", 1), entry), *tables)
    data_info = box(b"dinf", full_box(b"dref", 0, 0, struct.pack(">I", 1), full_box(b"url ", 0, 1)))
    media = box(
        b"mdia",
        full_box(b"mdhd", 0, 0, struct.pack(">4I", 0, 0, sample_rate, 0), struct.pack(">HH", 0x55C4, 0)),
        full_box(b"hdlr", 0, 0, struct.pack(">I4s12x", 0, b"soun"), b"SoundHandler\0"),
        box(b"minf", full_box(b"smhd", 0, 0, bytes(4)), data_info, sample_table),
    )
    track_header = full_box(
        b"tkhd", 0, 7, struct.pack(">5I8xHHHH", 0, 0, _TRACK_ID, 0, 0, 0, 1, 0x0100, 0), MATRIX, bytes(8)
    )
    movie_header = full_box(
        b"mvhd", 0, 0, struct.pack(">4IIH10x", 0, 0, 1000, 0, 0x10000, 0x0100), MATRIX, bytes(24), struct.pack(">I", 2)
    )
    extends = box(b"mvex", full_box(b"trex", 0, 0, struct.pack(">5I", _TRACK_ID, 1, 0, 0, 0)))
    return box(b"ftyp", b"iso6", struct.pack(">I", 0), b"iso6cmfcmp41") + box(
        b"moov", movie_header, box(b"trak", track_header, media), extends
    )


def _descriptor(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">BB", tag, len(body)) + body
