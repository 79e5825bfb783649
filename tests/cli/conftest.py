"""Data directories whose path holds a space, and supervisors of stand-in processes."""

import os
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from cli.datadir import DataDir
from cli.process import ProcessSpec
from cli.supervisor import Silent, Supervisor


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "a data dir"


@pytest.fixture
def data(directory: Path) -> DataDir:
    made = DataDir(directory)
    made.prepare()
    return made


@pytest.fixture
def reporter() -> Silent:
    return Silent()


@pytest.fixture
async def supervisor(data: DataDir, reporter: Silent) -> AsyncIterator[Supervisor]:
    made = Supervisor(data, reporter, env={"DATABASE_URL": "postgresql://stand-in"})
    yield made
    await made.stop()


@pytest.fixture
def stand_in() -> Callable[..., ProcessSpec]:
    """A spec that runs a line of Python; ``forever`` keeps it alive after it."""

    def make(name: str, code: str = "", *, forever: bool = True, **settings: Any) -> ProcessSpec:
        tail = "\nimport signal\nsignal.pause()" if forever else ""
        argv = (sys.executable, "-u", "-I", "-S", "-c", code + tail)
        return ProcessSpec(name=name, argv=argv, env=dict(os.environ), **settings)

    return make
