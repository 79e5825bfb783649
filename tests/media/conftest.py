from pathlib import Path

import pytest

from tests.media.making import AAC, DEMO, SINE, X264, encode_clip, make, picture


@pytest.fixture(scope="session")
async def demo(tmp_path_factory):
    """The demo clip, encoded whole: 1080p, four rungs, 5.1 sound."""
    return await encode_clip(DEMO, tmp_path_factory.mktemp("demo"))


@pytest.fixture
def out(tmp_path) -> Path:
    return tmp_path / "out"


@pytest.fixture(scope="session")
def film(tmp_path_factory):
    """Twenty seconds of 360p, which take a second or two to encode."""
    return make(tmp_path_factory.mktemp("film") / "film.mp4", *picture("640x360"), *SINE, *X264, *AAC, "-t", "20")
