from pathlib import Path

import pytest

from tests.media.making import DEMO, encode_clip


@pytest.fixture(scope="session")
async def demo(tmp_path_factory):
    """The demo clip, encoded whole: 1080p, four rungs, 5.1 sound."""
    return await encode_clip(DEMO, tmp_path_factory.mktemp("demo"))


@pytest.fixture
def out(tmp_path) -> Path:
    return tmp_path / "out"
