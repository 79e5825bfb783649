"""Check a finished generation against its plan, from what is really stored.

Playlists and init segments are read back and compared with the sizes and MD5 sums of the bytes that were sent;
segments are checked through those sums, because every one of them was parsed and measured when it was made.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from fractions import Fraction
from itertools import pairwise
from typing import Any

from shared.encoding.ladder import Plan
from worker.media import fmp4, playlists
from worker.media.errors import MediaError
from worker.media.packager import INIT
from worker.media.results import AudioTrack, EncodeResult, VideoRendition

#: Reads an object by its name under the generation prefix; raises when it is not there.
Read = Callable[[str], Awaitable[bytes]]
#: Lists the generation: name → (bytes, ETag or None where the store has no MD5 for it).
Stat = Callable[[], Awaitable[Mapping[str, tuple[int, str | None]]]]
_AV_TOLERANCE_SECONDS = 0.025
_URI = re.compile(r'URI="([^"]+)"')
_MD5 = re.compile(r"[0-9a-f]{32}")


async def verify(plan: Plan, result: EncodeResult, read: Read, stat: Stat) -> dict[str, Any]:
    """Return ``{"ok": bool, "checks": [{"rule", "ok", "detail"}]}``; a check that cannot be made has failed.

    `read` and `stat` may raise for their own reasons (network); that is not caught here.
    """
    tracks: tuple[VideoRendition | AudioTrack, ...] = (*result.renditions, *result.audio)
    names = [playlists.MULTIVARIANT]
    names += [f"{track.directory}/{name}" for track in tracks for name in (INIT, playlists.MEDIA)]
    names += [f"{rendition.directory}/{playlists.I_FRAMES}" for rendition in result.renditions]
    stored = await stat()
    absent = [name for name in names if name not in stored]
    bodies = dict(zip(names, await asyncio.gather(*map(read, names)), strict=True)) if not absent else {}
    checks = [_objects(result, stored)]
    if not absent:
        checks += [_multivariant(result, bodies)]
        checks += [check for track in tracks for check in _media_playlist(plan, track, bodies)]
        checks += [_i_frames(result, bodies), _inits(result, bodies)]
    checks += [_frames(plan, result), _borders(plan, result), _durations(plan, result), _lengths(result)]
    checks += [await _last_segment(plan, result, read)] if not absent else []
    documents = [
        {"rule": rule, "ok": not faults, "detail": "; ".join(faults[:5]) or detail} for rule, faults, detail in checks
    ]
    return {"ok": all(document["ok"] for document in documents), "checks": documents}


#: A rule, its faults (none: it holds), and what to say when it holds.
_Check = tuple[str, list[str], str]


def _objects(result: EncodeResult, stored: Mapping[str, tuple[int, str | None]]) -> _Check:
    faults = [f"{name} was not written by this encode" for name in stored if name not in result.objects]
    for name, expected in result.objects.items():
        size, etag = stored.get(name, (None, None))
        tag = (etag or "").strip('"').lower()
        if size is None:
            faults.append(f"{name} is missing")
        elif size != expected.size:
            faults.append(f"{name} has {size} bytes, {expected.size} were sent")
        elif _MD5.fullmatch(tag) and tag != expected.md5:
            faults.append(f"{name} has another MD5 than was sent")
    return "objects", faults, f"{len(result.objects)} objects, {result.bytes_total} bytes, as sent"


def _lines(body: bytes) -> list[str]:
    return body.decode().splitlines()


def _multivariant(result: EncodeResult, bodies: Mapping[str, bytes]) -> _Check:
    lines = _lines(bodies[playlists.MULTIVARIANT])
    faults = [] if lines[:1] == ["#EXTM3U"] and "#EXT-X-INDEPENDENT-SEGMENTS" in lines else ["no header"]
    variants = {uri: line for line, uri in pairwise(lines) if line.startswith("#EXT-X-STREAM-INF:")}
    audio_peak = max((track.peak_bps for track in result.audio), default=0)
    for rendition in result.renditions:
        line = variants.get(f"{rendition.directory}/{playlists.MEDIA}", "")
        peak = int((re.search(r"[:,]BANDWIDTH=(\d+)", line) or [0, 0])[1])
        if peak != rendition.peak_bps + audio_peak:
            faults.append(f"{rendition.name} declares {peak} bit/s, measured {rendition.peak_bps + audio_peak}")
        faults += [f"{rendition.name} lacks {name}" for name in _VARIANT_ATTRIBUTES if f"{name}=" not in line]
    referenced = {*variants, *(uri for line in lines for uri in _URI.findall(line))}
    faults += [f"{uri} does not exist" for uri in referenced if uri not in bodies]
    if len(variants) != len(result.renditions) or ("TYPE=AUDIO" in "".join(lines)) != bool(result.audio):
        faults.append("the variants or the audio group are not those that were made")
    return "multivariant playlist", faults, f"{len(variants)} variants, {len(result.audio)} audio renditions"


_VARIANT_ATTRIBUTES = ("AVERAGE-BANDWIDTH", "CODECS", "RESOLUTION", "FRAME-RATE", "CLOSED-CAPTIONS")


def _media_playlist(plan: Plan, track: VideoRendition | AudioTrack, bodies: Mapping[str, bytes]) -> Iterator[_Check]:
    lines = _lines(bodies[f"{track.directory}/{playlists.MEDIA}"])
    faults = [f"no {tag}" for tag in _MEDIA_TAGS if tag not in lines]
    durations = [Fraction(line[8:].rstrip(",")) for line in lines if line.startswith("#EXTINF:")]
    target = next((int(line[22:]) for line in lines if line.startswith("#EXT-X-TARGETDURATION:")), 0)
    if any(round(duration) > target for duration in durations):
        faults.append(f"a segment is longer than the target duration {target}")
    if [line for line in lines if not line.startswith("#")] != [segment.name for segment in track.segments]:
        faults.append("segments are missing or out of order")
    total, source = float(sum(durations)), plan.duration_seconds
    frame = float(1 / plan.frame_rate)
    if plan.frames is not None and not _ends_early(plan, track) and abs(total - source) > frame:
        faults.append(f"EXTINF sums to {total:.3f} s, the source has {source:.3f} s")
    yield f"playlist {track.name}", faults, f"{len(durations)} segments, {total:.3f} s"


_MEDIA_TAGS = ("#EXT-X-PLAYLIST-TYPE:VOD", "#EXT-X-INDEPENDENT-SEGMENTS", f'#EXT-X-MAP:URI="{INIT}"', "#EXT-X-ENDLIST")


def _ends_early(plan: Plan, track: VideoRendition | AudioTrack) -> bool:
    """Tell whether the encode accepted a source that ends within a second of its declared length."""
    return isinstance(track, AudioTrack) or plan.frames != track.frames


def _i_frames(result: EncodeResult, bodies: Mapping[str, bytes]) -> _Check:
    faults = []
    for rendition in result.renditions:
        lines = _lines(bodies[f"{rendition.directory}/{playlists.I_FRAMES}"])
        ranges = [line[17:] for line in lines if line.startswith("#EXT-X-BYTERANGE:")]
        expected = [f"{f.size}@{f.offset}" for segment in rendition.segments for f in segment.i_frames]
        if ranges != expected or "#EXT-X-I-FRAMES-ONLY" not in lines:
            faults.append(f"{rendition.name} lists other I-frames than it has")
    return "I-frame playlists", faults, "one byte range for each group of pictures"


def _inits(result: EncodeResult, bodies: Mapping[str, bytes]) -> _Check:
    faults = []
    for rendition in result.renditions:
        try:
            config = fmp4.parse_init(bodies[f"{rendition.directory}/{INIT}"])
        except (KeyError, ValueError):
            faults.append(f"{rendition.name} has no readable init segment")
            continue
        if (config.codec, config.width, config.height) != (rendition.codecs, rendition.width, rendition.height):
            faults.append(f"{rendition.name} is {config.codec} {config.width}x{config.height}")
    return "init segments", faults, "codec and size as declared"


def _frames(plan: Plan, result: EncodeResult) -> _Check:
    counts = {rendition.name: rendition.frames for rendition in result.renditions}
    faults = [] if len(set(counts.values())) == 1 else [f"renditions differ: {counts}"]
    made = result.renditions[0].frames
    decoded = result.frames_decoded * plan.frame_rate / plan.source.frame_rate
    # A container may promise a last frame that no decoder can deliver: then those that decode are the source.
    if plan.frames is not None and made not in {plan.frames, -(-decoded // 1)}:
        faults.append(f"{made} frames made, the source has {plan.frames}, of which {result.frames_decoded} decode")
    return "frames", faults, f"{made} in every rendition; source {plan.frames or 'variable rate'}"


def _borders(plan: Plan, result: EncodeResult) -> _Check:
    borders = {tuple(segment.units for segment in rendition.segments) for rendition in result.renditions}
    faults = [] if len(borders) == 1 else ["renditions are cut at different frames"]
    if any(units != plan.segment_frames for cut in borders for units in cut[:-1]):
        faults.append(f"a segment has not {plan.segment_frames} frames")
    numbers = {len(track.segments) for track in result.audio} - {len(result.renditions[0].segments)}
    faults += ["audio is cut into another number of segments"] if numbers else []
    return "segment borders", faults, f"every {float(plan.segment_seconds):.3f} s, identical in all renditions"


def _durations(plan: Plan, result: EncodeResult) -> _Check:
    made, source = result.duration_seconds, plan.source.duration_seconds
    tolerance = 1.5 / float(plan.frame_rate) if plan.frames is not None else max(1.0, source / 100)
    decoded_all = plan.frames is None or plan.frames == result.renditions[0].frames
    faults = [f"{made:.3f} s made of {source:.3f} s"] if decoded_all and abs(made - source) > tolerance else []
    return "duration", faults, f"{made:.3f} s of {source:.3f} s"


def _lengths(result: EncodeResult) -> _Check:
    video = result.renditions[0].duration_seconds
    apart = {track.name: float(abs(track.duration_seconds - video)) for track in result.audio}
    faults = [f"{name} is {gap:.3f} s apart" for name, gap in apart.items() if gap > _AV_TOLERANCE_SECONDS]
    return "audio length", faults, f"within {max(apart.values(), default=0) * 1000:.1f} ms of the video"


async def _last_segment(plan: Plan, result: EncodeResult, read: Read) -> _Check:
    """Parse the smallest rendition's last segment as stored: its clock continues, its groups start with IDR."""
    smallest = min(result.renditions, key=lambda rendition: rendition.width * rendition.height)
    segment = smallest.segments[-1]
    config = fmp4.parse_init(await read(f"{smallest.directory}/{INIT}"))
    body = await read(f"{smallest.directory}/{segment.name}")
    try:
        fragments = fmp4.parse_segment(body)
    except (MediaError, ValueError, KeyError):
        return "stored segment", [f"{smallest.name} {segment.name} cannot be parsed"], ""
    ticks = int(config.timescale / plan.frame_rate)
    frame = sum(earlier.units for earlier in smallest.segments[:-1])
    faults = []
    for _, fragment in fragments:
        if fragment.decode_time != fmp4.decode_tick(frame, ticks):
            faults.append(f"frame {frame} starts at tick {fragment.decode_time}")
        if not fmp4.starts_with_idr(fragment.data, config.nal_length_bytes):
            faults.append(f"frame {frame} is no IDR picture")
        frame += len(fragment.samples)
    faults += [f"ends at frame {frame}"] if frame != smallest.frames else []
    return "stored segment", faults, f"{smallest.name} {segment.name}: clock and IDR pictures in place"
