"""Pictures that people upload: what kind and size they are, and the same picture without what it says about people.

Pure functions; nothing is decoded. Sources: ITU-T T.81 (JPEG), PNG (3rd edition), RFC 9649 (WebP), Exif 2.32. Place,
camera, comments, previews and whatever follows the picture are left out; colour profile and orientation stay.
"""

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from shared.encoding.errors import ImageUnreadable

MAX_BYTES = 10 * 1024 * 1024
MAX_SIDE_PIXELS = 8192
TYPES = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}
_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = {
    *(b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS"),
    *(b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB", b"cICP", b"pHYs", b"bKGD"),
}
_JFIF = b"JFIF\0"
_EXIF = b"Exif\0\0"
_ICC = b"ICC_PROFILE\0"
_ADOBE = b"Adobe"
_SOF = range(0xC0, 0xC3)  # baseline, extended, progressive: what browsers show
_OTHER_SOF = {0xC3, *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0)}
_SOS, _EOI, _APP0, _APP1 = 0xDA, 0xD9, 0xE0, 0xE1
# Within the coded picture 0xFF stands for itself when a zero follows; D0 to D7 are restart marks.
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_WEBP_EXIF = 0x08
_WEBP_PRIVATE = _WEBP_EXIF | 0x04 | 0x02  # XMP, animation
_ORIENTATION = 0x0112
_MOST_ORIENTATIONS = 8
_SHORT = 3
_BROKEN = "The picture is broken or incomplete"


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that may be shown. ``extension`` is a key of :data:`TYPES`; sides in pixels, as they are stored."""

    extension: str
    width: int
    height: int
    body: bytes


def clean(body: bytes) -> Picture:
    """The picture without what must not get out, told by its first bytes, whatever it is called.

    :raises ImageUnreadable: no JPEG, PNG or WebP, broken, moving, or with a side beyond :data:`MAX_SIDE_PIXELS`.
    """
    reader = next((read for magic, read in _READERS if magic.match(body)), None)
    if reader is None:
        raise ImageUnreadable("Send a JPEG, PNG or WebP picture")
    try:
        picture = reader(body)
    except (struct.error, IndexError) as error:
        raise ImageUnreadable(_BROKEN) from error
    if not (0 < picture.width <= MAX_SIDE_PIXELS and 0 < picture.height <= MAX_SIDE_PIXELS):
        raise ImageUnreadable(f"It is {picture.width}x{picture.height}; a side has 1 to {MAX_SIDE_PIXELS} pixels")
    return picture


def _jpeg(body: bytes) -> Picture:
    kept = [b"\xff\xd8"]
    size: tuple[int, int] | None = None
    orientation = 1
    has_picture = False
    for kind, content, coded in _jpeg_segments(body):
        if kind in _SOF and size is None:
            size = _jpeg_size(content)
        if kind == _APP1 and content.startswith(_EXIF):
            orientation = _orientation(content[len(_EXIF) :])
        if kind == _APP0 and content.startswith(_JFIF):
            kept.append(_jpeg_segment(kind, content[:12].ljust(12, b"\0") + b"\0\0"))  # without its preview
        elif not _is_private(kind, content):
            kept += [_jpeg_segment(kind, content), coded]
        has_picture |= kind == _SOS
    if size is None or not has_picture:
        raise ImageUnreadable(_BROKEN)
    if orientation > 1:
        place = 2 if kept[1].startswith(b"\xff\xe0") else 1
        kept.insert(place, _jpeg_segment(_APP1, _EXIF + _only_orientation(orientation)))
    return Picture("jpg", *size, b"".join([*kept, b"\xff\xd9"]))


def _jpeg_segments(body: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Marker, content, and the coded picture behind it, up to the end of the first picture."""
    at = 2
    while True:
        while body[at] == 0xFF and body[at + 1] == 0xFF:
            at += 1
        kind = body[at + 1]
        if body[at] != 0xFF or kind in _OTHER_SOF:
            raise ImageUnreadable("This kind of JPEG is not shown by browsers" if body[at] == 0xFF else _BROKEN)
        if kind == _EOI:
            return
        (length,) = struct.unpack_from(">H", body, at + 2)
        end = at + 2 + length
        following = _MARKER.search(body, end) if kind == _SOS else None
        if length < 2 or end > len(body) or (kind == _SOS and following is None):
            raise ImageUnreadable(_BROKEN)
        content, at = body[at + 4 : end], following.start() if following else end
        yield kind, content, body[end:at]


def _jpeg_segment(kind: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, kind, len(content) + 2) + content


def _jpeg_size(content: bytes) -> tuple[int, int]:
    bits, height, width = struct.unpack_from(">BHH", content)
    if bits != 8:
        raise ImageUnreadable("A JPEG has 8 bits in each colour")
    return width, height


def _is_private(kind: int, content: bytes) -> bool:
    """Comments and application segments, but for the colour profile and how the colours were transformed."""
    if kind == 0xE2 and content.startswith(_ICC):
        return False
    if kind == 0xEE and content.startswith(_ADOBE):
        return False
    return kind == 0xFE or 0xE0 <= kind <= 0xEF


def _orientation(tiff: bytes) -> int:
    """How a viewer has to turn the picture, 1 to 8; 1 where that cannot be read."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return 1
    try:
        (first,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, first)
        for number in range(count):
            tag, kind, _, value = struct.unpack_from(f"{order}HHIH", tiff, first + 2 + 12 * number)
            if tag == _ORIENTATION and kind == _SHORT and 1 <= value <= _MOST_ORIENTATIONS:
                return int(value)
    except struct.error:
        return 1
    return 1


def _only_orientation(value: int) -> bytes:
    """Exif that says nothing else."""
    return b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, _ORIENTATION, _SHORT, 1, value, 0, 0)


def _png(body: bytes) -> Picture:
    kept = [_PNG]
    size: tuple[int, int] | None = None
    has_data = False
    at = len(_PNG)
    while True:
        length, kind = struct.unpack_from(">I4s", body, at)
        end = at + 12 + length
        content = body[at + 8 : end - 4]
        (checksum,) = struct.unpack_from(">I", body, end - 4)
        if zlib.crc32(content, zlib.crc32(kind)) != checksum or (size is None) != (kind == b"IHDR"):
            raise ImageUnreadable(_BROKEN)
        if kind == b"IHDR":
            width, height = struct.unpack_from(">II", content)
            size = width, height
        has_data |= kind == b"IDAT"
        if kind in _PNG_KEPT:
            kept.append(body[at:end])
        elif kind == b"eXIf" and (orientation := _orientation(content)) > 1:
            kept.append(_png_chunk(kind, _only_orientation(orientation)))
        if kind == b"IEND":
            break
        at = end
    if size is None or not has_data:
        raise ImageUnreadable(_BROKEN)
    return Picture("png", *size, b"".join(kept))


def _png_chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", len(content), kind) + content + struct.pack(">I", zlib.crc32(content, zlib.crc32(kind)))


def _webp(body: bytes) -> Picture:
    (length,) = struct.unpack_from("<I", body, 4)
    if 8 + length > len(body):
        raise ImageUnreadable(_BROKEN)
    kept: list[bytes] = []
    coded: tuple[int, int] | None = None
    canvas: tuple[int, int] | None = None
    for kind, content in _webp_chunks(body[12 : 8 + length]):
        if kind in {b"ANIM", b"ANMF"}:
            raise ImageUnreadable("A poster does not move")
        if kind == b"VP8X":
            canvas = int.from_bytes(content[4:7], "little") + 1, int.from_bytes(content[7:10], "little") + 1
            kept.append(_webp_chunk(kind, bytes([content[0] & ~_WEBP_PRIVATE]) + content[1:10]))
        elif kind in {b"VP8 ", b"VP8L"}:
            coded = _webp_size(kind, content)
            kept.append(_webp_chunk(kind, content))
        elif kind == b"EXIF" and (orientation := _orientation(content.removeprefix(_EXIF))) > 1 and canvas:
            kept[0] = kept[0][:8] + bytes([kept[0][8] | _WEBP_EXIF]) + kept[0][9:]
            kept.append(_webp_chunk(kind, _only_orientation(orientation)))
        elif kind in {b"ALPH", b"ICCP"}:
            kept.append(_webp_chunk(kind, content))
    if coded is None or (canvas is not None and canvas != coded):
        raise ImageUnreadable(_BROKEN)
    whole = b"".join(kept)
    return Picture("webp", *coded, b"RIFF" + struct.pack("<I", len(whole) + 4) + b"WEBP" + whole)


def _webp_chunk(kind: bytes, content: bytes) -> bytes:
    return kind + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def _webp_chunks(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(body):
        kind, length = struct.unpack_from("<4sI", body, at)
        if at + 8 + length > len(body):
            raise ImageUnreadable(_BROKEN)
        yield kind, body[at + 8 : at + 8 + length]
        at += 8 + length + length % 2


def _webp_size(kind: bytes, content: bytes) -> tuple[int, int]:
    if kind == b"VP8L":
        signature, bits = struct.unpack_from("<BI", content)
        if signature != 0x2F:
            raise ImageUnreadable(_BROKEN)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    start, width, height = struct.unpack_from("<3sHH", content, 3)
    if start != b"\x9d\x01\x2a":
        raise ImageUnreadable(_BROKEN)
    return width & 0x3FFF, height & 0x3FFF


_READERS = (
    (re.compile(rb"\xff\xd8\xff"), _jpeg),
    (re.compile(re.escape(_PNG)), _png),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), _webp),
)
