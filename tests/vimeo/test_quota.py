"""The pace of all processes, on the real database; the time is the test's own."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from shared.clients.vimeo import Answered, VimeoBackingOff, VimeoQuotaExhausted
from shared.config import Settings
from shared.db.session import Database
from shared.vimeo import service as vimeo_service
from shared.vimeo.quota import Outlook, Quota, QuotaGate

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 21, tzinfo=UTC)
OK, REFUSED, BROKEN = Answered(200), Answered(429), Answered(503)


class Time:
    """A clock that moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = NOON
        self.slept: list[float] = []

    def __call__(self) -> datetime:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
async def database(database: Database) -> Database:
    """The shared one, with an empty ledger."""
    async with database.session() as session:
        await session.execute(text("DELETE FROM vimeo_usage"))
        await session.execute(text("DELETE FROM vimeo_pace"))
    return database


@pytest.fixture
def gate(settings: Settings, database: Database, time: Time) -> Callable[..., QuotaGate]:
    """A gate; each call is another process."""

    def make(*, quota: int = 1000, patience: float = 90, longest: int = 3600, per_second: float = 1.0) -> QuotaGate:
        given = settings.model_copy(
            update={
                "vimeo_daily_quota": quota,
                "vimeo_max_backoff_seconds": longest,
                "vimeo_requests_per_second": per_second,
            }
        )
        return QuotaGate(given, database, patience_seconds=patience, clock=time, sleep=time.sleep)

    return make


async def usage(database: Database) -> dict[str, tuple[int, int]]:
    async with database.session() as session:
        rows = (await session.execute(text("SELECT day::text, used, refused FROM vimeo_usage ORDER BY day"))).all()
    return {day: (used, refused) for day, used, refused in rows}


async def test_one_request_a_second_whichever_process_asks(
    gate: Callable[..., QuotaGate], time: Time, database: Database
) -> None:
    gates = gate(), gate(), gate()
    for number in range(6):
        await gates[number % 3].admit()
    assert time.now == NOON + timedelta(seconds=5)
    assert await usage(database) == {"2026-11-20": (6, 0)}


async def test_processes_that_ask_at_once_get_slots_of_their_own(
    settings: Settings, database: Database, time: Time
) -> None:
    slots: list[float] = []

    async def note_only(seconds: float) -> None:
        slots.append(seconds)

    gates = [QuotaGate(settings, database, clock=time, sleep=note_only) for _ in range(6)]
    await asyncio.gather(*(one.admit() for one in gates))
    # The first one does not wait at all.
    assert sorted(slots) == [1, 2, 3, 4, 5]


async def test_nobody_holds_a_lock_while_waiting(settings: Settings, database: Database, time: Time) -> None:
    waiting, go = asyncio.Event(), asyncio.Event()

    async def hang(_seconds: float) -> None:
        waiting.set()
        await go.wait()

    first, second = (QuotaGate(settings, database, clock=time, sleep=sleep) for sleep in (time.sleep, hang))
    await first.admit()
    held = asyncio.create_task(second.admit())
    await waiting.wait()
    async with database.session() as session:
        await session.execute(text("SELECT 1 FROM vimeo_pace FOR UPDATE NOWAIT"))
        await session.execute(text("SELECT 1 FROM vimeo_usage FOR UPDATE NOWAIT"))
    go.set()
    await held


async def test_the_day_s_quota_ends_and_begins_again(
    gate: Callable[..., QuotaGate], time: Time, database: Database
) -> None:
    small = gate(quota=3)
    for _ in range(3):
        await small.admit()
    with pytest.raises(VimeoQuotaExhausted) as caught:
        await gate(quota=3).admit()
    assert (caught.value.until, caught.value.status) == (MIDNIGHT, 429)
    assert await usage(database) == {"2026-11-20": (3, 0)}
    time.now = MIDNIGHT
    await small.admit()
    assert await usage(database) == {"2026-11-20": (3, 0), "2026-11-21": (1, 0)}


async def test_a_slot_behind_midnight_counts_on_its_own_day(
    gate: Callable[..., QuotaGate], time: Time, database: Database
) -> None:
    time.now = MIDNIGHT - timedelta(seconds=0.5)
    await gate(quota=1).admit()
    await gate(quota=1).admit()
    assert time.now == MIDNIGHT + timedelta(seconds=0.5)
    assert await usage(database) == {"2026-11-20": (1, 0), "2026-11-21": (1, 0)}


async def test_pauses_double_and_end_with_the_first_success(gate: Callable[..., QuotaGate], time: Time) -> None:
    one = gate(longest=10)
    for wait in (1, 2, 4, 8, 10, 10):
        await one.note(BROKEN)
        before = time.now
        await one.admit()
        assert (time.now - before).total_seconds() == wait
        time.now += timedelta(seconds=20)
    await one.note(OK)
    await one.note(BROKEN)
    before = time.now
    await one.admit()
    assert (time.now - before).total_seconds() == 1


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        (Answered(429, retry_at=NOON + timedelta(seconds=17)), 17),
        (Answered(429, retry_at=NOON + timedelta(seconds=17), resets_at=NOON + timedelta(seconds=40)), 17),
        (Answered(429, remaining=0, resets_at=NOON + timedelta(seconds=40)), 40),
        (Answered(429, resets_at=NOON - timedelta(days=3)), 1),
        (REFUSED, 60),
        (Answered(429, retry_at=NOON + timedelta(days=3)), 80),
        (Answered(503, retry_at=NOON + timedelta(seconds=30)), 30),
        (Answered(0), 1),
        (Answered(408), 1),
        (Answered(200, remaining=0, resets_at=NOON + timedelta(seconds=25)), 25),
        (Answered(200, remaining=0, resets_at=None), 0),
        (Answered(200, remaining=1, resets_at=NOON + timedelta(seconds=25)), 0),
        (Answered(404), 0),
        (Answered(401), 0),
    ],
)
async def test_what_vimeo_asks_for_is_waited_for(
    gate: Callable[..., QuotaGate], time: Time, answer: Answered, seconds: int
) -> None:
    await gate(longest=80).note(answer)
    # Another process than the one that was told.
    await gate(longest=80).admit()
    assert (time.now - NOON).total_seconds() == seconds


async def test_a_long_pause_is_the_caller_s_to_come_back_for(
    gate: Callable[..., QuotaGate], time: Time, database: Database
) -> None:
    until = NOON + timedelta(seconds=91)
    await gate().note(Answered(429, retry_at=until))
    with pytest.raises(VimeoBackingOff) as caught:
        await gate().admit()
    assert (caught.value.until, caught.value.status, time.slept) == (until, 429, [])
    assert await usage(database) == {"2026-11-20": (0, 1)}
    # A person waits less.
    time.now = NOON + timedelta(seconds=60)
    with pytest.raises(VimeoBackingOff):
        await gate(patience=5).admit()
    await gate().admit()
    assert time.now == until


async def test_failures_that_were_under_way_together_are_one(gate: Callable[..., QuotaGate], time: Time) -> None:
    one = gate()
    for _ in range(5):
        await one.note(BROKEN)
    await one.admit()
    assert (time.now - NOON).total_seconds() == 1


async def test_who_waits_hears_of_a_pause_that_begins_meanwhile(
    gate: Callable[..., QuotaGate], time: Time, database: Database, settings: Settings
) -> None:
    other = gate()
    naps = 0

    async def interrupted(seconds: float) -> None:
        nonlocal naps
        naps += 1
        await time.sleep(seconds)
        if naps == 1:
            await other.note(Answered(429, retry_at=time.now + timedelta(seconds=30)))

    await other.admit()
    await QuotaGate(settings, database, clock=time, sleep=interrupted).admit()
    assert naps == 2
    assert time.now == NOON + timedelta(seconds=31)
    # It held two slots one after the other, and used one.
    assert await usage(database) == {"2026-11-20": (2, 1)}


async def test_a_pause_that_begins_meanwhile_and_is_too_long_costs_nothing(
    gate: Callable[..., QuotaGate], time: Time, database: Database, settings: Settings
) -> None:
    other = gate()

    async def interrupted(seconds: float) -> None:
        await time.sleep(seconds)
        await other.note(Answered(429, retry_at=time.now + timedelta(hours=1)))

    await other.admit()
    with pytest.raises(VimeoBackingOff):
        await QuotaGate(settings, database, clock=time, sleep=interrupted).admit()
    assert await usage(database) == {"2026-11-20": (1, 1)}


async def test_what_is_left_and_how_long_it_takes(
    gate: Callable[..., QuotaGate], time: Time, database: Database, settings: Settings
) -> None:
    small = settings.model_copy(update={"vimeo_daily_quota": 10})
    for _ in range(4):
        await gate(quota=10).admit()
    async with database.session() as session:
        assert await vimeo_service.quota(session, small, now=time.now) == Quota(10, 4, 6, MIDNIGHT)
        seen = await vimeo_service.outlook(session, small, now=time.now)
    assert seen.seconds_for(0, time.now) == 0
    assert seen.seconds_for(6, time.now) == 6
    to_midnight = (MIDNIGHT - time.now).total_seconds()
    assert seen.seconds_for(7, time.now) == to_midnight + 1
    assert seen.seconds_for(16, time.now) == to_midnight + 10
    assert seen.seconds_for(17, time.now) == to_midnight + 86400 + 1
    paused = Outlook(seen.quota, time.now + timedelta(seconds=30), 0.5)
    assert paused.seconds_for(2, time.now) == 31


async def test_the_clock_is_the_database_s(settings: Settings, database: Database) -> None:
    one = QuotaGate(settings, database)
    await one.admit()
    await one.note(OK)
    async with database.session() as session:
        found = await vimeo_service.quota(session, settings)
        assert (found.used, found.remaining) == (1, 999)
        assert timedelta() < found.resets_at - datetime.now(UTC) <= timedelta(days=1, minutes=1)
