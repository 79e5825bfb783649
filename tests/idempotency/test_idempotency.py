"""A write that is sent again with its Idempotency-Key is done once and answered the same."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import select, update
from sqlmodel import col

from shared.clients.s3 import S3
from shared.clock import utc_now
from shared.config import Settings
from shared.db.session import Database
from shared.idempotency import service as idempotency_service
from shared.idempotency.models import StoredAnswer
from tests.factories import make_master, make_video


def fresh() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid4())}


async def count(client: httpx.AsyncClient, tag: str) -> int:
    return int((await client.get("/api/videos", params={"tag": tag})).json()["total"])


async def test_the_same_request_is_answered_again_and_done_once(editor: httpx.AsyncClient) -> None:
    tag, key = f"once-{uuid4().hex}", fresh()
    body = {"title": "Once", "tags": [tag]}
    first = await editor.post("/api/videos", json=body, headers=key)
    again = await editor.post("/api/videos", json=body, headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    for name in ("Location", "ETag", "Content-Type"):
        assert again.headers[name] == first.headers[name]
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["X-Request-ID"] != first.headers["X-Request-ID"]
    assert await count(editor, tag) == 1


async def test_an_answer_without_a_body_is_kept_too(admin: httpx.AsyncClient) -> None:
    made = (await admin.post("/api/api-keys", json={"name": "gone soon", "role": "viewer"})).json()
    key = fresh()
    answers = [await admin.delete(f"/api/api-keys/{made['id']}", headers=key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [204, 204]
    assert (await admin.delete(f"/api/api-keys/{made['id']}")).status_code == 404


@pytest.mark.parametrize(
    "change",
    [{"json": {"title": "Another"}}, {"params": {"permanent": "true"}}, {"method": "PUT"}, {"url": "/api/tags/rename"}],
)
async def test_a_key_belongs_to_one_request(editor: httpx.AsyncClient, change: dict[str, Any]) -> None:
    key = fresh()
    request: dict[str, Any] = {"method": "POST", "url": "/api/videos", "json": {"title": "One"}, "headers": key}
    made = (await editor.request(**request)).json()
    if "params" in change or "method" in change:
        request = {**request, "url": f"/api/videos/{made['id']}", "method": "DELETE" if "params" in change else "PUT"}
        change = {name: value for name, value in change.items() if name != "params"}
    answer = await editor.request(**{**request, **change})
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert answer.json()["errors"][0]["pointer"] == "/header/Idempotency-Key"


async def test_keys_of_other_callers_are_other_keys(editor: httpx.AsyncClient, admin: httpx.AsyncClient) -> None:
    tag, key = f"callers-{uuid4().hex}", fresh()
    body = {"title": "Mine", "tags": [tag]}
    answers = [await client.post("/api/videos", json=body, headers=key) for client in (editor, admin)]
    assert answers[0].json()["id"] != answers[1].json()["id"]
    assert await count(editor, tag) == 2


async def test_what_failed_may_be_tried_again(editor: httpx.AsyncClient, database: Database) -> None:
    key, video = fresh(), uuid4()
    assert (await editor.post("/api/videos", json={"title": ""}, headers=key)).status_code == 422
    assert (await editor.delete(f"/api/videos/{video}", headers=key)).status_code == 404
    answer = await editor.post("/api/videos", json={"title": "Better"}, headers=key)
    assert (answer.status_code, answer.headers.get("Idempotent-Replayed")) == (201, None)


async def test_fifty_at_once_make_one(editor: httpx.AsyncClient) -> None:
    tag, key = f"fifty-{uuid4().hex}", fresh()
    body = {"title": "At once", "tags": [tag]}
    answers = await asyncio.gather(*(editor.post("/api/videos", json=body, headers=key) for _ in range(50)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert sum("Idempotent-Replayed" in answer.headers for answer in answers) == 49
    assert await count(editor, tag) == 1


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "a b", "schlüssel".encode("latin-1")])
async def test_a_malformed_key_is_refused(editor: httpx.AsyncClient, key: str | bytes) -> None:
    answer = await editor.post("/api/videos", json={"title": "x"}, headers={"Idempotency-Key": key})  # type: ignore[dict-item]
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/header/Idempotency-Key"


async def test_a_new_api_key_is_shown_again_but_stands_nowhere_in_the_clear(
    admin: httpx.AsyncClient, database: Database
) -> None:
    headers = fresh()
    answers = [
        await admin.post("/api/api-keys", json={"name": "repeated", "role": "viewer"}, headers=headers) for _ in "12"
    ]
    secret = answers[0].json()["key"]
    assert answers[1].json()["key"] == secret
    async with database.session() as session:
        rows = list(await session.scalars(select(StoredAnswer)))
    assert rows
    assert all(secret.encode() not in (row.answer or b"") for row in rows)
    assert all(headers["Idempotency-Key"] not in row.id for row in rows)


async def test_an_answer_is_kept_for_a_day(editor: httpx.AsyncClient, database: Database) -> None:
    key = fresh()
    first = await editor.post("/api/videos", json={"title": "Old"}, headers=key)
    async with database.session() as session:
        long_ago = utc_now() - idempotency_service.KEPT_FOR - timedelta(minutes=1)
        await session.execute(update(StoredAnswer).values(created_at=long_ago).where(col(StoredAnswer.id) != ""))
    second = await editor.post("/api/videos", json={"title": "Old"}, headers=key)
    assert second.json()["id"] != first.json()["id"]
    async with database.session() as session:
        await idempotency_service.forget_old(session)
        remaining = list(await session.scalars(select(StoredAnswer.created_at)))
    assert all(utc_now() - created < idempotency_service.KEPT_FOR for created in remaining)


async def test_a_read_has_no_use_for_a_key(viewer: httpx.AsyncClient) -> None:
    key = fresh()
    answers = [await viewer.get("/api/videos", params={"limit": limit}, headers=key) for limit in (1, 2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert all("Idempotent-Replayed" not in answer.headers for answer in answers)


async def test_a_hundred_encode_requests_make_one_job(
    editor: httpx.AsyncClient, database: Database, s3: S3, settings: Settings
) -> None:
    """With and without a key."""
    video = await make_video(database)
    await make_master(database, s3, settings, video)
    key = fresh()
    answers = await asyncio.gather(
        *(editor.post(f"/api/videos/{video}/encode", headers=key if number % 2 else {}) for number in range(100))
    )
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["jobId"] for answer in answers}) == 1
    jobs = (await editor.get("/api/encoding/jobs", params={"videoId": str(video)})).json()
    assert jobs["total"] == 1
