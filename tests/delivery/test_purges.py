"""From the transaction that makes a purge necessary to the CDN, whatever fails on the way."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text
from sqlmodel import select

from cli.fakes.bunny import KEY, FakeBunny
from shared.alerts.models import Alert
from shared.config import Settings
from shared.db.session import Database
from shared.delivery import service as delivery_service
from shared.delivery.models import CdnPurge
from worker.delivery import BURST, Pace, Purging


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient() as found:
        yield found


@pytest.fixture
async def database(database: Database) -> Database:
    """The shared one, without purges."""
    async with database.session() as session:
        await session.execute(text("DELETE FROM cdn_purges"))
        await session.execute(text("DELETE FROM alerts"))
    return database


@pytest.fixture
def purging(with_cdn: Settings, database: Database, client: httpx.AsyncClient, clock: Clock) -> Purging:
    return Purging(with_cdn, database, client, clock=clock)


async def rows(database: Database) -> list[CdnPurge]:
    async with database.session() as session:
        return list(await session.scalars(select(CdnPurge).order_by(CdnPurge.id)))  # type: ignore[arg-type]


async def ask(database: Database, *, count: int = 1) -> list[str]:
    ids = [uuid4() for _ in range(count)]
    async with database.session() as session:
        await delivery_service.purge_videos(session, ids, "rolled back")
    return sorted(f"https://videos.example.org/{one}/*" for one in ids)


async def make_due(database: Database) -> None:
    async with database.session() as session:
        await session.execute(text("UPDATE cdn_purges SET next_at = now()"))


async def test_a_video_is_purged_once_by_one_call(database: Database, purging: Purging, bunny: FakeBunny) -> None:
    video_id = uuid4()
    for reason in ("rolled back", "archived"):
        async with database.session() as session:
            await delivery_service.purge_video(session, video_id, reason)
    await purging.step()
    await purging.step()
    assert bunny.purged == [f"https://videos.example.org/{video_id}/*"]
    [row] = await rows(database)
    assert (row.prefix, row.reason, row.attempts, row.error) == (f"/{video_id}/", "archived", 1, None)
    assert row.done_at is not None


async def test_what_is_rolled_back_in_the_database_is_not_purged(
    database: Database, purging: Purging, bunny: FakeBunny
) -> None:
    async def fail() -> None:
        async with database.session() as session:
            await delivery_service.purge_video(session, uuid4(), "archived")
            raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        await fail()
    await purging.step()
    assert not bunny.purged


async def test_the_pace_is_bunnys(database: Database, purging: Purging, bunny: FakeBunny, clock: Clock) -> None:
    bunny.purge_limit = 1000
    await ask(database, count=BURST + 3)
    await purging.step()
    assert len(bunny.purged) == BURST
    clock.now = 1.9
    await purging.step()
    assert len(bunny.purged) == BURST
    clock.now = 4
    await purging.step()
    assert len(bunny.purged) == BURST + 2


def test_the_bucket_never_holds_more_than_a_burst(clock: Clock) -> None:
    pace = Pace(clock)
    clock.now = 1e6
    assert [pace.take() for _ in range(BURST + 1)] == [True] * BURST + [False]


async def test_too_fast_holds_up_all(database: Database, purging: Purging, bunny: FakeBunny) -> None:
    bunny.purge_limit = 1
    wanted = await ask(database, count=3)
    await purging.step()
    await purging.step()
    assert bunny.calls["POST /purge"] == 2, "after 429 nothing is sent before the pause is over"
    async with database.session() as session:
        waits = await session.scalars(
            text("SELECT extract(epoch FROM next_at - now())::float FROM cdn_purges WHERE done_at IS NULL")
        )
        assert all(25 < wait <= 30 for wait in waits)
    bunny.purge_limit = 20
    await make_due(database)
    await purging.step()
    assert sorted(bunny.purged) == wanted


async def test_after_ten_tries_somebody_is_told(database: Database, purging: Purging, bunny: FakeBunny) -> None:
    bunny.key = "another"
    await ask(database)
    for _ in range(delivery_service.MAX_TRIES + 1):
        await make_due(database)
        await purging.step()
    assert bunny.calls["POST /purge"] == delivery_service.MAX_TRIES == 10
    [row] = await rows(database)
    assert row.done_at is not None
    assert row.error == "Bunny refuses the key: check BUNNY_API_KEY"
    async with database.session() as session:
        [alert] = await session.scalars(select(Alert))
    assert alert.kind == "cdn_purge_failed"
    assert row.prefix in alert.text
    assert KEY not in alert.text


async def test_a_purge_that_is_asked_for_while_it_is_sent_is_sent_again(
    database: Database, purging: Purging, bunny: FakeBunny
) -> None:
    video_id = uuid4()
    async with database.session() as session:
        await delivery_service.purge_video(session, video_id, "archived")
    async with database.session() as session:
        claimed = await delivery_service.claim(session)
    assert claimed is not None
    async with database.session() as session:
        await delivery_service.purge_video(session, video_id, "rolled back")
    async with database.session() as session:
        await delivery_service.note_done(session, claimed)
    await purging.step()
    assert len(bunny.purged) == 1
    [row] = await rows(database)
    assert (row.reason, row.requests) == ("rolled back", 2)


async def test_a_worker_that_dies_while_it_sends_leaves_the_purge_to_others(
    database: Database, purging: Purging, bunny: FakeBunny, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ask(database)

    async def die(*_: object, **__: object) -> None:
        raise asyncio.CancelledError

    with monkeypatch.context() as patch:
        patch.setattr(delivery_service, "note_done", die)
        with pytest.raises(asyncio.CancelledError):
            await purging.step()
    await purging.step()
    assert len(bunny.purged) == 1, "the claim holds for a while"
    await make_due(database)
    await purging.step()
    assert len(bunny.purged) == 2
    assert (await rows(database))[0].done_at is not None


async def test_several_workers_send_each_once(
    with_cdn: Settings, database: Database, client: httpx.AsyncClient, bunny: FakeBunny
) -> None:
    wanted = await ask(database, count=8)
    await asyncio.gather(*(Purging(with_cdn, database, client).step() for _ in range(3)))
    assert sorted(bunny.purged) == wanted


async def test_without_a_key_nothing_is_kept(settings: Settings, database: Database, client: httpx.AsyncClient) -> None:
    await ask(database)
    await Purging(settings, database, client).step()
    assert await rows(database) == []
