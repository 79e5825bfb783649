"""Looking at what a sync left behind."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from sqlalchemy import text

from shared.db.session import Database
from shared.vimeo.models import VimeoSyncRun
from worker.vimeo import VimeoSync

Sync = Callable[..., Awaitable[VimeoSyncRun]]
Make = Callable[..., VimeoSync]


async def read(database: Database, run_id: UUID) -> VimeoSyncRun:
    async with database.session() as session:
        found = await session.get(VimeoSyncRun, run_id)
        assert found is not None
        return found


async def rows(database: Database, statement: str, **values: object) -> list[Any]:
    async with database.session() as session:
        return list((await session.execute(text(statement), values)).mappings())


async def at(database: Database, external_id: str) -> Any:
    """A video with its entry at Vimeo."""
    [found] = await rows(
        database,
        "SELECT videos.*, entry.external_id, entry.external_url, entry.embed_url, entry.status AS entry_status,"
        " entry.privacy_level, entry.metadata, entry.removed_at, entry.synced_at"
        " FROM videos JOIN video_platforms AS entry ON entry.video_id = videos.id AND entry.platform = 'vimeo'"
        " WHERE entry.external_id = :id",
        id=external_id,
    )
    return found


async def versions(database: Database) -> list[Any]:
    """Which transaction wrote each row last."""
    return await rows(
        database,
        "SELECT 'video' AS kind, id::text, xmin::text FROM videos"
        " UNION ALL SELECT 'entry', id::text, xmin::text FROM video_platforms ORDER BY 1, 2",
    )


def counts(run: VimeoSyncRun) -> tuple[int, int, int, int, int]:
    return run.added, run.updated, run.unchanged, run.removed, run.errors
