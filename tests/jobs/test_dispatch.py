"""From the outbox to Redis, whatever Redis or a worker forgets."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from arq.connections import ArqRedis
from arq.constants import in_progress_key_prefix
from sqlalchemy import text

from shared.clock import utc_now
from shared.config import Settings
from shared.db.session import Database
from shared.jobs import dispatch, outbox, queue
from shared.jobs.dispatch import Dispatcher, arq_id
from shared.jobs.models import Outbox
from shared.jobs.tasks import DELETE_OBJECTS, ENCODE_VIDEO, DeleteObjectsPayload, EncodePayload


class Impatient(Dispatcher):
    """The same, without the waiting."""

    TAKEN_GRACE_SECONDS = 0.0
    LOST_AFTER_SECONDS = 0.0


@pytest.fixture
async def pool(settings: Settings, database: Database) -> AsyncIterator[ArqRedis]:
    """An empty Redis and an empty outbox."""
    found = await queue.open_queue(settings)
    await found.flushall()
    async with database.session() as session:
        await session.execute(text("DELETE FROM outbox"))
    yield found
    await found.flushall()
    await found.aclose()


def encode_payload() -> EncodePayload:
    return EncodePayload(
        job_id=uuid4(),
        video_id=uuid4(),
        attempt=1,
        master_bucket="m",
        master_key="k",
        output_bucket="o",
        output_prefix="p/",
    )


async def enqueue(database: Database, payload: EncodePayload | None = None) -> UUID:
    async with database.session() as session:
        return await outbox.enqueue(session, ENCODE_VIDEO, payload or encode_payload())


async def row_of(database: Database, outbox_id: UUID) -> Outbox:
    async with database.session() as session:
        row = await session.get(Outbox, outbox_id)
        assert row is not None
        return row


async def waiting(pool: ArqRedis) -> list[str]:
    return [entry.decode() for entry in await pool.zrange(ENCODE_VIDEO.queue.value, 0, -1)]


async def test_what_is_rolled_back_is_never_sent(database: Database, pool: ArqRedis) -> None:
    async def fail() -> None:
        async with database.session() as session:
            await outbox.enqueue(session, ENCODE_VIDEO, encode_payload())
            raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        await fail()
    assert await Dispatcher(database, pool).dispatch_due() == 0


async def test_a_message_arrives_once_as_json(database: Database, pool: ArqRedis) -> None:
    payload = encode_payload()
    outbox_id = await enqueue(database, payload)
    dispatcher = Dispatcher(database, pool)
    assert await dispatcher.dispatch_due() == 1
    assert await dispatcher.dispatch_due() == 0
    assert await waiting(pool) == [f"{outbox_id}:1"]
    stored = queue.deserialize(await pool.get(f"arq:job:{outbox_id}:1"))
    assert stored["f"] == "encode_video"
    assert EncodePayload.model_validate(stored["a"][0]) == payload


async def test_two_dispatchers_send_a_message_once(database: Database, pool: ArqRedis) -> None:
    for _ in range(30):
        await enqueue(database)
    counts = await asyncio.gather(*(Dispatcher(database, pool).dispatch_due() for _ in range(4)))
    assert sum(counts) == 30
    assert len(await waiting(pool)) == 30


async def test_a_message_for_later_waits(database: Database, pool: ArqRedis) -> None:
    async with database.session() as session:
        await outbox.enqueue(session, ENCODE_VIDEO, encode_payload(), available_at=utc_now() + timedelta(hours=1))
    assert await Dispatcher(database, pool).dispatch_due() == 0


async def test_what_redis_forgot_is_sent_again_until_a_worker_has_it(database: Database, pool: ArqRedis) -> None:
    outbox_id = await enqueue(database)
    dispatcher = Impatient(database, pool)
    await dispatcher.dispatch_due()
    assert await dispatcher.recover_lost() == 0
    await pool.flushall()
    assert await dispatcher.recover_lost() == 1
    assert await dispatcher.dispatch_due() == 1
    assert await waiting(pool) == [f"{outbox_id}:2"]
    async with database.session() as session:
        await outbox.acknowledge(session, outbox_id)
    await pool.flushall()
    assert await dispatcher.recover_lost() == 0


async def test_a_worker_that_dies_before_it_reports_does_not_keep_the_message(
    database: Database, pool: ArqRedis
) -> None:
    outbox_id = await enqueue(database)
    dispatcher = Impatient(database, pool)
    await dispatcher.dispatch_due()
    taken = arq_id(await row_of(database, outbox_id))
    await pool.set(in_progress_key_prefix + taken, b"1")
    assert await dispatcher.recover_lost() == 0
    assert await dispatcher.recover_lost() == 1
    assert await pool.get(in_progress_key_prefix + taken) is None
    assert await dispatcher.dispatch_due() == 1
    assert await waiting(pool) == [f"{outbox_id}:2"]


async def test_a_task_that_does_not_report_is_sent_once(database: Database, pool: ArqRedis) -> None:
    async with database.session() as session:
        outbox_id = await outbox.enqueue(session, DELETE_OBJECTS, DeleteObjectsPayload(bucket="b", prefix="p/"))
    dispatcher = Impatient(database, pool)
    await dispatcher.dispatch_due()
    assert (await row_of(database, outbox_id)).acknowledged_at is not None
    await pool.flushall()
    assert await dispatcher.recover_lost() == 0


async def test_asking_again_for_what_is_still_waiting_adds_nothing(database: Database, pool: ArqRedis) -> None:
    dispatcher = Dispatcher(database, pool)
    for prefix in ("p/", "p/", "q/"):
        async with database.session() as session:
            await outbox.enqueue(session, DELETE_OBJECTS, DeleteObjectsPayload(bucket="b", prefix=prefix))
        await dispatcher.dispatch_due()
    assert await pool.zcard(DELETE_OBJECTS.queue.value) == 2


async def test_while_redis_is_away_nothing_is_marked_as_sent(
    database: Database, pool: ArqRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object, **__: object) -> None:
        raise ConnectionError("Redis is away")

    outbox_id = await enqueue(database)
    with monkeypatch.context() as patch:
        patch.setattr(queue, "push", refuse)
        with pytest.raises(ConnectionError):
            await Dispatcher(database, pool).dispatch_due()
    assert (await row_of(database, outbox_id)).dispatched_at is None
    assert await Dispatcher(database, pool).dispatch_due() == 1


async def test_what_gets_lost_again_and_again_is_sent_ever_more_seldom(database: Database, pool: ArqRedis) -> None:
    outbox_id = await enqueue(database)
    dispatcher = Dispatcher(database, pool)
    await dispatcher.dispatch_due()
    for sent, seconds_ago, again in ((1, 3, 1), (4, 3, 0), (4, 17, 1), (40, 59, 0), (40, 61, 1)):
        await pool.flushall()
        async with database.session() as session:
            await session.execute(
                text(
                    "UPDATE outbox SET dispatch_count = :n, dispatched_at = now() - make_interval(secs => :s) "
                    "WHERE id = :i"
                ),
                {"n": sent, "s": seconds_ago, "i": outbox_id},
            )
        assert await dispatcher.recover_lost() == again, (sent, seconds_ago)


async def test_a_lost_message_is_found_behind_many_that_wait(
    database: Database, pool: ArqRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two films of twelve hours are more messages than are looked at in one go."""
    monkeypatch.setattr(dispatch, "PAGE", 3)
    async with database.session() as session:
        await outbox.enqueue_all(session, ENCODE_VIDEO, [encode_payload() for _ in range(7)], [10] * 7)
    dispatcher = Impatient(database, pool)
    await dispatcher.dispatch_due()
    late = await enqueue(database)
    await dispatcher.dispatch_due()
    await queue.forget(pool, queue=ENCODE_VIDEO.queue.value, job_id=arq_id(await row_of(database, late)))
    assert await dispatcher.recover_lost() == 1
    assert (await row_of(database, late)).dispatched_at is None
    assert len(await waiting(pool)) == 7
