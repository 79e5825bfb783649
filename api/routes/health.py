"""Alive, ready, measured."""

import asyncio
from collections.abc import Awaitable
from typing import Any

from alembic.script import ScriptDirectory
from fastapi import Request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, Field
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import JSONResponse, Response

from api.deps import DatabaseDep, S3Dep, noun_router
from api.security import OPEN
from shared.db.migrate import alembic_config
from shared.db.session import Database
from shared.errors import AppError
from shared.jobs.presence import workers_seen

router = noun_router("", tag="health")
_TIMEOUT_SECONDS = 5.0
_head: str | None = None


class Alive(BaseModel):
    """The process answers."""

    status: str = "ok"


class Readiness(BaseModel):
    """Each part: ``ok``, or what is wrong with it."""

    status: str = Field(description="ready or not_ready")
    checks: dict[str, str]
    workers: dict[str, int] = Field(description="workers seen in the last seconds, by role; none is not an error")


@router.head("/healthz", dependencies=[OPEN], include_in_schema=False)
@router.get("/healthz", dependencies=[OPEN])
async def alive() -> Alive:
    """The process answers; nothing else is asked."""
    return Alive()


async def _migrated(database: Database) -> None:
    global _head  # noqa: PLW0603  the newest revision is a fact of the installed code
    if _head is None:
        _head = await asyncio.to_thread(ScriptDirectory.from_config(alembic_config()).get_current_head) or ""
    async with database.engine.connect() as connection:
        current = (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar()
    if current != _head:
        raise RuntimeError(f"the schema is at {current}, this code needs {_head}: run `python -m shared.db.migrate`")


async def _postgres(database: Database) -> None:
    async with database.engine.connect() as connection:
        await connection.execute(text("SELECT 1"))


async def _check(step: Awaitable[Any]) -> str:
    try:
        async with asyncio.timeout(_TIMEOUT_SECONDS):
            await step
    except TimeoutError:
        return f"no answer within {_TIMEOUT_SECONDS:g} s"
    except (SQLAlchemyError, RedisError, AppError, OSError, RuntimeError) as error:
        return f"{type(error).__name__}: {error}".splitlines()[0][:300]
    return "ok"


@router.head("/readyz", dependencies=[OPEN], include_in_schema=False)
@router.get("/readyz", dependencies=[OPEN], responses={503: {"model": Readiness}})
async def ready(request: Request, database: DatabaseDep, s3: S3Dep) -> JSONResponse:
    """PostgreSQL, Redis, S3 and the schema are there; 503 says which is not."""
    redis = request.app.state.redis
    workers: dict[str, int] = {}

    async def see_workers() -> None:
        workers.update(await workers_seen(redis))

    names = ("postgres", "migrations", "redis", "s3")
    results = await asyncio.gather(
        _check(_postgres(database)), _check(_migrated(database)), _check(see_workers()), _check(s3.ping())
    )
    checks = dict(zip(names, results, strict=True))
    is_ready = all(result == "ok" for result in results)
    body = Readiness(status="ready" if is_ready else "not_ready", checks=checks, workers=workers)
    return JSONResponse(body.model_dump(), 200 if is_ready else 503)


@router.get("/metrics", dependencies=[OPEN], response_class=Response)
async def metrics() -> Response:
    """Prometheus text format."""
    return Response(generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})
