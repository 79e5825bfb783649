"""Find the frame rate of a stream from the timestamps of its packets, and whether it is constant."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from statistics import median

#: Rates that recorders mean when their timestamps are rounded to milliseconds.
_USUAL_RATES = (
    *(Fraction(rate * 1000, 1001) for rate in (24, 30, 48, 60, 120)),
    *(Fraction(rate) for rate in (1, 5, 10, 12, 15, 20, 24, 25, 30, 48, 50, 60, 72, 90, 100, 120, 240)),
)
_SAME = Fraction(1, 1000)
#: How far a frame may lie from its place in the grid, in frames, for the rate to count as constant.
_JITTER = Fraction(1, 4)
#: Of variable rates: intervals this far from the median still count as ordinary, rates this near to a usual one as it.
_ORDINARY = 0.2
_NEAR = Fraction(3, 100)
_FALLBACK_RATE = Fraction(25)
_SLOWEST_RATE = Fraction(1)


def usual_rate(rate: Fraction) -> Fraction:
    """Return the usual rate within 0.1 % of `rate`, else `rate` with a small denominator."""
    near = min(_USUAL_RATES, key=lambda usual: abs(usual - rate))
    return near if abs(near - rate) <= rate * _SAME else rate.limit_denominator(1001)


def frame_rate(
    timestamps: Sequence[int], time_base: Fraction, *, declared: Fraction | None = None
) -> tuple[Fraction, bool]:
    """Return the rate of frames shown at `timestamps` (in `time_base` seconds, any order) and whether it is constant.

    Constant means that every frame lies within a quarter of a frame of an even grid, so that placing frames on the
    grid neither drops nor doubles one. A variable rate gives its natural constant rate: the usual rate nearest to the
    ordinary interval. `declared` is the container's word, used where the timestamps alone cannot tell.
    """
    ticks = sorted(timestamps)
    if len(ticks) < 2 or ticks[-1] == ticks[0]:
        rate = declared or _FALLBACK_RATE
        return (rate, True) if _SLOWEST_RATE <= rate <= 1000 else (_FALLBACK_RATE, False)
    steps = [later - earlier for earlier, later in pairwise(ticks)]
    if min(steps) == max(steps):
        exact = 1 / (steps[0] * time_base)
        rates = [exact] if exact.denominator <= 1001 else [usual_rate(exact), exact]
    else:
        mean = (len(ticks) - 1) / ((ticks[-1] - ticks[0]) * time_base)
        rates = [usual_rate(mean), mean.limit_denominator(100_000)]
    if declared:
        rates.insert(0, declared)
    for rate in rates:
        if rate >= _SLOWEST_RATE and _fits(ticks, time_base, rate):
            return rate, True
    return max(_natural_rate(steps, time_base), _SLOWEST_RATE), False


def _natural_rate(steps: Sequence[int], time_base: Fraction) -> Fraction:
    """Return the usual rate nearest to the ordinary interval, else that interval's own rate.

    A median alone would be as coarse as the clock: 33 or 34 ms is either 30.3 or 29.4 frames a second.
    """
    middle = median(step for step in steps if step > 0)
    ordinary = [step for step in steps if abs(step - middle) <= middle * _ORDINARY]
    rate = 1 / (Fraction(sum(ordinary), len(ordinary)) * time_base)
    near = usual_rate(rate)
    if near in _USUAL_RATES:
        return near
    rounder = min(_USUAL_RATES, key=lambda usual: abs(usual - rate))
    return rounder if abs(rounder - rate) <= rate * _NEAR else near


def _fits(ticks: Sequence[int], time_base: Fraction, rate: Fraction) -> bool:
    # In integers: one Fraction a frame would take seconds for a film of two hours.
    scale = time_base * rate
    numerator, denominator = scale.numerator, scale.denominator
    slack = denominator * _JITTER.numerator // _JITTER.denominator
    origin = ticks[0]
    return all(abs((tick - origin) * numerator - i * denominator) <= slack for i, tick in enumerate(ticks))
