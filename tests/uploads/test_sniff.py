"""The type is told by content, at once, and what is no video leaves nothing."""

from pathlib import Path

import pytest

from shared.uploads.errors import NotAVideo
from shared.uploads.sniff import HEAD_BYTES, Container, sniff
from tests.uploads.client import Tus
from tests.uploads.conftest import Stored


def ftyp(major: bytes, *others: bytes) -> bytes:
    """An ISO file-type box."""
    body = major + bytes(4) + b"".join(others)
    return (len(body) + 8).to_bytes(4) + b"ftyp" + body


def ebml(doc_type: bytes) -> bytes:
    """An EBML header."""
    body = b"\x42\x86\x81\x01\x42\xf7\x81\x01\x42\x82" + bytes([0x80 | len(doc_type)]) + doc_type
    return b"\x1a\x45\xdf\xa3" + (1 << 56 | len(body)).to_bytes(8) + body


ACCEPTED = {
    "mp4": (ftyp(b"isom", b"mp42"), Container.mp4),
    "iphone": (ftyp(b"qt  "), Container.mov),
    "m4v": (ftyp(b"M4V ", b"isom"), Container.mp4),
    "hevc": (ftyp(b"hvc1"), Container.mp4),
    "camera": (ftyp(b"XXXX", b"YYYY", b"mp42"), Container.mp4),
    "quicktime": (b"\x00\x00\x00\x08wide\x00\x00\x10\x00mdat", Container.mov),
    "quicktime 64": (b"\x00\x00\x00\x01mdat" + (1 << 33).to_bytes(8), Container.mov),
    "quicktime unfinished": (b"\x00\x00\x00\x08wide\x00\x00\x00\x00mdat", Container.mov),
    "quicktime large mdat": (b"<!--mdat" + bytes(8), Container.mov),
    "quicktime camera": (b"\0\0\0\x14pnot" + bytes(12) + b"\0\0\0\x0cPICT" + bytes(4) + b"\0\1\0\0mdat", Container.mov),
    "quicktime moov": (b"\x00\x00\x4a\x00moov\x00\x00\x00\x6cmvhd", Container.mov),
    "webm": (ebml(b"webm"), Container.webm),
    "mkv": (ebml(b"matroska"), Container.mkv),
    "avi": (b"RIFF\x00\x00\x10\x00AVI LIST", Container.avi),
}
REFUSED = {
    "empty": b"",
    "short": b"\x00\x00",
    "text": b"This is a text, whatever its name says.",
    "text like quicktime": b"the moov of it all",
    "text like mdat": b"<!--mdat-->" + b"x" * 300,
    "free and garbage": b"\0\0\0\x08free" + b"garbage " * 40,
    "free to the end": b"\0\0\0\0free" + bytes(300),
    "free alone": b"\0\0\0\x10free" + bytes(8),
    "short atom": b"\0\0\0\x07mdat" + bytes(300),
    "short long atom": b"\0\0\0\1mdat" + bytes(300),
    "cut long atom": b"\0\0\0\1mdat" + bytes(4),
    "atom beyond the end": b"\0\0\0\x08wide\0\0\x10\0mdat" + bytes(300),
    "playlist": b"#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\nhttp://127.0.0.1/\n",
    "ffconcat": b"ffconcat version 1.0\nfile /etc/passwd\n",
    "png": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
    "jpeg": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01",
    "heic": ftyp(b"heic", b"mif1", b"heic"),
    "heic sequence": ftyp(b"hevc", b"msf1", b"iso8"),
    "avif": ftyp(b"avif", b"mif1", b"miaf", b"iso8"),
    "m4a": ftyp(b"M4A ", b"isom", b"mp42"),
    "wav": b"RIFF\x00\x00\x10\x00WAVEfmt ",
    "webp": b"RIFF\x00\x00\x10\x00WEBPVP8 ",
    "mp3": b"ID3\x04\x00\x00\x00\x00\x00\x00\x00\x00",
    "ogg": b"OggS\x00\x02" + bytes(20),
    "zip": b"PK\x03\x04" + bytes(20),
    "broken ftyp": b"\x00\x00\x00\x04ftypisom" + bytes(8),
    "huge ftyp": b"\x7f\xff\xff\xffftypXXXX" + bytes(8),
    "unknown brand": ftyp(b"XXXX", b"YYYY"),
    "other ebml": ebml(b"other"),
    "endless ebml": b"\x1a\x45\xdf\xa3\x01\x00\x00\x00\x00\x00\xff\xff" + bytes(8),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_accepted(name: str) -> None:
    head, container = ACCEPTED[name]
    assert sniff(head + bytes(HEAD_BYTES)) == container
    for cut in range(len(head)):
        assert sniff(head[:cut]) in {None, container}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    with pytest.raises(NotAVideo):
        sniff(REFUSED[name], complete=True)


def test_an_atom_fits_the_file() -> None:
    head = b"\0\1\0\0mdat" + bytes(HEAD_BYTES)
    assert sniff(head, most_bytes=1 << 16) == Container.mov
    with pytest.raises(NotAVideo):
        sniff(head, most_bytes=(1 << 16) - 1)


def test_small_quicktime_file() -> None:
    assert sniff(b"\0\0\0\x10mdat" + bytes(8) + b"\0\0\0\x0cmoov" + bytes(4), complete=True) == Container.mov


def test_real_file(demo_clip: Path) -> None:
    with demo_clip.open("rb") as file:
        assert sniff(file.read(HEAD_BYTES)) == Container.mp4


@pytest.mark.parametrize("name", ["text", "text like mdat", "playlist", "heic", "m4a", "short", "unknown brand"])
async def test_nothing_is_left(tus: Tus, stored: Stored, name: str) -> None:
    body = REFUSED[name]
    url = await tus.create(len(body))
    row = await stored.row(url)
    answer = await tus.patch(url, 0, body)
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")
    assert (await tus.head(url)).status_code == 404
    assert row is not None
    assert await stored.row(url) is None
    assert await stored.traces(url, row) == []


async def test_known_before_the_rest_is_sent(tus: Tus) -> None:
    url = await tus.create(50_000_000)
    hanging = await tus.hanging_patch(url, 0, REFUSED["jpeg"], size=50_000_000)
    assert await hanging.status() == 415
    await hanging.cut()


async def test_told_from_bytes_of_several_requests(tus: Tus, stored: Stored) -> None:
    data = ebml(b"webm") + bytes(100)
    url = await tus.create(len(data))
    for at in range(20):
        assert (await tus.patch(url, at, data[at : at + 1])).status_code == 204
    answer = await tus.patch(url, 20, data[20:])
    assert (await stored.video(answer.headers["X-Video-Id"])).content_type == "video/webm"
    url = await tus.create(60)
    for at in range(7):
        assert (await tus.patch(url, at, b"a")).status_code == 204
    assert (await tus.patch(url, 7, b"a" * 20)).status_code == 415
