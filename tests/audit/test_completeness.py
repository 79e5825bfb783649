"""Every route that writes leaves an entry. The routes come from the routers, so none can be forgotten."""

from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlmodel import col, select

from api.main import operation_id
from shared.audit.models import AuditEntry
from shared.auth.models import Role
from shared.clients.s3 import S3
from shared.config import Settings
from shared.db.session import Database
from tests.auth.people import PASSWORD, make_person, signed_in
from tests.auth.walking import routes
from tests.factories import make_master, make_video

WRITES = {"POST", "PUT", "PATCH", "DELETE"}

# Operation id → the action of the entry that a write leaves on success.
AUDITED = {
    "vimeo-sync": "vimeo.sync",
    "hosting-migrate": "hosting.migrate",
    "hosting-rollback": "hosting.rollback",
    "hosting-finalise": "hosting.finalise",
    "hosting-begin": "hosting.batch",
    "hosting-pause": "hosting.pause",
    "hosting-resume": "hosting.resume",
    "hosting-cancel": "hosting.cancel_batch",
    "auth-login": "auth.login",
    "auth-logout": "auth.logout",
    "auth-password": "auth.password",
    "auth-end-session": "auth.end_session",
    "users-create": "users.create",
    "users-update": "users.update",
    "users-delete": "users.delete",
    "users-sign-out": "users.sign_out",
    "api-keys-create": "api_keys.create",
    "api-keys-revoke": "api_keys.revoke",
    "videos-create": "videos.create",
    "videos-replace": "videos.update",
    "videos-update": "videos.update",
    "videos-delete": "videos.archive",
    "videos-restore": "videos.restore",
    "videos-bulk": "videos.update",
    "tags-rename": "tags.rename",
    "platforms-upsert": "platforms.upsert",
    "platforms-delete": "platforms.delete",
    "pipeline-replace": "pipeline.update",
    "captions-replace": "captions.update",
    "captions-delete": "captions.delete",
    "posters-choose": "posters.choose",
    "posters-upload": "posters.upload",
    "posters-reset": "posters.reset",
    "courses-create": "courses.create",
    "courses-replace": "courses.update",
    "courses-update": "courses.update",
    "courses-delete": "courses.delete",
    "courses-create-module": "modules.create",
    "courses-order-modules": "modules.order",
    "courses-replace-module": "modules.update",
    "courses-update-module": "modules.update",
    "courses-delete-module": "modules.delete",
    "courses-create-lesson": "lessons.create",
    "courses-order-lessons": "lessons.order",
    "courses-replace-lesson": "lessons.update",
    "courses-update-lesson": "lessons.update",
    "courses-delete-lesson": "lessons.delete",
    "courses-assign-video": "lessons.video",
    "encoding-request": "encoding.request",
    "encoding-cancel": "encoding.cancel",
    "encoding-retry": "encoding.retry",
    "encoding-update": "encoding.update",
}

# Writes that leave none, and why.
EXEMPT = {
    "playback-events": "viewers report what they watch; nothing of the library changes",
    "hosting-report": "what comes of a worker's report is kept with the migration; the switch is hosting.complete",
    "uploads-create": "an upload is nothing of the library yet",
    "uploads-append": "the request that completes it leaves videos.create and videos.master",
    "uploads-terminate": "nothing of the library was made of it",
    "encoding-probe": "what a worker found out about a master is kept with the master",
    "encoding-webhook": "a worker's report about a job: its attempts and their errors are kept with the job",
}


def writes() -> list[str]:
    return sorted({operation_id(route) for method, route in routes() if method in WRITES})


@pytest.mark.parametrize("operation", writes())
def test_a_write_is_audited_or_exempt(operation: str) -> None:
    assert (operation in AUDITED) != (operation in EXEMPT), (
        f"{operation}: add it to AUDITED in {__file__} with the action that its service records, "
        "or to EXEMPT with the reason why it records none"
    )


def test_every_operation_of_the_tables_is_there() -> None:
    assert (set(AUDITED) | set(EXEMPT)) - set(writes()) == set()


class Writer:
    """Calls routes and looks up what each call left in the log."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def __call__(
        self, client: httpx.AsyncClient, operation: str, method: str, path: str, body: Any = None
    ) -> dict[str, Any]:
        """The answer's body; what the call left is the operation's action, by somebody, about something."""
        request_id = uuid4().hex
        answer = await client.request(method, path, json=body, headers={"X-Request-ID": request_id})
        assert answer.is_success, (operation, answer.text)
        async with self.database.session() as session:
            rows = list(await session.scalars(select(AuditEntry).where(col(AuditEntry.request_id) == request_id)))
        found = {row.action for row in rows}
        assert AUDITED[operation] in found, f"{operation} left {found or 'nothing'} in the log"
        assert all(row.actor.startswith(("key:", "user:")) and row.object_type and row.object_id for row in rows)
        return dict(answer.json()) if answer.content else {}


@pytest.fixture
def write(database: Database) -> Writer:
    return Writer(database)


async def test_accounts(app: FastAPI, admin: httpx.AsyncClient, database: Database, write: Writer) -> None:
    person = await make_person(database, Role.editor)
    async with signed_in(app, person) as client, signed_in(app, person) as other:
        session_id = (await other.get("/api/auth/sessions")).json()["items"][0]["id"]
        await write(client, "auth-end-session", "DELETE", f"/api/auth/sessions/{session_id}")
        change = {"currentPassword": PASSWORD, "newPassword": "another horse battery"}
        await write(client, "auth-password", "POST", "/api/auth/password", change)
        await write(client, "auth-logout", "POST", "/api/auth/logout")
        await write(
            client, "auth-login", "POST", "/api/auth/login", {"email": person.email, "password": change["newPassword"]}
        )
    body = {"email": f"{uuid4().hex}@example.org", "password": PASSWORD, "role": "viewer"}
    user = await write(admin, "users-create", "POST", "/api/users", body)
    await write(admin, "users-update", "PATCH", f"/api/users/{user['id']}", {"disabled": True})
    await write(admin, "users-sign-out", "DELETE", f"/api/users/{user['id']}/sessions")
    await write(admin, "users-delete", "DELETE", f"/api/users/{user['id']}")
    key = await write(admin, "api-keys-create", "POST", "/api/api-keys", {"name": "audited", "role": "viewer"})
    await write(admin, "api-keys-revoke", "DELETE", f"/api/api-keys/{key['id']}")


async def test_videos(editor: httpx.AsyncClient, write: Writer) -> None:
    tag = f"audited {uuid4().hex}"
    video = await write(editor, "videos-create", "POST", "/api/videos", {"title": "audited", "tags": [tag]})
    where = f"/api/videos/{video['id']}"
    await write(editor, "videos-replace", "PUT", where, {"title": "replaced", "tags": [tag]})
    await write(editor, "videos-update", "PATCH", where, {"title": "patched"})
    bulk = {"ids": [video["id"]], "action": "setVisibility", "visibility": "unlisted"}
    await write(editor, "videos-bulk", "POST", "/api/videos/bulk", bulk)
    await write(editor, "tags-rename", "POST", "/api/tags/rename", {"from": tag, "to": f"{tag} b"})
    await write(editor, "pipeline-replace", "PUT", f"{where}/pipeline", {"stage": "editing"})
    link = {"platform": "youtube", "externalId": uuid4().hex[:11]}
    await write(editor, "platforms-upsert", "POST", f"{where}/platforms", link)
    await write(editor, "platforms-delete", "DELETE", f"{where}/platforms/youtube")
    await write(editor, "videos-delete", "DELETE", where)
    await write(editor, "videos-restore", "POST", f"{where}/restore")


async def test_courses(editor: httpx.AsyncClient, write: Writer) -> None:
    video = await write(editor, "videos-create", "POST", "/api/videos", {"title": "of a lesson"})
    course = await write(editor, "courses-create", "POST", "/api/courses", {"title": f"audited {uuid4().hex}"})
    at = f"/api/courses/{course['id']}"
    await write(editor, "courses-replace", "PUT", at, {"title": "replaced"})
    await write(editor, "courses-update", "PATCH", at, {"title": "patched"})
    modules = [
        await write(editor, "courses-create-module", "POST", f"{at}/modules", {"title": title}) for title in "ab"
    ]
    order = {"ids": [modules[1]["id"], modules[0]["id"]]}
    await write(editor, "courses-order-modules", "PUT", f"{at}/modules/order", order)
    module = f"/api/modules/{modules[0]['id']}"
    await write(editor, "courses-replace-module", "PUT", module, {"title": "replaced"})
    await write(editor, "courses-update-module", "PATCH", module, {"title": "patched"})
    lessons = [
        await write(editor, "courses-create-lesson", "POST", f"{module}/lessons", {"title": title}) for title in "ab"
    ]
    order = {"ids": [lessons[1]["id"], lessons[0]["id"]]}
    await write(editor, "courses-order-lessons", "PUT", f"{module}/lessons/order", order)
    lesson = f"/api/lessons/{lessons[0]['id']}"
    await write(editor, "courses-replace-lesson", "PUT", lesson, {"title": "replaced"})
    await write(editor, "courses-update-lesson", "PATCH", lesson, {"title": "patched"})
    await write(editor, "courses-assign-video", "PUT", f"{lesson}/video", {"videoId": video["id"]})
    await write(editor, "courses-delete-lesson", "DELETE", lesson)
    await write(editor, "courses-delete-module", "DELETE", f"/api/modules/{modules[1]['id']}")
    await write(editor, "courses-delete", "DELETE", f"{at}?force=true")


async def test_encoding(
    editor: httpx.AsyncClient, database: Database, s3: S3, settings: Settings, write: Writer
) -> None:
    video_id = await make_video(database)
    await make_master(database, s3, settings, video_id)
    job = await write(editor, "encoding-request", "POST", f"/api/videos/{video_id}/encode")
    where = f"/api/encoding/jobs/{job['jobId']}"
    await write(editor, "encoding-update", "PATCH", where, {"priority": "low"})
    await write(editor, "encoding-cancel", "POST", f"{where}/cancel")
    await write(editor, "encoding-retry", "POST", f"{where}/retry")
