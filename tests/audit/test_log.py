"""``GET /api/audit``: filters, pages, names, and what must never stand in it."""

from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from shared.audit import service as audit_service
from shared.auth import passwords
from shared.auth import service as auth_service
from shared.auth.models import Role, User
from shared.db.session import Database
from tests.auth.people import PASSWORD, entries, make_person, signed_in, walk


async def record(database: Database, actor: str, action: str, object_id: str, **fields: Any) -> None:
    async with database.session() as session:
        await audit_service.record(session, actor, action, "thing", object_id, **fields)


async def test_an_entry_has_the_fields_of_the_contract(admin: httpx.AsyncClient) -> None:
    me = (await admin.get("/api/auth/me")).json()
    made = await admin.post("/api/videos", json={"title": "watched"}, headers={"X-Request-ID": "request-of-the-log"})
    video_id = made.json()["id"]
    [entry] = await entries(admin, objectType="video", objectId=video_id)
    assert set(entry) == {
        *("id", "actor", "actorName", "action", "objectType", "objectId", "before", "after", "at", "requestId")
    }
    assert (entry["actor"], entry["actorName"]) == (f"key:{me['id']}", me["email"])
    assert (entry["action"], entry["objectType"], entry["objectId"]) == ("videos.create", "video", video_id)
    assert (entry["before"], entry["requestId"]) == (None, "request-of-the-log")
    assert str(entry["at"]).endswith("Z")


async def test_filters(admin: httpx.AsyncClient, database: Database) -> None:
    one, two = f"part {uuid4().hex}", f"part {uuid4().hex}"
    for actor in (one, two):
        for number in range(3):
            await record(database, actor, f"things.do{number}", str(number), after={"number": number})

    async def found(**params: Any) -> list[tuple[str, str]]:
        answer = await admin.get("/api/audit", params={"actor": [one, two], **params})
        assert answer.status_code == 200, answer.text
        return [(item["actor"], item["action"]) for item in answer.json()["items"]]

    everything = [(actor, f"things.do{number}") for actor in (two, one) for number in (2, 1, 0)]
    assert await found() == everything
    assert await found(actor=one) == everything[3:]
    assert await found(action=["things.do2", "things.do0"]) == [everything[at] for at in (0, 2, 3, 5)]
    assert await found(action="things.do2", objectId="0") == []
    assert await found(objectId=["0", "1"], objectType=["thing", "video"]) == [everything[at] for at in (1, 2, 4, 5)]
    assert await found(objectType="video") == []
    assert await found(action="'; DROP TABLE audit_log; --") == []
    times = [entry["at"] for entry in await entries(admin, actor=one)]
    assert await found(actor=one, **{"from": times[1]}) == everything[3:5]
    assert await found(actor=one, to=times[1]) == everything[5:]
    assert await found(actor=one, **{"from": times[1], "to": times[1]}) == []
    assert await found(actor=one, **{"from": times[2].replace("Z", "+00:00")}) == everything[3:]


async def test_a_walk_meets_every_entry_once_whatever_is_added_meanwhile(
    admin: httpx.AsyncClient, database: Database
) -> None:
    actor = f"part {uuid4().hex}"
    for number in range(5):
        await record(database, actor, "things.do", str(number))
    seen: list[str] = []
    params: dict[str, Any] = {"actor": actor, "limit": 2}
    while True:
        page = (await admin.get("/api/audit", params=params)).json()
        seen += [entry["objectId"] for entry in page["items"]]
        await record(database, actor, "things.do", "later")
        if page["nextCursor"] is None:
            break
        params["cursor"] = page["nextCursor"]
    assert seen == ["4", "3", "2", "1", "0"]
    wrong = await admin.get("/api/audit", params={**params, "limit": 2, "action": "things.do"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid_cursor")
    assert len(await walk(admin.get, "/api/audit", actor=actor, limit=3)) == 8


@pytest.mark.parametrize(
    ("params", "pointer"),
    [
        ({"from": "2026-11-21T00:00:00Z", "to": "2026-11-20T00:00:00Z"}, "/query/to"),
        ({"from": "2026-11-20"}, "/query/from"),
        ({"to": "2026-11-20T00:00:00"}, "/query/to"),
        ({"to": "9999-12-31T23:59:59-12:00"}, "/query/to"),
        ({"from": "1700000000"}, "/query/from"),
        ({"actor": "a\x00b"}, "/query/actor/0"),
        ({"action": "x" * 201}, "/query/action/0"),
        ({"objectId": ["x"] * 21}, "/query/objectId"),
        ({"limit": 101}, "/query/limit"),
        ({"cursor": "x"}, "/query/cursor"),
        ({"requestId": "x"}, "/query/requestId"),
        ({"object_id": "x"}, "/query/object_id"),
    ],
)
async def test_a_wrong_filter_is_422_with_a_pointer(
    admin: httpx.AsyncClient, params: dict[str, Any], pointer: str
) -> None:
    answer = await admin.get("/api/audit", params=params)
    assert answer.status_code == 422
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]


async def test_only_admins_read_it(anonymous: httpx.AsyncClient, viewer: httpx.AsyncClient, editor: httpx.AsyncClient):
    statuses = [(await client.get("/api/audit")).status_code for client in (anonymous, viewer, editor)]
    assert statuses == [401, 403, 403]


async def test_actors_have_names_while_they_are_there(admin: httpx.AsyncClient, database: Database) -> None:
    person, subject = await make_person(database), uuid4().hex
    async with database.session() as session:
        key, _ = await auth_service.create_key(session, auth_service.SYSTEM, name="a key", role=Role.viewer)
        await auth_service.revoke_key(session, auth_service.SYSTEM, key.id)
    actors = [f"user:{person.id}", f"key:{key.id}", f"user:{uuid4()}", "user:nonsense", "cli", f"key:{person.id}"]
    for actor in actors:
        await record(database, actor, "things.do", subject)

    async def names() -> list[object]:
        return [entry["actorName"] for entry in await entries(admin, objectId=subject)][::-1]

    assert await names() == [person.email, "a key", None, None, None, None]
    assert (await admin.delete(f"/api/users/{person.id}")).status_code == 204
    assert await names() == [None, "a key", None, None, None, None]


async def test_nothing_secret_stands_in_it(app: FastAPI, admin: httpx.AsyncClient, database: Database) -> None:
    """Of anything that this process has recorded so far."""
    marks = {name: f"secret {uuid4().hex}" for name in ("first", "second", "third")}
    body = {"email": f"{uuid4().hex}@example.org", "password": marks["first"], "role": "viewer"}
    user = (await admin.post("/api/users", json=body)).json()
    await admin.patch(f"/api/users/{user['id']}", json={"password": marks["second"]})
    key = (await admin.post("/api/api-keys", json={"name": "secret", "role": "viewer"})).json()
    await admin.delete(f"/api/api-keys/{key['id']}")
    person = await make_person(database)
    async with signed_in(app, person) as client:
        change = {"currentPassword": PASSWORD, "newPassword": marks["third"]}
        assert (await client.post("/api/auth/password", json=change)).status_code == 204
        cookie, csrf = next(iter(client.cookies.values())), client.headers["X-CSRF-Token"]
    async with database.session() as session:
        stored = [(await session.get_one(User, one)).password_hash for one in (user["id"], person.id)]
        log = [row[0] for row in await session.execute(text("SELECT audit_log::text FROM audit_log"))]
    secrets = [*marks.values(), PASSWORD, key["key"], passwords.hash_token(key["key"]), cookie, csrf, *stored]
    everything = "\n".join(log)
    assert [secret for secret in [*secrets, passwords.hash_token(cookie), "$argon2"] if secret in everything] == []
    assert user["id"] in everything
