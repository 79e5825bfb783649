"""Write HLS playlists from measured segments: pure functions, RFC 8216 and Apple's authoring rules in brackets."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Literal

from shared.encoding.ladder import Plan
from shared.encoding.quoting import quotable
from worker.media.results import AudioTrack, Track, VideoRendition

CONTENT_TYPE = "application/vnd.apple.mpegurl"
MULTIVARIANT = "master.m3u8"
MEDIA = "index.m3u8"
I_FRAMES = "iframes.m3u8"
_VERSION = 7
_AUDIO_GROUP = "audio"
_FIRST_VARIANT_BPS = 2_000_000  # [1.32]
#: ISO 639-2 codes of containers that have a shorter one, which BCP 47 demands.
_LANGUAGES = re.findall(
    r"(\w{3}) (\w{2})",
    """
    ara ar  arm hy  bel be  bul bg  ces cs  chi zh  cze cs  dan da  deu de  dut nl  ell el  eng en  est et  fin fi
    fra fr  fre fr  geo ka  ger de  gre el  heb he  hin hi  hrv hr  hun hu  hye hy  ind id  ita it  jpn ja  kat ka
    kaz kk  kor ko  lav lv  lit lt  nld nl  nor no  pol pl  por pt  ron ro  rum ro  rus ru  slk sk  slo sk  slv sl
    spa es  srp sr  swe sv  tha th  tur tr  ukr uk  uzb uz  vie vi  zho zh
    """,
)
_SHORT_LANGUAGES: dict[str, str] = dict(_LANGUAGES)


def multivariant(
    renditions: Sequence[VideoRendition], audio: Sequence[AudioTrack], *, provisional: bool = False
) -> str:
    """Return ``master.m3u8``.

    BANDWIDTH is the measured peak of the video plus that of the largest audio track, AVERAGE-BANDWIDTH the measured
    mean of both [9.14]. With `provisional` the encode still runs: BANDWIDTH is the encoder's ceiling and the I-frame
    playlists are left out.
    """
    lines = ["#EXTM3U", f"#EXT-X-VERSION:{_VERSION}", "#EXT-X-INDEPENDENT-SEGMENTS"]
    lines += [_audio_line(track) for track in audio]
    audio_peak = max((t.audio_bps * 11 // 10 if provisional else t.peak_bps for t in audio), default=0)
    audio_average = max((t.audio_bps if provisional else t.average_bps for t in audio), default=0)
    audio_codecs = sorted({track.codecs for track in audio})

    def bandwidth(rendition: VideoRendition) -> int:
        return (rendition.maxrate_bps if provisional else rendition.peak_bps) + audio_peak

    def distance_from_first(rendition: VideoRendition) -> int:
        return abs(bandwidth(rendition) - _FIRST_VARIANT_BPS)

    first = min(renditions, key=distance_from_first)
    others = sorted((r for r in renditions if r is not first), key=bandwidth)
    for rendition in (first, *others):
        attributes = [f"BANDWIDTH={bandwidth(rendition)}"]
        if not provisional:
            attributes.append(f"AVERAGE-BANDWIDTH={rendition.average_bps + audio_average}")
        attributes += [
            f'CODECS="{",".join((rendition.codecs, *audio_codecs))}"',
            f"RESOLUTION={rendition.width}x{rendition.height}",
            f"FRAME-RATE={float(rendition.frame_rate):.3f}",
            "CLOSED-CAPTIONS=NONE",
        ]
        if audio:
            attributes.append(f'AUDIO="{_AUDIO_GROUP}"')
        lines += [f"#EXT-X-STREAM-INF:{','.join(attributes)}", f"{rendition.directory}/{MEDIA}"]
    if not provisional:
        lines += [_i_frame_line(rendition) for rendition in (first, *others)]
    return _text(lines)


def _audio_line(track: AudioTrack) -> str:
    name = quotable(track.label) or "Audio"
    attributes = ["TYPE=AUDIO", f'GROUP-ID="{_AUDIO_GROUP}"', f'NAME="{name}"']
    if language := quotable(track.language or ""):
        attributes.append(f'LANGUAGE="{_SHORT_LANGUAGES.get(language, language)}"')
    attributes += [
        f"DEFAULT={'YES' if track.default else 'NO'}",
        "AUTOSELECT=YES",
        f'CHANNELS="{track.channels}"',
        f'URI="{track.directory}/{MEDIA}"',
    ]
    return f"#EXT-X-MEDIA:{','.join(attributes)}"


def _i_frame_line(rendition: VideoRendition) -> str:
    return (
        f"#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH={rendition.i_frame_peak_bps}"
        f",AVERAGE-BANDWIDTH={rendition.i_frame_average_bps}"
        f',CODECS="{rendition.codecs}",RESOLUTION={rendition.width}x{rendition.height}'
        f',URI="{rendition.directory}/{I_FRAMES}"'
    )


def media(track: Track, *, kind: Literal["VOD", "EVENT"] = "VOD", target_duration: int | None = None) -> str:
    """Return a media playlist. An EVENT playlist is still growing: no end, and a fixed `target_duration`."""
    lines = _header(kind, target_duration or track.target_duration)
    for segment in track.segments:
        lines += [f"#EXTINF:{_seconds(segment.duration_seconds)},", segment.name]
    if kind == "VOD":
        lines.append("#EXT-X-ENDLIST")
    return _text(lines)


def i_frames(rendition: VideoRendition) -> str:
    """Return the I-frame playlist [6.1]: one byte range for each IDR frame, lasting until the next one."""
    frames = [(segment.name, frame) for segment in rendition.segments for frame in segment.i_frames]
    longest = max((frame.duration_seconds for _, frame in frames), default=Fraction(1))
    lines = [*_header("VOD", max(1, int(longest + Fraction(1, 2)))), "#EXT-X-I-FRAMES-ONLY"]
    for name, frame in frames:
        lines += [
            f"#EXTINF:{_seconds(frame.duration_seconds)},",
            f"#EXT-X-BYTERANGE:{frame.size}@{frame.offset}",
            name,
        ]
    return _text([*lines, "#EXT-X-ENDLIST"])


def growing_target(plan: Plan) -> int:
    """Return the target duration while a playlist grows, in which it must not change (RFC 8216, 6.2.1): the final."""
    full_frames = min(plan.segment_frames, plan.expected_frames)
    return max(1, int(full_frames / plan.frame_rate + Fraction(1, 2)))


def _header(kind: str, target_duration: int) -> list[str]:
    return [
        "#EXTM3U",
        f"#EXT-X-VERSION:{_VERSION}",
        f"#EXT-X-TARGETDURATION:{target_duration}",
        "#EXT-X-MEDIA-SEQUENCE:0",
        f"#EXT-X-PLAYLIST-TYPE:{kind}",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        '#EXT-X-MAP:URI="init.mp4"',
    ]


def _seconds(duration: Fraction) -> str:
    return f"{float(duration):.6f}"


def _text(lines: Sequence[str]) -> str:
    return "\n".join(lines) + "\n"
