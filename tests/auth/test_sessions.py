"""Sessions of one's own, and the own password."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlmodel import col, select

from api.security import SESSION_COOKIE
from shared.auth import passwords, repository
from shared.auth import service as auth_service
from shared.auth.errors import WrongCredentials
from shared.auth.models import Role, UserSession
from shared.clock import utc_now
from shared.config import Settings
from shared.db.session import Database
from tests.auth.people import PASSWORD, entries, make_person, signed_in, walk

NEW = "another horse battery"


async def change(client: httpx.AsyncClient, current: str = PASSWORD, new: str = NEW) -> httpx.Response:
    return await client.post("/api/auth/password", json={"currentPassword": current, "newPassword": new})


async def test_each_sign_in_is_listed_and_can_be_ended(
    app: FastAPI, admin: httpx.AsyncClient, database: Database
) -> None:
    person, other = await make_person(database), await make_person(database)
    agent = "Laptop/1.0 (\x7fbell) " + "x" * 300
    async with signed_in(app, person, user_agent=agent) as lost, signed_in(app, person) as here:
        listed = (await here.get("/api/auth/sessions")).json()
        assert (listed["total"], listed["nextCursor"]) == (2, None)
        mine, away = listed["items"]
        assert set(mine) == {"id", "createdAt", "lastUsedAt", "expiresAt", "userAgent", "current"}
        assert (mine["current"], away["current"]) == (True, False)
        assert away["userAgent"] == agent.replace("\x7f", "")[:200]
        assert mine["expiresAt"] > mine["lastUsedAt"] >= mine["createdAt"]
        assert (len(await walk(here.get, "/api/auth/sessions", limit=1))) == 2
        async with signed_in(app, other) as stranger:
            foreign = await stranger.delete(f"/api/auth/sessions/{away['id']}")
            assert (foreign.status_code, foreign.json()["code"]) == (404, "session_not_found")
        forged = await here.delete(f"/api/auth/sessions/{away['id']}", headers={"X-CSRF-Token": "x"})
        assert (forged.status_code, forged.json()["code"]) == (403, "csrf_failed")
        assert (await lost.get("/api/auth/me")).status_code == 200
        assert (await here.delete(f"/api/auth/sessions/{away['id']}")).status_code == 204
        assert (await lost.get("/api/auth/me")).status_code == 401
        assert (await here.delete(f"/api/auth/sessions/{away['id']}")).status_code == 404
        assert (await here.delete(f"/api/auth/sessions/{uuid4()}")).status_code == 404
        assert (await here.get("/api/auth/sessions")).json()["total"] == 1
    [entry] = await entries(admin, objectType="session", objectId=away["id"])
    assert (entry["action"], entry["actor"], entry["actorName"]) == (
        "auth.end_session",
        f"user:{person.id}",
        person.email,
    )


async def test_a_key_has_no_sessions_and_no_password(viewer: httpx.AsyncClient) -> None:
    assert (await viewer.get("/api/auth/sessions")).json()["items"] == []
    assert (await viewer.delete(f"/api/auth/sessions/{uuid4()}")).status_code == 404
    answer = await change(viewer)
    assert (answer.status_code, answer.json()["code"]) == (409, "no_password")
    assert (await viewer.post("/api/auth/logout")).status_code == 204
    assert (await viewer.get("/api/auth/me")).status_code == 200


async def test_signing_in_again_makes_another_token(app: FastAPI, database: Database) -> None:
    """A token that somebody planted in the browser is not taken over."""
    person = await make_person(database)
    async with signed_in(app, person) as client:
        first = client.cookies[SESSION_COOKIE]
        answer = await client.post("/api/auth/login", json=person.login)
        assert answer.cookies[SESSION_COOKIE] not in {first, None}
        client.cookies.clear()
        answer = await client.post(
            "/api/auth/login", json=person.login, headers={"Cookie": f"{SESSION_COOKIE}=planted"}
        )
        assert answer.cookies[SESSION_COOKIE] != "planted"


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_the_cookie_is_for_https_alone_where_there_is_https(
    app: FastAPI, database: Database, settings: Settings, scheme: str
) -> None:
    person = await make_person(database)
    app.state.settings = settings.model_copy(update={"public_base_url": f"{scheme}://vms.test"})
    try:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://vms.test") as client:
            cookie = (await client.post("/api/auth/login", json=person.login)).headers["set-cookie"]
    finally:
        app.state.settings = settings
    assert ("Secure" in cookie) == (scheme == "https")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie


async def test_several_processes_make_the_first_admin_once(database: Database) -> None:
    email = f"{uuid4().hex}@example.org"

    async def start() -> bool:
        async with database.session() as session:
            return await auth_service.ensure_first_admin(session, email=email, password=PASSWORD)

    try:
        assert sorted(await asyncio.gather(*(start() for _ in range(3)))) == [False, False, True]
    finally:
        async with database.session() as session:
            user = await auth_service.user_by_email(session, email)
            user.role = Role.viewer


async def test_the_last_use_is_noted_once_a_minute(app: FastAPI, database: Database) -> None:
    person = await make_person(database)

    async def noted() -> datetime | None:
        async with database.session() as session:
            query = select(UserSession).where(col(UserSession.user_id) == person.id)
            return (await session.scalars(query)).one().last_used_at

    async with signed_in(app, person) as client:
        assert await noted() is None
        await asyncio.gather(*(client.get("/api/auth/me") for _ in range(8)))
        first = await noted()
        assert first is not None
        await client.get("/api/auth/me")
        assert await noted() == first
        async with database.session() as session:
            row = (await session.scalars(select(UserSession).where(col(UserSession.user_id) == person.id))).one()
            row.last_used_at = first - timedelta(seconds=61)
        await client.get("/api/auth/me")
        later = await noted()
        assert later is not None
        assert later > first


async def test_whoever_notes_a_use_waits_for_nobody(app: FastAPI, database: Database) -> None:
    person = await make_person(database)
    async with signed_in(app, person) as client, database.session() as session:
        query = select(UserSession).where(col(UserSession.user_id) == person.id).with_for_update()
        (await session.scalars(query)).one()
        async with asyncio.timeout(5):
            assert (await client.get("/api/auth/me")).status_code == 200


async def test_signing_out_is_in_the_log(app: FastAPI, admin: httpx.AsyncClient, database: Database) -> None:
    person = await make_person(database)
    async with signed_in(app, person) as client:
        assert (await client.post("/api/auth/logout")).status_code == 204
    written = await entries(admin, actor=f"user:{person.id}")
    assert [entry["action"] for entry in written] == ["auth.logout", "auth.login"]


async def test_changing_the_own_password(app: FastAPI, admin: httpx.AsyncClient, database: Database) -> None:
    person = await make_person(database)
    async with signed_in(app, person) as other, signed_in(app, person) as here:
        answer = await change(here)
        assert (answer.status_code, answer.content) == (204, b"")
        assert (await here.get("/api/auth/me")).status_code == 200
        assert (await other.get("/api/auth/me")).status_code == 401
        assert (await here.post("/api/auth/login", json=person.login)).status_code == 401
        assert (await here.post("/api/auth/login", json={**person.login, "password": NEW})).status_code == 200
    [entry] = await entries(admin, action="auth.password", objectId=str(person.id))
    assert (entry["actor"], entry["after"]) == (f"user:{person.id}", {"password": "changed"})


async def test_a_wrong_current_password_counts_like_one_at_sign_in(app: FastAPI, database: Database) -> None:
    person = await make_person(database)
    async with signed_in(app, person) as client:
        wrong = await change(client, "not the password")
        assert (wrong.status_code, wrong.json()["code"]) == (403, "wrong_password")
        assert wrong.json()["errors"][0]["pointer"] == "/currentPassword"
        assert (await client.get("/api/auth/me")).status_code == 200
        answers = await asyncio.gather(*(change(client, "not the password") for _ in range(12)))
        assert sorted(answer.status_code for answer in answers) == [403] * 9 + [429] * 3
        blocked = await change(client)
        assert (blocked.status_code, blocked.json()["code"]) == (429, "too_many_logins")
        assert 0 < int(blocked.headers["Retry-After"]) <= 61
        assert (await client.post("/api/auth/login", json=person.login)).status_code == 429


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/currentPassword"),
        ({"currentPassword": PASSWORD}, "/newPassword"),
        ({"currentPassword": PASSWORD, "newPassword": "short"}, "/newPassword"),
        ({"currentPassword": PASSWORD, "newPassword": "x" * 1025}, "/newPassword"),
        ({"currentPassword": PASSWORD, "newPassword": None}, "/newPassword"),
        ({"currentPassword": "", "newPassword": NEW}, "/currentPassword"),
        ({"currentPassword": PASSWORD, "newPassword": NEW, "email": "x"}, "/email"),
    ],
)
async def test_a_wrong_body_is_422_with_a_pointer(
    app: FastAPI, viewer: httpx.AsyncClient, body: dict[str, Any], pointer: str
) -> None:
    answer = await viewer.post("/api/auth/password", json=body)
    assert answer.status_code == 422
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]


@pytest.mark.parametrize(
    "body",
    [
        rb'{"email": "\ud800@example.org", "password": "correct horse battery"}',
        rb'{"email": "a\u0000@example.org", "password": "correct horse battery"}',
        rb'{"email": "a@example.org", "password": "\ud800"}',
        rb'{"email": "a@example.org", "password": ""}',
        rb'{"email": "", "password": "correct horse battery"}',
        rb'{"email": "a@example.org", "password": "correct horse battery", "remember": true}',
        rb"[]",
    ],
)
async def test_a_wrong_sign_in_is_422(anonymous: httpx.AsyncClient, body: bytes) -> None:
    answer = await anonymous.post("/api/auth/login", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422


async def test_a_sign_in_that_overlaps_with_a_new_password_is_refused(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old password was right when it was compared; the session would outlive the change that ends every session."""
    person = await make_person(database)
    compare = passwords.verify_password
    loop = asyncio.get_running_loop()

    async def set_password(user_id: UUID) -> None:
        async with database.session() as session:
            user = await repository.get_user(session, user_id, lock=True)
            assert user is not None
            user.password_hash = passwords.hash_password(NEW)

    def slow(stored: str | None, given: str) -> bool:
        fits = compare(stored, given)
        asyncio.run_coroutine_threadsafe(set_password(person.id), loop).result(10)
        return fits

    monkeypatch.setattr(passwords, "verify_password", slow)
    with pytest.raises(WrongCredentials):
        await auth_service.login(database, email=person.email, password=PASSWORD, lifetime_seconds=600)
    async with database.session() as session:
        page = await repository.page_of_sessions(session, person.id, utc_now(), cursor=None, limit=10)
    assert page.items == []
