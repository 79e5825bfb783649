"""The video of a lesson: whether it plays, and where it stands."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID, uuid4

import httpx
from sqlalchemy import event

from shared.db.session import Database
from shared.platforms.models import Platform
from shared.videos.models import MigrationStatus, Video
from tests.courses.building import (
    Json,
    assign,
    audited,
    make_at_vimeo,
    make_course,
    make_encoded,
    make_lesson,
    make_module,
    place_of,
    put_at,
    read,
)
from tests.factories import make_video

EMBED = "https://player.vimeo.com/video/1"


async def test_the_course_page_says_which_lessons_cannot_be_watched_and_why(
    editor: httpx.AsyncClient, viewer: httpx.AsyncClient, database: Database
) -> None:
    course = await make_course(editor)
    modules = [await make_module(editor, course) for _ in range(2)]
    archived = await make_encoded(database)
    migrated = await make_at_vimeo(database, status=MigrationStatus.hetzner_primary, embed_url=EMBED)
    wanted = [
        (await make_encoded(database, title="Encoded"), None),
        (await make_at_vimeo(database, embed_url=EMBED), None),
        (await make_at_vimeo(database, status=MigrationStatus.migrating, embed_url=EMBED), None),
        (None, "no_video"),
        (await make_video(database), "not_encoded"),
        (await make_at_vimeo(database, embed_url=None), "not_encoded"),
        (migrated, "not_encoded"),
        (archived, "archived"),
    ]
    lessons = [await make_lesson(editor, modules[index % 2]) for index in range(len(wanted))]
    for lesson, (video_id, _) in zip(lessons, wanted, strict=True):
        if video_id:
            await assign(editor, lesson, video_id)
    await editor.delete(f"/api/videos/{archived}")

    page = await read(viewer, f"/api/courses/{course['id']}")
    found = {lesson["id"]: lesson for module in page["modules"] for lesson in module["lessons"]}
    for lesson, (video_id, missing) in zip(lessons, wanted, strict=True):
        shown = found[lesson["id"]]
        assert (shown["missing"], shown["playable"]) == (missing, missing is None)
        assert shown["videoId"] == (str(video_id) if video_id else None)
        assert await read(viewer, f"/api/lessons/{lesson['id']}") == shown
        if video_id and missing != "archived":
            playback = await read(viewer, f"/api/videos/{video_id}/playback")
            assert (playback["provider"] != "none") == shown["playable"]
    assert found[lessons[0]["id"]]["videoTitle"] == "Encoded"
    assert (page["lessonCount"], page["lessonsWithVideo"], page["playableLessons"]) == (8, 7, 3)
    assert page["missing"] == [lessons[index]["id"] for index in (4, 6, 3, 5, 7)]
    listed = (await viewer.get("/api/courses", params={"q": course["title"]})).json()["items"][0]
    assert (listed["lessonCount"], listed["lessonsWithVideo"]) == (8, 7)


async def test_a_lesson_shows_the_id_at_kinescope(editor: httpx.AsyncClient, database: Database) -> None:
    lesson = await make_lesson(editor, await make_module(editor, await make_course(editor)))
    video_id = await make_video(database)
    external_id = str(uuid4())
    await put_at(database, video_id, Platform.youtube, external_id=uuid4().hex)
    await put_at(database, video_id, Platform.kinescope, external_id=external_id)
    assert (await assign(editor, lesson, video_id))["kinescopeVideoId"] == external_id


async def test_a_video_follows_its_lesson(editor: httpx.AsyncClient, database: Database) -> None:
    here, there = await make_course(editor), await make_course(editor)
    one, two = await make_module(editor, here), await make_module(editor, here)
    far = await make_module(editor, there)
    lesson, twin = await make_lesson(editor, one), await make_lesson(editor, one)
    video_id = await make_video(database)
    assigned = await assign(editor, lesson, video_id)
    assert (assigned["videoId"], assigned["missing"]) == (str(video_id), "not_encoded")
    assert await place_of(editor, video_id) == (here["id"], one["id"])
    log = (await audited(database, lesson["id"]))[-1]
    assert (log.action, log.before, log.after) == ("lessons.video", {"videoId": None}, {"videoId": str(video_id)})
    log = (await audited(database, video_id))[-1]
    assert (log.action, log.after) == ("videos.update", {"courseId": here["id"], "moduleId": one["id"]})

    await assign(editor, twin, video_id)
    await assign(editor, lesson, None)
    assert await place_of(editor, video_id) == (here["id"], one["id"])
    await editor.patch(f"/api/lessons/{twin['id']}", json={"moduleId": two["id"]})
    assert await place_of(editor, video_id) == (here["id"], two["id"])
    await editor.patch(f"/api/lessons/{twin['id']}", json={"moduleId": far["id"]})
    assert await place_of(editor, video_id) == (there["id"], far["id"])
    await editor.patch(f"/api/modules/{far['id']}", json={"courseId": here["id"]})
    assert await place_of(editor, video_id) == (here["id"], far["id"])
    await editor.delete(f"/api/lessons/{twin['id']}")
    assert await place_of(editor, video_id) == (None, None)


async def test_another_video_takes_the_place_of_the_former(editor: httpx.AsyncClient, database: Database) -> None:
    course = await make_course(editor)
    module = await make_module(editor, course)
    lesson = await make_lesson(editor, module)
    former, new = await make_video(database), await make_video(database)
    await assign(editor, lesson, former)
    assert (await assign(editor, lesson, new))["videoId"] == str(new)
    assert await place_of(editor, former) == (None, None)
    assert await place_of(editor, new) == (course["id"], module["id"])
    entries = len(await audited(database, lesson["id"]))
    assert (await assign(editor, lesson, new))["videoId"] == str(new)
    assert len(await audited(database, lesson["id"])) == entries


async def test_a_video_that_another_lesson_has_goes_there(editor: httpx.AsyncClient, database: Database) -> None:
    course, other = await make_course(editor), await make_course(editor)
    module, elsewhere = await make_module(editor, course), await make_module(editor, other)
    lesson, twin = await make_lesson(editor, module), await make_lesson(editor, elsewhere)
    video_id = await make_video(database)
    await assign(editor, twin, video_id)
    await assign(editor, lesson, video_id)
    assert await place_of(editor, video_id) == (course["id"], module["id"])
    await editor.delete(f"/api/modules/{module['id']}", params={"force": "true"})
    assert await place_of(editor, video_id) == (other["id"], elsewhere["id"])
    await editor.delete(f"/api/courses/{other['id']}", params={"force": "true"})
    assert await place_of(editor, video_id) == (None, None)
    assert (await read(editor, f"/api/videos/{video_id}"))["status"] == "active"


async def test_a_video_that_stands_elsewhere_stays_there(editor: httpx.AsyncClient, database: Database) -> None:
    lesson = await make_lesson(editor, await make_module(editor, await make_course(editor)))
    other = await make_course(editor)
    video_id = await make_video(database)
    await assign(editor, lesson, video_id)
    moved = await editor.put(f"/api/videos/{video_id}", json={"title": "x", "courseId": other["id"]})
    assert moved.status_code == 200
    await assign(editor, lesson, None)
    assert await place_of(editor, video_id) == (other["id"], None)


async def test_only_a_video_that_is_there_and_active_is_assigned(editor: httpx.AsyncClient, database: Database) -> None:
    lesson = await make_lesson(editor, await make_module(editor, await make_course(editor)))
    path = f"/api/lessons/{lesson['id']}/video"
    lost = await editor.put(path, json={"videoId": str(uuid4())})
    assert (lost.status_code, lost.json()["code"]) == (404, "video_not_found")
    assert lost.json()["errors"][0]["pointer"] == "/videoId"
    video_id = await make_video(database)
    await editor.delete(f"/api/videos/{video_id}")
    refused = await editor.put(path, json={"videoId": str(video_id)})
    assert (refused.status_code, refused.json()["code"]) == (409, "video_archived")
    assert (await read(editor, f"/api/lessons/{lesson['id']}"))["videoId"] is None


async def test_a_video_deleted_for_good_leaves_its_lesson(
    editor: httpx.AsyncClient, admin: httpx.AsyncClient, database: Database
) -> None:
    lesson = await make_lesson(editor, await make_module(editor, await make_course(editor)))
    video_id = await make_video(database)
    await assign(editor, lesson, video_id)
    await admin.delete(f"/api/videos/{video_id}")
    shown = await read(editor, f"/api/lessons/{lesson['id']}")
    assert (shown["videoId"], shown["missing"]) == (str(video_id), "archived")
    assert (await admin.delete(f"/api/videos/{video_id}", params={"permanent": "true"})).status_code == 204
    shown = await read(editor, f"/api/lessons/{lesson['id']}")
    assert (shown["videoId"], shown["missing"]) == (None, "no_video")


async def test_the_etag_of_a_page_covers_what_is_known_of_its_videos(
    editor: httpx.AsyncClient, database: Database
) -> None:
    course = await make_course(editor)
    lesson = await make_lesson(editor, await make_module(editor, course))
    video_id = await make_encoded(database)
    await assign(editor, lesson, video_id)
    path = f"/api/courses/{course['id']}"
    stale = (await editor.get(path)).headers["ETag"]
    await editor.delete(f"/api/videos/{video_id}")
    assert (await editor.patch(path, json={}, headers={"If-Match": stale})).status_code == 412


async def test_assigning_crosswise_locks_nobody_out(editor: httpx.AsyncClient, database: Database) -> None:
    lessons = [await make_lesson(editor, await make_module(editor, await make_course(editor))) for _ in range(4)]
    videos = [await make_video(database) for _ in range(4)]
    answers = await asyncio.gather(
        *(
            editor.put(f"/api/lessons/{lesson['id']}/video", json={"videoId": str(video)})
            for turn in range(4)
            for lesson, video in zip(lessons, videos[turn:] + videos[:turn], strict=True)
        )
    )
    assert {answer.status_code for answer in answers} == {200}


async def test_a_course_goes_while_its_videos_are_changed(editor: httpx.AsyncClient, database: Database) -> None:
    for _ in range(5):
        course = await make_course(editor)
        module = await make_module(editor, course)
        videos = [await make_video(database) for _ in range(6)]
        for video_id in videos:
            await assign(editor, await make_lesson(editor, module), video_id)
        place = {"courseId": course["id"], "moduleId": module["id"]}
        answers = await asyncio.gather(
            *(editor.put(f"/api/videos/{video_id}", json={"title": "x", **place}) for video_id in videos[:3]),
            editor.delete(f"/api/courses/{course['id']}", params={"force": "true"}),
            *(editor.delete(f"/api/videos/{video_id}") for video_id in videos[3:]),
            editor.patch(f"/api/modules/{module['id']}", json={"slug": "other"}),
        )
        assert {answer.status_code for answer in answers} <= {200, 204, 404}, [answer.text for answer in answers]
        assert [await place_of(editor, video_id) for video_id in videos] == [(None, None)] * 6


@contextmanager
def counting(database: Database) -> Iterator[list[str]]:
    """The statements that run meanwhile."""
    seen: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_more: object) -> None:
        seen.append(statement)

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(database.engine.sync_engine, "before_cursor_execute", note)


async def test_pages_cost_a_fixed_number_of_queries(
    editor: httpx.AsyncClient, viewer: httpx.AsyncClient, database: Database
) -> None:
    word = uuid4().hex
    small = await make_course(editor, title=f"{word} small")
    large = await make_course(editor, title=f"{word} large")
    for course, size in ((small, 1), (large, 5)):
        for _ in range(size):
            module = await make_module(editor, course)
            for _ in range(size):
                video_id = await make_encoded(database)
                await put_at(database, video_id, Platform.kinescope, external_id=uuid4().hex)
                await assign(editor, await make_lesson(editor, module), video_id)

    async def cost(path: str, **params: str | int) -> int:
        await viewer.get("/api/courses", params={"limit": 1})
        with counting(database) as statements:
            assert (await viewer.get(path, params=params)).status_code == 200
        return len(statements)

    page = [await cost(f"/api/courses/{course['id']}") for course in (small, large)]
    assert page[0] == page[1] <= 10
    modules = [await cost(f"/api/courses/{course['id']}/modules") for course in (small, large)]
    assert modules[0] == modules[1]
    lists = [await cost("/api/courses", q=word, limit=limit) for limit in (1, 50)]
    assert lists[0] == lists[1] <= 6


async def many_at(database: Database, number: int, course: Json, module: Json | None = None) -> list[str]:
    """Videos that were put into a course, and perhaps a module, without a lesson."""
    place = {"course_id": UUID(course["id"]), "module_id": UUID(module["id"]) if module else None}
    async with database.session() as session:
        rows = [Video(title=f"Many {index}", **place) for index in range(number)]
        session.add_all(rows)
    return [str(row.id) for row in rows]


async def test_videos_without_a_lesson_leave_what_goes_away_and_the_log_says_so(
    editor: httpx.AsyncClient, database: Database
) -> None:
    course = await make_course(editor)
    here, there = course["id"], await make_course(editor)
    one, two = [await make_module(editor, course) for _ in range(2)]
    of_course, of_one, of_two = [
        (await many_at(database, 1, course, module))[0] for module in (None, one, two)
    ]  # fmt: skip
    taught = await make_video(database)
    await assign(editor, await make_lesson(editor, one), taught)

    async def newest(video_id: str | UUID) -> tuple[object, ...]:
        entry = (await audited(database, video_id))[-1]
        assert entry.actor.startswith("key:")
        return entry.action, entry.before, entry.after

    moved = await editor.patch(f"/api/modules/{two['id']}", json={"courseId": there["id"]})
    assert moved.status_code == 200
    assert await place_of(editor, of_two) == (there["id"], two["id"])
    assert await newest(of_two) == ("videos.update", {"courseId": here}, {"courseId": there["id"]})

    await editor.delete(f"/api/modules/{one['id']}", params={"force": "true"})
    assert [await place_of(editor, video) for video in (of_one, taught)] == [(here, None), (None, None)]
    assert await newest(of_one) == ("videos.update", {"moduleId": one["id"]}, {"moduleId": None})
    both = ("videos.update", {"courseId": here, "moduleId": one["id"]}, {"courseId": None, "moduleId": None})
    assert await newest(taught) == both

    assert (await editor.delete(f"/api/courses/{here}")).status_code == 204
    for video in (of_course, of_one):
        assert await place_of(editor, video) == (None, None)
        assert await newest(video) == ("videos.update", {"courseId": here}, {"courseId": None})
    assert (await editor.delete(f"/api/courses/{there['id']}")).status_code == 204
    wanted = ({"courseId": there["id"], "moduleId": two["id"]}, {"courseId": None, "moduleId": None})
    assert await newest(of_two) == ("videos.update", *wanted)


async def test_many_videos_leave_at_the_cost_of_one(editor: httpx.AsyncClient, database: Database) -> None:
    costs = []
    for number in (1, 400):
        course, other = await make_course(editor), await make_course(editor)
        module = await make_module(editor, course)
        videos = await many_at(database, number, course, module)
        path = f"/api/modules/{module['id']}"
        with counting(database) as moving:
            assert (await editor.patch(path, json={"courseId": other["id"]})).status_code == 200
        with counting(database) as deleting:
            assert (await editor.delete(path)).status_code == 204
        with counting(database) as ending:
            assert (await editor.delete(f"/api/courses/{other['id']}")).status_code == 204
        costs.append([len(moving), len(deleting), len(ending)])
        locking = [one for one in (*moving, *deleting, *ending) if "FROM videos" in one and "FOR NO KEY" in one]
        assert len(locking) == 3
        assert "description" not in "".join(locking)
        assert len([entry for entry in await audited(database, videos[-1]) if entry.action == "videos.update"]) == 3
    assert costs[0] == costs[1]
