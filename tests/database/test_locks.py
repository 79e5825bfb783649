"""Who waits too long for somebody else's lock is told to come again."""

from typing import Any

import httpx
from sqlalchemy import event, text

from shared.db.session import LOCK_SECONDS, Database
from shared.videos import service as videos_service
from tests.factories import make_video


async def test_a_wait_for_a_lock_ends(editor: httpx.AsyncClient, database: Database) -> None:
    """With a tenth of a second instead of the ten that connections wait."""
    video = await make_video(database)
    async with database.session() as session:
        assert await session.scalar(text("SHOW lock_timeout")) == f"{LOCK_SECONDS}s" == "10s"

    def be_impatient(connection: Any, *_: Any) -> None:
        cursor = connection.cursor()
        cursor.execute("SET lock_timeout = '100ms'")
        cursor.close()

    async with database.session() as session:
        await videos_service.get_video(session, video, lock=True)
        event.listen(database.engine.sync_engine, "checkout", be_impatient)
        try:
            answer = await editor.patch(f"/api/videos/{video}", json={"title": "Mine"})
        finally:
            event.remove(database.engine.sync_engine, "checkout", be_impatient)
    assert (answer.status_code, answer.json()["code"]) == (503, "busy")
    assert answer.headers["Retry-After"] == "5"
    await database.engine.dispose()  # with the impatient connections
    answer = await editor.patch(f"/api/videos/{video}", json={"title": "Mine"})
    assert (answer.status_code, answer.json()["title"]) == (200, "Mine")
