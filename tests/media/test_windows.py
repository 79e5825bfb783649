"""Windows join without a seam: every frame there once, in its place, whatever the source is like."""

import io
from dataclasses import replace
from fractions import Fraction
from functools import partial
from math import log10

import av
import pytest

from shared.encoding.ladder import plan_ladder
from tests.media import numbered, playback
from tests.media.dividing import SETTINGS, Divided, divide
from tests.media.making import AAC, SINE, X264, assert_plays, encode_clip, make, picture
from worker.media import graph, parts
from worker.media.encode import EncodeSettings
from worker.media.errors import MediaCode, MediaError
from worker.media.parts import encode_audio, encode_window
from worker.media.probe import probe

SIZE = (160, 90)
X264_OPEN = (*X264, "-x264-params", "open-gop=1:keyint=50:bframes=3:b-adapt=0")
X265_OPEN = ("-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
X265_OPEN += ("-x265-params", "open-gop=1:keyint=50:min-keyint=50:bframes=4:log-level=none")
UNEVEN_GOP = (*X264, "-g", "110", "-bf", "3")


@pytest.mark.parametrize(
    ("name", "rate", "count", "codec"),
    [
        ("film.mp4", "24000/1001", 330, UNEVEN_GOP),
        ("film.mkv", "30000/1001", 400, UNEVEN_GOP),
        ("fast.mp4", "60", 760, UNEVEN_GOP),
        ("open.mp4", "25", 330, X264_OPEN),
        ("open.mkv", "25", 330, X264_OPEN),
        ("hevc.mp4", "25", 330, X265_OPEN),
        ("hevc.mkv", "25", 330, X265_OPEN),
        ("slow.avi", "5", 95, ("-c:v", "mpeg4", "-q:v", "4", "-bf", "2", "-g", "60")),
    ],
)
async def test_every_frame_is_there_once(tmp_path, out, name, rate, count, codec):
    clip = numbered.film(tmp_path / name, *codec, count=count, size=SIZE, rate=rate)
    divided = await divide(clip, out)
    assert len(divided.plan.windows) >= 3
    assert_plays(divided, frames=count, rate=Fraction(rate))
    assert divided.numbers("v90") == list(range(count))


@pytest.mark.parametrize(
    ("name", "after"),
    [
        ("edit.mp4", ("-vf", "setpts=PTS+3.2/TB", "-fps_mode", "passthrough")),
        ("offset.mkv", ("-output_ts_offset", "7.31")),
        ("later.mov", ("-output_ts_offset", "1000.04")),
    ],
)
async def test_a_film_need_not_begin_at_zero(tmp_path, out, name, after):
    clip = numbered.film(tmp_path / name, *UNEVEN_GOP, *after, count=330, size=SIZE)
    divided = await divide(clip, out)
    assert_plays(divided, frames=330, rate=Fraction(25))
    assert divided.numbers("v90") == list(range(330))


async def test_a_window_of_which_most_is_lost_is_encoded(tmp_path, out):
    """How much may be lost is a matter of the whole film, of which a window may be a small part."""
    clip = numbered.film(tmp_path / "film.mp4", *X264, "-g", "5", count=200, size=SIZE)
    body = bytearray(clip.read_bytes())
    with av.open(str(clip)) as container:
        for packet in container.demux():
            if packet.size and 6 < packet.pts * packet.time_base < 7.7:
                body[packet.pos : packet.pos + packet.size] = bytes(packet.size)
    clip.write_bytes(body)
    facts = await probe(str(clip))
    divided = Divided(facts, plan_ladder(facts, window_seconds=6), out)
    assert (await divided.make(str(clip), "window", 1)).frames == 50


async def test_frames_that_an_edit_list_hides_are_not_shown(tmp_path, out):
    """Cut without re-encoding: the file holds the frames from the keyframe on, and a list of what is to be seen."""
    film = numbered.film(tmp_path / "film.mp4", *UNEVEN_GOP, count=420, size=SIZE)
    clip = make(tmp_path / "cut.mp4", "-ss", "3.2", "-i", str(film), "-c", "copy")
    divided = await divide(clip, out)
    frames = divided.result.renditions[0].frames
    assert frames in {340, 341}
    assert divided.numbers("v90") == list(range(420 - frames, 420))


async def test_a_rate_above_60_is_halved_alike_in_every_window(tmp_path, out):
    clip = numbered.film(tmp_path / "fast.mp4", *UNEVEN_GOP, count=1501, size=SIZE, rate="120")
    divided = await divide(clip, out)
    assert len(divided.plan.windows) == 3
    assert_plays(divided, frames=751, rate=Fraction(60))
    assert divided.numbers("v90") == list(range(0, 1501, 2))


async def test_a_variable_rate_gives_the_frames_of_the_undivided_encode(tmp_path, out):
    """Frames are dropped around the borders of windows, and one picture stays for three seconds across one."""
    kept = "select='not(between(t,5.5,7))*not(between(t,10.4,13.4))+not(mod(n,3))*between(t,5.5,7)'"
    clip = numbered.film(
        tmp_path / "variable.mp4", "-vf", kept, "-fps_mode", "passthrough", *UNEVEN_GOP, count=500, size=SIZE
    )
    divided = await divide(clip, out / "divided")
    assert not divided.facts.frame_rate_is_constant
    await encode_clip(clip, out / "whole")
    shown = [n for _, n in numbered.shown(playback.open_rendition(out / "whole" / "v90"))]
    assert len(divided.plan.windows) == 4
    assert_plays(divided, frames=500, rate=Fraction(25))
    assert None not in shown
    assert divided.numbers("v90") == shown
    assert divided.numbers("v90")[260:335] == [259] * 75


@pytest.mark.parametrize("fields", ["tff", "bff"])
async def test_interlaced_pictures_are_put_together_alike(tmp_path, out, fields):
    """Both fields carry the frame's number, so that it can be read whatever the deinterlacer makes of them."""
    interlaced = ("-c:v", "mpeg2video", "-q:v", "3", "-bf", "2", "-g", "15", "-flags", "+ildct+ilme")
    marks = f"setfield={fields},fieldorder={fields}"
    clip = numbered.film(tmp_path / "fields.mkv", "-vf", marks, *interlaced, count=330, size=(320, 180))
    divided = await divide(clip, out / "divided")
    assert divided.facts.interlaced
    assert_plays(divided, frames=330, rate=Fraction(25))
    assert divided.numbers("v180") == list(range(330))


async def test_parts_in_any_order_and_of_later_takes(tmp_path, out):
    """Sound and picture stay together; headers are equal; names tell the take; nothing superfluous is left."""
    flash = "color=black:s=544x540:r=12000/1001:d=26,drawbox=color=white:t=fill:enable='lt(mod(n,30),2)*gte(n,24)'"
    beep = "aevalsrc='if(lt(mod(t,2.5025),0.1)*gte(t,2.002),sin(2*PI*1000*t),0)':s=44100:d=26"
    clip = make(tmp_path / "flash.mp4", "-f", "lavfi", "-i", flash, "-f", "lavfi", "-i", beep, *X264, "-g", "60", *AAC)
    takes = {("window", 0, "high"): 2, ("window", 2, "all"): 3, ("audio", 0, "all"): 2}
    divided = await divide(clip, out, order=lambda keys: keys[::-1], takes=takes)
    assert divided.plan.head_is_split
    assert [r.name for r in divided.result.renditions] == ["540p", "480p", "360p"]
    assert_plays(divided, frames=312, rate=Fraction(12000, 1001))
    assert [s.name for s in divided.result.renditions[0].segments] == [
        *("seg-00000-2.m4s", "seg-00001.m4s", "seg-00002-3.m4s", "seg-00003.m4s", "seg-00004.m4s")
    ]
    assert divided.result.renditions[1].segments[0].name == "seg-00000.m4s"
    assert {s.name[-6:] for s in divided.result.audio[0].segments} == {"-2.m4s"}
    for name in ("v540", "v480", "v360"):
        assert len({part.inits[name] for part in divided.parts if name in part.inits}) == 1
    with playback.served(out) as base:
        flashes = playback.flashes(av.open(f"{base}/master.m3u8"))
        beeps = playback.sound(av.open(f"{base}/master.m3u8")).onsets()
    assert len(flashes) == len(beeps) == 10
    assert beeps == pytest.approx(flashes, abs=0.005)
    assert divided.told["window", 0, "low"][-1] == (1, {r.directory: r.codecs for r in divided.result.renditions[1:]})


async def test_a_window_that_was_begun_too_late_is_read_again_from_further_back(tmp_path, out, monkeypatch):
    clip = numbered.film(tmp_path / "film.mp4", *X264, "-g", "25", count=330, size=SIZE)
    begun = []

    def late(plan, number, share, *, back_seconds):
        cut = real(plan, number, share, back_seconds=back_seconds)
        begun.append((number, back_seconds))
        return replace(cut, seek_seconds=cut.seek_seconds + 2) if back_seconds == 0 and cut.seek_seconds else cut

    real = graph.window
    monkeypatch.setattr(parts.graph, "window", late)
    divided = await divide(clip, out)
    assert begun == [(0, 0), (1, 0), (1, 10), (2, 0), (2, 10)]
    assert divided.numbers("v90") == list(range(330))
    assert [name for name, *_ in divided.stored].count("v90/seg-00001.m4s") == 1


async def test_a_film_without_whole_pictures_is_read_from_further_back(tmp_path, out):
    """Intra refresh: a second and a half goes by from where a decoder may begin until its picture is complete."""
    refreshed = (*X264, "-x264-params", "intra-refresh=1:keyint=60:bframes=0")
    clip = numbered.film(tmp_path / "film.mp4", *refreshed, count=160, size=(640, 360))
    divided = await divide(clip, out, max_short_side=90)
    assert divided.numbers("v90") == list(range(160))


async def test_windows_beyond_the_end_are_empty(tmp_path, out):
    """A variable rate is an estimate: here it promises a second, and with it a window, more than there is."""
    clip = numbered.film(tmp_path / "film.mp4", *SINE, *X264, *AAC, "-shortest", count=295, size=SIZE, sound=())
    facts_lie = {"frames": None, "frame_rate_is_constant": False, "duration_seconds": 12.7}

    def longer(plan):
        return plan_ladder(replace(plan.source, **facts_lie), window_seconds=6)

    divided = await divide(clip, out, change=longer)
    assert [part.frames for part in divided.parts if part.kind == "window"] == [150, 145, 0]
    assert_plays(divided, frames=295, rate=Fraction(25))
    assert divided.numbers("v90") == list(range(295))


async def test_a_source_on_http(tmp_path, out):
    numbered.film(tmp_path / "film.mp4", *UNEVEN_GOP, count=330, size=SIZE)
    with playback.served(tmp_path) as base:
        divided = await divide(f"{base}/film.mp4", out)
    assert divided.numbers("v90") == list(range(330))


async def test_a_store_that_breaks_off_is_a_transient_fault(tmp_path, out):
    clip = make(tmp_path / "film.mp4", *picture("640x360"), *X264, "-t", "20", "-movflags", "+faststart")
    divided = Divided(facts := await probe(str(clip)), plan_ladder(facts, window_seconds=6), out)
    with playback.served(tmp_path, budget=clip.stat().st_size // 3) as base, pytest.raises(MediaError) as caught:
        await divided.make(f"{base}/film.mp4", "window", 1)
    assert (caught.value.code, caught.value.permanent) == (MediaCode.FFMPEG_DOWNLOAD_FAILED, False)
    assert not [name for name, *_ in divided.stored if name.endswith("init.mp4")]


async def test_progress_and_what_is_stored_grow_to_the_end(tmp_path):
    clip = make(tmp_path / "film.mp4", *picture("160x90"), *SINE, *X264, *AAC, "-t", "40")
    plan = plan_ladder(await probe(str(clip)), window_seconds=18)
    settings = EncodeSettings(progress_interval_seconds=0.01)
    for encode in (partial(encode_window, str(clip), plan, 1, "all"), partial(encode_audio, str(clip), plan)):
        shown, counts = [], []

        async def progress(progress, shown=shown):
            shown.append(progress.percent)

        async def stored(count, codecs, counts=counts):
            counts.append(count)

        async def sink(name, body, content_type, kind):
            pass

        await encode(sink, take=1, settings=settings, on_progress=progress, on_stored=stored)
        assert len(shown) >= 2
        assert shown == sorted(shown)
        assert 0 <= shown[0] < shown[-1] <= 99
        assert counts == sorted(set(counts))
    assert counts[-1] == 4


async def test_the_sound_is_brought_to_a_loudness(tmp_path, out):
    """Eight decibels less than the tone has; not a sample more or less."""
    clip = make(tmp_path / "tone.mp4", *picture("160x90"), *SINE, *X264, *AAC, "-t", "13")
    plan = plan_ladder(await probe(str(clip)), window_seconds=6)
    bodies = {}

    async def sink(name, body, content_type, kind):
        bodies[name] = body

    peaks = []
    for target in (None, -30.0):
        await encode_audio(str(clip), plan, sink, take=1, settings=SETTINGS, loudness_lufs=target)
        tone = playback.sound(av.open(io.BytesIO(bodies["a0/init.mp4"] + bodies["parts/tail-a0-1.m4s"]), format="mov"))
        peaks.append((len(tone.samples), max(tone.samples)))
    assert peaks[0][0] == peaks[1][0]
    assert 20 * log10(peaks[1][1] / peaks[0][1]) == pytest.approx(-8, abs=1)
