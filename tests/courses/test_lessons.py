"""Modules and lessons over HTTP: order, slugs, moves, limits."""

import asyncio
from uuid import uuid4

import httpx
import pytest

from shared.courses import service as courses_service
from shared.db.session import Database
from tests.courses.building import Json, audited, make_course, make_lesson, make_module, read


def titles(rows: list[Json]) -> list[str]:
    return [row["title"] for row in rows]


async def test_modules_and_lessons_are_made_read_changed_and_deleted(
    editor: httpx.AsyncClient, viewer: httpx.AsyncClient, database: Database
) -> None:
    course = await make_course(editor)
    made = await editor.post(f"/api/courses/{course['id']}/modules", json={"title": "Модуль 1"})
    module = made.json()
    module_path = f"/api/modules/{module['id']}"
    assert (made.status_code, made.headers["Location"]) == (201, f"http://vms.test{module_path}")
    assert (module["courseId"], module["slug"], module["lessons"]) == (course["id"], "modul-1", [])
    external_id = f"01_analytics_{uuid4().hex}"
    made = await editor.post(f"{module_path}/lessons", json={"title": "Урок", "externalId": external_id})
    lesson = made.json()
    lesson_path = f"/api/lessons/{lesson['id']}"
    assert (made.status_code, made.headers["Location"]) == (201, f"http://vms.test{lesson_path}")
    assert (lesson["moduleId"], lesson["slug"], lesson["externalId"]) == (module["id"], "urok", external_id)
    assert (lesson["videoId"], lesson["videoTitle"], lesson["kinescopeVideoId"]) == (None, None, None)
    assert (lesson["playable"], lesson["missing"]) == (False, "no_video")
    got = await viewer.get(lesson_path)
    assert (got.json(), got.headers["ETag"]) == (lesson, made.headers["ETag"])
    page = await read(viewer, f"/api/courses/{course['id']}")
    assert page["modules"] == [await read(viewer, module_path)]
    assert page["modules"][0]["lessons"] == [lesson]
    assert (page["lessonCount"], page["playableLessons"], page["missing"]) == (1, 0, [lesson["id"]])

    changed = await editor.patch(lesson_path, json={"title": "First", "sortOrder": 7})
    assert (changed.json()["title"], changed.json()["slug"], changed.json()["externalId"]) == (
        "First",
        "urok",
        external_id,
    )
    replaced = await editor.put(lesson_path, json={"title": "Second"})
    assert (replaced.json()["sortOrder"], replaced.json()["externalId"], replaced.json()["slug"]) == (7, None, "urok")
    changed = await editor.patch(module_path, json={"slug": "one", "description": "About"})
    assert (changed.json()["slug"], changed.json()["description"]) == ("one", "About")
    replaced = await editor.put(module_path, json={"title": "Again"})
    assert (replaced.json()["title"], replaced.json()["slug"], replaced.json()["description"]) == ("Again", "one", None)

    assert (await editor.delete(lesson_path)).status_code == 204
    assert (await editor.delete(module_path)).status_code == 204
    assert (await viewer.get(lesson_path)).json()["code"] == "lesson_not_found"
    assert (await viewer.get(module_path)).json()["code"] == "module_not_found"
    actions = [entry.action for entry in await audited(database, lesson["id"])]
    assert actions == ["lessons.create", "lessons.update", "lessons.update", "lessons.delete"]
    actions = [entry.action for entry in await audited(database, module["id"])]
    assert actions == ["modules.create", "modules.update", "modules.update", "modules.delete"]


async def test_new_ones_go_to_the_end_unless_a_place_is_given(editor: httpx.AsyncClient) -> None:
    course = await make_course(editor)
    for title, fields in (("a", {}), ("b", {}), ("c", {"sortOrder": -1}), ("d", {"sortOrder": 2**31 - 1}), ("e", {})):
        await make_module(editor, course, title=title, **fields)
    page = await read(editor, f"/api/courses/{course['id']}")
    assert titles(page["modules"]) == ["c", "a", "b", "d", "e"]
    module = page["modules"][0]
    for title, fields in (("a", {}), ("b", {"sortOrder": 5}), ("c", {}), ("d", {"sortOrder": 3})):
        await make_lesson(editor, module, title=title, **fields)
    listed = await read(editor, f"/api/modules/{module['id']}/lessons")
    assert titles(listed["items"]) == ["a", "d", "b", "c"]


async def test_the_order_is_set_in_one_call(editor: httpx.AsyncClient, database: Database) -> None:
    course = await make_course(editor)
    modules = [await make_module(editor, course, title=title) for title in "abc"]
    path = f"/api/courses/{course['id']}/modules/order"
    ids = [modules[index]["id"] for index in (2, 0, 1)]
    answer = await editor.put(path, json={"ids": ids})
    assert (answer.status_code, titles(answer.json()["modules"])) == (200, ["c", "a", "b"])
    assert answer.headers["ETag"] == (await editor.get(f"/api/courses/{course['id']}")).headers["ETag"]
    other = await make_module(editor, await make_course(editor))
    for wrong in (ids[:2], [*ids, ids[0]], [*ids[:2], ids[0]], [*ids[:2], other["id"]], [*ids, str(uuid4())], []):
        refused = await editor.put(path, json={"ids": wrong})
        assert (refused.status_code, refused.json()["code"]) == (409, "order_incomplete")
    log = (await audited(database, course["id"]))[-1]
    assert (log.action, log.after) == ("modules.order", {"ids": ids})

    lessons = [await make_lesson(editor, modules[0], title=title) for title in "abc"]
    path = f"/api/modules/{modules[0]['id']}/lessons/order"
    answer = await editor.put(path, json={"ids": [lesson["id"] for lesson in lessons[::-1]]})
    assert titles(answer.json()["lessons"]) == ["c", "b", "a"]
    assert (await editor.put(path, json={"ids": [lessons[0]["id"]]})).json()["code"] == "order_incomplete"
    assert (await audited(database, modules[0]["id"]))[-1].action == "lessons.order"


async def test_slugs_are_unique_where_they_stand(editor: httpx.AsyncClient) -> None:
    course = await make_course(editor)
    one, two = [await make_module(editor, course, title="Intro") for _ in range(2)]
    assert (one["slug"], two["slug"]) == ("intro", "intro-2")
    assert (await make_module(editor, await make_course(editor), title="Intro"))["slug"] == "intro"
    lessons = [await make_lesson(editor, one, title="Intro") for _ in range(2)]
    assert [lesson["slug"] for lesson in lessons] == ["intro", "intro-2"]
    assert (await make_lesson(editor, two, title="Intro"))["slug"] == "intro"
    for answer in (
        await editor.post(f"/api/courses/{course['id']}/modules", json={"title": "x", "slug": "intro"}),
        await editor.patch(f"/api/modules/{two['id']}", json={"slug": "intro"}),
        await editor.post(f"/api/modules/{one['id']}/lessons", json={"title": "x", "slug": "intro"}),
        await editor.patch(f"/api/lessons/{lessons[1]['id']}", json={"slug": "intro"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "slug_taken")
        assert answer.json()["errors"][0]["pointer"] == "/slug"


async def test_an_external_id_names_one_lesson(editor: httpx.AsyncClient) -> None:
    module = await make_module(editor, await make_course(editor))
    external_id = f"any_slug_{uuid4().hex}"
    await make_lesson(editor, module, externalId=external_id)
    other = await make_lesson(editor, await make_module(editor, await make_course(editor)))
    for answer in (
        await editor.post(f"/api/modules/{module['id']}/lessons", json={"title": "x", "externalId": external_id}),
        await editor.patch(f"/api/lessons/{other['id']}", json={"externalId": external_id}),
        await editor.put(f"/api/lessons/{other['id']}", json={"title": "x", "externalId": external_id}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "external_id_taken")
        assert answer.json()["errors"][0]["pointer"] == "/externalId"


async def test_a_lesson_moves_to_another_module_and_course(editor: httpx.AsyncClient) -> None:
    here, there = await make_course(editor), await make_course(editor)
    one, two = await make_module(editor, here), await make_module(editor, here)
    far = await make_module(editor, there)
    await make_lesson(editor, two, title="Intro", sortOrder=10)
    lesson = await make_lesson(editor, one, title="Intro")
    path = f"/api/lessons/{lesson['id']}"
    moved = (await editor.patch(path, json={"moduleId": two["id"]})).json()
    assert (moved["moduleId"], moved["slug"], moved["sortOrder"]) == (two["id"], "intro-2", 11)
    moved = (await editor.patch(path, json={"moduleId": far["id"], "slug": "welcome", "sortOrder": 3})).json()
    assert (moved["moduleId"], moved["slug"], moved["sortOrder"]) == (far["id"], "welcome", 3)
    assert (await read(editor, f"/api/courses/{there['id']}"))["lessonCount"] == 1
    assert (await read(editor, f"/api/courses/{here['id']}"))["lessonCount"] == 1
    lost = await editor.patch(path, json={"moduleId": str(uuid4())})
    assert (lost.status_code, lost.json()["code"]) == (404, "module_not_found")
    assert lost.json()["errors"][0]["pointer"] == "/moduleId"


async def test_a_module_moves_to_another_course(editor: httpx.AsyncClient) -> None:
    here, there = await make_course(editor), await make_course(editor)
    await make_module(editor, there, title="Intro")
    module = await make_module(editor, here, title="Intro")
    await make_lesson(editor, module)
    path = f"/api/modules/{module['id']}"
    moved = (await editor.patch(path, json={"courseId": there["id"]})).json()
    assert (moved["courseId"], moved["slug"], moved["sortOrder"]) == (there["id"], "intro-2", 1)
    assert (await read(editor, f"/api/courses/{there['id']}"))["lessonCount"] == 1
    assert (await read(editor, f"/api/courses/{here['id']}"))["modules"] == []
    lost = await editor.patch(path, json={"courseId": str(uuid4())})
    assert (lost.status_code, lost.json()["code"]) == (404, "course_not_found")
    assert lost.json()["errors"][0]["pointer"] == "/courseId"


async def test_a_module_with_lessons_is_deleted_only_by_force(editor: httpx.AsyncClient) -> None:
    module = await make_module(editor, await make_course(editor))
    lesson = await make_lesson(editor, module)
    refused = await editor.delete(f"/api/modules/{module['id']}")
    assert (refused.status_code, refused.json()["code"]) == (409, "module_not_empty")
    assert (await editor.delete(f"/api/modules/{module['id']}", params={"force": "true"})).status_code == 204
    assert (await editor.get(f"/api/lessons/{lesson['id']}")).status_code == 404


async def test_a_course_has_room_for_so_many(editor: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(courses_service, "MAX_MODULES", 2)
    monkeypatch.setattr(courses_service, "MAX_LESSONS", 2)
    course, other = await make_course(editor), await make_course(editor)
    one, two = await make_module(editor, course), await make_module(editor, course)
    full = await editor.post(f"/api/courses/{course['id']}/modules", json={"title": "x"})
    assert (full.status_code, full.json()["code"]) == (409, "too_many_modules")
    await make_lesson(editor, one)
    await make_lesson(editor, two)
    full = await editor.post(f"/api/modules/{one['id']}/lessons", json={"title": "x"})
    assert (full.status_code, full.json()["code"]) == (409, "too_many_lessons")
    far = await make_module(editor, other)
    lesson = await make_lesson(editor, far)
    full = await editor.patch(f"/api/lessons/{lesson['id']}", json={"moduleId": one["id"]})
    assert (full.status_code, full.json()["code"]) == (409, "too_many_lessons")
    full = await editor.patch(f"/api/modules/{far['id']}", json={"courseId": course["id"]})
    assert (full.status_code, full.json()["code"]) == (409, "too_many_modules")


async def test_stale_etags_are_412(editor: httpx.AsyncClient) -> None:
    course = await make_course(editor)
    module = await make_module(editor, course)
    lesson = await make_lesson(editor, module)
    module_path, lesson_path = f"/api/modules/{module['id']}", f"/api/lessons/{lesson['id']}"
    stale = {path: {"If-Match": (await editor.get(path)).headers["ETag"]} for path in (module_path, lesson_path)}
    changed = await editor.patch(lesson_path, json={"title": "New"}, headers=stale[lesson_path])
    assert changed.status_code == 200
    for answer in (
        await editor.patch(lesson_path, json={"title": "x"}, headers=stale[lesson_path]),
        await editor.put(lesson_path, json={"title": "x"}, headers=stale[lesson_path]),
        await editor.delete(lesson_path, headers=stale[lesson_path]),
        await editor.put(f"{lesson_path}/video", json={"videoId": None}, headers=stale[lesson_path]),
        await editor.patch(module_path, json={"title": "x"}, headers=stale[module_path]),
        await editor.put(module_path, json={"title": "x"}, headers=stale[module_path]),
        await editor.delete(module_path, headers=stale[module_path]),
        await editor.put(f"{module_path}/lessons/order", json={"ids": []}, headers=stale[module_path]),
    ):
        assert (answer.status_code, answer.json()["code"]) == (412, "precondition_failed")
    fresh = {"If-Match": changed.headers["ETag"]}
    assert (await editor.delete(lesson_path, headers=fresh)).status_code == 204


async def test_what_is_not_there_is_404(editor: httpx.AsyncClient, viewer: httpx.AsyncClient) -> None:
    nobody = uuid4()
    for path, code in (
        (f"/api/courses/{nobody}", "course_not_found"),
        (f"/api/modules/{nobody}", "module_not_found"),
        (f"/api/lessons/{nobody}", "lesson_not_found"),
    ):
        for answer in (
            await viewer.get(path),
            await editor.put(path, json={"title": "x"}),
            await editor.patch(path, json={}),
            await editor.delete(path),
        ):
            assert (answer.status_code, answer.json()["code"]) == (404, code)
    for answer in (
        await viewer.get(f"/api/courses/{nobody}/modules"),
        await viewer.get(f"/api/modules/{nobody}/lessons"),
        await editor.post(f"/api/courses/{nobody}/modules", json={"title": "x"}),
        await editor.post(f"/api/modules/{nobody}/lessons", json={"title": "x"}),
        await editor.put(f"/api/courses/{nobody}/modules/order", json={"ids": []}),
        await editor.put(f"/api/modules/{nobody}/lessons/order", json={"ids": []}),
        await editor.put(f"/api/lessons/{nobody}/video", json={"videoId": None}),
    ):
        assert answer.status_code == 404


async def test_lessons_that_cross_each_other_and_deletes_lock_nobody_out(editor: httpx.AsyncClient) -> None:
    courses = [await make_course(editor) for _ in range(2)]
    modules = [await make_module(editor, course) for course in courses]
    lessons = [await make_lesson(editor, modules[index % 2], title="Same") for index in range(10)]
    moves = [
        editor.patch(f"/api/lessons/{lesson['id']}", json={"moduleId": modules[(index + 1) % 2]["id"]})
        for index, lesson in enumerate(lessons)
    ]
    new = [editor.post(f"/api/modules/{module['id']}/lessons", json={"title": "Same"}) for module in modules]
    answers = await asyncio.gather(*moves, *new)
    assert {answer.status_code for answer in answers} == {200, 201}
    pages = [await read(editor, f"/api/modules/{module['id']}") for module in modules]
    assert [len(page["lessons"]) for page in pages] == [6, 6]
    assert all(len({lesson["slug"] for lesson in page["lessons"]}) == 6 for page in pages)
    gone = await asyncio.gather(
        *(editor.delete(f"/api/courses/{course['id']}", params={"force": "true"}) for course in courses),
        *(editor.patch(f"/api/lessons/{lesson['id']}", json={"title": "x"}) for lesson in lessons),
    )
    assert {answer.status_code for answer in gone[:2]} == {204}
    assert {answer.status_code for answer in gone[2:]} <= {200, 404}
