"""The dry run: what an encode would make of a source, and why. Pure, from what a probe saw."""

from fractions import Fraction
from typing import Self

from pydantic import Field

from shared.encoding.ladder import MAX_FRAME_RATE, SEED_RUNGS, Plan, SourceFacts, plan_ladder
from shared.schemas import Answer

#: Shorter differences between sound and picture are not worth a word.
_NOTICEABLE_SECONDS = 0.25
_HDR_NAMES = {"pq": "HDR10 (PQ)", "hlg": "HLG"}


class PlannedRung(Answer):
    """One size that viewers will get."""

    quality: str
    width: int
    height: int
    video_bps: int
    maxrate_bps: int
    reason: str


class PlannedAudio(Answer):
    """One sound track that viewers will get."""

    label: str
    language: str | None
    channels: int
    bps: int


class PlannedWindow(Answer):
    """A piece of the source that one worker encodes."""

    number: int
    start_seconds: float
    end_seconds: float


class SourceAudio(Answer):
    """One sound track of the source."""

    codec: str
    language: str | None
    channels: int
    sample_rate: int


class PlannedSource(Answer):
    """What the master file is. ``width`` and ``height`` as it is to be seen: turned upright, in square pixels."""

    width: int
    height: int
    coded_width: int
    coded_height: int
    rotation: int = Field(description="degrees clockwise that make the stored picture upright")
    codec: str
    container: str
    frame_rate: float
    variable_frame_rate: bool
    interlaced: bool
    hdr: str | None = Field(description="`pq`, `hlg` or null")
    bit_depth: int
    full_range: bool
    size_bytes: int | None
    audio: list[SourceAudio]

    @classmethod
    def of(cls, facts: SourceFacts, size_bytes: int | None) -> Self:
        """From the facts of a probe; storage knows the size better."""
        return cls(
            width=facts.display_width,
            height=facts.display_height,
            coded_width=facts.coded_width,
            coded_height=facts.coded_height,
            rotation=facts.rotation,
            codec=facts.video_codec,
            container=facts.demuxer,
            frame_rate=_rounded(facts.frame_rate),
            variable_frame_rate=not facts.frame_rate_is_constant,
            interlaced=facts.interlaced,
            hdr=facts.hdr,
            bit_depth=facts.bit_depth,
            full_range=facts.full_range,
            size_bytes=size_bytes or facts.size_bytes,
            audio=[
                SourceAudio(
                    codec=track.codec, language=track.language, channels=track.channels, sample_rate=track.sample_rate
                )
                for track in facts.audio
            ],
        )


class PlanOut(Answer):
    """What an encode would make."""

    rungs: list[PlannedRung]
    audio: list[PlannedAudio]
    windows: list[PlannedWindow]
    segment_seconds: float
    frame_rate: float
    duration_seconds: float
    estimated_bytes: int
    source: PlannedSource
    warnings: list[str] = Field(description="what becomes of the source that its owner may not expect")
    workers: int = Field(description="encode workers that are there now")


def dry_run(facts: SourceFacts, *, window_seconds: float, workers: int, size_bytes: int | None = None) -> PlanOut:
    """The plan as it would be made now, with ``workers`` encode workers.

    :raises ValueError: the facts are of no video.
    """
    plan = plan_ladder(facts, window_seconds=window_seconds, workers=max(1, workers))
    return PlanOut(
        rungs=[
            PlannedRung(
                quality=rung.name,
                width=rung.width,
                height=rung.height,
                video_bps=rung.video_bps,
                maxrate_bps=rung.maxrate_bps,
                reason=rung.reason,
            )
            for rung in plan.rungs
        ],
        audio=[
            PlannedAudio(label=track.label, language=track.language, channels=track.channels, bps=track.audio_bps)
            for track in plan.audio
        ],
        windows=_windows(plan),
        segment_seconds=round(float(plan.segment_seconds), 6),
        frame_rate=_rounded(plan.frame_rate),
        duration_seconds=round(plan.duration_seconds, 6),
        estimated_bytes=plan.estimated_bytes,
        source=PlannedSource.of(facts, size_bytes),
        warnings=warnings(plan),
        workers=workers,
    )


def _windows(plan: Plan) -> list[PlannedWindow]:
    return [
        PlannedWindow(
            number=window.index,
            start_seconds=round(float(window.start_frame / plan.frame_rate), 6),
            end_seconds=round(
                plan.duration_seconds if window.end_frame is None else float(window.end_frame / plan.frame_rate), 6
            ),
        )
        for window in plan.windows
    ]


def warnings(plan: Plan) -> list[str]:
    """A sentence for each thing about the source that the outputs do not keep, or that its owner may not know."""
    return [*_of_the_picture(plan), *_of_the_time(plan), *_of_the_sound(plan)]


def _of_the_picture(plan: Plan) -> list[str]:
    source, found = plan.source, []
    if source.hdr is not None:
        found.append(f"{_HDR_NAMES[source.hdr]} is tone-mapped to SDR.")
    elif source.bit_depth > 8:
        found.append(f"{source.bit_depth} bits a sample become 8.")
    if source.full_range:
        found.append("Full-range colour becomes limited range.")
    if source.rotation or source.mirrored:
        turned = f"turned {source.rotation}° clockwise" if source.rotation else ""
        mirrored = "mirrored" if source.mirrored else ""
        found.append(f"The picture is {' and '.join(filter(None, (mirrored, turned)))}, as the file asks for.")
    upright = (source.coded_width, source.coded_height)
    if source.rotation % 180:
        upright = upright[::-1]
    shown = (source.display_width, source.display_height)
    if all(upright) and upright != shown:
        stored = f"{upright[0]}x{upright[1]}"
        found.append(f"Its pixels are not square: {stored} is shown as {shown[0]}x{shown[1]}.")
    top = plan.rungs[0]
    if min(shown) > max(SEED_RUNGS):
        found.append(f"{shown[0]}x{shown[1]} is scaled down to {top.width}x{top.height}.")
    elif any(side % 2 for side in shown):
        found.append(f"The odd size {shown[0]}x{shown[1]} becomes {top.width}x{top.height}.")
    if min(shown) < min(SEED_RUNGS):
        found.append("The picture is smaller than the smallest usual size and is not made larger.")
    return found


def _of_the_time(plan: Plan) -> list[str]:
    source, found = plan.source, []
    if source.interlaced:
        found.append("Interlaced pictures are deinterlaced.")
    if not source.frame_rate_is_constant:
        found.append(f"The variable frame rate becomes {_number(plan.frame_rate)} fps.")
    elif source.frame_rate > MAX_FRAME_RATE:
        found.append(f"{_number(source.frame_rate)} fps become {_number(plan.frame_rate)} fps.")
    return found


def _of_the_sound(plan: Plan) -> list[str]:
    tracks, found = plan.source.audio, []
    if not tracks:
        found.append("There is no sound.")
    for number, track in enumerate(tracks):
        which = "The sound" if len(tracks) == 1 else f"Sound track {number + 1}"
        if track.channels > 2:
            found.append(f"{which} has {track.channels} channels and becomes stereo.")
        late = track.start_seconds - plan.source.start_seconds
        end = plan.duration_seconds
        if late > _NOTICEABLE_SECONDS:
            found.append(f"{which} begins {_seconds(late)} after the picture; there is silence before it.")
        if track.duration_seconds is not None:
            beyond = late + track.duration_seconds - end
            if beyond > _NOTICEABLE_SECONDS:
                found.append(f"{which} goes on {_seconds(beyond)} after the last picture and is cut there.")
            elif beyond < -_NOTICEABLE_SECONDS:
                found.append(f"{which} ends {_seconds(-beyond)} before the picture; silence follows it.")
        if len(tracks) > 1 and track.language is None:
            found.append(f"{which} names no language.")
    return found


def _rounded(rate: Fraction) -> float:
    return round(float(rate), 6)


def _number(rate: Fraction) -> str:
    return f"{float(rate):.3f}".rstrip("0").rstrip(".")


def _seconds(value: float) -> str:
    return f"{value:.1f} s"
