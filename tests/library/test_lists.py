"""Lists of videos: orders, filters, pages, totals."""

import asyncio
import base64
import itertools
import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from asyncpg.connection import LoggedQuery
from sqlalchemy import event

from shared.db import paging
from shared.db.session import Database
from shared.library import service as library_service
from shared.library.service import FEW
from shared.platforms.models import Platform, VideoPlatform
from shared.videos.models import Video
from tests.factories import make_video

ORDERS = ("createdAt", "updatedAt", "publishedAt", "title", "durationSeconds", "sortOrder")
TITLES = ("Äpfel", "apfel", "Zebra", "ёлка", "Ель", "Über uns", "Unter", "zebra", "123", "éclair")


@pytest.fixture(scope="module")
async def tag(database: Database) -> str:
    """A tag on thirty videos with values of every kind, nulls among them."""
    name = f"list-{uuid4().hex}"
    async with database.session() as session:
        for number in range(30):
            session.add(
                Video(
                    title=f"{TITLES[number % 10]} {number // 10}",
                    tags=[name],
                    sort_order=number % 4,
                    duration_seconds=None if number % 3 else number * 1.5,
                    published_at=None if number % 4 == 0 else datetime(2026, number % 9 + 1, 1, tzinfo=UTC),
                    status="archived" if number == 29 else "active",
                )
            )
    return name


async def walk(client: httpx.AsyncClient, **params: Any) -> list[dict[str, Any]]:
    """Every row of a list, page by page."""
    found: list[dict[str, Any]] = []
    while True:
        answer = await client.get("/api/videos", params=params)
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        if answer.json()["nextCursor"] is None:
            return found
        params["cursor"] = answer.json()["nextCursor"]


def ids(rows: list[dict[str, Any]]) -> list[str]:
    return [row["id"] for row in rows]


@pytest.mark.parametrize("sort", [*ORDERS, *(f"-{name}" for name in ORDERS)])
@pytest.mark.parametrize("status", [["active"], ["active", "archived"]])
async def test_every_order_walks_every_row_once(
    viewer: httpx.AsyncClient, tag: str, sort: str, status: list[str]
) -> None:
    rows = await walk(viewer, tag=tag, sort=sort, limit=7, status=status)
    assert len(rows) == len(set(ids(rows))) == 28 + len(status)
    whole = (await viewer.get("/api/videos", params={"tag": tag, "sort": sort, "status": status})).json()
    assert ids(whole["items"]) == ids(rows)
    assert (whole["total"], whole["totalIsEstimate"]) == (len(rows), False)
    values = [row[sort.removeprefix("-")] for row in rows]
    known = [value for value in values if value is not None]
    assert values == known + [None] * (len(values) - len(known)), "nulls come last"
    if sort.removeprefix("-") != "title":
        assert known == sorted(known, reverse=sort.startswith("-"))
    for before, after in itertools.pairwise(rows):
        if before[sort.removeprefix("-")] == after[sort.removeprefix("-")]:
            assert (before["id"] < after["id"]) == (not sort.startswith("-")), "ties by id"


async def test_titles_are_sorted_without_case_and_accents(viewer: httpx.AsyncClient, tag: str) -> None:
    rows = await walk(viewer, tag=tag, sort="title")
    first_words = list(dict.fromkeys(row["title"].rpartition(" ")[0].lower() for row in rows))
    assert first_words[0] == "123"
    assert set(first_words[1:3]) == {"äpfel", "apfel"}
    assert first_words[3:] == ["éclair", "über uns", "unter", "zebra", "ёлка", "ель"]


async def test_a_walk_sees_each_old_row_once_while_new_ones_come(viewer: httpx.AsyncClient, database: Database) -> None:
    name = f"walk-{uuid4().hex}"
    old = {str(await make_video(database, tags=[name], title=f"{number}")) for number in range(9)}
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await viewer.get("/api/videos", params={"tag": name, "limit": 2, **cursor})).json()
        seen += ids(page["items"])
        await make_video(database, tags=[name], title="in between")
        if page["nextCursor"] is None:
            break
        cursor = {"cursor": page["nextCursor"]}
    assert sorted(key for key in seen if key in old) == sorted(old)


@pytest.mark.parametrize(
    ("params", "change"),
    [
        ({"sort": "title"}, {"sort": "-title"}),
        ({"sort": "title"}, {}),
        ({"status": "active"}, {"status": "archived"}),
        ({"q": "film"}, {"q": "films"}),
        ({"visibility": "private"}, {"visibility": "public"}),
    ],
)
async def test_a_cursor_belongs_to_its_list(
    viewer: httpx.AsyncClient, database: Database, params: dict[str, str], change: dict[str, str]
) -> None:
    tag = f"cursor-{uuid4().hex}"
    for _ in range(2):
        await make_video(database, title="film", tags=[tag])
    first = (await viewer.get("/api/videos", params={"tag": tag, "limit": 1, **params})).json()
    answer = await viewer.get("/api/videos", params={"tag": tag, "cursor": first["nextCursor"], **change})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_cursor")
    assert answer.json()["errors"][0]["pointer"] == "/query/cursor"


async def test_filters(viewer: httpx.AsyncClient, admin: httpx.AsyncClient, database: Database) -> None:
    own, other = f"f-{uuid4().hex}", f"f-{uuid4().hex}"
    plain = await make_video(database, tags=[own])
    public = await make_video(database, tags=[own, other], visibility="public", pipelineStage="review")
    unlisted = await make_video(database, tags=[own, other], visibility="unlisted", pipelineStage="published")
    async with database.session() as session:
        session.add(VideoPlatform(video_id=public, platform=Platform.vimeo, external_id=uuid4().hex))
        session.add(VideoPlatform(video_id=unlisted, platform=Platform.vimeo, external_id=uuid4().hex))
        session.add(VideoPlatform(video_id=unlisted, platform=Platform.kinescope))

    async def find(**params: Any) -> set[UUID]:
        answer = await viewer.get("/api/videos", params={"tag": own, **params})
        assert answer.status_code == 200, answer.text
        assert answer.json()["total"] == len(answer.json()["items"])
        return {UUID(row["id"]) for row in answer.json()["items"]}

    assert await find() == {plain, public, unlisted}
    assert await find(tag=[own, other]) == {public, unlisted}
    assert await find(visibility=["public", "private"]) == {plain, public}
    assert await find(pipelineStage="review") == {public}
    assert await find(pipelineStage=["review", "published"], visibility="unlisted") == {unlisted}
    assert await find(platform="vimeo") == {public, unlisted}
    assert await find(platform=["kinescope", "youtube"]) == {unlisted}
    assert await find(missingPlatform="vimeo") == {plain}
    assert await find(missingPlatform=["kinescope", "youtube"]) == {plain, public, unlisted}
    assert await find(platform="vimeo", missingPlatform="kinescope") == {public}
    assert await find(migrationStatus="hetzner_only") == set()
    assert await find(courseId=str(uuid4())) == set()
    row = (await viewer.get("/api/videos", params={"tag": own, "platform": "kinescope"})).json()["items"][0]
    assert [entry["platform"] for entry in row["platforms"]] == ["kinescope", "vimeo"]
    assert (await viewer.get(f"/api/videos/{unlisted}")).json() == row


@pytest.mark.parametrize(
    ("params", "pointer"),
    [
        ({"sort": "name"}, "/query/sort"),
        ({"sort": "--title"}, "/query/sort"),
        ({"limit": "0"}, "/query/limit"),
        ({"limit": "101"}, "/query/limit"),
        ({"limit": "9" * 40}, "/query/limit"),
        ({"status": "gone"}, "/query/status/0"),
        ({"visibility": ["public", "secret"]}, "/query/visibility/1"),
        ({"platform": "dailymotion"}, "/query/platform/0"),
        ({"courseId": "1"}, "/query/courseId/0"),
        ({"tag": "x" * 101}, "/query/tag/0"),
        ({"tag": "\x00"}, "/query/tag/0"),
        ({"q": "a\x00b"}, "/query/q"),
        ({"q": "x" * 201}, "/query/q"),
        ({"cursor": "x" * 3000}, "/query/cursor"),
        ({"cursor": "bm90IGpzb24"}, "/query/cursor"),
        ({"cursor": "\x00"}, "/query/cursor"),
        ({"page": "2"}, "/query/page"),
    ],
)
async def test_wrong_parameters_are_named(viewer: httpx.AsyncClient, params: dict[str, Any], pointer: str) -> None:
    answer = await viewer.get("/api/videos", params=params)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer


async def test_a_list_costs_a_fixed_number_of_queries(viewer: httpx.AsyncClient, database: Database, tag: str) -> None:
    statements: list[str] = []

    def note(record: LoggedQuery) -> None:
        statements.append(record.query)

    def watch(connection: Any, *_: Any) -> None:
        connection.driver_connection.add_query_logger(note)

    def leave(connection: Any, *_: Any) -> None:
        connection.driver_connection.remove_query_logger(note)

    def note_own(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    # The driver's log has what goes to it directly, and BEGIN and COMMIT; the engine's has the rest.
    event.listen(database.engine.sync_engine, "before_cursor_execute", note_own)
    event.listen(database.engine.sync_engine, "checkout", watch)
    event.listen(database.engine.sync_engine, "checkin", leave)
    try:
        costs = {}
        for name, params in {
            "one row": {"limit": 1},
            "a full page": {"limit": 25},
            "with nulls": {"limit": 25, "sort": "-publishedAt"},
            "second page": {
                "limit": 3,
                "cursor": (await viewer.get("/api/videos", params={"limit": 3, "tag": tag})).json()["nextCursor"],
            },
        }.items():
            statements.clear()
            assert (await viewer.get("/api/videos", params={"tag": tag, **params})).status_code == 200
            costs[name] = len(statements)
        for name, params in {
            "all videos": {},
            "a search": {"tag": tag, "q": "äpfel"},
            "a word": {"q": "äpfel"},
        }.items():
            statements.clear()
            assert (await viewer.get("/api/videos", params=params)).status_code == 200
            costs[name] = len(statements)
    finally:
        event.remove(database.engine.sync_engine, "before_cursor_execute", note_own)
        event.remove(database.engine.sync_engine, "checkout", watch)
        event.remove(database.engine.sync_engine, "checkin", leave)
    assert costs.pop("all videos") == 3  # the key, the page, the total
    # A list by tag: the key, BEGIN, the planner's settings, the page with its total, COMMIT. A search asks for its
    # words too, and one for a single word asks the planner how common it is.
    assert costs.pop("a search") == 6
    assert costs.pop("a word") == 7
    assert set(costs.values()) == {5}, costs


async def test_totals_are_exact_up_to_a_bound_and_estimates_beyond(
    viewer: httpx.AsyncClient, tag: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def total(name: str, bound: int, **params: str) -> tuple[int, bool]:
        monkeypatch.setattr(library_service, name, bound)
        answer = (await viewer.get("/api/videos", params={"limit": 1, **params})).json()
        assert len(answer["items"]) == 1
        return answer["total"], answer["totalIsEstimate"]

    assert await total("FEW", 29, tag=tag) == (29, False)
    estimate, is_estimate = await total("FEW", 28, tag=tag)
    assert is_estimate
    assert estimate >= 29
    assert await total("FEW", 29, tag=tag, sort="title") == (estimate, True), "an estimate is kept for a while"
    exact, is_estimate = await total("COUNT_BOUND", 10_000, visibility="private")
    assert not is_estimate
    estimate, is_estimate = await total("COUNT_BOUND", exact - 1, visibility="private")
    assert is_estimate
    assert estimate >= exact
    assert (paging.COUNT_BOUND, FEW) == (10_000, 1000)


@pytest.mark.parametrize("sort", [*ORDERS, *(f"-{name}" for name in ORDERS)])
async def test_lists_that_find_much_are_as_those_that_find_little(
    viewer: httpx.AsyncClient, tag: str, sort: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The two ways to read a list by tag answer the same, on every page."""
    few = await walk(viewer, tag=tag, sort=sort, limit=7)
    monkeypatch.setattr(library_service, "FEW", 3)
    assert await walk(viewer, tag=tag, sort=sort, limit=7) == few


async def test_a_hundred_pages_at_once(viewer: httpx.AsyncClient, tag: str) -> None:
    answers = await asyncio.gather(*(viewer.get("/api/videos", params={"tag": tag}) for _ in range(100)))
    assert {answer.status_code for answer in answers} == {200}


@pytest.mark.parametrize("position", ["1" + "0" * 400, "1e999", "NaN", '"x"', "true", "[]", "{}", "null"])
@pytest.mark.parametrize("sort", ["durationSeconds", "-publishedAt", "sortOrder", "title", "-createdAt"])
async def test_a_forged_position_is_a_bad_cursor_or_a_place(
    viewer: httpx.AsyncClient, tag: str, sort: str, position: str
) -> None:
    """With the mark of the right list, which anybody can copy from a real cursor."""
    real = (await viewer.get("/api/videos", params={"tag": tag, "sort": sort, "limit": 1})).json()["nextCursor"]
    mark, *_, key = json.loads(base64.urlsafe_b64decode(real + "=" * (-len(real) % 4)))
    forged = base64.urlsafe_b64encode(f'["{mark}",{position},"{key}"]'.encode()).decode().rstrip("=")
    answer = await viewer.get("/api/videos", params={"tag": tag, "sort": sort, "cursor": forged})
    assert answer.status_code in {200, 422}, answer.text
    if answer.status_code == 422:
        assert answer.json()["code"] == "invalid_cursor"


async def test_an_estimate_that_is_out_of_date_is_not_shown_for_a_list_that_is_all_here(
    viewer: httpx.AsyncClient, editor: httpx.AsyncClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library_service, "FEW", 3)
    name = f"shrinking-{uuid4().hex}"
    videos = [await make_video(database, tags=[name]) for _ in range(6)]
    params = {"tag": name, "limit": 2}
    assert (await viewer.get("/api/videos", params=params)).json()["totalIsEstimate"]
    for video in videos[1:]:
        await editor.delete(f"/api/videos/{video}")
    answer = (await viewer.get("/api/videos", params=params)).json()
    assert (answer["total"], answer["totalIsEstimate"], answer["nextCursor"]) == (1, False, None)
