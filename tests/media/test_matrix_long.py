"""Two hours: what grows with the length of a film must stay exact, and what must not grow must not."""

import av
import psutil
import pytest

from tests.media import numbered, playback
from tests.media.dividing import divide
from tests.media.making import X264, encode_clip

SECONDS = 7200
SIZE = (96, 64)
MEGABYTE = 1 << 20


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """Two hours at one frame a second: as many segments, sheets and cues as a real film has, in a fraction of it."""
    path = tmp_path_factory.mktemp("film") / "film.mkv"
    return numbered.film(path, *X264, "-g", "60", count=SECONDS, size=SIZE, rate="1")


async def test_two_hours_in_one_go(film, out):
    memory = psutil.Process().memory_info().rss
    encoded = await encode_clip(film, out)
    grown = psutil.Process().memory_info().rss - memory
    assert encoded.report["ok"], encoded.report
    assert grown < 64 * MEGABYTE
    source = playback.open_rendition(out / "v64")
    assert [number for _, number in numbered.shown(source)] == list(range(SECONDS))
    assert_whole(encoded)


async def test_two_hours_in_windows(film, out):
    divided = await divide(film, out, window_seconds=2400)
    assert len(divided.plan.windows) == 3
    assert divided.report["ok"], divided.report
    assert_whole(divided)


def assert_whole(encoded) -> None:
    rendition = encoded.result.renditions[0]
    lines = encoded.text(f"{rendition.directory}/index.m3u8").splitlines()
    assert [line for line in lines if line.startswith("#EXTINF:")] == ["#EXTINF:6.000000,"] * (SECONDS // 6)
    assert encoded.text(f"{rendition.directory}/iframes.m3u8").count("#EXT-X-BYTERANGE:") == SECONDS // 2
    cues = encoded.text("sprites/sprites.vtt").split("\n\n")[1:]
    assert len(cues) == SECONDS // 10
    assert cues[-1].startswith("01:59:50.000 --> 02:00:00.000\nsheet-028.jpg#xywh=")
    sheets = sorted((encoded.directory / "sprites").glob("*.jpg"))
    assert len(sheets) == 29
    with av.open(str(sheets[-1])) as container:
        frame = next(container.decode(video=0))
        assert max(frame.width, frame.height) < 1000
