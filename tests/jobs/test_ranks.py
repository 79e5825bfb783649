"""In which order workers take what waits: by priority, then evenly between jobs, then by age. On a real Redis."""

from uuid import UUID, uuid4

import pytest
from arq.connections import ArqRedis
from arq.constants import in_progress_key_prefix
from arq.utils import timestamp_ms
from sqlalchemy import text

from shared.db.session import Database
from shared.jobs import outbox, queue
from shared.jobs.dispatch import Dispatcher
from shared.jobs.ranks import CLASS, rank_of, score_of
from shared.jobs.tasks import ENCODE_VIDEO, EncodePayload, Queue
from tests.jobs.test_dispatch import encode_payload, pool, waiting

__all__ = ["pool"]


@pytest.fixture
def line(database: Database, pool: ArqRedis) -> "Line":
    return Line(database, pool)


class Line:
    """Jobs that queue their windows, and a worker that takes one message at a time."""

    def __init__(self, database: Database, pool: ArqRedis) -> None:
        self._database = database
        self._pool = pool
        self._dispatcher = Dispatcher(database, pool)
        self._names: dict[UUID, str] = {}

    async def join(self, name: str, windows: int, priority: int = 0) -> list[UUID]:
        """A job whose windows are queued in one transaction."""
        async with self._database.session() as session:
            first = await outbox.next_rank(session, Queue.encoding, priority)
            ids = [
                await outbox.enqueue(session, ENCODE_VIDEO, encode_payload(), rank=first + number)
                for number in range(windows)
            ]
        self._names |= {message: f"{name}{number}" for number, message in enumerate(ids)}
        await self._dispatcher.dispatch_due()
        return ids

    async def move(self, ids: list[UUID], priority: int) -> None:
        async with self._database.session() as session:
            rank = await outbox.next_rank(session, Queue.encoding, priority)
            await outbox.move(session, ids, to_rank=rank)
        await self._dispatcher.dispatch_due()

    async def take(self, count: int) -> list[str]:
        """As a worker: what is due comes by its score, and is confirmed when it is begun."""
        taken = []
        for _ in range(count):
            name = Queue.encoding.value
            ((entry, score),) = await self._pool.zrangebyscore(name, 1, timestamp_ms(), 0, 1, withscores=True)
            assert score
            await queue.forget(self._pool, queue=name, job_id=entry.decode())
            message = UUID(entry.decode().split(":")[0])
            async with self._database.session() as session:
                await outbox.acknowledge(session, message)
            taken.append(self._names[message])
        return taken


async def test_a_clip_does_not_wait_for_a_film(line: Line) -> None:
    await line.join("film", 120)
    await line.take(40)
    await line.join("clip", 1)
    assert await line.take(3) == ["film40", "clip0", "film41"]


async def test_two_films_move_on_evenly(line: Line) -> None:
    await line.join("a", 10)
    assert await line.take(4) == ["a0", "a1", "a2", "a3"]
    await line.join("b", 10)
    assert await line.take(6) == ["a4", "b0", "a5", "b1", "a6", "b2"]


async def test_many_clips_do_not_keep_a_film_from_moving(line: Line) -> None:
    await line.join("film", 5)
    await line.take(1)
    for number in range(3):
        await line.join(f"clip{number}-", 1)
    taken = await line.take(7)
    assert taken[:1] == ["film1"]
    assert taken[4:] == ["film2", "film3", "film4"]


async def test_what_is_equal_goes_by_age(line: Line) -> None:
    for number in range(12):
        await line.join(f"{number}-", 1)
    assert await line.take(12) == [f"{number}-0" for number in range(12)]


async def test_high_before_normal_before_low(line: Line) -> None:
    await line.join("low", 2, priority=-1)
    await line.join("normal", 2)
    await line.join("high", 2, priority=1)
    assert await line.take(6) == ["high0", "high1", "normal0", "normal1", "low0", "low1"]


async def test_a_new_priority_counts_for_what_waits_in_redis_already(line: Line, pool: ArqRedis) -> None:
    first = await line.join("a", 3)
    second = await line.join("b", 3)
    await line.move(second, 1)
    await line.move(first, -1)
    assert len(await waiting(pool)) == 6
    await line.join("c", 1)
    assert await line.take(7) == ["b0", "b1", "b2", "c0", "a0", "a1", "a2"]


async def test_what_was_taken_is_not_moved(line: Line, pool: ArqRedis) -> None:
    ids = await line.join("a", 2)
    await line.take(1)
    await line.move(ids, 1)
    assert await line.take(1) == ["a1"]
    assert await waiting(pool) == []


async def test_what_a_worker_has_just_taken_stays_its_own(database: Database, line: Line, pool: ArqRedis) -> None:
    ids = await line.join("a", 1)
    (entry,) = await waiting(pool)
    await pool.set(in_progress_key_prefix + entry, b"1")
    await line.move(ids, 1)
    assert await pool.exists(in_progress_key_prefix + entry, f"arq:job:{entry}") == 2


async def test_what_is_held_back_does_not_tell_where_the_line_begins(database: Database, line: Line) -> None:
    held = await line.join("held", 1)
    async with database.session() as session:
        await session.execute(text("UPDATE outbox SET rank = 5, available_at = now() + interval '1 hour'"))
        assert await outbox.next_rank(session, Queue.encoding, 0) > 5
        await outbox.hasten(session, held)
        assert await outbox.next_rank(session, Queue.encoding, 0) == 5
        assert await outbox.next_rank(session, Queue.encoding, 0, before_all=True) == 4


@pytest.mark.parametrize("rank", [rank_of(1, 0), rank_of(0, 0), rank_of(0, 17), rank_of(-1, CLASS - 1)])
async def test_every_rank_is_a_score_that_is_due(pool: ArqRedis, rank: int) -> None:
    """arq takes neither a score of 0 nor one beyond now."""
    assert 0 < score_of(rank) < timestamp_ms()
    payload = EncodePayload.model_dump(encode_payload(), mode="json", by_alias=True)
    await queue.push(
        pool, queue="ranks", task="encode_video", job_id=str(uuid4()), payload=payload, score=score_of(rank)
    )
    ((_, score),) = await pool.zrange("ranks", 0, -1, withscores=True)
    assert score == score_of(rank)
