"""Videos over HTTP: what one may send, and masters."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from shared.clients.s3 import S3, ObjectNotFound
from shared.config import Settings
from shared.db.session import Database
from shared.videos import service as videos_service
from tests.factories import make_job, make_master, make_video


async def test_a_video_is_made_read_changed_and_archived(editor: httpx.AsyncClient, viewer: httpx.AsyncClient) -> None:
    made = await editor.post(
        "/api/videos", json={"title": "  Lesson 1  ", "tags": ["a", "b", "a"], "visibility": "unlisted"}
    )
    assert made.status_code == 201
    video = made.json()
    assert made.headers["Location"] == f"http://vms.test/api/videos/{video['id']}"
    assert (video["title"], video["tags"], video["visibility"]) == ("Lesson 1", ["a", "b"], "unlisted")
    assert (video["status"], video["migrationStatus"], video["master"], video["generation"]) == (
        "active",
        None,
        None,
        None,
    )
    assert (await viewer.get(f"/api/videos/{video['id']}")).json() == video
    changed = await editor.put(f"/api/videos/{video['id']}", json={"title": "Lesson one"})
    assert (changed.json()["title"], changed.json()["tags"]) == ("Lesson one", [])
    assert changed.json()["updatedAt"] > video["updatedAt"]
    gone = await editor.delete(f"/api/videos/{video['id']}")
    assert (gone.status_code, gone.json()["status"]) == (200, "archived")
    assert (await viewer.get(f"/api/videos/{video['id']}")).json()["status"] == "archived"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/title"),
        ({"title": ""}, "/title"),
        ({"title": "   "}, "/title"),
        ({"title": "x" * 501}, "/title"),
        ({"title": "a\x00b"}, "/title"),
        ({"title": 7}, "/title"),
        ({"title": "x", "tags": ["fine", "y" * 101]}, "/tags/1"),
        ({"title": "x", "visibility": "secret"}, "/visibility"),
        ({"title": "x", "sortOrder": 2**31}, "/sortOrder"),
        ({"title": "x", "publishedAt": "2026-11-20T12:00:00"}, "/publishedAt"),
        ({"title": "x", "thumbnailUrl": "javascript:alert(1)"}, "/thumbnailUrl"),
        ({"title": "x", "courseId": "7"}, "/courseId"),
        ({"title": "x", "moduleId": 7}, "/moduleId"),
        ({"title": "x", "tags": [str(number) for number in range(51)]}, "/tags"),
        ({"title": "x", "tags": ["fine", " "]}, "/tags/1"),
        ({"title": "x", "tags": None}, "/tags"),
        ({"title": "x", "tags": "a"}, "/tags"),
        ({"title": "x", "description": "y" * 20_001}, "/description"),
        ({"title": "x", "pipelineStage": "done"}, "/pipelineStage"),
        ({"title": "x", "masterFileUrl": "file:///etc/passwd"}, "/masterFileUrl"),
        ({"title": "<b></b>"}, "/title"),
        ({"title": "x", "status": "archived"}, "/status"),
        ({"title": "x", "id": str(uuid4())}, "/id"),
        ({"title": "x", "surprise": 1}, "/surprise"),
        ({"title": "x", "sort_order": 5}, "/sort_order"),
        ({"title": "x", "sortOrder": True}, "/sortOrder"),
        ({"title": "x", "sortOrder": "5"}, "/sortOrder"),
        ({"title": "x", "sortOrder": 10**30}, "/sortOrder"),
        ({"title": "x", "publishedAt": 12345}, "/publishedAt"),
        ({"title": "x", "publishedAt": "2026-02-30T12:00:00Z"}, "/publishedAt"),
        ({"title": "x", "publishedAt": "3000-01-01T00:00:00Z"}, "/publishedAt"),
        ({"title": "x", "publishedAt": "0001-01-01T00:00:00+14:00"}, "/publishedAt"),
        ({"title": "x", "publishedAt": "9999-12-31T23:59:59-12:00"}, "/publishedAt"),
    ],
)
async def test_bad_input_is_422_with_a_pointer(editor: httpx.AsyncClient, body: dict[str, Any], pointer: str) -> None:
    answer = await editor.post("/api/videos", json=body)
    assert answer.status_code == 422
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]


async def test_a_lone_surrogate_is_422(editor: httpx.AsyncClient) -> None:
    answer = await editor.post(
        "/api/videos", content=b'{"title": "\\ud800"}', headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 422


async def test_unknown_query_parameters_are_refused(viewer: httpx.AsyncClient) -> None:
    answer = await viewer.get("/api/videos", params={"offset": 3})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/query/offset"


async def test_encoding_needs_a_master_and_an_active_video(editor: httpx.AsyncClient, database: Database) -> None:
    video_id = await make_video(database)
    answer = await editor.post(f"/api/videos/{video_id}/encode")
    assert (answer.status_code, answer.json()["code"]) == (409, "master_missing")
    assert (await editor.post(f"/api/videos/{uuid4()}/encode")).status_code == 404
    await editor.delete(f"/api/videos/{video_id}")
    answer = await editor.post(f"/api/videos/{video_id}/encode")
    assert (answer.status_code, answer.json()["code"]) == (409, "video_archived")


async def test_deleting_for_good_is_for_admins_and_archived_videos(
    editor: httpx.AsyncClient, admin: httpx.AsyncClient, database: Database, s3: S3, settings: Settings
) -> None:
    job = await make_job(database, s3, settings)
    path = f"/api/videos/{job.video_id}"
    assert (await editor.delete(path, params={"permanent": "true"})).status_code == 403
    early = await admin.delete(path, params={"permanent": "true"})
    assert (early.status_code, early.json()["code"]) == (409, "video_not_archived")
    await admin.delete(path)
    assert (await admin.delete(path, params={"permanent": "true"})).status_code == 204
    assert (await admin.get(path)).status_code == 404


async def test_a_rejected_master_gives_way_to_the_one_before(
    database: Database, s3: S3, settings: Settings, viewer: httpx.AsyncClient
) -> None:
    video_id = await make_video(database)
    await make_master(database, s3, settings, video_id, b"good")
    await make_master(database, s3, settings, video_id, b"worse than that")
    assert (await viewer.get(f"/api/videos/{video_id}")).json()["master"]["sizeBytes"] == 15
    async with database.session() as session:
        current = await videos_service.current_master(session, video_id)
        assert current is not None
        await videos_service.reject_master(session, current.id, reason="FFMPEG_INVALID_INPUT")
    assert (await viewer.get(f"/api/videos/{video_id}")).json()["master"]["sizeBytes"] == 4


async def test_the_storage_client_tells_absence_from_failure(s3: S3, settings: Settings) -> None:
    with pytest.raises(ObjectNotFound):
        await s3.head(settings.s3_masters_bucket, f"nothing/{uuid4()}")
    with pytest.raises(ObjectNotFound):
        await s3.get(settings.s3_masters_bucket, f"nothing/{uuid4()}")
