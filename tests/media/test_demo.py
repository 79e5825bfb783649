"""The real clip, all the way."""

import re
from fractions import Fraction
from itertools import pairwise

import av

from tests.media import playback
from tests.media.making import DEMO, assert_plays

FRAMES = 265


def attributes(line):
    return dict(re.findall(r'([A-Z-]+)=("[^"]*"|[^",]+)', line.partition(":")[2]))


async def test_every_rendition_has_every_frame(demo):
    assert demo.result.frames_decoded == FRAMES
    assert [r.name for r in demo.result.renditions] == ["1080p", "720p", "480p", "360p"]
    assert_plays(demo, frames=FRAMES, rate=Fraction(24))


async def test_the_multivariant_playlist_is_measured(demo):
    lines = demo.text("master.m3u8").splitlines()
    assert lines[0] == "#EXTM3U"
    assert "#EXT-X-INDEPENDENT-SEGMENTS" in lines
    variants = [(attributes(a), b) for a, b in pairwise(lines) if a.startswith("#EXT-X-STREAM-INF")]
    distances = [abs(int(stated["BANDWIDTH"]) - 2_000_000) for stated, _ in variants]
    assert (len(variants), distances[0]) == (4, min(distances))
    audio = [p.stat().st_size * 8 for p in sorted((demo.directory / "a0").glob("*.m4s"))]
    for stated, uri in variants:
        rendition = next(r for r in demo.result.renditions if f"{r.directory}/index.m3u8" == uri)
        with av.open(str(demo.directory / uri)) as container:
            stream = container.streams.video[0]
            assert stated["RESOLUTION"] == f"{stream.codec_context.width}x{stream.codec_context.height}"
        sizes = [p.stat().st_size * 8 for p in sorted((demo.directory / rendition.directory).glob("*.m4s"))]
        seconds = [float(s.duration_seconds) for s in rendition.segments]
        average = (sum(sizes) + sum(audio)) / (FRAMES / 24)
        peak = max(size / length for size, length in zip(sizes, seconds, strict=True) if length >= 3)
        assert abs(int(stated["AVERAGE-BANDWIDTH"]) / average - 1) < 0.01
        assert peak <= int(stated["BANDWIDTH"]) <= 1.1 * (peak + 128_000)
        assert int(stated["BANDWIDTH"]) <= 2 * int(stated["AVERAGE-BANDWIDTH"])
        assert stated["FRAME-RATE"] == "24.000"
        assert stated["CLOSED-CAPTIONS"] == "NONE"
        assert re.fullmatch(r'"avc1\.64[0-9A-F]{4},mp4a\.40\.2"', stated["CODECS"])
        assert stated["AUDIO"] == '"audio"'
    streams = [attributes(line) for line in lines if line.startswith("#EXT-X-I-FRAME-STREAM-INF")]
    assert {s["URI"] for s in streams} == {f'"v{side}/iframes.m3u8"' for side in (1080, 720, 480, 360)}


async def test_media_playlists_say_what_the_segments_are(demo):
    for directory, durations in (("v480", [6, 5.041667]), ("a0", [6.016, 5.025667])):
        lines = demo.text(f"{directory}/index.m3u8").splitlines()
        assert lines[:7] == [
            "#EXTM3U",
            "#EXT-X-VERSION:7",
            "#EXT-X-TARGETDURATION:6",
            "#EXT-X-MEDIA-SEQUENCE:0",
            "#EXT-X-PLAYLIST-TYPE:VOD",
            "#EXT-X-INDEPENDENT-SEGMENTS",
            '#EXT-X-MAP:URI="init.mp4"',
        ]
        assert lines[-1] == "#EXT-X-ENDLIST"
        assert [float(line[8:-1]) for line in lines if line.startswith("#EXTINF:")] == durations


async def test_each_i_frame_range_decodes_to_one_picture(demo):
    lines = demo.text("v360/iframes.m3u8").splitlines()
    assert "#EXT-X-I-FRAMES-ONLY" in lines
    init = (demo.directory / "v360/init.mp4").read_bytes()
    ranges = [(line[17:], lines[n + 1]) for n, line in enumerate(lines) if line.startswith("#EXT-X-BYTERANGE:")]
    assert len(ranges) == 6
    for byte_range, name in ranges:
        size, offset = map(int, byte_range.split("@"))
        body = (demo.directory / "v360" / name).read_bytes()[offset : offset + size]
        sample = body[body.index(b"mdat") + 4 :]
        decoder = av.CodecContext.create("h264", "r")
        avcc = init[init.index(b"avcC") + 4 :]
        decoder.extradata = avcc[: int.from_bytes(init[init.index(b"avcC") - 4 : init.index(b"avcC")]) - 8]
        frames = [*decoder.decode(av.Packet(sample)), *decoder.decode(None)]
        assert [frame.key_frame for frame in frames] == [1]


async def test_sound_keeps_its_place(demo):
    """Cross-correlate with the source: the best lag is within 5 ms."""
    source, made = playback.sound(av.open(str(DEMO))), demo.sound()
    origin, length = 3 * 48000, 4800

    def likeness(lag):
        return sum(source.samples[origin + n] * made.samples[origin + n + lag] for n in range(0, length, 2))

    best = max(range(-1440, 1441, 6), key=likeness)
    assert abs(best) <= 240


async def test_it_plays_over_http(demo):
    with playback.served(demo.directory) as base:
        times = playback.frame_times(av.open(f"{base}/master.m3u8"))
        sound = playback.sound(av.open(f"{base}/master.m3u8"))
    assert len(times) == FRAMES
    assert times[0] == sound.start == 0
    assert abs(times[-1] - 264 / 24) < 1e-4


async def test_output_is_tagged_bt709(demo):
    with playback.open_rendition(demo.directory / "v360") as container:
        frame = next(container.decode(video=0))
        assert (frame.format.name, frame.colorspace, frame.color_trc, frame.color_primaries) == ("yuv420p", 1, 1, 1)
        assert frame.color_range == 1
        assert container.streams.video[0].sample_aspect_ratio in {None, 1}


async def test_pictures(demo):
    for name in ("poster.jpg", "thumb-1.jpg", "thumb-2.jpg", "thumb-3.jpg"):
        with av.open(str(demo.directory / name)) as container:
            frame = next(container.decode(video=0))
            assert (frame.width, frame.height) == (1280, 720)
    assert demo.text("sprites/sprites.vtt") == (
        "WEBVTT\n\n"
        "00:00:00.000 --> 00:00:10.000\nsheet-000.jpg#xywh=0,0,192,108\n\n"
        "00:00:10.000 --> 00:00:11.042\nsheet-000.jpg#xywh=192,0,192,108\n"
    )
    with av.open(str(demo.directory / "sprites/sheet-000.jpg")) as container:
        frame = next(container.decode(video=0))
        assert (frame.width, frame.height) == (2 * 192, 108)


async def test_playable_is_said_once_and_growing_playlists_are_true(demo):
    assert demo.playable == [6.0]
    there = set()
    for name, body, content_type, _ in demo.stored:
        if name.endswith("index.m3u8"):
            assert content_type == "application/vnd.apple.mpegurl"
            directory = name.partition("/")[0]
            named = [line for line in body.decode().splitlines() if not line.startswith("#")]
            assert {f"{directory}/{uri}" for uri in named} <= there
        elif name == "master.m3u8":
            assert {"v360/index.m3u8", "v1080/init.mp4", "a0/seg-00000.m4s"} <= there
        there.add(name)
    masters = [body for name, body, _, _ in demo.stored if name == "master.m3u8"]
    assert len(masters) == 2
    assert demo.stored[-1][0] == "master.m3u8"
    first_media = next(body for name, body, _, _ in demo.stored if name == "v360/index.m3u8")
    assert b"PLAYLIST-TYPE:EVENT" in first_media
    assert b"ENDLIST" not in first_media
