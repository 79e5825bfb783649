"""Parameter sets of other encoders' making, and of damaged ones."""

from fractions import Fraction

import pytest

from tests.media.making import make, picture
from worker.media import fmp4, h264

X264 = ("-c:v", "libx264", "-frames:v", "1", "-movflags", "+frag_keyframe+empty_moov")


def header(tmp_path, *args):
    body = make(tmp_path / "clip.mp4", *picture("322x182", "30000/1001"), *args, *X264).read_bytes()
    return h264.parse_init(body)


def test_size_rate_and_aspect(tmp_path):
    found = header(tmp_path, "-vf", "setsar=4/3", "-pix_fmt", "yuv420p", "-profile:v", "high")
    assert (found.profile, found.width, found.height) == (100, 322, 182)
    assert (found.chroma_format, found.bit_depth, found.progressive) == (1, 8, True)
    assert (found.sample_aspect, found.frame_rate) == (Fraction(4, 3), Fraction(30000, 1001))


def test_colours(tmp_path):
    colours = ("-color_primaries", "bt2020", "-color_trc", "smpte2084", "-colorspace", "bt2020nc")
    tags = "setparams=color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc:range=pc"
    found = header(tmp_path, "-vf", tags, *colours, "-color_range", "pc", "-pix_fmt", "yuv420p")
    assert (found.primaries, found.transfer, found.matrix, found.full_range) == (9, 16, 9, True)


def test_other_profiles(tmp_path):
    found = header(tmp_path, "-pix_fmt", "yuv422p10le", "-vf", "setsar=13/10")
    assert (found.profile, found.chroma_format, found.bit_depth) == (122, 2, 10)
    assert (found.width, found.height, found.sample_aspect) == (322, 182, Fraction(13, 10))
    assert header(tmp_path, "-profile:v", "baseline", "-pix_fmt", "yuv420p").profile == 66


def test_fields(tmp_path):
    found = header(tmp_path, "-vf", "scale=320:180,setfield=tff", "-flags", "+ildct+ilme", "-pix_fmt", "yuv420p")
    assert (found.progressive, found.width, found.height) == (False, 320, 180)


def test_what_breaks_off_is_refused(tmp_path):
    body = make(tmp_path / "clip.mp4", *picture(), *X264, "-pix_fmt", "yuv420p").read_bytes()
    avcc = fmp4.find(fmp4.sample_entry(body, b"avc1")[78:], b"avcC")
    size = int.from_bytes(avcc[6:8])
    for kept in (1, 5, size // 2):
        with pytest.raises(ValueError, match="breaks off"):
            h264.parse_sps(avcc[8 : 8 + kept])
    with pytest.raises(ValueError, match="breaks off"):
        list(h264.nal_kinds(b"\0\0\0\x02\x65", 0, 5))
    assert list(h264.nal_kinds(b"\0\0\0\x01\x65\0\0\0\x02\x41\0", 0, 11)) == [5, 1]
