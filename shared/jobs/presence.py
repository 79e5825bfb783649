"""Which workers were seen lately."""

from collections import Counter

from redis.asyncio import Redis

BEAT_SECONDS = 3
TTL_SECONDS = 12
_PREFIX = "vms:worker:"


def key_of(role: str, worker_id: str) -> str:
    """The key a worker keeps alive."""
    return f"{_PREFIX}{role}:{worker_id}"


async def workers_seen(redis: Redis, *, host: str = "") -> dict[str, int]:
    """How many workers of each role showed themselves within ``TTL_SECONDS``, everywhere or on one host."""
    counted: Counter[str] = Counter()
    async for key in redis.scan_iter(match=f"{_PREFIX}*", count=500):
        role, _, worker_id = key.decode().removeprefix(_PREFIX).partition(":")
        if worker_id.startswith(f"{role}-{host}"):
            counted[role] += 1
    return dict(counted)
