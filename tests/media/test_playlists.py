"""Playlists and bit rates from made-up measurements: exact bytes."""

from fractions import Fraction

from worker.media import playlists
from worker.media.results import AudioTrack, IFrame, Segment, VideoRendition, peak_bps


def segments(*sizes, last=Fraction(6)):
    whole = [Segment(f"seg-{n:05}.m4s", size, 144, Fraction(6), ()) for n, size in enumerate(sizes)]
    whole[-1] = Segment(
        whole[-1].name, whole[-1].size, int(last * 24), last, (IFrame(0, 1000, min(last, Fraction(2))),)
    )
    return tuple(whole)


def rendition(side, *sizes, last=Fraction(6)):
    return VideoRendition(
        segments=segments(*sizes, last=last),
        name=f"{side}p",
        directory=f"v{side}",
        codecs="avc1.64001F",
        width=side * 16 // 9,
        height=side,
        frame_rate=Fraction(30000, 1001),
        maxrate_bps=3_000_000,
    )


def audio(name="a0", **facts):
    return AudioTrack(
        **{
            "segments": segments(96_000, 90_000),
            "name": name,
            "directory": name,
            "codecs": "mp4a.40.2",
            "channels": 2,
            "sample_rate": 48000,
            "label": "Audio",
            "language": None,
            "default": True,
            "audio_bps": 128_000,
            **facts,
        }
    )


def test_the_multivariant_playlist_word_for_word():
    text = playlists.multivariant([rendition(720, 1_500_000, 1_200_000), rendition(360, 600_000, 300_000)], [audio()])
    assert text == (
        "#EXTM3U\n"
        "#EXT-X-VERSION:7\n"
        "#EXT-X-INDEPENDENT-SEGMENTS\n"
        '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="Audio",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="a0/index.m3u8"\n'
        '#EXT-X-STREAM-INF:BANDWIDTH=2128000,AVERAGE-BANDWIDTH=1924000,CODECS="avc1.64001F,mp4a.40.2",'
        'RESOLUTION=1280x720,FRAME-RATE=29.970,CLOSED-CAPTIONS=NONE,AUDIO="audio"\n'
        "v720/index.m3u8\n"
        '#EXT-X-STREAM-INF:BANDWIDTH=928000,AVERAGE-BANDWIDTH=724000,CODECS="avc1.64001F,mp4a.40.2",'
        'RESOLUTION=640x360,FRAME-RATE=29.970,CLOSED-CAPTIONS=NONE,AUDIO="audio"\n'
        "v360/index.m3u8\n"
        '#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=4000,AVERAGE-BANDWIDTH=667,CODECS="avc1.64001F",RESOLUTION=1280x720,'
        'URI="v720/iframes.m3u8"\n'
        '#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=4000,AVERAGE-BANDWIDTH=667,CODECS="avc1.64001F",RESOLUTION=640x360,'
        'URI="v360/iframes.m3u8"\n'
    )


def test_a_media_playlist_word_for_word():
    assert playlists.media(rendition(720, 10, 10, last=Fraction(3003, 1000))) == (
        "#EXTM3U\n"
        "#EXT-X-VERSION:7\n"
        "#EXT-X-TARGETDURATION:6\n"
        "#EXT-X-MEDIA-SEQUENCE:0\n"
        "#EXT-X-PLAYLIST-TYPE:VOD\n"
        "#EXT-X-INDEPENDENT-SEGMENTS\n"
        '#EXT-X-MAP:URI="init.mp4"\n'
        "#EXTINF:6.000000,\nseg-00000.m4s\n"
        "#EXTINF:3.003000,\nseg-00001.m4s\n"
        "#EXT-X-ENDLIST\n"
    )


def test_a_growing_playlist_has_no_end():
    text = playlists.media(rendition(720, 10), kind="EVENT", target_duration=7)
    assert "#EXT-X-PLAYLIST-TYPE:EVENT\n" in text
    assert "#EXT-X-TARGETDURATION:7\n" in text
    assert "ENDLIST" not in text


def test_the_provisional_multivariant_promises_the_ceiling():
    text = playlists.multivariant([rendition(720, 10)], [audio()], provisional=True)
    assert "BANDWIDTH=3140800," in text
    assert "AVERAGE-BANDWIDTH" not in text
    assert "I-FRAME" not in text


def test_names_and_languages_are_safe_to_quote():
    tracks = [audio(label='Dub "1"\n', language="ger"), audio("a1", label="Deutsch", language="gsw", default=False)]
    text = playlists.multivariant([rendition(720, 10)], tracks)
    assert 'NAME="Dub 1",LANGUAGE="de",DEFAULT=YES' in text
    assert 'NAME="Deutsch",LANGUAGE="gsw",DEFAULT=NO' in text


def test_the_peak_is_taken_over_runs_of_half_to_one_and_a_half_targets():
    six, two, one = Fraction(6), Fraction(2), Fraction(1)
    # A last second on its own is too short to count; with its neighbour it does.
    assert peak_bps([(600_000, six), (900_000, one)], 6) == 1_714_286
    assert peak_bps([(600_000, six), (900_000, six)], 6) == 1_200_000
    # Three short segments count together, since none lasts three seconds.
    assert peak_bps([(100, two), (400, two), (400, two)], 6) == 1600
    # A clip shorter than half a target has only its average.
    assert peak_bps([(1000, one)], 6) == 8000


def test_a_very_short_clip_still_has_a_target_duration():
    assert "#EXT-X-TARGETDURATION:1\n" in playlists.media(rendition(720, 10, last=Fraction(1, 25)))
