"""The Python package and its example, against the API on a port."""

import csv
import io
from collections.abc import Callable
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest

from shared.db.session import Database
from shared.platforms import service as platforms_service
from tests.clients.conftest import EXAMPLE, Finished
from tests.factories import make_video
from tests.uploads.conftest import Api

# One installation, and one API.
pytestmark = pytest.mark.xdist_group("clients")

Python = Callable[..., Finished]
IMPORTS = """
import importlib, pathlib, pkgutil, vms_client
names = [found.name for found in pkgutil.walk_packages(vms_client.__path__, "vms_client.")]
for name in names:
    importlib.import_module(name)
home = pathlib.Path(vms_client.__file__).parent
assert (home / "py.typed").exists()
print(home.parent)
print(*names)
"""


@pytest.fixture
def example(python: Python, api: Api, key: str) -> Python:
    def run(*arguments: str, **environment: str) -> Finished:
        return python(EXAMPLE, *arguments, **{"VMS_URL": api.base_url, "VMS_API_KEY": key, **environment})

    return run


def test_every_module_of_the_installed_package_can_be_imported(python: Python, installed: Path) -> None:
    done = python("-c", IMPORTS)
    assert done.returncode == 0, done.stderr
    home, names = done.stdout.splitlines()
    assert Path(home) == installed
    assert {"vms_client.api.videos.videos_list", "vms_client.models.video_out"} <= set(names.split())


async def test_the_example_lists_what_has_every_tag(example: Python, database: Database) -> None:
    tag, titles = f"tag {uuid4()}", ["Plain", 'With "quotes", commas', "Über"]
    ids = [await make_video(database, title=title, tags=[tag, "other"]) for title in titles]
    await make_video(database, title="Another", tags=["other"])
    async with database.session() as session:
        await platforms_service.note_own_hosting(session, ids[0], manifest_url="http://vms.test/master.m3u8")

    done = example("--tag", tag, "--tag", "other", "--page-size", "1", PYTHONIOENCODING="utf-8")
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [(UUID(row["id"]), row["title"]) for row in rows] == list(zip(ids, titles, strict=True))[::-1]
    assert {(row["status"], row["duration_seconds"]) for row in rows} == {("active", "")}
    assert [row["hosted_at"] for row in rows] == ["", "", "hetzner"]
    assert done.stderr == ""


async def test_the_example_lists_archived_videos_when_asked(
    example: Python, database: Database, editor: httpx.AsyncClient
) -> None:
    tag = f"tag {uuid4()}"
    video_id = await make_video(database, tags=[tag])
    assert (await editor.delete(f"/api/videos/{video_id}")).status_code == 200
    assert len(example("--tag", tag).stdout.splitlines()) == 1
    assert str(video_id) in example("--tag", tag, "--archived").stdout


def test_the_example_says_when_the_key_is_wrong(example: Python) -> None:
    done = example(VMS_API_KEY="vms_wrong")
    assert done.returncode == 1
    assert "does not know this key; is VMS_API_KEY whole" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_example_says_when_there_is_no_api(example: Python, api: Api) -> None:
    done = example(VMS_URL="http://127.0.0.1:1")
    assert (done.returncode, "was not reached" in done.stderr) == (1, True), done.stderr
    done = example(VMS_URL=f"{api.base_url}/nowhere")
    assert (done.returncode, "is VMS_URL right?" in done.stderr) == (1, True), done.stderr


@pytest.mark.parametrize(
    ("arguments", "environment", "message"),
    [
        (["--page-size", "0"], {}, "from 1 to 100"),
        (["--no-such-option"], {}, "--no-such-option"),
        ([], {"VMS_API_KEY": ""}, "VMS_API_KEY is not set; make a key: vms keys create"),
        ([], {"VMS_API_KEY": "clé"}, "characters that no key has"),
        ([], {"VMS_URL": "vms.example.org"}, "like http://127.0.0.1:8000"),
        ([], {"VMS_URL": "http://vms.test:port"}, "like http://127.0.0.1:8000"),
    ],
)
def test_the_example_refuses_wrong_use(
    example: Python, arguments: list[str], environment: dict[str, str], message: str
) -> None:
    done = example(*arguments, **environment)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stdout == ""


def test_the_example_teaches(python: Python) -> None:
    done = python(EXAMPLE, "--help")
    assert done.returncode == 0
    for word in ("VMS_URL", "VMS_API_KEY", "--tag", "hosted_at", "exit codes", "examples:"):
        assert word in done.stdout
