"""Users over HTTP: what is refused, who stays an admin, and what changes end."""

import asyncio
import json
import re
import threading
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select, update
from sqlmodel import col

from shared.auth import passwords
from shared.auth.models import Role, User
from shared.db.session import Database
from tests.auth.people import PASSWORD, entries, make_person, signed_in, walk


def email() -> str:
    return f"{uuid4().hex}@example.org"


def new(**fields: Any) -> dict[str, Any]:
    return {"email": email(), "password": PASSWORD, "role": "viewer", **fields}


def raw(body: dict[str, Any]) -> dict[str, Any]:
    """Lone surrogates cannot be UTF-8; JSON can escape them."""
    return {"content": json.dumps(body).encode(), "headers": {"Content-Type": "application/json"}}


async def test_a_user_is_made_read_changed_and_removed(admin: httpx.AsyncClient) -> None:
    made = await admin.post("/api/users", json=new(email="Kim" + email()))
    assert made.status_code == 201
    user = made.json()
    assert set(user) == {"id", "email", "role", "disabledAt", "createdAt", "updatedAt"}
    where = f"/api/users/{user['id']}"
    assert made.headers["Location"] == f"http://vms.test{where}"
    read = await admin.get(where)
    assert read.json() == user
    assert read.headers["ETag"] == made.headers["ETag"]
    changed = await admin.patch(where, json={"role": "editor"})
    assert (changed.status_code, changed.json()["role"]) == (200, "editor")
    assert changed.json()["updatedAt"] > user["updatedAt"]
    assert (await admin.patch(where, json={})).json() == changed.json()
    assert (await admin.delete(where)).status_code == 204
    for method in ("GET", "PATCH", "DELETE"):
        gone = await admin.request(method, where, json={})
        assert (gone.status_code, gone.json()["code"]) == (404, "user_not_found")
    written = await entries(admin, objectType="user", objectId=user["id"])
    assert [(entry["action"], entry["before"], entry["after"]) for entry in written] == [
        ("users.delete", {"email": user["email"], "role": "editor"}, None),
        ("users.update", {"role": "viewer"}, {"role": "editor"}),
        ("users.create", None, {"email": user["email"], "role": "viewer"}),
    ]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (new(email="nobody"), "/email"),
        (new(email="@example.org"), "/email"),
        (new(email="a@"), "/email"),
        (new(email="a@b@c"), "/email"),
        (new(email="a b@example.org"), "/email"),
        (new(email=" a@example.org"), "/email"),
        (new(email="a@example.org\n"), "/email"),
        (new(email="a\x00@example.org"), "/email"),
        (new(email="a\x1b[1m@example.org"), "/email"),
        (new(email="a\u200b@example.org"), "/email"),
        (new(email="<b>@example.org"), "/email"),
        (new(email="\ud800@example.org"), "/email"),
        (new(email="x" * 310 + "@example.org"), "/email"),
        (new(email=7), "/email"),
        (new(email=None), "/email"),
        (new(password="elevenchars"), "/password"),
        (new(password="x" * 1025), "/password"),
        (new(password="correct horse \udfff"), "/password"),
        (new(password=123456789012), "/password"),
        (new(role="root"), "/role"),
        (new(role=None), "/role"),
        (new(surprise=1), "/surprise"),
        (new(disabled=True), "/disabled"),
        ({"email": "a@example.org"}, "/password"),
    ],
)
async def test_a_wrong_user_is_422_with_a_pointer(admin: httpx.AsyncClient, body: Any, pointer: str) -> None:
    answer = await admin.post("/api/users", **raw(body))
    assert answer.status_code == 422
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]


@pytest.mark.parametrize(
    "fields",
    [
        {"email": "o'brien+tag@" + "x" * 250 + ".org"},
        {"email": "'; DROP TABLE users; --@example.org".replace(" ", "")},
        {"email": "jürgen@bücher.example"},
        {"password": "x" * 1024},
        {"password": "пароль из двенадцати"},
        {"password": "🎬" * 12},
    ],
)
async def test_what_is_odd_but_fine_signs_in(
    admin: httpx.AsyncClient, anonymous: httpx.AsyncClient, fields: dict[str, str]
) -> None:
    body = new(**fields)
    if "email" in fields:
        body["email"] = uuid4().hex[:8] + fields["email"]
    assert (await admin.post("/api/users", json=body)).status_code == 201
    login = {"email": body["email"], "password": body["password"]}
    answer = await anonymous.post("/api/auth/login", json=login)
    anonymous.cookies.clear()
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"role": None}, "/role"),
        ({"password": None}, "/password"),
        ({"disabled": None}, "/disabled"),
        ({"password": "short"}, "/password"),
        ({"password": "correct horse \ud800"}, "/password"),
        ({"disabled": "true"}, "/disabled"),
        ({"disabled": 1}, "/disabled"),
        ({"email": "new@example.org"}, "/email"),
        ({"role": "root"}, "/role"),
    ],
)
async def test_a_wrong_change_is_422_with_a_pointer(
    admin: httpx.AsyncClient, database: Database, body: Any, pointer: str
) -> None:
    person = await make_person(database)
    answer = await admin.patch(f"/api/users/{person.id}", **raw(body))
    assert answer.status_code == 422
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]


async def test_the_schema_says_what_is_accepted(admin: httpx.AsyncClient) -> None:
    schemas = (await admin.get("/api/openapi.json")).json()["components"]["schemas"]
    address = schemas["UserIn"]["properties"]["email"]
    assert (address["minLength"], address["maxLength"]) == (3, 320)
    assert re.search(address["pattern"], email())
    for wrong in ("nobody", "a b@c.d", "a@b@c", "a\x00@b", "a@b\x85"):
        assert not re.search(address["pattern"], wrong)
    change = schemas["UserPatch"]
    assert "required" not in change
    assert "null" not in json.dumps(change)
    assert "default" not in json.dumps(change)


async def test_a_taken_email_is_409_with_a_pointer(admin: httpx.AsyncClient) -> None:
    body = new()
    first, second = await asyncio.gather(
        admin.post("/api/users", json=body), admin.post("/api/users", json={**body, "email": body["email"].upper()})
    )
    assert sorted([first.status_code, second.status_code]) == [201, 409]
    problem = (first if first.status_code == 409 else second).json()
    assert (problem["code"], problem["errors"][0]["pointer"]) == ("email_taken", "/email")


async def test_the_list_comes_in_pages(admin: httpx.AsyncClient, database: Database) -> None:
    mine = [str((await make_person(database)).id) for _ in range(3)]
    seen = [user["id"] for user in await walk(admin.get, "/api/users", limit=2)]
    assert len(seen) == len(set(seen))
    assert [user for user in seen if user in mine] == mine
    page = (await admin.get("/api/users", params={"limit": 1})).json()
    assert (page["total"], page["totalIsEstimate"]) == (len(seen), False)
    for params in ({"limit": 0}, {"limit": 101}, {"cursor": "x"}, {"offset": 1}):
        assert (await admin.get("/api/users", params=params)).status_code == 422


async def test_a_change_wants_what_was_read(admin: httpx.AsyncClient, database: Database) -> None:
    where = f"/api/users/{(await make_person(database)).id}"
    tag = (await admin.get(where)).headers["ETag"]
    changed = await admin.patch(where, json={"password": "another horse battery"}, headers={"If-Match": tag})
    assert changed.status_code == 200
    for method in ("PATCH", "DELETE"):
        stale = await admin.request(method, where, json={"role": "admin"}, headers={"If-Match": tag})
        assert (stale.status_code, stale.json()["code"]) == (412, "precondition_failed")
    assert (await admin.get(where)).json()["role"] == "viewer"
    fresh = {"If-Match": changed.headers["ETag"]}
    assert (await admin.delete(where, headers=fresh)).status_code == 204
    assert (await admin.delete(where, headers=fresh)).status_code == 404


async def test_nobody_waits_while_a_password_is_hashed(
    admin: httpx.AsyncClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = [f"/api/users/{(await make_person(database)).id}" for _ in range(2)]
    headers = {"If-Match": (await admin.get(one)).headers["ETag"]}
    hashing, go_on, hash_password = threading.Event(), threading.Event(), passwords.hash_password

    def slowly(password: str) -> str:
        hashing.set()
        assert go_on.wait(30)
        return hash_password(password)

    monkeypatch.setattr(passwords, "hash_password", slowly)
    changing = asyncio.create_task(admin.patch(one, json={"password": "another horse battery"}, headers=headers))
    try:
        assert await asyncio.to_thread(hashing.wait, 30)
        answer = await asyncio.wait_for(admin.patch(other, json={"role": "editor"}), 10)
    finally:
        go_on.set()
    assert (answer.status_code, (await changing).status_code) == (200, 200)


async def test_a_new_password_or_disabling_ends_every_session(
    app: FastAPI, admin: httpx.AsyncClient, database: Database
) -> None:
    person = await make_person(database)
    for change in ({"password": PASSWORD}, {"disabled": True}):
        async with signed_in(app, person) as client:
            assert (await client.get("/api/auth/me")).status_code == 200
            await admin.patch(f"/api/users/{person.id}", json={"role": "editor"})
            assert (await client.get("/api/auth/me")).json()["role"] == "editor"
            assert (await admin.patch(f"/api/users/{person.id}", json=change)).status_code == 200
            assert (await client.get("/api/auth/me")).status_code == 401


async def test_an_admin_ends_every_session_of_a_user(
    app: FastAPI, admin: httpx.AsyncClient, database: Database
) -> None:
    person = await make_person(database)
    async with signed_in(app, person) as one, signed_in(app, person) as two:
        assert (await admin.delete(f"/api/users/{person.id}/sessions")).status_code == 204
        for client in (one, two):
            assert (await client.get("/api/auth/me")).status_code == 401
    [entry] = await entries(admin, action="users.sign_out", objectId=str(person.id))
    assert entry["after"] == {"endedSessions": 2}
    async with signed_in(app, person) as again:
        assert (await again.get("/api/auth/me")).status_code == 200
    assert (await admin.delete(f"/api/users/{uuid4()}/sessions")).json()["code"] == "user_not_found"


@pytest.mark.parametrize("change", ["demote", "disable", "delete"])
async def test_an_admin_stays_even_when_two_remove_each_other_at_once(
    admin: httpx.AsyncClient, database: Database, change: str
) -> None:
    """Keys of admins are not people: with nobody but two admins, one of both requests is refused."""
    async with database.session() as session:
        query = select(col(User.id)).where(col(User.role) == Role.admin, col(User.disabled_at).is_(None))
        others = list(await session.scalars(query))
        await session.execute(update(User).where(col(User.id).in_(others)).values(role=Role.editor))
    two = [await make_person(database, Role.admin) for _ in range(2)]

    async def remove(user_id: UUID) -> httpx.Response:
        where = f"/api/users/{user_id}"
        if change == "delete":
            return await admin.delete(where)
        return await admin.patch(where, json={"role": "viewer"} if change == "demote" else {"disabled": True})

    try:
        answers = await asyncio.gather(*(remove(person.id) for person in two))
        refused = [answer for answer in answers if answer.status_code == 409]
        assert [answer.json()["code"] for answer in refused] == ["last_admin"]
        left = [user for user in await walk(admin.get, "/api/users") if user["role"] == "admin"]
        assert len([user for user in left if user["disabledAt"] is None]) == 1
    finally:
        async with database.session() as session:
            await session.execute(update(User).where(col(User.id).in_(others)).values(role=Role.admin))
            await session.execute(
                update(User).where(col(User.id).in_([person.id for person in two])).values(role=Role.viewer)
            )
