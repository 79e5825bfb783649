"""Uploaded pictures are recognised, kept as they look, and say nothing about people."""

import struct
import subprocess
import zlib

import imageio_ffmpeg
import pytest

from shared.encoding import images
from shared.encoding.errors import ImageUnreadable

SECRET = b"N 52.5 E 13.4 by Jane"
CODECS = {"jpg": "mjpeg", "png": "png", "webp": "libwebp"}


def picture(kind: str, size: str = "320x180") -> bytes:
    """A test picture without any metadata."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "lavfi", "-i", f"testsrc2=s={size}"]
    command += ["-frames:v", "1", "-bitexact", "-c:v", CODECS[kind], "-f", "image2pipe", "-"]
    return subprocess.run(command, capture_output=True, check=True, timeout=30).stdout


def pixels(body: bytes) -> bytes:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", "-", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    return subprocess.run(command, input=body, capture_output=True, check=True, timeout=30).stdout


def exif(orientation: int, order: str = "<") -> bytes:
    """TIFF with an orientation, a place and somebody's name."""
    entries = [(0x010E, 2, len(SECRET), 8 + 2 + 2 * 12 + 4), (0x0112, 3, 1, orientation)]
    body = {"<": b"II*\0", ">": b"MM\0*"}[order] + struct.pack(f"{order}IH", 8, len(entries))
    body += struct.pack(f"{order}HHII", *entries[0]) + struct.pack(f"{order}HHIHH", *entries[1], 0)
    return body + struct.pack(f"{order}I", 0) + SECRET


def jpeg_segment(kind: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, kind, len(content) + 2) + content


def png_chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def riff_chunk(kind: bytes, content: bytes) -> bytes:
    return kind + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def riff(chunks: bytes) -> bytes:
    return b"RIFF" + struct.pack("<I", len(chunks) + 4) + b"WEBP" + chunks


def telltale(kind: str, body: bytes, orientation: int = 1) -> bytes:
    """The picture with its secret in every place that a camera or a program might put it."""
    tiff = exif(orientation, ">" if kind == "png" else "<")
    if kind == "jpg":
        told = [(0xE1, b"Exif\0\0" + tiff), (0xE1, b"http://ns.adobe.com/xap/1.0/\0" + SECRET), (0xFE, SECRET)]
        told += [(0xED, b"Photoshop 3.0\0" + SECRET), (0xE2, b"MPF\0" + SECRET), (0xE2, b"ICC_PROFILE\0\1\1profile")]
        inside = b"".join(jpeg_segment(*one) for one in told)
        return body[:2] + inside + body[2:] + b"\xff\xd8" + SECRET
    if kind == "png":
        text = b"".join(png_chunk(name, b"Author\0" + SECRET) for name in (b"tEXt", b"iTXt", b"zTXt", b"prVt"))
        return body[:33] + png_chunk(b"eXIf", tiff) + text + body[33:] + SECRET
    flags = riff_chunk(b"VP8X", struct.pack("<B3x", 0x0C) + (319).to_bytes(3, "little") + (179).to_bytes(3, "little"))
    return riff(flags + body[12:] + riff_chunk(b"EXIF", tiff) + riff_chunk(b"XMP ", SECRET)) + SECRET


@pytest.mark.parametrize("kind", CODECS)
def test_the_picture_stays_and_the_rest_goes(kind: str) -> None:
    plain = picture(kind)
    body = telltale(kind, plain)
    assert SECRET in body
    cleaned = images.clean(body)
    assert (cleaned.extension, cleaned.width, cleaned.height) == (kind, 320, 180)
    assert pixels(cleaned.body) == pixels(plain)
    assert SECRET not in cleaned.body
    assert not any(mark in cleaned.body for mark in (b"Exif", b"eXIf", b"EXIF", b"XMP", b"xap", b"Author", b"MPF"))
    assert (b"ICC_PROFILE\0\1\1profile" in cleaned.body) == (kind == "jpg")
    assert images.clean(cleaned.body) == cleaned


@pytest.mark.parametrize("kind", CODECS)
def test_what_was_turned_stays_turned(kind: str) -> None:
    body = telltale(kind, picture(kind), orientation=6)
    cleaned = images.clean(body).body
    assert SECRET not in cleaned
    assert b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0" in cleaned
    assert pixels(cleaned) == pixels(body)
    assert images.clean(cleaned).body == cleaned


@pytest.mark.parametrize("kind", CODECS)
def test_a_broken_picture_is_none(kind: str) -> None:
    body = picture(kind)
    for length in (3, 12, 20, 30, 60, len(body) // 2, len(body) - 2):
        with pytest.raises(ImageUnreadable):
            images.clean(body[:length])
    for place in range(0, min(len(body), 400), 7):
        spoilt = body[:place] + bytes([body[place] ^ 0xFF]) + body[place + 1 :]
        try:
            images.clean(spoilt)
        except ImageUnreadable:
            continue


@pytest.mark.parametrize(
    "body",
    [b"", b"GIF89a" + b"\0" * 50, b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"RIFF\x04\0\0\0WAVE", b"\xff\xd8\xff"],
)
def test_other_things_are_no_pictures(body: bytes) -> None:
    with pytest.raises(ImageUnreadable):
        images.clean(body)


def test_a_picture_may_be_too_large() -> None:
    header = struct.pack(">IIBBBBB", 8193, 100, 8, 2, 0, 0, 0)
    ends = png_chunk(b"IDAT", b"x") + png_chunk(b"IEND", b"")
    with pytest.raises(ImageUnreadable, match="8193x100"):
        images.clean(b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + ends)
    header = struct.pack(">IIBBBBB", 8192, 100, 8, 2, 0, 0, 0)
    assert images.clean(b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + ends).width == 8192


def test_a_poster_does_not_move() -> None:
    body = picture("webp")
    with pytest.raises(ImageUnreadable, match="move"):
        images.clean(riff(riff_chunk(b"ANIM", b"\0" * 6) + body[12:]))
