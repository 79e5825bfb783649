"""The gate before a video changes its host: what is the same film passes, and every way not to be it is told."""

import math
from array import array
from dataclasses import dataclass

import pytest

from shared.encoding.ladder import Plan
from tests.media.making import AAC, X264, Encoded, encode_clip, make, planned
from worker.media.compare import compare
from worker.media.compare_likeness import level_db, likeness, similarity

SECONDS = 6
FILM = ("-f", "lavfi", "-i", "testsrc2=size=192x108:rate=10")
OTHER = ("-f", "lavfi", "-i", "mandelbrot=size=192x108:rate=10")
TONE = ("-f", "lavfi", "-i", "aevalsrc=0.3*sin(2*PI*440*t):s=48000")
NOTHING = ("-f", "lavfi", "-i", "anullsrc=r=48000:cl=stereo")
HLG = "format=yuv422p10le,setparams=color_primaries=bt2020:color_trc=arib-std-b67:colorspace=bt2020nc"
LATER = ("-vf", "trim=start=1,setpts=PTS-STARTPTS")


@dataclass
class Films:
    """Originals by name, and the generations that were made of three of them."""

    directory: object
    made: dict[str, Encoded]

    def original(self, name: str, *args: str, seconds: float = SECONDS):
        return make(self.directory / f"{name}.mp4", *args, *X264, *AAC, "-t", str(seconds))


@pytest.fixture(scope="module")
async def films(tmp_path_factory):
    found = Films(tmp_path_factory.mktemp("films"), {})
    for name, args in {"film": (*FILM, *TONE), "mute": FILM, "silent": (*FILM, *NOTHING)}.items():
        found.made[name] = await encode_clip(found.original(name, *args), found.directory / name)
    return found


async def failed(original, published: Encoded, **said) -> list[str]:
    plan: Plan = await planned(original)
    checks = await compare(str(original), plan, published.read, **said)
    assert len({check.name for check in checks}) == len(checks) == 6
    assert all(check.detail for check in checks)
    return [check.name for check in checks if not check.ok]


async def test_the_same_film_passes_by_what_the_platform_says(films):
    original, published = films.directory / "film.mp4", films.made["film"]
    assert await failed(original, published, platform_seconds=SECONDS - 1, platform_has_audio=True) == []
    assert await failed(original, published, platform_seconds=SECONDS + 2, platform_has_audio=True) == [
        "platform_length"
    ]


@pytest.mark.parametrize(
    ("name", "args", "seconds", "wrong"),
    [
        ("other", (*OTHER, *TONE), SECONDS, ["pictures"]),
        ("later", (*FILM, *TONE, *LATER), SECONDS, ["pictures"]),
        ("longer", (*FILM, *TONE), SECONDS + 2, ["length", "platform_length"]),
    ],
)
async def test_another_film_does_not(films, name, args, seconds, wrong):
    original = films.original(name, *args, seconds=seconds)
    said = {"platform_seconds": SECONDS, "platform_has_audio": True}
    assert await failed(original, films.made["film"], **said) == wrong


@pytest.mark.parametrize(
    ("original", "published", "said", "wrong"),
    [
        ("film", "mute", None, ["audio"]),
        ("mute", "mute", True, ["audio"]),
        ("film", "silent", True, ["loudness"]),
        ("silent", "silent", True, []),
    ],
)
async def test_the_sound_must_be_there_and_be_heard(films, original, published, said, wrong):
    found = await failed(films.directory / f"{original}.mp4", films.made[published], platform_has_audio=said)
    assert found == wrong


async def test_a_generation_that_cannot_be_played_is_told(films):
    original, published = films.directory / "film.mp4", films.made["film"]
    plan = await planned(original)

    async def no_playlist(name):
        return b"<html>" if name == "master.m3u8" else await published.read(name)

    (check,) = await compare(str(original), plan, no_playlist)
    assert (check.name, check.ok) == ("video", False)

    async def zeros(name):
        body = await published.read(name)
        return body[:2000] + bytes(len(body) - 2000) if name == "v108/seg-00000.m4s" else body

    (check,) = await compare(str(original), plan, zeros)
    assert (check.name, check.ok) == ("video", False)


async def test_woven_stretched_and_in_high_range_is_no_difference(tmp_path):
    """An encode makes it square, progressive and SDR; so must whoever compares."""
    clip = make(
        tmp_path / "woven.mov", *FILM, "-vf", f"scale=180:120,setsar=4/3,tinterlace=interleave_top,setfield=tff,{HLG}",
        "-c:v", "prores_ks", "-pix_fmt", "yuv422p10le", "-flags", "+ilme+ildct", "-t", "4",
    )  # fmt: skip
    published = await encode_clip(clip, tmp_path / "out")
    assert (published.facts.interlaced, published.facts.hdr) == (True, "hlg")
    assert await failed(clip, published) == []


def gradient(shift: int) -> bytes:
    return bytes((x * 3 + y + shift * 20) % 256 for y in range(32) for x in range(32))


def test_pictures_are_alike_by_structure_and_flat_ones_by_level():
    assert similarity(gradient(0), gradient(0), 32) == 1
    assert similarity(gradient(0), bytes(255 - value for value in gradient(0)), 32) < 0.3
    black, dark, white = (bytes([level]) * 1024 for level in (16, 20, 235))
    assert similarity(black, dark, 32) == 1
    assert similarity(black, white, 32) == 0
    assert similarity(black, gradient(0), 32) < 0.5


def test_a_displaced_picture_is_seen_but_one_frame_is_none():
    film = [gradient(shift) for shift in range(9)]
    assert likeness(film[4], film, 4, 32).displaced_frames == 0
    assert likeness(film[5], film, 4, 32).displaced_frames == 0
    assert likeness(film[7], film, 4, 32).displaced_frames == 3
    assert likeness(film[4], [film[4]] * 9, 4, 32).displaced_frames == 0
    with pytest.raises(ValueError, match="no picture"):
        likeness(film[0], film[:2], 4, 32)


def test_levels():
    full = array("h", [32767, -32768] * 500).tobytes()
    assert level_db(full, 1000) == pytest.approx(0, abs=0.01)
    assert level_db(full, 4000) == pytest.approx(-6.02, abs=0.01)
    assert level_db(b"", 1000) == -math.inf
