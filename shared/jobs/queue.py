"""The only code that knows arq's client side."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from arq.connections import ArqRedis, RedisSettings, create_pool
from arq.constants import in_progress_key_prefix, job_key_prefix

from shared.config import Settings

# A message may wait this long in Redis for a worker; Postgres hands it over again afterwards.
EXPIRES_SECONDS = 7 * 86400
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# A Redis that is silent for this long is treated as away. arq's pool has no such limit of its own.
ANSWER_SECONDS = 5


def serialize(value: dict[str, Any]) -> bytes:
    """JSON instead of arq's pickle."""
    return json.dumps(value, default=str).encode()


def deserialize(raw: bytes) -> dict[str, Any]:
    """The other way."""
    value: dict[str, Any] = json.loads(raw)
    return value


def redis_settings(settings: Settings) -> RedisSettings:
    """arq's connection settings; a worker that cannot reach Redis for ten seconds ends and is restarted."""
    found = RedisSettings.from_dsn(settings.redis_url.get_secret_value())
    found.conn_timeout = 3
    found.conn_retries = 10
    found.conn_retry_delay = 1
    return found


async def open_queue(settings: Settings) -> ArqRedis:
    """A pool that enqueues."""
    return await create_pool(redis_settings(settings), job_serializer=serialize, job_deserializer=deserialize)


async def push(
    pool: ArqRedis, *, queue: str, task: str, job_id: str, payload: dict[str, Any], score: int | None = None
) -> None:
    """Hand one message to Redis; the same ``job_id`` twice is one message.

    The lowest ``score`` is taken first, in ``(0, now)`` as milliseconds since 1970; None is now.
    """
    due = None if score is None else _EPOCH + timedelta(milliseconds=score)
    async with asyncio.timeout(ANSWER_SECONDS):
        await pool.enqueue_job(
            task, payload, _job_id=job_id, _queue_name=queue, _expires=EXPIRES_SECONDS, _defer_until=due
        )


async def presence(pool: ArqRedis, job_ids: list[str]) -> list[tuple[bool, bool]]:
    """For each message: whether Redis still has it, and whether some worker took it."""
    pipe = pool.pipeline(transaction=False)
    for job_id in job_ids:
        pipe.exists(job_key_prefix + job_id)
        pipe.exists(in_progress_key_prefix + job_id)
    async with asyncio.timeout(ANSWER_SECONDS):
        answers = await pipe.execute()
    return [(bool(answers[i]), bool(answers[i + 1])) for i in range(0, len(answers), 2)]


async def take_back(pool: ArqRedis, *, queue: str, job_id: str) -> None:
    """Take a message out of Redis unless a worker has it."""
    if (await presence(pool, [job_id]))[0] == (True, False):
        await forget(pool, queue=queue, job_id=job_id)


async def forget(pool: ArqRedis, *, queue: str, job_id: str) -> None:
    """Take a message out of Redis whatever its state, so that a dead worker's lock on it does not linger."""
    pipe = pool.pipeline(transaction=True)
    pipe.zrem(queue, job_id)
    pipe.delete(job_key_prefix + job_id, in_progress_key_prefix + job_id)
    async with asyncio.timeout(ANSWER_SECONDS):
        await pipe.execute()
