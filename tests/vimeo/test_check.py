"""``vms vimeo check``: what an operator is told before anything moves."""

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from typer.testing import CliRunner, Result

from cli.fakes.vimeo import FakeClip, FakeVimeo
from cli.main import app
from shared.config import Settings
from shared.db.session import Database

NAMES = ("DATABASE_URL", "VIMEO_ACCESS_TOKEN", "VIMEO_API_URL", "VIMEO_REQUESTS_PER_SECOND", "VIMEO_DAILY_QUOTA")


@pytest.fixture(scope="module")
def serving() -> Iterator[FakeVimeo]:
    with FakeVimeo() as found:
        yield found


@pytest.fixture
def fake(serving: FakeVimeo) -> FakeVimeo:
    clips = [FakeClip("1", "Live", duration=0), FakeClip("2", "Film", b"x" * 2_000_000, duration=60)]
    serving.reset(*clips)
    return serving


async def check(directory: Path, fake: FakeVimeo, *arguments: str, **env: str) -> Result:
    """In a thread: the command has a loop of its own."""
    given = {**fake.env(), "VIMEO_REQUESTS_PER_SECOND": "100", "COLUMNS": "200", **env}
    environment: dict[str, str | None] = {**dict.fromkeys(NAMES), **given}
    command = ["--data-dir", str(directory), "vimeo", "check", *arguments]
    return await asyncio.to_thread(CliRunner().invoke, app, command, env=environment)


def states(answer: Result) -> dict[str, str]:
    return {one["name"]: one["status"] for one in json.loads(answer.stdout)["checks"]}


async def test_all_is_well(tmp_path: Path, fake: FakeVimeo) -> None:
    fake.offers_analytics = True
    answer = await check(tmp_path, fake, "--json")
    assert answer.exit_code == 0, answer.output
    told = json.loads(answer.stdout)
    assert (told["ready"], told["videos"], told["account"]["plan"], told["quota"]) == (True, 2, "pro", None)
    assert set(states(answer).values()) == {"ok"}
    assert "video 2 (2.0 MB)" in next(one["detail"] for one in told["checks"] if one["name"] == "download")
    # One byte at most is asked for, and not from where the bytes are.
    assert not fake.cdn_hits
    assert fake.token not in answer.output
    shown = await check(tmp_path, fake)
    assert "Videos can be imported and migrated." in shown.stdout
    assert "Example Studio" in shown.stdout


def _scope(fake: FakeVimeo) -> None:
    fake.scopes -= {"video_files"}


def _plan(fake: FakeVimeo) -> None:
    fake.plan = "free"


def _link(fake: FakeVimeo) -> None:
    fake.link_seconds = -1


def _empty(fake: FakeVimeo) -> None:
    fake.clips.clear()


def _gone(fake: FakeVimeo) -> None:
    for clip in fake.clips.values():
        clip.offers_download = False


@pytest.mark.parametrize(
    ("change", "name", "status", "words"),
    [
        (_scope, "download", "failed", "lacks video_files"),
        (_plan, "download", "failed", "plan (free)"),
        (_gone, "download", "failed", "Download button"),
        (_link, "download", "failed", "410"),
        (_empty, "download", "skipped", "upload one"),
    ],
)
async def test_what_does_not_work_is_told_with_the_remedy(
    tmp_path: Path, fake: FakeVimeo, change: Callable[[FakeVimeo], None], name: str, status: str, words: str
) -> None:
    change(fake)
    answer = await check(tmp_path, fake, "--json")
    assert answer.exit_code == 1, answer.output
    told: dict[str, Any] = json.loads(answer.stdout)
    assert told["ready"] is False
    found = next(one for one in told["checks"] if one["name"] == name)
    assert (found["status"], words in found["detail"]) == (status, True), found


async def test_less_than_everything_still_works(tmp_path: Path, fake: FakeVimeo) -> None:
    row = {"quality": "hd", "link": f"{fake.url}/progressive_redirect/download/2?epoch=0", "size": 5}
    fake.clips["2"].extra = {"download": [{**row, "link": f"{fake.cdn_url}/picture/2-1x1.png"}]}
    fake.scopes -= {"stats"}
    answer = await check(tmp_path, fake, "--json")
    assert answer.exit_code == 0, answer.output
    found = states(answer)
    assert (found["download"], found["analytics"], found["scopes"]) == ("warning", "warning", "ok")


async def test_a_wrong_token_ends_it_at_once(tmp_path: Path, fake: FakeVimeo) -> None:
    answer = await check(tmp_path, fake, "--json", VIMEO_ACCESS_TOKEN="wrong-token")
    assert answer.exit_code == 1
    assert states(answer) == {"token": "failed", "scopes": "skipped", "library": "skipped", "download": "skipped"}
    assert "wrong-token" not in answer.output
    assert len(fake.hits) == 1


@pytest.mark.parametrize(
    ("env", "status", "code"),
    [
        ({"VIMEO_ACCESS_TOKEN": ""}, 1, "not_connected"),
        ({"VIMEO_REQUESTS_PER_SECOND": "fast"}, 2, "wrong_settings"),
        ({"VIMEO_DAILY_QUOTA": "0"}, 2, "wrong_settings"),
        ({"DATABASE_URL": "postgresql://nobody:x@127.0.0.1:9/none"}, 1, "database"),
    ],
)
async def test_settings_that_are_wrong_are_named(
    tmp_path: Path, fake: FakeVimeo, env: dict[str, str], status: int, code: str
) -> None:
    answer = await check(tmp_path, fake, "--json", **env)
    assert answer.exit_code == status, answer.output
    assert json.loads(answer.stdout)["error"]["code"] == code
    [line] = answer.stderr.splitlines()
    assert line.startswith("vms: ")
    assert not fake.hits


async def test_with_a_database_it_counts_into_the_quota(
    tmp_path: Path, fake: FakeVimeo, settings: Settings, database: Database
) -> None:
    async with database.session() as session:
        await session.execute(text("DELETE FROM vimeo_usage"))
        await session.execute(text("DELETE FROM vimeo_pace"))
    assert settings.database_url is not None
    url = settings.database_url.get_secret_value()
    answer = await check(tmp_path, fake, "--json", DATABASE_URL=url, VIMEO_DAILY_QUOTA="50")
    assert answer.exit_code == 0, answer.output
    asked = sum(fake.requests[path] for path in ("/me", "/oauth/verify", "/me/videos", "/videos/2", "/me/analytics"))
    quota = json.loads(answer.stdout)["quota"]
    assert (quota["limit"], quota["used"], quota["remaining"]) == (50, asked, 50 - asked)
    answer = await check(tmp_path, fake, "--json", DATABASE_URL=url, VIMEO_DAILY_QUOTA=str(asked))
    assert answer.exit_code == 1
    assert "requests of the day are used" in json.loads(answer.stdout)["checks"][0]["detail"]
