"""One action on many videos."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import event

from shared.clients.s3 import S3
from shared.config import Settings
from shared.db.session import Database
from shared.videos.models import Video
from tests.factories import make_master, make_video
from tests.videos.test_tags import check_counts, tags
from tests.videos.test_writes import audit, make, make_course, stages

PARAMETERS: dict[str, dict[str, Any]] = {
    "archive": {},
    "restore": {},
    "addTags": {"tags": ["a"]},
    "removeTags": {"tags": ["a"]},
    "setVisibility": {"visibility": "public"},
    "setStage": {"stage": "review"},
    "assignCourse": {"courseId": None},
    "encode": {},
    "migrate": {},
    "rollback": {},
}


async def run(client: httpx.AsyncClient, ids: list[Any], action: str, **fields: Any) -> list[dict[str, Any]]:
    body = {"ids": [str(one) for one in ids], "action": action, **fields}
    answer = await client.post("/api/videos/bulk", json=body)
    assert answer.status_code == 200, answer.text
    results: list[dict[str, Any]] = answer.json()["results"]
    assert [result["id"] for result in results] == body["ids"]
    return results


def codes(results: list[dict[str, Any]]) -> list[str]:
    """The code of each error, `ok` where there is none."""
    for result in results:
        assert set(result) == ({"id", "ok"} if result["ok"] else {"id", "ok", "error"})
    return ["ok" if result["ok"] else result["error"]["code"] for result in results]


async def field(client: httpx.AsyncClient, video_id: Any, name: str) -> Any:
    return (await client.get(f"/api/videos/{video_id}")).json()[name]


async def make_many(database: Database, number: int, **fields: Any) -> list[str]:
    async with database.session() as session:
        rows = [Video(title=f"Many {index}", **fields) for index in range(number)]
        session.add_all(rows)
    return [str(row.id) for row in rows]


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """What is executed meanwhile."""
    found: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        found.append(statement)

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(database.engine.sync_engine, "before_cursor_execute", note)


async def test_archive_and_restore(editor: httpx.AsyncClient, admin: httpx.AsyncClient, database: Database) -> None:
    one, two, missing = await make_video(database), await make_video(database), uuid4()
    assert codes(await run(editor, [two, missing, one, two], "archive")) == ["ok", "video_not_found", "ok", "ok"]
    assert await field(editor, one, "status") == "archived"
    assert codes(await run(editor, [one], "archive")) == ["ok"]
    assert codes(await run(editor, [missing, one], "restore")) == ["video_not_found", "ok"]
    assert (await field(editor, one, "status"), await field(editor, two, "status")) == ("active", "archived")
    assert [entry["action"] for entry in await audit(admin, str(two))] == ["videos.archive", "videos.create"]
    assert [(entry["action"], entry["before"], entry["after"]) for entry in (await audit(admin, str(one)))[:2]] == [
        ("videos.restore", {"status": "archived"}, {"status": "active"}),
        ("videos.archive", {"status": "active"}, {"status": "archived"}),
    ]


async def test_tags(editor: httpx.AsyncClient, admin: httpx.AsyncClient, database: Database) -> None:
    mark = uuid4().hex
    one = await make_video(database, tags=["x", f"{mark}a"])
    two = await make_video(database)
    full = await make_video(database, tags=[str(number) for number in range(49)])
    archived = await make_video(database, tags=["x"])
    await editor.delete(f"/api/videos/{archived}")
    given = [f" {mark}b", f"{mark}a", f"<i>{mark}b</i>"]
    results = await run(editor, [one, two, full, archived], "addTags", tags=given)
    assert codes(results) == ["ok", "ok", "too_many_tags", "video_archived"]
    assert await field(editor, one, "tags") == ["x", f"{mark}a", f"{mark}b"]
    assert await field(editor, two, "tags") == [f"{mark}b", f"{mark}a"]
    assert len(await field(editor, full, "tags")) == 49
    assert await tags(editor, mark) == {f"{mark}a": 2, f"{mark}b": 2}
    assert (await audit(admin, str(one)))[0]["after"] == {"tags": ["x", f"{mark}a", f"{mark}b"]}
    assert codes(await run(editor, [one, two, archived], "removeTags", tags=["x", f"{mark}b"])) == [
        *("ok", "ok", "video_archived")
    ]
    assert (await field(editor, one, "tags"), await field(editor, two, "tags")) == ([f"{mark}a"], [f"{mark}a"])
    entries = len(await audit(admin, str(one)))
    assert codes(await run(editor, [one], "removeTags", tags=["x"])) == ["ok"]
    assert len(await audit(admin, str(one))) == entries
    await check_counts(database, mark)


async def test_visibility_and_stage(editor: httpx.AsyncClient, admin: httpx.AsyncClient, database: Database) -> None:
    one, two, archived = [await make_video(database) for _ in range(3)]
    await editor.delete(f"/api/videos/{archived}")
    for fields in ({"action": "setVisibility", "visibility": "paid"}, {"action": "setStage", "stage": "editing"}):
        for _ in range(2):
            assert codes(await run(editor, [one, archived, two], **fields)) == ["ok", "video_archived", "ok"]
    assert (await field(editor, two, "visibility"), await field(editor, two, "pipelineStage")) == ("paid", "editing")
    assert await stages(database, str(one)) == [("draft", "editing")]
    assert await stages(database, str(archived)) == []
    assert [(entry["before"], entry["after"]) for entry in (await audit(admin, str(one)))[:-1]] == [
        ({"pipelineStage": "draft"}, {"pipelineStage": "editing"}),
        ({"visibility": "private"}, {"visibility": "paid"}),
    ]


async def test_courses(editor: httpx.AsyncClient, admin: httpx.AsyncClient, database: Database) -> None:
    course, module = map(str, await make_course(database))
    other, other_module = map(str, await make_course(database))
    one = (await make(editor, moduleId=module))["id"]
    two = (await make(editor, moduleId=other_module))["id"]

    async def places() -> list[tuple[str | None, str | None]]:
        return [(await field(editor, it, "courseId"), await field(editor, it, "moduleId")) for it in (one, two)]

    assert codes(await run(editor, [one, two], "assignCourse", courseId=course)) == ["ok", "ok"]
    assert await places() == [(course, module), (course, None)]
    assert (await audit(admin, two))[0]["before"] == {"courseId": other, "moduleId": other_module}
    assert len(await audit(admin, one)) == 1
    await run(editor, [one, two], "assignCourse", courseId=course, moduleId=module)
    assert await places() == [(course, module), (course, module)]
    await run(editor, [two], "assignCourse", courseId=course, moduleId=None)
    assert await places() == [(course, module), (course, None)]
    await run(editor, [one, two], "assignCourse", courseId=None)
    assert await places() == [(None, None), (None, None)]
    for fields, wanted in (
        ({"courseId": str(uuid4())}, (404, "course_not_found", "/courseId")),
        ({"courseId": course, "moduleId": str(uuid4())}, (404, "module_not_found", "/moduleId")),
        ({"courseId": course, "moduleId": other_module}, (409, "module_of_another_course", "/moduleId")),
        ({"courseId": None, "moduleId": module}, (409, "module_of_another_course", "/moduleId")),
    ):
        answer = await editor.post("/api/videos/bulk", json={"ids": [one], "action": "assignCourse", **fields})
        problem = answer.json()
        assert (answer.status_code, problem["code"], problem["errors"][0]["pointer"]) == wanted


async def test_encode(editor: httpx.AsyncClient, database: Database, s3: S3, settings: Settings) -> None:
    ready, bare, archived, missing = *[await make_video(database) for _ in range(3)], uuid4()
    for video in (ready, archived):
        await make_master(database, s3, settings, video)
    await editor.delete(f"/api/videos/{archived}")
    results = await run(editor, [bare, ready, archived, ready, missing], "encode")
    assert codes(results) == ["master_missing", "ok", "video_archived", "ok", "video_not_found"]
    jobs = (await editor.get("/api/encoding/jobs", params={"videoId": str(ready)})).json()["items"]
    assert [job["status"] for job in jobs] == ["queued"]


@pytest.mark.parametrize("action", ["migrate", "rollback"])
async def test_without_vimeo_nothing_is_migrated(admin: httpx.AsyncClient, database: Database, action: str) -> None:
    video = await make_video(database)
    assert codes(await run(admin, [uuid4(), video], action)) == ["video_not_found", "not_connected"]


async def test_roles(
    anonymous: httpx.AsyncClient, viewer: httpx.AsyncClient, editor: httpx.AsyncClient, admin: httpx.AsyncClient
) -> None:
    for action, fields in PARAMETERS.items():
        body = {"ids": [str(uuid4())], "action": action, **fields}
        path = "/api/videos/bulk"
        assert (await anonymous.post(path, json=body)).status_code == 401
        assert (await viewer.post(path, json=body)).status_code == 403
        above = action in {"migrate", "rollback"}
        assert (await editor.post(path, json=body)).status_code == (403 if above else 200)
        assert (await admin.post(path, json=body)).status_code == 200
        broken = {"ids": "none", "action": action, "surprise": 1}
        assert (await editor.post(path, json=broken, params={"x": "1"})).status_code == (403 if above else 422)
        assert (await admin.post(path, json=broken)).status_code == 422


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/action"),
        ([], ""),
        ("migrate", ""),
        ({"ids": [str(uuid4())]}, "/action"),
        ({"ids": [str(uuid4())], "action": "delete"}, "/action"),
        ({"ids": [str(uuid4())], "action": ["migrate"]}, "/action"),
        ({"ids": [str(uuid4())], "action": None}, "/action"),
        ({"action": "archive"}, "/ids"),
        ({"ids": [], "action": "archive"}, "/ids"),
        ({"ids": [str(uuid4())] * 501, "action": "archive"}, "/ids"),
        ({"ids": [str(uuid4()), "x"], "action": "archive"}, "/ids/1"),
        ({"ids": [str(uuid4()), 7], "action": "archive"}, "/ids/1"),
        ({"ids": str(uuid4()), "action": "archive"}, "/ids"),
        ({"ids": [str(uuid4())], "action": "archive", "tags": ["a"]}, "/tags"),
        ({"ids": [str(uuid4())], "action": "addTags"}, "/tags"),
        ({"ids": [str(uuid4())], "action": "addTags", "tags": []}, "/tags"),
        ({"ids": [str(uuid4())], "action": "addTags", "tags": ["a"] * 51}, "/tags"),
        ({"ids": [str(uuid4())], "action": "removeTags", "tags": ["a", "b\x00"]}, "/tags/1"),
        ({"ids": [str(uuid4())], "action": "addTags", "tags": ["a" * 101]}, "/tags/0"),
        ({"ids": [str(uuid4())], "action": "setVisibility", "visibility": "secret"}, "/visibility"),
        ({"ids": [str(uuid4())], "action": "setStage", "stage": None}, "/stage"),
        ({"ids": [str(uuid4())], "action": "setStage", "pipelineStage": "draft"}, "/stage"),
        ({"ids": [str(uuid4())], "action": "assignCourse"}, "/courseId"),
        ({"ids": [str(uuid4())], "action": "assignCourse", "courseId": "x"}, "/courseId"),
        ({"ids": [str(uuid4())], "action": "assignCourse", "courseId": None, "moduleId": 1}, "/moduleId"),
    ],
)
async def test_a_bad_request_is_422_with_a_pointer(editor: httpx.AsyncClient, body: Any, pointer: str) -> None:
    answer = await editor.post("/api/videos/bulk", json=body)
    assert answer.status_code == 422
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff\xfe", b"[" * 10_000, b'{"action": "addTags", "ids": [], "tags": ["\\ud800"]}', b"null"],
)
async def test_an_unreadable_body_is_refused(editor: httpx.AsyncClient, content: bytes) -> None:
    answer = await editor.post("/api/videos/bulk", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == (400 if content[:2] == b"[[" else 422)


async def test_a_body_that_is_too_large_is_413(editor: httpx.AsyncClient) -> None:
    body = json.dumps({"action": "migrate", "ids": ["x" * 100] * 12_000}).encode()
    answer = await editor.post("/api/videos/bulk", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 413


async def test_five_hundred_cost_what_one_costs(
    editor: httpx.AsyncClient, admin: httpx.AsyncClient, database: Database
) -> None:
    mark = uuid4().hex
    course, module = map(str, await make_course(database))
    ids = await make_many(database, 500, tags=[f"{mark} old"])
    for action, fields in (
        ("addTags", {"tags": [f"{mark} {number}" for number in range(20)]}),
        ("removeTags", {"tags": [f"{mark} old"]}),
        ("setVisibility", {"visibility": "public"}),
        ("setStage", {"stage": "published"}),
        ("assignCourse", {"courseId": course, "moduleId": module}),
        ("archive", {}),
        ("restore", {}),
    ):
        with statements(database) as executed:
            assert set(codes(await run(editor, ids, action, **fields))) == {"ok"}
        assert len(executed) <= 10, (action, executed)
        assert len(await audit(admin, ids[250])) > 0
    with statements(database) as executed:
        assert set(codes(await run(admin, ids, "migrate"))) == {"not_connected"}
    assert len(executed) <= 4
    assert len(await audit(admin, ids[499])) == 7
    assert await stages(database, ids[7]) == [("draft", "published")]
    assert await field(editor, ids[3], "moduleId") == module
    assert set((await tags(editor, mark, limit=100)).values()) == {500}
    await check_counts(database, mark)


async def test_bulk_requests_at_once_wait_for_each_other(editor: httpx.AsyncClient, database: Database) -> None:
    mark = uuid4().hex
    ids = await make_many(database, 60)
    for turn in range(12):
        own = [[f"{mark} {(turn + shift) % 4} {letter}" for letter in "dacb"] for shift in range(4)]
        await asyncio.gather(
            run(editor, ids, "addTags", tags=own[0]),
            run(editor, ids[::-1], "addTags", tags=own[1][::-1]),
            run(editor, ids[20:] + ids[:20], "removeTags", tags=own[2]),
            run(editor, ids[::2][::-1], "archive" if turn % 2 else "restore"),
        )
        await run(editor, ids, "restore")
        await check_counts(database, mark)


def actions_of(schema: dict[str, Any]) -> list[str]:
    return [schema["const"]] if "const" in schema else list(schema["enum"])


async def test_each_action_has_its_own_schema(anonymous: httpx.AsyncClient) -> None:
    document = (await anonymous.get("/api/openapi.json")).json()
    schemas = document["components"]["schemas"]
    body = schemas["BulkInput"]
    alternatives = [schemas[one["$ref"].rpartition("/")[2]] for one in body["oneOf"]]
    mapping = {name: schema for schema in alternatives for name in actions_of(schema["properties"]["action"])}
    assert set(mapping) == set(PARAMETERS)
    for action, schema in mapping.items():
        assert schema["additionalProperties"] is False
        assert set(schema["properties"]) - {"moduleId"} == {"ids", "action", *PARAMETERS[action]}
        assert set(schema["required"]) == {"ids", "action", *PARAMETERS[action]}
