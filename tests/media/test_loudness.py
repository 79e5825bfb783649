"""Loudness is measured with ffmpeg's own meter, on what a viewer's decoder gives."""

import array
import re
import subprocess
from pathlib import Path

import pytest

from shared.encoding.ladder import plan_ladder
from tests.media import playback
from tests.media.making import FFMPEG, X264, make, picture
from worker.media.encode import EncodeSettings, encode
from worker.media.errors import MediaCode, MediaError
from worker.media.loudness import gains
from worker.media.probe import Limits, probe

#: One track each. Music-like ones have peaks far above their loudness: only with a limiter do they reach the target.
SOUNDS = {
    "quiet": "aevalsrc='0.02*sin(2*PI*1000*t)|0.02*sin(2*PI*1000*t)':s=48000:d=6",
    "loud": "aevalsrc='0.9*sin(2*PI*440*t)|0.9*sin(2*PI*550*t)':s=44100:d=6",
    "silent": "anullsrc=r=48000:cl=stereo,atrim=end=6",
    "drums": "aevalsrc='(0.12+0.85*lt(mod(t,0.5),0.012))*sin(2*PI*330*t)':s=48000:d=6",
    "hopeless": "aevalsrc='0.002*sin(2*PI*1000*t)':s=48000:d=6",
}
SETTINGS = EncodeSettings()


def meter(*inputs) -> tuple[float, float]:
    """Integrated loudness and true peak, by EBU R 128."""
    ran = subprocess.run(
        [FFMPEG, "-hide_banner", "-nostats", *inputs, "-filter:a", "ebur128=peak=true", "-f", "null", "-"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    summary = ran.stderr.rpartition("Summary:")[2]
    loudness, peak = re.search(r"I:\s+(\S+) LUFS", summary), re.search(r"Peak:\s+(\S+) dBFS", summary)
    return float(loudness[1]), float(peak[1])


@pytest.fixture(scope="session")
def source(tmp_path_factory) -> Path:
    inputs = [part for sound in SOUNDS.values() for part in ("-f", "lavfi", "-i", sound)]
    maps = [part for number in range(len(SOUNDS)) for part in ("-map", f"{number + 1}:a")]
    return make(
        tmp_path_factory.mktemp("sounds") / "sounds.mkv",
        *picture("64x64", "5"), *inputs, "-map", "0:v", *maps, "-t", "6", *X264, "-c:a", "pcm_f32le",
    )  # fmt: skip


@pytest.fixture(scope="session")
async def plan(source):
    return plan_ladder(await probe(str(source), limits=Limits()), window_seconds=None)


@pytest.fixture(scope="session", params=[-16.0, -23.0])
async def normalised(request, source, plan, tmp_path_factory):
    """Encode all tracks for one target; returns the target, a directory with the renditions, and the filters."""
    out = tmp_path_factory.mktemp("normalised")

    async def sink(name, body, content_type, kind):
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)

    filters = await gains(str(source), plan, request.param, SETTINGS)
    result = await encode(str(source), plan, sink, settings=SETTINGS, loudness_lufs=request.param)
    for track in result.audio:
        (out / f"{track.name}.mp4").write_bytes(playback.rendition_bytes(out / track.name))
    return request.param, out, dict(zip(SOUNDS, (filters.get(track.name) for track in plan.audio), strict=True))


def heard(normalised, name):
    return meter("-i", str(normalised[1] / f"a{list(SOUNDS).index(name)}.mp4"))


@pytest.mark.parametrize("name", ["quiet", "loud", "drums"])
async def test_tracks_reach_the_target_without_clipping(normalised, name):
    loudness, peak = heard(normalised, name)
    assert loudness == pytest.approx(normalised[0], abs=0.5)
    assert peak <= -1


async def test_only_peaks_that_would_exceed_are_limited(normalised):
    target, _, filters = normalised
    assert re.fullmatch(r"volume=\d+\.\d\ddB", filters["quiet"])
    assert re.fullmatch(r"volume=-\d+\.\d\ddB", filters["loud"])
    assert ("alimiter" in filters["drums"]) is (target == -16)


async def test_silence_is_left_alone(normalised):
    assert normalised[2]["silent"] is None
    assert heard(normalised, "silent")[0] <= -70


async def test_hiss_is_not_made_a_storm(normalised):
    """No more than 20 dB are given, whatever the target asks for."""
    assert normalised[2]["hopeless"] == "volume=20.00dB"


def samples(source, number, filters=None):
    chain = ["-af", filters] if filters else []
    argv = [FFMPEG, "-v", "error", "-i", str(source), "-map", f"0:a:{number}", *chain, "-ac", "1", "-f", "f32le", "-"]
    found = array.array("f")
    found.frombytes(subprocess.run(argv, capture_output=True, check=True).stdout)
    return found


async def test_the_limiter_moves_no_sample(normalised, source):
    """The best correlation with the source is at no lag at all, and the length is the same."""
    number = list(SOUNDS).index("drums")
    filters = normalised[2]["drums"]
    before, after = samples(source, number), samples(source, number, filters)
    assert len(after) == len(before) == 6 * 48000
    start = 4 * 24000 - 200

    def likeness(lag):
        return sum(before[start + n] * after[start + n + lag] for n in range(1200))

    assert max(range(-40, 41), key=likeness) == 0


async def test_loud_enough_needs_no_filter(tmp_path, source, plan):
    """A track at its target is not touched, though others are."""
    number = list(SOUNDS).index("quiet")
    loudness, _ = meter("-i", str(source), "-map", f"0:a:{number}")
    filters = await gains(str(source), plan, loudness, SETTINGS)
    assert f"a{number}" not in filters
    assert "a1" in filters


async def test_a_source_that_cannot_be_read_is_a_clear_error(tmp_path, plan):
    broken = tmp_path / "broken.mkv"
    broken.write_bytes(b"\x1aE\xdf\xa3" + bytes(5000))
    with pytest.raises(MediaError) as caught:
        await gains(str(broken), plan, -16, SETTINGS)
    assert caught.value.code == MediaCode.FFMPEG_INVALID_INPUT


async def test_a_measurement_that_hangs_is_ended(plan, source):
    """ffmpeg cannot say a word within a hundredth of a second."""
    with pytest.raises(MediaError) as caught:
        await gains(str(source), plan, -16, EncodeSettings(stall_seconds=0.01))
    assert caught.value.code == MediaCode.FFMPEG_STALLED
