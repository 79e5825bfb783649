"""What was read back of a generation, parsed: the evidence that `worker.media.rules` judges."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain

from shared.encoding.ladder import AudioRendition, Plan, Rung
from worker.media import fmp4
from worker.media.h264 import PictureFormat
from worker.media.hls import Media, Multivariant
from worker.media.results import EncodeResult, peak_bps
from worker.media.witness import Fragment, Seen, SeenSegment


@dataclass(frozen=True, slots=True)
class _Track(ABC):
    """One media playlist and what it names; `segments` in its order."""

    playlist: Media
    segments: tuple[SeenSegment, ...]
    edit_list: bool

    @property
    @abstractmethod
    def segment_seconds(self) -> list[Fraction]:
        """Measured length of each segment."""

    @property
    def seconds(self) -> Fraction:
        """Length of all segments."""
        return sum(self.segment_seconds, Fraction(0))

    @property
    def fragments(self) -> Iterator[Fragment]:
        """All fragments, in order."""
        return chain.from_iterable(segment.fragments for segment in self.segments)

    @property
    def peak_bps(self) -> int:
        """Peak bit rate of the stored segments by RFC 8216, 4.1."""
        sizes = [segment.size for segment in self.segments]
        return peak_bps(list(zip(sizes, self.segment_seconds, strict=True)), self.playlist.target_seconds)

    @property
    def average_bps(self) -> int:
        """Bits of all stored segments over their length, rounded up."""
        return -int(-8 * sum(segment.size for segment in self.segments) // self.seconds)


@dataclass(frozen=True, slots=True)
class Video(_Track):
    """One rung as it is stored."""

    rung: Rung
    frame_rate: Fraction
    i_frames: Media
    config: fmp4.VideoConfig
    format: PictureFormat

    @property
    def name(self) -> str:
        """The rung's name, like ``720p``."""
        return self.rung.name

    @property
    def directory(self) -> str:
        """Where its files lie under the generation prefix."""
        return self.rung.directory

    @property
    def frames(self) -> int:
        """Samples in all segments."""
        return sum(fragment.samples for fragment in self.fragments)

    @property
    def segment_frames(self) -> tuple[int, ...]:
        """Samples of each segment."""
        return tuple(sum(fragment.samples for fragment in segment.fragments) for segment in self.segments)

    @property
    def segment_seconds(self) -> list[Fraction]:
        """Length of each segment as it is shown."""
        return [frames / self.frame_rate for frames in self.segment_frames]


@dataclass(frozen=True, slots=True)
class Audio(_Track):
    """One audio track as it is stored."""

    track: AudioRendition
    config: fmp4.AudioConfig

    @property
    def name(self) -> str:
        """The track's name, like ``a0``."""
        return self.track.name

    @property
    def directory(self) -> str:
        """Where its files lie under the generation prefix."""
        return self.track.name

    @property
    def segment_seconds(self) -> list[Fraction]:
        """Length of each segment; the last sample is as long as its duration says."""
        ticks = (sum(fragment.ticks for fragment in segment.fragments) for segment in self.segments)
        return [Fraction(count, self.config.timescale) for count in ticks]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was asked for, what the encoder says it made, and what is there. There is at least one video."""

    plan: Plan
    result: EncodeResult
    multivariant: Multivariant
    videos: tuple[Video, ...]
    audios: tuple[Audio, ...]
    cues: str
    seen: Seen

    @property
    def tracks(self) -> tuple[Video | Audio, ...]:
        """Everything that has a media playlist."""
        return (*self.videos, *self.audios)

    @property
    def seconds(self) -> Fraction:
        """Length of the first rung."""
        return self.videos[0].seconds
