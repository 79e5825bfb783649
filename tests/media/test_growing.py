"""What viewers are given while a divided encode runs: playlists written from what its parts have stored."""

from dataclasses import replace
from fractions import Fraction

import pytest

from shared.encoding.ladder import AudioFacts, SourceFacts, plan_ladder
from worker.media.growing import Piece, growing

PLAN = plan_ladder(
    SourceFacts(1280, 720, Fraction(30000, 1001), 150.0, frames=4496, audio=(AudioFacts(1, 2, 48000),)),
    window_seconds=30,
)
CODECS = {"v720": "avc1.64001F", "v480": "avc1.64001F", "v360": "avc1.64001E", "a0": "mp4a.40.2"}


def pieces(*stored: tuple[str, int, str, int], take: int = 1, done: tuple[tuple[str, int, str], ...] = ()):
    return [Piece(k, n, share, take, count, (k, n, share) in done) for k, n, share, count in stored]


def uris(text: str) -> list[str]:
    return [line for line in text.splitlines() if not line.startswith("#")]


def durations(text: str) -> list[str]:
    return [line[8:-1] for line in text.splitlines() if line.startswith("#EXTINF:")]


def test_nothing_can_be_played_before_picture_and_sound_are_there():
    assert growing(PLAN, [], CODECS) is None
    assert growing(PLAN, pieces(("window", 0, "low", 2)), CODECS) is None
    assert growing(PLAN, pieces(("window", 0, "low", 0), ("audio", 0, "all", 3)), CODECS) is None
    assert growing(PLAN, pieces(("window", 1, "all", 5), ("audio", 0, "all", 3)), CODECS) is None
    assert growing(PLAN, pieces(("window", 0, "low", 1), ("audio", 0, "all", 3)), {"v480": "x", "v360": "y"}) is None


def test_the_low_rungs_are_shown_until_the_others_have_caught_up():
    low = pieces(("window", 0, "low", 3), ("window", 0, "high", 2), ("audio", 0, "all", 9))
    early = growing(PLAN, low, CODECS)
    assert set(early.texts) == {"master.m3u8", "v480/index.m3u8", "v360/index.m3u8", "a0/index.m3u8"}
    assert "v720" not in early.texts["master.m3u8"]
    assert (early.segments, early.reachable_seconds) == (3, pytest.approx(18.018, abs=0.02))
    assert uris(early.texts["v480/index.m3u8"]) == [f"seg-{n:05}.m4s" for n in range(3)]
    assert durations(early.texts["v480/index.m3u8"]) == ["6.006000"] * 3
    assert "#EXT-X-PLAYLIST-TYPE:EVENT" in early.texts["v480/index.m3u8"]
    assert "#EXT-X-ENDLIST" not in early.texts["v480/index.m3u8"]
    assert "#EXT-X-TARGETDURATION:6" in early.texts["a0/index.m3u8"]
    whole = pieces(
        *(("window", 0, "low", 5), ("window", 0, "high", 5), ("window", 1, "all", 1), ("audio", 0, "all", 9)),
        done=(("window", 0, "high"), ("window", 0, "low")),
    )
    late = growing(PLAN, whole, CODECS)
    assert late.segments == 6
    assert set(uris(late.texts["master.m3u8"])) == {f"v{n}/index.m3u8" for n in (720, 480, 360)}
    assert uris(late.texts["v720/index.m3u8"])[:3] == uris(early.texts["v480/index.m3u8"])


def test_a_gap_ends_what_is_reachable_and_the_take_is_in_the_names():
    done = (("window", 0, "high"), ("window", 0, "low"), ("window", 2, "all"))
    stored = pieces(
        *(("window", 0, "low", 5), ("window", 0, "high", 5), ("window", 1, "all", 2), ("window", 2, "all", 5)),
        ("audio", 0, "all", 17),
        done=done,
    )
    stored[2] = replace(stored[2], take=2)
    reached = growing(PLAN, stored, CODECS)
    assert uris(reached.texts["v720/index.m3u8"])[4:] == ["seg-00004.m4s", "seg-00005-2.m4s", "seg-00006-2.m4s"]
    assert len(uris(reached.texts["a0/index.m3u8"])) == 7


def test_the_sound_limits_what_is_reachable_and_is_cut_at_whole_aac_frames():
    stored = pieces(
        ("window", 0, "low", 5), ("window", 0, "high", 5), ("audio", 0, "all", 4), done=(("window", 0, "high"),)
    )
    reached = growing(PLAN, stored, CODECS)
    assert len(uris(reached.texts["v720/index.m3u8"])) == 4
    # 6.006 s are 281.53 AAC frames: borders at 282, 564, 845 and 1127 of them.
    assert durations(reached.texts["a0/index.m3u8"]) == ["6.016000", "6.016000", "5.994667", "6.016000"]
    assert reached.reachable_seconds == pytest.approx(24.024)


def test_a_window_that_ended_early_is_the_last_to_be_named():
    plan = plan_ladder(SourceFacts(640, 360, Fraction(25), 60.0, frame_rate_is_constant=False), window_seconds=12)
    stored = pieces(("window", 0, "all", 2), ("window", 1, "all", 1), ("window", 2, "all", 0))
    reached = growing(plan, stored, {"v360": "avc1.64001E"})
    assert (reached.segments, reached.reachable_seconds) == (3, 18.0)
    assert "AUDIO=" not in reached.texts["master.m3u8"]
