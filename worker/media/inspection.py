"""Read a source's facts with PyAV. Runs only inside the confined child that `worker.media.probe` starts."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import islice
from math import atan2, degrees
from typing import Any

import av
import av.error
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from shared.encoding.ladder import AudioFacts, SourceFacts
from worker.media import h264
from worker.media.errors import MediaCode, MediaError
from worker.media.probe import Limits
from worker.media.sniff import check_reachable, sniff
from worker.media.survey import Timing, hardly_moves, survey

#: Enough for any frame to appear, little enough for a remote file.
_FIRST_FRAME_PACKETS = 600

#: ITU-T H.273's numbers and zscale's names for them.
_MATRIX = {1: "709", 4: "fcc", 5: "470bg", 6: "170m", 7: "smpte240m", 8: "ycgco", 9: "2020_ncl", 10: "2020_cl"}
_TRANSFER = {1: "709", 4: "bt470m", 5: "bt470bg", 6: "601", 7: "smpte240m", 8: "linear", 13: "iec61966-2-1"}
_TRANSFER |= {14: "2020_10", 15: "2020_12", 16: "smpte2084", 18: "arib-std-b67"}
_PRIMARIES = {
    1: "709",
    4: "bt470m",
    5: "bt470bg",
    6: "170m",
    7: "smpte240m",
    8: "film",
    9: "2020",
    11: "smpte431",
    12: "smpte432",
}
_DEGREES = re.compile(r"-?\d{1,4}(\.\d+)?", re.ASCII)
#: Codecs whose frames are always progressive, or of which the container says it once for all.
_PROGRESSIVE_CODECS = {"vp8", "vp9", "av1", "libdav1d", "hevc", "png", "gif", "bmp", "tiff", "webp", "rawvideo", "v210"}
#: Where a film is looked into, how far at most to the third frame, and for how long in all.
_LOOKS = (0.5, 0.1, 0.3, 0.7, 0.9)
_LOOK_PACKETS = 60
_LOOKING_SECONDS = 5.0
#: Frames by which a decoder may be late.
_MOST_REORDERED = 16
_PQ, _HLG, _FULL_RANGE = 16, 18, 2
_PICTURE_CODECS = {"mjpeg", "png", "bmp", "gif", "tiff", "webp"}
_PROTOCOLS = {"http": "http,tcp"}


def inspect(url: str, limits: Limits) -> SourceFacts:
    """Return the facts of `url`; raises MediaError."""
    head = sniff(url, timeout_seconds=limits.timeout_seconds)
    options = {"protocol_whitelist": _PROTOCOLS.get(url.partition(":")[0], "file")}
    try:
        with av.open(url, format=head.demuxer, options=options, timeout=limits.timeout_seconds) as container:
            facts = _facts(container, head.size_bytes, limits)
    except av.error.FFmpegError as error:
        check_reachable(url, head.size_bytes, timeout_seconds=limits.timeout_seconds)
        raise _media_error(error) from error
    return replace(facts, demuxer=head.demuxer)


def _media_error(error: av.error.FFmpegError) -> MediaError:
    if isinstance(error, av.error.InvalidDataError):
        return MediaError(MediaCode.FFMPEG_INVALID_INPUT, "the file's structure cannot be read")
    if isinstance(error, MemoryError):
        return MediaError(MediaCode.MEDIA_PROBE_LIMIT, "examining the file exceeded its limits")
    if isinstance(error, av.error.DecoderNotFoundError | av.error.PatchWelcomeError):
        return MediaError(MediaCode.FFMPEG_UNSUPPORTED_CODEC, "no decoder for this codec")
    if isinstance(error, av.error.HTTPNotFoundError | FileNotFoundError):
        return MediaError(MediaCode.FILE_NOT_FOUND, "the source object does not exist")
    if isinstance(error, OSError | av.error.HTTPError | av.error.HTTPClientError | av.error.ExitError):
        return MediaError(MediaCode.FFMPEG_DOWNLOAD_FAILED, "the source could not be downloaded")
    return MediaError(MediaCode.FFMPEG_INVALID_INPUT, f"the file cannot be read: {error.strerror}")


def _facts(container: InputContainer, size_bytes: int | None, limits: Limits) -> SourceFacts:
    stream = _video_stream(container)
    coded_width, coded_height = stream.codec_context.width, stream.codec_context.height
    _check_frame_size(coded_width, coded_height, limits)
    declared_seconds = _declared_seconds(container, stream)
    _check_duration(declared_seconds, limits)
    frames = _first_frames(container, stream)
    first = frames[0]
    _check_frame_size(first.width, first.height, limits)
    timing = survey(
        container, stream, size_bytes=size_bytes, declared_seconds=declared_seconds, first_shown=first.pts or 0
    )
    _check_duration(timing.duration_seconds, limits)
    rotation, mirrored = _orientation(first, stream)
    width, height = _display_size(first, stream)
    if rotation % 180:
        width, height = height, width
    _check_frame_size(width, height, limits)
    start_seconds, delay_seconds = _start(container, stream, first)
    interlaced = _mostly_interlaced(frames) or _interlaced_later(container, stream, start_seconds, timing)
    small = min(first.width, first.height) < 720
    return SourceFacts(
        display_width=width,
        display_height=height,
        frame_rate=timing.rate,
        frame_rate_is_constant=timing.constant,
        frames=timing.frames,
        duration_seconds=timing.duration_seconds,
        coded_width=first.width,
        coded_height=first.height,
        rotation=rotation,
        mirrored=mirrored,
        interlaced=interlaced,
        hdr="pq" if first.color_trc == _PQ else "hlg" if first.color_trc == _HLG else None,
        full_range=first.color_range == _FULL_RANGE or first.format.is_rgb or first.format.name.startswith("yuvj"),
        pixel_format=first.format.name,
        bit_depth=max((component.bits for component in first.format.components), default=8),
        matrix="gbr" if first.format.is_rgb else _MATRIX.get(first.colorspace, "170m" if small else "709"),
        transfer=_TRANSFER.get(first.color_trc, "709"),
        primaries=_PRIMARIES.get(first.color_primaries, "709"),
        start_seconds=start_seconds,
        delay_seconds=delay_seconds,
        key_frame_seconds=timing.key_frame_seconds,
        hardly_moves=hardly_moves(stream, first.width * first.height),
        video_index=stream.index,
        video_codec=stream.codec_context.name,
        size_bytes=size_bytes,
        audio=_audio(container, stream, limits),
    )


def _video_stream(container: InputContainer) -> VideoStream:
    """Return the first stream that is a film; cover art is none, whether it is marked as such or not."""
    marked = av.stream.Disposition.attached_pic
    streams = [stream for stream in container.streams.video if not stream.disposition & marked]
    if not streams:
        raise MediaError(MediaCode.MEDIA_NO_VIDEO, "the file has no video track")
    stream = next((s for s in streams if not _is_still(s)), streams[0])
    # A codec without a decoder has no context; PyAV's types do not say so.
    if getattr(stream, "codec_context", None) is None:
        raise MediaError(MediaCode.FFMPEG_UNSUPPORTED_CODEC, "no decoder for the video's codec")
    return stream


def _is_still(stream: VideoStream) -> bool:
    """Tell a picture by its one frame; where the container does not count them, by its codec."""
    context = getattr(stream, "codec_context", None)
    return stream.frames == 1 or (not stream.frames and context is not None and context.name in _PICTURE_CODECS)


def _check_frame_size(width: int, height: int, limits: Limits) -> None:
    if width <= 0 or height <= 0:
        raise MediaError(MediaCode.FFMPEG_INVALID_INPUT, "the video declares no frame size")
    if max(width, height) > limits.max_side or width * height > limits.max_pixels:
        raise MediaError(
            MediaCode.MEDIA_TOO_LARGE_FRAME,
            f"frames of {width}x{height} exceed {limits.max_side} pixels a side or {limits.max_pixels} in all",
        )
    if min(width, height) < 2:
        raise MediaError(MediaCode.FFMPEG_INVALID_INPUT, f"frames of {width}x{height} cannot be encoded")


def _check_duration(seconds: float | None, limits: Limits) -> None:
    if seconds is not None and seconds > limits.max_duration_seconds:
        raise MediaError(
            MediaCode.MEDIA_TOO_LONG, f"{seconds:.0f} s declared, {limits.max_duration_seconds:.0f} s allowed"
        )


def _declared_seconds(container: InputContainer, stream: VideoStream) -> float | None:
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return container.duration / av.time_base if container.duration else None


def _first_frames(container: InputContainer, stream: VideoStream) -> list[VideoFrame]:
    """Decode up to three frames; the first one carries size, colour and orientation."""
    stream.thread_type = "NONE"
    if frames := _some_frames(container, stream, _FIRST_FRAME_PACKETS):
        return frames
    raise MediaError(MediaCode.FFMPEG_INVALID_INPUT, "no picture of the video can be decoded")


def _some_frames(container: InputContainer, stream: VideoStream, packets: int) -> list[VideoFrame]:
    """Decode three frames, fewer where the next `packets` hold no more."""
    frames: list[VideoFrame] = []
    for packet in islice(container.demux(stream), packets):
        with contextlib.suppress(av.error.InvalidDataError):
            frames.extend(packet.decode())
        if len(frames) >= 3:
            break
    return frames


def _mostly_interlaced(frames: Sequence[VideoFrame]) -> bool:
    return sum(frame.interlaced_frame for frame in frames) * 2 > len(frames)


def _interlaced_later(container: InputContainer, stream: VideoStream, start_seconds: float, timing: Timing) -> bool:
    """Tell whether a film that opens progressively, as broadcasts do, is interlaced where it is looked into.

    Only where a codec can change to that, which costs ordinary sources nothing; where an index leads there; and for a
    limited time.
    """
    if not _can_be_interlaced(stream) or timing.key_frame_seconds is None or not stream.time_base:
        return False
    end = time.monotonic() + _LOOKING_SECONDS
    for share in _LOOKS:
        at = start_seconds + share * timing.duration_seconds
        if time.monotonic() > end:
            break
        with contextlib.suppress(av.error.FFmpegError):
            container.seek(int(at / stream.time_base), stream=stream)
            if _mostly_interlaced(_some_frames(container, stream, _LOOK_PACKETS)):
                return True
    return False


def _can_be_interlaced(stream: VideoStream) -> bool:
    """Judge by the codec, and in MP4 and Matroska by H.264's parameter set."""
    name = stream.codec_context.name
    if name != "h264":
        return name not in _PROGRESSIVE_CODECS
    with contextlib.suppress(ValueError, IndexError):
        return not h264.parse_avcc(stream.codec_context.extradata or b"").progressive
    return True


def _start(container: InputContainer, stream: VideoStream, first: VideoFrame) -> tuple[float, float]:
    """Return when ffmpeg's decoder shows the first frame, and how much too late that is.

    An AVI only counts chunks, in decoding order: a frame's time is the number of the chunk that made it come out.
    """
    avi = container.format.name == "avi"
    at = first.dts if avi and first.dts is not None else first.pts
    if at is None or not first.time_base:
        return 0.0, 0.0
    chunk = next((entry.timestamp for entry in stream.index_entries if entry.is_keyframe), at) if avi else at
    late = at - chunk if 0 < at - chunk <= _MOST_REORDERED else 0
    return float(at * first.time_base), float(late * first.time_base)


def _display_size(frame: VideoFrame, stream: VideoStream) -> tuple[int, int]:
    aspect = stream.sample_aspect_ratio or stream.codec_context.sample_aspect_ratio
    if not aspect or aspect <= 0 or not Fraction(1, 20) <= aspect <= 20:
        return frame.width, frame.height
    return round(frame.width * aspect), frame.height


def _orientation(frame: VideoFrame, stream: VideoStream) -> tuple[int, bool]:
    """Return the clockwise turn that rights the picture, a multiple of 90 degrees, and whether to flip it first.

    The display matrix decides; without one, the `rotate` tag of old recorders does.
    """
    matrix: Any = frame.side_data.get("DISPLAYMATRIX")
    if matrix is None:
        tag = {name.lower(): value for name, value in stream.metadata.items()}.get("rotate", "0")
        return (round(float(tag) / 90) * 90 % 360 if _DEGREES.fullmatch(tag) else 0), False
    a, b, _, c, d = (int.from_bytes(bytes(matrix)[i : i + 4], "little", signed=True) for i in range(0, 20, 4))
    mirrored = a * d - b * c < 0
    if mirrored:
        a, b = -a, -b
    return round(degrees(atan2(b, a)) / 90) * 90 % 360, mirrored


def _audio(container: InputContainer, video: VideoStream, limits: Limits) -> tuple[AudioFacts, ...]:
    """Return the tracks with sound, first those that the file wants to be heard unless another is chosen.

    Raises MediaError FFMPEG_UNSUPPORTED_CODEC when none of them can be decoded: a film must not lose its sound unseen.
    """
    # An MP4 lists its samples: a track without any would give the encoder nothing to encode.
    listed = container.format.name.startswith("mov") and video.index_entries
    streams = [stream for stream in container.streams.audio if not listed or stream.frames or stream.index_entries]
    usable = [stream for stream in streams if getattr(stream, "codec_context", None) is not None]
    if streams and not usable:
        raise MediaError(MediaCode.FFMPEG_UNSUPPORTED_CODEC, "no decoder for the sound's codec")
    usable.sort(key=lambda stream: not stream.disposition & av.stream.Disposition.default)
    facts = (_audio_facts(stream) for stream in usable)
    return tuple(islice((track for track in facts if track.channels and track.sample_rate), limits.max_audio_tracks))


def _audio_facts(stream: AudioStream) -> AudioFacts:
    language = stream.metadata.get("language")
    time_base = stream.time_base or Fraction(0)
    return AudioFacts(
        index=stream.index,
        channels=stream.codec_context.channels,
        sample_rate=stream.codec_context.sample_rate,
        codec=stream.codec_context.name,
        language=None if language in {None, "", "und"} else language,
        title=stream.metadata.get("title") or None,
        start_seconds=float((stream.start_time or 0) * time_base),
        duration_seconds=float(stream.duration * time_base) if stream.duration else None,
    )
