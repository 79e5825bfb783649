"""A verification that cannot fail proves nothing: damage a good generation in every way it claims to notice."""

import hashlib
import json
import re
import struct
import time
from dataclasses import replace

import pytest

from tests.media.making import AAC, SINE, X264, encode_clip, make, picture
from worker.media import fmp4
from worker.media.results import Loss, StoredObject
from worker.media.rules import RULES
from worker.media.verify import verify
from worker.media.witness import Seen, Witness, jpeg_size

#: The checks that cannot be judged by single rules, because the rules need what these read.
FIRST = {"objects", "readable"}


@pytest.fixture(scope="session")
async def clip(tmp_path_factory):
    """Fourteen seconds, two rungs, three segments, two sprite tiles, one audio track."""
    directory = tmp_path_factory.mktemp("clip")
    source = make(directory / "source.mp4", *picture("640x480"), *SINE, "-t", "14", *X264, *AAC)
    return await encode_clip(source, directory / "out")


async def check(clip, *, bodies=None, listing=None, result=None, plan=None, sent=True, **options):
    """Verify `clip` with `bodies` in place of its objects, as if they had been `sent` so; returns what fails."""
    bodies, result = bodies or {}, result or clip.result
    if sent:
        made = {n: StoredObject(len(b), hashlib.md5(b).hexdigest()) for n, b in bodies.items()}
        result = replace(result, objects=result.objects | made)

    async def read(name):
        return bodies[name] if name in bodies else await clip.read(name)

    async def stat():
        stored = {**await clip.stat(), **{name: (len(body), None) for name, body in bodies.items()}}
        return listing(stored) if listing else stored

    report = await verify(plan or clip.plan, result, read, stat, **options)
    failed = {check["rule"] for check in report["checks"] if not check["ok"]}
    assert report["ok"] is not bool(failed)
    return failed


async def test_within_the_audio_group_every_name_is_another(tmp_path):
    titles = ("-metadata:s:a:0", 'title=Main "A"', "-metadata:s:a:1", "title=Main A")
    tracks = ("-map", "0", "-map", "1", "-map", "1", *titles)
    source = make(tmp_path / "film.mkv", *picture(), *SINE, *tracks, *X264, *AAC, "-t", "1")
    film = await encode_clip(source, tmp_path / "out")
    assert await check(film) == set()
    text = film.text("master.m3u8")
    assert re.findall(r'NAME="(.*?)"', text) == ["Main A", "Main A (2)"]
    damaged = text.replace("Main A (2)", "Main A")
    assert await check(film, bodies={"master.m3u8": damaged.encode()}) == {"[9.11] multivariant playlist"}


async def test_a_good_generation_passes(clip):
    assert [check for check in clip.report["checks"] if not check["ok"]] == []
    assert {check["rule"] for check in clip.report["checks"]} == FIRST | {rule for rule, _ in RULES}
    assert all(check["detail"] for check in clip.report["checks"])


def without(name):
    return lambda stored: {key: value for key, value in stored.items() if key != name}


def changed(name, size=0, tag=None):
    return lambda stored: {**stored, name: (stored[name][0] + size, tag or stored[name][1])}


@pytest.mark.parametrize(
    "listing",
    [
        without("v360/seg-00001.m4s"),
        without("v480/init.mp4"),
        without("master.m3u8"),
        without("sprites/sprites.vtt"),
        changed("a0/seg-00000.m4s", size=-1),
        changed("v480/seg-00000.m4s", tag='"00000000000000000000000000000000"'),
    ],
    ids=["segment", "init", "master", "cues", "size", "md5"],
)
async def test_stored_objects_must_be_those_that_were_sent(clip, listing):
    assert await check(clip, listing=listing) == {"objects"}


async def test_an_etag_that_is_no_md5_is_no_fault(clip):
    assert await check(clip, listing=changed("v360/seg-00000.m4s", tag='"abc-2"')) == set()


async def test_there_is_no_object_too_many(clip):
    assert await check(clip, bodies={"v360/index.m3u8.bak": b"x"}, sent=False) == {"objects"}
    assert await check(clip, bodies={"v360/seg-00001-2.m4s": b"x"}, sent=False) == {"objects"}
    assert await check(clip, bodies={"parts/window-0-all-1.json": b"{}"}, sent=False) == {"objects"}


async def test_what_is_read_back_must_be_what_was_sent(clip):
    body = bytearray(await clip.read("v360/seg-00000.m4s"))
    body[-1] ^= 1
    assert await check(clip, bodies={"v360/seg-00000.m4s": bytes(body)}, sent=False) == {"objects"}


async def test_the_download_must_be_there_when_asked_for(clip):
    assert await check(clip, download=True) == {"objects"}
    assert await check(clip, bodies={"download.mp4": b"x"}, download=True) == set()


@pytest.mark.parametrize(
    ("name", "old", "new", "rules"),
    [
        ("master.m3u8", r"#EXT-X-INDEPENDENT-SEGMENTS\n", "", {"[9.11] multivariant playlist"}),
        ("master.m3u8", r"v480/iframes", "v360/iframes", {"[9.11] multivariant playlist", "[6.1] I-frame playlists"}),
        ("master.m3u8", r"a0/index", "a1/index", {"[9.11] multivariant playlist"}),
        ("master.m3u8", r',AUDIO="audio"', "", {"[9.11] multivariant playlist"}),
        ("master.m3u8", r"INF:BANDWIDTH=\d{7}", "INF:BANDWIDTH=1000000", {"[1.27] BANDWIDTH"}),
        ("master.m3u8", r"INF:BANDWIDTH=1\d{6}", "INF:BANDWIDTH=1999999", {"[1.27] BANDWIDTH"}),
        ("master.m3u8", r"AVERAGE-BANDWIDTH=\d{7}", "AVERAGE-BANDWIDTH=100000", {"[1.26] AVERAGE-BANDWIDTH"}),
        ("master.m3u8", r"avc1.64001E,", "avc1.64001F,", {"[9.1] CODECS"}),
        ("master.m3u8", r"avc1.64001E,mp4a.40.2", "avc1.64001E", {"[9.1] CODECS"}),
        ("master.m3u8", r"=480x360,FRAME", "=480x362,FRAME", {"[9.2] RESOLUTION"}),
        ("master.m3u8", r"FRAME-RATE=25.000", "FRAME-RATE=24.000", {"[9.15] FRAME-RATE"}),
        ("master.m3u8", r"FRAME-RATE=25.000,", "", {"[9.15] FRAME-RATE"}),
        ("master.m3u8", r"(?s)(#EXT-X-STREAM.*?m3u8\n)(#EXT-X-STREAM.*?m3u8\n)", r"\2\1", {"[1.32] first variant"}),
        ("master.m3u8", r"#EXTM3U\n", "", {"readable"}),
        ("v360/index.m3u8", r"seg-00001", "seg-00009", {"readable"}),
        ("v360/index.m3u8", r":VOD", ":EVENT", {"media playlists"}),
        ("a0/index.m3u8", r"#EXT-X-ENDLIST\n", "", {"media playlists"}),
        ("v360/index.m3u8", r"TARGETDURATION:6", "TARGETDURATION:5", {"[7.5] segment length"}),
        ("a0/index.m3u8", r"TARGETDURATION:6", "TARGETDURATION:9", {"[7.5] segment length"}),
        ("v360/index.m3u8", r"EXTINF:2.000000", "EXTINF:2.040000", {"[8.1] durations"}),
        ("a0/index.m3u8", r"EXTINF:6.016000", "EXTINF:6.000000", {"[8.1] durations"}),
        ("v480/iframes.m3u8", r"@0\n", "@9\n", {"[6.1] I-frame playlists"}),
        ("v480/iframes.m3u8", r"EXTINF:2.0", "EXTINF:2.1", {"[6.1] I-frame playlists"}),
        ("v480/iframes.m3u8", r"#EXT-X-I-FRAMES-ONLY\n", "", {"[6.1] I-frame playlists"}),
        ("sprites/sprites.vtt", r"00:00:10.000 --> ", "00:00:10.100 --> ", {"sprites"}),
        ("sprites/sprites.vtt", r"14.000", "13.900", {"sprites"}),
        ("sprites/sprites.vtt", r"xywh=192,", "xywh=193,", {"sprites"}),
        ("sprites/sprites.vtt", r"xywh=192,", "xywh=0,", {"sprites"}),
        ("sprites/sprites.vtt", r"sheet-000", "sheet-001", {"sprites"}),
        ("sprites/sprites.vtt", r"WEBVTT\n\n", "", {"sprites"}),
    ],
)  # fmt: skip
async def test_playlists_and_cues_must_say_the_truth(clip, name, old, new, rules):
    text = clip.text(name)
    damaged = re.sub(old, new, text, count=1)
    assert damaged != text
    assert await check(clip, bodies={name: damaged.encode()}) == rules


@pytest.mark.parametrize(
    ("name", "old", "new", "rules"),
    [
        ("v480/init.mp4", b"avcC\x01\x64", b"avcC\x01\x4d", {"[9.1] CODECS", "init segments", "as reported"}),
        ("v480/init.mp4", struct.pack(">HH", 640, 480), struct.pack(">HH", 640, 482), {"[9.2] RESOLUTION"}),
        ("v480/init.mp4", b"avc1", b"hvc1", {"readable"}),
        ("a0/init.mp4", b"\x05\x02\x11\x88", b"\x05\x02\x11\x90", {"init segments"}),
        ("a0/init.mp4", b"\x05\x02\x11\x88", b"\x05\x02\x29\x88", {"[9.1] CODECS", "as reported"}),
        ("a0/init.mp4", b"esds", b"esdx", {"readable"}),
    ],
)
async def test_init_segments_must_fit(clip, name, old, new, rules):
    body = await clip.read(name)
    assert body.count(old) == 1
    assert await check(clip, bodies={name: body.replace(old, new)}) == rules


async def test_an_edit_list_is_noticed(clip):
    init = await clip.read("v360/init.mp4")
    ftyp, moov = (found for kind, found in fmp4.children(init) if kind in {b"ftyp", b"moov"})
    parts = []
    for kind, found in fmp4.children(moov):
        edits = fmp4.box(b"edts", fmp4.full_box(b"elst", 0, 0, struct.pack(">IIiI", 1, 0, 2000, 0x10000)))
        parts.append(fmp4.box(kind, found, edits if kind == b"trak" else b""))
    edited = fmp4.box(b"ftyp", ftyp) + fmp4.box(b"moov", *parts)
    assert await check(clip, bodies={"v360/init.mp4": edited}) == {"init segments"}


@pytest.mark.parametrize("colour", ["primaries", "transfer", "matrix", "full_range"])
async def test_the_picture_must_be_tagged_bt709(clip, colour):
    init = await clip.read("v360/init.mp4")
    start = init.index(b"avcC") + 12
    end = start + int.from_bytes(init[start - 2 : start])
    bits = f"{int.from_bytes(init[start:end]):0{8 * (end - start)}b}"
    # video_format 5 (unspecified), limited range, and three times bt709.
    at = bits.index("101" + "0" + "1" + "00000001" * 3)
    place = {"full_range": 3, "primaries": 12, "transfer": 20, "matrix": 28}[colour]
    flipped = bits[: at + place] + str(1 - int(bits[at + place])) + bits[at + place + 1 :]
    damaged = init[:start] + int(flipped, 2).to_bytes(end - start) + init[end:]
    assert await check(clip, bodies={"v360/init.mp4": damaged}) == {"[1.14] picture format"}


def rewritten(body, change, *, audio=False):
    """Write a segment again with `change` applied to its list of fragments."""
    fragments = [fragment for _, fragment in fmp4.parse_segment(body)]
    return b"".join(fmp4.write_fragment(fragment, all_sync=audio) for fragment in change(fragments))


def later(ticks):
    return lambda fragments: [replace(f, decode_time=f.decode_time + ticks) for f in fragments]


def numbered_again(fragments):
    return [replace(f, sequence=f.sequence + 1) for f in fragments]


def dropped_frame(fragments):
    last = fragments[-1]
    size = last.samples[-1].size
    return [*fragments[:-1], replace(last, samples=last.samples[:-1], data=last.data[:-size])]


def no_idr(fragments):
    """Make the first picture an ordinary one, in its NAL header."""
    first, data, position = fragments[0], bytearray(fragments[0].data), 0
    while data[position + 4] & 31 != 5:
        position += 4 + int.from_bytes(data[position : position + 4])
    data[position + 4] = data[position + 4] & 0xE0 | 1
    return [replace(first, data=bytes(data)), *fragments[1:]]


def inner_no_idr(fragments):
    return [fragments[0], *no_idr(fragments[1:])]


def broken_nal(fragments):
    first, data = fragments[0], bytearray(fragments[0].data)
    position = first.samples[0].size
    data[position : position + 4] = b"\0\xff\xff\xff"
    return [replace(first, data=bytes(data)), *fragments[1:]]


def uneven(fragments):
    """Show the second picture of the last group a tick later."""
    last = fragments[-1]
    second = replace(last.samples[1], composition_offset=last.samples[1].composition_offset + 1)
    return [*fragments[:-1], replace(last, samples=(last.samples[0], second, *last.samples[2:]))]


def late_sound(fragments):
    """40 ms of silence too much before the sound."""
    return later(1920)(fragments)


def broken_block(fragments):
    (only,) = fragments
    return [replace(only, data=only.data[:-2] + b"\x55\x55")]


def short_sound(fragments):
    """Leave the last two blocks out: 43 ms."""
    (only,) = fragments
    gone = sum(sample.size for sample in only.samples[-2:])
    return [replace(only, samples=only.samples[:-2], data=only.data[:-gone])]


CLOCK, FRAMES, GROUPS, IDR = "[1.18] frame times", "frames", "[1.13] groups of pictures", "[7.4] IDR at segment starts"
REPORTED = "as reported"
#: What must follow when a segment has other frames than the others: it is all told, from different sides.
LENGTH = {FRAMES, "[8.1] durations", "[8.22] segment borders", REPORTED, "[6.1] I-frame playlists"}
LENGTH |= {"[8.3] audio length", "sprites"}


@pytest.mark.parametrize(
    ("name", "change", "rules"),
    [
        ("v360/seg-00001.m4s", later(1), {CLOCK}),
        ("v360/seg-00002.m4s", later(1000), {CLOCK}),
        ("v480/seg-00002.m4s", numbered_again, {CLOCK}),
        ("v480/seg-00002.m4s", uneven, {CLOCK}),
        ("v480/seg-00002.m4s", dropped_frame, LENGTH),
        ("v480/seg-00000.m4s", no_idr, {IDR}),
        ("v480/seg-00001.m4s", inner_no_idr, {GROUPS}),
        ("v480/seg-00001.m4s", broken_nal, {FRAMES}),
        ("a0/seg-00000.m4s", late_sound, {"A/V offset", "[9.5] audio frames"}),
        ("a0/seg-00001.m4s", later(1), {"[9.5] audio frames"}),
        ("a0/seg-00002.m4s", broken_block, {"[9.5] audio frames"}),
        ("a0/seg-00002.m4s", short_sound, {"[8.3] audio length", "[8.1] durations", REPORTED}),
        ("a0/seg-00002.m4s", numbered_again, {"[9.5] audio frames"}),
    ],
)
async def test_segments_are_judged_by_their_bytes(clip, name, change, rules):
    body = await clip.read(name)
    audio = name.startswith("a0")
    assert rewritten(body, lambda fragments: fragments, audio=audio) == body
    damaged = rewritten(body, change, audio=audio)
    assert damaged != body
    found = await check(clip, bodies={name: damaged})
    assert rules <= found
    # What was cut out is missing from what was measured.
    moved = {"[1.27] BANDWIDTH", "[1.26] AVERAGE-BANDWIDTH", "[9.5] audio frames"}
    assert found - rules <= (moved if len(damaged) < len(body) else set())


async def test_swapped_segments_are_noticed(clip):
    """Two segments of equal length: only the clock tells them apart, and what was reported about them."""
    first, second = "v360/seg-00000.m4s", "v360/seg-00001.m4s"
    swapped = {first: await clip.read(second), second: await clip.read(first)}
    assert await check(clip, bodies=swapped) == {CLOCK, REPORTED, "[6.1] I-frame playlists", "A/V offset"} - {
        "A/V offset"
    }


@pytest.mark.parametrize("cut", [1, 100, 5000])
async def test_a_segment_that_breaks_off_cannot_be_read(clip, cut):
    body = await clip.read("v360/seg-00001.m4s")
    assert await check(clip, bodies={"v360/seg-00001.m4s": body[:-cut]}) == {"readable"}


async def test_samples_marked_wrongly_are_noticed(clip):
    body = await clip.read("v360/seg-00001.m4s")
    mark = struct.pack(">I", 0x02000000)
    unmarked = body.replace(mark, struct.pack(">I", 0x01010000), 1)
    assert await check(clip, bodies={"v360/seg-00001.m4s": unmarked}) == {IDR}


async def test_pictures_must_be_pictures(clip):
    sheet, small = await clip.read("sprites/sheet-000.jpg"), await clip.read("poster.jpg")
    assert await check(clip, bodies={"poster.jpg": b"no picture"}) == {"readable"}
    assert await check(clip, bodies={"thumb-2.jpg": small[:-2]}) == {"readable"}
    assert await check(clip, bodies={"thumb-3.jpg": sheet}) == {"pictures"}
    position = next(n for n in range(len(sheet)) if sheet[n : n + 2] == b"\xff\xc0")
    narrow = sheet[: position + 7] + struct.pack(">H", 200) + sheet[position + 9 :]
    assert jpeg_size(narrow) == (200, jpeg_size(sheet)[1])
    assert await check(clip, bodies={"sprites/sheet-000.jpg": narrow}) == {"sprites"}


async def test_a_runaway_bit_rate_is_noticed(clip):
    tight = replace(clip.plan, rungs=tuple(replace(rung, video_bps=1) for rung in clip.plan.rungs))
    assert await check(clip, plan=tight) == set()
    body = await clip.read("v360/seg-00000.m4s")
    padded = body + fmp4.box(b"free", bytes(30 * len(body)))
    found = await check(clip, plan=tight, bodies={"v360/seg-00000.m4s": padded})
    assert found == {"[1.30] peak bit rate", "[1.27] BANDWIDTH", "[1.26] AVERAGE-BANDWIDTH", REPORTED}


async def test_what_was_reported_must_be_there(clip):
    first, *others = clip.result.renditions
    shorter = replace(first, segments=first.segments[:1])
    assert await check(clip, result=replace(clip.result, renditions=(shorter, *others))) == {REPORTED}
    assert await check(clip, result=replace(clip.result, renditions=(first,))) == {REPORTED}
    assert await check(clip, result=replace(clip.result, audio=())) == {REPORTED}


@pytest.mark.parametrize(
    ("more", "decoded", "rules"),
    [
        (1, 350, set()),
        (1, 351, {"frames"}),
        (1, None, set()),
        (30, 350, {"frames", "[8.1] durations"}),
        (30, None, {"frames", "[8.1] durations"}),
        (-2, None, {"frames", "[8.1] durations"}),
    ],
)
async def test_every_frame_of_the_source_must_be_there(clip, more, decoded, rules):
    """A container may promise frames that no decoder delivers, never the other way round."""
    frames = clip.plan.frames + more
    plan = replace(clip.plan, frames=frames, duration_seconds=frames / 25)
    assert await check(clip, plan=plan, result=replace(clip.result, frames_decoded=decoded)) == rules


@pytest.mark.parametrize("losses", [(), (Loss("", 36, 350),), (Loss("", 0, 350), Loss("a0", 60, 657))])
async def test_what_was_lost_is_judged(clip, losses):
    assert await check(clip, result=replace(clip.result, losses=losses)) == {"decoded"}


async def test_what_was_seen_is_not_read_again(clip):
    """Notes made while the encode ran, one half by another worker, take the place of reading."""
    names = [name for name in clip.result.objects if name.endswith((".m4s", ".jpg"))]
    halves = []
    for half in (names[::2], names[1::2]):
        witness = Witness(clip.read)
        for name in half:
            await witness.look(name)
        halves.append(Seen.from_json(json.loads(json.dumps(witness.seen.to_json()))))
    asked = []

    async def read(name):
        asked.append(name)
        return await clip.read(name)

    report = await verify(clip.plan, clip.result, read, clip.stat, witnessed=halves[0] | halves[1])
    assert report == clip.report
    assert not {*asked} & {*names}


async def test_a_witness_of_other_bytes_is_noticed(clip):
    witness = Witness(clip.read)
    witness.note("v360/seg-00000.m4s", await clip.read("v360/seg-00001.m4s"))
    assert "objects" in await check(clip, witnessed=witness.seen)
    # An object that was superseded and deleted while the encode ran says nothing about what is there.
    stale = Seen(segments={"v360/seg-00000-2.m4s": witness.seen.segments["v360/seg-00000.m4s"]})
    assert await check(clip, witnessed=stale) == set()


async def test_it_costs_next_to_nothing(clip):
    """Half a minute of four rungs is to cost less than 0.15 s of CPU; this is 14 s of two."""
    begun = time.process_time()
    await verify(clip.plan, clip.result, clip.read, clip.stat)
    assert time.process_time() - begun < 0.08
