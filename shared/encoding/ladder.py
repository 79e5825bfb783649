"""Plan the renditions of a source: a pure function from what the probe saw to what the encoder makes.

Rungs go by the short side of the *display* size: 360 at 800 kbit/s, 480 at 1400, 720 at 2800, 1080 at 5000. A source
is never upscaled; one whose short side is no rung keeps a rung of its own size. Numbers in brackets are rules of
Apple's HLS authoring specification.
"""

from __future__ import annotations

import types
import typing
from dataclasses import dataclass, fields
from fractions import Fraction
from itertools import chain, count
from math import ceil
from typing import Any, Literal, Self

from shared.encoding.quoting import quotable

#: Short side in pixels → target bits per second.
SEED_RUNGS: dict[int, int] = {360: 800_000, 480: 1_400_000, 720: 2_800_000, 1080: 5_000_000}
MAX_FRAME_RATE = Fraction(60)  # [1.19]
#: Target seconds between IDR frames [1.13], and how many of these groups make one segment [7.5].
GOP_SECONDS = 2
GOPS_PER_SEGMENT = 3
STEREO_BPS = 128_000
MONO_BPS = 64_000
AUDIO_SAMPLE_RATE = 48_000
_LOWEST_BPS = 150_000
#: How finely a source is cut for several workers: two windows each even out that one is faster.
_WINDOWS_PER_WORKER = 2
_LEAST_WINDOW_SEGMENTS = 2
_NEXT_TO_NOTHING = Fraction(1, 24)
#: Before a window all is decoded from the key frame on: at most as much as this many windows.
_MOST_WINDOWS_AHEAD = 2
#: From this many windows on, the first one's lowest rungs are made before its others. It costs decoding one window
#: twice, which is nothing beside a long source and much beside a short one.
_WINDOWS_TO_SPLIT_HEAD = 5
_LOW_SHORT_SIDE = 480


class Document:
    """A frozen dataclass as a JSON object with camelCase names; fractions are written as ``"30000/1001"``."""

    def to_json(self) -> dict[str, Any]:
        """Return a dict of JSON types only."""
        values = ((field.name, getattr(self, field.name)) for field in fields(self))  # type: ignore[arg-type]
        return {_camel(name): _encode(value) for name, value in values}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Rebuild what `to_json` wrote. Absent fields take their defaults; raises TypeError if there is none."""
        hints = typing.get_type_hints(cls)
        names = {_camel(field.name): field.name for field in fields(cls)}  # type: ignore[arg-type]
        return cls(**{names[key]: _decode(hints[names[key]], value) for key, value in data.items() if key in names})


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def _encode(value: Any) -> Any:
    if isinstance(value, Document):
        return value.to_json()
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}"
    if isinstance(value, tuple):
        return [_encode(item) for item in value]
    if isinstance(value, dict):
        return {key: _encode(item) for key, item in value.items()}
    return value


def _decode(hint: Any, value: Any) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in {typing.Union, types.UnionType}:
        return None if value is None else _decode(next(a for a in arguments if a is not type(None)), value)
    if origin is tuple:
        return tuple(_decode(arguments[0], item) for item in value)
    if origin is dict:
        return {key: _decode(arguments[1], item) for key, item in value.items()}
    if hint is Fraction:
        return Fraction(value)
    if hint is float:
        return float(value)
    if isinstance(hint, type) and issubclass(hint, Document):
        return hint.from_json(value)
    return value


@dataclass(frozen=True, slots=True)
class AudioFacts(Document):
    """One audio track. `index` is the stream's index in the file; `start_seconds` is on the file's own clock."""

    index: int
    channels: int
    sample_rate: int
    codec: str = ""
    language: str | None = None
    title: str | None = None
    start_seconds: float = 0.0
    duration_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class SourceFacts(Document):
    """What the probe found out about a master file.

    `display_width` and `display_height` are in square pixels after rotation; `coded_*` are as stored. `rotation` is
    the clockwise turn in degrees that makes the picture upright, `mirrored` asks for a horizontal flip before it.
    `frames` is exact when `frame_rate_is_constant`, and None when only a full read would tell. `matrix`, `transfer`
    and `primaries` are zimg's names, never "unspecified". `start_seconds` is the first video frame on the file's clock.
    `delay_seconds` is by how much that clock has every picture too late: AVI does not know that frames are reordered.
    `key_frame_seconds` is the longest way from one frame at which reading can begin to the next, None if not known.
    `hardly_moves` tells that most frames repeat the one before: a screen recording, slides, a still with a voice.
    """

    display_width: int
    display_height: int
    frame_rate: Fraction
    duration_seconds: float
    frame_rate_is_constant: bool = True
    frames: int | None = None
    coded_width: int = 0
    coded_height: int = 0
    rotation: int = 0
    mirrored: bool = False
    interlaced: bool = False
    hdr: Literal["pq", "hlg"] | None = None
    full_range: bool = False
    pixel_format: str = "yuv420p"
    bit_depth: int = 8
    matrix: str = "709"
    transfer: str = "709"
    primaries: str = "709"
    start_seconds: float = 0.0
    delay_seconds: float = 0.0
    key_frame_seconds: float | None = None
    hardly_moves: bool = False
    video_index: int = 0
    video_codec: str = ""
    demuxer: str = "mov"
    size_bytes: int | None = None
    audio: tuple[AudioFacts, ...] = ()


@dataclass(frozen=True, slots=True)
class Rung(Document):
    """One video rendition, and why it exists. The ceiling of 1.07 times the target keeps peaks low [1.30]."""

    name: str
    width: int
    height: int
    video_bps: int
    maxrate_bps: int
    bufsize_bits: int
    reason: str

    @property
    def directory(self) -> str:
        """Where its files lie under the generation prefix, like ``v720``."""
        return f"v{self.name.removesuffix('p')}"


@dataclass(frozen=True, slots=True)
class AudioRendition(Document):
    """One AAC-LC 48 kHz rendition, a member of the one audio group. `source_index` is the stream's index."""

    name: str
    source_index: int
    channels: int
    audio_bps: int
    label: str
    language: str | None = None
    default: bool = False
    sample_rate: int = AUDIO_SAMPLE_RATE


@dataclass(frozen=True, slots=True)
class Window(Document):
    """A range of whole segments, in output frames: `start_frame` inclusive, `end_frame` exclusive, None = the end."""

    index: int
    start_frame: int
    end_frame: int | None


@dataclass(frozen=True, slots=True)
class Plan(Document):
    """What will be made of a source. `frames` is exact for constant-rate sources and None otherwise."""

    source: SourceFacts
    rungs: tuple[Rung, ...]
    audio: tuple[AudioRendition, ...]
    frame_rate: Fraction
    gop_frames: int
    segment_frames: int
    frames: int | None
    duration_seconds: float
    windows: tuple[Window, ...]
    estimated_bytes: int

    @property
    def segment_seconds(self) -> Fraction:
        """Exact length of a full segment: 6.006 s for 30000/1001 frames per second."""
        return self.segment_frames / self.frame_rate

    @property
    def head_is_split(self) -> bool:
        """Whether the first window's lowest rungs are encoded before its others."""
        return len(self.windows) >= _WINDOWS_TO_SPLIT_HEAD and 0 < len(self.rungs_of("low")) < len(self.rungs)

    def window(self, number: int) -> Window:
        """One window. What is sent to whoever encodes it names no other. Raises KeyError if it is not there."""
        return {window.index: window for window in self.windows}[number]

    def shares(self, window: int) -> tuple[str, ...]:
        """The pieces of work of one window, most urgent first."""
        return ("low", "high") if window == 0 and self.head_is_split else ("all",)

    def rungs_of(self, share: str) -> tuple[Rung, ...]:
        """The rungs of one share of a window: ``all``, ``low`` (480 and less) or ``high``, largest first."""
        low = tuple(rung for rung in self.rungs if min(rung.width, rung.height) <= _LOW_SHORT_SIDE)
        match share:
            case "all":
                return self.rungs
            case "low":
                return low
            case "high":
                return tuple(rung for rung in self.rungs if rung not in low)
        raise ValueError(f"no such share: {share}")

    @property
    def expected_frames(self) -> int:
        """`frames`, or the best estimate of it; at least one."""
        return self.frames or max(1, round(self.duration_seconds * self.frame_rate))


def plan_ladder(
    source: SourceFacts, *, window_seconds: float | None = 60, workers: int = 1, max_short_side: int | None = None
) -> Plan:
    """Plan the ladder of `source`.

    `window_seconds` is the longest a window may be; None gives one window that is open at its end. With several
    `workers` a source is cut finer, so that each has two windows, if none gets shorter than two segments. Where key
    frames are more than two windows apart, windows are as long as the way between them: one, if there is only one.
    `max_short_side` drops the rungs above it. Raises ValueError for a source without pixels or rate.
    """
    if min(source.display_width, source.display_height) < 2 or source.frame_rate <= 0:
        raise ValueError("a source needs pixels and a frame rate")
    frame_rate = source.frame_rate
    while frame_rate > MAX_FRAME_RATE:
        frame_rate /= 2
    gop_frames = max(1, round(GOP_SECONDS * frame_rate))
    segment_frames = GOPS_PER_SEGMENT * gop_frames
    frames = _output_frames(source, frame_rate)
    duration = float(frames / frame_rate) if frames else source.duration_seconds
    rungs = _rungs(source, max_short_side)
    audio = _audio(source.audio)
    ahead = source.key_frame_seconds or 0
    if window_seconds is not None and ahead > _MOST_WINDOWS_AHEAD * window_seconds:
        window_seconds, workers = ahead, 1
    bits_per_second = sum(rung.video_bps for rung in rungs) + sum(track.audio_bps for track in audio)
    return Plan(
        source=source,
        rungs=rungs,
        audio=audio,
        frame_rate=frame_rate,
        gop_frames=gop_frames,
        segment_frames=segment_frames,
        frames=frames,
        duration_seconds=duration,
        windows=_windows(frames or round(duration * frame_rate), segment_frames, frame_rate, window_seconds, workers),
        estimated_bytes=round(bits_per_second * duration / 8),
    )


def _output_frames(source: SourceFacts, frame_rate: Fraction) -> int | None:
    if not source.frame_rate_is_constant or source.frames is None:
        return None
    return ceil(source.frames * frame_rate / source.frame_rate)


def _rungs(source: SourceFacts, max_short_side: int | None) -> tuple[Rung, ...]:
    short, long = sorted((source.display_width, source.display_height))
    ceiling = min(short, max_short_side or short)
    sides = [side for side in SEED_RUNGS if side <= ceiling]
    own_size = short // 2 * 2
    if own_size not in sides and short < max(SEED_RUNGS) and short <= ceiling:
        sides.append(own_size)
    rungs = []
    for side in sorted(sides or [ceiling // 2 * 2], reverse=True):
        other = long // 2 * 2 if side == own_size else max(2, round(long * side / short / 2) * 2)
        width, height = (other, side) if source.display_width >= source.display_height else (side, other)
        bps = SEED_RUNGS.get(side) or _interpolated_bps(side)
        rungs.append(
            Rung(
                name=f"{side}p",
                width=width,
                height=height,
                video_bps=bps,
                maxrate_bps=round(bps * 1.07),
                bufsize_bits=round(bps * 1.5),
                reason=_reason(side, short),
            )
        )
    return tuple(rungs)


def _reason(side: int, short: int) -> str:
    if side == short and side in SEED_RUNGS:
        return f"source is {side}p"
    if side not in SEED_RUNGS:
        return "kept at source size" if side == short else "kept at source size, made even"
    return f"source is {short}p, scaled down"


def _interpolated_bps(side: int) -> int:
    """Interpolate between the neighbouring rungs by pixel count, which grows with the square of the side."""
    below = max((rung for rung in SEED_RUNGS if rung < side), default=0)
    above = min(rung for rung in SEED_RUNGS if rung > side)
    low, high = SEED_RUNGS.get(below, _LOWEST_BPS), SEED_RUNGS[above]
    share = (side**2 - below**2) / (above**2 - below**2)
    return round((low + share * (high - low)) / 1000) * 1000


def _audio(tracks: tuple[AudioFacts, ...]) -> tuple[AudioRendition, ...]:
    return tuple(
        AudioRendition(
            name=f"a{number}",
            source_index=track.index,
            channels=min(track.channels, 2),
            audio_bps=MONO_BPS if track.channels == 1 else STEREO_BPS,
            label=label,
            language=track.language,
            default=number == 0,
        )
        for number, (track, label) in enumerate(zip(tracks, _labels(tracks), strict=True))
    )


def _labels(tracks: tuple[AudioFacts, ...]) -> list[str]:
    """Name each track as a player lists it: within a group no two alike (RFC 8216, 4.3.4.1.1)."""
    labels: list[str] = []
    for number, track in enumerate(tracks, 1):
        plain = "Audio" if len(tracks) == 1 else f"Audio {number}"
        own = quotable(track.title or "") or quotable(track.language or "") or plain
        names = chain([own], (f"{own} ({times})" for times in count(2)))
        labels.append(next(name for name in names if name not in labels))
    return labels


def _windows(
    frames: int, segment_frames: int, frame_rate: Fraction, window_seconds: float | None, workers: int
) -> tuple[Window, ...]:
    """Cut into windows of equal length, give or take a segment: with unequal ones some worker would wait.

    What is left over after the last whole segment, if it is next to nothing, makes no window of its own.
    """
    segments = Fraction(frames, segment_frames)
    if window_seconds is None:
        return (Window(0, 0, None),)
    most = max(1, round(window_seconds * frame_rate / segment_frames))
    count = max(1, ceil((segments - _NEXT_TO_NOTHING) / most))
    if workers > 1:
        count = max(count, min(_WINDOWS_PER_WORKER * workers, int(segments) // _LEAST_WINDOW_SEGMENTS))
    borders = [0]
    for number in range(1, count):
        borders.append(max(borders[-1] + 1, int(segments * number / count + Fraction(1, 2))))
    starts = [border * segment_frames for border in borders]
    return tuple(Window(i, start, end) for i, (start, end) in enumerate(zip(starts, [*starts[1:], None], strict=True)))
