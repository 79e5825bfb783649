"""Files that are whole, and damaged within: what is lost is counted, and judged alike in one encode and in parts."""

from fractions import Fraction

import av
import pytest

from shared.encoding.ladder import plan_ladder
from tests.media import numbered, playback
from tests.media.dividing import divide
from tests.media.making import AAC, SINE, X264, encode_clip, make, picture
from tests.media.numbered import BEEPS
from worker.media import damage, survey
from worker.media.errors import MediaCode, MediaError
from worker.media.inspection import inspect
from worker.media.probe import Limits, probe
from worker.media.results import Loss

COUNT, BLOCK = 350, Fraction(1024, 48000)


def spoiled(path, *, pictures=range(0), seconds=(0.0, 0.0)):
    """Overwrite the packets of some pictures, counted at 25 a second, and of the sound between two times."""
    body, blocks = bytearray(path.read_bytes()), 0
    with av.open(str(path)) as container:
        for packet in container.demux():
            if not packet.size:
                continue
            time, video = packet.pts * packet.time_base, packet.stream.type == "video"
            if round(time * 25) in pictures if video else seconds[0] <= time < seconds[1]:
                body[packet.pos : packet.pos + packet.size] = bytes(packet.size)
                blocks += not video
    path.write_bytes(body)
    return blocks


@pytest.fixture
def clip(tmp_path):
    return numbered.film(
        tmp_path / "film.mp4", *X264, "-g", "25", *AAC, "-t", "14", count=COUNT, size=(160, 90), sound=BEEPS
    )  # fmt: skip


def told(encoded) -> str:
    [detail] = [check["detail"] for check in encoded.report["checks"] if check["rule"] == "decoded"]
    return detail


@pytest.mark.parametrize("way", [encode_clip, divide], ids=["whole", "divided"])
async def test_a_disturbance_passes_and_is_told(clip, out, way):
    """The second window reads the damaged pictures too, on the way to its first one: they count once."""
    blocks = spoiled(clip, pictures=range(126, 136), seconds=(7, 7.1))
    encoded = await way(clip, out)
    assert encoded.report["ok"], encoded.report
    assert encoded.result.losses == (Loss("", 10, COUNT), Loss("a0", blocks, round(14 / BLOCK) + 1))
    assert told(encoded).startswith(f"10 of {COUNT} pictures, {blocks} of 657 blocks of sound a0 lost")
    assert encoded.result.renditions[0].frames == COUNT


@pytest.mark.parametrize("way", [encode_clip, divide], ids=["whole", "divided"])
@pytest.mark.parametrize(
    ("pictures", "seconds", "message"),
    [(range(125, 225), (0, 0), "(99|100) of 350 pictures"), (range(0), (4, 6), r"9\d of 657 blocks of sound a0")],
    ids=["picture", "sound"],
)
async def test_a_film_with_a_hole_is_refused(clip, out, way, pictures, seconds, message):
    spoiled(clip, pictures=pictures, seconds=seconds)
    with pytest.raises(MediaError, match=rf"^FFMPEG_INVALID_INPUT: {message} cannot be decoded$") as caught:
        await way(clip, out)
    assert caught.value.permanent


def hollow(path, at, share):
    """Overwrite a share of a file, whatever lies there: pictures, sound, and what the container says of them."""
    body = bytearray(path.read_bytes())
    start, size = int(len(body) * at), int(len(body) * share)
    body[start : start + size] = bytes(size)
    path.write_bytes(body)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """A film in clusters of half a second."""
    codecs = (*X264, "-g", "25", *AAC, "-cluster_time_limit", "500", "-t", "14")
    return make(tmp_path_factory.mktemp("recorded") / "film.mkv", *picture("160x90"), *SINE, *codecs).read_bytes()


@pytest.mark.parametrize("way", [encode_clip, divide], ids=["whole", "divided"])
async def test_what_the_demuxer_skips_is_lost(tmp_path, out, recorded, way):
    """It goes on behind the hole; the decoders see nothing wrong in what they get."""
    clip = tmp_path / "film.mkv"
    clip.write_bytes(recorded)
    hollow(clip, 0.4, 0.2)
    lost = r"\d\d of 350 pictures cannot be decoded; \d+ of \d+ blocks of sound a0 cannot be decoded"
    with pytest.raises(MediaError, match=rf"^FFMPEG_INVALID_INPUT: {lost}$"):
        await way(clip, out)


async def test_a_little_that_the_demuxer_skips_passes_and_is_told(tmp_path, out, recorded):
    clip = tmp_path / "film.mkv"
    clip.write_bytes(recorded)
    hollow(clip, 0.4, 0.01)
    with av.open(str(clip)) as container:
        kinds = [packet.stream.type for packet in container.demux() if packet.size]
    encoded = await encode_clip(clip, out)
    assert encoded.report["ok"], encoded.report
    pictures, sound = encoded.result.losses
    assert 20 > pictures.lost >= 350 - kinds.count("video") > 3
    assert sound.lost == pytest.approx(657 - kinds.count("audio"), abs=2)
    assert told(encoded).startswith(f"{pictures.lost} of 350 pictures, {sound.lost} of")


async def test_a_recording_that_breaks_off_may_have_pauses(tmp_path, out):
    """Its demuxer reports that the file ends within a picture: that is no hole."""
    kept = "testsrc2=size=160x90:rate=10:d=8,select='lt(t,2)+gt(t,5)'"
    codecs = ("-fps_mode", "passthrough", *X264, "-bf", "0")
    clip = make(tmp_path / "film.mkv", "-f", "lavfi", "-i", kept, *codecs, "-f", "matroska", "-live", "1")
    clip.write_bytes(clip.read_bytes()[:-2000])
    encoded = await encode_clip(clip, out)
    assert encoded.report["ok"], encoded.report
    assert not any(loss.lost for loss in encoded.result.losses)
    assert encoded.result.renditions[0].frames > 70


@pytest.fixture
def avi(tmp_path):
    """An AVI counts chunks: what cannot be read shifts all that follows."""
    codecs = ("-c:v", "mpeg4", "-q:v", "3", "-g", "25", "-c:a", "libmp3lame", "-t", "20")
    return numbered.film(tmp_path / "film.avi", *codecs, count=500, size=(160, 90), sound=BEEPS)


async def test_a_damaged_avi_is_not_divided(avi, out):
    facts = await probe(str(avi))
    assert len(plan_ladder(facts, window_seconds=6).windows) == 4
    hollow(avi, 0.4, 0.02)
    divided = await divide(avi, out)
    assert len(divided.plan.windows) == 1
    assert divided.report["ok"], divided.report
    shown = list(numbered.shown(playback.open_rendition(out / "v90")))
    assert len(shown) < 498
    assert [number for _, number in shown[-200:]] == list(range(300, 500))
    [late] = [time for time, number in shown if number == 475]
    assert late < 18.9
    assert divided.sound().onsets()[-1] == pytest.approx(late, abs=0.1)


@pytest.mark.parametrize("share", [0.08, 0.2])
async def test_an_avi_with_a_hole_is_refused_before_it_is_encoded(avi, share):
    hollow(avi, 0.4, share)
    with pytest.raises(MediaError, match=r"content differ in length: \d.\d of 20.0 s cannot be read") as caught:
        await probe(str(avi))
    assert caught.value.code == MediaCode.FFMPEG_INVALID_INPUT


def test_an_avi_that_takes_too_long_to_read_is_not_divided(avi, monkeypatch):
    monkeypatch.setattr(survey, "_READING_SECONDS", 0)
    assert len(plan_ladder(inspect(str(avi), Limits()), window_seconds=6).windows) == 1


@pytest.mark.parametrize(("length", "limit"), [(2, 0.2), (10, 1), (60, 1), (300, 3), (3600, 10), (40_000, 10)], ids=str)
def test_how_much_may_be_lost(length, limit):
    assert damage.tolerated_seconds(length) == pytest.approx(limit)
    just = Loss("", limit * 25, length * 25)
    assert damage.faults([just, Loss("a0", 0, 0)], length) == []
    more = Loss("a1", limit * 25 + 1, length * 25)
    assert len(damage.faults([just, more], length)) == 1


def set_back(path, after, by):
    """Let all clusters of a Matroska file from `after` on begin earlier; both in milliseconds."""
    body, at = bytearray(path.read_bytes()), 0
    while (at := body.find(b"\x1f\x43\xb6\x75", at + 1)) > 0:
        start = body.index(b"\xe7", at) + 2
        end = start + (body[start - 1] & 0x7F)
        time = int.from_bytes(body[start:end])
        body[start:end] = (time - by if time >= after else time).to_bytes(end - start)
    path.write_bytes(body)


@pytest.mark.parametrize("size", [1, 48 << 20], ids=["sampled", "read whole"])
@pytest.mark.parametrize("by", [3000, 1400, 500])
async def test_timestamps_that_run_backwards(tmp_path, monkeypatch, by, size):
    """Of the pictures that would be shown twice at one time the encoder shows one: a film would lose them unseen."""
    monkeypatch.setattr(survey, "_SCAN_BYTES", size)
    path = tmp_path / "film.mkv"
    numbered.film(path, *X264, "-g", "25", "-bf", "0", "-cluster_time_limit", "1000", count=200, size=(160, 90))
    set_back(path, 5000, by)
    if by == 500:
        assert inspect(str(path), Limits()).display_width == 160
        return
    with pytest.raises(MediaError, match=r"run backwards at 5\.\d s; remux") as caught:
        inspect(str(path), Limits())
    assert caught.value.code == MediaCode.FFMPEG_INVALID_INPUT


async def test_key_frames_far_apart_make_fewer_windows(tmp_path):
    clip = make(tmp_path / "film.mp4", "-f", "lavfi", "-i", "color=s=64x36:r=10:d=60", *X264, "-g", "250")
    mkv = make(tmp_path / "film.mkv", "-i", str(clip), "-c", "copy")
    for path in (clip, mkv):
        assert (await probe(str(path))).key_frame_seconds == pytest.approx(25, abs=0.3)
