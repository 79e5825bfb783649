"""An account at Bunny, and settings that name it."""

from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from cli.fakes.bunny import KEY, FakeBunny
from shared.config import Settings
from tests.player import web_build


@pytest.fixture
def bunny() -> Iterator[FakeBunny]:
    with FakeBunny() as running:
        yield running


@pytest.fixture
def with_cdn(settings: Settings, bunny: FakeBunny) -> Settings:
    """Settings with a key and a host name."""
    changes = {
        "bunny_api_url": bunny.url,
        "bunny_api_key": SecretStr(KEY),
        "bunny_cdn_hostname": "videos.example.org",
    }
    return settings.model_copy(update=changes)


@pytest.fixture(scope="session")
def web_dist() -> None:
    """The built player page."""
    web_build.ensure_built()
