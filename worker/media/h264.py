"""Read H.264 as it lies in MP4: parameter sets (ITU-T H.264, 7.3.2.1 and annex E) and the NAL units of a picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from worker.media import fmp4

IDR = 5
_SLICES = {1, IDR}
#: Profiles whose parameter sets say more about chroma (7.3.2.1.1).
_HIGH_PROFILES = {100, 110, 122, 244, 44, 83, 86, 118, 128}
_EXTENDED_SAR = 255
#: Table E-1; an index beyond it is reserved.
_SAMPLE_ASPECTS = (
    *(Fraction(0), Fraction(1), Fraction(12, 11), Fraction(10, 11), Fraction(16, 11), Fraction(40, 33)),
    *(Fraction(24, 11), Fraction(20, 11), Fraction(32, 11), Fraction(80, 33), Fraction(18, 11), Fraction(15, 11)),
    *(Fraction(64, 33), Fraction(160, 99), Fraction(4, 3), Fraction(3, 2), Fraction(2)),
)
_UNSPECIFIED = 2


@dataclass(frozen=True, slots=True)
class PictureFormat:
    """What a sequence parameter set says. `width` and `height` are after cropping; colours are numbers of annex E.

    `frame_rate` and `sample_aspect` are None where it says nothing about them.
    """

    profile: int
    level: int
    width: int
    height: int
    chroma_format: int
    bit_depth: int
    progressive: bool
    sample_aspect: Fraction | None = None
    full_range: bool = False
    primaries: int = _UNSPECIFIED
    transfer: int = _UNSPECIFIED
    matrix: int = _UNSPECIFIED
    frame_rate: Fraction | None = None


class _Bits:
    """Reads bits and Exp-Golomb codes (9.1) of a parameter set; raises ValueError beyond its end."""

    def __init__(self, payload: bytes) -> None:
        self._value = int.from_bytes(payload)
        self._left = 8 * len(payload)

    def take(self, count: int) -> int:
        self._left -= count
        if self._left < 0:
            raise ValueError("a parameter set breaks off")
        return self._value >> self._left & (1 << count) - 1

    def code(self) -> int:
        zeros = 0
        while not self.take(1):
            zeros += 1
        return (1 << zeros) - 1 + self.take(zeros)

    def signed(self) -> int:
        code = self.code()
        return (code + 1) // 2 if code & 1 else -(code // 2)


def parse_init(init: bytes) -> PictureFormat:
    """Read the parameter set in an AVC init segment; raises KeyError or ValueError when it has none."""
    return parse_avcc(fmp4.find(fmp4.sample_entry(init, b"avc1")[78:], b"avcC"))


def parse_avcc(avcc: bytes) -> PictureFormat:
    """Read the first parameter set of a decoder configuration (ISO/IEC 14496-15, 5.3.3.1); raises ValueError."""
    if len(avcc) < 8 or avcc[0] != 1 or not avcc[5] & 31:
        raise ValueError("no parameter set")
    return parse_sps(avcc[8 : 8 + int.from_bytes(avcc[6:8])])


def parse_sps(nal: bytes) -> PictureFormat:
    """Read a sequence parameter set, its NAL header included; raises ValueError when it breaks off."""
    bits = _Bits(nal[1:].replace(b"\0\0\3", b"\0\0"))
    profile, _, level = bits.take(8), bits.take(8), bits.take(8)
    bits.code()
    chroma, depth, separate = 1, 8, 0
    if profile in _HIGH_PROFILES:
        chroma = bits.code()
        separate = bits.take(1) if chroma == 3 else 0
        depth = 8 + max(bits.code(), bits.code())
        bits.take(1)
        if bits.take(1):
            _skip_scaling_lists(bits, 12 if chroma == 3 else 8)
    bits.code()
    _skip_order_count(bits)
    bits.code()
    bits.take(1)
    width, rows = 16 * (bits.code() + 1), 16 * (bits.code() + 1)
    progressive = bool(bits.take(1))
    if not progressive:
        bits.take(1)
    height = rows * (2 - progressive)
    bits.take(1)
    if bits.take(1):
        left, right, top, bottom = bits.code(), bits.code(), bits.code(), bits.code()
        across = 2 if chroma in {1, 2} and not separate else 1
        down = (2 if chroma == 1 and not separate else 1) * (2 - progressive)
        width, height = width - across * (left + right), height - down * (top + bottom)
    usability = _usability(bits) if bits.take(1) else {}
    return PictureFormat(profile, level, width, height, chroma, depth, progressive, **usability)


def _skip_order_count(bits: _Bits) -> None:
    kind = bits.code()
    if kind == 0:
        bits.code()
    elif kind == 1:
        bits.take(1)
        bits.signed()
        bits.signed()
        for _ in range(bits.code()):
            bits.signed()


def _skip_scaling_lists(bits: _Bits, count: int) -> None:
    for number in range(count):
        if bits.take(1):
            last = scale = 8
            for _ in range(16 if number < 6 else 64):
                scale = (last + bits.signed()) % 256 if scale else 0
                last = scale or last


def _usability(bits: _Bits) -> dict[str, Any]:
    """Read the video usability information as far as the frame rate (E.1.1)."""
    found: dict[str, Any] = {}
    if bits.take(1):
        index = bits.take(8)
        if index == _EXTENDED_SAR:
            width, height = bits.take(16), bits.take(16)
            found["sample_aspect"] = Fraction(width, height) if width and height else None
        elif 0 < index < len(_SAMPLE_ASPECTS):
            found["sample_aspect"] = _SAMPLE_ASPECTS[index]
    if bits.take(1):
        bits.take(1)
    if bits.take(1):
        bits.take(3)
        found["full_range"] = bool(bits.take(1))
        if bits.take(1):
            found["primaries"], found["transfer"], found["matrix"] = bits.take(8), bits.take(8), bits.take(8)
    if bits.take(1):
        bits.code()
        bits.code()
    if bits.take(1):
        units, ticks = bits.take(32), bits.take(32)
        # A tick is a field: two of them make a frame (E.2.1).
        found["frame_rate"] = Fraction(ticks, 2 * units) if units and ticks else None
    return found


def nal_kinds(data: bytes, start: int, end: int) -> Iterator[int]:
    """Yield the types of the NAL units in ``data[start:end]``, each behind four bytes of length.

    Raises ValueError when they do not fill it exactly.
    """
    while start < end:
        size = int.from_bytes(data[start : start + 4])
        if size == 0 or start + 4 + size > end:
            raise ValueError("a NAL unit breaks off")
        yield data[start + 4] & 31
        start += 4 + size


def is_picture(kinds: set[int]) -> bool:
    """Tell whether NAL units of these types hold a picture."""
    return bool(kinds & _SLICES)
