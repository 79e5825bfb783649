"""``/healthz`` and ``/readyz``, which the stack waits for."""

import httpx
import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from api.routes import health


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
async def test_head_answers_like_get(anonymous: httpx.AsyncClient, path: str):
    assert (await anonymous.head(path)).status_code == (await anonymous.get(path)).status_code == 200


async def test_redis_dying_while_workers_are_counted_is_503(
    anonymous: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
):
    async def gone(_: object) -> dict[str, int]:
        raise RedisConnectionError("gone")

    monkeypatch.setattr(health, "workers_seen", gone)
    answer = await anonymous.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"] | {"redis": "?"} == {"postgres": "ok", "migrations": "ok", "redis": "?", "s3": "ok"}
    assert answer.json()["checks"]["redis"] != "ok"
    assert answer.json()["workers"] == {}
