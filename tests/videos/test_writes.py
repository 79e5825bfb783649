"""Changing, archiving, restoring and deleting videos; two who write at once."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlmodel import col, select

from shared.courses.models import Course, Module
from shared.db.session import Database
from shared.videos import repository as videos_repository
from shared.videos import service as videos_service
from shared.videos.models import SearchWord
from shared.videos.schemas import VideoInput, VideoPatch
from tests.factories import make_video

ALL_WORDS = select(SearchWord.word)
NOTHING = {"description": None, "courseId": None, "moduleId": None, "publishedAt": None}
FULL: dict[str, Any] = {
    "title": "Tom & Jerry: 5 < 6",
    "description": "'; DROP TABLE videos; --",
    "tags": ["Straße", "b", "a"],
    "visibility": "paid",
    "sortOrder": -7,
    "publishedAt": "2026-11-20T12:00:00Z",
    "pipelineStage": "review",
    "masterFileUrl": "https://example.org/master.mov",
    "thumbnailUrl": "https://example.org/thumb.jpg",
}


async def make_course(database: Database) -> tuple[UUID, UUID]:
    """A course and its only module."""
    async with database.session() as session:
        course = Course(title="A course", slug=uuid4().hex)
        session.add(course)
        await session.flush()
        module = Module(course_id=course.id, title="A module", slug=uuid4().hex)
        session.add(module)
    return course.id, module.id


async def make(client: httpx.AsyncClient, **fields: Any) -> dict[str, Any]:
    """A video as it is answered."""
    answer = await client.post("/api/videos", json={"title": "A video", **fields})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def audit(admin: httpx.AsyncClient, video_id: str) -> list[dict[str, Any]]:
    """What was done to a video, newest first."""
    answer = await admin.get("/api/audit", params={"objectId": video_id})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def stages(database: Database, video_id: str) -> list[tuple[str, str]]:
    async with database.session() as session:
        rows = await videos_service.stage_history(session, UUID(video_id), limit=100)
    return [(row.from_stage, row.to_stage) for row in rows]


async def test_every_field_is_kept_and_replaced(editor: httpx.AsyncClient) -> None:
    video = await make(editor, **FULL)
    assert {name: video[name] for name in FULL} == FULL
    answer = await editor.put(f"/api/videos/{video['id']}", json={"title": "Bare"})
    bare = {"title": "Bare", "tags": [], "visibility": "private", "sortOrder": 0, "pipelineStage": "draft", **NOTHING}
    assert answer.status_code == 200
    assert {name: answer.json()[name] for name in bare} == bare
    assert (answer.json()["masterFileUrl"], answer.json()["thumbnailUrl"]) == (None, None)


async def test_a_patch_changes_what_it_names(editor: httpx.AsyncClient, admin: httpx.AsyncClient) -> None:
    video = await make(editor, **FULL)
    path = f"/api/videos/{video['id']}"
    for change in ({"title": "New"}, {"tags": ["z", "y"]}, {"description": None}, {"sortOrder": 0}, {"tags": []}):
        answer = await editor.patch(path, json=change)
        expected = {**video, **change, "updatedAt": answer.json()["updatedAt"]}
        assert (answer.status_code, answer.json()) == (200, expected)
        assert answer.json()["updatedAt"] > video["updatedAt"]
        video = answer.json()
        newest = (await audit(admin, video["id"]))[0]
        assert (newest["action"], newest["after"]) == ("videos.update", change)
    read = await editor.get(path)
    assert (read.json(), read.headers["ETag"]) == (video, answer.headers["ETag"])


async def test_what_changes_nothing_leaves_no_trace(editor: httpx.AsyncClient, admin: httpx.AsyncClient) -> None:
    video = await make(editor, **FULL)
    path = f"/api/videos/{video['id']}"
    for answer in (
        await editor.patch(path, json={}),
        await editor.patch(path, json=FULL),
        await editor.put(path, json=FULL),
        await editor.post(f"{path}/restore"),
    ):
        assert (answer.status_code, answer.json()) == (200, video)
    assert [entry["action"] for entry in await audit(admin, video["id"])] == ["videos.create"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        *(({name: None}, f"/{name}") for name in ("title", "tags", "visibility", "sortOrder", "pipelineStage")),
        ({"title": ""}, "/title"),
        ({"title": "<script>alert(1)</script>"}, "/title"),
        ({"tags": ["a", "x\x00"]}, "/tags/1"),
        ({"tags": {"a": 1}}, "/tags"),
        ({"sortOrder": 1.5}, "/sortOrder"),
        ({"courseId": ""}, "/courseId"),
        ({"status": "archived"}, "/status"),
        ({"surprise": None}, "/surprise"),
        ([], ""),
    ],
)
async def test_a_bad_patch_is_422_with_a_pointer(editor: httpx.AsyncClient, body: Any, pointer: str) -> None:
    video = await make(editor)
    answer = await editor.patch(f"/api/videos/{video['id']}", json=body)
    assert answer.status_code == 422
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]


async def test_a_lone_surrogate_is_422_anywhere(editor: httpx.AsyncClient) -> None:
    video = await make(editor)
    for body in (b'{"title": "\\ud800"}', b'{"title": "x", "tags": ["\\udfff"]}', b'{"title": "x", "\\ud800": 1}'):
        for method in ("PUT", "PATCH"):
            answer = await editor.request(
                method, f"/api/videos/{video['id']}", content=body, headers={"Content-Type": "application/json"}
            )
            assert answer.status_code == 422


def test_the_schema_of_a_patch_says_what_may_be_null() -> None:
    schema = VideoPatch.model_json_schema()
    full = VideoInput.model_json_schema()
    assert "required" not in schema
    assert set(schema["properties"]) == set(full["properties"])
    for name, field in schema["properties"].items():
        nullable = {"type": "null"} in field.get("anyOf", [])
        assert nullable == ({"type": "null"} in full["properties"][name].get("anyOf", [])), name
        assert "default" not in field, name


async def test_tags_that_look_the_same_are_the_same(editor: httpx.AsyncClient) -> None:
    video = await make(editor, tags=["  Über ", "U\u0308ber", "Über", "über", "<b>bold</b>"])
    assert video["tags"] == ["Über", "über", "bold"]
    # Composed, it would be longer than a tag may be.
    video = await make(editor, tags=["\u0958" * 100])
    assert video["tags"] == ["\u0958" * 100]


async def test_markup_is_taken_out(editor: httpx.AsyncClient) -> None:
    video = await make(
        editor, title="<b>Bold</b> & <i>brave</i>", description="<script>alert(1)</script>1 <a onclick=x>2</a>"
    )
    assert (video["title"], video["description"]) == ("Bold & brave", "1 2")


async def test_a_module_brings_its_course(editor: httpx.AsyncClient, database: Database) -> None:
    course, module = map(str, await make_course(database))
    other_course, other_module = map(str, await make_course(database))
    video = await make(editor, moduleId=module)
    path = f"/api/videos/{video['id']}"
    assert (video["courseId"], video["moduleId"]) == (course, module)
    for change, expected in (
        ({"moduleId": None}, (course, None)),
        ({"moduleId": other_module}, (other_course, other_module)),
        ({"courseId": other_course}, (other_course, other_module)),
        ({"courseId": course}, (course, None)),
        ({"courseId": course, "moduleId": module}, (course, module)),
        ({"courseId": None}, (None, None)),
    ):
        answer = (await editor.patch(path, json=change)).json()
        assert (answer["courseId"], answer["moduleId"]) == expected, change
    answer = (await editor.put(path, json={"title": "x", "moduleId": module})).json()
    assert (answer["courseId"], answer["moduleId"]) == (course, module)


async def test_courses_and_modules_must_exist_and_belong_together(
    editor: httpx.AsyncClient, database: Database
) -> None:
    course, module = map(str, await make_course(database))
    other_course, _ = map(str, await make_course(database))
    video = await make(editor)
    for body, wanted in (
        ({"courseId": str(uuid4())}, (404, "course_not_found", "/courseId")),
        ({"moduleId": str(uuid4())}, (404, "module_not_found", "/moduleId")),
        ({"courseId": course, "moduleId": str(uuid4())}, (404, "module_not_found", "/moduleId")),
        ({"courseId": str(uuid4()), "moduleId": module}, (404, "course_not_found", "/courseId")),
        ({"courseId": other_course, "moduleId": module}, (409, "module_of_another_course", "/moduleId")),
        ({"courseId": None, "moduleId": module}, (409, "module_of_another_course", "/moduleId")),
    ):
        whole = {"title": "x", **body}
        for answer in (
            await editor.post("/api/videos", json=whole),
            await editor.put(f"/api/videos/{video['id']}", json=whole),
            await editor.patch(f"/api/videos/{video['id']}", json=body),
        ):
            problem = answer.json()
            assert (answer.status_code, problem["code"], problem["errors"][0]["pointer"]) == wanted
    assert (await editor.get(f"/api/videos/{video['id']}")).json() == video


async def test_stages_have_a_history(editor: httpx.AsyncClient, admin: httpx.AsyncClient, database: Database) -> None:
    video = await make(editor, pipelineStage="editing")
    path = f"/api/videos/{video['id']}"
    assert await stages(database, video["id"]) == []
    await editor.patch(path, json={"pipelineStage": "review", "title": "New"})
    await editor.patch(path, json={"pipelineStage": "review"})
    await editor.put(path, json={"title": "New"})
    assert await stages(database, video["id"]) == [("review", "draft"), ("editing", "review")]
    entries = await audit(admin, video["id"])
    assert [(entry["before"], entry["after"]) for entry in entries[:2]] == [
        ({"pipelineStage": "review"}, {"pipelineStage": "draft"}),
        ({"title": "A video", "pipelineStage": "editing"}, {"title": "New", "pipelineStage": "review"}),
    ]


async def test_an_archived_video_waits_as_it_was(editor: httpx.AsyncClient, admin: httpx.AsyncClient) -> None:
    video = await make(editor, **FULL)
    path = f"/api/videos/{video['id']}"
    archived = await editor.delete(path)
    assert (archived.status_code, archived.json()["status"]) == (200, "archived")
    assert (await editor.delete(path)).json() == archived.json()
    for answer in (await editor.put(path, json=FULL), await editor.patch(path, json={})):
        assert (answer.status_code, answer.json()["code"]) == (409, "video_archived")
    restored = await editor.post(f"{path}/restore")
    assert restored.json() == {**video, "updatedAt": restored.json()["updatedAt"]}
    assert [(entry["action"], entry["before"], entry["after"]) for entry in (await audit(admin, video["id"]))[:2]] == [
        ("videos.restore", {"status": "archived"}, {"status": "active"}),
        ("videos.archive", {"status": "active"}, {"status": "archived"}),
    ]


async def test_if_match_on_every_write(editor: httpx.AsyncClient, admin: httpx.AsyncClient) -> None:
    video = await make(editor)
    path = f"/api/videos/{video['id']}"
    old = (await editor.get(path)).headers["ETag"]
    new = (await editor.patch(path, json={"title": "New"}, headers={"If-Match": old})).headers["ETag"]
    assert new != old
    stale = {"If-Match": old}
    for answer in (
        await editor.put(path, json={"title": "x"}, headers=stale),
        await editor.patch(path, json={"title": "x"}, headers=stale),
        await editor.patch(path, json={"title": "x"}, headers={"If-Match": f"W/{new}"}),
        await editor.delete(path, headers=stale),
    ):
        assert (answer.status_code, answer.json()["code"]) == (412, "precondition_failed")
    answer = await editor.put(path, json={"title": "Newer"}, headers={"If-Match": f'"x", {new}'})
    assert (answer.status_code, answer.json()["title"]) == (200, "Newer")
    archived = await editor.delete(path, headers={"If-Match": answer.headers["ETag"]})
    assert archived.status_code == 200
    permanently = {"permanent": "true"}
    assert (await admin.delete(path, params=permanently, headers=stale)).status_code == 412
    assert (await editor.put(path, json={"title": "x"}, headers=stale)).status_code == 412
    gone = await admin.delete(path, params=permanently, headers={"If-Match": archived.headers["ETag"]})
    assert (gone.status_code, gone.content) == (204, b"")
    assert (await admin.delete(path, params=permanently, headers={"If-Match": "*"})).status_code == 404


async def test_of_two_writers_with_if_match_one_wins(editor: httpx.AsyncClient, database: Database) -> None:
    path = f"/api/videos/{await make_video(database)}"
    for turn in range(10):
        headers = {"If-Match": (await editor.get(path)).headers["ETag"]}
        titles = [f"{turn} {name}" for name in "abcd"]
        answers = await asyncio.gather(
            *(
                editor.put(path, json={"title": title}, headers=headers)
                if number % 2
                else editor.patch(path, json={"title": title}, headers=headers)
                for number, title in enumerate(titles)
            )
        )
        assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412]
        winner = next(answer.json()["title"] for answer in answers if answer.status_code == 200)
        assert (await editor.get(path)).json()["title"] == winner


async def test_without_if_match_the_last_write_wins(editor: httpx.AsyncClient, database: Database) -> None:
    path = f"/api/videos/{await make_video(database)}"
    for turn in range(5):
        changes: list[dict[str, Any]] = [{"title": f"{turn}"}, {"tags": [f"{turn}"]}, {"sortOrder": turn}]
        answers = await asyncio.gather(*(editor.patch(path, json=change) for change in changes))
        assert [answer.status_code for answer in answers] == [200, 200, 200]
        video = (await editor.get(path)).json()
        assert {name: video[name] for change in changes for name in change} == {
            name: value for change in changes for name, value in change.items()
        }


async def test_what_is_not_there_is_404(editor: httpx.AsyncClient, admin: httpx.AsyncClient) -> None:
    path = f"/api/videos/{uuid4()}"
    for answer in (
        await editor.put(path, json={"title": "x"}, headers={"If-Match": '"x"'}),
        await editor.patch(path, json={}),
        await editor.delete(path),
        await editor.post(f"{path}/restore"),
        await admin.delete(path, params={"permanent": "true"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "video_not_found")


async def test_the_role_comes_before_the_rest_of_the_request(
    editor: httpx.AsyncClient, admin: httpx.AsyncClient, viewer: httpx.AsyncClient
) -> None:
    for permanent in ("true", "1", "yes", "TRUE"):
        wrong = {"params": {"permanent": permanent, "surprise": "1"}}
        assert (await editor.delete("/api/videos/not-an-id", **wrong)).status_code == 403  # type: ignore[arg-type]
        assert (await admin.delete("/api/videos/not-an-id", **wrong)).status_code == 422  # type: ignore[arg-type]
    for permanent in ("false", "perhaps"):
        answer = await editor.delete("/api/videos/not-an-id", params={"permanent": permanent})
        assert answer.status_code == 422
    for method, path in (("PATCH", "/api/videos/x"), ("POST", "/api/videos/x/restore"), ("DELETE", "/api/videos/x")):
        answer = await viewer.request(method, path, content=b"{")
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


async def test_a_video_that_is_not_there_is_404_wherever_it_was_to_go(
    editor: httpx.AsyncClient, database: Database
) -> None:
    course, _ = map(str, await make_course(database))
    _, other_module = map(str, await make_course(database))
    path = f"/api/videos/{uuid4()}"
    for place in (
        {"courseId": course, "moduleId": other_module},
        {"courseId": None, "moduleId": other_module},
        {"courseId": str(uuid4())},
        {"moduleId": str(uuid4())},
    ):
        for answer in (
            await editor.put(path, json={"title": "x", **place}),
            await editor.patch(path, json=place),
        ):
            assert (answer.status_code, answer.json()["code"]) == (404, "video_not_found"), place


async def test_a_module_of_another_course_waits_for_none_of_the_two_in_turn(
    editor: httpx.AsyncClient, database: Database
) -> None:
    """Who moves a module locks both courses in the order of their ids: nobody else may lock them in another order."""
    course, _ = await make_course(database)
    _, other_module = await make_course(database)
    video = await make(editor)
    body = {"courseId": str(course), "moduleId": str(other_module)}
    async with database.session() as session:
        await session.execute(select(Course).where(col(Course.id) == course).with_for_update())
        answer = await asyncio.wait_for(editor.patch(f"/api/videos/{video['id']}", json=body), 10)
    assert (answer.status_code, answer.json()["code"]) == (409, "module_of_another_course")


async def test_words_that_no_video_has_are_forgotten(editor: httpx.AsyncClient, database: Database) -> None:
    mark = "".join(chr(ord("a") + int(digit, 16)) for digit in uuid4().hex)
    kept = [f"{mark}übung", f"{mark}ёлка", f"{mark}title"]
    gone = [f"{mark}gone", f"{mark}größe"]
    video = await make(editor, title=f"{kept[2]} {gone[0]}", description=gone[1], tags=[kept[0]])
    archived = await make(editor, description=kept[1])
    await editor.delete(f"/api/videos/{archived['id']}")
    await editor.patch(f"/api/videos/{video['id']}", json={"title": kept[2], "description": None})

    async def known() -> set[str]:
        query = select(SearchWord.word).where(col(SearchWord.word).startswith(mark))
        async with database.session() as session:
            return set(await session.scalars(query))

    folded = {f"{mark}ubung", f"{mark}елка", f"{mark}title"}
    assert await known() == folded | {f"{mark}gone", f"{mark}grosse"}
    after: str | None = mark
    looked_at = []
    while after is not None:
        async with database.session() as session:
            after = await videos_repository.forget_unused_words(session, after=after, limit=2)
        looked_at.append(after)
    assert looked_at[:2] == [f"{mark}grosse", f"{mark}ubung"]
    assert await known() == folded
    async with database.session() as session:
        assert await videos_service.forget_unused_words(session, chr(0x10FFFF)) == ""
        assert await videos_service.forget_unused_words(session, mark) in {"", *await session.scalars(ALL_WORDS)}
    again = await make(editor, title=gone[0])
    assert f"{mark}gone" in await known()
    found = await editor.get("/api/videos", params={"q": gone[0][:-1] + "x"})
    assert [one["id"] for one in found.json()["items"]] == [again["id"]]
