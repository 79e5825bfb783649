"""What joining refuses, and what it makes: sheets, thumbnails, sound cut at the video's end, the list of objects."""

from dataclasses import replace
from fractions import Fraction

import av
import pytest

from shared.encoding.ladder import plan_ladder
from tests.media.dividing import SETTINGS, Divided, divide, part_keys
from tests.media.making import AAC, SINE, X264, assert_plays, encode_clip, make, picture
from worker.media.errors import MediaCode, MediaError
from worker.media.growing import Piece, growing
from worker.media.parts import assemble
from worker.media.probe import probe


@pytest.fixture(scope="session")
def clip(tmp_path_factory):
    """Seventy-one seconds in ten pictures a second: nine sprite tiles, of which none lies on a window's first frame."""
    return make(
        *(tmp_path_factory.mktemp("clip") / "clip.mp4", *picture("160x90", "10"), *SINE, *X264, *AAC),
        *("-t", "71.3"),
    )


@pytest.fixture(scope="session")
async def joined(clip, tmp_path_factory):
    """Five windows of two and three segments, and their parts."""
    return await divide(clip, tmp_path_factory.mktemp("joined"), window_seconds=18)


async def test_the_result_is_that_of_the_undivided_encode(clip, joined, tmp_path):
    whole = await encode_clip(clip, tmp_path)
    assert [w.start_frame // 60 for w in joined.plan.windows] == [0, 3, 6, 9]
    assert_plays(joined, frames=713, rate=Fraction(10))
    assert set(joined.result.objects) == set(whole.result.objects) == set(await joined.stat())
    assert joined.result.frames_decoded is None
    for name in ("a0/index.m3u8", "v90/index.m3u8", "sprites/sprites.vtt"):
        assert joined.text(name) == whole.text(name)
    for name in ("v90/init.mp4", "a0/init.mp4", *(f"a0/{s.name}" for s in whole.result.audio[0].segments)):
        assert (joined.directory / name).read_bytes() == (tmp_path / name).read_bytes()
    for name in ("sprites/sheet-000.jpg", "poster.jpg", "thumb-1.jpg", "thumb-2.jpg", "thumb-3.jpg"):
        made, wanted = (_grey(directory / name) for directory in (joined.directory, tmp_path))
        assert (made.width, made.height) == (wanted.width, wanted.height)
        assert _distance(made, wanted) < 3, name
    sizes = [encoded.result.renditions[0].average_bps for encoded in (joined, whole)]
    assert sizes[0] == pytest.approx(sizes[1], rel=0.1)


def _grey(path):
    with av.open(str(path)) as container:
        return next(container.decode(video=0)).reformat(format="gray")


def _distance(one, other):
    """Mean difference of two grey pictures, in levels."""
    lines = range(one.height)
    width = one.width
    planes = [(bytes(frame.planes[0]), frame.planes[0].line_size) for frame in (one, other)]
    rows = [b"".join(data[y * size : y * size + width] for y in lines) for data, size in planes]
    return sum(abs(a - b) for a, b in zip(*rows, strict=True)) / len(rows[0])


async def test_what_grows_ends_as_what_is_published(joined):
    """Every name and duration that a growing playlist gave stays true."""
    pieces = [Piece(*key, 1, told[-1][0], done=True) for key, told in joined.told.items()]
    codecs = {name: codec for told in joined.told.values() for name, codec in told[-1][1].items()}
    grown = growing(joined.plan, pieces, codecs)
    assert grown.segments == 9
    for name in ("v90/index.m3u8", "a0/index.m3u8"):
        said = [line for line in grown.texts[name].splitlines() if line[:8] in {"#EXTINF:", "seg-0000"}]
        assert said
        assert "\n".join(said) in joined.text(name)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda parts: parts[1:], "not those of the plan"),
        (lambda parts: [parts[0], *parts], "not those of the plan"),
        (lambda parts: parts[:-1], "0 parts bring the sound"),
        (lambda parts: [replace(parts[0], inits={"v90": "0" * 32}), *parts[1:]], "different headers"),
        (lambda parts: [replace(parts[0], frames=179), *parts[1:]], "differs in length"),
        (lambda parts: [shorter(parts[0]), *parts[1:]], "goes on where the one before has ended"),
        (lambda parts: [replace(parts[0], tile_count=1), *parts[1:]], "sprite tiles"),
        (lambda parts: [*parts[:-1], replace(parts[-1], audio=())], "audio tracks are not those"),
    ],
    ids=["missing", "twice", "mute", "header", "length", "gap", "tiles", "track"],
)
async def test_parts_that_do_not_fit_are_refused(joined, change, message):
    with pytest.raises(MediaError, match=message) as caught:
        await assemble(joined.plan, change(joined.parts), ignore, unread, settings=SETTINGS)
    assert caught.value.code == MediaCode.MEDIA_OUTPUT_INVALID
    assert not caught.value.permanent


@pytest.mark.parametrize("frames", [400, None], ids=["constant", "variable"])
async def test_a_film_longer_than_its_index_is_refused(joined, frames):
    """Every other try would end alike."""
    plan = replace(joined.plan, frames=frames, duration_seconds=69.5)
    with pytest.raises(
        MediaError, match=r"the index and the content differ in length: 69.5 s were found, 71.3"
    ) as caught:
        await assemble(plan, joined.parts, ignore, unread, settings=SETTINGS)
    assert caught.value.code == MediaCode.FFMPEG_INVALID_INPUT


async def test_sound_that_ends_before_the_picture_is_made_again(joined):
    """The finish alone would fail in the same way."""
    sound = joined.parts[-1]
    short = replace(sound, tails={}, audio=tuple(replace(t, segments=t.segments[:3]) for t in sound.audio))
    with pytest.raises(MediaError, match="audio a0 ends before the video") as caught:
        await assemble(joined.plan, [*joined.parts[:-1], short], ignore, joined.read, settings=SETTINGS)
    assert caught.value.code == MediaCode.MEDIA_OUTPUT_INVALID


def shorter(part):
    """The same without its last segment."""
    [rendition] = part.video
    return replace(part, frames=part.frames - 60, video=(replace(rendition, segments=rendition.segments[:-1]),))


async def ignore(name, body, content_type, kind):
    pass


async def unread(name):
    raise AssertionError(f"{name} was read")


async def test_sound_that_was_cut_beyond_the_video_is_cut_again(tmp_path):
    """The picture ends two segments before what was expected; a second finish stores the same."""
    film = make(tmp_path / "film.mp4", *picture("160x90", "10"), *SINE, *X264, *AAC, "-t", "27.7")
    facts = replace(await probe(str(film)), frames=None, frame_rate_is_constant=False)
    plan = plan_ladder(facts, window_seconds=12)
    divided = Divided(facts, plan, tmp_path / "out")
    long = plan_ladder(replace(facts, duration_seconds=60.0), window_seconds=12)
    for key in part_keys(plan):
        divided.plan = long if key[0] == "audio" else plan
        divided.parts.append(await divided.make(str(film), *key))
    divided.plan = plan
    assert len(divided.parts[-1].audio[0].segments) == 7
    first = {}

    async def sink(name, body, content_type, kind):
        first[name] = body

    await assemble(plan, divided.parts, sink, divided.read, settings=SETTINGS)
    await divided.join()
    assert {name: (divided.directory / name).read_bytes() for name in first} == first
    assert_plays(divided, frames=277, rate=Fraction(10))
    assert [s.name for s in divided.result.audio[0].segments][3:] == ["seg-00003.m4s", "seg-00004-1-end.m4s"]


async def test_a_source_that_breaks_off_is_refused(tmp_path):
    film = make(tmp_path / "film.mp4", *picture("160x90", "10"), *X264, "-g", "60", "-t", "20")
    facts = await probe(str(film))
    plan = plan_ladder(replace(facts, frames=400, duration_seconds=40.0), window_seconds=6)
    divided = Divided(facts, plan, tmp_path / "out")
    for number in range(3):
        divided.parts.append(await divided.make(str(film), "window", number, plan.shares(number)[0]))
    for number in (3, 4, 6):
        with pytest.raises(MediaError, match=r"only [\d.]+ of 40.0 s") as caught:
            await divided.make(str(film), "window", number)
        assert caught.value.code == MediaCode.MEDIA_TRUNCATED
