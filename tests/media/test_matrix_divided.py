"""A sample of the matrix in windows of one segment: each must show what the undivided encode shows."""

from fractions import Fraction
from math import sin

import pytest

from tests.media import numbered
from tests.media.dividing import divide
from tests.media.making import AAC, X264, make
from tests.media.numbered import BEEPS, TOGETHER, assert_shows, beeps
from tests.media.test_matrix import MPEG2, PCM, VP9
from tests.media.test_matrix_changes import VP8, joined
from tests.media.test_matrix_times import on_the_grid

COUNT, SIZE = 320, (320, 180)
OPEN_GROUPS = ("-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
OPEN_GROUPS += ("-x265-params", "open-gop=1:keyint=40:min-keyint=40:bframes=4:log-level=0")


@pytest.mark.parametrize(
    ("name", "codec", "rate"),
    [
        ("reordered.avi", (*X264, "-g", "40", *PCM), "25"),
        ("mpeg4.avi", ("-c:v", "mpeg4", "-q:v", "3", "-g", "12", *PCM), "25"),
        ("hidden-frames.webm", (*VP9, "-g", "60", "-c:a", "libopus"), "30000/1001"),
        ("open.mkv", (*OPEN_GROUPS, *AAC), "30000/1001"),
        ("fragments.mp4", (*X264, *AAC, "-g", "40", "-movflags", "+frag_keyframe+empty_moov"), "25"),
        ("mpeg2.mkv", (*MPEG2, "-g", "15", "-c:a", "ac3"), "25"),
    ],
)
async def test_windows_of_every_container(tmp_path, out, name, codec, rate):
    length = f"{float(COUNT / Fraction(rate)):.6f}"
    clip = numbered.film(
        tmp_path / name, *codec, "-t", length, count=COUNT, size=SIZE, rate=rate, sound=BEEPS
    )  # fmt: skip
    divided = await divide(clip, out)
    assert len(divided.plan.windows) >= 2
    assert_shows(divided, range(COUNT), Fraction(rate))
    assert beeps(divided)[:2] == pytest.approx([1, 3], abs=TOGETHER)


async def test_windows_of_a_jittering_clock(tmp_path, out):
    ticks = [n + 0.35 * sin(n) for n in range(401)]
    times = (
        "-vf",
        "settb=1/90000,setpts='(N+0.35*sin(N))/30/TB'",
        "-fps_mode",
        "passthrough",
        "-enc_time_base",
        "1/90000",
    )
    clip = numbered.film(tmp_path / "phone.mkv", *times, *X264, "-g", "48", count=401, size=SIZE, rate="30")
    divided = await divide(clip, out)
    rate = divided.facts.frame_rate
    assert_shows(divided, on_the_grid([tick * rate / 30 for tick in ticks]), rate)


async def test_windows_of_a_picture_that_changes(tmp_path, out):
    """The plan knows the first size only; the second window begins with the other."""
    one = numbered.film(tmp_path / "one.webm", *VP8, "-g", "30", count=140, size=SIZE)
    two = numbered.film(tmp_path / "two.webm", *VP8, "-g", "30", count=180, size=(640, 360), number=lambda n: n + 140)
    divided = await divide(joined(tmp_path / "call.webm", one, two), out)
    assert_shows(divided, range(320), Fraction(25))


async def test_windows_of_an_open_group_that_was_cut(tmp_path, out):
    film = numbered.film(tmp_path / "film.mp4", *OPEN_GROUPS, *AAC, "-t", "14", count=350, size=SIZE, sound=BEEPS)
    clip = make(tmp_path / "cut.mp4", "-ss", "1.2", "-i", str(film), "-c", "copy")
    divided = await divide(clip, out)
    assert_shows(divided, range(30, 350), Fraction(25))
