"""The file to download: every frame and sample of the stream, in one MP4 that plays from its first bytes."""

import hashlib
import io
import struct
from dataclasses import replace
from fractions import Fraction

import av
import pytest

from tests.media import playback
from tests.media.making import AAC, X264, encode_clip, make
from worker.media import fmp4, progressive
from worker.media.errors import MediaCode, MediaError
from worker.media.progressive import BLOCK_BYTES, choose, progressive_mp4

RATE = Fraction(30000, 1001)


@pytest.fixture(scope="session")
async def clip(tmp_path_factory):
    """Nine seconds at 29.97 frames per second, in which flashes and beeps come together; the sound is German."""
    directory = tmp_path_factory.mktemp("download")
    flash = "color=black:s=320x180:r=30000/1001:d=9,drawbox=color=white:t=fill:enable='lt(mod(n,60),3)*gte(n,60)'"
    beep = "aevalsrc='if(lt(mod(t,2.002),0.1)*gte(t,2.002),sin(2*PI*1000*t),0)':s=44100:d=9"
    inputs = ("-f", "lavfi", "-i", flash, "-f", "lavfi", "-i", beep)
    source = make(directory / "source.mp4", *inputs, *X264, *AAC, "-metadata:s:a:0", "language=ger")
    return await encode_clip(source, directory / "out")


async def download(clip, *, track=None, read=None):
    blocks = []

    async def write(block):
        blocks.append(block)

    stored = await progressive_mp4(clip.result.renditions[0], track, read or clip.read, write)
    body = b"".join(blocks)
    assert (stored.size, stored.md5) == (len(body), hashlib.md5(body).hexdigest())
    assert all(len(block) == BLOCK_BYTES for block in blocks[:-1])
    assert 0 < len(blocks[-1]) <= BLOCK_BYTES
    return body


@pytest.fixture(scope="session")
async def body(clip):
    return await download(clip, track=clip.result.audio[0])


def opened(body):
    return av.open(io.BytesIO(body), format="mov")


def top_boxes(body):
    return [kind for kind, _ in fmp4.children(body)]


async def test_every_frame_is_at_its_exact_time(clip, body):
    times = playback.frame_times(opened(body))
    assert len(times) == clip.result.renditions[0].frames == 270
    assert max(abs(time - float(n / RATE)) for n, time in enumerate(times)) < 1e-9


async def test_the_pictures_are_those_of_the_stream(clip, body):
    with opened(body) as file, playback.open_rendition(clip.directory / "v180") as stream:
        for one, other in zip(file.decode(video=0), stream.decode(video=0), strict=True):
            assert [bytes(plane) for plane in one.planes] == [bytes(plane) for plane in other.planes]


async def test_the_sound_is_that_of_the_stream(clip, body):
    made, stream = playback.sound(opened(body)), clip.sound()
    assert (made.start, made.samples) == (0, stream.samples)
    assert playback.flashes(opened(body)) == pytest.approx([2.002, 4.004, 6.006, 8.008], abs=1e-6)
    assert made.onsets() == pytest.approx([2.002, 4.004, 6.006, 8.008], abs=0.003)


async def test_the_header_comes_first_and_says_what_there_is(clip, body):
    assert top_boxes(body) == [b"ftyp", b"moov", b"mdat"]
    with opened(body) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert video.duration * video.time_base == Fraction(270) / RATE
        assert audio.duration == clip.result.audio[0].samples == round(270 / RATE * 48000)
        assert (video.start_time, audio.start_time) == (0, 0)
        assert video.average_rate == RATE
        assert audio.language == "ger"
        assert container.duration == pytest.approx(9.009e6, abs=1)
        frame = next(container.decode(video=0))
        assert (frame.colorspace, frame.color_trc, frame.color_primaries, frame.color_range) == (1, 1, 1, 1)


async def test_it_can_be_sought(body):
    """Every place is reached from the group before it, so the sync table is right."""
    with opened(body) as container:
        stream = container.streams.video[0]
        for second in (7.9, 0.5, 4.1):
            container.seek(int(second / stream.time_base), stream=stream)
            packet = next(packet for packet in container.demux(stream))
            assert packet.is_keyframe
            assert packet.pts * stream.time_base == Fraction(60 * int(Fraction(second) * RATE / 60)) / RATE
            assert next(container.decode(stream)).key_frame


async def test_sound_lies_beside_its_picture(body):
    """A player reads a file from front to back: at no place is one track ahead by more than a group of pictures."""
    with opened(body) as container:
        ends = {"video": 0.0, "audio": 0.0}
        packets = [packet for packet in container.demux() if packet.pos is not None and packet.dts is not None]
        for packet in sorted(packets, key=lambda packet: packet.pos):
            ends[packet.stream.type] = float((packet.dts + packet.duration) * packet.time_base)
            assert abs(ends["video"] - ends["audio"]) <= 2.1


async def test_a_silent_film_has_one_track(clip):
    body = await download(clip)
    with opened(body) as container:
        assert [stream.type for stream in container.streams] == ["video"]
    assert len(playback.frame_times(opened(body))) == 270


async def test_files_of_many_gigabytes_have_wide_offsets(clip, body, monkeypatch):
    """The limit of four gigabytes, moved to where it can be tested."""
    monkeypatch.setattr(progressive, "_MAX_32", 1000)
    wide = await download(clip, track=clip.result.audio[0])
    assert (b"co64" in wide, b"stco" in wide, b"co64" in body) == (True, False, False)
    at = wide.index(b"mdat") - 4
    size, _, large = struct.unpack_from(">I4sQ", wide, at)
    assert (size, large) == (1, len(wide) - at)
    assert wide[at + 16 :] == body[body.index(b"mdat") + 4 :]
    assert len(playback.frame_times(opened(wide))) == 270
    assert playback.sound(opened(wide)).samples == playback.sound(opened(body)).samples


async def test_blocks_are_of_one_size(clip, body, monkeypatch):
    monkeypatch.setattr(progressive, "BLOCK_BYTES", 5000)
    sizes = []

    async def write(block):
        sizes.append(len(block))

    await progressive_mp4(clip.result.renditions[0], clip.result.audio[0], clip.read, write)
    assert sizes[:-1] == [5000] * (len(body) // 5000)
    assert sum(sizes) == len(body)


@pytest.mark.parametrize(
    ("language", "packed", "extended"),
    [("eng", "eng", None), (None, "und", None), ("en", "und", b"en"), ("pt-BR", "und", b"pt-BR")],
)
async def test_languages_of_any_form_are_kept(clip, language, packed, extended):
    body = await download(clip, track=replace(clip.result.audio[0], language=language))
    (sound,) = [
        found for kind, found in fmp4.children(fmp4.find(body, b"moov")) if kind == b"trak" and b"soun" in found
    ]
    bits = int.from_bytes(fmp4.find(sound, b"mdia", b"mdhd")[32:34])
    assert "".join(chr(0x60 + (bits >> shift & 31)) for shift in (10, 5, 0)) == packed
    found = [payload[4:-1] for kind, payload in fmp4.children(fmp4.find(sound, b"mdia")) if kind == b"elng"]
    assert found == ([extended] if extended else [])


async def test_segments_that_change_meanwhile_make_no_file(clip):
    """The second reading finds one frame less."""
    asked = set()

    async def read(name):
        body = await clip.read(name)
        if name in asked and name.endswith("seg-00001.m4s"):
            *rest, last = [fragment for _, fragment in fmp4.parse_segment(body)]
            size = last.samples[-1].size
            shorter = replace(last, samples=last.samples[:-1], data=last.data[:-size])
            return b"".join(map(fmp4.write_fragment, (*rest, shorter)))
        asked.add(name)
        return body

    with pytest.raises(MediaError) as caught:
        await download(clip, read=read)
    assert caught.value.code == MediaCode.MEDIA_OUTPUT_INVALID


async def test_segments_that_cannot_be_parsed_make_no_file(clip):
    async def read(name):
        body = await clip.read(name)
        return body[:-7] if name.endswith(".m4s") else body

    with pytest.raises(MediaError, match="make no file"):
        await download(clip, read=read)


async def test_what_the_store_raises_passes_through(clip):
    async def read(name):
        if name.endswith("seg-00001.m4s"):
            raise ConnectionError("storage is away")
        return await clip.read(name)

    with pytest.raises(ConnectionError):
        await download(clip, read=read)


def test_the_rung_of_720_lines_or_the_next_below_is_chosen(clip):
    rendition = clip.result.renditions[0]

    def of(*sides):
        return [replace(rendition, name=f"{side}p", width=side * 16 // 9, height=side) for side in sides]

    assert choose(of(1080, 720, 480)).name == "720p"
    assert choose(of(480, 900)).name == "480p"
    assert choose(of(1080)).name == "1080p"
    portrait = [replace(rendition, name="720p", width=720, height=1280), *of(480)]
    assert choose(portrait).name == "720p"
