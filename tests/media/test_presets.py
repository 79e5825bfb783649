"""Every preset makes a stream that passes the same checks."""

from fractions import Fraction

import pytest

from shared.encoding.ladder import SourceFacts, plan_ladder
from tests.media.making import AAC, SINE, X264, assert_plays, encode_clip, make, picture
from worker.media.encode import EncodeSettings
from worker.media.graph import Outputs, Preset, command, whole
from worker.media.probe import probe


@pytest.mark.parametrize("preset", Preset)
async def test_every_frame_is_in_its_place(tmp_path, preset):
    clip = make(tmp_path / "clip.mp4", *picture("320x180"), *SINE, *X264, *AAC, "-t", "3")
    encoded = await encode_clip(clip, tmp_path / "out", settings=EncodeSettings(preset=preset))
    assert encoded.report["ok"], encoded.report
    assert_plays(encoded, frames=75, rate=Fraction(25))


@pytest.mark.parametrize(("size_bytes", "spare"), [(3_100_000, True), (10_400_000, False), (None, False)])
async def test_a_rung_with_twice_the_bits_of_its_source_is_not_stingy(size_bytes: int | None, spare: bool) -> None:
    """Screen recordings: half a minute in 3 MB. The recipe takes the sharper scaler and the cheaper entropy coder."""
    facts = SourceFacts(1920, 1080, Fraction(30), 30.0, frames=900, size_bytes=size_bytes)
    plan = plan_ladder(facts, window_seconds=None)
    outputs = Outputs([3, 4, 5, 6], [], 7, 8, 9)
    argv = command("ffmpeg", "in.mp4", plan, whole(plan), outputs, preset=Preset.VERYFAST, threads=2)
    params = [argv[place + 1] for place, word in enumerate(argv) if word == "-x264-params"]
    assert ["cabac=0" in text for text in params] == [spare, spare, False, False]
    graph = argv[argv.index("-filter_complex") + 1]
    assert ("w=1280:h=720:filter=lanczos" in graph) is spare


@pytest.mark.parametrize("moves", [False, True])
async def test_pictures_that_hardly_move_are_known_and_searched_less(tmp_path, moves: bool) -> None:
    still = ("-f", "lavfi", "-i", "color=gray:s=640x360:r=25")
    clip = make(tmp_path / "clip.mp4", *(picture("640x360") if moves else still), *X264, "-g", "50", "-t", "4")
    plan = plan_ladder(await probe(str(clip)), window_seconds=None)
    assert plan.source.hardly_moves is not moves
    outputs = Outputs([3, 4, 5, 6][: len(plan.rungs)], [], 7, 8, 9)
    argv = command("ffmpeg", "in.mp4", plan, whole(plan), outputs, preset=Preset.VERYFAST, threads=2)
    params = [argv[place + 1] for place, word in enumerate(argv) if word == "-x264-params"]
    assert ["partitions=none" in text for text in params] == [not moves] * len(params)
    encoded = await encode_clip(clip, tmp_path / "out")
    assert encoded.report["ok"], encoded.report


async def test_a_film_without_an_index_is_taken_to_move(tmp_path) -> None:
    clip = make(tmp_path / "clip.mkv", "-f", "lavfi", "-i", "color=gray:s=640x360:r=25", *X264, "-t", "4")
    assert not (await probe(str(clip))).hardly_moves
