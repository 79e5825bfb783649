"""Courses over HTTP: making, reading, changing, deleting, slugs, lists."""

import asyncio
from uuid import uuid4

import httpx
import pytest

from shared.db.session import Database
from tests.courses.building import audited, make_course, make_lesson, make_module, read


async def test_a_course_is_made_read_changed_and_deleted(
    editor: httpx.AsyncClient, viewer: httpx.AsyncClient, database: Database
) -> None:
    word = uuid4().hex
    made = await editor.post("/api/courses", json={"title": f"  Größe {word}  ", "description": "Tom & Jerry"})
    assert made.status_code == 201
    course = made.json()
    path = f"/api/courses/{course['id']}"
    assert made.headers["Location"] == f"http://vms.test{path}"
    assert (course["title"], course["slug"]) == (f"Größe {word}", f"groesse-{word}")
    assert (course["description"], course["sortOrder"]) == ("Tom & Jerry", 0)
    assert (course["modules"], course["missing"], course["lessonCount"], course["playableLessons"]) == ([], [], 0, 0)
    got = await viewer.get(path)
    assert (got.json(), got.headers["ETag"]) == (course, made.headers["ETag"])

    changed = await editor.patch(path, json={"title": "Another", "description": None})
    assert changed.status_code == 200
    assert (changed.json()["title"], changed.json()["slug"]) == ("Another", f"groesse-{word}")
    assert changed.json()["description"] is None
    assert changed.json()["updatedAt"] > course["updatedAt"]
    replaced = await editor.put(path, json={"title": "Third", "slug": f"third-{word}"})
    assert (replaced.json()["title"], replaced.json()["slug"]) == ("Third", f"third-{word}")
    same = await editor.patch(path, json={})
    assert (same.status_code, same.json(), same.headers["ETag"]) == (200, replaced.json(), replaced.headers["ETag"])

    gone = await editor.delete(path)
    assert (gone.status_code, gone.content) == (204, b"")
    answer = await viewer.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "course_not_found")
    log = await audited(database, course["id"])
    assert [entry.action for entry in log] == ["courses.create", "courses.update", "courses.update", "courses.delete"]
    assert log[1].before == {"title": f"Größe {word}", "description": "Tom & Jerry"}
    assert log[1].after == {"title": "Another", "description": None}


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Über {} Äpfel", "ueber-{}-aepfel"),
        ("U\u0308ber {}", "ueber-{}"),
        ("Привет, {}!", "privet-{}"),
        ("5 < 6 & {}", "5-6-{}"),
        ("x'; DROP TABLE courses; -- {}", "x-drop-table-courses-{}"),
        ("{} 🎬", "{}"),
    ],
)
async def test_slugs_are_made_from_titles(editor: httpx.AsyncClient, title: str, slug: str) -> None:
    word = uuid4().hex
    assert (await make_course(editor, title=title.format(word)))["slug"] == slug.format(word)


async def test_a_title_without_a_letter_gets_a_slug_all_the_same(editor: httpx.AsyncClient) -> None:
    slugs = [(await make_course(editor, title="🎬"))["slug"] for _ in range(2)]
    assert all(slug.startswith("course") for slug in slugs)
    assert len(set(slugs)) == 2


async def test_a_long_title_gets_a_slug_that_it_may_be_given_again(editor: httpx.AsyncClient) -> None:
    title = uuid4().hex * 15
    slugs = [(await make_course(editor, title=title))["slug"] for _ in range(3)]
    assert [slug.removeprefix(slugs[0]) for slug in slugs] == ["", "-2", "-3"]
    assert max(map(len, slugs)) <= 200


async def test_a_taken_slug_is_numbered_or_refused(editor: httpx.AsyncClient) -> None:
    title = f"Twice {uuid4().hex}"
    first, second = await make_course(editor, title=title), await make_course(editor, title=title)
    assert second["slug"] == f"{first['slug']}-2"
    assert (await make_course(editor, title=title))["slug"] == f"{first['slug']}-3"
    for answer in (
        await editor.post("/api/courses", json={"title": "x", "slug": first["slug"]}),
        await editor.patch(f"/api/courses/{second['id']}", json={"slug": first["slug"]}),
        await editor.put(f"/api/courses/{second['id']}", json={"title": "x", "slug": first["slug"]}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "slug_taken")
        assert [error["pointer"] for error in answer.json()["errors"]] == ["/slug"]
    own = await editor.patch(f"/api/courses/{second['id']}", json={"slug": second["slug"]})
    assert own.status_code == 200


async def test_courses_of_one_title_in_one_moment_get_different_slugs(editor: httpx.AsyncClient) -> None:
    title = f"Rush {uuid4().hex}"
    made = await asyncio.gather(*(editor.post("/api/courses", json={"title": title}) for _ in range(12)))
    assert {answer.status_code for answer in made} == {201}
    assert len({answer.json()["slug"] for answer in made}) == 12


async def test_a_stale_etag_is_412_for_whatever_stands_on_the_page(editor: httpx.AsyncClient) -> None:
    course = await make_course(editor)
    path = f"/api/courses/{course['id']}"
    stale = (await editor.get(path)).headers["ETag"]
    module = await make_module(editor, course)
    for answer in (
        await editor.patch(path, json={"title": "x"}, headers={"If-Match": stale}),
        await editor.put(path, json={"title": "x"}, headers={"If-Match": stale}),
        await editor.delete(path, headers={"If-Match": stale}),
        await editor.put(f"{path}/modules/order", json={"ids": []}, headers={"If-Match": stale}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (412, "precondition_failed")
    fresh = (await editor.get(path)).headers["ETag"]
    changed = await editor.patch(path, json={"title": "Yes"}, headers={"If-Match": fresh})
    assert changed.status_code == 200
    assert changed.headers["ETag"] == (await editor.get(path)).headers["ETag"]
    missing = await editor.patch(f"/api/courses/{uuid4()}", json={"title": "x"}, headers={"If-Match": stale})
    assert missing.status_code == 404
    ordered = await editor.put(
        f"{path}/modules/order", json={"ids": [module["id"]]}, headers={"If-Match": changed.headers["ETag"]}
    )
    assert ordered.status_code == 200


async def test_a_course_with_lessons_is_deleted_only_by_force(
    editor: httpx.AsyncClient, viewer: httpx.AsyncClient, database: Database
) -> None:
    course = await make_course(editor)
    module = await make_module(editor, course)
    lesson = await make_lesson(editor, module, externalId=uuid4().hex)
    path = f"/api/courses/{course['id']}"
    refused = await editor.delete(path)
    assert (refused.status_code, refused.json()["code"]) == (409, "course_not_empty")
    assert (await read(viewer, path))["lessonCount"] == 1
    assert (await editor.delete(path, params={"force": "true"})).status_code == 204
    for gone in (path, f"/api/modules/{module['id']}", f"/api/lessons/{lesson['id']}"):
        assert (await viewer.get(gone)).status_code == 404
    log = (await audited(database, course["id"]))[-1]
    assert log.before is not None
    assert [one["externalId"] for one in log.before["lessons"]] == [lesson["externalId"]]


async def test_a_course_without_lessons_is_deleted_with_its_modules(editor: httpx.AsyncClient) -> None:
    course = await make_course(editor)
    module = await make_module(editor, course)
    assert (await editor.delete(f"/api/courses/{course['id']}")).status_code == 204
    assert (await editor.get(f"/api/modules/{module['id']}")).status_code == 404


async def test_the_list_is_ordered_counted_searched_and_paged(
    editor: httpx.AsyncClient, viewer: httpx.AsyncClient
) -> None:
    word = uuid4().hex
    made = [await make_course(editor, title=f"Élan {word} {place}", sortOrder=place) for place in (3, 1, 2, 1)]
    module = await make_module(editor, made[1])
    await make_module(editor, made[1])
    await make_lesson(editor, module)
    await make_lesson(editor, module)
    wanted = [made[index]["id"] for index in (1, 3, 2, 0)]
    seen, params = [], {"q": f"elan {word.upper()}", "limit": 3}
    while True:
        page = (await viewer.get("/api/courses", params=params)).json()
        assert (page["total"], page["totalIsEstimate"]) == (4, False)
        seen += page["items"]
        if page["nextCursor"] is None:
            break
        params["cursor"] = page["nextCursor"]
    assert [item["id"] for item in seen] == wanted
    assert (seen[0]["moduleCount"], seen[0]["lessonCount"], seen[0]["lessonsWithVideo"]) == (2, 2, 0)
    assert (seen[1]["moduleCount"], seen[1]["lessonCount"]) == (0, 0)
    assert "modules" not in seen[0]
    nothing = (await viewer.get("/api/courses", params={"q": f"100% _{word}"})).json()
    assert (nothing["items"], nothing["total"]) == ([], 0)


async def test_a_cursor_belongs_to_its_list(editor: httpx.AsyncClient, viewer: httpx.AsyncClient) -> None:
    word = uuid4().hex
    course = await make_course(editor, title=f"{word} a")
    await make_course(editor, title=f"{word} b")
    await make_module(editor, course)
    await make_module(editor, course)
    cursor = (await viewer.get("/api/courses", params={"q": word, "limit": 1})).json()["nextCursor"]
    modules = f"/api/courses/{course['id']}/modules"
    module_cursor = (await viewer.get(modules, params={"limit": 1})).json()["nextCursor"]
    for path, params in (
        ("/api/courses", {"cursor": cursor}),
        ("/api/courses", {"cursor": "x"}),
        (modules, {"cursor": cursor}),
        (f"/api/courses/{(await make_course(editor))['id']}/modules", {"cursor": module_cursor}),
    ):
        answer = await viewer.get(path, params=params)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_cursor")
