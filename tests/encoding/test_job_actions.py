"""Cancel, retry, priority and options: what users do with jobs, in every state."""

from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from shared.clients.s3 import S3
from shared.config import Settings
from shared.db.session import Database
from shared.encoding.models import EncodingJob
from tests.encoding.dividing import PERMANENT, TRANSIENT, Worker, film, put_master_playlist, state, waiting
from tests.factories import make_master, make_video


async def act(client: httpx.AsyncClient, job: EncodingJob, verb: str) -> httpx.Response:
    return await client.post(f"/api/encoding/jobs/{job.id}/{verb}")


async def open_messages(database: Database, job: EncodingJob) -> list[dict[str, Any]]:
    """What a worker would be handed now, and what waits for its time."""
    async with database.session() as session:
        rows = await session.execute(
            text(
                "SELECT task, payload, rank, available_at <= now() AS due, dispatched_at FROM outbox "
                "WHERE acknowledged_at IS NULL AND payload->>'jobId' = :job ORDER BY rank, id"
            ),
            {"job": str(job.id)},
        )
        return [dict(row._mapping) for row in rows]


async def complete(s3: S3, worker: Worker) -> None:
    held = await worker.divide(film(60, audio=False))
    (finish,) = await worker.make(held[0])
    await worker.about(finish, "completed", outputUrl=await put_master_playlist(s3, finish))


async def generations(database: Database, job: EncodingJob) -> list[str]:
    async with database.session() as session:
        query = text("SELECT status FROM generations WHERE job_id = :job ORDER BY created_at, id")
        return list(await session.scalars(query, {"job": job.id}))


async def test_cancel_a_job_that_nobody_has_begun(
    editor: httpx.AsyncClient, database: Database, job: EncodingJob, anna: Worker
) -> None:
    for _ in range(2):
        answer = await act(editor, job, "cancel")
        assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    assert await open_messages(database, job) == []
    assert await generations(database, job) == ["abandoned"]
    late = await anna.post("started", attempt=1)
    assert (late.status_code, late.json()["code"]) == (409, "job_finished")


async def test_cancel_a_job_that_runs(
    editor: httpx.AsyncClient, viewer: httpx.AsyncClient, job: EncodingJob, anna: Worker
) -> None:
    await anna.say("started", attempt=1)
    await act(editor, job, "cancel")
    assert (await anna.post("progress", attempt=1, progress=3)).status_code == 409
    shown = await state(viewer, job)
    assert (shown["status"], shown["speed"], shown["attempts"][0]["status"]) == ("cancelled", None, "superseded")


async def test_cancel_a_divided_job(
    editor: httpx.AsyncClient, viewer: httpx.AsyncClient, database: Database, job: EncodingJob, anna: Worker
) -> None:
    held = await anna.divide(film())
    await act(editor, job, "cancel")
    assert await anna.refused(held[0], "progress", progress=3) == "job_finished"
    assert await open_messages(database, job) == []
    shown = await state(viewer, job)
    assert {part["status"] for part in shown["parts"]} == {"cancelled"}
    assert (shown["workers"], await generations(database, job)) == ([], ["abandoned"])


@pytest.mark.parametrize("divided", [False, True])
async def test_cancel_a_job_that_waits_for_a_retry(
    editor: httpx.AsyncClient,
    viewer: httpx.AsyncClient,
    database: Database,
    job: EncodingJob,
    anna: Worker,
    divided: bool,
) -> None:
    if divided:
        held = await anna.divide(film(60, audio=False))
        await anna.about(held[0], "failed", error=TRANSIENT)
    else:
        await anna.say("failed", attempt=1, error=TRANSIENT)
    await act(editor, job, "cancel")
    shown = await state(viewer, job)
    assert (shown["status"], shown["nextRetryAt"]) == ("cancelled", None)
    assert await open_messages(database, job) == []


async def test_what_has_ended_cannot_be_cancelled(
    editor: httpx.AsyncClient, s3: S3, job: EncodingJob, anna: Worker
) -> None:
    await complete(s3, anna)
    answer = await act(editor, job, "cancel")
    assert (answer.status_code, answer.json()["code"]) == (409, "job_finished")
    assert (await act(editor, job, "retry")).json()["code"] == "job_finished"


async def test_a_failed_job_cannot_be_cancelled(editor: httpx.AsyncClient, job: EncodingJob, anna: Worker) -> None:
    await anna.say("failed", attempt=1, error=PERMANENT)
    assert (await act(editor, job, "cancel")).json()["code"] == "job_finished"


@pytest.mark.parametrize("verb", ["cancel", "retry"])
async def test_an_unknown_job_is_404(editor: httpx.AsyncClient, verb: str) -> None:
    answer = await editor.post(f"/api/encoding/jobs/{uuid4()}/{verb}")
    assert (answer.status_code, answer.json()["code"]) == (404, "job_not_found")


async def test_retry_a_cancelled_job(
    editor: httpx.AsyncClient, viewer: httpx.AsyncClient, database: Database, s3: S3, job: EncodingJob, anna: Worker
) -> None:
    held = await anna.divide(film())
    await anna.about(held[0], "progress", progress=90)
    await act(editor, job, "cancel")
    for _ in range(2):
        shown = (await act(editor, job, "retry")).json()
        assert (shown["status"], shown["attempt"], shown["progress"]) == ("queued", 2, 0)
        assert (shown["windows"], shown["parts"]) == (None, [])
    (message,) = await open_messages(database, job)
    assert (message["task"], message["payload"]["attempt"], message["due"]) == ("encode_video", 2, True)
    assert await generations(database, job) == ["abandoned", "building"]
    assert await anna.refused(held[0], "completed", manifest="parts/a.json") == "attempt_superseded"
    again = Worker(anna._client, anna._settings, job, "clara")
    await again.say("started", attempt=2)
    assert len(await again.say("planned", attempt=2, plan=film().to_json())) == 2


async def test_a_retry_has_all_attempts_again(
    editor: httpx.AsyncClient, viewer: httpx.AsyncClient, database: Database, job: EncodingJob, anna: Worker
) -> None:
    for number in (1, 2, 3):
        await anna.say("failed", attempt=number, error=TRANSIENT)
    assert (await state(viewer, job))["status"] == "failed"
    shown = (await act(editor, job, "retry")).json()
    assert (shown["status"], shown["attempt"], shown["attemptCount"], shown["error"]) == ("queued", 4, 0, None)
    assert len(shown["errorHistory"]) == 3
    await anna.say("failed", attempt=4, error=TRANSIENT)
    assert (await state(viewer, job))["status"] == "queued"


@pytest.mark.parametrize("divided", [False, True])
async def test_what_waits_for_a_retry_is_begun_now(
    editor: httpx.AsyncClient,
    viewer: httpx.AsyncClient,
    database: Database,
    job: EncodingJob,
    anna: Worker,
    divided: bool,
) -> None:
    if divided:
        held = await anna.divide(film())
        await anna.about(held[0], "failed", error=TRANSIENT)
    else:
        await anna.say("failed", attempt=1, error=TRANSIENT)
    assert not any(message["due"] for message in await open_messages(database, job))
    shown = (await act(editor, job, "retry")).json()
    assert (shown["attempt"], shown["attemptCount"], shown["nextRetryAt"]) == (2, 1, None)
    messages = await open_messages(database, job)
    assert [message["due"] for message in messages] == [True] * (6 if divided else 1)
    if divided:
        for part in await waiting(database, job):
            await anna.about(part, "started")


async def test_retry_of_what_runs_changes_nothing(editor: httpx.AsyncClient, job: EncodingJob, anna: Worker) -> None:
    await anna.say("started", attempt=1)
    shown = (await act(editor, job, "retry")).json()
    assert (shown["status"], shown["attempt"]) == ("processing", 1)


async def test_what_stands_in_the_way_of_a_retry(
    editor: httpx.AsyncClient, settings: Settings, database: Database, s3: S3, job: EncodingJob
) -> None:
    await act(editor, job, "cancel")
    other = (await editor.post(f"/api/videos/{job.video_id}/encode")).json()["jobId"]
    assert (await act(editor, job, "retry")).json()["code"] == "job_active"
    await editor.post(f"/api/encoding/jobs/{other}/cancel")
    await editor.delete(f"/api/videos/{job.video_id}")
    assert (await act(editor, job, "retry")).json()["code"] == "video_archived"
    await editor.post(f"/api/videos/{job.video_id}/restore")
    await make_master(database, s3, settings, job.video_id, b"the second version")
    answer = await act(editor, job, "retry")
    assert (answer.status_code, answer.json()["code"]) == (409, "master_missing")
    assert "replaced" in answer.json()["detail"]


async def test_a_rejected_master_is_not_tried_again(editor: httpx.AsyncClient, job: EncodingJob, anna: Worker) -> None:
    await anna.say("failed", attempt=1, error=PERMANENT)
    answer = await act(editor, job, "retry")
    assert (answer.status_code, answer.json()["code"]) == (409, "master_missing")
    assert "never be encoded" in answer.json()["detail"]


async def test_priority_moves_all_that_waits(
    editor: httpx.AsyncClient, database: Database, job: EncodingJob, anna: Worker
) -> None:
    await anna.divide(film())
    before = await open_messages(database, job)
    async with database.session() as session:
        await session.execute(text("UPDATE outbox SET dispatched_at = now() WHERE dispatched_at IS NULL"))
    where = f"/api/encoding/jobs/{job.id}"
    tag = (await editor.get(where)).headers["etag"]
    changed = await editor.patch(where, json={"priority": "high"}, headers={"If-Match": tag})
    assert (changed.status_code, changed.json()["priority"]) == (200, "high")
    after = await open_messages(database, job)
    assert [message["payload"] for message in after] == [message["payload"] for message in before]
    assert all(new["rank"] < old["rank"] for new, old in zip(after, before, strict=True))
    assert {message["dispatched_at"] for message in after} == {None}
    stale = await editor.patch(where, json={"priority": "low"}, headers={"If-Match": tag})
    assert stale.status_code == 412
    low = (await editor.patch(where, json={"priority": "low"})).json()
    assert low["priority"] == "low"
    assert all(new["rank"] > old["rank"] for new, old in zip(await open_messages(database, job), before, strict=True))


async def test_the_priority_of_what_has_ended_stays(editor: httpx.AsyncClient, job: EncodingJob) -> None:
    await act(editor, job, "cancel")
    answer = await editor.patch(f"/api/encoding/jobs/{job.id}", json={"priority": "high"})
    assert (answer.status_code, answer.json()["code"]) == (409, "job_finished")


@pytest.mark.parametrize("body", [{}, {"priority": "urgent"}, {"priority": 1}, {"priority": "low", "x": 1}, [], None])
async def test_a_wrong_change_is_422(editor: httpx.AsyncClient, job: EncodingJob, body: Any) -> None:
    assert (await editor.patch(f"/api/encoding/jobs/{job.id}", json=body)).status_code == 422


async def test_what_an_encode_is_asked_for_reaches_the_worker(
    editor: httpx.AsyncClient, viewer: httpx.AsyncClient, settings: Settings, database: Database, s3: S3
) -> None:
    video_id = await make_video(database)
    await make_master(database, s3, settings, video_id)
    wanted = {"priority": "high", "loudnessLufs": -16, "progressiveMp4": True}
    job_id = (await editor.post(f"/api/videos/{video_id}/encode", json=wanted)).json()["jobId"]
    job = EncodingJob(id=job_id, video_id=video_id, input_file_url="", master_id=video_id)
    shown = await state(viewer, job)
    assert shown["priority"] == "high"
    assert shown["options"] == {"loudnessLufs": -16, "progressiveMp4": True}
    (message,) = await open_messages(database, job)
    assert message["payload"]["options"] == shown["options"]
    assert message["rank"] < 0
    await editor.post(f"/api/encoding/jobs/{job_id}/cancel")
    for body in (None, {}, {"loudnessLufs": None}):
        again = (await editor.post(f"/api/videos/{video_id}/encode", json=body)).json()["jobId"]
        shown = (await viewer.get(f"/api/encoding/jobs/{again}")).json()
        assert (shown["priority"], shown["options"]) == ("normal", {"loudnessLufs": None, "progressiveMp4": False})
        await editor.post(f"/api/encoding/jobs/{again}/cancel")


@pytest.mark.parametrize("body", [{"priority": "x"}, {"loudnessLufs": 0}, {"loudnessLufs": "loud"}, {"x": 1}, []])
async def test_a_wrong_wish_is_422(editor: httpx.AsyncClient, database: Database, body: Any) -> None:
    answer = await editor.post(f"/api/videos/{await make_video(database)}/encode", json=body)
    assert answer.status_code == 422


async def test_a_list_shows_workers_and_windows_and_nothing_heavier(
    viewer: httpx.AsyncClient, job: EncodingJob, anna: Worker
) -> None:
    await anna.divide(film())
    (listed,) = (await viewer.get("/api/encoding/jobs", params={"videoId": str(job.video_id)})).json()["items"]
    assert listed["workers"] == ["anna"]
    assert listed["windows"] == {"total": 5, "done": 0, "running": 1, "queued": 4}
    assert not {"parts", "attempts"} & set(listed)
