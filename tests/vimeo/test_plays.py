"""Vimeo's counts once a day: what they have grown by, and its own daily numbers where the plan offers them."""

from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import text

from cli.fakes.vimeo import FakeClip, FakeVimeo
from shared.config import Settings
from shared.db.session import Database
from shared.platforms.models import Platform, VideoPlatform
from shared.vimeo import plays
from tests.factories import make_video
from worker.vimeo_daily import VimeoDaily

MONDAY = datetime(2031, 3, 3, 4, 0, tzinfo=UTC)
DAY = timedelta(days=1)
_CLEAN = (
    "DELETE FROM videos WHERE id IN (SELECT video_id FROM video_platforms WHERE platform = 'vimeo')",
    "DELETE FROM vimeo_days",
    "DELETE FROM vimeo_usage",
    "DELETE FROM vimeo_pace",
)
Daily = Callable[[datetime], VimeoDaily]


@pytest.fixture
def fake() -> Iterator[FakeVimeo]:
    with FakeVimeo(
        [FakeClip("71", name="Sea", plays=10, duration=60), FakeClip("72", name="Hill", plays=5)]
    ) as running:
        running.rate_limit = None
        yield running


async def clean(database: Database) -> None:
    async with database.session() as session:
        for statement in _CLEAN:
            await session.execute(text(statement))


@pytest.fixture
async def videos(database: Database) -> AsyncIterator[dict[str, UUID]]:
    """Ids by the number at Vimeo."""
    made: dict[str, UUID] = {}
    await clean(database)
    for number in ("71", "72"):
        made[number] = await make_video(database)
        async with database.session() as session:
            session.add(VideoPlatform(video_id=made[number], platform=Platform.vimeo, external_id=number))
    yield made
    await clean(database)


@pytest.fixture
async def daily(settings: Settings, database: Database, fake: FakeVimeo) -> AsyncIterator[Daily]:
    """A control worker's share at a time of its own."""
    connected = settings.model_copy(
        update={
            "vimeo_api_url": fake.url,
            "vimeo_access_token": SecretStr(fake.token),
            "vimeo_requests_per_second": 100.0,
        }
    )
    async with httpx.AsyncClient(trust_env=False) as http:
        yield lambda now: VimeoDaily(connected, database, http, now=lambda: now)


async def views(database: Database, video_id: UUID) -> dict[date, int | None]:
    query = "SELECT date, views FROM video_analytics WHERE video_id = :id AND platform = 'vimeo'"
    async with database.session() as session:
        rows: list[Any] = list(await session.execute(text(query), {"id": video_id}))
    return {row.date: row.views for row in rows}


async def test_what_a_count_has_grown_by_are_the_views_of_the_day_before(
    daily: Daily, fake: FakeVimeo, videos: dict[str, UUID], database: Database
) -> None:
    await daily(MONDAY).step()
    assert await views(database, videos["71"]) == {}, "one count says nothing of a day"
    fake.clips["71"].plays, fake.clips["72"].plays = 17, None
    await daily(MONDAY + DAY).step()
    await daily(MONDAY + DAY + timedelta(hours=3)).step()
    assert await views(database, videos["71"]) == {MONDAY.date(): 7}
    assert await views(database, videos["72"]) == {}, "hidden is unknown, and not zero"
    fake.clips["71"].plays = 12
    await daily(MONDAY + 2 * DAY).step()
    assert await views(database, videos["71"]) == {MONDAY.date(): 7}, "a count that shrinks says nothing"
    fake.clips["71"].plays = 12
    await daily(MONDAY + 3 * DAY).step()
    assert (await views(database, videos["71"]))[(MONDAY + 2 * DAY).date()] == 0
    assert fake.requests["/me/videos"] == 4, "once a day"


async def test_after_missed_days_the_last_one_has_the_sum(
    daily: Daily, fake: FakeVimeo, videos: dict[str, UUID], database: Database
) -> None:
    await daily(MONDAY).step()
    fake.clips["72"].plays = 11
    await daily(MONDAY + 4 * DAY).step()
    assert await views(database, videos["72"]) == {(MONDAY + 3 * DAY).date(): 6}


async def test_a_killed_reading_goes_on_with_the_next_page(
    daily: Daily, fake: FakeVimeo, videos: dict[str, UUID], database: Database
) -> None:
    fake.add(*FakeClip.many(120))
    async with database.session() as session:
        turn = await plays.claim(session, MONDAY)
        assert turn is not None
        assert await plays.claim(session, MONDAY) is None, "somebody has it"
        following = await plays.keep_page(session, turn, [("71", 10)], "/me/videos?page=2", MONDAY)
        assert following is not None
        assert await plays.keep_page(session, turn, [("71", 99)], "/me/videos?page=2", MONDAY) is None, "kept already"
    fake.forget()
    await daily(MONDAY + plays.LEASE + timedelta(seconds=1)).step()
    assert [hit.query.get("page") for hit in fake.hits if hit.path == "/me/videos"] == ["2"]
    fake.clips["71"].plays = 14
    await daily(MONDAY + DAY).step()
    assert await views(database, videos["71"]) == {MONDAY.date(): 4}


async def test_trouble_is_waited_out(
    daily: Daily, fake: FakeVimeo, videos: dict[str, UUID], database: Database
) -> None:
    fake.fail(403)
    await daily(MONDAY).step()
    fake.forget()
    await daily(MONDAY + timedelta(minutes=10)).step()
    assert fake.requests["/me/videos"] == 0
    await daily(MONDAY + timedelta(minutes=20)).step()
    assert fake.requests["/me/videos"] == 1
    fake.clips["71"].plays = 12
    await daily(MONDAY + DAY).step()
    assert await views(database, videos["71"]) == {MONDAY.date(): 2}


async def test_numbers_of_vimeo_itself_count_where_the_plan_offers_them(
    daily: Daily, fake: FakeVimeo, videos: dict[str, UUID], database: Database
) -> None:
    fake.offers_analytics = True
    await daily(MONDAY).step()
    found = await views(database, videos["71"])
    yesterday = (MONDAY - DAY).date()
    assert found[yesterday] == 10
    assert min(found) == (MONDAY - plays.FIRST_DAYS * DAY).date()
    query = "SELECT watch_seconds, unique_viewers FROM video_analytics WHERE video_id = :id AND date = :day"
    async with database.session() as session:
        row = (await session.execute(text(query), {"id": videos["71"], "day": yesterday})).one()
    assert (row.watch_seconds, row.unique_viewers) == (600, 5)
    fake.forget()
    await daily(MONDAY + DAY).step()
    asked = next(hit for hit in fake.hits if hit.path == "/me/analytics")
    assert asked.query["from"] == (MONDAY - 3 * DAY).date().isoformat(), "the last days may still grow"
