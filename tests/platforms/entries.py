"""Making and looking at entries."""

from typing import Any
from uuid import UUID, uuid4

import httpx
from sqlalchemy import text

from shared.db.session import Database

VIMEO_ID = "76979871"


def vimeo_id() -> str:
    """An id no other test has."""
    return str(uuid4().int)[:15]


def kinescope_id() -> str:
    return str(uuid4())


async def add(client: httpx.AsyncClient, video_id: UUID, **fields: Any) -> httpx.Response:
    return await client.post(f"/api/videos/{video_id}/platforms", json=fields)


async def audit(database: Database, video_id: UUID, action: str) -> list[tuple[Any, Any]]:
    query = "SELECT before, after FROM audit_log WHERE object_id = :id AND action = :action ORDER BY created_at, id"
    async with database.session() as session:
        rows = await session.execute(text(query), {"id": str(video_id), "action": action})
        return [(row[0], row[1]) for row in rows]


async def mask(database: Database, video_id: UUID) -> int:
    async with database.session() as session:
        found = await session.scalar(text("SELECT platform_mask FROM videos WHERE id = :id"), {"id": video_id})
    return int(found)


async def set_video(database: Database, video_id: UUID, **columns: Any) -> None:
    listed = ", ".join(f"{name} = :{name}" for name in columns)
    async with database.session() as session:
        await session.execute(text(f"UPDATE videos SET {listed} WHERE id = :id"), {"id": video_id, **columns})
