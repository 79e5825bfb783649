from pathlib import Path

import pytest

from tests.media.making import AAC, DEMO, SINE, X264, encode_clip, make, picture

#: Modules whose tests look at one encode each: run in one process, they make it once.
TOGETHER = {"assemble", "demo", "loudness", "matrix_long", "matrix_times", "progressive", "sandbox", "verify"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        name = item.path.stem.removeprefix("test_")
        if item.path.parent == Path(__file__).parent and name in TOGETHER:
            item.add_marker(pytest.mark.xdist_group(f"media {name}"))


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
