"""Films whose every frame carries its own number, in blocks so large that scaling and compression leave them legible.

Five by four blocks fill the picture: white, fourteen bits, four check bits, black. A picture that is turned, mirrored
or torn reads as no number, or as another one.
"""

import subprocess
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from functools import cache
from pathlib import Path

import av

from tests.media import playback
from tests.media.making import FFMPEG, Encoded, assert_plays

#: A second input that beeps at 1, 3, 5 … s.
BEEPS = ("-f", "lavfi", "-i", "aevalsrc='if(lt(mod(t+1,2),0.1)*gte(t,1),0.5*sin(2*PI*1000*t),0)':s=48000")
#: How far sound may be from its picture, in seconds; the issue allows 0.025.
TOGETHER = 0.005

COLUMNS, ROWS, BITS = 5, 4, 14
_DARK, _BRIGHT = 0, 255


def film(
    path: Path,
    *args: str,
    count: int,
    size: tuple[int, int] = (640, 360),
    rate: str = "25",
    sound: tuple[str, ...] = (),
    before: tuple[str, ...] = (),
    number: Callable[[int], int] = int,
) -> Path:
    """Write `count` numbered frames of `rate` through ffmpeg: `before` the input, then `sound` inputs, then `args`."""
    raw = ("-f", "rawvideo", "-pix_fmt", "gray", "-s", f"{size[0]}x{size[1]}", "-r", rate, *before, "-i", "-")
    command = [FFMPEG, "-v", "error", "-nostdin", "-y", *raw, *sound, *args, str(path)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE)
    assert process.stdin is not None
    with process.stdin as pipe:
        for position in range(count):
            pipe.write(picture(number(position), *size))
    assert process.wait() == 0
    return path


@cache
def _row(width: int, bright: tuple[bool, ...]) -> bytes:
    edges = [width * column // COLUMNS for column in range(COLUMNS + 1)]
    return b"".join(
        bytes([_BRIGHT if bright[column] else _DARK]) * (edges[column + 1] - edges[column]) for column in range(COLUMNS)
    )


def picture(number: int, width: int, height: int) -> bytes:
    """Return one grey picture, one byte a pixel."""
    blocks = _blocks(number)
    edges = [height * row // ROWS for row in range(ROWS + 1)]
    return b"".join(
        _row(width, tuple(blocks[row * COLUMNS : (row + 1) * COLUMNS])) * (edges[row + 1] - edges[row])
        for row in range(ROWS)
    )


def _blocks(number: int) -> list[bool]:
    code = number | _check(number) << BITS
    return [True, *(bool(code >> bit & 1) for bit in range(BITS + 4)), False]


def _check(number: int) -> int:
    return (number ^ number >> 4 ^ number >> 8 ^ number >> 12 ^ 0b1001) & 0xF


def read(frame: av.VideoFrame) -> int | None:
    """Return the number that `frame` carries, None if it is illegible."""
    plane = frame.planes[0]
    data, line = memoryview(plane), plane.line_size
    levels = []
    for block in range(COLUMNS * ROWS):
        row, column = divmod(block, COLUMNS)
        # The middle half of the block, on two lines next to each other: when interlaced, one of each field.
        left, right = (int(frame.width * (column + share) / COLUMNS) for share in (0.25, 0.75))
        top = int(frame.height * (row + 0.5) / ROWS)
        samples = bytes(data[top * line + left : top * line + right + 1])
        samples += bytes(data[(top - 1) * line + left : (top - 1) * line + right + 1])
        levels.append((min(samples), max(samples)))
    middle = (levels[0][0] + levels[-1][1]) / 2
    bright = [low > middle for low, _ in levels]
    if any(low <= middle <= high for low, high in levels) or levels[0][0] - levels[-1][1] < 60:
        return None
    code = sum(bit << position for position, bit in enumerate(bright[1:-1]))
    number = code & (1 << BITS) - 1
    return number if code >> BITS == _check(number) and bright[0] and not bright[-1] else None


def shown(source) -> Iterator[tuple[float, int | None]]:
    """Give the time and the number of every frame of an opened file of 8 bits a sample."""
    with source as container:
        for frame in container.decode(video=0):
            yield frame.time, read(frame)


def assert_shows(encoded: Encoded, numbers: Sequence[int], rate: Fraction) -> None:
    """All renditions show exactly `numbers`, each picture in its place on the grid of `rate`."""
    assert_plays(encoded, frames=len(numbers), rate=rate)
    for rendition in encoded.result.renditions:
        source = playback.open_rendition(encoded.directory / rendition.directory)
        assert [number for _, number in shown(source)] == list(numbers)


def beeps(encoded: Encoded) -> list[float]:
    """Times at which the first audio rendition begins to beep."""
    return encoded.sound().onsets()
