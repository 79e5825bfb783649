"""Compare a published generation with the original it was made from: the gate before a video changes its host.

A second witness beside `verify`, which holds the output against the plan. Here the plan may be wrong: what counts is
what a viewer sees and hears at the same time of either, and what the platform says of the film. Only a few places are
decoded, so that a film of two hours takes seconds.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from shared.encoding.ladder import AudioRendition, Plan
from worker.media import compare_samples, fmp4, hls, playlists
from worker.media.compare_likeness import FLOOR_DB, Likeness, level_db, likeness
from worker.media.run import EncodeSettings, root

#: Reads one object of the generation by its name; raises for its own reasons, which are not caught here.
Read = Callable[[str], Awaitable[bytes]]

#: Published and original: one frame and the rounding of clocks.
TOLERANCE_SECONDS = 0.25
#: The platform rounds to whole seconds, up or down.
PLATFORM_TOLERANCE_SECONDS = 1.0
LEAST_LIKENESS = 0.8
_PICTURE_SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)
_SOUND_SHARES = (0.1, 0.5, 0.9)
#: How far around its time a picture of the original is looked for, to tell a film that is displaced.
_SEARCH_SECONDS = 1.25
_SOUND_SECONDS, _SOUND_SKIP_SECONDS = 2.0, 0.1
#: By how much sound may be quieter or louder than it was: an encode may bring it to a loudness, by 20 dB at most.
_QUIETER_DB, _LOUDER_DB = -12.0, 26.0
#: How much that may differ from place to place: a limiter takes more from what is loud.
_UNEVEN_DB = 10.0
_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Check:
    """One rule, whether it holds, and why: words with numbers."""

    name: str
    ok: bool
    detail: str

    def to_json(self) -> dict[str, Any]:
        """Return it as a report has it."""
        return {"name": self.name, "ok": self.ok, "detail": self.detail}


@dataclass(frozen=True, slots=True)
class Track:
    """A published rendition: where its segments lie, how long each is by its playlist, and its end by the last."""

    directory: str
    init: bytes
    segments: tuple[str, ...]
    seconds: tuple[Fraction, ...]
    ends_seconds: float

    @property
    def length_seconds(self) -> float:
        """Sum of the playlist."""
        return float(sum(self.seconds, Fraction(0)))

    def place(self, seconds: float) -> tuple[int, Fraction]:
        """The segment that is played at a time, and when that segment begins."""
        start = Fraction(0)
        for number, length in enumerate(self.seconds):
            if seconds < start + length or number == len(self.seconds) - 1:
                return number, start
            start += length
        raise ValueError("a rendition has no segments")


async def compare(
    url: str,
    plan: Plan,
    read: Read,
    *,
    platform_seconds: float | None = None,
    platform_has_audio: bool | None = None,
    settings: EncodeSettings | None = None,
) -> list[Check]:
    """Return all checks of what `read` reads against the original at `url`, of which `plan` is the plan.

    Raises MediaError where the original or a segment cannot be decoded, and what `read` raises.
    """
    settings = settings or EncodeSettings()
    try:
        video, audio = await _published(read)
    except (ValueError, LookupError, struct.error, UnicodeDecodeError) as error:
        return [Check("video", False, f"what was published cannot be read: {error}")]
    checks = [_length(plan, [*video, *audio]), _platform_length(plan, platform_seconds)]
    checks += [_video(plan, video), _audio(plan, audio, said=platform_has_audio)]
    limit = asyncio.Semaphore(_AT_ONCE)
    try:
        async with asyncio.TaskGroup() as group:
            pictures = group.create_task(_pictures(url, plan, video[0], read, settings, limit))
            sounds = group.create_task(_sounds(url, plan, audio, read, settings, limit))
    except BaseExceptionGroup as errors:
        raise root(errors) from errors
    return [*checks, sounds.result(), pictures.result()]


async def _published(read: Read) -> tuple[list[Track], list[Track]]:
    """The renditions, the largest first, and the audio renditions in their order."""
    whole = hls.parse_multivariant(await read(playlists.MULTIVARIANT))
    variants = sorted(whole.variants, key=_pixels, reverse=True)
    if not variants:
        raise ValueError("the playlist names no rendition")
    video = [await _track(read, variant.uri) for variant in variants]
    return video, [await _track(read, rendition.uri) for rendition in whole.audio]


def _pixels(variant: hls.Variant) -> int:
    width, _, height = variant.attributes["RESOLUTION"].partition("x")
    return int(width) * int(height)


async def _track(read: Read, uri: str) -> Track:
    directory = uri.rpartition("/")[0]
    entries = hls.parse_media(await read(uri)).entries
    if not entries:
        raise ValueError(f"{uri} has no segments")
    init = await read(f"{directory}/init.mp4")
    header = fmp4.find(init, b"moov", b"trak", b"mdia", b"mdhd")
    timescale = int.from_bytes(header[20:24] if header[0] else header[12:16])
    last = fmp4.parse_segment(await read(f"{directory}/{entries[-1].uri}"))
    # Shown is last what is decoded last or shortly before: a frame's place in time is its composition.
    shown = [
        tick + sample.composition_offset + sample.duration
        for _, fragment in last
        for tick, sample in zip(_ticks(fragment), fragment.samples, strict=True)
    ]
    return Track(
        directory,
        init,
        tuple(f"{directory}/{entry.uri}" for entry in entries),
        tuple(entry.duration_seconds for entry in entries),
        max(shown, default=0) / timescale,
    )


def _ticks(fragment: fmp4.Fragment) -> list[int]:
    ticks, now = [], fragment.decode_time
    for sample in fragment.samples:
        ticks.append(now)
        now += sample.duration
    return ticks


def _length(plan: Plan, tracks: Sequence[Track]) -> Check:
    original = plan.source.duration_seconds
    allowed = max(TOLERANCE_SECONDS, float(2 / plan.frame_rate))
    faults = [
        f"{track.directory} lasts {length:.2f} s, the original {original:.2f} s"
        for track in tracks
        for length in sorted({track.length_seconds, track.ends_seconds})
        if abs(length - original) > allowed
    ]
    longest = max(abs(track.length_seconds - original) for track in tracks)
    good = f"{len(tracks)} renditions last as long as the original, {original:.2f} s, to {longest:.2f} s"
    return Check("length", not faults, "; ".join(faults[:3]) or good)


def _platform_length(plan: Plan, said: float | None) -> Check:
    original = plan.source.duration_seconds
    if said is None:
        return Check("platform_length", True, "the platform does not say how long the film is")
    ok = abs(original - said) <= PLATFORM_TOLERANCE_SECONDS
    detail = f"the platform says {said:.0f} s, the original lasts {original:.2f} s"
    return Check("platform_length", ok, detail if ok else f"{detail}: {abs(original - said):.2f} s differ")


def _video(plan: Plan, video: Sequence[Track]) -> Check:
    wanted = plan.rungs[0]
    try:
        config = fmp4.parse_init(video[0].init)
    except (LookupError, struct.error) as error:
        return Check("video", False, f"{video[0].directory} has no pictures: {error}")
    detail = f"the largest of {len(video)} renditions has {config.width}x{config.height}"
    if (config.width, config.height) != (wanted.width, wanted.height):
        return Check("video", False, f"{detail}, the original allows {wanted.width}x{wanted.height}")
    return Check("video", True, detail)


def _audio(plan: Plan, audio: Sequence[Track], *, said: bool | None) -> Check:
    there, made = len(plan.source.audio), len(audio)
    if said and not there:
        return Check("audio", False, "the platform says that the film has sound, the original has none")
    if said and not made:
        return Check("audio", False, "the platform says that the film has sound, none was published")
    if made != len(plan.audio):
        return Check("audio", False, f"the original has {there} audio tracks, {made} were published")
    return Check("audio", True, f"{made} audio tracks, as in the original" if made else "neither has sound")


async def _sounds(
    url: str, plan: Plan, audio: Sequence[Track], read: Read, settings: EncodeSettings, limit: asyncio.Semaphore
) -> Check:
    """Compare how loud every track is at a few places."""
    pairs = list(zip(plan.audio, audio, strict=False))
    if not pairs:
        return Check("loudness", True, "there is no sound to compare")
    faults, worst = [], 0.0
    for wanted, track in pairs:
        levels = await asyncio.gather(
            *(_levels(url, plan, wanted, track, share, read, settings, limit) for share in _SOUND_SHARES)
        )
        faults += [f"{track.directory}: {fault}" for fault in _unlike(levels)]
        worst = max([worst, *(abs(ours - theirs) for _, theirs, ours in levels if theirs > FLOOR_DB)])
    good = f"as loud as the original at {len(_SOUND_SHARES)} places, to {worst:.1f} dB"
    return Check("loudness", not faults, "; ".join(faults[:3]) or good)


async def _levels(
    url: str,
    plan: Plan,
    wanted: AudioRendition,
    track: Track,
    share: float,
    read: Read,
    settings: EncodeSettings,
    limit: asyncio.Semaphore,
) -> tuple[float, float, float]:
    """A time, and the levels there of the original and of what was published, in dB."""
    number, start = track.place(share * track.length_seconds)
    skip = _SOUND_SKIP_SECONDS
    seconds = max(skip, min(_SOUND_SECONDS, float(track.seconds[number]) - skip))
    time = float(start) + skip
    async with limit:
        segment = await read(track.segments[number])
        ours = await compare_samples.published_sound(track.init, segment, wanted, skip, seconds, settings)
        theirs = await compare_samples.original_sound(url, plan, wanted, time, seconds, settings)
    count = compare_samples.sample_count(wanted, seconds)
    return time, max(FLOOR_DB, level_db(theirs, count)), max(FLOOR_DB, level_db(ours, count))


def _unlike(levels: Sequence[tuple[float, float, float]]) -> list[str]:
    """What is wrong with (time, level of the original, level of what was published)."""
    faults, gains = [], []
    for time, theirs, ours in levels:
        told = f"at {_clock(time)} the original has {_decibel(theirs)}, what was published {_decibel(ours)}"
        if theirs <= FLOOR_DB:
            if ours > FLOOR_DB + _LOUDER_DB:
                faults.append(told)
        elif ours <= FLOOR_DB < theirs + _QUIETER_DB or not _QUIETER_DB <= ours - theirs <= _LOUDER_DB:
            faults.append(told)
        else:
            gains.append(ours - theirs)
    if gains and max(gains) - min(gains) > _UNEVEN_DB:
        faults.append(f"it is between {min(gains):.0f} and {max(gains):.0f} dB louder than the original")
    return faults


def _decibel(level: float) -> str:
    return "silence" if level <= FLOOR_DB else f"{level:.0f} dB"


async def _pictures(
    url: str, plan: Plan, top: Track, read: Read, settings: EncodeSettings, limit: asyncio.Semaphore
) -> Check:
    """Compare the pictures of the largest rendition at a few places."""
    frames = max(1, round(top.length_seconds * plan.frame_rate))
    numbers = sorted({min(frames - 1, round(share * frames)) for share in _PICTURE_SHARES})
    found = await asyncio.gather(*(_picture(url, plan, top, frames, n, read, settings, limit) for n in numbers))
    faults = []
    for number, like in zip(numbers, found, strict=True):
        time = _clock(float(number / plan.frame_rate))
        if like is None:
            faults.append(f"at {time} the original has no picture any more")
        elif like.displaced_frames:
            seconds = float(like.displaced_frames / plan.frame_rate)
            faults.append(f"at {time} stands the original's picture of {abs(seconds):.2f} s {_way(seconds)}")
        elif like.value < LEAST_LIKENESS:
            faults.append(f"at {time} the pictures are alike to {like.value:.2f} only")
    least = min((like.value for like in found if like), default=0.0)
    good = f"alike at {len(numbers)} places to {least:.2f} and more; {LEAST_LIKENESS} is required"
    return Check("pictures", not faults, "; ".join(faults[:3]) or good)


async def _picture(
    url: str,
    plan: Plan,
    top: Track,
    frames: int,
    number: int,
    read: Read,
    settings: EncodeSettings,
    limit: asyncio.Semaphore,
) -> Likeness | None:
    """How alike frame `number` is; None where the original has ended."""
    width, _ = compare_samples.small(plan)
    reach = max(1, round(_SEARCH_SECONDS * plan.frame_rate))
    first, end = max(0, number - reach), min(frames, number + reach + 1)
    # The middle of a frame: its start may be rounded to either side of a border.
    piece, start = top.place(float((number + Fraction(1, 2)) / plan.frame_rate))
    found = None
    async with limit:
        segment = await read(top.segments[piece])
        inside = number - round(start * plan.frame_rate)
        ours = await compare_samples.published_picture(top.init, segment, inside, plan, settings)
        # A picture may be wrong because reading began behind what it refers to; from further back it is right.
        for back in (0, 1) if first > plan.frame_rate else (0,):
            theirs = await compare_samples.original_pictures(url, plan, first, end, settings, back=back)
            if number - first < len(theirs):
                found = await asyncio.to_thread(likeness, ours, theirs, number - first, width)
            if found and found.value >= LEAST_LIKENESS and not found.displaced_frames:
                break
    return found


def _way(seconds: float) -> str:
    return "later" if seconds > 0 else "earlier"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}:{minutes:02}:{rest:04.1f}"
