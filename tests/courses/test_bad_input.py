"""What nobody should send, and who may send what."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.courses.building import Json, make_course, make_lesson, make_module, read

ANY: list[tuple[Json, str]] = [
    ({"title": ""}, "/title"),
    ({"title": "   "}, "/title"),
    ({"title": "<b></b>"}, "/title"),
    ({"title": "x" * 501}, "/title"),
    ({"title": "a\x00b"}, "/title"),
    ({"title": 7}, "/title"),
    ({"title": "x", "slug": "Not-A-Slug"}, "/slug"),
    ({"title": "x", "slug": "a--b"}, "/slug"),
    ({"title": "x", "slug": "a\n"}, "/slug"),
    ({"title": "x", "slug": "-a"}, "/slug"),
    ({"title": "x", "slug": ""}, "/slug"),
    ({"title": "x", "slug": "a" * 201}, "/slug"),
    ({"title": "x", "slug": 5}, "/slug"),
    ({"title": "x", "description": "x" * 20_001}, "/description"),
    ({"title": "x", "description": "a\x00b"}, "/description"),
    ({"title": "x", "sortOrder": 2**31}, "/sortOrder"),
    ({"title": "x", "sortOrder": 10**40}, "/sortOrder"),
    ({"title": "x", "sortOrder": True}, "/sortOrder"),
    ({"title": "x", "sortOrder": "5"}, "/sortOrder"),
    ({"title": "x", "sortOrder": 1.5}, "/sortOrder"),
    ({"title": "x", "surprise": 1}, "/surprise"),
    ({"title": "x", "sort_order": 1}, "/sort_order"),
    ({"title": "x", "id": str(uuid4())}, "/id"),
]
LESSON: list[tuple[Json, str]] = [
    ({"title": "x", "externalId": ""}, "/externalId"),
    ({"title": "x", "externalId": "x" * 201}, "/externalId"),
    ({"title": "x", "externalId": 5}, "/externalId"),
    ({"title": "x", "videoId": None}, "/videoId"),
]


@pytest.fixture(scope="module")
async def paths(editor: httpx.AsyncClient) -> dict[str, str]:
    course = await make_course(editor)
    module = await make_module(editor, course)
    lesson = await make_lesson(editor, module)
    return {
        "courses": "/api/courses",
        "course": f"/api/courses/{course['id']}",
        "modules": f"/api/courses/{course['id']}/modules",
        "module": f"/api/modules/{module['id']}",
        "lessons": f"/api/modules/{module['id']}/lessons",
        "lesson": f"/api/lessons/{lesson['id']}",
    }


def points_at(answer: httpx.Response, pointer: str) -> bool:
    return answer.status_code == 422 and pointer in [error["pointer"] for error in answer.json()["errors"]]


@pytest.mark.parametrize(("body", "pointer"), [*ANY, ({}, "/title"), ({"title": None}, "/title")])
async def test_bad_input_is_422_with_a_pointer(
    editor: httpx.AsyncClient, paths: dict[str, str], body: Json, pointer: str
) -> None:
    for name in ("courses", "modules", "lessons"):
        assert points_at(await editor.post(paths[name], json=body), pointer)
    for name in ("course", "module", "lesson"):
        assert points_at(await editor.put(paths[name], json=body), pointer)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [*ANY, ({"title": None}, "/title"), ({"slug": None}, "/slug"), ({"sortOrder": None}, "/sortOrder")],
)
async def test_a_bad_change_is_422_with_a_pointer(
    editor: httpx.AsyncClient, paths: dict[str, str], body: Json, pointer: str
) -> None:
    for name in ("course", "module", "lesson"):
        assert points_at(await editor.patch(paths[name], json=body), pointer)


@pytest.mark.parametrize(("body", "pointer"), LESSON)
async def test_bad_lessons_are_422(editor: httpx.AsyncClient, paths: dict[str, str], body: Json, pointer: str) -> None:
    for answer in (
        await editor.post(paths["lessons"], json=body),
        await editor.put(paths["lesson"], json=body),
        await editor.patch(paths["lesson"], json=body),
    ):
        assert points_at(answer, pointer)


@pytest.mark.parametrize(
    ("method", "name", "body", "pointer"),
    [
        ("PATCH", "module", {"courseId": None}, "/courseId"),
        ("PATCH", "module", {"courseId": "x"}, "/courseId"),
        ("PATCH", "lesson", {"moduleId": None}, "/moduleId"),
        ("PATCH", "lesson", {"moduleId": 5}, "/moduleId"),
        ("PUT", "lesson/video", {}, "/videoId"),
        ("PUT", "lesson/video", {"videoId": "x"}, "/videoId"),
        ("PUT", "lesson/video", {"videoId": 5}, "/videoId"),
        ("PUT", "lesson/video", {"videoId": None, "x": 1}, "/x"),
        ("PUT", "modules/order", {}, "/ids"),
        ("PUT", "modules/order", {"ids": "x"}, "/ids"),
        ("PUT", "modules/order", {"ids": ["x"]}, "/ids/0"),
        ("PUT", "modules/order", {"ids": [str(uuid4())] * 2001}, "/ids"),
        ("PUT", "lessons/order", {"ids": None}, "/ids"),
    ],
)
async def test_bad_references_are_422(
    editor: httpx.AsyncClient, paths: dict[str, str], method: str, name: str, body: Any, pointer: str
) -> None:
    noun, slash, rest = name.partition("/")
    assert points_at(await editor.request(method, f"{paths[noun]}{slash}{rest}", json=body), pointer)


async def test_a_lone_surrogate_is_422(editor: httpx.AsyncClient, paths: dict[str, str]) -> None:
    for field in ("title", "slug", "description"):
        for name in ("courses", "modules", "lessons"):
            raw = b'{"title": "x", "' + field.encode() + b'": "\\ud800"}'
            answer = await editor.post(paths[name], content=raw, headers={"Content-Type": "application/json"})
            assert answer.status_code == 422


async def test_markup_goes_and_other_text_stays(editor: httpx.AsyncClient, viewer: httpx.AsyncClient) -> None:
    word = uuid4().hex
    made = await make_course(
        editor, title=f"<script>alert(1)</script>5 < 6 <b>& {word}</b>", description="'; DROP TABLE courses; --"
    )
    assert (made["title"], made["description"]) == (f"5 < 6 & {word}", "'; DROP TABLE courses; --")
    found = (await viewer.get("/api/courses", params={"q": f"6 & {word}"})).json()
    assert [item["id"] for item in found["items"]] == [made["id"]]


@pytest.mark.parametrize(
    ("name", "params", "pointer"),
    [
        ("courses", {"limit": 0}, "/query/limit"),
        ("courses", {"limit": 101}, "/query/limit"),
        ("courses", {"offset": 1}, "/query/offset"),
        ("courses", {"q": "x" * 201}, "/query/q"),
        ("courses", {"q": "a\x00b"}, "/query/q"),
        ("modules", {"q": "x"}, "/query/q"),
        ("lessons", {"limit": "many"}, "/query/limit"),
        ("course", {"expand": "all"}, "/query/expand"),
    ],
)
async def test_bad_queries_are_422(
    viewer: httpx.AsyncClient, paths: dict[str, str], name: str, params: dict[str, Any], pointer: str
) -> None:
    assert points_at(await viewer.get(paths[name], params=params), pointer)


async def test_force_is_a_yes_or_a_no(editor: httpx.AsyncClient, paths: dict[str, str]) -> None:
    assert points_at(await editor.delete(paths["course"], params={"force": "perhaps"}), "/query/force")
    assert (await editor.get(paths["course"])).status_code == 200


async def test_viewers_read_and_editors_write(
    viewer: httpx.AsyncClient, anonymous: httpx.AsyncClient, paths: dict[str, str]
) -> None:
    for path in paths.values():
        await read(viewer, path)
        assert (await anonymous.get(path)).status_code == 401
    writes = [
        *(("POST", paths[name]) for name in ("courses", "modules", "lessons")),
        *((method, paths[name]) for method in ("PUT", "PATCH", "DELETE") for name in ("course", "module", "lesson")),
        ("PUT", f"{paths['modules']}/order"),
        ("PUT", f"{paths['lessons']}/order"),
        ("PUT", f"{paths['lesson']}/video"),
    ]
    for method, path in writes:
        assert (await viewer.request(method, path)).status_code == 403
        assert (await anonymous.request(method, path)).status_code == 401
