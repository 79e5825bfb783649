"""Files that change midway: calls recorded by browsers, recordings of broadcasts, clips joined without encoding."""

from fractions import Fraction
from pathlib import Path

import av
import pytest

from tests.media import numbered
from tests.media.making import SINE, X264, encode_clip, make
from tests.media.numbered import assert_shows
from worker.media import inspection
from worker.media.errors import MediaCode, MediaError

VP8 = ("-c:v", "libvpx", "-deadline", "realtime")
REPEATED = (*X264, "-bsf:v", "dump_extra")
FULL = ("-vf", "setparams=range=full", *REPEATED)


def joined(path: Path, *parts: Path) -> Path:
    """Append files to each other without touching their packets."""
    names = path.with_suffix(".txt")
    names.write_text("".join(f"file {part}\n" for part in parts))
    return make(path, "-f", "concat", "-safe", "0", "-i", str(names), "-c", "copy")


@pytest.mark.parametrize(
    ("name", "first", "second"),
    [
        ("smaller.webm", (VP8, (640, 360)), (VP8, (320, 180))),
        ("larger.webm", (VP8, (320, 180)), (VP8, (640, 360))),
        ("turned.webm", (VP8, (640, 360)), (VP8, (360, 640))),
        ("larger.mkv", (REPEATED, (640, 360)), (REPEATED, (854, 480))),
        ("odd.mkv", ((*REPEATED, "-pix_fmt", "yuv444p"), (321, 181)), ((*REPEATED, "-pix_fmt", "yuv444p"), (161, 91))),
        ("range.mkv", (REPEATED, (320, 180)), (FULL, (320, 180))),
        ("chroma.mkv", (REPEATED, (320, 180)), ((*REPEATED, "-pix_fmt", "yuv444p"), (320, 180))),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_picture_that_changes_keeps_the_first_size_and_every_frame(tmp_path, out, name, first, second):
    suffix = Path(name).suffix
    one = numbered.film(tmp_path / f"one{suffix}", *first[0], count=30, size=first[1])
    two = numbered.film(tmp_path / f"two{suffix}", *second[0], count=30, size=second[1], number=lambda n: n + 30)
    encoded = await encode_clip(joined(tmp_path / name, one, two), out)
    assert_shows(encoded, range(60), Fraction(25))
    top = encoded.plan.rungs[0]
    assert (top.width, top.height) == tuple(side // 2 * 2 for side in first[1])


@pytest.mark.parametrize("change", [("-ac", "6"), ("-ar", "44100")], ids=" ".join)
async def test_sound_that_changes_is_refused_with_advice(tmp_path, out, change):
    length = ("-c:a", "ac3", "-t", "1.2")
    one = numbered.film(tmp_path / "one.mkv", *X264, *length, count=30, size=(320, 180), sound=SINE)
    two = numbered.film(tmp_path / "two.mkv", *X264, *length, *change, count=30, size=(320, 180), sound=SINE)
    with pytest.raises(MediaError) as caught:
        await encode_clip(joined(tmp_path / "film.mkv", one, two), out)
    assert (caught.value.code, caught.value.permanent) == (MediaCode.FFMPEG_UNSUPPORTED_CODEC, True)
    assert "one format" in caught.value.message


async def test_an_interlaced_film_behind_a_progressive_opening(tmp_path, out):
    """The fields of a frame carry different numbers: left as they are, they could not be read."""
    mpeg2 = ("-c:v", "mpeg2video", "-q:v", "2", "-g", "12")
    fields = ("-vf", "tinterlace=interleave_top,setfield=tff", "-flags", "+ilme+ildct")
    one = numbered.film(tmp_path / "one.mkv", *mpeg2, count=30, size=(320, 180))
    two = numbered.film(
        tmp_path / "two.mkv", *fields, *mpeg2, count=140, size=(320, 180), rate="50", number=lambda n: 30 + (n + 1) // 2
    )
    encoded = await encode_clip(joined(tmp_path / "film.mkv", one, two), out)
    assert encoded.facts.interlaced
    assert_shows(encoded, range(100), Fraction(25))


@pytest.mark.parametrize(
    ("name", "flags", "looked"),
    [
        ("film.mp4", (*X264,), False),
        ("film.mkv", (*X264,), False),
        ("film.webm", (*VP8,), False),
        ("fields.mp4", (*X264, "-flags", "+ildct"), True),
        ("old.mp4", ("-c:v", "mpeg4"), True),
    ],
)
def test_ordinary_films_are_not_looked_into_for_fields(tmp_path, name, flags, looked):
    path = numbered.film(tmp_path / name, *flags, count=3, size=(320, 180))
    with av.open(str(path)) as container:
        assert inspection._can_be_interlaced(container.streams.video[0]) is looked
