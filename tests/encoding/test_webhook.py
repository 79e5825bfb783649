"""The webhook, in the order in which api.md has it check."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from shared.clients.s3 import S3
from shared.config import Settings
from shared.db.session import Database
from shared.encoding import reports
from shared.encoding import service as encoding_service
from shared.encoding.models import EncodingJob
from tests.factories import make_job, make_master, now_text, report_body, send_report


@pytest.fixture
async def job(database: Database, s3: S3, settings: Settings) -> EncodingJob:
    return await make_job(database, s3, settings)


async def state(client: httpx.AsyncClient, job: EncodingJob) -> dict[str, Any]:
    found: dict[str, Any] = (await client.get(f"/api/encoding/jobs/{job.id}")).json()
    return found


async def put_output(s3: S3, settings: Settings, job: EncodingJob, name: str = "g1") -> str:
    """A multivariant playlist where a worker would leave it; returns the URL a worker would report."""
    key = f"{job.video_id}/{name}/master.m3u8"
    await s3.put(settings.s3_hls_bucket, key, b"#EXTM3U\n", content_type="application/vnd.apple.mpegurl")
    return f"{settings.s3_endpoint_url}/{settings.s3_hls_bucket}/{key}"


async def test_a_report_of_the_seeds_fields_alone_is_enough(
    anonymous: httpx.AsyncClient, viewer: httpx.AsyncClient, settings: Settings, s3: S3, job: EncodingJob
) -> None:
    answer = await send_report(anonymous, settings, report_body(job, "progress", progress=40))
    assert (answer.status_code, answer.json()) == (200, {"applied": True, "jobStatus": "processing", "next": []})
    assert (await state(viewer, job))["progress"] == 40
    url = await put_output(s3, settings, job)
    renditions = [{"quality": "720p", "url": url.replace("master", "720")}]
    answer = await send_report(anonymous, settings, report_body(job, "completed", outputUrl=url, renditions=renditions))
    assert answer.status_code == 200
    done = await state(viewer, job)
    assert (done["status"], done["progress"], done["error"]) == ("completed", 100, None)
    assert done["renditions"][0]["quality"] == "720p"
    video = (await viewer.get(f"/api/videos/{job.video_id}")).json()
    assert (video["generation"], video["migrationStatus"]) == ("g1", "hetzner_only")
    assert [platform["platform"] for platform in video["platforms"]] == ["hetzner"]
    playback = (await viewer.get(f"/api/videos/{job.video_id}/playback")).json()
    assert playback["provider"] == "hls"
    path = playback["hlsUrl"].removeprefix(settings.public_base_url)
    assert (await anonymous.get(path)).content == b"#EXTM3U\n"


@pytest.mark.parametrize("signature", ["", "sha256=" + "0" * 64, "0" * 64])
async def test_a_wrong_signature_is_401_and_changes_nothing(
    anonymous: httpx.AsyncClient, viewer: httpx.AsyncClient, settings: Settings, job: EncodingJob, signature: str
) -> None:
    answer = await send_report(anonymous, settings, report_body(job, "progress", progress=5), signature=signature)
    assert (answer.status_code, answer.json()["code"]) == (401, "signature_invalid")
    assert (await state(viewer, job))["status"] == "queued"


async def test_the_signature_is_checked_before_the_body_is_understood(
    anonymous: httpx.AsyncClient, settings: Settings
) -> None:
    answer = await send_report(anonymous, settings, b"{not json", signature="sha256=" + "0" * 64)
    assert answer.status_code == 401
    assert (await anonymous.post("/api/encoding/webhook?surprise=1", content=b"{")).status_code == 401


@pytest.mark.parametrize("shift", [-301, 301])
async def test_an_old_or_future_report_is_401(
    anonymous: httpx.AsyncClient, settings: Settings, job: EncodingJob, shift: int
) -> None:
    stamp = (datetime.now(UTC) + timedelta(seconds=shift)).isoformat()
    answer = await send_report(anonymous, settings, {**report_body(job, "progress", progress=5), "timestamp": stamp})
    assert (answer.status_code, answer.json()["code"]) == (401, "timestamp_rejected")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"progress": 101}, "/progress"),
        ({"progress": "much"}, "/progress"),
        ({"status": "finished"}, "/status"),
        ({"jobId": "seven"}, "/jobId"),
        ({"timestamp": "yesterday"}, "/timestamp"),
        ({"timestamp": "2026-11-20T12:00:00"}, "/timestamp"),
        ({"surprise": 1}, "/surprise"),
        ({"workerId": "a\x00b"}, "/workerId"),
    ],
)
async def test_a_malformed_report_is_422_with_a_pointer(
    anonymous: httpx.AsyncClient, settings: Settings, job: EncodingJob, change: dict[str, Any], pointer: str
) -> None:
    answer = await send_report(anonymous, settings, {**report_body(job, "progress", progress=5), **change})
    assert answer.status_code == 422
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]


@pytest.mark.parametrize("timestamp", [0, 1, -1, 1e9, "1", "1795061659", "2020-01-01 00:00:00z", "2020-01-01", None])
async def test_only_one_form_of_time_is_taken(
    anonymous: httpx.AsyncClient, settings: Settings, job: EncodingJob, timestamp: object
) -> None:
    """Anything that the age check does not understand must not be understood later either."""
    body = {**report_body(job, "progress", progress=5), "timestamp": timestamp}
    assert (await send_report(anonymous, settings, body)).status_code == 422


@pytest.mark.parametrize(
    ("status", "change"),
    [
        ("progress", '"outputUrl": "http://["'),
        ("progress", '"outputUrl": "//[x"'),
        ("completed", '"outputUrl": "http://["'),
        ("progress", '"rungProgress": {"720p": NaN}'),
        ("progress", '"rungProgress": {"720p": Infinity}'),
        ("progress", '"rungProgress": {"720p": -5e300}'),
        ("progress", '"speed": Infinity'),
        ("progress", '"playableSeconds": 1e308'),
        ("completed", '"outputUrl": "{url}", "sizeBytes": 9223372036854775808'),
        ("completed", '"outputUrl": "{url}", "durationSeconds": Infinity'),
        ("completed", '"outputUrl": "{url}", "report": {"a": "\\u0000"}'),
        ("completed", '"outputUrl": "{url}", "report": {"a": "\\ud800"}'),
        ("completed", '"outputUrl": "{url}", "report": {"a": NaN}'),
        ("completed", '"outputUrl": "{url}", "renditions": [{"quality": "x", "url": "y", "frameRate": Infinity}]'),
    ],
)
async def test_what_cannot_be_stored_is_422(
    anonymous: httpx.AsyncClient,
    viewer: httpx.AsyncClient,
    settings: Settings,
    s3: S3,
    job: EncodingJob,
    status: str,
    change: str,
) -> None:
    change = change.replace("{url}", await put_output(s3, settings, job))
    raw = json.dumps(report_body(job, status))[:-1] + f", {change}}}"
    answer = await send_report(anonymous, settings, raw.encode())
    assert answer.status_code == 422, answer.text
    assert (await state(viewer, job))["status"] == "queued"


async def test_nulls_where_the_seed_has_none(
    anonymous: httpx.AsyncClient, settings: Settings, job: EncodingJob
) -> None:
    body = report_body(job, "progress", progress=3, renditions=None, thumbnails=None, outputUrl=None, error=None)
    assert (await send_report(anonymous, settings, body)).status_code == 200


async def test_a_new_master_ends_the_encode_of_the_old_one(
    anonymous: httpx.AsyncClient,
    editor: httpx.AsyncClient,
    viewer: httpx.AsyncClient,
    settings: Settings,
    database: Database,
    s3: S3,
    job: EncodingJob,
) -> None:
    await send_report(anonymous, settings, report_body(job, "started", attempt=1, workerId="busy"))
    await make_master(database, s3, settings, job.video_id, b"the second version")
    again = (await editor.post(f"/api/videos/{job.video_id}/encode")).json()["jobId"]
    assert again != str(job.id)
    assert (await state(viewer, job))["status"] == "cancelled"
    late = await send_report(anonymous, settings, report_body(job, "progress", attempt=1, workerId="busy"))
    assert late.status_code == 409
    assert (await editor.post(f"/api/videos/{job.video_id}/encode")).json()["jobId"] == again


async def test_a_failure_of_the_old_master_spares_the_new_one(
    anonymous: httpx.AsyncClient,
    viewer: httpx.AsyncClient,
    settings: Settings,
    database: Database,
    s3: S3,
    job: EncodingJob,
) -> None:
    await make_master(database, s3, settings, job.video_id, b"the second version")
    error = {"code": "FFMPEG_INVALID_INPUT", "message": "not a video"}
    await send_report(anonymous, settings, report_body(job, "failed", error=error))
    assert (await viewer.get(f"/api/videos/{job.video_id}")).json()["master"]["sizeBytes"] == 18


async def test_a_master_that_was_encoded_once_is_kept(
    anonymous: httpx.AsyncClient,
    editor: httpx.AsyncClient,
    viewer: httpx.AsyncClient,
    settings: Settings,
    s3: S3,
    job: EncodingJob,
) -> None:
    url = await put_output(s3, settings, job)
    await send_report(anonymous, settings, report_body(job, "completed", outputUrl=url))
    again = (await editor.post(f"/api/videos/{job.video_id}/encode")).json()["jobId"]
    error = {"code": "FFMPEG_INVALID_INPUT", "message": "not a video, says a newer ffmpeg"}
    await send_report(anonymous, settings, {**report_body(job, "failed", error=error), "jobId": again})
    video = (await viewer.get(f"/api/videos/{job.video_id}")).json()
    assert (video["generation"], video["master"]["sizeBytes"]) == ("g1", 6)


async def test_the_message_of_a_deleted_video_is_dropped(
    admin: httpx.AsyncClient, database: Database, job: EncodingJob
) -> None:
    async def is_open() -> bool:
        async with database.session() as session:
            query = text("SELECT count(*) FROM outbox WHERE payload->>'jobId' = :job AND acknowledged_at IS NULL")
            return bool(await session.scalar(query, {"job": str(job.id)}))

    async with database.session() as session:
        await encoding_service.drop_orphan_messages(session)
    assert await is_open()
    await admin.delete(f"/api/videos/{job.video_id}")
    await admin.delete(f"/api/videos/{job.video_id}", params={"permanent": "true"})
    async with database.session() as session:
        await encoding_service.drop_orphan_messages(session)
    assert not await is_open()


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"null", b'"x"', b"[" * 100_000])
async def test_what_is_not_a_report_is_422(anonymous: httpx.AsyncClient, settings: Settings, raw: bytes) -> None:
    assert (await send_report(anonymous, settings, raw)).status_code == 422


async def test_completed_needs_an_output_and_failed_an_error(
    anonymous: httpx.AsyncClient, settings: Settings, job: EncodingJob
) -> None:
    assert (await send_report(anonymous, settings, report_body(job, "completed"))).status_code == 422
    assert (await send_report(anonymous, settings, report_body(job, "failed"))).status_code == 422


async def test_more_than_a_mebibyte_is_413(anonymous: httpx.AsyncClient, settings: Settings) -> None:
    answer = await send_report(anonymous, settings, b" " * (1024 * 1024 + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_an_unknown_job_is_404(anonymous: httpx.AsyncClient, settings: Settings, job: EncodingJob) -> None:
    for change in ({"jobId": str(uuid4())}, {"videoId": str(uuid4())}):
        answer = await send_report(anonymous, settings, {**report_body(job, "progress", progress=1), **change})
        assert (answer.status_code, answer.json()["code"]) == (404, "job_not_found")


async def test_a_replay_is_200_without_effect(
    anonymous: httpx.AsyncClient, viewer: httpx.AsyncClient, settings: Settings, s3: S3, job: EncodingJob
) -> None:
    first = report_body(job, "progress", progress=30, eventId=str(uuid4()))
    assert (await send_report(anonymous, settings, first)).json()["applied"] is True
    assert (await send_report(anonymous, settings, {**first, "progress": 60})).json()["applied"] is False
    assert (await state(viewer, job))["progress"] == 30
    url = await put_output(s3, settings, job)
    last = report_body(job, "completed", outputUrl=url, eventId=str(uuid4()))
    assert (await send_report(anonymous, settings, last)).json() == {
        "applied": True,
        "jobStatus": "completed",
        "next": [],
    }
    again = await send_report(anonymous, settings, last)
    assert (again.status_code, again.json()) == (200, {"applied": False, "jobStatus": "completed", "next": []})


async def test_progress_never_goes_back(
    anonymous: httpx.AsyncClient, viewer: httpx.AsyncClient, settings: Settings, job: EncodingJob
) -> None:
    await send_report(anonymous, settings, report_body(job, "progress", progress=70))
    answer = await send_report(anonymous, settings, report_body(job, "progress", progress=20))
    assert (answer.status_code, answer.json()["applied"]) == (200, False)
    assert (await state(viewer, job))["progress"] == 70


async def test_a_stale_attempt_and_a_second_worker_are_409(
    anonymous: httpx.AsyncClient, viewer: httpx.AsyncClient, settings: Settings, job: EncodingJob
) -> None:
    started = report_body(job, "started", attempt=1, workerId="first")
    assert (await send_report(anonymous, settings, started)).status_code == 200
    second = await send_report(anonymous, settings, report_body(job, "started", attempt=1, workerId="second"))
    assert (second.status_code, second.json()["code"]) == (409, "attempt_superseded")
    error = {"code": "S3_UPLOAD_FAILED", "message": "storage went away"}
    await send_report(anonymous, settings, report_body(job, "failed", attempt=1, workerId="first", error=error))
    late = await send_report(
        anonymous, settings, report_body(job, "progress", attempt=1, workerId="first", progress=99)
    )
    assert (late.status_code, late.json()["code"]) == (409, "attempt_superseded")
    after = await state(viewer, job)
    assert (after["status"], after["attempt"], after["progress"]) == ("queued", 2, 0)


async def test_a_finished_job_takes_no_report(
    anonymous: httpx.AsyncClient, settings: Settings, s3: S3, job: EncodingJob
) -> None:
    url = await put_output(s3, settings, job)
    await send_report(anonymous, settings, report_body(job, "completed", outputUrl=url))
    answer = await send_report(anonymous, settings, report_body(job, "progress", progress=50))
    assert (answer.status_code, answer.json()["code"]) == (409, "job_finished")


@pytest.mark.parametrize(
    "output",
    [
        "https://elsewhere.example/video-hls/{other}/g1/master.m3u8",
        "s3://video-hls/{video}/g1/master.m3u8",
        "s3://another-bucket/{video}/there/master.m3u8",
        "s3://video-hls/{other}/there/master.m3u8",
        "s3://video-hls/{video}/../{video}/there/master.m3u8",
        "s3://video-hls/{video}/there/index.m3u8",
        "file:///etc/passwd",
    ],
)
async def test_an_output_elsewhere_is_422_and_the_job_goes_on(
    anonymous: httpx.AsyncClient, viewer: httpx.AsyncClient, settings: Settings, s3: S3, job: EncodingJob, output: str
) -> None:
    await put_output(s3, settings, job, "there/deeper")
    url = output.format(video=job.video_id, other=uuid4())
    answer = await send_report(anonymous, settings, report_body(job, "completed", outputUrl=url))
    assert (answer.status_code, answer.json()["code"]) == (422, "output_not_found")
    assert (await state(viewer, job))["status"] == "queued"


async def test_a_transient_error_is_tried_again_until_the_attempts_are_used_up(
    anonymous: httpx.AsyncClient, viewer: httpx.AsyncClient, settings: Settings, job: EncodingJob
) -> None:
    error = {"code": "S3_UPLOAD_FAILED", "message": "storage went away"}
    for number, delay in ((1, 300), (2, 900)):
        before = datetime.now(UTC)
        await send_report(anonymous, settings, report_body(job, "failed", attempt=number, error=error))
        after = await state(viewer, job)
        assert (after["status"], after["attempt"], after["attemptCount"]) == ("queued", number + 1, number)
        wait = datetime.fromisoformat(after["nextRetryAt"]) - before
        assert abs(wait.total_seconds() - delay) < 5
    await send_report(anonymous, settings, report_body(job, "failed", attempt=3, error=error))
    ended = await state(viewer, job)
    assert (ended["status"], ended["nextRetryAt"]) == ("failed", None)
    assert ended["error"] == error
    assert [(entry["attempt"], entry["code"]) for entry in ended["errorHistory"]] == [
        (1, "S3_UPLOAD_FAILED"),
        (2, "S3_UPLOAD_FAILED"),
        (3, "S3_UPLOAD_FAILED"),
    ]


async def test_a_permanent_error_ends_the_job_and_gives_the_master_up(
    anonymous: httpx.AsyncClient, viewer: httpx.AsyncClient, settings: Settings, job: EncodingJob
) -> None:
    error = {"code": "FFMPEG_INVALID_INPUT", "message": "not a video"}
    await send_report(anonymous, settings, report_body(job, "failed", error=error))
    ended = await state(viewer, job)
    assert (ended["status"], ended["attempt"], ended["error"]) == ("failed", 1, error)
    assert (await viewer.get(f"/api/videos/{job.video_id}")).json()["master"] is None


async def test_a_hundred_requests_at_once_make_one_job(
    editor: httpx.AsyncClient, viewer: httpx.AsyncClient, job: EncodingJob
) -> None:
    answers = await asyncio.gather(*(editor.post(f"/api/videos/{job.video_id}/encode") for _ in range(100)))
    assert {answer.status_code for answer in answers} == {202}
    assert {answer.json()["jobId"] for answer in answers} == {str(job.id)}
    listed = (await viewer.get("/api/encoding/jobs", params={"videoId": str(job.video_id)})).json()
    assert listed["total"] == 1


async def test_a_silent_worker_loses_its_attempt_and_the_next_one_starts_at_once(
    anonymous: httpx.AsyncClient,
    viewer: httpx.AsyncClient,
    settings: Settings,
    database: Database,
    job: EncodingJob,
) -> None:
    await send_report(anonymous, settings, report_body(job, "started", attempt=1, workerId="gone"))
    async with database.session() as session:
        assert await reports.reap(session, settings, job.id) is False
    await expire_lease(database, job)
    async with database.session() as session:
        assert job.id in await reports.expired_jobs(session, limit=1000)
        assert await reports.reap(session, settings, job.id) is True
    after = await state(viewer, job)
    assert (after["status"], after["attempt"], after["attemptCount"]) == ("queued", 2, 0)
    late = await send_report(anonymous, settings, report_body(job, "progress", attempt=1, progress=10))
    assert late.status_code == 409


async def test_a_report_in_time_saves_the_attempt(
    anonymous: httpx.AsyncClient, settings: Settings, database: Database, job: EncodingJob
) -> None:
    await send_report(anonymous, settings, report_body(job, "started", attempt=1, workerId="slow"))
    await expire_lease(database, job)
    body = {**report_body(job, "progress", attempt=1, workerId="slow", progress=1), "timestamp": now_text()}
    assert (await send_report(anonymous, settings, body)).status_code == 200
    async with database.session() as session:
        assert await reports.reap(session, settings, job.id) is False


async def expire_lease(database: Database, job: EncodingJob) -> None:
    """As if the worker had been silent for a lease."""
    async with database.session() as session:
        await session.execute(
            text("UPDATE encoding_attempts SET lease_expires_at = now() - interval '1 second' WHERE job_id = :job"),
            {"job": job.id},
        )
