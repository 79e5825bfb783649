"""Tags: autocomplete, renaming, and counts that stay right."""

import asyncio
import random
from collections import Counter
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from shared.db.session import Database
from shared.videos import service as videos_service
from tests.factories import make_video


@pytest.fixture
def mark() -> str:
    """The beginning of tags that no other test has."""
    return f"t{uuid4().hex}"


async def tags(client: httpx.AsyncClient, prefix: str, **params: Any) -> dict[str, int]:
    answer = await client.get("/api/tags", params={"prefix": prefix, **params})
    assert answer.status_code == 200, answer.text
    return {item["name"]: item["count"] for item in answer.json()["items"]}


async def tags_of(client: httpx.AsyncClient, video_id: Any) -> list[str]:
    found: list[str] = (await client.get(f"/api/videos/{video_id}")).json()["tags"]
    return found


async def rename(client: httpx.AsyncClient, old: str, new: str) -> httpx.Response:
    return await client.post("/api/tags/rename", json={"from": old, "to": new})


async def test_the_most_used_come_first(viewer: httpx.AsyncClient, database: Database, mark: str) -> None:
    for names in (["b"], ["b", "a"], ["b", "a", "c"], ["d"]):
        await make_video(database, tags=[f"{mark} {name}" for name in names])
    expected = [(f"{mark} b", 3), (f"{mark} a", 2), (f"{mark} c", 1), (f"{mark} d", 1)]
    assert list((await tags(viewer, mark)).items()) == expected
    assert list((await tags(viewer, f"{mark} ", limit=2)).items()) == expected[:2]
    assert await tags(viewer, f"{mark} c") == {f"{mark} c": 1}
    assert await tags(viewer, f"{mark}x") == {}
    assert await tags(viewer, "", limit=1)


async def test_case_and_accents_do_not_count(viewer: httpx.AsyncClient, database: Database, mark: str) -> None:
    names = [f"{mark} ÜBER uns", f"{mark} uber", f"{mark} Ёлка"]
    await make_video(database, tags=names)
    assert set(await tags(viewer, f"{mark.upper()} üb")) == set(names[:2])
    assert set(await tags(viewer, f"{mark} U\u0308BER")) == set(names[:2])
    assert set(await tags(viewer, f"{mark} ел")) == {names[2]}


async def test_prefixes_are_no_patterns(viewer: httpx.AsyncClient, database: Database, mark: str) -> None:
    names = [f"{mark} 100% a_b", f"{mark} 100\\ %", f"{mark} 1000", f"{mark} \U0010ffff"]
    await make_video(database, tags=names)
    assert set(await tags(viewer, f"{mark} 100%")) == {names[0]}
    assert set(await tags(viewer, f"{mark} 100% a_")) == {names[0]}
    assert set(await tags(viewer, f"{mark} 100\\")) == {names[1]}
    assert set(await tags(viewer, f"{mark} \U0010ffff")) == {names[3]}
    for prefix in ("%", "_", "'", "';--", "\\", "a" * 100, "\U0010ffff"):
        assert mark not in str(await tags(viewer, prefix))


@pytest.mark.parametrize(
    ("params", "pointer"),
    [
        ({"prefix": "a" * 101}, "/query/prefix"),
        ({"prefix": "a\x00"}, "/query/prefix"),
        ({"limit": "0"}, "/query/limit"),
        ({"limit": "101"}, "/query/limit"),
        ({"q": "a"}, "/query/q"),
    ],
)
async def test_wrong_parameters_are_422(viewer: httpx.AsyncClient, params: dict[str, str], pointer: str) -> None:
    answer = await viewer.get("/api/tags", params=params)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


async def test_tags_of_archived_videos_alone_are_left_out(
    editor: httpx.AsyncClient, database: Database, mark: str
) -> None:
    video_id = await make_video(database, tags=[mark])
    await editor.delete(f"/api/videos/{video_id}")
    assert await tags(editor, mark) == {}
    await editor.post(f"/api/videos/{video_id}/restore")
    assert await tags(editor, mark) == {mark: 1}


async def test_renaming(editor: httpx.AsyncClient, admin: httpx.AsyncClient, database: Database, mark: str) -> None:
    one = await make_video(database, tags=["x", mark, "y"])
    away = await make_video(database, tags=[mark])
    await editor.delete(f"/api/videos/{away}")
    before = (await editor.get(f"/api/videos/{one}")).headers["ETag"]
    answer = await rename(editor, f" {mark} ", f"<b>{mark}</b> new")
    assert (answer.status_code, answer.json()) == (200, {"name": f"{mark} new", "count": 1, "videos": 2})
    assert await tags_of(editor, one) == ["x", f"{mark} new", "y"]
    assert await tags_of(editor, away) == [f"{mark} new"]
    assert await tags(editor, mark) == {f"{mark} new": 1}
    assert (await editor.get(f"/api/videos/{one}")).headers["ETag"] != before
    entry = (await admin.get("/api/audit", params={"objectType": "tag", "objectId": mark})).json()["items"]
    assert [(row["action"], row["before"], row["after"]) for row in entry] == [
        ("tags.rename", {"name": mark}, {"name": f"{mark} new", "videos": 2})
    ]
    again = await rename(editor, mark, "other")
    assert (again.status_code, again.json()["code"]) == (404, "tag_not_found")


async def test_renaming_to_a_tag_that_is_there_merges(
    editor: httpx.AsyncClient, database: Database, mark: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(videos_service, "_RENAMED_AT_ONCE", 2)
    old, new = f"{mark} old", f"{mark} new"
    videos = [await make_video(database, tags=names) for names in ([old, "x", new], [new, old], [old], [new, "y"])]
    answer = await rename(editor, old, new)
    assert answer.json() == {"name": new, "count": 4, "videos": 3}
    assert [await tags_of(editor, video) for video in videos] == [["x", new], [new], [new], [new, "y"]]
    assert await tags(editor, mark) == {new: 4}


async def test_the_same_name_changes_nothing(
    editor: httpx.AsyncClient, admin: httpx.AsyncClient, database: Database, mark: str
) -> None:
    name = f"{mark} é"
    video = await make_video(database, tags=[name])
    read = (await editor.get(f"/api/videos/{video}")).json()
    answer = await rename(editor, name, f"{mark} e\u0301")
    assert (answer.status_code, answer.json()) == (200, {"name": name, "count": 1, "videos": 0})
    assert (await editor.get(f"/api/videos/{video}")).json() == read
    assert (await admin.get("/api/audit", params={"objectId": name})).json()["items"] == []
    assert (await rename(editor, f"{mark} none", f"{mark} none")).status_code == 404


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/from"),
        ({"from": "a"}, "/to"),
        ({"from": "a", "to": ""}, "/to"),
        ({"from": "a", "to": " "}, "/to"),
        ({"from": "a", "to": "b" * 101}, "/to"),
        ({"from": "a", "to": "b\x00"}, "/to"),
        ({"from": None, "to": "b"}, "/from"),
        ({"from": ["a"], "to": "b"}, "/from"),
        ({"from": "a", "to": "b", "from_": "c"}, "/from_"),
    ],
)
async def test_a_bad_renaming_is_422(editor: httpx.AsyncClient, body: dict[str, Any], pointer: str) -> None:
    answer = await editor.post("/api/tags/rename", json=body)
    assert answer.status_code == 422
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]


async def test_roles(viewer: httpx.AsyncClient, anonymous: httpx.AsyncClient) -> None:
    assert (await anonymous.get("/api/tags")).status_code == 401
    assert (await rename(viewer, "a", "b")).status_code == 403


async def test_renaming_beside_other_writers(editor: httpx.AsyncClient, database: Database, mark: str) -> None:
    names = [f"{mark} {number}" for number in range(3)]
    videos = [str(await make_video(database, tags=names)) for _ in range(20)]
    for turn in range(6):
        fresh = f"{mark} turn {turn}"
        answers = await asyncio.gather(
            rename(editor, names[turn % 3], fresh),
            editor.post("/api/videos/bulk", json={"ids": videos[::-1], "action": "addTags", "tags": [fresh, "z"]}),
            editor.post("/api/videos/bulk", json={"ids": videos, "action": "removeTags", "tags": ["z", names[0]]}),
            *(editor.patch(f"/api/videos/{video}", json={"title": f"{turn}"}) for video in videos[5:8]),
        )
        assert {answer.status_code for answer in answers} <= {200, 404}
        assert (await rename(editor, fresh, names[turn % 3])).status_code == 200
    await check_counts(database, mark)


async def check_counts(database: Database, mark: str) -> None:
    """The kept counts are what counting the rows gives."""
    async with database.session() as session:
        kept = await session.execute(
            text("SELECT name, video_count, archived_count FROM tags WHERE starts_with(name, :mark)"), {"mark": mark}
        )
        rows = await session.execute(
            text("SELECT name, status FROM videos, unnest(tags) AS name WHERE starts_with(name, :mark)"),
            {"mark": mark},
        )
        counted = Counter((name, status) for name, status in rows)
        expected = {name: (counted[name, "active"], counted[name, "archived"]) for name, _ in counted}
        assert {name: (active, archived) for name, active, archived in kept} == expected


@pytest.mark.parametrize("seed", range(3))
async def test_counts_stay_right_whatever_is_done(
    editor: httpx.AsyncClient, admin: httpx.AsyncClient, database: Database, mark: str, seed: int
) -> None:
    chance = random.Random(seed)
    names = [f"{mark} {number}" for number in range(8)]
    videos = [str(await make_video(database, tags=chance.sample(names, 3))) for _ in range(8)]

    def some() -> list[str]:
        return chance.sample(names, chance.randrange(1, 5))

    async def bulk(action: str, **fields: Any) -> httpx.Response:
        ids = chance.sample(videos, chance.randrange(1, len(videos)))
        return await editor.post("/api/videos/bulk", json={"ids": ids, "action": action, **fields})

    for _ in range(60):
        video = chance.choice(videos)
        match chance.randrange(8):
            case 0:
                made = await editor.post("/api/videos", json={"title": "x", "tags": some()})
                videos.append(made.json()["id"])
                answer = made
            case 1:
                method, body = chance.choice(["PUT", "PATCH"]), {"title": "x", "tags": some()}
                answer = await editor.request(method, f"/api/videos/{video}", json=body)
            case 2:
                answer = await bulk("addTags", tags=some())
            case 3:
                answer = await bulk("removeTags", tags=some())
            case 4:
                answer = await bulk(chance.choice(["archive", "restore"]))
            case 5:
                answer = await rename(editor, *chance.sample(names, 2))
            case 6:
                answer = await editor.delete(f"/api/videos/{video}")
            case _:
                answer = await admin.delete(f"/api/videos/{video}", params={"permanent": "true"})
                if answer.status_code == 204:
                    videos.remove(video)
                    videos.append(str(await make_video(database, tags=some())))
        assert answer.status_code in {200, 201, 204, 404, 409}, answer.text
        await check_counts(database, mark)


async def test_opposite_renames_at_once_end_as_one_after_the_other(
    editor: httpx.AsyncClient, database: Database
) -> None:
    for _ in range(4):
        one, two = f"one {uuid4().hex}", f"two {uuid4().hex}"
        for number in range(12):
            await make_video(database, tags=[one if number % 2 else two])
        answers = await asyncio.gather(
            editor.post("/api/tags/rename", json={"from": one, "to": two}),
            editor.post("/api/tags/rename", json={"from": two, "to": one}),
        )
        assert [answer.status_code for answer in answers] == [200, 200]
        totals = [(await editor.get("/api/videos", params={"tag": tag})).json()["total"] for tag in (one, two)]
        assert sorted(totals) == [0, 12]
