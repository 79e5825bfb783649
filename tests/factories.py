"""Objects that tests need, made through the services so that they are what the product makes."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx

from shared.clients.s3 import S3
from shared.config import Settings
from shared.db.session import Database
from shared.encoding import service as encoding_service
from shared.encoding.models import EncodingJob
from shared.encoding.signature import SIGNATURE_HEADER, sign
from shared.videos import service as videos_service
from shared.videos.schemas import VideoInput

ACTOR = "test"


async def make_video(database: Database, **fields: Any) -> UUID:
    """A video without a master."""
    async with database.session() as session:
        video = await videos_service.create_video(session, ACTOR, VideoInput(**{"title": "A video", **fields}))
    return video.id


async def make_master(database: Database, s3: S3, settings: Settings, video_id: UUID, body: bytes = b"master") -> str:
    """A stored object that is the video's master; returns its key."""
    key = f"masters/{uuid4()}/source"
    await s3.put(settings.s3_masters_bucket, key, body, content_type="video/mp4")
    async with database.session() as session:
        await videos_service.accept_master(
            session,
            ACTOR,
            video_id=video_id,
            title="",
            filename="film.mp4",
            bucket=settings.s3_masters_bucket,
            key=key,
            size_bytes=len(body),
            sha256=hashlib.sha256(body).hexdigest(),
            content_type="video/mp4",
        )
    return key


async def make_job(database: Database, s3: S3, settings: Settings, video_id: UUID | None = None) -> EncodingJob:
    """A queued job for a video with a master."""
    if video_id is None:
        video_id = await make_video(database)
        await make_master(database, s3, settings, video_id)
    async with database.session() as session:
        return await encoding_service.request_encode(session, settings, ACTOR, video_id)


def now_text() -> str:
    """The current time as reports carry it."""
    return datetime.now(UTC).isoformat()


def report_body(job: EncodingJob, status: str, **fields: Any) -> dict[str, Any]:
    """A report with the seed's fields."""
    return {
        "jobId": str(job.id),
        "videoId": str(job.video_id),
        "status": status,
        "timestamp": now_text(),
        **fields,
    }


async def send_report(
    client: httpx.AsyncClient, settings: Settings, body: dict[str, Any] | bytes, *, signature: str | None = None
) -> httpx.Response:
    """Post a report, signed unless a signature is given."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    header = sign(settings.webhook_secrets[0], raw) if signature is None else signature
    return await client.post(
        "/api/encoding/webhook", content=raw, headers={SIGNATURE_HEADER: header, "Content-Type": "application/json"}
    )
