"""Clocks of every kind: variable rates, cuts without re-encoding, edit lists, files that begin anywhere; and turns."""

import struct
from fractions import Fraction
from itertools import accumulate, cycle, islice, pairwise
from math import sin
from pathlib import Path

import pytest

from tests.media import numbered
from tests.media.making import AAC, X264, encode_clip, make
from tests.media.numbered import BEEPS, TOGETHER, assert_shows, beeps
from worker.media.inspection import inspect
from worker.media.probe import Limits
from worker.media.timing import frame_rate

COPY = ("-c", "copy")
MUTE_X265 = "log-level=0"


def variable(path: Path, ticks: list[int], *args: str) -> Path:
    """Show frame n at `ticks[n]` thirtieths of a second, in a file whose clock is fine enough for it."""
    # ffmpeg's expressions have no lists: the times become one sum of steps.
    steps = [f"gte(N,{n})*{later - earlier:.6f}" for n, (earlier, later) in enumerate(pairwise(ticks), 1)]
    times = f"setpts='({'+'.join(steps)})/30/TB'"
    return numbered.film(
        path, "-vf", f"settb=1/90000,{times}", "-fps_mode", "passthrough", "-enc_time_base", "1/90000", *args,
        count=len(ticks), size=(320, 180), rate="30", sound=BEEPS,
    )  # fmt: skip


def on_the_grid(ticks) -> list[int]:
    """The picture to be seen in each slot: the last one whose time, rounded to the grid, has come."""
    places = [round(tick) for tick in ticks]
    return [max(n for n, place in enumerate(places) if place <= slot) for slot in range(places[-1] + 1)]


@pytest.mark.parametrize(
    ("name", "ticks"),
    [
        ("dropped-frames.mp4", [0, *accumulate(islice(cycle([1, 1, 2]), 60))]),
        ("dropped-frames.mkv", [0, *accumulate(islice(cycle([1, 1, 2]), 60))]),
        ("jitter.mp4", [n + 0.35 * sin(n) for n in range(76)]),
        ("pause.mkv", [0, *accumulate([1] * 40 + [15] + [1] * 40)]),
        ("two-rates.mp4", [*range(40), *(40 + 1.27 * n for n in range(30))]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_variable_rate_shows_every_picture_when_the_source_does(tmp_path, out, name, ticks):
    clip = variable(tmp_path / name, ticks, *X264, *AAC, "-t", f"{(ticks[-1] + 1) / 30:.6f}")
    encoded = await encode_clip(clip, out)
    rate = encoded.facts.frame_rate
    assert (rate in {Fraction(30), Fraction(30000, 1001)}, encoded.facts.frame_rate_is_constant) == (True, False)
    expected = on_the_grid([tick * rate / 30 for tick in ticks])
    # MP4 writers give the last frame the length of the one before.
    expected += expected[-1:] * (encoded.result.renditions[0].frames - len(expected) in {1, 2})
    assert_shows(encoded, expected, rate)
    assert beeps(encoded)[0] == pytest.approx(1, abs=TOGETHER)


@pytest.mark.parametrize("rate", [24, 25, 30, 48, 50, 60, Fraction(30000, 1001), Fraction(60000, 1001)])
def test_a_clock_of_milliseconds_hides_no_rate(rate):
    """Every fourth frame is missing; what is left is rounded as Matroska does."""
    times = [round(n * 1000 / rate) for n in range(600) if n % 4 != 2]
    found, constant = frame_rate(times, Fraction(1, 1000))
    assert (found, constant) == (pytest.approx(rate, rel=0.00101), False)


async def test_fewer_than_one_frame_a_second_become_one(tmp_path, out):
    clip = numbered.film(tmp_path / "lapse.mp4", *X264, count=4, size=(320, 180), rate="1/3")
    encoded = await encode_clip(clip, out)
    assert_shows(encoded, [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3], Fraction(1))


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """Six seconds with one keyframe in two."""
    return numbered.film(
        tmp_path_factory.mktemp("film") / "film.mp4", *X264, *AAC, "-g", "50", "-t", "6",
        count=150, size=(320, 180), sound=BEEPS,
    )  # fmt: skip


@pytest.fixture(scope="module")
def open_film(tmp_path_factory):
    """The same as HEVC with open groups: pictures shown before a keyframe need the group before it."""
    params = f"open-gop=1:keyint=25:min-keyint=25:bframes=4:{MUTE_X265}"
    return numbered.film(
        tmp_path_factory.mktemp("film") / "film.mp4", "-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p",
        "-x265-params", params, *AAC, "-t", "6", count=150, size=(320, 180), sound=BEEPS,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("source", "name", "before", "after", "first"),
    [
        ("film", "edit-list.mp4", ("-ss", "1.2"), (), 30),
        ("film", "from-keyframe.mkv", ("-ss", "2.0"), (), 50),
        ("film", "negative.mp4", (), ("-output_ts_offset", "-1", "-avoid_negative_ts", "disabled"), 25),
        ("film", "late.mkv", (), ("-output_ts_offset", "10"), 0),
        ("film", "late.mp4", (), ("-output_ts_offset", "10"), 0),
        ("film", "no-edit-list.mp4", (), ("-use_editlist", "0"), 0),
        ("film", "fragments.mp4", (), ("-movflags", "+frag_keyframe+empty_moov+default_base_moof"), 0),
        ("film", "cut.mov", ("-ss", "4.2"), (), 105),
        ("open_film", "edit-list.mp4", ("-ss", "1.2"), (), 30),
        ("open_film", "from-keyframe.mkv", ("-ss", "2.0"), (), 50),
        ("open_film", "cut.mov", ("-ss", "4.2"), (), 105),
    ],
)
async def test_a_cut_without_encoding_shows_what_it_should(request, tmp_path, out, source, name, before, after, first):
    clip = make(tmp_path / name, *before, "-i", str(request.getfixturevalue(source)), *COPY, *after)
    encoded = await encode_clip(clip, out)
    numbers = range(first, 150)
    assert_shows(encoded, numbers, Fraction(25))
    expected = [second - first / 25 for second in (1, 3, 5) if second - first / 25 > 0.1]
    assert [at for at in beeps(encoded) if at > 0.1] == pytest.approx(expected, abs=TOGETHER)


@pytest.mark.parametrize(("late", "onset"), [("0:v", 0.5), ("1:a", 1.5)], ids=["video", "sound"])
async def test_one_track_begins_later(tmp_path, out, film, late, onset):
    delays = [("-itsoffset", "0.5") if late[0] == number else () for number in "01"]
    inputs = [*delays[0], "-i", str(film), *delays[1], "-i", str(film)]
    clip = make(tmp_path / "late.mp4", *inputs, "-map", "0:v", "-map", "1:a", *COPY)
    encoded = await encode_clip(clip, out)
    assert_shows(encoded, range(150), Fraction(25))
    assert beeps(encoded)[0] == pytest.approx(onset, abs=TOGETHER)


@pytest.mark.parametrize(
    ("name", "matrix", "stored"),
    [
        ("left.mp4", ("-display_rotation", "90"), "transpose=clock"),
        ("left.mov", ("-display_rotation", "90"), "transpose=clock"),
        ("left.mkv", ("-display_rotation", "90"), "transpose=clock"),
        ("down.mp4", ("-display_rotation", "180"), "hflip,vflip"),
        ("right.mov", ("-display_rotation", "-90"), "transpose=cclock"),
        ("mirrored.mp4", ("-display_hflip",), "hflip"),
        ("both.mov", ("-display_rotation", "90", "-display_hflip"), "transpose=cclock,hflip"),
    ],
    ids=lambda value: value if isinstance(value, str) and "." in value else "",
)
async def test_a_turned_film_is_upright(tmp_path, out, name, matrix, stored):
    """Anamorphic and odd besides: 321 x 361 pixels, twice as wide as high when upright."""
    lying = "transpose" in stored
    ratio = "1/2" if lying else "2/1"
    flat = numbered.film(
        tmp_path / "flat.mkv", "-vf", f"{stored},setsar={ratio}", *X264[:-1], "yuv444p", count=4, size=(321, 361),
    )  # fmt: skip
    clip = make(tmp_path / name, *matrix, "-i", str(flat), *COPY)
    encoded = await encode_clip(clip, out)
    assert encoded.facts.rotation % 180 == (90 if lying else 0)
    assert [(rung.width, rung.height) for rung in encoded.plan.rungs] == [(320, 180) if lying else (642, 360)]
    assert_shows(encoded, range(4), Fraction(25))
    # And no player is told to turn it once more: ISO/IEC 14496-12, the matrix of a track header.
    [init] = out.glob("v*/init.mp4")
    box = init.read_bytes().partition(b"tkhd")[2]
    assert struct.unpack(">9i", box[40:76]) == (1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)


@pytest.mark.parametrize(
    ("tag", "stored"), [("90", "transpose=cclock"), ("180", "hflip,vflip"), ("270", "transpose=clock")]
)
async def test_the_old_rotate_tag_turns_as_well(tmp_path, out, tag, stored):
    clip = numbered.film(
        tmp_path / "film.mkv", "-vf", stored, *X264, "-metadata:s:v:0", f"rotate={tag}", count=4, size=(320, 180)
    )
    encoded = await encode_clip(clip, out)
    assert_shows(encoded, range(4), Fraction(25))
    assert encoded.plan.rungs[0].width == 320


@pytest.mark.parametrize("tag", ["\u00b2", "\u0663", "--90", "90-", "9" * 400, "nan", ""])
async def test_a_rotate_tag_that_is_no_angle_turns_nothing(tmp_path, film, tag):
    clip = make(tmp_path / "film.mkv", "-i", str(film), *COPY, "-t", "0.2", "-metadata:s:v:0", f"rotate={tag}")
    assert inspect(str(clip), Limits()).rotation == 0
