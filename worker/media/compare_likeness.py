"""How alike two pictures or two sounds are: pure functions over raw samples."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from operator import mul, sub

#: Full scale of 8 bits, and the two constants of Wang et al., "Image quality assessment", 2004, section III-B.
_LEVELS = 255
_C1, _C2 = (0.01 * _LEVELS) ** 2, (0.03 * _LEVELS) ** 2
_BLOCK = 8
#: A picture that varies less than this has no structure to compare: black, white, a fade.
_FLAT_LEVELS = 3.0
_FLAT_DIFFERENCE_LEVELS = 10.0
#: How much better another time must fit before the picture counts as belonging there.
_BETTER_TIMES, _BETTER_LEVELS = 1.4, 0.6
_FULL_SCALE = 1 << 15
#: What is below is silence; the quietest that 16 bits hold is -90 dB.
FLOOR_DB = -60.0


@dataclass(frozen=True, slots=True)
class Likeness:
    """How a picture fits what it was made from: 1 is the same, and by how many frames another place fits better."""

    value: float
    displaced_frames: int = 0


def likeness(picture: bytes, candidates: Sequence[bytes], at: int, width: int) -> Likeness:
    """Compare `picture` with `candidates`, consecutive frames of the original, of which number `at` should be it.

    One frame more or less is no difference. At half its size it is compared as well, and the better value counts.
    Pictures are 8 bits of luma a pixel, `width` a row. Raises ValueError if the candidates do not reach to `at`.
    """
    near = range(max(0, at - 1), min(len(candidates), at + 2))
    if at not in near:
        raise ValueError("the original has no picture there")
    differences = [_difference(picture, candidate) for candidate in candidates]
    nearest = min(near, key=differences.__getitem__)
    best = min(range(len(candidates)), key=differences.__getitem__)
    moved = differences[nearest] > _BETTER_TIMES * differences[best] + _BETTER_LEVELS
    value = max(similarity(picture, candidates[number], width) for number in near)
    # Noise is what an encode takes away first, and nothing that anybody would miss.
    smooth, half = _halved(picture, width), width // 2
    value = max(value, *(similarity(smooth, _halved(candidates[number], width), half) for number in near))
    return Likeness(value, best - at if moved else 0)


def similarity(one: bytes, other: bytes, width: int) -> float:
    """Return the mean structural similarity of two pictures over blocks of 8 x 8 pixels: 1 is the same.

    Where neither has structure the mean level decides: 1 or 0.
    """
    if _deviation(one) < _FLAT_LEVELS and _deviation(other) < _FLAT_LEVELS:
        return float(abs(sum(one) - sum(other)) / len(one) <= _FLAT_DIFFERENCE_LEVELS)
    height = len(one) // width
    values = [
        _block(_cut(one, width, left, top), _cut(other, width, left, top))
        for top in range(0, height - _BLOCK + 1, _BLOCK)
        for left in range(0, width - _BLOCK + 1, _BLOCK)
    ]
    return sum(values) / len(values) if values else float(_difference(one, other) <= _FLAT_DIFFERENCE_LEVELS)


def _halved(picture: bytes, width: int) -> bytes:
    """The picture at half its size, each pixel the mean of four."""
    rows = []
    for top in range(0, len(picture) - 2 * width + 1, 2 * width):
        upper, lower = picture[top : top + width], picture[top + width : top + 2 * width]
        fours = zip(upper[::2], upper[1::2], lower[::2], lower[1::2], strict=False)
        rows.append(bytes(sum(four) >> 2 for four in fours))
    return b"".join(rows)


def _cut(picture: bytes, width: int, left: int, top: int) -> bytes:
    return b"".join(picture[row * width + left : row * width + left + _BLOCK] for row in range(top, top + _BLOCK))


def _block(one: bytes, other: bytes) -> float:
    count = len(one)
    mean, other_mean = sum(one) / count, sum(other) / count
    variance = sum(map(mul, one, one)) / count - mean * mean
    other_variance = sum(map(mul, other, other)) / count - other_mean * other_mean
    common = sum(map(mul, one, other)) / count - mean * other_mean
    light = (2 * mean * other_mean + _C1) / (mean * mean + other_mean * other_mean + _C1)
    return float(light * (2 * common + _C2) / (variance + other_variance + _C2))


def _difference(one: bytes, other: bytes) -> float:
    """The mean absolute difference, in levels."""
    return float(sum(map(abs, map(sub, one, other)))) / len(one)


def _deviation(picture: bytes) -> float:
    mean = sum(picture) / len(picture)
    return math.sqrt(max(0.0, sum(map(mul, picture, picture)) / len(picture) - mean * mean))


def level_db(samples: bytes, count: int) -> float:
    """Return the level of 16 bit samples (native order) in dB of full scale; what is missing of `count` is silence."""
    values = array("h", samples[: len(samples) // 2 * 2])
    power = sum(map(mul, values, values)) / max(1, count, len(values))
    return 20 * math.log10(math.sqrt(power) / _FULL_SCALE) if power else -math.inf
