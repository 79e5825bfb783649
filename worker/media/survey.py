"""Read a video's packets for its rate and length: from the index where there is one, else all of them or samples.

Nothing is decoded. Over HTTP an index costs its own bytes and the last packets; a small file without one is read whole,
a large one at both ends.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice, pairwise

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from worker.media import damage
from worker.media.errors import MediaCode, MediaError
from worker.media.timing import frame_rate

#: Files without an index are read whole up to this size.
_SCAN_BYTES = 48 << 20
_SAMPLE_PACKETS = 400
_TAIL_SECONDS = 8
#: More packets than any codec reorders.
_REORDERED = 32
#: A time this far behind the latest before it is no reordering: the clock was set back.
_BACK_SECONDS = 1
#: Frames with fewer bits are repeats. Two thirds of a screen recording's are, a tenth of a film's at 0.8 Mbit/s.
_EMPTY_BITS_PER_PIXEL = 0.001
_ENOUGH_FRAMES, _LOOKED_AT = 30, 20_000
#: Frames by which the last one may be off its place.
_HOLE = 0.25
#: For how long an AVI is read on to its end, to see whether that is where its index has it.
_READING_SECONDS = 10.0
#: A way between key frames that no plan divides.
_UNDIVIDED_SECONDS = 1e6


@dataclass(frozen=True, slots=True)
class Timing:
    """Rate, whether it is constant, the exact number of frames if it is, and the length.

    `key_frame_seconds` is the longest way from one key frame to the next or to the end, None if that is not known.
    """

    rate: Fraction
    constant: bool
    frames: int | None
    duration_seconds: float
    key_frame_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class _Shown:
    """When one packet's frame is shown, and for how long (0: not said), in ticks; whether reading can begin there."""

    at: int
    ticks: int
    key: bool


def survey(
    container: InputContainer,
    stream: VideoStream,
    *,
    size_bytes: int | None,
    declared_seconds: float | None,
    first_shown: int,
) -> Timing:
    """Return the timing of `stream`, whose first frame is shown at `first_shown` ticks.

    Raises MediaError: MEDIA_TRUNCATED if the index points beyond the file, FFMPEG_INVALID_INPUT without frames, if
    the timestamps run backwards (of what is shown twice the encoder would drop one), or if an AVI has a large hole.
    """
    if not stream.time_base:
        raise MediaError(MediaCode.FFMPEG_INVALID_INPUT, "the video has no clock")
    whole = container.format.name != "avi" or _reads_on(container, stream)
    timing = _timing(
        container, stream, size_bytes=size_bytes, declared_seconds=declared_seconds, first_shown=first_shown
    )
    return timing if whole else replace(timing, key_frame_seconds=_UNDIVIDED_SECONDS)


def _timing(
    container: InputContainer,
    stream: VideoStream,
    *,
    size_bytes: int | None,
    declared_seconds: float | None,
    first_shown: int,
) -> Timing:
    assert stream.time_base is not None
    declared_rate = stream.average_rate or stream.guessed_rate
    if stream.frames and len(stream.index_entries) == stream.frames:
        times, keys = _listed(stream, size_bytes)
        tail = _packets_from(container, stream, times[-_REORDERED:][0])
    else:
        small = size_bytes is not None and size_bytes <= _SCAN_BYTES
        if declared_seconds is not None and not small:
            return _sampled(container, stream, declared_seconds, declared_rate)
        container.seek(0)
        tail = _packets(container, stream)
        times = [packet.at for packet in tail]
        keys = [packet.at for packet in tail if packet.key]
    if not times or not tail:
        raise MediaError(MediaCode.FFMPEG_INVALID_INPUT, "the video has no frames")
    rate, constant = frame_rate(times, stream.time_base, declared=declared_rate)
    _check_order(tail, stream.time_base, rate)
    last = max(tail, key=lambda packet: packet.at)
    key_frame_seconds = _longest(keys, max(times[-1], last.at), stream.time_base)
    # An index holds decoding times: where a cut took the frames shown just before the last one, only this tells.
    if constant and abs((last.at - first_shown) * stream.time_base * rate - (len(times) - 1)) <= _HOLE:
        return Timing(rate, True, len(times), float(len(times) / rate), key_frame_seconds)
    return Timing(rate, False, None, _seconds(first_shown, last, stream.time_base, rate), key_frame_seconds)


def _reads_on(container: InputContainer, stream: VideoStream) -> bool:
    """Tell whether reading an AVI on from its beginning ends where its index does; if not, it cannot be divided.

    An AVI only counts chunks: all that follows a hole comes too early by what was in it, but not where reading begins
    anew, by the index, behind the hole. What is too long to be read in time is not known to be whole. Raises MediaError
    FFMPEG_INVALID_INPUT if more is missing than may be lost.
    """
    assert stream.time_base is not None
    promised = max((entry.timestamp for entry in stream.index_entries if entry.size), default=None)
    if promised is None:
        return True
    end, reached = time.monotonic() + _READING_SECONDS, 0
    container.seek(0)
    for packet in container.demux(stream):
        if packet.size and packet.dts is not None:
            reached = max(reached, packet.dts)
        if time.monotonic() > end:
            return False
    lost, length = (float(ticks * stream.time_base) for ticks in (promised - reached, promised))
    if lost > damage.tolerated_seconds(length):
        raise MediaError(
            MediaCode.FFMPEG_INVALID_INPUT,
            f"the index and the content differ in length: {lost:.1f} of {length:.1f} s cannot be read",
        )
    return lost <= 0


def hardly_moves(stream: VideoStream, pixels: int) -> bool:
    """Tell whether two thirds of the frames, of `pixels` each, say no more than that nothing has changed.

    Known of H.264 with an index: later codecs say as little of a film's in-between frames.
    """
    entries = stream.index_entries
    if stream.codec_context.name != "h264" or len(entries) < _ENOUGH_FRAMES:
        return False
    looked_at = range(0, len(entries), len(entries) // _LOOKED_AT | 1)
    empty = sum(8 * entries[n].size < _EMPTY_BITS_PER_PIXEL * pixels for n in looked_at)
    return 3 * empty >= 2 * len(looked_at)


def _longest(keys: Sequence[int], end: int, time_base: Fraction) -> float | None:
    """Return the longest way between `keys`, or from the last one to the `end`, in seconds."""
    if not keys:
        return None
    return float(max(later - earlier for earlier, later in pairwise([*sorted(keys), max(end, *keys)])) * time_base)


def _check_order(packets: Sequence[_Shown], time_base: Fraction, rate: Fraction) -> None:
    """Refuse packets, in the file's order, of which one is shown long before another that precedes it."""
    # An integer: with fractions, a film of twelve hours would take seconds.
    most = int(max(Fraction(_BACK_SECONDS), _REORDERED / rate) / time_base)
    latest = packets[0].at if packets else 0
    for packet in packets:
        if packet.at < latest - most:
            raise MediaError(
                MediaCode.FFMPEG_INVALID_INPUT,
                f"the timestamps run backwards at {float(latest * time_base):.1f} s; remux the film or export it again",
            )
        latest = max(latest, packet.at)


def _seconds(start: int, last: _Shown, time_base: Fraction, rate: Fraction) -> float:
    return float((last.at - start) * time_base + (last.ticks * time_base or 1 / rate))


def _listed(stream: VideoStream, size_bytes: int | None) -> tuple[list[int], list[int]]:
    """Return the sorted decoding times of an MP4 or AVI index, and of its key frames: exact, free even over HTTP."""
    times, keys, end = [], [], 0
    for entry in stream.index_entries:
        end = max(end, entry.pos + entry.size)
        if not entry.is_discard:
            times.append(entry.timestamp)
            if entry.is_keyframe:
                keys.append(entry.timestamp)
    if size_bytes is not None and end > size_bytes:
        raise MediaError(MediaCode.MEDIA_TRUNCATED, f"the index reaches {end} bytes, the file has {size_bytes}")
    return sorted(times), keys


def _sampled(
    container: InputContainer, stream: VideoStream, declared_seconds: float, declared_rate: Fraction | None
) -> Timing:
    assert stream.time_base is not None
    container.seek(0)
    # Packets come in decoding order: the last few of a cut sample may miss a neighbour that is shown earlier.
    begin = _packets(container, stream, _SAMPLE_PACKETS)
    head = sorted(packet.at for packet in begin)
    rate, constant = frame_rate(head[:-16] or head, stream.time_base, declared=declared_rate)
    container.seek(int(max(0.0, declared_seconds - _TAIL_SECONDS) * av.time_base))
    tail = _packets(container, stream)
    if not tail or not head:
        return Timing(rate, False, None, declared_seconds)
    tail_rate, tail_constant = frame_rate([packet.at for packet in tail], stream.time_base, declared=rate)
    for part in (begin, tail):
        _check_order(part, stream.time_base, rate)
    last = max(tail, key=lambda packet: packet.at)
    seconds = _seconds(head[0], last, stream.time_base, rate)
    # By now Matroska knows all places where reading can begin; others only those that were read.
    indexed = container.format.name.startswith("matroska")
    keys = [entry.timestamp for entry in stream.index_entries if entry.is_keyframe] if indexed else []
    key_frame_seconds = _longest(keys, last.at, stream.time_base)
    if constant and tail_constant and rate == tail_rate:
        return Timing(rate, True, round(seconds * rate), seconds, key_frame_seconds)
    return Timing(rate, False, None, seconds, key_frame_seconds)


def _packets_from(container: InputContainer, stream: VideoStream, ticks: int) -> list[_Shown]:
    container.seek(ticks, stream=stream, any_frame=True)
    return _packets(container, stream)


def _packets(container: InputContainer, stream: VideoStream, count: int | None = None) -> list[_Shown]:
    found = []
    for packet in islice(container.demux(stream), count):
        at = packet.pts if packet.pts is not None else packet.dts
        if at is not None and not packet.is_discard:
            found.append(_Shown(at, packet.duration or 0, packet.is_keyframe))
    return found
