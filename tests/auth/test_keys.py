"""API keys over HTTP."""

import hashlib
import json
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlmodel import col, select

from shared.auth.models import ApiKey
from shared.db.session import Database
from tests.auth.people import entries, walk


async def test_a_key_is_shown_once_and_stored_as_a_hash(admin: httpx.AsyncClient, database: Database) -> None:
    made = await admin.post("/api/api-keys", json={"name": " nightly <b>import</b> ", "role": "viewer"})
    assert made.status_code == 201
    key = made.json()
    assert (key["name"], key["role"], key["lastUsedAt"]) == ("nightly import", "viewer", None)
    assert key["key"].startswith(key["prefix"])
    assert made.headers["Cache-Control"] == "no-store"
    where = f"/api/api-keys/{key['id']}"
    assert made.headers["Location"] == f"http://vms.test{where}"
    read = await admin.get(where)
    assert read.json() == {name: value for name, value in key.items() if name != "key"}
    assert read.headers["ETag"] == made.headers["ETag"]
    async with database.session() as session:
        row = (await session.scalars(select(ApiKey).where(col(ApiKey.prefix) == key["prefix"]))).one()
    assert row.key_hash == hashlib.sha256(key["key"].encode()).hexdigest()
    assert key["key"] not in str(vars(row))


async def test_the_last_use_is_shown(admin: httpx.AsyncClient, anonymous: httpx.AsyncClient) -> None:
    key = (await admin.post("/api/api-keys", json={"name": "used", "role": "viewer"})).json()
    headers = {"Authorization": f"Bearer {key['key']}"}
    assert (await anonymous.get("/api/auth/me", headers=headers)).json()["email"] == "used"
    used = (await admin.get(f"/api/api-keys/{key['id']}")).json()["lastUsedAt"]
    assert used > key["createdAt"]


async def test_revoking_a_key(admin: httpx.AsyncClient) -> None:
    made = await admin.post("/api/api-keys", json={"name": "short-lived", "role": "editor"})
    key, where = made.json(), f"/api/api-keys/{made.json()['id']}"
    stale = await admin.delete(where, headers={"If-Match": '"something else"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition_failed")
    assert (await admin.delete(where, headers={"If-Match": made.headers["ETag"]})).status_code == 204
    for answer in (await admin.get(where), await admin.delete(where), await admin.delete(f"/api/api-keys/{uuid4()}")):
        assert (answer.status_code, answer.json()["code"]) == (404, "api_key_not_found")
    assert key["id"] not in [listed["id"] for listed in await walk(admin.get, "/api/api-keys")]
    written = await entries(admin, objectType="api_key", objectId=key["id"])
    assert [(entry["action"], entry["before"], entry["after"]) for entry in written] == [
        ("api_keys.revoke", {"name": "short-lived"}, None),
        ("api_keys.create", None, {"name": "short-lived", "role": "editor"}),
    ]


async def test_the_list_comes_in_pages(admin: httpx.AsyncClient) -> None:
    mine = []
    for number in range(3):
        made = await admin.post("/api/api-keys", json={"name": f"page {number}", "role": "viewer"})
        mine.append(made.json()["id"])
    seen = [key["id"] for key in await walk(admin.get, "/api/api-keys", limit=2)]
    assert len(seen) == len(set(seen))
    assert [key for key in seen if key in mine] == mine
    other = (await admin.get("/api/users", params={"limit": 1})).json()["nextCursor"]
    if other is not None:
        answer = await admin.get("/api/api-keys", params={"cursor": other})
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_cursor")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"role": "viewer"}, "/name"),
        ({"name": "x"}, "/role"),
        ({"name": "", "role": "viewer"}, "/name"),
        ({"name": "   ", "role": "viewer"}, "/name"),
        ({"name": "<b></b>", "role": "viewer"}, "/name"),
        ({"name": "x" * 201, "role": "viewer"}, "/name"),
        ({"name": "a\x00b", "role": "viewer"}, "/name"),
        ({"name": "\ud800", "role": "viewer"}, "/name"),
        ({"name": 7, "role": "viewer"}, "/name"),
        ({"name": "x", "role": "root"}, "/role"),
        ({"name": "x", "role": "viewer", "expiresAt": None}, "/expiresAt"),
    ],
)
async def test_a_wrong_key_is_422_with_a_pointer(admin: httpx.AsyncClient, body: dict[str, Any], pointer: str) -> None:
    answer = await admin.post(
        "/api/api-keys", content=json.dumps(body).encode(), headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 422
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]
