"""A verification that cannot fail proves nothing: damage a good generation in every way it claims to notice."""

from dataclasses import replace

import pytest

from worker.media.verify import verify


async def check(demo, *, bodies=None, listing=None, result=None):
    async def read(name):
        return (bodies or {}).get(name) or await demo.read(name)

    async def stat():
        stored = dict(await demo.stat())
        return listing(stored) if listing else stored

    report = await verify(demo.plan, result or demo.result, read, stat)
    return report["ok"], {check["rule"] for check in report["checks"] if not check["ok"]}


async def test_a_good_generation_passes(demo):
    assert await check(demo) == (True, set())
    assert len(demo.report["checks"]) >= 12


def without(name):
    return lambda stored: {key: value for key, value in stored.items() if key != name}


def changed(name, size=0, tag=None):
    return lambda stored: {**stored, name: (stored[name][0] + size, tag or stored[name][1])}


@pytest.mark.parametrize(
    "listing",
    [
        without("v360/seg-00001.m4s"),
        without("v720/init.mp4"),
        without("master.m3u8"),
        without("sprites/sprites.vtt"),
        changed("a0/seg-00000.m4s", size=-1),
        changed("v1080/seg-00000.m4s", tag='"00000000000000000000000000000000"'),
        lambda stored: {**stored, "v360/seg-00009.m4s": (5, None)},
    ],
    ids=["segment", "init", "master", "cues", "size", "md5", "stranger"],
)
async def test_stored_objects_must_be_those_that_were_sent(demo, listing):
    assert await check(demo, listing=listing) == (False, {"objects"})


async def test_an_etag_that_is_no_md5_is_no_fault(demo):
    assert await check(demo, listing=changed("v360/seg-00000.m4s", tag='"abc-2"')) == (True, set())


@pytest.mark.parametrize(
    ("name", "old", "new", "rule"),
    [
        ("master.m3u8", b"BANDWIDTH=1", b"BANDWIDTH=2", "multivariant playlist"),
        ("master.m3u8", b"v480/index", b"v481/index", "multivariant playlist"),
        ("master.m3u8", b"FRAME-RATE=24.000,", b"", "multivariant playlist"),
        ("v360/index.m3u8", b"seg-00001", b"seg-00002", "playlist 360p"),
        ("v360/index.m3u8", b"EXTINF:5.041667", b"EXTINF:4.900000", "playlist 360p"),
        ("v360/index.m3u8", b"TARGETDURATION:6", b"TARGETDURATION:5", "playlist 360p"),
        ("a0/index.m3u8", b"#EXT-X-ENDLIST\n", b"", "playlist a0"),
        ("v720/iframes.m3u8", b"@0", b"@9", "I-frame playlists"),
        ("v720/init.mp4", b"avcC\x01\x64", b"avcC\x01\x4d", "init segments"),
        ("v360/seg-00001.m4s", b"\0\0\0\0\0\x00tf", b"", "stored segment"),
    ],
)
async def test_what_is_read_back_must_say_the_truth(demo, name, old, new, rule):
    body = await demo.read(name)
    damaged = body.replace(old, new) if old in body else body[:-10]
    assert damaged != body
    assert await check(demo, bodies={name: damaged}) == (False, {rule})


async def test_renditions_must_agree(demo):
    first, *others = demo.result.renditions
    shorter = replace(first, segments=first.segments[:1])
    ok, rules = await check(demo, result=replace(demo.result, renditions=(shorter, *others)))
    assert not ok
    assert {"frames", "segment borders"} <= rules


async def test_the_decoder_must_have_seen_every_frame_that_was_made(demo):
    plan = replace(demo.plan, frames=demo.plan.frames + 1)
    report = await verify(plan, replace(demo.result, frames_decoded=200), demo.read, demo.stat)
    assert {"frames"} <= {check["rule"] for check in report["checks"] if not check["ok"]}
