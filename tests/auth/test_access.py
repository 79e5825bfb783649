"""Who may call what: keys, sessions, roles, CSRF, and the order of the checks."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.exc import OperationalError

from api.routes import ROUTERS
from api.security import SESSION_COOKIE, SecuredRoute
from shared.auth import service as auth_service
from shared.auth.models import Role
from shared.db.session import Database
from shared.videos import service as videos_service

PASSWORD = "correct horse battery"

# Routes that answer without credentials (api.md, Auth). The upload's OPTIONS is tus discovery.
OPEN = {
    ("GET", "/healthz"),
    ("HEAD", "/healthz"),
    ("HEAD", "/readyz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
    ("POST", "/api/auth/login"),
    ("POST", "/api/encoding/webhook"),
    ("GET", "/api/videos/{video_id}/playback"),
    ("GET", "/media/{path:path}"),
    ("HEAD", "/media/{path:path}"),
    ("OPTIONS", "/media/{path:path}"),
    ("OPTIONS", "/api/upload/video"),
    ("OPTIONS", "/api/upload/video/{upload_id}"),
}
WEB = ("/embed/", "/assets/")


def routes() -> list[tuple[str, SecuredRoute]]:
    found = [route for router in ROUTERS for route in router.routes]
    assert all(isinstance(route, SecuredRoute) for route in found)
    return [(method, route) for route in found if isinstance(route, SecuredRoute) for method in sorted(route.methods)]


def concrete(route: SecuredRoute) -> str:
    path = route.path
    for name in ("video_id", "job_id", "user_id", "key_id", "upload_id"):
        path = path.replace(f"{{{name}}}", str(uuid4()))
    return path


@pytest.fixture
async def user(database: Database) -> str:
    """The e-mail of an editor."""
    email = f"{uuid4().hex}@example.org"
    async with database.session() as session:
        await auth_service.create_user(session, auth_service.SYSTEM, email=email, password=PASSWORD, role=Role.editor)
    return email


@pytest.fixture
async def browser(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client that keeps cookies."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://vms.test") as client:
        yield client


def test_only_the_listed_routes_are_open() -> None:
    found = {(method, route.path) for method, route in routes() if route.access.role is None}
    assert {entry for entry in found if not entry[1].startswith(WEB)} == OPEN


@pytest.mark.parametrize(
    ("method", "route"), [pytest.param(m, r, id=f"{m} {r.path}") for m, r in routes() if r.access.role]
)
async def test_every_other_route_wants_credentials_before_anything_else(
    anonymous: httpx.AsyncClient, viewer: httpx.AsyncClient, method: str, route: SecuredRoute
) -> None:
    """A broken body and a wrong parameter are not looked at before the caller is known and allowed."""
    request = {"content": b"{broken", "headers": {"Content-Type": "application/json"}, "params": {"surprise": "1"}}
    nobody = await anonymous.request(method, concrete(route), **request)  # type: ignore[arg-type]
    assert nobody.status_code == 401
    if method != "HEAD":
        assert nobody.headers["content-type"] == "application/problem+json"
    wrong = await anonymous.request(
        method,
        concrete(route),
        **{**request, "headers": {"Authorization": "Bearer vms_unknown"}},  # type: ignore[arg-type]
    )
    assert wrong.status_code == 401
    if route.access.role is not Role.viewer:
        low = await viewer.request(method, concrete(route), **request)  # type: ignore[arg-type]
        assert low.status_code == 403


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
    assert (await viewer.get("/api/videos")).status_code == 200


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
    viewer: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def crash(*_: object, **__: object) -> None:
        raise RuntimeError("on purpose")

    monkeypatch.setattr(videos_service, "get_video", crash)
    answer = await viewer.get(f"/api/videos/{uuid4()}", headers={"X-Request-ID": "request-0001"})
    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
    assert answer.json()["requestId"] == answer.headers["X-Request-ID"] == "request-0001"
    assert "on purpose" not in answer.text


async def test_a_busy_or_absent_database_is_503(viewer: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: object, **__: object) -> None:
        raise OperationalError("SELECT 1", {}, ConnectionRefusedError("nobody there"))

    monkeypatch.setattr(videos_service, "get_video", away)
    answer = await viewer.get(f"/api/videos/{uuid4()}")
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
            assert (await viewer.get("/api/videos")).status_code == 200
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
