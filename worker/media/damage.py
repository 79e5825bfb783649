"""How much of a source may be impossible to decode: a disturbance is shown, a film with a hole in it is refused.

The encoder shows the last picture again for one that is lost, and nothing is heard of lost sound; so an encode that
lost half of its source looks whole. What ffmpeg's decoders gave up on is counted, and judged here.
"""

from __future__ import annotations

from collections.abc import Iterable

from worker.media.errors import MediaCode, MediaError
from worker.media.results import Loss

#: A second is tolerated (of a short film a tenth), of a long one 1 %: what is missing at the end is judged alike. But
#: no more than this in all: who watches takes more for a film that has stopped.
_MOST_SECONDS = 10.0
_SHARE, _SECONDS, _SHORT_SHARE = 0.01, 1.0, 0.1


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
