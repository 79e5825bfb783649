"""A divided encode, walked through by its reports: who holds what, what is refused, and who finishes."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from shared.clients.s3 import S3
from shared.config import Settings
from shared.db.session import Database
from shared.encoding.models import EncodingJob
from tests.encoding.dividing import Worker, film, manifest_of, names, put_master_playlist, state, waiting
from tests.factories import make_job, report_body, send_report


async def test_from_the_plan_to_the_published_video(
    viewer: httpx.AsyncClient, database: Database, s3: S3, job: EncodingJob, anna: Worker, bert: Worker
) -> None:
    plan = film()
    held = await anna.divide(plan, source=plan.source.to_json())
    assert names(held) == ["window 0 low", "audio 0 all"]
    assert {part.take for part in held} == {1}
    queued = await waiting(database, job)
    assert names(queued) == ["window 0 high", *(f"window {number} all" for number in range(1, 5))]
    shown = await state(viewer, job)
    assert shown["windows"] == {"total": 5, "done": 0, "running": 1, "queued": 4}
    assert shown["workers"] == ["anna"]
    for part in queued[:-1]:
        assert await bert.make(part) == []
    for part in held:
        assert await anna.make(part) == []
    assert (await state(viewer, job))["windows"] == {"total": 5, "done": 4, "running": 0, "queued": 1}
    await bert.about(queued[-1], "started")
    assert (await state(viewer, job))["status"] == "processing"
    (finish,) = await bert.about(queued[-1], "completed", manifest=manifest_of(queued[-1]))
    assert (finish.kind, finish.take) == ("finish", 1)
    order = [held[0], *queued, held[1]]
    assert finish.manifests == [manifest_of(part) for part in order]
    url = await put_master_playlist(s3, finish)
    await bert.about(finish, "started")
    renditions = [{"quality": "720p", "url": "v720/index.m3u8"}]
    report = {"ok": True, "checks": []}
    said = {"renditions": renditions, "durationSeconds": 300, "report": report, "spare": ["a0/segment-50-1.m4s"]}
    await bert.about(finish, "completed", outputUrl=url, **said)
    done = await state(viewer, job)
    assert (done["status"], done["progress"], done["attempt"]) == ("completed", 100, 1)
    assert (done["report"], done["workers"]) == (report, [])
    assert {part["status"] for part in done["parts"]} == {"done"}
    assert [attempt["status"] for attempt in done["attempts"]] == ["succeeded"]
    video = (await viewer.get(f"/api/videos/{job.video_id}")).json()
    assert video["generation"] == finish.output_prefix.split("/")[1]
    # Whether or not its last worker lives to tidy up.
    async with database.session() as session:
        query = text(
            "SELECT payload->>'prefix' FROM outbox WHERE task = 'delete_objects' AND payload->>'prefix' LIKE :p"
        )
        asked = set(await session.scalars(query, {"p": f"{finish.output_prefix}%"}))
    assert asked == {f"{finish.output_prefix}parts/", f"{finish.output_prefix}a0/segment-50-1.m4s"}


async def test_without_sound_there_is_no_sound_part(database: Database, job: EncodingJob, anna: Worker) -> None:
    assert names(await anna.divide(film(audio=False))) == ["window 0 low"]


async def test_what_the_probe_saw_is_kept(database: Database, job: EncodingJob, anna: Worker) -> None:
    plan = film()
    await anna.divide(plan, source=plan.source.to_json())
    async with database.session() as session:
        facts = await session.scalar(text("SELECT facts FROM masters WHERE id = :id"), {"id": job.master_id})
    assert facts == plan.source.to_json()


async def test_a_lost_answer_to_the_plan_is_given_again(database: Database, job: EncodingJob, anna: Worker) -> None:
    plan = film()
    held = await anna.divide(plan, eventId="the plan of " + str(job.id))
    for event in ("the plan of " + str(job.id), str(uuid4())):
        assert await anna.say("planned", attempt=1, plan=plan.to_json(), eventId=event) == held
    assert len(await waiting(database, job)) == 5


async def test_the_plan_is_answered_again_even_when_a_part_has_failed_meanwhile(
    database: Database, job: EncodingJob, anna: Worker, bert: Worker
) -> None:
    """A planner that is refused deletes everything."""
    plan = film()
    held = await anna.divide(plan)
    part, *_ = await waiting(database, job)
    await bert.about(part, "failed", error={"code": "S3_UPLOAD_FAILED", "message": ""})
    assert await anna.say("planned", attempt=1, plan=plan.to_json()) == held
    for mine in held:
        await anna.make(mine)
    assert await anna.say("planned", attempt=1, plan=plan.to_json()) == []


async def test_a_second_planner_is_409(anna: Worker, bert: Worker) -> None:
    plan = film()
    await anna.divide(plan)
    for status, fields in (("planned", {"plan": plan.to_json()}), ("started", {}), ("progress", {"progress": 3})):
        answer = await bert.post(status, attempt=1, **fields)
        assert (answer.status_code, answer.json()["code"]) == (409, "attempt_superseded")


async def test_a_heartbeat_that_crosses_the_plan_is_let_pass(viewer: httpx.AsyncClient, anna: Worker) -> None:
    await anna.divide(film())
    assert await anna.say("progress", attempt=1, progress=90) == []
    for status, fields in (("started", {}), ("failed", {"error": {"code": "X", "message": ""}})):
        assert (await anna.post(status, attempt=1, **fields)).status_code == 409


def _broken(change: dict[str, Any]) -> dict[str, Any]:
    return {**film().to_json(), **change}


@pytest.mark.parametrize(
    "plan",
    [
        {},
        {"windows": []},
        _broken({"windows": []}),
        _broken({"windows": [{"index": 0, "startFrame": 0, "endFrame": 1500}]}),
        _broken({"windows": [{"index": 0, "startFrame": 150, "endFrame": None}]}),
        _broken({"windows": [{"index": 0, "startFrame": "0", "endFrame": None}]}),
        _broken(
            {
                "windows": [
                    {"index": 0, "startFrame": 0, "endFrame": 1500},
                    {"index": 1, "startFrame": 1650, "endFrame": None},
                ]
            }
        ),
        _broken(
            {
                "windows": [
                    {"index": 0, "startFrame": 0, "endFrame": 1501},
                    {"index": 1, "startFrame": 1501, "endFrame": None},
                ]
            }
        ),
        _broken({"rungs": []}),
        _broken({"frameRate": "25/0"}),
        _broken({"frameRate": 0}),
        _broken({"segmentFrames": 0}),
        _broken({"rungs": "many"}),
        _broken({"rungs": [1]}),
    ],
)
async def test_a_plan_that_is_none_is_422(anna: Worker, job: EncodingJob, plan: dict[str, Any]) -> None:
    await anna.say("started", attempt=1)
    answer = await anna.post("planned", attempt=1, plan=plan)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["pointer"] == "/plan"
    assert await anna.divide(film())


async def test_who_may_report_about_a_part(database: Database, job: EncodingJob, anna: Worker, bert: Worker) -> None:
    held = await anna.divide(film())
    first, *_ = await waiting(database, job)
    await anna.about(first, "started")
    await anna.about(first, "started")
    for status in ("started", "progress"):
        assert await bert.refused(first, status) == "attempt_superseded"
    assert await bert.refused(first, "completed", manifest=manifest_of(first)) == "attempt_superseded"
    later = first.model_copy(update={"take": 2})
    assert await anna.refused(later, "progress") == "attempt_superseded"
    assert await anna.refused(first.model_copy(update={"part_id": uuid4()}), "started") == "attempt_superseded"
    assert await anna.refused(first.model_copy(update={"part_id": job.id}), "started") == "attempt_superseded"
    await anna.about(first, "completed", manifest=manifest_of(first))
    assert await anna.refused(first, "started") == "attempt_superseded"
    assert await anna.about(first, "progress", progress=50) == []
    assert await anna.about(first, "completed", manifest=manifest_of(first)) == []
    assert await bert.refused(held[0], "started") == "attempt_superseded"


async def test_the_parts_of_another_job_are_not_this_ones(
    anonymous: httpx.AsyncClient, settings: Settings, database: Database, s3: S3, anna: Worker
) -> None:
    held = await anna.divide(film())
    other = Worker(anonymous, settings, await make_job(database, s3, settings), "anna")
    await other.divide(film())
    assert await other.refused(held[0], "progress") == "attempt_superseded"


@pytest.mark.parametrize("name", ["", "/", "../x.m4s", "a0/../x.m4s", "a0//x.m4s", "a0/"])
async def test_only_names_of_objects_are_spare(anna: Worker, name: str) -> None:
    part = (await anna.divide(film()))[0]
    fields = {"partId": str(part.part_id), "take": 1, "manifest": manifest_of(part), "spare": [name]}
    assert (await anna.post("completed", **fields)).status_code == 422


@pytest.mark.parametrize("manifest", [None, "", "window-0.json", "parts/../master.m3u8", "parts/a/b.json"])
async def test_a_part_that_is_done_names_its_manifest(anna: Worker, settings: Settings, manifest: str | None) -> None:
    part = (await anna.divide(film()))[0]
    url = f"s3://{part.output_bucket}/{part.output_prefix}master.m3u8"
    answer = await anna.post(
        "completed", partId=str(part.part_id), take=1, manifest=manifest, outputUrl=None if manifest else url
    )
    assert answer.status_code == 422, answer.text


async def test_the_progress_of_the_job_is_that_of_its_frames(
    viewer: httpx.AsyncClient, database: Database, job: EncodingJob, anna: Worker, bert: Worker
) -> None:
    await anna.divide(film(audio=False))
    high, first, second, *_ = await waiting(database, job)
    await bert.about(first, "progress", progress=50, speed=3)
    shown = await state(viewer, job)
    assert (shown["progress"], shown["speed"]) == (10, 3)
    assert shown["etaSeconds"] == pytest.approx(270 / 3, abs=1)
    await bert.about(first, "progress", progress=20, speed=3)
    assert (await state(viewer, job))["progress"] == 10
    await anna.about(second, "progress", progress=100, speed=2)
    shown = await state(viewer, job)
    assert (shown["progress"], shown["speed"]) == (30, 5)
    await bert.about(first, "completed", manifest=manifest_of(first))
    shown = await state(viewer, job)
    assert (shown["progress"], shown["speed"]) == (40, 2)
    # The larger rungs of a window are more work than its smaller ones.
    await bert.about(high, "completed", manifest=manifest_of(high))
    assert 50 < (await state(viewer, job))["progress"] < 60


async def test_the_last_two_at_once_make_one_finish(
    database: Database, job: EncodingJob, anna: Worker, bert: Worker
) -> None:
    held = await anna.divide(film(120, audio=False))
    (last,) = await waiting(database, job)
    await bert.about(last, "started")
    answers = await asyncio.gather(
        anna.about(held[0], "completed", manifest=manifest_of(held[0])),
        bert.about(last, "completed", manifest=manifest_of(last)),
    )
    assert sorted(names(answer) for answer in answers) == [[], ["finish 0 all"]]
    async with database.session() as session:
        query = text("SELECT count(*) FROM encoding_parts WHERE job_id = :job AND kind = 'finish'")
        assert await session.scalar(query, {"job": job.id}) == 1


async def test_a_lost_answer_to_the_last_part_is_given_again(
    database: Database, job: EncodingJob, anna: Worker, bert: Worker
) -> None:
    held = await anna.divide(film(120, audio=False))
    (last,) = await waiting(database, job)
    await bert.make(last)
    event = str(uuid4())
    for asked in (event, event, str(uuid4())):
        (finish,) = await anna.about(held[0], "completed", manifest=manifest_of(held[0]), eventId=asked)
        assert len(finish.manifests) == 2
    # Who was not the last does not get it by asking again.
    assert await bert.about(last, "completed", manifest=manifest_of(last)) == []
    assert await bert.refused(finish, "started") == "attempt_superseded"


async def test_the_finish_must_name_its_own_output(
    anonymous: httpx.AsyncClient,
    viewer: httpx.AsyncClient,
    settings: Settings,
    s3: S3,
    job: EncodingJob,
    anna: Worker,
) -> None:
    held = await anna.divide(film(60, audio=False))
    (finish,) = await anna.make(held[0])
    elsewhere = finish.model_copy(update={"output_prefix": f"{job.video_id}/elsewhere/"})
    for part, exists in ((finish, False), (elsewhere, True)):
        url = await put_master_playlist(s3, part) if exists else f"s3://{part.output_bucket}/{part.output_prefix}x"
        answer = await anna.post("completed", partId=str(finish.part_id), take=1, outputUrl=url)
        assert (answer.status_code, answer.json()["code"]) == (422, "output_not_found")
    assert (await state(viewer, job))["status"] == "processing"


async def test_a_replay_about_a_part_is_200_without_effect(
    anonymous: httpx.AsyncClient, viewer: httpx.AsyncClient, settings: Settings, job: EncodingJob, anna: Worker
) -> None:
    part = (await anna.divide(film()))[0]
    error = {"code": "S3_UPLOAD_FAILED", "message": "no"}
    named = {"partId": str(part.part_id), "take": 1, "workerId": "anna"}
    body = report_body(job, "failed", error=error, eventId=str(uuid4()), **named)
    for applied in (True, False):
        answer = await send_report(anonymous, settings, body)
        assert (answer.status_code, answer.json()["applied"]) == (200, applied)
    assert (await state(viewer, job))["attempt"] == 2
