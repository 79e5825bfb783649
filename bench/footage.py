"""Three kinds of footage to measure on: film, a screen recording, and film with grain. Half a minute of 1080p each."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

import imageio_ffmpeg

FFMPEG: str = imageio_ffmpeg.get_ffmpeg_exe()  # type: ignore[attr-defined, no-untyped-call]
FILM = Path(__file__).resolve().parent.parent / "media" / "bbb-30s.mp4"
SECONDS = 30
_WIDTH, _HEIGHT = 1920, 1080
_GLYPH_WIDTH, _GLYPH_HEIGHT, _SCALE = 6, 10, 2
_PAPER = (30, 31, 41)
_INKS = ((220, 223, 228), (97, 175, 239), (152, 195, 121), (198, 120, 221), (229, 192, 123))
_CAMERA = ("-b:v", "16M", "-maxrate", "20M", "-bufsize", "32M")
_X264 = ("-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p")


def make(folder: Path) -> dict[str, Path]:
    """Return a file of each kind; those that are not there yet are made in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    return {"film": FILM, "screen": screen(folder / "screen.mp4"), "grain": grain(folder / "grain.mp4")}


def grain(path: Path) -> Path:
    """The film with noise that is new in every frame, at a camera's 16 Mbit/s."""
    if not path.exists():
        _run("-i", str(FILM), "-vf", "noise=alls=12:allf=t+u", *_X264, *_CAMERA, "-c:a", "copy", str(path))
    return path


def screen(path: Path) -> Path:
    """A page of code is read: sharp coloured glyphs that stand still, are scrolled now and then, and a pointer."""
    if not path.exists():
        page = path.with_suffix(".ppm")
        page.write_bytes(_page(rows=260))
        y = "min(160*floor(t/3)+160*min(1\\,max(0\\,mod(t\\,3)-2)*2)\\,ih-1080)"
        pointer = "overlay=x='960+700*sin(t*0.7)':y='540+400*sin(t*1.1)'"
        _run(
            *("-loop", "1", "-framerate", "30", "-i", str(page)),
            *("-f", "lavfi", "-i", "color=white:s=14x22:r=30", "-f", "lavfi", "-i", "sine=f=300:r=48000"),
            *("-filter_complex", f"[0:v]crop={_WIDTH}:{_HEIGHT}:0:'{y}'[page];[page][1:v]{pointer}[v]"),
            *("-map", "[v]", "-map", "2:a", "-t", str(SECONDS), *_X264, "-crf", "18", "-c:a", "aac", str(path)),
        )
        page.unlink()
    return path


def film_of(path: Path, *, seconds: int) -> Path:
    """The film, cut or repeated to a length, without encoding it again."""
    if not path.exists():
        _run("-stream_loop", str(seconds // SECONDS), "-i", str(FILM), "-t", str(seconds), "-c", "copy", str(path))
    return path


def _page(*, rows: int) -> bytes:
    """A picture of code as PPM: words of made-up letters, each line indented, each word in one ink."""
    luck = random.Random(4)
    glyphs = [
        [[luck.random() < 0.5 for _ in range(_GLYPH_WIDTH - 1)] + [False] for _ in range(_GLYPH_HEIGHT - 3)]
        for _ in range(52)
    ]
    columns = _WIDTH // (_GLYPH_WIDTH * _SCALE)
    blank = bytes(_PAPER) * _WIDTH
    picture = bytearray()
    for _ in range(rows):
        line: list[tuple[list[list[bool]], tuple[int, int, int]] | None] = [None] * (4 * luck.randrange(4))
        for _ in range(luck.randrange(2, 12)):
            ink = luck.choice(_INKS)
            line += [(luck.choice(glyphs), ink) for _ in range(luck.randrange(2, 9))] + [None]
        line = (line + [None] * columns)[:columns]
        for y in range(_GLYPH_HEIGHT - 3):
            dots = bytearray()
            for cell in line:
                for x in range(_GLYPH_WIDTH):
                    dots += bytes(cell[1] if cell and cell[0][y][x] else _PAPER) * _SCALE
            dots += bytes(_PAPER) * (_WIDTH - len(dots) // 3)
            picture += dots * _SCALE
        picture += blank * (3 * _SCALE)
    height = len(picture) // (3 * _WIDTH)
    return f"P6 {_WIDTH} {height} 255\n".encode() + picture


def _run(*arguments: str) -> None:
    subprocess.run([FFMPEG, "-v", "error", "-nostdin", "-y", *arguments], check=True)
