"""What an encode leaves behind: renditions, their measured segments, and every object written."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from shared.encoding.ladder import Document


@dataclass(frozen=True, slots=True)
class IFrame(Document):
    """Byte range of one IDR frame in its segment: from its ``moof`` to the end of its first sample."""

    offset: int
    size: int
    duration_seconds: Fraction


@dataclass(frozen=True, slots=True)
class Segment(Document):
    """One media segment. `units` counts video frames, or audio samples at the rendition's rate."""

    name: str
    size: int
    units: int
    duration_seconds: Fraction
    i_frames: tuple[IFrame, ...] = ()


@dataclass(frozen=True, slots=True)
class Track(Document):
    """One media playlist: its segments with their measured bit rates. `codecs` is an RFC 6381 string."""

    segments: tuple[Segment, ...]
    name: str
    directory: str
    codecs: str

    @property
    def duration_seconds(self) -> Fraction:
        """Exact sum of the segments' durations."""
        return sum((segment.duration_seconds for segment in self.segments), Fraction(0))

    @property
    def target_duration(self) -> int:
        """Smallest EXT-X-TARGETDURATION that no rounded segment exceeds (RFC 8216, 4.3.3.1); at least 1."""
        longest = max((segment.duration_seconds for segment in self.segments), default=Fraction(1))
        return max(1, int(longest + Fraction(1, 2)))

    @property
    def average_bps(self) -> int:
        """Bits of all segments over their duration, rounded up."""
        return _bps(sum(segment.size for segment in self.segments), self.duration_seconds)

    @property
    def peak_bps(self) -> int:
        """RFC 8216, 4.1: the largest bit rate of contiguous segments lasting 0.5 to 1.5 target durations."""
        return peak_bps([(segment.size, segment.duration_seconds) for segment in self.segments], self.target_duration)

    @property
    def i_frame_peak_bps(self) -> int:
        """The same measure over the I-frames alone, each as long as its group of pictures."""
        frames = [(f.size, f.duration_seconds) for segment in self.segments for f in segment.i_frames]
        longest = max((seconds for _, seconds in frames), default=Fraction(1))
        return peak_bps(frames, max(1, int(longest + Fraction(1, 2))))

    @property
    def i_frame_average_bps(self) -> int:
        """Bits of all I-frames over the duration."""
        return _bps(sum(f.size for segment in self.segments for f in segment.i_frames), self.duration_seconds)


def peak_bps(parts: list[tuple[int, Fraction]], target_duration: int) -> int:
    """Return the peak of (bytes, seconds) `parts` by RFC 8216, 4.1; the average where no run is long enough."""
    low, high = Fraction(target_duration, 2), Fraction(target_duration * 3, 2)
    peak = 0
    for first in range(len(parts)):
        size, seconds = 0, Fraction(0)
        for part_size, part_seconds in parts[first:]:
            size, seconds = size + part_size, seconds + part_seconds
            if seconds > high:
                break
            if seconds >= low:
                peak = max(peak, _bps(size, seconds))
    return peak or _bps(sum(size for size, _ in parts), sum((seconds for _, seconds in parts), Fraction(0)))


def _bps(size: int, seconds: Fraction) -> int:
    return -int(-(size * 8) // seconds) if seconds else 0


@dataclass(frozen=True, slots=True)
class VideoRendition(Track):
    """One finished rung. `codecs` was read from its avcC box."""

    width: int
    height: int
    frame_rate: Fraction
    maxrate_bps: int

    @property
    def frames(self) -> int:
        """Video frames in all segments."""
        return sum(segment.units for segment in self.segments)


@dataclass(frozen=True, slots=True)
class AudioTrack(Track):
    """One finished member of the audio group."""

    channels: int
    sample_rate: int
    label: str
    language: str | None
    default: bool
    audio_bps: int

    @property
    def samples(self) -> int:
        """Samples per channel in all segments; the last one may be cut short."""
        return sum(segment.units for segment in self.segments)


@dataclass(frozen=True, slots=True)
class StoredObject(Document):
    """One object handed to the sink: bytes and hexadecimal MD5, which is its ETag in S3."""

    size: int
    md5: str


@dataclass(frozen=True, slots=True)
class Loss(Document):
    """How much of one track of the source cannot be decoded: `lost` of `total` pictures, or blocks of sound.

    `track` is the name of an audio rendition, empty for the picture.
    """

    track: str
    lost: int
    total: int


@dataclass(frozen=True, slots=True)
class PartResult(Document):
    """What one part of a divided encode has made: a window's share, or the sound. `take` is in its objects' names.

    `frames` is the window's length. `inits` maps directories to the MD5 of their init segment, which only the first
    window has stored. `tiles` (an object of JPEG pictures in a row, `tile_count` of them), `candidates` (one object
    each, in the film's order) and `tails` (of audio tracks: what is not cut into segments yet) wait for `assemble`.
    """

    kind: str
    number: int
    share: str
    take: int
    video: tuple[VideoRendition, ...]
    audio: tuple[AudioTrack, ...]
    objects: dict[str, StoredObject]
    inits: dict[str, str]
    encode_seconds: float
    frames: int = 0
    decode_errors: int = 0
    tiles: str | None = None
    tile_count: int = 0
    candidates: tuple[str, ...] = ()
    tails: dict[str, str] = field(default_factory=dict)
    losses: tuple[Loss, ...] = ()


@dataclass(frozen=True, slots=True)
class EncodeResult(Document):
    """Everything made from one source. `objects` maps names under the generation prefix to what lies there.

    `frames_decoded` is None where several processes have decoded the source, some frames twice. `losses` has one entry
    of the picture and one of each audio track.
    """

    renditions: tuple[VideoRendition, ...]
    audio: tuple[AudioTrack, ...]
    objects: dict[str, StoredObject]
    thumbnails: tuple[str, ...]
    frames_decoded: int | None
    decode_errors: int
    encode_seconds: float
    losses: tuple[Loss, ...] = ()

    @property
    def duration_seconds(self) -> float:
        """Length of the video track."""
        return float(self.renditions[0].duration_seconds)

    @property
    def bytes_total(self) -> int:
        """Bytes of all objects."""
        return sum(stored.size for stored in self.objects.values())
