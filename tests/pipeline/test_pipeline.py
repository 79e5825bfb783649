"""The production of videos, over HTTP."""

import asyncio
from datetime import datetime
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import event, text

from shared.auth import service as auth_service
from shared.auth.models import Role
from shared.db.session import Database
from shared.videos import service as videos_service
from shared.videos.models import PipelineStage
from tests.factories import ACTOR, make_video

STAGES = ("draft", "recording", "editing", "review", "approved", "processing", "published", "archived")


def where(video_id: UUID) -> str:
    return f"/api/videos/{video_id}/pipeline"


async def make_user(database: Database) -> tuple[UUID, str]:
    email = f"{uuid4()}@example.org"
    async with database.session() as session:
        password_hash = await auth_service.hash_password("a long password 1")
        user = await auth_service.create_user(
            session, auth_service.SYSTEM, email=email, password_hash=password_hash, role=Role.editor
        )
    return user.id, email


async def disable(database: Database, user_id: UUID) -> None:
    async with database.session() as session:
        await auth_service.update_user(session, auth_service.SYSTEM, user_id, disabled=True)


async def audit(database: Database, video_id: UUID) -> list[tuple[Any, Any]]:
    query = "SELECT before, after FROM audit_log WHERE object_id = :id AND action = 'pipeline.update' ORDER BY id"
    async with database.session() as session:
        rows = await session.execute(text(query), {"id": str(video_id)})
        return [(row[0], row[1]) for row in rows]


async def link(database: Database, video_id: UUID) -> Any:
    query = "SELECT pipeline_stage, stage_changed_at FROM video_pipeline_links WHERE video_id = :id"
    async with database.session() as session:
        return (await session.execute(text(query), {"id": video_id})).one_or_none()


async def test_a_video_begins_with_the_defaults(viewer: httpx.AsyncClient, database: Database) -> None:
    video_id = await make_video(database)
    answer = await viewer.get(where(video_id))
    assert answer.status_code == 200
    created_at = (await viewer.get(f"/api/videos/{video_id}")).json()["createdAt"]
    assert answer.json() == {
        "videoId": str(video_id),
        "stage": "draft",
        "stageChangedAt": created_at,
        "pmSystem": "internal",
        "projectId": None,
        "taskId": None,
        "assignedTo": None,
        "assignee": None,
        "notes": None,
        "updatedAt": None,
        "history": [],
    }


async def test_all_of_it_is_set_read_and_put_back(
    editor: httpx.AsyncClient, viewer: httpx.AsyncClient, database: Database
) -> None:
    video_id = await make_video(database)
    user_id, email = await make_user(database)
    body = {
        "stage": "editing",
        "assignedTo": str(user_id),
        "notes": "cut <b>the intro</b>'; DROP TABLE videos;--",
        "pmSystem": "linear",
        "projectId": "OZ",
        "taskId": "OZ-12",
    }
    put = await editor.put(where(video_id), json=body)
    assert put.status_code == 200, put.text
    answer = put.json()
    assert {name: answer[name] for name in body} == {**body, "notes": "cut the intro'; DROP TABLE videos;--"}
    assert answer["assignee"] == {"id": str(user_id), "email": email}
    [change] = answer["history"]
    assert (change["fromStage"], change["toStage"], change["at"]) == ("draft", "editing", answer["stageChangedAt"])
    assert change["actor"].startswith("key:")
    read = await viewer.get(where(video_id))
    assert (read.json(), read.headers["ETag"]) == (answer, put.headers["ETag"])
    assert (await viewer.get(f"/api/videos/{video_id}")).json()["pipelineStage"] == "editing"

    again = await editor.put(where(video_id), json=body)
    assert (again.json(), again.headers["ETag"]) == (answer, put.headers["ETag"])
    bare = (await editor.put(where(video_id), json={"stage": "editing"})).json()
    assert [bare[name] for name in ("assignedTo", "assignee", "notes", "projectId", "taskId", "pmSystem")] == [
        *[None] * 5,
        "internal",
    ]
    assert (bare["history"], bare["stageChangedAt"]) == (answer["history"], answer["stageChangedAt"])
    assert bare["updatedAt"] > answer["updatedAt"]

    default = {"pmSystem": "internal", "projectId": None, "taskId": None, "assignedTo": None, "notes": None}
    given = {
        "pmSystem": "linear",
        "projectId": "OZ",
        "taskId": "OZ-12",
        "assignedTo": str(user_id),
        "notes": "cut the intro'; DROP TABLE videos;--",
    }
    assert await audit(database, video_id) == [
        ({**default, "stage": "draft"}, {**given, "stage": "editing"}),
        (given, default),
    ]


async def test_every_stage_and_every_change_is_kept(
    editor: httpx.AsyncClient, admin: httpx.AsyncClient, viewer: httpx.AsyncClient, database: Database
) -> None:
    video_id = await make_video(database)
    for number, stage in enumerate(STAGES):
        client = editor if number % 2 else admin
        assert (await client.put(where(video_id), json={"stage": stage})).json()["stage"] == stage
    history = (await viewer.get(where(video_id))).json()["history"]
    assert [(change["fromStage"], change["toStage"]) for change in history] == list(pairwise(STAGES))[::-1]
    assert len({change["actor"] for change in history}) == 2
    moments = [datetime.fromisoformat(change["at"]) for change in history]
    assert moments == sorted(moments, reverse=True)


async def test_the_history_shows_the_newest_hundred(
    editor: httpx.AsyncClient, viewer: httpx.AsyncClient, database: Database
) -> None:
    video_id = await make_video(database)
    async with database.session() as session:
        video = await videos_service.get_video(session, video_id, lock=True)
        for number in range(101):
            stage = PipelineStage.review if number % 2 else PipelineStage.editing
            assert await videos_service.set_stage(session, ACTOR, video, stage)
    answer = (await viewer.get(where(video_id))).json()
    assert (len(answer["history"]), answer["stage"], answer["history"][0]["toStage"]) == (100, "editing", "editing")
    assert {change["fromStage"] for change in answer["history"]} == {"editing", "review"}


async def test_the_link_follows_the_video(
    editor: httpx.AsyncClient, viewer: httpx.AsyncClient, database: Database
) -> None:
    video_id = await make_video(database)
    await editor.put(where(video_id), json={"stage": "review"})
    assert await link(database, video_id) is None
    moved_at = (await viewer.get(where(video_id))).json()["stageChangedAt"]
    noted = (await editor.put(where(video_id), json={"stage": "review", "notes": "soon"})).json()
    stage, changed_at = await link(database, video_id)
    assert (stage, changed_at.isoformat()) == ("review", moved_at.replace("Z", "+00:00"))
    assert noted["stageChangedAt"] == moved_at
    async with database.session() as session:
        video = await videos_service.get_video(session, video_id, lock=True)
        await videos_service.set_stage(session, ACTOR, video, PipelineStage.approved)
    assert (await link(database, video_id))[0] == "approved"
    after = (await viewer.get(where(video_id))).json()
    assert (after["stage"], after["notes"], after["history"][0]["actor"]) == ("approved", "soon", ACTOR)


async def test_assignees(editor: httpx.AsyncClient, viewer: httpx.AsyncClient, database: Database) -> None:
    video_id = await make_video(database)
    user_id, _ = await make_user(database)
    body = {"stage": "review", "assignedTo": str(user_id)}
    absent = await editor.put(where(video_id), json={**body, "assignedTo": str(uuid4())})
    assert (absent.status_code, absent.json()["code"]) == (404, "user_not_found")
    assert absent.json()["errors"][0]["pointer"] == "/assignedTo"
    assert (await viewer.get(where(video_id))).json()["stage"] == "draft"

    assert (await editor.put(where(video_id), json=body)).status_code == 200
    await disable(database, user_id)
    other = await make_video(database)
    refused = await editor.put(where(other), json=body)
    assert (refused.status_code, refused.json()["code"]) == (409, "user_disabled")
    assert refused.json()["errors"][0]["pointer"] == "/assignedTo"
    # Who is at work already does not keep the video from moving on.
    assert (await editor.put(where(video_id), json={**body, "stage": "approved"})).status_code == 200

    async with database.session() as session:
        await auth_service.delete_user(session, auth_service.SYSTEM, user_id)
    left = (await viewer.get(where(video_id))).json()
    assert (left["assignedTo"], left["assignee"], left["stage"]) == (None, None, "approved")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/stage"),
        ({"notes": "x"}, "/stage"),
        ({"stage": None}, "/stage"),
        ({"stage": "done"}, "/stage"),
        ({"stage": 1}, "/stage"),
        ({"stage": "draft", "surprise": 1}, "/surprise"),
        ({"stage": "draft", "assigned_to": None}, "/assigned_to"),
        ({"stage": "draft", "assignedTo": "me"}, "/assignedTo"),
        ({"stage": "draft", "assignedTo": 7}, "/assignedTo"),
        ({"stage": "draft", "notes": "x" * 20_001}, "/notes"),
        ({"stage": "draft", "notes": "a\x00b"}, "/notes"),
        ({"stage": "draft", "projectId": "x" * 201}, "/projectId"),
        ({"stage": "draft", "projectId": ""}, "/projectId"),
        ({"stage": "draft", "taskId": 10**30}, "/taskId"),
        ({"stage": "draft", "pmSystem": None}, "/pmSystem"),
        ({"stage": "draft", "pmSystem": " \t"}, "/pmSystem"),
    ],
)
async def test_bad_input_is_422_with_a_pointer(editor: httpx.AsyncClient, body: dict[str, Any], pointer: str) -> None:
    # Validation comes before existence: there is no such video.
    answer = await editor.put(where(uuid4()), json=body)
    assert answer.status_code == 422
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]


async def test_a_lone_surrogate_is_422(editor: httpx.AsyncClient, database: Database) -> None:
    answer = await editor.put(
        where(await make_video(database)),
        content=rb'{"stage": "draft", "notes": "\ud800"}',
        headers={"Content-Type": "application/json"},
    )
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/notes")


async def test_an_archived_video_is_409(
    editor: httpx.AsyncClient, viewer: httpx.AsyncClient, database: Database
) -> None:
    video_id = await make_video(database)
    assert (await editor.delete(f"/api/videos/{video_id}")).status_code == 200
    answer = await editor.put(where(video_id), json={"stage": "review"})
    assert (answer.status_code, answer.json()["code"]) == (409, "video_archived")
    assert (await viewer.get(where(video_id))).json()["stage"] == "draft"


async def test_if_match(editor: httpx.AsyncClient, viewer: httpx.AsyncClient, database: Database) -> None:
    video_id = await make_video(database)
    tag = (await viewer.get(where(video_id))).headers["ETag"]
    put = await editor.put(where(video_id), json={"stage": "review"}, headers={"If-Match": tag})
    assert put.status_code == 200
    stale = await editor.put(where(video_id), json={"stage": "draft"}, headers={"If-Match": tag})
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition_failed")
    fresh = await editor.put(where(video_id), json={"stage": "draft"}, headers={"If-Match": put.headers["ETag"]})
    assert fresh.status_code == 200
    absent = await editor.put(where(uuid4()), json={"stage": "draft"}, headers={"If-Match": tag})
    assert absent.status_code == 404


async def test_at_once_one_of_those_who_read_the_same_wins(
    editor: httpx.AsyncClient, viewer: httpx.AsyncClient, database: Database
) -> None:
    video_id = await make_video(database)
    tag = (await viewer.get(where(video_id))).headers["ETag"]
    answers = await asyncio.gather(
        *(
            editor.put(where(video_id), json={"stage": stage, "notes": stage}, headers={"If-Match": tag})
            for stage in STAGES[1:6]
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412, 412]
    answers = await asyncio.gather(
        *(editor.put(where(video_id), json={"stage": stage, "notes": stage}) for stage in STAGES[1:6])
    )
    assert {answer.status_code for answer in answers} == {200}
    after = (await viewer.get(where(video_id))).json()
    assert after["notes"] == after["stage"] == (await link(database, video_id))[0]


async def test_reading_costs_a_fixed_number_of_queries(
    editor: httpx.AsyncClient, viewer: httpx.AsyncClient, database: Database
) -> None:
    user_id, _ = await make_user(database)
    costs = []
    for moves in (1, 7):
        video_id = await make_video(database)
        for stage in STAGES[1 : moves + 1]:
            await editor.put(where(video_id), json={"stage": stage, "assignedTo": str(user_id)})
        statements: list[str] = []

        def note(*args: Any, seen: list[str] = statements) -> None:
            seen.append(args[2])

        event.listen(database.engine.sync_engine, "before_cursor_execute", note)
        try:
            assert len((await viewer.get(where(video_id))).json()["history"]) == moves
        finally:
            event.remove(database.engine.sync_engine, "before_cursor_execute", note)
        costs.append(len(statements))
    assert costs[0] == costs[1] <= 5


async def test_roles_and_absent_videos(
    anonymous: httpx.AsyncClient, viewer: httpx.AsyncClient, editor: httpx.AsyncClient, database: Database
) -> None:
    video_id = await make_video(database)
    body = {"stage": "review"}
    assert (await anonymous.get(where(video_id))).status_code == 401
    assert (await anonymous.put(where(video_id), json=body)).status_code == 401
    assert (await viewer.put(where(video_id), json=body)).status_code == 403
    for answer in (await viewer.get(where(uuid4())), await editor.put(where(uuid4()), json=body)):
        assert (answer.status_code, answer.json()["code"]) == (404, "video_not_found")
