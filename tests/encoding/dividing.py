"""A divided encode played by its reports alone: what a worker says, and what it is answered."""

from fractions import Fraction
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import text

from shared.clients.s3 import S3
from shared.config import Settings
from shared.db.session import Database
from shared.encoding import reports
from shared.encoding.ladder import AudioFacts, Plan, SourceFacts, plan_ladder
from shared.encoding.models import EncodingJob
from shared.jobs.tasks import PartPayload
from tests.factories import report_body, send_report

TRANSIENT = {"code": "S3_UPLOAD_FAILED", "message": "storage went away"}
PERMANENT = {"code": "FFMPEG_INVALID_INPUT", "message": "not a video"}


def film(seconds: int = 300, *, audio: bool = True) -> Plan:
    """720p25 in windows of a minute."""
    source = SourceFacts(
        display_width=1280,
        display_height=720,
        frame_rate=Fraction(25),
        duration_seconds=float(seconds),
        frames=25 * seconds,
        audio=(AudioFacts(index=1, channels=2, sample_rate=48_000),) if audio else (),
    )
    return plan_ladder(source, window_seconds=60)


class Worker:
    """Reports as one worker does."""

    def __init__(self, client: httpx.AsyncClient, settings: Settings, job: EncodingJob, name: str) -> None:
        self._client = client
        self._settings = settings
        self._job = job
        self.name = name

    async def post(self, status: str, **fields: Any) -> httpx.Response:
        """The bare answer."""
        body = report_body(self._job, status, workerId=self.name, **fields)
        return await send_report(self._client, self._settings, body)

    async def say(self, status: str, **fields: Any) -> list[PartPayload]:
        """What the answer gives this worker to do; it must be taken."""
        answer = await self.post(status, **fields)
        assert answer.status_code == 200, answer.text
        return [PartPayload.model_validate(part) for part in answer.json()["next"]]

    async def about(self, part: PartPayload, status: str, **fields: Any) -> list[PartPayload]:
        """The same about one part."""
        return await self.say(status, partId=str(part.part_id), take=part.take, **fields)

    async def refused(self, part: PartPayload, status: str, **fields: Any) -> str:
        """The code of the 409 that a report about a part is answered with."""
        answer = await self.post(status, partId=str(part.part_id), take=part.take, **fields)
        assert answer.status_code == 409, answer.text
        return str(answer.json()["code"])

    async def divide(self, plan: Plan, **fields: Any) -> list[PartPayload]:
        """Claim the attempt and divide it."""
        await self.say("started", attempt=1)
        return await self.say("planned", attempt=1, plan=plan.to_json(), **fields)

    async def make(self, part: PartPayload) -> list[PartPayload]:
        """Do a part, from its beginning to its end."""
        await self.about(part, "started")
        return await self.about(part, "completed", manifest=manifest_of(part))


async def state(client: httpx.AsyncClient, job: EncodingJob) -> dict[str, Any]:
    """The job as a GET answers it."""
    found: dict[str, Any] = (await client.get(f"/api/encoding/jobs/{job.id}")).raise_for_status().json()
    return found


def names(parts: list[PartPayload]) -> list[str]:
    """The parts as ``window 0 low``."""
    return [f"{part.kind} {part.number} {part.share}" for part in parts]


def manifest_of(part: PartPayload) -> str:
    """Where the part's manifest lies."""
    return f"parts/{part.kind}-{part.number}-{part.share}-{part.take}.json"


async def waiting(database: Database, job: EncodingJob) -> list[PartPayload]:
    """The parts in open messages that are due, in the order in which they are taken."""
    async with database.session() as session:
        rows = await session.scalars(
            text(
                "SELECT payload FROM outbox WHERE task = 'encode_part' AND acknowledged_at IS NULL "
                "AND available_at <= now() AND payload->>'jobId' = :job ORDER BY rank, id"
            ),
            {"job": str(job.id)},
        )
        return [PartPayload.model_validate(payload) for payload in rows]


async def expire(database: Database, part_id: UUID) -> None:
    """As if the part's worker had been silent for a lease."""
    async with database.session() as session:
        await session.execute(
            text("UPDATE encoding_parts SET lease_expires_at = now() - interval '1 second' WHERE id = :part"),
            {"part": part_id},
        )


async def pass_time(database: Database, job: EncodingJob) -> None:
    """As if the delay after a failure were over."""
    async with database.session() as session:
        for statement in (
            "UPDATE outbox SET available_at = now() WHERE payload->>'jobId' = :job AND available_at > now()",
            "UPDATE encoding_parts SET available_at = now() WHERE job_id = (:job)::uuid AND available_at > now()",
            "UPDATE encoding_jobs SET next_retry_at = now() WHERE id = (:job)::uuid AND next_retry_at > now()",
        ):
            await session.execute(text(statement), {"job": str(job.id)})


async def put_master_playlist(s3: S3, part: PartPayload) -> str:
    """What a finish leaves behind; returns the URL that it reports."""
    key = f"{part.output_prefix}master.m3u8"
    await s3.put(part.output_bucket, key, b"#EXTM3U\n", content_type="application/vnd.apple.mpegurl")
    return f"s3://{part.output_bucket}/{key}"


async def reap(database: Database, settings: Settings, job: EncodingJob) -> bool:
    """What the control worker does about silent workers of this job."""
    async with database.session() as session:
        listed = job.id in await reports.expired_jobs(session, limit=1000)
        reaped = await reports.reap(session, settings, job.id)
    assert listed == reaped
    return reaped
