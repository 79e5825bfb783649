"""Sources of every shape. Frames are tiny; what counts is time, geometry, colour and sound."""

from fractions import Fraction
from itertools import pairwise

import av
import pytest

from tests.media import playback
from tests.media.making import AAC, SINE, X264, assert_plays, encode_clip, make, picture


@pytest.mark.parametrize(
    ("rate", "frames", "name", "segments"),
    [
        ("24", 200, "clip.mp4", ["6.000000", "2.333333"]),
        ("25", 160, "clip.mov", ["6.000000", "0.400000"]),
        ("30000/1001", 200, "clip.mp4", ["6.006000", "0.667333"]),
        ("30000/1001", 200, "clip.mkv", ["6.006000", "0.667333"]),
        ("24", 144, "six.mp4", ["6.000000"]),
        ("60000/1001", 90, "clip.mp4", ["1.501500"]),
        ("25", 10, "short.mp4", ["0.400000"]),
        ("25", 1, "single.mp4", ["0.040000"]),
    ],
)
async def test_a_constant_rate_keeps_exactly_its_frames(tmp_path, out, rate, frames, name, segments):
    clip = make(
        tmp_path / name, *picture(rate=rate), *SINE, *X264, *AAC, "-frames:v", str(frames), "-t", "60", "-shortest"
    )
    encoded = await encode_clip(clip, out)
    assert (encoded.facts.frame_rate, encoded.facts.frames) == (Fraction(rate), frames)
    assert_plays(encoded, frames=frames, rate=Fraction(rate))
    playlist = encoded.text("v180/index.m3u8").splitlines()
    assert [line[8:-1] for line in playlist if line.startswith("#EXTINF:")] == segments


async def test_a_rate_above_60_is_halved(tmp_path, out):
    clip = make(tmp_path / "fast.mp4", *picture(rate="120"), *X264, "-frames:v", "121")
    encoded = await encode_clip(clip, out)
    assert_plays(encoded, frames=61, rate=Fraction(60))


async def test_variable_rate_becomes_the_natural_one_and_stays_in_step(tmp_path, out):
    """Drop two of three frames in the middle seconds: shown times of what is left must not move."""
    flash = "color=black:s=320x180:r=30:d=6,drawbox=color=white:t=fill:enable='between(t,5,5.2)'"
    kept = "select='not(between(t,2,4))+not(mod(n,3))'"
    clip = make(
        tmp_path / "vfr.mp4",
        *("-f", "lavfi", "-i", f"{flash},{kept}", *SINE, "-t", "6", "-fps_mode", "passthrough", *X264, *AAC),
    )
    encoded = await encode_clip(clip, out)
    assert not encoded.facts.frame_rate_is_constant
    assert_plays(encoded, frames=180, rate=Fraction(30))
    assert playback.flashes(playback.open_rendition(out / "v180")) == [5.0]


async def test_a_last_frame_that_stays_is_kept_as_long(tmp_path, out):
    """Slides: the last picture is shown for three seconds, with the sound running on."""
    kept = "testsrc2=size=320x180:rate=10:d=5,select='lt(t,2)+eq(t,4.9)'"
    clip = make(
        tmp_path / "slides.mkv", "-f", "lavfi", "-i", kept, *SINE, "-t", "5", "-fps_mode", "passthrough", *X264, *AAC
    )
    encoded = await encode_clip(clip, out)
    assert not encoded.facts.frame_rate_is_constant
    assert_plays(encoded, frames=50, rate=Fraction(10))


async def test_sound_and_picture_stay_together(tmp_path, out):
    flash = "color=black:s=320x180:r=30000/1001:d=9,drawbox=color=white:t=fill:enable='lt(mod(n,60),3)*gte(n,60)'"
    beep = "aevalsrc='if(lt(mod(t,2.002),0.1)*gte(t,2.002),sin(2*PI*1000*t),0)':s=44100:d=9"
    clip = make(tmp_path / "flash.mp4", "-f", "lavfi", "-i", flash, "-f", "lavfi", "-i", beep, *X264, *AAC)
    await encode_clip(clip, out)
    with playback.served(out) as base:
        flashes = playback.flashes(av.open(f"{base}/master.m3u8"))
        beeps = playback.sound(av.open(f"{base}/master.m3u8")).onsets()
    assert flashes == pytest.approx([2.002, 4.004, 6.006, 8.008], abs=0.001)
    assert beeps == pytest.approx(flashes, abs=0.005)


@pytest.mark.parametrize(("offset", "onset"), [("1.25", 1.25), ("-0.5", 0.5)])
async def test_audio_that_starts_elsewhere_keeps_its_place(tmp_path, out, offset, onset):
    """Late audio is padded, early audio is cut: the tone is heard when the source plays it."""
    tone = "sine=frequency=440:sample_rate=48000:d=6"
    delayed = f"{tone},volume=volume='gte(t,1)':eval=frame" if onset < 1 else tone
    clip = make(
        tmp_path / "shifted.mkv",
        *picture(), "-itsoffset", offset, "-f", "lavfi", "-i", delayed, *X264, "-c:a", "flac", "-t", "5",
    )  # fmt: skip
    encoded = await encode_clip(clip, out)
    video = encoded.facts.start_seconds
    with av.open(str(clip)) as container:
        expected = playback.sound(container).onsets(level=0.02)[0] - video
    assert expected == pytest.approx(onset, abs=0.03)
    assert encoded.sound().onsets(level=0.02)[0] == pytest.approx(expected, abs=0.005)
    assert_plays(encoded, frames=encoded.facts.frames, rate=Fraction(25))


async def test_short_audio_is_padded_and_long_audio_cut(tmp_path, out):
    sound = ("-f", "lavfi", "-i", "sine=sample_rate=44100:d=1", "-f", "lavfi", "-i", "sine=sample_rate=48000:d=5")
    maps = ("-map", "0:v", "-map", "1:a", "-map", "2:a", "-frames:v", "75")
    languages = ("-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=deu")
    clip = make(tmp_path / "two.mp4", *picture(), *sound, *maps, *X264, *AAC, *languages)
    encoded = await encode_clip(clip, out)
    assert_plays(encoded, frames=75, rate=Fraction(25))
    media = [line for line in encoded.text("master.m3u8").splitlines() if line.startswith("#EXT-X-MEDIA")]
    assert ['LANGUAGE="en"' in media[0], 'LANGUAGE="de"' in media[1]] == [True, True]
    assert ["DEFAULT=YES" in media[0], "DEFAULT=NO" in media[1]] == [True, True]
    assert encoded.sound("a0").onsets(level=0.02) == [pytest.approx(0, abs=0.02)]
    assert max(abs(sample) for sample in encoded.sound("a0").samples[60_000:]) < 0.001


async def test_without_audio_there_is_no_audio_group(tmp_path, out):
    encoded = await encode_clip(make(tmp_path / "mute.mp4", *picture(), *X264, "-frames:v", "20"), out)
    assert_plays(encoded, frames=20, rate=Fraction(25))
    master = encoded.text("master.m3u8")
    assert "AUDIO" not in master
    assert "mp4a" not in master


async def test_mono_stays_mono(tmp_path, out):
    clip = make(tmp_path / "mono.mp4", *picture(), *SINE, *X264, *AAC, "-ac", "1", "-t", "1")
    encoded = await encode_clip(clip, out)
    assert 'CHANNELS="1"' in encoded.text("master.m3u8")
    with playback.open_rendition(out / "a0") as container:
        assert container.streams.audio[0].codec_context.channels == 1
    assert_plays(encoded, frames=25, rate=Fraction(25))


def middle(frame, across, down):
    """Luma as stored, of the pixel at these shares of width and height."""
    plane = frame.planes[0]
    return bytes(plane)[plane.line_size * int(frame.height * down) + int(frame.width * across)]


@pytest.mark.parametrize(
    "matrix",
    [
        ("-display_rotation", "90"),
        ("-display_rotation", "180"),
        ("-display_rotation", "-90"),
        ("-display_hflip",),
        ("-display_rotation", "90", "-display_hflip"),
    ],
    ids=" ".join,
)
async def test_the_display_matrix_turns_the_picture(tmp_path, out, matrix):
    """Four quarters, three of them unlike: they must lie as ffmpeg's own rotation lays them."""
    stored = "color=black:s=320x180:r=25:d=0.2,drawbox=w=160:h=90:color=white:t=fill"
    stored += ",drawbox=x=160:w=160:h=90:color=gray:t=fill"
    flat = make(tmp_path / "flat.mp4", "-f", "lavfi", "-i", stored, *X264)
    clip = make(tmp_path / "turned.mp4", *matrix, "-i", str(flat), "-c", "copy")
    shown = make(tmp_path / "shown.mkv", "-i", str(clip), "-c:v", "ffv1")
    encoded = await encode_clip(clip, out)
    portrait = "90" in " ".join(matrix)
    assert (encoded.plan.rungs[0].width < encoded.plan.rungs[0].height) == portrait

    def quarters(source):
        with source as container:
            frame = next(container.decode(video=0))
            return [middle(frame, across, down) for down in (0.25, 0.75) for across in (0.25, 0.75)]

    assert quarters(playback.open_rendition(out / "v180")) == pytest.approx(quarters(av.open(str(shown))), abs=8)


async def test_the_old_rotate_tag_counts_too(tmp_path, out):
    clip = make(tmp_path / "tagged.mkv", *picture(), *X264, "-frames:v", "5", "-metadata:s:v:0", "rotate=270")
    encoded = await encode_clip(clip, out)
    assert encoded.facts.rotation == 270
    assert (encoded.plan.rungs[0].width, encoded.plan.rungs[0].height) == (180, 320)
    assert_plays(encoded, frames=5, rate=Fraction(25))


async def test_odd_sizes_become_even(tmp_path, out):
    clip = make(tmp_path / "odd.mp4", *picture("321x181"), *X264[:-1], "yuv444p", "-frames:v", "5")
    encoded = await encode_clip(clip, out)
    assert (encoded.plan.rungs[0].width, encoded.plan.rungs[0].height) == (320, 180)
    assert_plays(encoded, frames=5, rate=Fraction(25))


async def test_anamorphic_pixels_become_square(tmp_path, out):
    clip = make(tmp_path / "wide.mp4", *picture("180x144"), "-vf", "setsar=64/45", *X264, "-frames:v", "5")
    encoded = await encode_clip(clip, out)
    assert (encoded.plan.rungs[0].width, encoded.plan.rungs[0].height) == (256, 144)
    assert_plays(encoded, frames=5, rate=Fraction(25))


async def test_interlaced_fields_are_woven_into_frames_of_the_same_rate(tmp_path, out):
    """A bar that moves between the fields combs; after deinterlacing rows next to each other agree."""
    bar = "nullsrc=s=320x180:r=50:d=1,geq=lum='if(between(X,mod(N*8,300),mod(N*8,300)+20),235,16)':cb=128:cr=128"
    clip = make(
        tmp_path / "fields.mp4",
        *("-f", "lavfi", "-i", f"{bar},tinterlace=interleave_top", *X264, "-flags", "+ilme+ildct"),
    )
    encoded = await encode_clip(clip, out)
    assert encoded.facts.interlaced
    assert_plays(encoded, frames=25, rate=Fraction(25))

    def combing(frame):
        plane = frame.reformat(format="gray").planes[0]
        rows = [bytes(plane)[n * plane.line_size : n * plane.line_size + frame.width] for n in range(80, 100)]
        return sum(abs(a - b) > 100 for upper, lower in pairwise(rows) for a, b in zip(upper, lower, strict=True))

    with av.open(str(clip)) as container:
        assert combing(list(container.decode(video=0))[10]) > 100
    with playback.open_rendition(out / "v180") as container:
        assert combing(list(container.decode(video=0))[10]) < 20


async def test_hdr_is_tone_mapped(tmp_path, out):
    grey = "color=gray:s=320x180:r=25:d=0.2,format=yuv420p10le"
    tags = "colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc:log-level=none"
    clip = make(
        tmp_path / "hdr.mp4",
        *("-f", "lavfi", "-i", grey, "-c:v", "libx265", "-preset", "ultrafast", "-x265-params", tags),
        *("-color_primaries", "bt2020", "-color_trc", "smpte2084", "-colorspace", "bt2020nc"),
    )
    encoded = await encode_clip(clip, out)
    assert (encoded.facts.hdr, encoded.facts.bit_depth) == ("pq", 10)
    assert_plays(encoded, frames=5, rate=Fraction(25))
    with playback.open_rendition(out / "v180") as container:
        frame = next(container.decode(video=0))
        assert (frame.format.name, frame.color_trc) == ("yuv420p", 1)
        # Half of PQ's range is 92 nits, near SDR white. Untouched it would come out as the same middle grey.
        assert middle(frame, 0.5, 0.5) > 140


async def test_full_range_becomes_limited(tmp_path, out):
    clip = make(
        tmp_path / "full.mp4",
        *("-f", "lavfi", "-i", "color=white:s=320x180:r=25:d=0.2,format=yuv420p"),
        *("-vf", "scale=out_range=full:out_color_matrix=bt709,setparams=range=full:colorspace=bt709"),
        *(*X264, "-color_range", "pc"),
    )
    encoded = await encode_clip(clip, out)
    assert encoded.facts.full_range
    with playback.open_rendition(out / "v180") as container:
        frame = next(container.decode(video=0))
        assert middle(frame, 0.5, 0.5) == pytest.approx(235, abs=2)


@pytest.mark.parametrize(
    ("name", "codecs"),
    [
        ("clip.webm", ("-c:v", "libvpx-vp9", "-cpu-used", "8", "-deadline", "realtime", "-c:a", "libopus")),
        ("clip.avi", ("-c:v", "mpeg4", "-c:a", "pcm_s16le")),
        ("clip.mkv", ("-c:v", "ffv1", "-c:a", "pcm_s16le")),
    ],
)
async def test_other_containers(tmp_path, out, name, codecs):
    clip = make(tmp_path / name, *picture(rate="30"), *SINE, *codecs, "-t", "1")
    encoded = await encode_clip(clip, out)
    assert_plays(encoded, frames=30, rate=Fraction(30))


async def test_a_recording_without_duration_is_read_whole(tmp_path, out):
    """Browsers record WebM to a stream: no duration, no index."""
    clip = tmp_path / "live.webm"
    pipe = make(tmp_path / "seekable.webm", *picture(), "-c:v", "libvpx", "-deadline", "realtime", "-frames:v", "50")
    make(clip, "-i", str(pipe), "-c", "copy", "-live", "1", "-f", "webm")
    encoded = await encode_clip(clip, out)
    assert_plays(encoded, frames=50, rate=Fraction(25))


async def test_cover_art_is_not_the_video(tmp_path, out):
    cover = make(tmp_path / "cover.png", *picture("64x64"), "-frames:v", "1", "-update", "1")
    film = make(tmp_path / "film.mp4", *picture(), *X264, "-frames:v", "10")
    clip = make(
        tmp_path / "covered.mp4",
        *(
            "-i",
            str(cover),
            "-i",
            str(film),
            "-map",
            "0",
            "-map",
            "1",
            "-c",
            "copy",
            "-disposition:v:0",
            "attached_pic",
        ),
    )
    encoded = await encode_clip(clip, out)
    assert_plays(encoded, frames=10, rate=Fraction(25))
    assert encoded.plan.rungs[0].width == 320


async def test_sprite_tiles_show_their_time(tmp_path, out):
    """The picture brightens by a step every ten seconds; so do the tiles, over a full first sheet."""
    steps = "nullsrc=s=160x90:r=1:d=265,geq=lum='16+8*floor(T/10)':cb=128:cr=128"
    clip = make(tmp_path / "long.mp4", "-f", "lavfi", "-i", steps, *X264)
    encoded = await encode_clip(clip, out)
    assert_plays(encoded, frames=265, rate=Fraction(1))
    seen = []
    for sheet in ("sheet-000.jpg", "sheet-001.jpg"):
        with av.open(str(out / "sprites" / sheet)) as container:
            frame = next(container.decode(video=0))
            assert (frame.width, frame.height) == (5 * 192, 5 * 108)
            seen += [middle(frame, (column + 0.5) / 5, (row + 0.5) / 5) for row in range(5) for column in range(5)]
    assert all(later - earlier >= 5 for earlier, later in pairwise(seen[:27]))
    cues = encoded.text("sprites/sprites.vtt").split("\n\n")[1:]
    assert len(cues) == 27
    starts, ends = zip(*(cue.split("\n")[0].split(" --> ") for cue in cues), strict=True)
    assert starts[1:] == ends[:-1]
    assert (starts[0], ends[-1]) == ("00:00:00.000", "00:04:25.000")
    assert cues[25].endswith("sheet-001.jpg#xywh=0,0,192,108")
