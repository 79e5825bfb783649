"""``python -m bench.api_bare --port P``: the list and one video by Starlette and asyncpg alone, to compare with.

No authentication, no validation, no transaction; but the same rows, the same total and the same JSON, from one
statement a page. ``DATABASE_URL`` says where; ``BENCH_CURSOR`` is a cursor of the API's list, whose first element marks
the list.
"""

import argparse
import base64
import json
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

COUNT_BOUND = 10_000
ESTIMATE_SECONDS = 30.0
_PLATFORM = ("platform", "externalId", "externalUrl", "embedUrl", "status", "privacyLevel", "syncedAt")
_VIDEOS = """
    SELECT v.id, v.title, v.description, v.tags, v.status, v.visibility, v.duration_seconds, v.course_id, v.module_id,
        v.sort_order, v.published_at, v.pipeline_stage, v.master_file_url, v.thumbnail_url, v.migration_status,
        v.migration_error, v.created_at, v.updated_at, m.size_bytes, m.sha256, m.content_type, m.filename, g.prefix,
        ARRAY(
            SELECT (p.platform, p.external_id, p.external_url, p.embed_url, p.status, p.privacy_level, p.synced_at)
            FROM video_platforms p WHERE p.video_id = v.id ORDER BY p.platform
        ) AS platforms
    FROM videos v
    LEFT JOIN masters m ON m.video_id = v.id AND m.state = 'current'
    LEFT JOIN generations g ON g.id = v.generation_id
"""
_ORDER = "ORDER BY v.created_at DESC, v.id DESC LIMIT"  # with a number behind it: the plan depends on it
FIRST = f"{_VIDEOS} WHERE v.status = 'active' {_ORDER}"
NEXT = f"{_VIDEOS} WHERE v.status = 'active' AND (v.created_at, v.id) < ($1, $2) {_ORDER}"
ONE = f"{_VIDEOS} WHERE v.id = $1"
COUNT = f"SELECT count(*) FROM (SELECT FROM videos WHERE status = 'active' LIMIT {COUNT_BOUND + 1}) AS seen"
ESTIMATE = "EXPLAIN (FORMAT JSON) SELECT id FROM videos WHERE status = 'active'"


def _time(value: datetime | None) -> str | None:
    return value.isoformat().replace("+00:00", "Z") if value else None


def _id(value: UUID | None) -> str | None:
    return str(value) if value else None


def _video(row: asyncpg.Record) -> dict[str, Any]:
    master = None
    if row["sha256"] is not None:
        names = ("sizeBytes", "sha256", "contentType", "filename")
        master = dict(zip(names, (row["size_bytes"], row["sha256"], row["content_type"], row["filename"]), strict=True))
    prefix = row["prefix"]
    return {
        "id": str(row["id"]),
        "title": row["title"],
        "description": row["description"],
        "tags": row["tags"],
        "status": row["status"],
        "visibility": row["visibility"],
        "durationSeconds": row["duration_seconds"],
        "courseId": _id(row["course_id"]),
        "moduleId": _id(row["module_id"]),
        "sortOrder": row["sort_order"],
        "publishedAt": _time(row["published_at"]),
        "pipelineStage": row["pipeline_stage"],
        "masterFileUrl": row["master_file_url"],
        "thumbnailUrl": row["thumbnail_url"],
        "migrationStatus": row["migration_status"],
        "migrationError": row["migration_error"],
        "platforms": [dict(zip(_PLATFORM, (*at[:6], _time(at[6])), strict=True)) for at in row["platforms"]],
        "master": master,
        "generation": prefix.rstrip("/").rpartition("/")[2] if prefix else None,
        "createdAt": _time(row["created_at"]),
        "updatedAt": _time(row["updated_at"]),
    }


def _read_cursor(cursor: str) -> list[str]:
    found: list[str] = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    return found


def _json(content: Any) -> Response:
    return Response(json.dumps(content), media_type="application/json")


class Bare:
    """The two endpoints."""

    def __init__(self) -> None:
        self.pool: Any = None
        self.mark = _read_cursor(os.environ["BENCH_CURSOR"])[0]
        self.estimate, self.until = 0, 0.0

    async def videos(self, request: Request) -> Response:
        limit, cursor = int(request.query_params.get("limit", "50")), request.query_params.get("cursor")
        async with self.pool.acquire() as connection:
            if cursor is None:
                rows = await connection.fetch(f"{FIRST} {limit + 1}")
            else:
                _, at, video_id = _read_cursor(cursor)
                rows = await connection.fetch(f"{NEXT} {limit + 1}", datetime.fromisoformat(at), UUID(video_id))
            total, is_estimate = await self._total(connection)
        more = None
        if len(rows) > limit:
            last = rows[limit - 1]
            raw = json.dumps([self.mark, last["created_at"].isoformat(), str(last["id"])], separators=(",", ":"))
            more = base64.urlsafe_b64encode(raw.encode()).rstrip(b"=").decode()
        items = [_video(row) for row in rows[:limit]]
        return _json({"items": items, "total": total, "totalIsEstimate": is_estimate, "nextCursor": more})

    async def video(self, request: Request) -> Response:
        async with self.pool.acquire() as connection:
            row = await connection.fetchrow(ONE, UUID(request.path_params["video_id"]))
        return _json(_video(row))

    async def _total(self, connection: Any) -> tuple[int, bool]:
        """Counted up to the bound, beyond it the planner's guess, which is good for half a minute."""
        if self.until > time.monotonic():
            return self.estimate, True
        total = await connection.fetchval(COUNT)
        if total <= COUNT_BOUND:
            return total, False
        plan = json.loads(await connection.fetchval(ESTIMATE))
        self.estimate, self.until = max(total, int(plan[0]["Plan"]["Plan Rows"])), time.monotonic() + ESTIMATE_SECONDS
        return self.estimate, True


def application() -> Starlette:
    bare = Bare()

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=10, max_size=10) as bare.pool:
            yield

    routes = [Route("/api/videos", bare.videos), Route("/api/videos/{video_id}", bare.video)]
    return Starlette(routes=routes, lifespan=lifespan)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.api_bare", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    port = parser.parse_args().port
    uvicorn.run(
        application(), host="127.0.0.1", port=port, log_config=None, access_log=False, server_header=False,
        proxy_headers=False, timeout_keep_alive=30,
    )  # fmt: skip


if __name__ == "__main__":
    main()
