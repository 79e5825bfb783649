"""A fake Vimeo, a control worker's hosting step, and tests that play the transfer and encode workers over HTTP."""

import hashlib
import json
from collections.abc import AsyncIterator, Iterator
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import text

from cli.fakes.vimeo import FakeClip, FakeVimeo
from shared.clients.s3 import S3
from shared.config import Settings
from shared.db.session import Database
from shared.encoding.signature import SIGNATURE_HEADER, sign
from shared.platforms import service as platforms_service
from shared.platforms.models import Platform
from shared.platforms.schemas import PlatformInput
from tests.factories import ACTOR, make_video, now_text
from worker.hosting import Hosting

BODY = b"not a film, but nobody here looks inside" * 50
FACTS: dict[str, Any] = {
    "displayWidth": 320,
    "displayHeight": 180,
    "frameRate": "25/1",
    "durationSeconds": 60.0,
    "audio": [{"index": 1, "codec": "aac", "channels": 2, "sampleRate": 48000}],
}
_CLEAN = (
    "UPDATE videos SET migration_status = 'vimeo_only' WHERE migration_status = 'migrating'",
    "DELETE FROM hosting_moves",
    "DELETE FROM hosting_batches",
    "DELETE FROM vimeo_usage",
    "DELETE FROM vimeo_pace",
)
_numbers = count(500_000_001)


@pytest.fixture(scope="session")
def vimeo_server() -> Iterator[FakeVimeo]:
    with FakeVimeo() as running:
        yield running


@pytest.fixture
def vimeo(vimeo_server: FakeVimeo) -> FakeVimeo:
    """Vimeo with nothing in it, working well."""
    vimeo_server.clips.clear()
    vimeo_server.failures.clear()
    vimeo_server.forget()
    vimeo_server.rate_limit = None
    return vimeo_server


@pytest.fixture
def connected(app: FastAPI, settings: Settings, vimeo: FakeVimeo) -> Iterator[Settings]:
    """Connected to the fake, also in the application."""
    made = settings.model_copy(
        update={
            "vimeo_api_url": vimeo.url,
            "vimeo_access_token": SecretStr(vimeo.token),
            "vimeo_requests_per_second": 100.0,
            "vimeo_daily_quota": 100_000,
            "migration_concurrency": 2,
            "migration_finalise_grace_seconds": 3600,
        }
    )
    app.state.settings = made
    yield made
    app.state.settings = settings


class Studio:
    """What the tests do, and what they look at."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        s3: S3,
        fake: FakeVimeo,
        anonymous: httpx.AsyncClient,
        admin: httpx.AsyncClient,
        http: httpx.AsyncClient,
    ) -> None:
        self.settings, self.database, self.s3, self.fake = settings, database, s3, fake
        self.anonymous, self.admin = anonymous, admin
        self.hosting = Hosting(settings, database, s3, http)

    async def at_vimeo(self, *, duration: float = 60.0, body: bytes = BODY, **fields: Any) -> UUID:
        """A public video that plays from Vimeo."""
        number = str(next(_numbers))
        fields.setdefault("width", 320)
        self.fake.add(FakeClip(number, f"Clip {number}", body, duration, **fields))
        video_id = await make_video(self.database, title=f"Clip {number}", visibility="public")
        async with self.database.session() as session:
            given = PlatformInput(platform=Platform.vimeo, externalId=number)
            await platforms_service.upsert(session, ACTOR, video_id, given)
        return video_id

    async def number(self, video_id: UUID) -> str:
        found = await self.one(
            "SELECT external_id AS it FROM video_platforms WHERE video_id = :id AND platform = 'vimeo'", id=video_id
        )
        return str(found["it"])

    async def all(self, statement: str, **values: Any) -> list[Any]:
        async with self.database.session() as session:
            return list((await session.execute(text(statement), values)).mappings())

    async def one(self, statement: str, **values: Any) -> Any:
        [found] = await self.all(statement, **values)
        return found

    async def run(self, statement: str, **values: Any) -> None:
        async with self.database.session() as session:
            await session.execute(text(statement), values)

    async def migrate(self, video_id: UUID) -> None:
        answer = await self.admin.post(f"/api/videos/{video_id}/migrate")
        assert answer.status_code == 202, answer.text

    async def step(self) -> None:
        await self.hosting.step()

    async def move(self, video_id: UUID) -> Any:
        """The newest move of a video, as its row."""
        return (
            await self.all(
                "SELECT * FROM hosting_moves WHERE video_id = :id ORDER BY created_at DESC LIMIT 1", id=video_id
            )
        )[0]

    async def video(self, video_id: UUID) -> Any:
        return (await self.admin.get(f"/api/videos/{video_id}")).json()

    async def status(self, video_id: UUID) -> tuple[str, str]:
        """Of the video and of its move."""
        return (await self.video(video_id))["migrationStatus"], (await self.move(video_id))["status"]

    async def provider(self, video_id: UUID) -> str:
        answer = (await self.anonymous.get(f"/api/videos/{video_id}/playback")).json()
        assert answer["embedUrl" if answer["provider"] == "vimeo" else "hlsUrl"]
        return str(answer["provider"])

    async def tasks(self, video_id: UUID, task: str) -> list[dict[str, Any]]:
        """The payloads that a worker was handed, the oldest first."""
        move = await self.move(video_id)
        rows = await self.all(
            "SELECT payload FROM outbox WHERE task = :task AND payload->>'moveId' = :move ORDER BY created_at, id",
            task=task,
            move=str(move["id"]),
        )
        return [row["payload"] for row in rows]

    async def say(self, task: dict[str, Any], status: str, **fields: Any) -> httpx.Response:
        """A worker's report about a task."""
        report = {
            "eventId": str(uuid4()),
            "moveId": task["moveId"],
            "take": task["take"],
            "workerId": "anna",
            "timestamp": now_text(),
            "status": status,
            **fields,
        }
        raw = json.dumps(report).encode()
        signature = sign(self.settings.webhook_secrets[0], raw)
        return await self.anonymous.post(
            "/api/migrations/reports",
            content=raw,
            headers={SIGNATURE_HEADER: signature, "Content-Type": "application/json"},
        )

    async def told(self, task: dict[str, Any], status: str, **fields: Any) -> None:
        answer = await self.say(task, status, **fields)
        assert (answer.status_code, answer.json()) == (200, {"applied": True}), answer.text

    async def fetching(self, video_id: UUID) -> dict[str, Any]:
        """Go on until a transfer worker is asked for the file."""
        await self.step()
        assert (await self.move(video_id))["status"] == "fetching"
        return (await self.tasks(video_id, "fetch_source"))[-1]

    async def store(self, task: dict[str, Any], body: bytes = BODY) -> dict[str, Any]:
        """What a transfer worker stores, and what it says of it."""
        etag = await self.s3.upload_part(task["bucket"], task["key"], task["uploadId"], 1, body)
        await self.s3.complete_multipart(task["bucket"], task["key"], task["uploadId"], [(1, etag)])
        return {
            "receivedBytes": len(body),
            "sizeBytes": len(body),
            "md5": hashlib.md5(body, usedforsecurity=False).hexdigest(),
            "sha256": hashlib.sha256(body).hexdigest(),
            "contentType": "video/mp4",
        }

    async def encoding(self, video_id: UUID) -> None:
        """Go on until the file is here and is to be encoded."""
        task = await self.fetching(video_id)
        await self.told(task, "fetched", **await self.store(task))

    async def encoded(
        self, video_id: UUID, *, seconds: float = 60.2, ok: bool = True, facts: dict[str, Any] = FACTS
    ) -> None:
        """An encode worker does its work."""
        job = await self.one(
            "SELECT job.id, generation.prefix FROM encoding_jobs AS job JOIN generations AS generation "
            "ON generation.job_id = job.id WHERE job.video_id = :id AND job.status = 'queued'",
            id=video_id,
        )
        key = f"{job['prefix']}master.m3u8"
        await self.s3.put(self.settings.s3_hls_bucket, key, b"#EXTM3U\n", content_type="text/plain")
        report = {
            "jobId": str(job["id"]),
            "videoId": str(video_id),
            "status": "completed",
            "timestamp": now_text(),
            "outputUrl": f"s3://{self.settings.s3_hls_bucket}/{key}",
            "durationSeconds": seconds,
            "sizeBytes": 1000,
            "report": {"ok": ok, "checks": []},
            "source": facts,
        }
        raw = json.dumps(report).encode()
        headers = {SIGNATURE_HEADER: sign(self.settings.webhook_secrets[0], raw), "Content-Type": "application/json"}
        answer = await self.anonymous.post("/api/encoding/webhook", content=raw, headers=headers)
        assert answer.status_code == 200, answer.text

    async def comparing(self, video_id: UUID, **encode: Any) -> dict[str, Any]:
        """Go on until a transfer worker is asked to compare."""
        await self.encoding(video_id)
        await self.encoded(video_id, **encode)
        await self.step()
        assert (await self.move(video_id))["status"] == "comparing"
        return (await self.tasks(video_id, "compare_source"))[-1]

    async def arrived(self) -> UUID:
        """A video that is ``hetzner_primary``."""
        video_id = await self.at_vimeo()
        await self.migrate(video_id)
        await self.told(await self.comparing(video_id), "compared", checks=[{"name": "pictures", "ok": True}])
        await self.step()
        assert (await self.video(video_id))["migrationStatus"] == "hetzner_primary"
        return video_id

    async def stored(self, video_id: UUID) -> list[str]:
        """Objects and unfinished uploads of a video's newest move."""
        prefix = f"migrations/{(await self.move(video_id))['id']}/"
        bucket = self.settings.s3_masters_bucket
        keys = [entry.key async for entry in self.s3.list_objects(bucket, prefix)]
        return keys + [key async for page in self.s3.list_multiparts(bucket, prefix) for key, _ in page]


@pytest.fixture
async def studio(
    connected: Settings,
    database: Database,
    s3: S3,
    vimeo: FakeVimeo,
    anonymous: httpx.AsyncClient,
    admin: httpx.AsyncClient,
) -> AsyncIterator[Studio]:
    """No other moves, and Vimeo in good spirits."""
    async with database.session() as session:
        for statement in _CLEAN:
            await session.execute(text(statement))
    async with httpx.AsyncClient(trust_env=False) as http:
        yield Studio(connected, database, s3, vimeo, anonymous, admin, http)
