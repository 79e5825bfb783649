"""People who sign in, for tests."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID, uuid4

import httpx
from fastapi import FastAPI

from shared.auth import service as auth_service
from shared.auth.models import Role
from shared.db.session import Database

PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class Person:
    """A user and what they sign in with."""

    id: UUID
    email: str
    password: str = PASSWORD

    @property
    def login(self) -> dict[str, str]:
        """The body of a sign-in."""
        return {"email": self.email, "password": self.password}


async def make_person(database: Database, role: Role = Role.viewer) -> Person:
    """A user that nobody else has."""
    email = f"{uuid4().hex}@example.org"
    async with database.session() as session:
        password_hash = await auth_service.hash_password(PASSWORD)
        user = await auth_service.create_user(
            session, auth_service.SYSTEM, email=email, password_hash=password_hash, role=role
        )
    return Person(user.id, email)


@asynccontextmanager
async def signed_in(app: FastAPI, person: Person, *, user_agent: str = "tests") -> AsyncIterator[httpx.AsyncClient]:
    """A client with a session of this person, that sends its CSRF token."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://vms.test", headers={"User-Agent": user_agent}
    ) as client:
        answer = await client.post("/api/auth/login", json=person.login)
        assert answer.status_code == 200, answer.text
        client.headers["X-CSRF-Token"] = answer.json()["csrfToken"]
        yield client


async def entries(admin: httpx.AsyncClient, **filters: str) -> list[dict[str, object]]:
    """Entries of the action log, newest first."""
    answer = await admin.get("/api/audit", params=filters)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, object]] = answer.json()["items"]
    return found


async def walk(
    read: Callable[..., Awaitable[httpx.Response]], path: str, **params: str | int
) -> list[dict[str, object]]:
    """Every item of a list, page by page."""
    items: list[dict[str, object]] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await read(path, params={**params, **cursor})).json()
        items += page["items"]
        if page["nextCursor"] is None:
            return items
        cursor = {"cursor": page["nextCursor"]}
