import json
from fractions import Fraction

import pytest

from shared.encoding.ladder import AudioFacts, Plan, SourceFacts, plan_ladder


def source(width, height, rate=Fraction(24), frames=720, **facts):
    return SourceFacts(
        display_width=width, display_height=height, frame_rate=rate, duration_seconds=30.0, frames=frames, **facts
    )


def sizes(plan):
    return [(rung.name, rung.width, rung.height) for rung in plan.rungs]


@pytest.mark.parametrize(
    ("size", "rungs"),
    [
        ((1920, 1080), [("1080p", 1920, 1080), ("720p", 1280, 720), ("480p", 854, 480), ("360p", 640, 360)]),
        ((3840, 2160), [("1080p", 1920, 1080), ("720p", 1280, 720), ("480p", 854, 480), ("360p", 640, 360)]),
        ((1080, 1920), [("1080p", 1080, 1920), ("720p", 720, 1280), ("480p", 480, 854), ("360p", 360, 640)]),
        ((1280, 720), [("720p", 1280, 720), ("480p", 854, 480), ("360p", 640, 360)]),
        ((1000, 562), [("562p", 1000, 562), ("480p", 854, 480), ("360p", 640, 360)]),
        ((1024, 576), [("576p", 1024, 576), ("480p", 854, 480), ("360p", 640, 360)]),
        ((320, 180), [("180p", 320, 180)]),
        ((853, 479), [("478p", 852, 478), ("360p", 642, 360)]),
        ((480, 480), [("480p", 480, 480), ("360p", 360, 360)]),
    ],
)
def test_rungs_go_by_the_short_side_and_never_upscale(size, rungs):
    plan = plan_ladder(source(*size))
    assert sizes(plan) == rungs
    assert all(rung.width <= size[0] and rung.height <= size[1] for rung in plan.rungs)


def test_bitrates_are_the_seeds_or_lie_between_them():
    by_name = {rung.name: rung.video_bps for rung in plan_ladder(source(1920, 1080)).rungs}
    assert by_name == {"1080p": 5_000_000, "720p": 2_800_000, "480p": 1_400_000, "360p": 800_000}
    between = plan_ladder(source(1000, 562)).rungs[0]
    assert 1_400_000 < between.video_bps < 2_800_000
    assert between.maxrate_bps <= 1.07 * between.video_bps
    assert between.bufsize_bits == 1.5 * between.video_bps


def test_every_rung_says_why_it_is_there():
    assert [rung.reason for rung in plan_ladder(source(1280, 720)).rungs] == [
        "source is 720p",
        "source is 720p, scaled down",
        "source is 720p, scaled down",
    ]
    assert plan_ladder(source(1000, 562)).rungs[0].reason == "kept at source size"


@pytest.mark.parametrize(
    ("rate", "planned", "gop", "segment_seconds"),
    [
        (Fraction(24), Fraction(24), 48, "6.000"),
        (Fraction(24000, 1001), Fraction(24000, 1001), 48, "6.006"),
        (Fraction(30000, 1001), Fraction(30000, 1001), 60, "6.006"),
        (Fraction(25), Fraction(25), 50, "6.000"),
        (Fraction(60), Fraction(60), 120, "6.000"),
        (Fraction(120), Fraction(60), 120, "6.000"),
        (Fraction(120000, 1001), Fraction(60000, 1001), 120, "6.006"),
    ],
)
def test_groups_last_two_seconds_and_segments_six(rate, planned, gop, segment_seconds):
    plan = plan_ladder(source(640, 360, rate))
    assert (plan.frame_rate, plan.gop_frames) == (planned, gop)
    assert f"{float(plan.segment_seconds):.3f}" == segment_seconds


def test_windows_are_whole_segments_and_cover_everything():
    plan = plan_ladder(source(640, 360, Fraction(30000, 1001), frames=9000), window_seconds=60)
    assert [window.start_frame for window in plan.windows] == [0, 1800, 3600, 5400, 7200]
    assert all(a.end_frame == b.start_frame for a, b in zip(plan.windows, plan.windows[1:], strict=False))
    assert plan.windows[-1].end_frame is None
    assert all(window.start_frame % plan.segment_frames == 0 for window in plan.windows)
    assert len(plan_ladder(source(640, 360), window_seconds=None).windows) == 1


@pytest.mark.parametrize(
    ("seconds", "workers", "borders"),
    [
        (60, 1, [0]),
        (60.25, 1, [0]),
        (61, 1, [0, 5]),
        (60, 2, [0, 3, 5, 8]),
        (20, 2, [0]),
        (24, 8, [0, 2]),
        (600, 4, [0, 10, 20, 30, 40, 50, 60, 70, 80, 90]),
        (150, 8, [0, 2, 4, 6, 8, 10, 13, 15, 17, 19, 21, 23]),
    ],
)
def test_the_windows_of_several_workers_are_even(seconds: float, workers: int, borders: list[int]) -> None:
    """Borders in segments of six seconds; a minute at most, two segments at least."""
    plan = plan_ladder(source(640, 360, frames=round(24 * seconds)), workers=workers)
    assert [window.start_frame // plan.segment_frames for window in plan.windows] == borders


def test_audio_is_mono_or_stereo_with_distinct_names():
    tracks = (AudioFacts(1, 1, 44100), AudioFacts(2, 6, 48000, language="eng"), AudioFacts(3, 2, 48000, language="eng"))
    audio = plan_ladder(source(640, 360, audio=tracks)).audio
    assert [(track.channels, track.audio_bps) for track in audio] == [(1, 64_000), (2, 128_000), (2, 128_000)]
    assert len({track.label for track in audio}) == 3
    assert [track.default for track in audio] == [True, False, False]


@pytest.mark.parametrize(
    ("titles", "labels"),
    [
        (['Main "A"', "Main A"], ["Main A", "Main A (2)"]),
        (["x", "x", "x (2)"], ["x", "x (2)", "x (2) (2)"]),
        (['"', "\n"], ["Audio 1", "Audio 2"]),
        (["Audio 2", None], ["Audio 2", "Audio 2 (2)"]),
    ],
)
def test_labels_differ_as_players_see_them(titles, labels):
    tracks = tuple(AudioFacts(number, 2, 48000, title=title) for number, title in enumerate(titles, 1))
    assert [track.label for track in plan_ladder(source(640, 360, audio=tracks)).audio] == labels


def test_a_plan_survives_json():
    facts = source(853, 479, Fraction(30000, 1001), audio=(AudioFacts(1, 2, 44100, language="deu"),), hdr="pq")
    plan = plan_ladder(facts)
    document = json.loads(json.dumps(plan.to_json()))
    assert document["frameRate"] == "30000/1001"
    assert Plan.from_json(document) == plan


def test_a_source_without_pixels_is_refused():
    with pytest.raises(ValueError, match="pixels"):
        plan_ladder(source(0, 0))


@pytest.mark.parametrize(
    ("distance", "workers", "windows"),
    [(None, 1, 10), (2.0, 1, 10), (120.0, 1, 10), (121.0, 1, 5), (600.0, 1, 1), (600.0, 8, 1), (2.0, 8, 16)],
)
def test_windows_are_no_shorter_than_the_way_between_key_frames(distance, workers, windows):
    """Reading begins at a key frame: what lies between it and the window is decoded for nothing."""
    facts = SourceFacts(640, 360, Fraction(25), 600.0, frames=15000, key_frame_seconds=distance)
    assert len(plan_ladder(facts, window_seconds=60, workers=workers).windows) == windows
    assert SourceFacts.from_json(facts.to_json()) == facts
