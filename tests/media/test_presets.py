"""Every preset makes a stream that passes the same checks."""

from fractions import Fraction

import pytest

from tests.media.making import AAC, SINE, X264, assert_plays, encode_clip, make, picture
from worker.media.encode import EncodeSettings
from worker.media.graph import Preset


@pytest.mark.parametrize("preset", Preset)
async def test_every_frame_is_in_its_place(tmp_path, preset):
    clip = make(tmp_path / "clip.mp4", *picture("320x180"), *SINE, *X264, *AAC, "-t", "3")
    encoded = await encode_clip(clip, tmp_path / "out", settings=EncodeSettings(preset=preset))
    assert encoded.report["ok"], encoded.report
    assert_plays(encoded, frames=75, rate=Fraction(25))
