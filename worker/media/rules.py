"""The rules a generation must keep, judged from what was read back.

Numbers in brackets are those of Apple's HLS authoring specification.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction

from shared.encoding.ladder import Plan
from worker.media import damage, fmp4, sprites
from worker.media.evidence import Evidence, Video
from worker.media.hls import Entry
from worker.media.results import Track, peak_bps

_BANDWIDTH_SHARE = Fraction(1, 10)
_AV_TOLERANCE_SECONDS = Fraction(25, 1000)
_EXTINF_TOLERANCE_SECONDS = Fraction(1, 1_000_000)
_CUE_TOLERANCE_MS = Fraction(1, 1000)
_FIRST_VARIANT_BPS = 2_000_000
#: A source may end this much before its declared length and still count as whole.
_SHORTAGE_SECONDS = 1
_SHORTAGE_SHARE = 0.01
_BT709 = 1
_CUE = re.compile(r"(\d+):(\d\d):(\d\d)\.(\d{3}) --> (\d+):(\d\d):(\d\d)\.(\d{3})\n(\S+)#xywh=(\d+),(\d+),(\d+),(\d+)")


#: What is wrong (nothing: the rule holds), and what to say when it holds.
Verdict = tuple[Sequence[str], str]


def _variants(evidence: Evidence) -> Iterator[tuple[Video, Mapping[str, str]]]:
    """Pair each rung with the attributes of its variant; none where it has none."""
    attributes = {variant.uri: variant.attributes for variant in evidence.multivariant.variants}
    return ((video, attributes.get(f"{video.directory}/index.m3u8", {})) for video in evidence.videos)


def _multivariant(evidence: Evidence) -> Verdict:
    found, faults = evidence.multivariant, []
    faults += [] if "#EXT-X-INDEPENDENT-SEGMENTS" in found.tags else ["no EXT-X-INDEPENDENT-SEGMENTS"]
    directories = sorted(video.directory for video in evidence.videos)
    for name, variants in (("index", found.variants), ("iframes", found.i_frames)):
        if sorted(variant.uri for variant in variants) != [f"{directory}/{name}.m3u8" for directory in directories]:
            faults.append(f"the {name} variants are not the rungs that were planned")
    tracks = sorted(audio.name for audio in evidence.audios)
    if sorted(variant.uri for variant in found.audio) != [f"{name}/index.m3u8" for name in tracks]:
        faults.append("the audio group is not the tracks that were planned")
    groups = {variant.attributes.get("GROUP-ID") for variant in found.audio} or {None}
    names = [variant.attributes.get("NAME") for variant in found.audio]
    if len(set(names)) != len(names):
        faults.append(f"two audio renditions have one NAME: {names}")
    if any({variant.attributes.get("AUDIO")} != groups for variant in found.variants):
        faults.append("a variant has another audio group")
    return faults, f"{len(found.variants)} variants, {len(found.audio)} audio renditions"


def _codecs(evidence: Evidence) -> Verdict:
    audio = {audio.config.codec for audio in evidence.audios}
    faults = []
    for video, attributes in _variants(evidence):
        declared = attributes.get("CODECS", "").split(",")
        if set(declared) != {video.config.codec, *audio}:
            faults.append(f"{video.name} declares {','.join(declared)}, is {video.config.codec}")
    return faults, ", ".join(sorted({video.config.codec for video in evidence.videos} | audio))


def _resolution(evidence: Evidence) -> Verdict:
    faults = []
    for video, attributes in _variants(evidence):
        size = f"{video.format.width}x{video.format.height}"
        others = {f"{video.config.width}x{video.config.height}", f"{video.rung.width}x{video.rung.height}"}
        if {attributes.get("RESOLUTION")} | others != {size}:
            faults.append(f"{video.name} declares {attributes.get('RESOLUTION')}, is {size}")
    return faults, ", ".join(f"{video.format.width}x{video.format.height}" for video in evidence.videos)


def _frame_rate(evidence: Evidence) -> Verdict:
    rate, faults = evidence.plan.frame_rate, []
    for video, attributes in _variants(evidence):
        if attributes.get("FRAME-RATE") != f"{float(rate):.3f}":
            faults.append(f"{video.name} declares {attributes.get('FRAME-RATE')}, is {float(rate):.3f}")
    return faults, f"{float(rate):.3f} frames/s"


def _bandwidth(evidence: Evidence) -> Verdict:
    audio = max((track.peak_bps for track in evidence.audios), default=0)
    return _declared(evidence, "BANDWIDTH", {video.name: video.peak_bps + audio for video in evidence.videos})


def _average_bandwidth(evidence: Evidence) -> Verdict:
    audio = max((track.average_bps for track in evidence.audios), default=0)
    return _declared(
        evidence, "AVERAGE-BANDWIDTH", {video.name: video.average_bps + audio for video in evidence.videos}
    )


def _declared(evidence: Evidence, name: str, measured_bps: Mapping[str, int]) -> Verdict:
    """Compare with what was measured, the largest audio track included: at least that, at most 10 % more."""
    faults, told = [], []
    for video, attributes in _variants(evidence):
        declared, measured = int(attributes.get(name, 0)), measured_bps[video.name]
        told.append(f"{video.name} {declared}/{measured}")
        if not measured <= declared <= measured * (1 + _BANDWIDTH_SHARE):
            faults.append(f"{video.name} declares {declared} bit/s, measured {measured}")
    return faults, f"declared/measured bit/s, limit +10 %: {', '.join(told)}"


def _peak(evidence: Evidence) -> Verdict:
    """Twice the average, or twice the target where the picture mostly stands still and the average says little."""
    faults, told = [], []
    for video in evidence.videos:
        peak, limit = video.peak_bps, 2 * max(video.average_bps, video.rung.video_bps)
        told.append(f"{video.name} {peak}/{limit}")
        faults += [f"{video.name} has a peak of {peak} bit/s, limit {limit}"] if peak > limit else []
    return faults, f"peak/limit bit/s: {', '.join(told)}"


def _first_variant(evidence: Evidence) -> Verdict:
    rates = [int(variant.attributes.get("BANDWIDTH", 0)) for variant in evidence.multivariant.variants]
    nearest = min(rates, key=lambda rate: abs(rate - _FIRST_VARIANT_BPS), default=0)
    faults = [f"{rates[0]} bit/s comes first, {nearest} is nearer"] if rates and rates[0] != nearest else []
    return faults, f"{nearest} bit/s, nearest to {_FIRST_VARIANT_BPS}"


def _media_playlists(evidence: Evidence) -> Verdict:
    faults, named = [], 0
    for track in evidence.tracks:
        faults += [f"{track.name} has no {tag}" for tag in _TAGS if tag not in track.playlist.tags]
        uris = [entry.uri for entry in track.playlist.entries]
        prefix = f"{track.directory}/"
        made = {name.removeprefix(prefix) for name in evidence.seen.segments if name.startswith(prefix)}
        if len(set(uris)) != len(uris) or set(uris) != made:
            faults.append(f"{track.name} does not name each stored segment once")
        named += len(uris)
    return faults, f"VOD, {named} segments named"


_TAGS = ("#EXT-X-PLAYLIST-TYPE:VOD", "#EXT-X-INDEPENDENT-SEGMENTS", '#EXT-X-MAP:URI="init.mp4"', "#EXT-X-ENDLIST")


def _segment_length(evidence: Evidence) -> Verdict:
    full, faults, longest = evidence.plan.segment_seconds, [], Fraction(0)
    for track in evidence.tracks:
        target, own = track.playlist.target_seconds, max(entry.duration_seconds for entry in track.playlist.entries)
        longest = max(longest, own)
        least = max(1, int(own + Fraction(1, 2)))
        if not least <= target <= max(least, int(full + Fraction(1, 2))):
            faults.append(f"{track.name} has a target duration of {target} s, its longest segment {float(own):.3f} s")
    return faults, f"at most {float(longest):.3f} s, planned {float(full):.3f} s"


def _durations(evidence: Evidence) -> Verdict:
    plan, faults, worst = evidence.plan, [], Fraction(0)
    for track in evidence.tracks:
        for entry, measured in zip(track.playlist.entries, track.segment_seconds, strict=True):
            if abs(entry.duration_seconds - measured) > _EXTINF_TOLERANCE_SECONDS:
                faults.append(
                    f"{track.name} {entry.uri} lasts {float(measured):.6f} s, not {float(entry.duration_seconds)}"
                )
    frame = 1 / plan.frame_rate
    planned = Fraction(plan.duration_seconds)
    for video in evidence.videos:
        total = video.playlist.duration_seconds
        worst = max(worst, abs(total - planned))
        limit = frame + _EXTINF_TOLERANCE_SECONDS * len(video.segments)
        if not _source_differs(evidence, video.frames) and abs(total - planned) > max(limit, _slack_seconds(plan)):
            faults.append(f"{video.name} lasts {float(total):.3f} s, the source {float(planned):.3f} s")
    return faults, f"EXTINF as measured; {float(worst):.3f} s from the source's {float(planned):.3f} s"


def _slack_seconds(plan: Plan) -> Fraction:
    """Return how far the length of a source of variable rate may be off: its last frame's duration is a guess."""
    return Fraction(0) if plan.frames is not None else max(Fraction(1), Fraction(plan.duration_seconds) / 100)


def _source_differs(evidence: Evidence, made: int) -> bool:
    """Tell whether the source holds another number of frames than its container promises, and all were made.

    However many were decoded, those that are missing must be few: a download that breaks off ends the film as well.
    """
    plan, decoded = evidence.plan, evidence.result.frames_decoded
    if plan.frames is None:
        return False
    missing = float((plan.frames - made) / plan.frame_rate)
    if missing > max(_SHORTAGE_SECONDS, _SHORTAGE_SHARE * plan.duration_seconds):
        return False
    if decoded is not None:
        return made == -(-decoded * plan.frame_rate / plan.source.frame_rate // 1)
    return missing >= 0


def _frames(evidence: Evidence) -> Verdict:
    plan, counts = evidence.plan, {video.name: video.frames for video in evidence.videos}
    faults = [] if len(set(counts.values())) == 1 else [f"renditions differ: {counts}"]
    made = evidence.videos[0].frames
    if plan.frames is not None and made != plan.frames and not _source_differs(evidence, made):
        faults.append(f"{made} frames stored, the source has {plan.frames}")
    broken = sum(f.samples - f.pictures for video in evidence.videos for f in video.fragments)
    faults += [f"{broken} samples are no pictures"] if broken else []
    return faults, f"{made} in every rendition; source {plan.frames or 'variable rate'}"


def _decoded(evidence: Evidence) -> Verdict:
    """What could not be decoded is not seen in the result, where holes are filled: the encoder has counted it."""
    losses = evidence.result.losses
    faults = [] if losses else ["what was lost has not been counted"]
    faults += damage.faults(losses, float(evidence.seconds))
    limit = damage.tolerated_seconds(float(evidence.seconds))
    return faults, f"{', '.join(map(damage.told, losses))} lost, limit {limit:.1f} s"


def _inits(evidence: Evidence) -> Verdict:
    faults = [f"{track.name} has an edit list" for track in evidence.tracks if track.edit_list]
    for video in evidence.videos:
        config, name = video.config, video.name
        faults += [f"{name} has lengths of {config.nal_length_bytes} bytes"] if config.nal_length_bytes != 4 else []
        profile = f"avc1.{video.format.profile:02X}"
        if not (config.codec.startswith(profile) and config.codec.endswith(f"{video.format.level:02X}")):
            faults.append(f"{name} is {config.codec}, its parameter set says {profile}")
        if (config.timescale / evidence.plan.frame_rate).denominator != 1:
            faults.append(f"a frame of {name} is no whole number of ticks of 1/{config.timescale} s")
    for audio in evidence.audios:
        wanted = (audio.track.sample_rate, audio.track.sample_rate, audio.track.channels)
        if (audio.config.timescale, audio.config.sample_rate, audio.config.channels) != wanted:
            faults.append(f"{audio.name} has {audio.config.channels} channels at {audio.config.sample_rate} Hz")
    return faults, "without edit lists; clocks fit the frame rate"


def _picture_format(evidence: Evidence) -> Verdict:
    faults = []
    for video in evidence.videos:
        found, name = video.format, video.name
        if (found.primaries, found.transfer, found.matrix) != (_BT709, _BT709, _BT709) or found.full_range:
            faults.append(
                f"{name} is tagged {found.primaries}/{found.transfer}/{found.matrix}"
                f"{', full range' if found.full_range else ''}"
            )
        if (found.bit_depth, found.chroma_format) != (8, 1):
            faults.append(f"{name} has {found.bit_depth} bits, chroma format {found.chroma_format}")
        if not found.progressive or found.sample_aspect not in {None, Fraction(1)}:
            faults.append(f"{name} is interlaced or has pixels that are not square")
        rate = evidence.plan.frame_rate
        if found.frame_rate is not None and abs(found.frame_rate - rate) > rate / 1000:
            faults.append(f"{name} says {float(found.frame_rate):.3f} frames/s, planned {float(rate):.3f}")
    return faults, "progressive, 8-bit 4:2:0, square pixels, bt709, limited range"


def _idr_starts(evidence: Evidence) -> Verdict:
    faults, count = [], 0
    for video in evidence.videos:
        for entry, segment in zip(video.playlist.entries, video.segments, strict=True):
            count += 1
            if not (segment.fragments[0].idr and segment.fragments[0].sync):
                faults.append(f"{video.name} {entry.uri} does not start with an IDR picture")
    return faults, f"{count} segments"


def _groups(evidence: Evidence) -> Verdict:
    """Every group of pictures but the last has the planned length, and an IDR picture at its start and nowhere else."""
    planned, faults, count = evidence.plan.gop_frames, [], 0
    for video in evidence.videos:
        groups = list(video.fragments)
        starts = {id(segment.fragments[0]) for segment in video.segments}
        for number, group in enumerate(groups):
            if not (group.samples == planned or (group.samples < planned and group is groups[-1])):
                faults.append(f"{video.name} group {number} has {group.samples} frames, planned {planned}")
            if id(group) not in starts and not (group.idr and group.sync == 1):
                faults.append(f"{video.name} group {number} has not one IDR picture at its start")
        count += len(groups)
    return faults, f"{count} groups, {float(planned / evidence.plan.frame_rate):.3f} s each"


def _clock(evidence: Evidence) -> Verdict:
    """Frame n is shown at n / rate: decode times, composition times and sequence numbers follow from it."""
    faults = []
    for video in evidence.videos:
        ticks, frame = int(video.config.timescale / evidence.plan.frame_rate), 0
        for fragment in video.fragments:
            begin, end = (fmp4.decode_tick(n, ticks) for n in (frame, frame + fragment.samples))
            length = ticks if fragment.samples == 1 else end - begin
            steady = fragment.samples == 1 or fragment.step == ticks
            number = frame // evidence.plan.gop_frames + 1
            if (fragment.decode_time, fragment.shown, fragment.ticks) != (begin, frame * ticks, length) or not steady:
                faults.append(f"{video.name} frame {frame} is shown at tick {fragment.shown}, not {frame * ticks}")
            elif fragment.sequence != number:
                faults.append(f"{video.name} has fragment {fragment.sequence} in place of {number}")
            frame += fragment.samples
    return faults, f"every frame shown at its number / {float(evidence.plan.frame_rate):.3f} s"


def _borders(evidence: Evidence) -> Verdict:
    cuts = {tuple(sum(f.samples for f in segment.fragments) for segment in video.segments) for video in evidence.videos}
    faults = [] if len(cuts) == 1 else ["renditions are cut at different frames"]
    planned = evidence.plan.segment_frames
    if any(frames != planned for cut in cuts for frames in cut[:-1]) or any(cut[-1] > planned for cut in cuts):
        faults.append(f"a segment has not {planned} frames")
    return faults, f"every {float(evidence.plan.segment_seconds):.3f} s, identical in all renditions"


def _i_frames(evidence: Evidence) -> Verdict:
    faults, count = [], 0
    declared = {variant.uri: variant.attributes for variant in evidence.multivariant.i_frames}
    for video in evidence.videos:
        name, rate = video.name, evidence.plan.frame_rate
        found = [
            (Entry(entry.uri, fragment.samples / rate, (fragment.sync_bytes, fragment.offset)), fragment.idr)
            for entry, segment in zip(video.playlist.entries, video.segments, strict=True)
            for fragment in segment.fragments
        ]
        listed = video.i_frames.entries
        ranges = [(entry.uri, entry.byte_range) for entry in listed]
        if "#EXT-X-I-FRAMES-ONLY" not in video.i_frames.tags or ranges != [(e.uri, e.byte_range) for e, _ in found]:
            faults.append(f"{name} lists other I-frames than it has")
        elif any(_apart(a, b) for a, (b, _) in zip(listed, found, strict=True)):
            faults.append(f"{name} has an I-frame with a wrong duration")
        sizes = [(entry.byte_range[0], entry.duration_seconds) for entry, _ in found if entry.byte_range]
        peak = peak_bps(sizes, video.i_frames.target_seconds)
        told = int(declared.get(f"{video.directory}/iframes.m3u8", {}).get("BANDWIDTH", 0))
        if not peak <= told <= peak * (1 + _BANDWIDTH_SHARE):
            faults.append(f"the I-frames of {name} declare {told} bit/s, measured {peak}")
        count += len(found)
    return faults, f"{count} byte ranges, each from a moof to the end of an IDR picture"


def _apart(one: Entry, other: Entry) -> bool:
    return abs(one.duration_seconds - other.duration_seconds) > _EXTINF_TOLERANCE_SECONDS


def _audio_frames(evidence: Evidence) -> Verdict:
    """AAC blocks of 1024 samples follow each other from zero on; only the film's last one may be cut short."""
    faults, count = [], 0
    for audio in evidence.audios:
        name, at = audio.name, 0
        blocks = list(audio.fragments)
        for number, fragment in enumerate(blocks):
            last = number == len(blocks) - 1
            whole = fragment.samples * 1024
            if fragment.decode_time != at or fragment.shown != at or fragment.sequence != number + 1:
                faults.append(f"{name} segment {number} begins at sample {fragment.decode_time}, not {at}")
            if not (whole - 1024 < fragment.ticks <= whole if last else fragment.ticks == whole):
                faults.append(f"{name} segment {number} has {fragment.ticks} samples in {fragment.samples} blocks")
            if not fragment.blocks == fragment.sync == fragment.samples:
                faults.append(f"{name} segment {number} has {fragment.samples - fragment.blocks} broken blocks")
            at += fragment.ticks
            count += fragment.samples
    return faults, f"{len(evidence.audios)} tracks, {count} AAC blocks without a gap"


def _audio_length(evidence: Evidence) -> Verdict:
    apart = {audio.name: abs(audio.seconds - evidence.seconds) for audio in evidence.audios}
    faults = [f"{name} is {float(gap):.3f} s apart" for name, gap in apart.items() if gap > _AV_TOLERANCE_SECONDS]
    return faults, f"within {float(max(apart.values(), default=0)) * 1000:.1f} ms of the video, limit 25 ms"


def _av_offset(evidence: Evidence) -> Verdict:
    """The plan puts the sound on the clock of the first frame: both begin at zero, and at each border close by."""
    video = evidence.videos[0]
    starts = [Fraction(segment.fragments[0].shown, video.config.timescale) for segment in video.segments]
    faults, worst = [], Fraction(0)
    for audio in evidence.audios:
        for number, (start, segment) in enumerate(zip(starts, audio.segments, strict=False)):
            offset = Fraction(segment.fragments[0].decode_time, audio.config.timescale) - start
            worst = max(worst, abs(offset))
            if abs(offset) > _AV_TOLERANCE_SECONDS:
                faults.append(f"{audio.name} is {float(offset) * 1000:.1f} ms late at segment {number}")
    return faults, f"at most {float(worst) * 1000:.1f} ms at the segment starts, limit 25 ms"


def _sprites(evidence: Evidence) -> Verdict:
    plan, faults, end = evidence.plan, [], 0
    last = plan.rungs[-1]
    tile = sprites.grid(last.width, last.height, 1)
    cues = [[*map(int, found[:8]), found[8], *map(int, found[9:])] for found in _CUE.findall(evidence.cues)]
    blocks = [block for block in evidence.cues.strip().split("\n\n") if block]
    if blocks[:1] != ["WEBVTT"] or len(blocks) != len(cues) + 1:
        faults.append("the cue file is no WebVTT of sprite cues")
    areas = set()
    for h1, m1, s1, ms1, h2, m2, s2, ms2, sheet, x, y, width, height in cues:
        start, begin, end = end, _milliseconds(h1, m1, s1, ms1), _milliseconds(h2, m2, s2, ms2)
        if begin != start or not 0 < end - begin <= sprites.INTERVAL_SECONDS * 1000:
            faults.append(f"a cue runs from {begin} to {end} ms, the one before it to {start} ms")
        picture = evidence.seen.pictures.get(f"sprites/{sheet}")
        if picture is None or x + width > picture.width or y + height > picture.height:
            faults.append(f"{sheet} has no area {x},{y},{width},{height}")
        if (width, height) != (tile.width, tile.height) or (sheet, x, y) in areas:
            faults.append(f"the tile {x},{y} of {sheet} is {width}x{height} or used twice")
        areas.add((sheet, x, y))
    if not -_CUE_TOLERANCE_MS <= end - evidence.seconds * 1000 < 1:
        faults.append(f"the cues end at {end} ms, the video at {float(evidence.seconds) * 1000:.3f}")
    return faults, f"{len(cues)} cues without a gap up to {end} ms, each within its sheet"


def _milliseconds(hours: int, minutes: int, seconds: int, milliseconds: int) -> int:
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + milliseconds


def _pictures(evidence: Evidence) -> Verdict:
    sizes = {(rung.width, rung.height) for rung in evidence.plan.rungs}
    faults = []
    for name in ("poster.jpg", *evidence.result.thumbnails):
        picture = evidence.seen.pictures.get(name)
        if picture is None or (picture.width, picture.height) not in sizes:
            faults.append(f"{name} is no JPEG of a rung's size")
    return faults, f"poster and {len(evidence.result.thumbnails)} candidates, of a rung's size"


def _as_reported(evidence: Evidence) -> Verdict:
    """What the encoder says it made is what the API shows; it must be what is there."""
    faults, result = [], evidence.result
    reported: dict[str, Track] = {track.name: track for track in (*result.renditions, *result.audio)}
    for found in evidence.tracks:
        told, name = reported.get(found.name), found.name
        stored = zip(found.playlist.entries, found.segments, found.segment_seconds, strict=True)
        if told is None or told.codecs != found.config.codec:
            faults.append(f"{name} was not reported, or as another codec")
        elif [(e.uri, s.size, d) for e, s, d in stored] != [
            (s.name, s.size, s.duration_seconds) for s in told.segments
        ]:
            faults.append(f"{name} has other segments than were reported")
    if len(result.renditions) + len(result.audio) != len(evidence.tracks):
        faults.append("other renditions were made than planned")
    return faults, "names, bytes and lengths of all segments"


#: Every rule with its name in the report, in the order of the report.
RULES: tuple[tuple[str, Callable[[Evidence], Verdict]], ...] = (
    ("[9.11] multivariant playlist", _multivariant),
    ("[9.1] CODECS", _codecs),
    ("[9.2] RESOLUTION", _resolution),
    ("[9.15] FRAME-RATE", _frame_rate),
    ("[1.27] BANDWIDTH", _bandwidth),
    ("[1.26] AVERAGE-BANDWIDTH", _average_bandwidth),
    ("[1.30] peak bit rate", _peak),
    ("[1.32] first variant", _first_variant),
    ("media playlists", _media_playlists),
    ("[7.5] segment length", _segment_length),
    ("[8.1] durations", _durations),
    ("init segments", _inits),
    ("[1.14] picture format", _picture_format),
    ("[7.4] IDR at segment starts", _idr_starts),
    ("[1.13] groups of pictures", _groups),
    ("[1.18] frame times", _clock),
    ("frames", _frames),
    ("decoded", _decoded),
    ("[8.22] segment borders", _borders),
    ("[6.1] I-frame playlists", _i_frames),
    ("[9.5] audio frames", _audio_frames),
    ("[8.3] audio length", _audio_length),
    ("A/V offset", _av_offset),
    ("sprites", _sprites),
    ("pictures", _pictures),
    ("as reported", _as_reported),
)
