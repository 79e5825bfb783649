"""Take down what stored objects hold while they are read back, so that they need not be read again to be judged.

Nothing here judges: `worker.media.verify` does, from these notes. They are JSON, and go with a part of a divided
encode to whoever finishes it.
"""

from __future__ import annotations

import asyncio
import hashlib
import struct
from collections.abc import Awaitable, Callable, Container
from dataclasses import dataclass, field
from itertools import pairwise

from shared.encoding.ladder import Document
from worker.media import fmp4, h264

#: Reads an object by its name under the generation prefix; raises when it is not there.
Read = Callable[[str], Awaitable[bytes]]
_SEGMENT, _PICTURE, _SCRATCH = ".m4s", ".jpg", "parts/"
#: JPEG frame headers (ITU-T T.81, table B.1), without the markers among them that are none.
_FRAME_HEADERS = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_SCAN = 0xDA
#: Single channel, channel pair, data stream, fill.
_FIRST_ELEMENTS = {0, 1, 4, 6}


@dataclass(frozen=True, slots=True)
class Fragment(Document):
    """One ``moof`` + ``mdat``. Ticks are of the track's clock.

    `sync_bytes` reaches from the ``moof`` to the end of the first sample. Samples are decoded from `decode_time` on for
    `ticks`; in the order in which they are shown they begin at `shown` and follow each other every `step` ticks, 0 if
    unevenly or alone. `sync` counts the samples marked as sync, 0 if the first is not among them. `idr` tells whether
    the first sample, and no later one, is an IDR picture. `pictures` and `blocks` count the samples that are whole
    H.264 pictures, and those that are whole AAC blocks.
    """

    offset: int
    sync_bytes: int
    sequence: int
    decode_time: int
    samples: int
    ticks: int
    shown: int
    step: int
    sync: int
    idr: bool
    pictures: int
    blocks: int


@dataclass(frozen=True, slots=True)
class SeenSegment(Document):
    """One media segment as it is stored; `fault` says why it has no fragments."""

    size: int
    md5: str
    fragments: tuple[Fragment, ...] = ()
    fault: str = ""


@dataclass(frozen=True, slots=True)
class SeenPicture(Document):
    """One JPEG as it is stored; of 0 x 0 pixels if it is none or breaks off."""

    size: int
    md5: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Seen(Document):
    """Notes about stored objects, by their names under the generation prefix."""

    segments: dict[str, SeenSegment] = field(default_factory=dict)
    pictures: dict[str, SeenPicture] = field(default_factory=dict)

    def __or__(self, other: Seen) -> Seen:
        """Join the notes about the parts of one generation."""
        return Seen(self.segments | other.segments, self.pictures | other.pictures)

    def only(self, names: Container[str]) -> Seen:
        """Leave out what is not among `names`: what was written and superseded later."""
        return Seen(
            {name: segment for name, segment in self.segments.items() if name in names},
            {name: picture for name, picture in self.pictures.items() if name in names},
        )

    def __contains__(self, name: str) -> bool:
        """Tell whether `name` was read back."""
        return name in self.segments or name in self.pictures


def is_notable(name: str) -> bool:
    """Tell whether objects of this name are read back one by one: media segments and pictures, no scratch."""
    return not name.startswith(_SCRATCH) and name.endswith((_SEGMENT, _PICTURE))


class Witness:
    """Reads objects back through `read`, at most `slots` at a time, and keeps notes in `seen`."""

    def __init__(self, read: Read, *, slots: int = 4) -> None:
        self._read = read
        self._slots = asyncio.Semaphore(slots)
        self.seen = Seen()

    async def look(self, name: str) -> None:
        """Read `name` back and note what it holds. What `read` raises is not caught; other names are passed over."""
        if is_notable(name):
            async with self._slots:
                self.note(name, await self._read(name))

    def note(self, name: str, body: bytes) -> None:
        """Note what `body`, which was just read from `name`, holds."""
        md5 = hashlib.md5(body, usedforsecurity=False).hexdigest()
        if name.endswith(_SEGMENT):
            self.seen.segments[name] = _segment(body, md5)
        elif name.endswith(_PICTURE):
            self.seen.pictures[name] = SeenPicture(len(body), md5, *jpeg_size(body))


def _segment(body: bytes, md5: str) -> SeenSegment:
    try:
        fragments = tuple(_fragment(*found) for found in fmp4.split_segment(body))
    except (ValueError, KeyError, struct.error) as error:
        return SeenSegment(len(body), md5, fault=f"cannot be parsed: {error}")
    return SeenSegment(len(body), md5, fragments, "" if fragments else "holds no fragment")


def _fragment(offset: int, moof: bytes, mdat: bytes) -> Fragment:
    fragment = fmp4.parse_fragment(moof, mdat)
    data_offset, marks = fmp4.parse_marks(moof)
    if data_offset != len(moof) + 8 or not fragment.samples:
        raise ValueError("a run without samples, or not right behind its header")
    shown, at = [], fragment.decode_time
    for sample in fragment.samples:
        shown.append(at + sample.composition_offset)
        at += sample.duration
    shown.sort()
    steps = {later - earlier for earlier, later in pairwise(shown)}
    idr, pictures, blocks = _samples(fragment)
    return Fragment(
        offset=offset,
        sync_bytes=data_offset + fragment.samples[0].size,
        sequence=fragment.sequence,
        decode_time=fragment.decode_time,
        samples=len(fragment.samples),
        ticks=at - fragment.decode_time,
        shown=shown[0],
        step=steps.pop() if len(steps) == 1 else 0,
        sync=sum(marks) if marks[0] else 0,
        idr=idr,
        pictures=pictures,
        blocks=blocks,
    )


def _samples(fragment: fmp4.Fragment) -> tuple[bool, int, int]:
    """Return whether the first sample is an IDR picture and no other, how many are pictures, how many AAC blocks."""
    idr, pictures, blocks, start = [], 0, 0, 0
    for sample in fragment.samples:
        end = start + sample.size
        try:
            kinds = set(h264.nal_kinds(fragment.data, start, end))
        except ValueError:
            kinds = set()
        idr.append(h264.IDR in kinds)
        pictures += h264.is_picture(kinds)
        blocks += _is_aac_block(fragment.data, start, end)
        start = end
    return idr[0] and sum(idr) == 1, pictures, blocks


def _is_aac_block(data: bytes, start: int, end: int) -> bool:
    """Tell whether bytes begin with an element that a block may begin with and close with the end element, all ones
    (ISO/IEC 14496-3, tables 4.3 and 4.85)."""
    tail = int.from_bytes(data[max(start, end - 2) : end])
    if not tail:
        return False
    return data[start] >> 5 in _FIRST_ELEMENTS and tail >> (tail & -tail).bit_length() - 1 & 7 == 7


def jpeg_size(body: bytes) -> tuple[int, int]:
    """Return width and height of a JPEG picture (ITU-T T.81, B.2.2); (0, 0) if it is none or breaks off."""
    if not body.startswith(b"\xff\xd8\xff") or not body.endswith(b"\xff\xd9"):
        return 0, 0
    position = 2
    while position + 9 <= len(body) and body[position] == 0xFF and body[position + 1] != _SCAN:
        if body[position + 1] in _FRAME_HEADERS:
            height, width = struct.unpack_from(">HH", body, position + 5)
            return width, height
        position += 2 + int.from_bytes(body[position + 2 : position + 4])
    return 0, 0
