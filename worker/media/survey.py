"""Read a video's packets for its rate and length: from the index where there is one, else all of them or samples.

Nothing is decoded. Over HTTP an index costs its own bytes and the last packets; a small file without one is read whole,
a large one at both ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import islice

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from worker.media.errors import MediaCode, MediaError
from worker.media.timing import frame_rate

#: Files without an index are read whole up to this size.
_SCAN_BYTES = 48 << 20
_SAMPLE_PACKETS = 400
_TAIL_SECONDS = 8
#: More packets than any codec reorders.
_REORDERED = 32
#: Frames by which the last one may be off its place.
_HOLE = 0.25


@dataclass(frozen=True, slots=True)
class Timing:
    """Rate, whether it is constant, the exact number of frames if it is, and the length."""

    rate: Fraction
    constant: bool
    frames: int | None
    duration_seconds: float


@dataclass(frozen=True, slots=True)
class _Shown:
    """When one packet's frame is shown, and for how long (0: not said), in ticks."""

    at: int
    ticks: int


def survey(
    container: InputContainer,
    stream: VideoStream,
    *,
    size_bytes: int | None,
    declared_seconds: float | None,
    first_shown: int,
) -> Timing:
    """Return the timing of `stream`, whose first frame is shown at `first_shown` ticks.

    Raises MediaError: MEDIA_TRUNCATED if the index points beyond the file, FFMPEG_INVALID_INPUT without frames.
    """
    if not stream.time_base:
        raise MediaError(MediaCode.FFMPEG_INVALID_INPUT, "the video has no clock")
    declared_rate = stream.average_rate or stream.guessed_rate
    if stream.frames and len(stream.index_entries) == stream.frames:
        times = _listed(stream, size_bytes)
        tail = _packets_from(container, stream, times[-_REORDERED:][0])
    else:
        small = size_bytes is not None and size_bytes <= _SCAN_BYTES
        if declared_seconds is not None and not small:
            return _sampled(container, stream, declared_seconds, declared_rate)
        container.seek(0)
        tail = _packets(container, stream)
        times = [packet.at for packet in tail]
    if not times or not tail:
        raise MediaError(MediaCode.FFMPEG_INVALID_INPUT, "the video has no frames")
    rate, constant = frame_rate(times, stream.time_base, declared=declared_rate)
    last = max(tail, key=lambda packet: packet.at)
    # An index holds decoding times: where a cut took the frames shown just before the last one, only this tells.
    if constant and abs((last.at - first_shown) * stream.time_base * rate - (len(times) - 1)) <= _HOLE:
        return Timing(rate, True, len(times), float(len(times) / rate))
    return Timing(rate, False, None, _seconds(first_shown, last, stream.time_base, rate))


def _seconds(start: int, last: _Shown, time_base: Fraction, rate: Fraction) -> float:
    return float((last.at - start) * time_base + (last.ticks * time_base or 1 / rate))


def _listed(stream: VideoStream, size_bytes: int | None) -> list[int]:
    """Return the sorted decoding times of an MP4 or AVI index: exact, and free even over HTTP."""
    end = max(entry.pos + entry.size for entry in stream.index_entries)
    if size_bytes is not None and end > size_bytes:
        raise MediaError(MediaCode.MEDIA_TRUNCATED, f"the index reaches {end} bytes, the file has {size_bytes}")
    return sorted(entry.timestamp for entry in stream.index_entries if not entry.is_discard)


def _sampled(
    container: InputContainer, stream: VideoStream, declared_seconds: float, declared_rate: Fraction | None
) -> Timing:
    assert stream.time_base is not None
    container.seek(0)
    # Packets come in decoding order: the last few of a cut sample may miss a neighbour that is shown earlier.
    head = sorted(packet.at for packet in _packets(container, stream, _SAMPLE_PACKETS))
    rate, constant = frame_rate(head[:-16] or head, stream.time_base, declared=declared_rate)
    container.seek(int(max(0.0, declared_seconds - _TAIL_SECONDS) * av.time_base))
    tail = _packets(container, stream)
    if not tail or not head:
        return Timing(rate, False, None, declared_seconds)
    tail_rate, tail_constant = frame_rate([packet.at for packet in tail], stream.time_base, declared=rate)
    seconds = _seconds(head[0], max(tail, key=lambda packet: packet.at), stream.time_base, rate)
    if constant and tail_constant and rate == tail_rate:
        return Timing(rate, True, round(seconds * rate), seconds)
    return Timing(rate, False, None, seconds)


def _packets_from(container: InputContainer, stream: VideoStream, ticks: int) -> list[_Shown]:
    container.seek(ticks, stream=stream, any_frame=True)
    return _packets(container, stream)


def _packets(container: InputContainer, stream: VideoStream, count: int | None = None) -> list[_Shown]:
    found = []
    for packet in islice(container.demux(stream), count):
        at = packet.pts if packet.pts is not None else packet.dts
        if at is not None and not packet.is_discard:
            found.append(_Shown(at, packet.duration or 0))
    return found
