"""Keys and sessions as credentials, CSRF, and what answers look like when something is wrong."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.exc import OperationalError

from api.security import SESSION_COOKIE
from shared.auth import service as auth_service
from shared.auth.models import Role
from shared.db.session import Database

PASSWORD = "correct horse battery"


@pytest.fixture
async def user(database: Database) -> str:
    """The e-mail of an editor."""
    email = f"{uuid4().hex}@example.org"
    async with database.session() as session:
        password_hash = await auth_service.hash_password(PASSWORD)
        await auth_service.create_user(
            session, auth_service.SYSTEM, email=email, password_hash=password_hash, role=Role.editor
        )
    return email


@pytest.fixture
async def browser(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client that keeps cookies."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://vms.test") as client:
        yield client


async def test_a_revoked_key_stops_at_once(admin: httpx.AsyncClient, anonymous: httpx.AsyncClient) -> None:
    made = (await admin.post("/api/api-keys", json={"name": "short-lived", "role": "viewer"})).json()
    headers = {"Authorization": f"Bearer {made['key']}"}
    assert (await anonymous.get("/api/auth/me", headers=headers)).json()["role"] == "viewer"
    listed = (await admin.get("/api/api-keys")).json()["items"]
    assert made["prefix"] in [key["prefix"] for key in listed]
    assert made["key"] not in str(listed)
    assert (await admin.delete(f"/api/api-keys/{made['id']}")).status_code == 204
    assert (await anonymous.get("/api/auth/me", headers=headers)).status_code == 401
    assert (await admin.delete(f"/api/api-keys/{made['id']}")).status_code == 404


async def test_signing_in_and_out(browser: httpx.AsyncClient, user: str) -> None:
    answer = await browser.post("/api/auth/login", json={"email": user.upper(), "password": PASSWORD})
    assert answer.status_code == 200
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{SESSION_COOKIE}=")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    me = (await browser.get("/api/auth/me")).json()
    assert (me["email"], me["role"], me["csrfToken"]) == (user, "editor", answer.json()["csrfToken"])
    refused = await browser.post("/api/videos", json={"title": "forged"})
    assert (refused.status_code, refused.json()["code"]) == (403, "csrf_failed")
    token = {"X-CSRF-Token": me["csrfToken"]}
    assert (await browser.post("/api/videos", json={"title": "mine"}, headers=token)).status_code == 201
    assert (await browser.post("/api/auth/logout", headers=token)).status_code == 204
    browser.cookies.set(SESSION_COOKIE, cookie.partition("=")[2].partition(";")[0])
    assert (await browser.get("/api/auth/me")).status_code == 401


async def test_ten_wrong_passwords_a_minute_and_no_more(browser: httpx.AsyncClient, user: str) -> None:
    async def attempt(password: str) -> httpx.Response:
        return await browser.post("/api/auth/login", json={"email": user, "password": password})

    wrong = await asyncio.gather(*(attempt("not the password") for _ in range(10)))
    assert {answer.status_code for answer in wrong} == {401}
    blocked = await attempt(PASSWORD)
    assert (blocked.status_code, blocked.json()["code"]) == (429, "too_many_logins")
    assert 0 < int(blocked.headers["Retry-After"]) <= 61


async def test_many_wrong_passwords_at_once_do_not_get_past_the_limit(
    browser: httpx.AsyncClient, viewer: httpx.AsyncClient, user: str
) -> None:
    body = {"email": user, "password": "not the password"}
    answers = await asyncio.gather(*(browser.post("/api/auth/login", json=body) for _ in range(24)))
    assert sorted(answer.status_code for answer in answers) == [401] * 10 + [429] * 14
    assert (await viewer.get("/api/auth/me")).status_code == 200


@pytest.mark.parametrize("name", ["İ", "STRASSẞΣ", "JÖRG"])
@pytest.mark.parametrize("password", ["  spaces around it  ", "ordinary password"])
async def test_names_and_passwords_are_taken_as_they_are(
    admin: httpx.AsyncClient, browser: httpx.AsyncClient, name: str, password: str
) -> None:
    login = {"email": f"{name}{uuid4().hex}@example.org", "password": password}
    assert (await admin.post("/api/users", json={**login, "role": "viewer"})).status_code == 201
    assert (await browser.post("/api/auth/login", json=login)).status_code == 200
    if password != password.strip():
        answer = await browser.post("/api/auth/login", json={**login, "password": password.strip()})
        assert answer.status_code == 401


async def test_a_crash_is_a_problem_with_its_request_id(
    admin: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def crash(*_: object, **__: object) -> None:
        raise RuntimeError("on purpose")

    monkeypatch.setattr(auth_service, "get_user", crash)
    answer = await admin.get(f"/api/users/{uuid4()}", headers={"X-Request-ID": "request-0001"})
    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
    assert answer.json()["requestId"] == answer.headers["X-Request-ID"] == "request-0001"
    assert "on purpose" not in answer.text


async def test_a_busy_or_absent_database_is_503(admin: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: object, **__: object) -> None:
        raise OperationalError("SELECT 1", {}, ConnectionRefusedError("nobody there"))

    monkeypatch.setattr(auth_service, "get_user", away)
    answer = await admin.get(f"/api/users/{uuid4()}")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")


async def test_clients_that_send_no_body_keep_no_connection(app: FastAPI, viewer: httpx.AsyncClient) -> None:
    """More of them than the pool has connections, each past authentication; another caller is still answered."""
    silent, reading = asyncio.Event(), asyncio.Semaphore(0)

    async def never() -> AsyncIterator[bytes]:
        reading.release()
        yield b"{"
        await silent.wait()

    headers = {"Authorization": "Bearer vms_junk", "Content-Type": "application/json"}
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://vms.test", headers=headers) as client:
        waiting = [asyncio.create_task(client.post("/api/encoding/webhook", content=never())) for _ in range(20)]
        async with asyncio.timeout(5):
            for _ in waiting:
                await reading.acquire()
            assert (await viewer.get("/api/auth/me")).status_code == 200
        silent.set()
        answers = await asyncio.gather(*waiting)
    assert {answer.status_code for answer in answers} == {401}


async def test_an_unknown_user_and_a_wrong_password_look_alike(browser: httpx.AsyncClient, user: str) -> None:
    unknown = await browser.post("/api/auth/login", json={"email": "nobody@example.org", "password": "x"})
    wrong = await browser.post("/api/auth/login", json={"email": user, "password": "x"})
    assert unknown.status_code == wrong.status_code == 401
    assert unknown.json()["detail"] == wrong.json()["detail"]


async def test_users_are_managed_by_admins(admin: httpx.AsyncClient, browser: httpx.AsyncClient) -> None:
    email = f"{uuid4().hex}@example.org"
    body = {"email": email, "password": PASSWORD, "role": "viewer"}
    made = (await admin.post("/api/users", json=body)).json()
    assert "password" not in str(made).lower()
    taken = await admin.post("/api/users", json={**body, "email": email.upper()})
    assert (taken.status_code, taken.json()["code"]) == (409, "email_taken")
    login = {"email": email, "password": PASSWORD}
    assert (await browser.post("/api/auth/login", json=login)).status_code == 200
    changed = await admin.patch(f"/api/users/{made['id']}", json={"disabled": True})
    assert changed.json()["disabledAt"] is not None
    assert (await browser.get("/api/auth/me")).status_code == 401
    assert (await browser.post("/api/auth/login", json=login)).status_code == 401
    assert (await admin.delete(f"/api/users/{made['id']}")).status_code == 204


async def test_problems_have_one_shape(anonymous: httpx.AsyncClient, viewer: httpx.AsyncClient) -> None:
    assert (await viewer.patch("/api/videos")).headers["Allow"] == "GET, POST"
    for answer, status, code in (
        (await anonymous.get("/api/videos"), 401, "unauthorized"),
        (await viewer.get("/api/nothing-here"), 404, "not_found"),
        (await viewer.patch("/api/videos"), 405, "method_not_allowed"),
        (await viewer.get(f"/api/videos/{uuid4()}"), 404, "video_not_found"),
        (await viewer.get("/api/videos", params={"limit": 0}), 422, "validation_failed"),
    ):
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        body = answer.json()
        assert {"type", "title", "status", "code", "detail", "requestId"} <= set(body)
        assert (body["status"], body["code"]) == (status, code)
        assert body["requestId"] == answer.headers["X-Request-ID"]
