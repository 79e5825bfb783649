"""How workers show that they are there: one short-lived key each in Redis, read by ``/readyz``."""

import asyncio
import os
import socket
from secrets import token_hex

from redis.asyncio import Redis
from redis.exceptions import RedisError

from shared.jobs.presence import BEAT_SECONDS, TTL_SECONDS, key_of
from shared.log import get_logger

log = get_logger(__name__)


def new_worker_id(role: str) -> str:
    """Unique for each process that ever runs."""
    return f"{role}-{socket.gethostname()}-{os.getpid()}-{token_hex(4)}"


async def beat(redis: Redis, role: str, worker_id: str) -> None:
    """Renew the key until cancelled; an unreachable Redis is waited for."""
    while True:
        try:
            async with asyncio.timeout(BEAT_SECONDS):
                await redis.set(key_of(role, worker_id), "1", ex=TTL_SECONDS)
        except (RedisError, OSError, TimeoutError) as error:
            log.warning("worker.beat_failed", error=str(error))
        await asyncio.sleep(BEAT_SECONDS)
