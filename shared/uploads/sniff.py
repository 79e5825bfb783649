"""Tell a video container by its first bytes. Names and declared types prove nothing (encoding.md, "Never trust")."""

from enum import StrEnum
from typing import Final

from shared.uploads.errors import NotAVideo

HEAD_BYTES: Final = 4096
_SHORTEST: Final = 12
_BOX_HEADER: Final = 8
_LONG_BOX_HEADER: Final = 16

# ISO/IEC 14496-12 brands by their first letters; pictures and sound use the same boxes under other major brands.
_VIDEO_BRANDS: Final = (
    b"iso", b"mp4", b"avc", b"hvc", b"hev1", b"av01", b"M4V", b"f4v", b"F4V", b"3gp", b"3g2", b"3ge", b"3gs", b"dash",
    b"cmf", b"msdh", b"MSNV", b"XAVC", b"mmp4", b"NDX", b"CAEP", b"piff", b"dby1",
)  # fmt: skip
_OTHER_MAJOR_BRANDS: Final = (
    b"hei", b"hevc", b"hevm", b"hevs", b"hevx", b"mif", b"msf", b"avif", b"avis", b"jxl ", b"jp2", b"jpx", b"crx",
    b"M4A", b"M4B", b"M4P", b"F4A", b"F4B",
)  # fmt: skip
_QUICKTIME_MEDIA: Final = frozenset({b"moov", b"mdat"})
_QUICKTIME_ATOMS: Final = _QUICKTIME_MEDIA | {b"wide", b"free", b"skip", b"pnot"}
# What may follow the first one.
_TOP_LEVEL_ATOMS: Final = _QUICKTIME_ATOMS | {
    b"PICT", b"pict", b"udta", b"uuid", b"meta", b"junk", b"prfl", b"frea", b"ftyp", b"moof", b"mfra", b"sidx", b"styp",
}  # fmt: skip
_EBML: Final = b"\x1a\x45\xdf\xa3"
_DOC_TYPE: Final = 0x4282


class Container(StrEnum):
    """The containers that are accepted, each by the content type its object gets."""

    mp4 = "video/mp4"
    mov = "video/quicktime"
    webm = "video/webm"
    mkv = "video/x-matroska"
    avi = "video/x-msvideo"


def sniff(head: bytes, *, complete: bool = False, most_bytes: int | None = None) -> Container | None:
    """The container of a file that starts with ``head``; None while more bytes are needed to tell.

    ``complete``: there are no more bytes. ``HEAD_BYTES`` bytes always suffice. ``most_bytes``: the whole file has no
    more than that.

    :raises NotAVideo: it is none of ours.
    """
    found = _container(head, len(head) if complete else most_bytes)
    if found is None and (complete or len(head) >= HEAD_BYTES):
        raise NotAVideo("The file is empty" if not head else "The file ends before its type can be told")
    return found


def _container(head: bytes, most_bytes: int | None) -> Container | None:
    if len(head) < _SHORTEST:
        return None
    if head.startswith(_EBML):
        return _ebml(head)
    if head.startswith(b"RIFF"):
        if head[8:12] == b"AVI ":
            return Container.avi
        raise NotAVideo("The file is a RIFF file, but not AVI")
    box = head[4:8]
    if box == b"ftyp":
        return _iso(head)
    if box == b"mdat" or (box in _QUICKTIME_ATOMS and not _is_text(head[:4])):
        return _quicktime(head[:HEAD_BYTES], most_bytes)
    raise NotAVideo("The content is not a video")


def _iso(head: bytes) -> Container | None:
    size, major = int.from_bytes(head[:4]), head[8:12]
    if size < _BOX_HEADER + 8 or size > HEAD_BYTES:
        raise NotAVideo("The file's type box is broken")
    if major == b"qt  ":
        return Container.mov
    if major.startswith(_OTHER_MAJOR_BRANDS):
        raise NotAVideo("The file is a picture or sound")
    if major.startswith(_VIDEO_BRANDS):
        return Container.mp4
    if len(head) < size:
        return None
    brands = [head[at : at + 4] for at in range(16, size - 3, 4)]
    if any(brand.startswith(_VIDEO_BRANDS) for brand in brands):
        return Container.mp4
    if b"qt  " in brands:
        return Container.mov
    raise NotAVideo("The file is of an unknown MP4 brand")


def _quicktime(head: bytes, most_bytes: int | None) -> Container | None:
    """Follow the top-level atoms as far as the head reaches: four letters alone may stand in any file."""
    at, media = 0, False
    while at + _BOX_HEADER <= min(HEAD_BYTES, HEAD_BYTES if most_bytes is None else most_bytes):
        if len(head) < at + _BOX_HEADER:
            return None
        size, kind, least = int.from_bytes(head[at : at + 4]), head[at + 4 : at + 8], _BOX_HEADER
        if kind not in _TOP_LEVEL_ATOMS:
            raise NotAVideo("The content is not a video")
        media = media or kind in _QUICKTIME_MEDIA
        if size == 0 and kind in _QUICKTIME_MEDIA:  # up to the end of the file
            return Container.mov
        if size == 1:
            least = _LONG_BOX_HEADER
            if at + least > HEAD_BYTES:
                return Container.mov
            if len(head) < at + least and (most_bytes is None or at + least <= most_bytes):
                return None
            size = int.from_bytes(head[at + 8 : at + 16])
        if size < least or (most_bytes is not None and at + size > most_bytes):
            raise NotAVideo("The file's atoms are broken")
        at += size
    if not media and most_bytes is not None and at + _BOX_HEADER > most_bytes:
        raise NotAVideo("The file holds no media")
    return Container.mov


def _is_text(size: bytes) -> bool:
    # Four printable characters are half a gigabyte as a size: only mdat is that large, the rest is a text.
    return all(0x20 <= byte < 0x7F for byte in size)


def _ebml(head: bytes) -> Container | None:
    """The DocType of an EBML header (RFC 8794, section 11.2.4)."""
    size, at = _vint(head, 4)
    if size is None:
        return None
    end = at + size
    if end > HEAD_BYTES:
        raise NotAVideo("The file's EBML header is broken")
    if len(head) < end:
        return None
    while at < end:
        element, at = _vint(head, at, keep_marker=True)
        size, at = _vint(head, at)
        if element is None or size is None:
            break
        if element == _DOC_TYPE:
            doc_type = head[at : at + size].rstrip(b"\0")
            if doc_type == b"webm":
                return Container.webm
            if doc_type == b"matroska":
                return Container.mkv
            break
        at += size
    raise NotAVideo("The file is an EBML file, but neither WebM nor MKV")


def _vint(data: bytes, at: int, *, keep_marker: bool = False) -> tuple[int | None, int]:
    """A variable-length integer and the position behind it; None where it is cut off or invalid."""
    if at >= len(data) or data[at] == 0:
        return None, len(data)
    width = 9 - data[at].bit_length()
    if at + width > len(data):
        return None, len(data)
    value = int.from_bytes(data[at : at + width])
    return (value if keep_marker else value & ((1 << 7 * width) - 1)), at + width
