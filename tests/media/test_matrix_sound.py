"""Sound of every kind: how many channels, how loud, when, in which language; and what is in a file besides."""

import array
from fractions import Fraction
from itertools import pairwise
from math import cos, pi, sin, sqrt

import pytest

from tests.media import numbered, playback
from tests.media.making import AAC, SINE, X264, assert_plays, encode_clip, make, picture
from tests.media.numbered import BEEPS, TOGETHER, assert_shows, beeps
from worker.media.errors import MediaCode, MediaError
from worker.media.probe import probe

TONE = "aevalsrc='0.5*sin(2*PI*220*t)':s=48000"
PCM = ("-c:a", "pcm_s16le")


def channels(encoded, name="a0") -> list[array.array]:
    """Decoded samples of each channel."""
    with playback.open_rendition(encoded.directory / name) as container:
        planes = None
        for frame in container.decode(audio=0):
            planes = planes or [array.array("f") for _ in frame.planes]
            for samples, plane in zip(planes, frame.planes, strict=True):
                samples.frombytes(bytes(plane)[: frame.samples * 4])
        return planes


def level(samples, start: float, seconds: float = 0.3) -> float:
    """Root mean square of a stretch, without its edges."""
    part = samples[int((start + 0.1) * 48000) : int((start + 0.1 + seconds) * 48000)]
    return sqrt(sum(sample * sample for sample in part) / len(part))


def purity(samples, tone: int) -> float:
    """The share of the energy of half a second that is a sine of `tone` Hz."""
    part = samples[48000:72000]
    turns = [2 * pi * tone * n / 48000 for n in range(len(part))]
    real = sum(sample * sin(turn) for sample, turn in zip(part, turns, strict=True))
    imaginary = sum(sample * cos(turn) for sample, turn in zip(part, turns, strict=True))
    return 2 * (real**2 + imaginary**2) / len(part) / sum(sample * sample for sample in part)


def one_by_one(count: int, layout: str, *, rate: int = 48000) -> tuple[str, ...]:
    """A tone of 0.25 of full scale that visits the channels in turn, half a second each."""
    tones = "|".join(f"0.25*sin(2*PI*60*t)*between(t,{n / 2},{n / 2 + 0.5})" for n in range(count))
    return ("-f", "lavfi", "-i", f"aevalsrc='{tones}':s={rate}:c={layout}:d={count / 2}")


@pytest.mark.parametrize(
    ("name", "codec", "layout", "sides"),
    [
        ("film.mp4", AAC, "5.1", "LRCXLR"),
        ("film.mkv", ("-c:a", "ac3", "-b:a", "448k"), "5.1(side)", "LRCXLR"),
        ("film.mkv", ("-c:a", "flac"), "7.1", "LRCXLRLR"),
        ("film.mov", PCM, "quad", "LRLR"),
        ("film.mkv", ("-c:a", "libopus"), "stereo", "LR"),
        ("film.avi", PCM, "5.1", "LRCXLR"),
    ],
    ids=["aac 5.1", "ac3 5.1", "flac 7.1", "pcm quad", "opus stereo", "pcm 5.1"],
)
async def test_every_channel_is_heard_on_its_side(tmp_path, out, name, codec, layout, sides):
    """Front left and right stay as loud as they are; centre and rear come 3 dB down, the deep channel (X) 6 dB."""
    seconds = len(sides) / 2
    clip = make(
        tmp_path / name, *picture(), *one_by_one(len(sides), layout), *X264, *codec, "-t", str(seconds)
    )  # fmt: skip
    encoded = await encode_clip(clip, out)
    left, right = channels(encoded)
    full = 0.25 / sqrt(2)
    for position, side in enumerate(sides):
        heard = [level(channel, position / 2) for channel in (left, right)]
        wanted = {"L": (1, 0), "R": (0, 1), "C": (1, 1), "X": (1, 1)}[side]
        for found, share in zip(heard, wanted, strict=True):
            if share:
                assert full / 2.3 < found < full * 1.1, (side, position, heard)
            else:
                assert found < full / 30, (side, position, heard)


@pytest.mark.parametrize("layout", ["5.1", "7.1", "stereo", "mono"])
async def test_the_loudest_sound_does_not_clip(tmp_path, out, layout):
    """All channels at full scale at once: the sum is held below it, and a whole second of it keeps its shape."""
    count = {"5.1": 6, "7.1": 8, "stereo": 2, "mono": 1}[layout]
    tones = "|".join(["0.99*sin(2*PI*220*t)"] * count)
    source = ("-f", "lavfi", "-i", f"aevalsrc='{tones}':s=48000:c={layout}:d=2")
    encoded = await encode_clip(make(tmp_path / "loud.mkv", *picture(), *source, *X264, *PCM, "-t", "2"), out)
    for channel in channels(encoded):
        assert max(abs(sample) for sample in channel) <= 1.06
        assert 0.6 < level(channel, 0.5, 1.0) < 0.76
        assert purity(channel, 220) > 0.98


@pytest.mark.parametrize("count", [10, 16])
async def test_channels_without_a_layout_give_the_first_two(tmp_path, out, count):
    """Recorders write many microphones into one track, and no word on where they stand."""
    samples = ([round(8192 * sin(n / 10))] * 2 + [round(9000 * sin(n / 7))] * (count - 2) for n in range(48000))
    raw = tmp_path / "raw"
    raw.write_bytes(b"".join(array.array("h", frame).tobytes() for frame in samples))
    source = ("-f", "s16le", "-ar", "48000", "-ac", str(count), "-i", str(raw))
    encoded = await encode_clip(make(tmp_path / "field.mov", *picture(), *source, *X264, *PCM, "-t", "1"), out)
    left, right = channels(encoded)
    assert (level(left, 0.2), level(right, 0.2)) == pytest.approx((0.177, 0.177), abs=0.01)


async def test_many_small_gaps_do_not_add_up(tmp_path, out):
    """Every other second 30 ms are missing: no gap is much by itself."""
    gaps = ("-af", "asetpts='PTS+floor(T/2)*0.03/TB'")
    clip = make(tmp_path / "gaps.mkv", *picture(), *BEEPS, *X264, *gaps, *PCM, "-t", "8")
    encoded = await encode_clip(clip, out)
    assert beeps(encoded) == pytest.approx([1, 3.03, 5.06, 7.09], abs=TOGETHER)


async def test_a_clock_that_trembles_leaves_the_sound_whole(tmp_path, out):
    """Recordings in a browser write down when a block arrived: 20 ms early or late."""
    tremble = ("-af", "asetnsamples=960,asetpts='PTS+0.02*sin(N)/TB'")
    clip = make(tmp_path / "live.mkv", *picture(), "-f", "lavfi", "-i", TONE, *X264, *tremble, *PCM, "-t", "2")
    encoded = await encode_clip(clip, out)
    assert purity(channels(encoded)[0], 220) > 0.98


@pytest.mark.parametrize(
    ("rate", "codec", "name"),
    [
        (8000, ("-c:a", "pcm_mulaw"), "phone.mov"),
        (8000, PCM, "camera.avi"),
        (11025, ("-c:a", "pcm_u8"), "old.avi"),
        (96000, ("-c:a", "pcm_s24le"), "studio.mov"),
        (22050, AAC, "half.mp4"),
    ],
)
async def test_every_sample_rate_becomes_48_khz_at_its_pitch_and_in_time(tmp_path, out, rate, codec, name):
    tone = f"aevalsrc='if(gte(t,1),0.5*sin(2*PI*500*t),0)':s={rate}:d=2"
    clip = make(tmp_path / name, *picture(), "-f", "lavfi", "-i", tone, *X264, *codec, "-ac", "1", "-t", "2")
    encoded = await encode_clip(clip, out)
    assert_plays(encoded, frames=encoded.result.renditions[0].frames, rate=Fraction(25))
    sound = encoded.sound()
    assert encoded.plan.audio[0].channels == 1
    assert sound.onsets()[0] == pytest.approx(1, abs=0.005)
    part = sound.samples[60000:84000]
    crossings = sum(a < 0 <= b for a, b in pairwise(part))
    assert crossings == pytest.approx(250, abs=2)


async def test_several_languages_stay_apart(tmp_path, out):
    """The default track is the one that the file marks, whatever its place."""
    tones = [arg for tone in (300, 600, 900) for arg in ("-f", "lavfi", "-i", f"sine={tone}:sample_rate=48000")]
    maps = [arg for number in range(4) for arg in ("-map", str(number))]
    languages = (
        "-metadata:s:a:0",
        "language=eng",
        "-metadata:s:a:1",
        "language=deu",
        "-metadata:s:a:2",
        "language=eng",
    )
    marks = ("-disposition:a:0", "0", "-disposition:a:1", "default", "-disposition:a:2", "0")
    clip = make(tmp_path / "film.mkv", *picture(), *tones, *maps, *X264, *AAC, *languages, *marks, "-t", "1")
    encoded = await encode_clip(clip, out)
    for number, tone in enumerate((600, 300, 900)):
        part = encoded.sound(f"a{number}").samples[12000:36000]
        assert sum(a < 0 <= b for a, b in pairwise(part)) == pytest.approx(tone / 2, abs=2)
    media = [line for line in encoded.text("master.m3u8").splitlines() if line.startswith("#EXT-X-MEDIA")]
    assert [line.split('LANGUAGE="')[1][:2] for line in media] == ["de", "en", "en"]
    assert ["DEFAULT=YES" in line for line in media] == [True, False, False]
    assert len({line.split('NAME="')[1].split('"')[0] for line in media}) == 3


SRT = "1\n00:00:00,000 --> 00:00:01,000\nHello\n"


@pytest.mark.parametrize(("name", "codec"), [("film.mp4", "mov_text"), ("film.mkv", "srt"), ("film.mov", "mov_text")])
async def test_what_else_is_in_the_file_disturbs_nothing(tmp_path, out, name, codec):
    """A cover first, then subtitles, sound, a time code, and the film last."""
    cover = make(tmp_path / "cover.png", *picture("64x64"), "-frames:v", "1", "-update", "1")
    (tmp_path / "words.srt").write_text(SRT)
    film = numbered.film(
        tmp_path / "base.mov", *X264, *PCM, "-timecode", "01:00:00:00", "-shortest", count=30, sound=SINE
    )
    inputs = ("-i", str(cover), "-i", str(tmp_path / "words.srt"), "-i", str(film))
    maps = ("-map", "0", "-map", "1", "-map", "2:a", "-map", "2:v", "-c:v", "copy", "-c:s", codec, *AAC)
    clip = make(tmp_path / name, *inputs, *maps, "-disposition:v:0", "attached_pic", "-t", "1.2")
    encoded = await encode_clip(clip, out)
    assert_shows(encoded, range(30), Fraction(25))
    assert len(encoded.result.audio) == 1


async def test_a_cover_that_is_not_marked_as_one_is_not_the_film(tmp_path, out):
    cover = make(tmp_path / "cover.jpg", *picture("640x640"), "-frames:v", "1", "-update", "1")
    film = numbered.film(tmp_path / "base.mp4", *X264, count=30, size=(320, 180))
    clip = make(tmp_path / "film.mp4", "-i", str(cover), "-i", str(film), "-map", "0", "-map", "1", "-c", "copy")
    assert_shows(await encode_clip(clip, out), range(30), Fraction(25))


async def test_sound_that_cannot_be_decoded_is_refused_rather_than_lost(tmp_path):
    clip = make(tmp_path / "film.mp4", *picture(), *SINE, *X264, "-c:a", "ac3", "-t", "1")
    body = clip.read_bytes().replace(b"ac-3", b"zz-3")
    clip.write_bytes(body)
    with pytest.raises(MediaError) as caught:
        await probe(str(clip))
    assert (caught.value.code, caught.value.permanent) == (MediaCode.FFMPEG_UNSUPPORTED_CODEC, True)
