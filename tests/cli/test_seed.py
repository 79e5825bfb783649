"""``vms seed``: what it writes is what the API itself would have accepted, and more of it each time."""

import asyncio
import json
import os
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from cli.main import app
from cli.seeding.rows import COLUMNS, Plan, make_batch
from cli.seeding.store import Written, store
from shared.config import Settings
from shared.db.session import Database
from shared.videos.schemas import VideoInput

CODE = "from cli.main import app; app()"
KEPT = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH") if name in os.environ}
UNTIL = datetime(2025, 6, 1, tzinfo=UTC)
EDITABLE = {field.alias for field in VideoInput.model_fields.values()}


def vms(directory, database_url: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-c", CODE, "--data-dir", str(directory), "seed", *arguments],
        env=KEPT | {"DATABASE_URL": database_url},
        capture_output=True,
        timeout=60,
        check=False,
    )


def plan(videos: int, seed: int) -> Plan:
    return Plan(videos=videos, seed=seed, until=UNTIL, actor="test")


async def seed(database: Database, videos: int, seed: int) -> Written:
    written = Written()
    async with database.session() as session:
        await store(session, plan(videos, seed), written)
    return written


async def walk(client: httpx.AsyncClient, url: str, **parameters: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await client.get(url, params={**parameters, "limit": 100, **cursor})).raise_for_status().json()
        found += page["items"]
        if page["nextCursor"] is None:
            return found
        cursor = {"cursor": page["nextCursor"]}


@pytest.fixture(scope="module")
async def seeded(database: Database) -> dict[str, list[dict[str, Any]]]:
    """300 videos with all that belongs to them, by table, as they were made."""
    written = await seed(database, 300, 4711)
    made = make_batch(plan(300, 4711), 0)
    assert (written.videos, written.courses) == (300, 7)
    assert written.lessons == len(made.tables["lessons"])
    return {table: [dict(zip(COLUMNS[table], row, strict=True)) for row in rows] for table, rows in made.tables.items()}


async def test_the_lists_show_what_was_seeded_and_the_api_would_take_it(
    seeded: dict[str, list[dict[str, Any]]], viewer: httpx.AsyncClient
) -> None:
    listed = {video["id"]: video for video in await walk(viewer, "/api/videos")}
    listed |= {video["id"]: video for video in await walk(viewer, "/api/videos", status="archived")}
    platforms = Counter(str(row["video_id"]) for row in seeded["video_platforms"])
    for row in seeded["videos"]:
        video = listed[str(row["id"])]
        given = VideoInput.model_validate({name: value for name, value in video.items() if name in EDITABLE})
        assert (given.title, given.description, given.tags) == (row["title"], row["description"], row["tags"])
        assert given.published_at == row["published_at"]
        assert video["migrationStatus"] == (
            "vimeo_only" if any(at["platform"] == "vimeo" for at in video["platforms"]) else None
        )
        assert len(video["platforms"]) == platforms[video["id"]]
        assert (video["master"], video["generation"]) == (None, None)
        assert row["created_at"] <= datetime.fromisoformat(video["updatedAt"]) == row["updated_at"] <= UNTIL


async def test_a_word_of_a_title_finds_it(seeded: dict[str, list[dict[str, Any]]], viewer: httpx.AsyncClient) -> None:
    row = next(row for row in seeded["videos"] if row["status"] == "active")
    found = await walk(viewer, "/api/videos", q=row["title"])
    assert str(row["id"]) in {video["id"] for video in found}


async def test_it_is_a_library_and_not_a_list(seeded: dict[str, list[dict[str, Any]]]) -> None:
    videos = seeded["videos"]
    assert len({row["pipeline_stage"] for row in videos}) == 8
    assert len({row["visibility"] for row in videos}) == 4
    assert {row["status"] for row in videos} == {"active", "archived"}
    for name in ("published_at", "duration_seconds", "description", "migration_status", "course_id"):
        assert 0 < sum(row[name] is None for row in videos) < 300, name
    titles = " ".join(row["title"] for row in videos)
    assert "урок" in titles.lower()
    assert "ü" in titles
    live = sum(row["title"].startswith("Live: ") for row in videos)
    assert 0.1 < live / 300 < 0.3
    ids = [row["id"] for row in sorted(videos, key=lambda row: row["created_at"])]
    assert ids == sorted(ids)
    assert max(row["created_at"] for row in videos) - min(row["created_at"] for row in videos) > 0.9 * (
        UNTIL - UNTIL.replace(year=2021)
    )


async def test_courses_have_lessons_that_show_their_videos(
    seeded: dict[str, list[dict[str, Any]]], database: Database
) -> None:
    course_of = {row["id"]: row["course_id"] for row in seeded["modules"]}
    home = {row["id"]: (row["course_id"], row["module_id"]) for row in seeded["videos"]}
    lessons = Counter(course_of[row["module_id"]] for row in seeded["lessons"])
    assert set(lessons) == {row["id"] for row in seeded["courses"]}
    for row in seeded["lessons"]:
        if row["video_id"] is not None:
            assert home[row["video_id"]] == (course_of[row["module_id"]], row["module_id"])
    async with database.session() as session:
        unlike = await session.scalar(
            text(
                "SELECT count(*) FROM video_pipeline_links AS link JOIN videos ON videos.id = link.video_id"
                " WHERE link.pipeline_stage <> videos.pipeline_stage"
            )
        )
    assert unlike == 0


@pytest.mark.usefixtures("seeded")
async def test_what_the_database_keeps_is_right(database: Database) -> None:
    counts = text(
        """
        SELECT (SELECT jsonb_object_agg(name, jsonb_build_array(video_count, archived_count)) FROM tags) AS kept,
            (SELECT jsonb_object_agg(name, jsonb_build_array(active, archived)) FROM (
                SELECT name, count(*) FILTER (WHERE status = 'active') AS active,
                    count(*) FILTER (WHERE status <> 'active') AS archived
                FROM videos, unnest(tags) AS name GROUP BY name
            ) AS counted) AS counted
        """
    )
    masks = text(
        """
        SELECT count(*) FROM videos LEFT JOIN (
            SELECT video_id, bit_or(vms_platform_bit(platform)) AS mask FROM video_platforms GROUP BY video_id
        ) AS at ON at.video_id = videos.id WHERE videos.platform_mask <> coalesce(at.mask, 0)
        """
    )
    async with database.session() as session:
        row = (await session.execute(counts)).one()
        assert row.kept == row.counted
        assert await session.scalar(masks) == 0


async def test_the_same_seed_makes_the_same_library_and_again_adds_to_it(database: Database) -> None:
    first, again, other = (make_batch(plan(60, number), 0).tables for number in (1, 1, 2))
    assert first == again
    assert [row[3] for row in first["videos"]] != [row[3] for row in other["videos"]]
    number = int.from_bytes(os.urandom(6))
    for _ in range(3):
        assert (await seed(database, 60, number)).videos == 60
    wanted = {row[3] for row in make_batch(plan(60, number), 0).tables["videos"]}
    async with database.session() as session:
        count = await session.scalar(
            text("SELECT count(*) FROM videos WHERE title = ANY (:titles)"), {"titles": list(wanted)}
        )
        twice = await session.scalar(
            text(
                "SELECT count(*) FROM (SELECT FROM video_platforms WHERE external_id IS NOT NULL"
                " GROUP BY platform, external_id HAVING count(*) > 1) AS pairs"
            )
        )
    assert count is not None
    assert count >= 3 * 60
    assert twice == 0


async def test_cancelled_it_leaves_whole_batches(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.seeding.rows.BATCH", 20)
    written, number = Written(), int.from_bytes(os.urandom(6))

    async def work() -> None:
        def stop() -> None:
            if written.videos == 40:
                task.cancel()

        async with database.session() as session:
            await store(session, plan(100, number), written, on_batch=stop)

    task = asyncio.create_task(work())
    with pytest.raises(asyncio.CancelledError):
        await task
    assert written.videos == 40
    made = [row[0] for part in range(5) for row in make_batch(plan(100, number), part).tables["videos"]]
    async with database.session() as session:
        there = await session.scalar(text("SELECT count(*) FROM videos WHERE id = ANY (:ids)"), {"ids": made})
    assert there == 40


def test_the_command_says_what_it_added(tmp_path, settings: Settings) -> None:
    assert settings.database_url is not None
    answer = vms(tmp_path, settings.database_url.get_secret_value(), "--videos", "3", "--seed", "9", "--json")
    assert answer.returncode == 0, answer.stderr
    facts = json.loads(answer.stdout)
    assert (facts["videos"], facts["courses"]) == (3, 1)
    assert facts["lessons"] >= 1
    assert facts["seconds"] > 0


@pytest.mark.parametrize("count", ["0", "5000001", "many"])
def test_wrong_use(tmp_path, count: str) -> None:
    env = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
    answer = CliRunner().invoke(app, ["--data-dir", str(tmp_path), "seed", "--videos", count], env=env)
    assert answer.exit_code == 2
    assert "--videos" in answer.stderr


def test_without_a_number_it_does_nothing(tmp_path) -> None:
    assert vms(tmp_path, "postgresql://nobody@127.0.0.1:1/none").returncode == 2
