"""How much of a source may be impossible to decode: a disturbance is shown, a film with a hole in it is refused.

The encoder shows the last picture again for one that is lost, and nothing is heard of lost sound; so an encode that
lost half of its source looks whole. What ffmpeg's decoders gave up on is counted, and judged here; where its demuxer
has skipped a piece of the file, whose packets no decoder has seen, also what is not there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from shared.encoding.ladder import AudioRendition, Plan
from worker.media.errors import MediaCode, MediaError
from worker.media.results import Loss

#: A second is tolerated (of a short film a tenth), of a long one 1 %: what is missing at the end is judged alike. But
#: no more than this in all: who watches takes more for a film that has stopped.
_MOST_SECONDS = 10.0
_SHARE, _SECONDS, _SHORT_SHARE = 0.01, 1.0, 0.1
#: Samples of a block of sound where not one was decoded.
_BLOCK_SAMPLES = 1024


@dataclass(frozen=True, slots=True)
class Decoded:
    """What a decoder made of one track: pictures or blocks of sound, packets it gave up on, samples of sound."""

    units: int = 0
    errors: int = 0
    samples: int = 0


def wanted_samples(plan: Plan, track: AudioRendition) -> int:
    """Return how much of a track should come out of its decoder: all that lies in the film, as far as is known."""
    facts = next(facts for facts in plan.source.audio if facts.index == track.source_index)
    late = facts.start_seconds - plan.source.start_seconds
    end = plan.duration_seconds
    if facts.duration_seconds is not None:
        end = min(end, late + facts.duration_seconds)
    return max(0, round((end - late) * facts.sample_rate))


def sound(track: str, decoded: Decoded, wanted_samples: int) -> Loss:
    """Count the blocks of sound that were given up, or those that are missing where more samples were wanted."""
    block = decoded.samples / decoded.units if decoded.samples else _BLOCK_SAMPLES
    missing = max(decoded.errors, round((wanted_samples - decoded.samples) / block))
    return Loss(track, missing, decoded.units + missing)


def tolerated_seconds(length_seconds: float) -> float:
    """Return how much of a film of this length may be lost."""
    return max(min(_SECONDS, _SHORT_SHARE * length_seconds), min(_SHARE * length_seconds, _MOST_SECONDS))


def told(loss: Loss) -> str:
    """Say how much was lost, like ``3 of 750 pictures``."""
    return f"{loss.lost} of {loss.total} {f'blocks of sound {loss.track}' if loss.track else 'pictures'}"


def faults(losses: Iterable[Loss], length_seconds: float) -> list[str]:
    """Return what is lost beyond measure in a film of this length."""
    limit = tolerated_seconds(length_seconds)
    return [
        f"{told(loss)} cannot be decoded"
        for loss in losses
        if loss.total and loss.lost / loss.total * length_seconds > limit
    ]


def check(losses: Iterable[Loss], length_seconds: float) -> None:
    """Raise MediaError FFMPEG_INVALID_INPUT where too much is lost."""
    if found := faults(losses, length_seconds):
        raise MediaError(MediaCode.FFMPEG_INVALID_INPUT, "; ".join(found))
