"""Courses made over HTTP, and videos that play, or not, for many reasons."""

from typing import Any
from uuid import UUID, uuid4

import httpx
from sqlalchemy import select
from sqlmodel import col

from shared.audit.models import AuditEntry
from shared.db.session import Database
from shared.encoding.models import Generation, GenerationStatus
from shared.platforms.models import Platform, PlatformStatus, VideoPlatform
from shared.videos.models import MigrationStatus, Video
from tests.factories import make_video

Json = dict[str, Any]


async def make(client: httpx.AsyncClient, path: str, **fields: Any) -> Json:
    """Post something that is made: 201."""
    answer = await client.post(path, json={"title": f"Thing {uuid4().hex}", **fields})
    assert answer.status_code == 201, answer.text
    found: Json = answer.json()
    return found


async def make_course(client: httpx.AsyncClient, **fields: Any) -> Json:
    """A course."""
    return await make(client, "/api/courses", **fields)


async def make_module(client: httpx.AsyncClient, course: Json, **fields: Any) -> Json:
    """A module of it."""
    return await make(client, f"/api/courses/{course['id']}/modules", **fields)


async def make_lesson(client: httpx.AsyncClient, module: Json, **fields: Any) -> Json:
    """A lesson of that."""
    return await make(client, f"/api/modules/{module['id']}/lessons", **fields)


async def read(client: httpx.AsyncClient, path: str) -> Json:
    """Get something that is there: 200."""
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


async def assign(client: httpx.AsyncClient, lesson: Json, video_id: UUID | str | None) -> Json:
    """Give a lesson its video."""
    body = {"videoId": str(video_id) if video_id else None}
    answer = await client.put(f"/api/lessons/{lesson['id']}/video", json=body)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


async def place_of(client: httpx.AsyncClient, video_id: UUID | str) -> tuple[str | None, str | None]:
    """Course and module of a video."""
    video = await read(client, f"/api/videos/{video_id}")
    return video["courseId"], video["moduleId"]


async def make_encoded(database: Database, **fields: Any) -> UUID:
    """A video with a published generation."""
    video_id = await make_video(database, **fields)
    async with database.session() as session:
        generation = Generation(
            video_id=video_id, bucket="hls", prefix=f"{video_id}/{uuid4()}/", status=GenerationStatus.published
        )
        session.add(generation)
        await session.flush()
        video = await session.get_one(Video, video_id)
        video.generation_id = generation.id
    return video_id


async def make_at_vimeo(
    database: Database, *, status: MigrationStatus = MigrationStatus.vimeo_only, embed_url: str | None
) -> UUID:
    """A video that Vimeo hosts."""
    video_id = await make_video(database)
    async with database.session() as session:
        video = await session.get_one(Video, video_id)
        video.migration_status = status
    await put_at(database, video_id, Platform.vimeo, external_id=uuid4().hex, embed_url=embed_url)
    return video_id


async def put_at(database: Database, video_id: UUID, platform: Platform, **fields: Any) -> None:
    """An entry of a video at a platform."""
    async with database.session() as session:
        session.add(VideoPlatform(video_id=video_id, platform=platform, status=PlatformStatus.ready, **fields))


async def audited(database: Database, object_id: str | UUID) -> list[AuditEntry]:
    """What the action log says about an object, oldest first."""
    query = select(AuditEntry).where(col(AuditEntry.object_id) == str(object_id)).order_by(col(AuditEntry.created_at))
    async with database.session() as session:
        return list(await session.scalars(query))
