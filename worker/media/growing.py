"""The playlists of a divided encode that still runs: a pure function of what its parts have stored so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from shared.encoding.ladder import AudioRendition, Plan, Rung
from worker.media import playlists
from worker.media.adts import SAMPLES_PER_FRAME
from worker.media.packager import audio_border, segment_name
from worker.media.results import AudioTrack, Segment, VideoRendition


@dataclass(frozen=True, slots=True)
class Piece:
    """One part. `stored` counts its segments of full length, from its start on, that are there in all renditions."""

    kind: str
    number: int
    share: str
    take: int
    stored: int
    done: bool


@dataclass(frozen=True, slots=True)
class Growing:
    """EVENT playlists by name, and how far they reach: `segments` from the start of the film."""

    texts: dict[str, str]
    segments: int
    reachable_seconds: float


def growing(plan: Plan, pieces: Sequence[Piece], codecs: Mapping[str, str]) -> Growing | None:
    """Return the playlists of what can be played from the start on; None while there is nothing.

    `codecs` are those of the directories that have been begun. While the first window's larger rungs are not all
    there, the multivariant playlist does without them, so what it names never gets shorter than what it has named.
    """
    windows = {(piece.number, piece.share): piece for piece in pieces if piece.kind == "window"}
    head = windows.get((0, "high"))
    rungs = plan.rungs_of("low") if plan.head_is_split and not (head and head.done) else plan.rungs
    video = {rung: _video_segments(plan, rung, windows) for rung in rungs}
    sound = next((piece for piece in pieces if piece.kind == "audio"), None)
    count = min(len(segments) for segments in video.values())
    if plan.audio:
        count = min(count, sound.stored if sound else 0)
    directories = [*(rung.directory for rung in rungs), *(track.name for track in plan.audio)]
    if not count or any(not codecs.get(directory) for directory in directories):
        return None
    renditions = [_rendition(plan, rung, segments[:count], codecs) for rung, segments in video.items()]
    tracks = [_track(plan, track, count, sound.take if sound else 1, codecs) for track in plan.audio]
    target = playlists.growing_target(plan)
    texts = {
        f"{track.directory}/{playlists.MEDIA}": playlists.media(track, kind="EVENT", target_duration=target)
        for track in (*renditions, *tracks)
    }
    texts[playlists.MULTIVARIANT] = playlists.multivariant(renditions, tracks, provisional=True)
    reachable = min(track.duration_seconds for track in (*renditions, *tracks))
    return Growing(texts, count, float(reachable))


def _video_segments(plan: Plan, rung: Rung, windows: Mapping[tuple[int, str], Piece]) -> list[Segment]:
    """The segments of `rung` that are stored without a gap, from the film's start on."""
    segments: list[Segment] = []
    for window in plan.windows:
        share = next(share for share in plan.shares(window.index) if rung in plan.rungs_of(share))
        piece = windows.get((window.index, share))
        first = window.start_frame // plan.segment_frames
        if piece is None or len(segments) != first:
            break
        names = (segment_name(number, piece.take) for number in range(first, first + piece.stored))
        segments += [Segment(name, 0, plan.segment_frames, plan.segment_seconds) for name in names]
    return segments


def _rendition(plan: Plan, rung: Rung, segments: Sequence[Segment], codecs: Mapping[str, str]) -> VideoRendition:
    return VideoRendition(
        segments=tuple(segments),
        name=rung.name,
        directory=rung.directory,
        codecs=codecs[rung.directory],
        width=rung.width,
        height=rung.height,
        frame_rate=plan.frame_rate,
        maxrate_bps=rung.maxrate_bps,
    )


def _track(plan: Plan, track: AudioRendition, count: int, take: int, codecs: Mapping[str, str]) -> AudioTrack:
    borders = [audio_border(plan, track.sample_rate, number) * SAMPLES_PER_FRAME for number in range(count + 1)]
    samples = [end - start for start, end in pairwise(borders)]
    return AudioTrack(
        segments=tuple(
            Segment(segment_name(number, take), 0, length, Fraction(length, track.sample_rate))
            for number, length in enumerate(samples)
        ),
        name=track.name,
        directory=track.name,
        codecs=codecs[track.name],
        channels=track.channels,
        sample_rate=track.sample_rate,
        label=track.label,
        language=track.language,
        default=track.default,
        audio_bps=track.audio_bps,
    )
