"""What becomes of a divided encode when parts fail or their workers vanish."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from shared.clients.s3 import S3
from shared.config import Settings
from shared.db.session import Database
from shared.encoding import service as encoding_service
from shared.encoding.models import EncodingJob
from shared.encoding.states import MAX_LOST
from tests.encoding.dividing import (
    PERMANENT,
    TRANSIENT,
    Worker,
    expire,
    film,
    manifest_of,
    names,
    pass_time,
    put_master_playlist,
    reap,
    state,
    waiting,
)


async def alerts_about(database: Database, job: EncodingJob) -> list[str]:
    async with database.session() as session:
        query = text("SELECT text FROM alerts WHERE job_id = :job ORDER BY created_at")
        return list(await session.scalars(query, {"job": job.id}))


async def test_only_the_part_that_failed_runs_again_and_what_waits_waits_with_it(
    viewer: httpx.AsyncClient, database: Database, job: EncodingJob, anna: Worker, bert: Worker
) -> None:
    held = await anna.divide(film())
    queued = await waiting(database, job)
    await bert.about(queued[0], "started")
    before = datetime.now(UTC)
    await bert.about(queued[0], "failed", error=TRANSIENT)
    shown = await state(viewer, job)
    # What runs goes on, so the job still does.
    assert (shown["status"], shown["attempt"], shown["attemptCount"]) == ("processing", 2, 1)
    wait = datetime.fromisoformat(shown["nextRetryAt"]) - before
    assert abs(wait.total_seconds() - 300) < 5
    (entry,) = shown["errorHistory"]
    assert (entry["attempt"], entry["code"], entry["part"]) == (1, TRANSIENT["code"], {"kind": "window", "number": 0})
    assert [attempt["status"] for attempt in shown["attempts"]] == ["failed", "queued"]
    assert await waiting(database, job) == []
    for part in queued[1:]:
        assert await bert.refused(part, "started") == "attempt_superseded"
    for part in held:
        await anna.make(part)
    assert (await state(viewer, job))["status"] == "queued"
    await pass_time(database, job)
    again = await waiting(database, job)
    assert sorted(names(again)) == sorted(names(queued))
    assert {(str(part.share), part.take) for part in again} == {("high", 2), ("all", 1)}
    for part in again:
        await bert.about(part, "started")
    shown = await state(viewer, job)
    assert (shown["status"], shown["nextRetryAt"]) == ("processing", None)
    assert await bert.refused(queued[0], "completed", manifest="parts/a.json") == "attempt_superseded"
    for part in again[:-1]:
        assert await bert.about(part, "completed", manifest=manifest_of(part)) == []
    (finish,) = await bert.about(again[-1], "completed", manifest=manifest_of(again[-1]))
    assert "parts/window-0-high-2.json" in finish.manifests


async def test_the_most_failures_of_one_part_end_the_job(
    viewer: httpx.AsyncClient, database: Database, job: EncodingJob, anna: Worker, bert: Worker
) -> None:
    await anna.divide(film())
    for number, delay in ((1, 300), (2, 900), (3, None)):
        for part in await waiting(database, job):
            if part.number == 2:
                await bert.about(part, "failed", error=TRANSIENT)
        shown = await state(viewer, job)
        assert shown["attemptCount"] == number
        if delay is not None:
            part_of_two = next(part for part in shown["parts"] if part["number"] == 2)
            assert (part_of_two["status"], part_of_two["failures"]) == ("queued", number)
            wait = datetime.fromisoformat(shown["nextRetryAt"]) - datetime.now(UTC)
            assert abs(wait.total_seconds() - delay) < 10
            assert await alerts_about(database, job) == []
        await pass_time(database, job)
    assert (shown["status"], shown["nextRetryAt"], shown["error"]) == ("failed", None, TRANSIENT)
    assert {part["status"] for part in shown["parts"]} == {"cancelled"}
    assert shown["workers"] == []
    (alert,) = await alerts_about(database, job)
    assert "A video" in alert
    assert "S3_UPLOAD_FAILED: storage went away" in alert
    assert f"http://vms.test/embed/{job.video_id}" in alert
    assert (await viewer.get(f"/api/videos/{job.video_id}")).json()["master"] is not None


async def test_failures_of_different_parts_do_not_add_up(
    viewer: httpx.AsyncClient, database: Database, job: EncodingJob, anna: Worker, bert: Worker
) -> None:
    await anna.divide(film())
    for part in await waiting(database, job):
        await bert.about(part, "started")
        await bert.about(part, "failed", error=TRANSIENT)
        await pass_time(database, job)
    shown = await state(viewer, job)
    assert (shown["status"], shown["attempt"], shown["attemptCount"]) == ("processing", 6, 1)


async def test_a_permanent_error_of_a_part_ends_the_job_at_once(
    viewer: httpx.AsyncClient, database: Database, job: EncodingJob, anna: Worker, bert: Worker
) -> None:
    held = await anna.divide(film())
    part, *_ = await waiting(database, job)
    await bert.about(part, "failed", error=PERMANENT)
    shown = await state(viewer, job)
    assert (shown["status"], shown["attempt"], shown["error"]) == ("failed", 1, PERMANENT)
    assert await anna.refused(held[0], "progress") == "job_finished"
    assert await waiting(database, job) == []
    assert len(await alerts_about(database, job)) == 1
    assert (await viewer.get(f"/api/videos/{job.video_id}")).json()["master"] is None
    async with database.session() as session:
        query = text("SELECT status FROM generations WHERE job_id = :job")
        assert list(await session.scalars(query, {"job": job.id})) == ["abandoned"]


async def test_a_lost_part_begins_again_at_once_and_no_other_does(
    viewer: httpx.AsyncClient,
    settings: Settings,
    database: Database,
    job: EncodingJob,
    anna: Worker,
    bert: Worker,
) -> None:
    held = await anna.divide(film())
    assert await reap(database, settings, job) is False
    await expire(database, held[0].part_id)
    assert await reap(database, settings, job) is True
    shown = await state(viewer, job)
    assert (shown["status"], shown["attempt"], shown["attemptCount"]) == ("processing", 1, 0)
    assert shown["errorHistory"][0]["part"] == {"kind": "window", "number": 0}
    head, *others = await waiting(database, job)
    assert (head.part_id, head.take) == (held[0].part_id, 2)
    assert {part.take for part in others} == {1}
    assert await anna.refused(held[0], "progress") == "attempt_superseded"
    await bert.about(head, "started")
    await anna.about(held[1], "progress", progress=5)


async def test_after_a_loss_the_progress_of_the_job_stays(
    viewer: httpx.AsyncClient, settings: Settings, database: Database, job: EncodingJob, anna: Worker
) -> None:
    (head,) = await anna.divide(film(120, audio=False))
    await anna.about(head, "progress", progress=80)
    await expire(database, head.part_id)
    assert await reap(database, settings, job)
    for part in await waiting(database, job):
        await anna.about(part, "progress", progress=10)
    assert (await state(viewer, job))["progress"] == 40


async def test_once_divided_only_the_parts_have_leases(
    settings: Settings, database: Database, job: EncodingJob, anna: Worker
) -> None:
    await anna.divide(film())
    async with database.session() as session:
        await session.execute(
            text(
                "UPDATE encoding_attempts SET lease_expires_at = lease_expires_at - interval '1 hour' "
                "WHERE job_id = :job"
            ),
            {"job": job.id},
        )
    assert await reap(database, settings, job) is False


async def test_a_report_in_time_saves_the_part(
    settings: Settings, database: Database, job: EncodingJob, anna: Worker
) -> None:
    held = await anna.divide(film())
    await expire(database, held[0].part_id)
    await anna.about(held[0], "progress", progress=1)
    assert await reap(database, settings, job) is False


async def test_a_worker_that_is_told_to_stop_gives_its_part_back_at_once(
    viewer: httpx.AsyncClient, database: Database, job: EncodingJob, anna: Worker, bert: Worker
) -> None:
    await anna.divide(film())
    part, *_ = await waiting(database, job)
    stopped = {"code": "WORKER_STOPPED", "message": "The worker was asked to stop"}
    await bert.about(part, "failed", error=stopped)
    assert (await waiting(database, job))[0].take == 2
    shown = await state(viewer, job)
    assert (shown["attempt"], shown["nextRetryAt"]) == (1, None)


async def test_a_planner_that_is_told_to_stop_gives_back_what_it_never_heard_of(
    viewer: httpx.AsyncClient, database: Database, job: EncodingJob, anna: Worker
) -> None:
    held = await anna.divide(film())
    await anna.say("failed", attempt=1, error={"code": "WORKER_STOPPED", "message": "The worker was asked to stop"})
    shown = await state(viewer, job)
    assert (shown["status"], shown["attempt"], shown["workers"]) == ("queued", 1, [])
    taken_again = {part.part_id: part.take for part in await waiting(database, job)}
    assert [taken_again[part.part_id] for part in held] == [2, 2]


async def test_a_part_that_takes_every_worker_down_comes_to_an_end(
    viewer: httpx.AsyncClient, settings: Settings, database: Database, job: EncodingJob, anna: Worker
) -> None:
    held = await anna.divide(film(60, audio=False))
    part = held[0]
    for _ in range(MAX_LOST):
        await expire(database, part.part_id)
        assert await reap(database, settings, job)
        (part,) = await waiting(database, job)
        await anna.about(part, "started")
    assert (await state(viewer, job))["status"] == "processing"
    await expire(database, part.part_id)
    assert await reap(database, settings, job)
    shown = await state(viewer, job)
    assert (shown["status"], shown["error"]["code"]) == ("failed", "WORKER_LOST")


async def test_what_fails_at_the_end_is_only_ended_again(
    viewer: httpx.AsyncClient,
    settings: Settings,
    database: Database,
    s3: S3,
    job: EncodingJob,
    anna: Worker,
    bert: Worker,
) -> None:
    held = await anna.divide(film(60, audio=False))
    (finish,) = await anna.make(held[0])
    await anna.about(finish, "failed", error=TRANSIENT)
    assert (await state(viewer, job))["status"] == "queued"
    await pass_time(database, job)
    (again,) = await waiting(database, job)
    assert (again.kind, again.take, again.manifests) == ("finish", 2, finish.manifests)
    await bert.about(again, "started")
    await expire(database, again.part_id)
    assert await reap(database, settings, job)
    (third,) = await waiting(database, job)
    assert (third.take, third.manifests) == (3, finish.manifests)
    url = await put_master_playlist(s3, third)
    assert await bert.refused(again, "completed", outputUrl=url) == "attempt_superseded"
    await bert.about(third, "completed", outputUrl=url)
    shown = await state(viewer, job)
    assert (shown["status"], shown["attempt"], shown["error"]) == ("completed", 2, None)
    assert [attempt["status"] for attempt in shown["attempts"]] == ["failed", "succeeded"]


async def test_what_does_not_verify_is_made_again_from_the_beginning(
    viewer: httpx.AsyncClient, database: Database, job: EncodingJob, anna: Worker
) -> None:
    """Nobody knows which part is to blame; and it comes to an end."""
    invalid = {"code": "MEDIA_OUTPUT_INVALID", "message": "[7.4] frame 300 is no IDR picture"}
    prefixes = set()
    for attempt in (1, 2, 3):
        await anna.say("started", attempt=attempt)
        (window,) = await anna.say("planned", attempt=attempt, plan=film(60, audio=False).to_json())
        (finish,) = await anna.make(window)
        prefixes.add(finish.output_prefix)
        await anna.about(finish, "failed", error=invalid)
        shown = await state(viewer, job)
        assert shown["attemptCount"] == attempt
        await pass_time(database, job)
    assert (shown["status"], shown["error"]["code"], len(prefixes)) == ("failed", invalid["code"], 3)
    assert len(await alerts_about(database, job)) == 1
    assert await anna.refused(finish, "progress") == "job_finished"


async def test_a_claim_that_is_repeated_too_late_is_refused(
    database: Database, settings: Settings, job: EncodingJob, anna: Worker
) -> None:
    await anna.say("started", attempt=1, eventId="claim-1")
    assert (await anna.post("started", attempt=1, eventId="claim-1")).status_code == 200
    async with database.session() as session:
        late = text("UPDATE encoding_attempts SET lease_expires_at = now() - interval '1 s' WHERE job_id = :job")
        await session.execute(late, {"job": job.id})
    assert await reap(database, settings, job)
    assert (await anna.post("started", attempt=1, eventId="claim-1")).json()["code"] == "attempt_superseded"


async def test_lost_parts_do_not_count_against_the_next_attempt(
    viewer: httpx.AsyncClient, settings: Settings, database: Database, job: EncodingJob, anna: Worker
) -> None:
    held = await anna.divide(film(60 * (MAX_LOST + 2), audio=False))
    for part in [*held, *await waiting(database, job)]:
        await anna.about(part, "started")
        await expire(database, part.part_id)
        assert await reap(database, settings, job)
    finish = []
    for part in await waiting(database, job):
        finish = await anna.make(part)
    await anna.about(finish[0], "failed", error={"code": "MEDIA_OUTPUT_INVALID", "message": "bad"})
    await pass_time(database, job)
    await anna.say("started", attempt=2)
    await anna.say("failed", attempt=2, error={"code": "WORKER_STOPPED", "message": "asked to stop"})
    shown = await state(viewer, job)
    assert (shown["status"], shown["attempt"], shown["attemptCount"]) == ("queued", 3, 1)


async def test_a_part_is_told_its_own_window_only(database: Database, job: EncodingJob, anna: Worker) -> None:
    """Hundreds of messages with hundreds of windows each would be hundreds of megabytes."""
    await anna.divide(film())
    for part in await waiting(database, job):
        assert [window["index"] for window in part.plan["windows"]] == [part.number]


async def test_what_a_deleted_video_leaves_is_looked_for_until_its_workers_know(
    admin: httpx.AsyncClient, settings: Settings, database: Database, s3: S3, job: EncodingJob, anna: Worker
) -> None:
    held = await anna.divide(film())
    async with database.session() as session:
        old = "UPDATE generations SET status_changed_at = now() - interval '5 minutes' WHERE job_id = :job"
        await session.execute(text(old), {"job": job.id})
    await admin.delete(f"/api/videos/{job.video_id}")
    assert (await admin.delete(f"/api/videos/{job.video_id}?permanent=true")).status_code == 204

    async def to_collect() -> list[Any]:
        async with database.session() as session:
            found = await encoding_service.generations_to_collect(session, settings, limit=1000)
            return [row.id for row in found if row.prefix == held[0].output_prefix]

    (generation,) = await to_collect()
    async with database.session() as session:
        await encoding_service.note_collected(session, settings, generation)
    assert await to_collect() == [generation]
    async with database.session() as session:
        await session.execute(text(old.replace("job_id = :job", "id = :job")), {"job": generation})
        await encoding_service.note_collected(session, settings, generation)
    assert await to_collect() == []


async def test_messages_of_parts_that_are_gone_are_dropped(
    admin: httpx.AsyncClient, database: Database, job: EncodingJob, anna: Worker
) -> None:
    await anna.divide(film())
    async with database.session() as session:
        await encoding_service.drop_orphan_messages(session)
    assert len(await waiting(database, job)) == 5
    await admin.delete(f"/api/videos/{job.video_id}")
    await admin.delete(f"/api/videos/{job.video_id}", params={"permanent": "true"})
    async with database.session() as session:
        await encoding_service.drop_orphan_messages(session)
    assert await waiting(database, job) == []


@pytest.mark.parametrize("error", [TRANSIENT, PERMANENT])
async def test_a_whole_encode_that_fails_for_good_is_told_once(
    database: Database, job: EncodingJob, anna: Worker, error: dict[str, Any]
) -> None:
    tries = 1 if error is PERMANENT else 3
    for number in range(1, tries + 1):
        assert await alerts_about(database, job) == []
        await anna.say("failed", attempt=number, error=error)
    assert len(await alerts_about(database, job)) == 1
