"""The dashboard: totals, days, platforms, trends, the first videos and the CSV, over HTTP."""

import csv
import io
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text

from shared.analytics import costs
from shared.analytics import service as analytics_service
from shared.analytics.service import DailyNumbers
from shared.clock import utc_now
from shared.config import Settings
from shared.db.session import Database
from shared.platforms.models import Platform
from tests.analytics.conftest import Clock, film, rows
from worker.analytics import Analytics

FIRST, LAST = date(2026, 3, 1), date(2026, 3, 4)
RANGE = {"from": str(FIRST), "to": str(LAST)}


async def record(database: Database, *numbers: DailyNumbers) -> None:
    async with database.session() as session:
        await analytics_service.record_daily(session, numbers)


def vimeo(video_id: UUID, day: date, **fields: Any) -> DailyNumbers:
    return DailyNumbers(video_id, Platform.vimeo, day, **fields)


def own(video_id: UUID, day: date, **fields: Any) -> DailyNumbers:
    return DailyNumbers(video_id, Platform.hetzner, day, **fields)


async def test_totals_days_platforms_and_trend(database: Database, viewer: httpx.AsyncClient, video: UUID):
    other = await film(database)
    await record(
        database,
        vimeo(video, FIRST - timedelta(days=1), views=8),
        vimeo(video, FIRST - timedelta(days=5), views=1000),
        vimeo(video, FIRST, views=4, likes=2),
        vimeo(video, LAST),
        own(video, FIRST, views=3, watch_seconds=100, errors=1),
        own(other, LAST, views=5, watch_seconds=80, errors=0),
        own(other, LAST + timedelta(days=1), views=1000),
    )
    answer = (await viewer.get("/api/videos/analytics", params=RANGE)).raise_for_status().json()
    totals = answer["totals"]
    assert (totals["views"], totals["watchSeconds"], totals["watchTimeMinutes"]) == (12, 180, 3)
    assert (totals["errors"], totals["likes"], totals["uniqueViewers"]) == (1, 2, None)
    assert [day["date"] for day in answer["byDay"]] == [f"2026-03-0{number}" for number in (1, 2, 3, 4)]
    assert [day["views"] for day in answer["byDay"]] == [7, 0, 0, 5]
    assert [day["uniqueViewers"] for day in answer["byDay"]] == [None] * 4
    assert [(one["platform"], one["views"], one["watchSeconds"]) for one in answer["byPlatform"]] == [
        ("hetzner", 8, 180),
        ("vimeo", 4, None),
    ]
    assert answer["trends"]["views"] == {"current": 12, "previous": 8, "change": 4, "changePercent": 50.0}
    assert answer["trends"]["watchSeconds"]["changePercent"] is None
    only = (await viewer.get("/api/videos/analytics", params={**RANGE, "platform": "vimeo"})).json()
    assert [day["views"] for day in only["byDay"]] == [4, 0, 0, None], "a row that does not know is not nothing"
    assert [one["platform"] for one in only["byPlatform"]] == ["vimeo"]


async def test_one_video(database: Database, viewer: httpx.AsyncClient, video: UUID):
    await record(
        database,
        own(video, FIRST, views=3, watch_seconds=30, avg_watch_percentage=Decimal("20.50")),
        vimeo(video, FIRST, views=1, avg_watch_percentage=Decimal("60.50")),
        own(await film(database), FIRST, views=99),
        own(video, FIRST - timedelta(days=1), views=1),
    )
    answer = (await viewer.get(f"/api/videos/{video}/analytics", params=RANGE)).raise_for_status().json()
    assert (answer["videoId"], answer["totals"]["views"]) == (str(video), 4)
    assert [(day["views"], day["avgWatchPercentage"]) for day in answer["days"]] == [
        (4, 30.5),
        (0, None),
        (0, None),
        (0, None),
    ]
    assert answer["trends"]["views"]["changePercent"] == 300.0
    assert (await viewer.get(f"/api/videos/{uuid4()}/analytics")).status_code == 404


async def test_nothing_is_zero_and_the_last_thirty_days_are_the_default(database: Database, viewer: httpx.AsyncClient):
    answer = (await viewer.get("/api/videos/analytics")).raise_for_status().json()
    today = utc_now().date()
    assert answer["to"] in {str(today), str(today - timedelta(days=1))}
    assert len(answer["byDay"]) == 30
    assert answer["totals"]["views"] == answer["totals"]["likes"] == answer["byDay"][0]["watchTimeMinutes"] == 0
    assert answer["byPlatform"] == []


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"from": "2026-03-02", "to": "2026-03-01"}, "/query/from"),
        ({"from": "2026-02-30"}, "/query/from"),
        ({"to": "1772323200"}, "/query/to"),
        ({"to": "yesterday"}, "/query/to"),
        ({"from": "9999-12-31"}, "/query/from"),
        ({"to": "0001-01-01"}, "/query/to"),
        ({"from": "2020-01-01", "to": "2026-01-01"}, "/query/from"),
        ({"platform": "tv"}, "/query/platform"),
        ({"since": "2026-03-02"}, "/query/since"),
    ],
)
async def test_what_is_no_range_is_refused(viewer: httpx.AsyncClient, query: dict[str, str], pointer: str):
    for path in ("analytics", "analytics/top", "analytics.csv", f"{uuid4()}/analytics"):
        answer = await viewer.get(f"/api/videos/{path}", params=query)
        assert answer.status_code == 422, path
        assert answer.json()["errors"][0]["pointer"] == pointer
    far = await viewer.get("/api/videos/analytics", params={"from": "9999-12-01", "to": "9999-12-31"})
    assert far.status_code == 200


async def top(client: httpx.AsyncClient, **params: Any) -> list[tuple[str, int]]:
    answer = (await client.get("/api/videos/analytics/top", params=params)).raise_for_status().json()
    return [(item["videoId"], item["value"]) for item in answer["items"]]


async def test_the_first_videos_are_the_same_with_and_without_the_sums_that_are_kept(
    database: Database, viewer: httpx.AsyncClient, analytics: Analytics, clock: Clock
):
    """Through writes, corrections, a deleted video, and the window's moves by one day and by many."""
    films = [await film(database, title=f"film {number}") for number in range(4)]
    clock.now = utc_now()
    today = clock.now.date()
    days = [today - timedelta(days=back) for back in (0, 3, 28, 29, 30, 45)]

    async def check() -> None:
        for platform in ({}, {"platform": "vimeo"}):
            for metric, column in (("views", "views"), ("watchTime", "watch_seconds")):
                async with database.session() as session:
                    expected = await session.execute(
                        text(
                            f"SELECT video_id, sum({column}) FROM video_analytics WHERE date BETWEEN :a AND :b "
                            f"AND platform LIKE :platform GROUP BY 1 HAVING sum({column}) > 0 ORDER BY 2 DESC, 1"
                        ),
                        {"a": today - timedelta(29), "b": today, "platform": platform.get("platform", "%")},
                    )
                    found = [(str(row.video_id), int(row.sum)) for row in expected]
                window = {"from": str(today - timedelta(29)), "to": str(today)}
                assert await top(viewer, metric=metric, **platform, **window) == found
                assert await top(viewer, metric=metric, limit=2, **platform, **window) == found[:2]

    async def window_is(last: date) -> None:
        async with database.session() as session:
            assert await session.scalar(text("SELECT to_date FROM analytics_window")) == last

    await record(
        database,
        *(vimeo(one, day, views=7 * at + number) for number, one in enumerate(films) for at, day in enumerate(days)),
    )
    await check()
    await analytics.step()
    await window_is(today)
    await check()
    await record(database, *(own(one, days[1], views=100 - at, watch_seconds=at) for at, one in enumerate(films)))
    await record(database, vimeo(films[0], days[2], views=500), vimeo(films[1], days[5], views=500))
    await check()
    async with database.session() as session:
        await session.execute(
            text("UPDATE video_analytics SET date = date - 60 WHERE video_id = :id"), {"id": films[3]}
        )
        await session.execute(text("DELETE FROM videos WHERE id = :id"), {"id": films[2]})
    await check()
    for days_back in (1, 40, 0):
        clock.now = utc_now() - timedelta(days=days_back)
        await analytics.step()
        await window_is(today - timedelta(days=days_back))
    await check()
    async with database.session() as session:
        kept = "SELECT platform, date, row_count, views, views_known, watch_seconds FROM analytics_days"
        counted = await session.execute(
            text(
                f"{kept} WHERE row_count > 0 EXCEPT SELECT platform, date, count(*), coalesce(sum(views), 0), "
                "count(views), coalesce(sum(watch_seconds), 0) FROM video_analytics GROUP BY 1, 2"
            )
        )
        assert counted.all() == []
        assert await session.scalar(
            text(
                "SELECT (SELECT count(*) FROM analytics_days WHERE row_count > 0) "
                "= (SELECT count(*) FROM (SELECT DISTINCT platform, date FROM video_analytics) AS days)"
            )
        )


async def test_numbers_that_say_nothing_new_are_not_written(database: Database, video: UUID):
    full = vimeo(video, FIRST, views=5, watch_seconds=90, likes=0)
    await record(database, vimeo(video, FIRST, views=1), full, vimeo(uuid4(), FIRST, views=1))
    version = (await rows(database, video, "xmin::text"))[0]
    await record(database, full, vimeo(video, FIRST, views=5))
    await record(database)
    assert (await rows(database, video, "xmin::text"))[0] == version
    columns = "views, watch_seconds, watch_time_minutes, likes, shares"
    found = {"views": 5, "watch_seconds": 90, "watch_time_minutes": 2, "likes": 0, "shares": None}
    assert await rows(database, video, columns) == [found]
    await record(database, vimeo(video, FIRST, views=6))
    assert await rows(database, video, columns) == [found | {"views": 6}]


async def test_minutes_and_seconds_agree_whoever_writes(database: Database, video: UUID):
    async with database.session() as session:
        await session.execute(
            text(
                "INSERT INTO video_analytics (video_id, platform, date, watch_time_minutes) "
                "VALUES (:id, 'youtube', '2026-03-01', 3)"
            ),
            {"id": video},
        )
    assert (await rows(database, video))[0]["watch_seconds"] == 180
    async with database.session() as session:
        await session.execute(text("UPDATE video_analytics SET watch_time_minutes = 4"))
    assert (await rows(database, video))[0]["watch_seconds"] == 240


async def test_csv(database: Database, viewer: httpx.AsyncClient, monkeypatch):
    monkeypatch.setattr(analytics_service, "_CSV_ROWS", 2)
    formula = await film(database, title='=HYPERLINK("http://evil", "a, b")')
    plain = await film(database, title="5 < 6\N{SNOWMAN}")
    await record(
        database,
        *(own(one, day, views=1, watch_seconds=60) for one in (formula, plain) for day in (FIRST, LAST)),
        vimeo(plain, FIRST, likes=0),
        own(plain, LAST + timedelta(days=1), views=1),
    )
    answer = await viewer.get("/api/videos/analytics.csv", params=RANGE)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    found = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(row["date"], row["platform"], row["videoId"]) for row in found] == [
        (str(day), platform, str(one))
        for day, platform, one in sorted(
            [(day, "hetzner", one) for one in (formula, plain) for day in (FIRST, LAST)] + [(FIRST, "vimeo", plain)]
        )
    ]
    assert {row["title"] for row in found} == {'\'=HYPERLINK("http://evil", "a, b")', "5 < 6\N{SNOWMAN}"}
    by_vimeo = next(row for row in found if row["platform"] == "vimeo")
    assert (by_vimeo["views"], by_vimeo["likes"], by_vimeo["watchTimeMinutes"]) == ("", "0", "")
    only = await viewer.get("/api/videos/analytics.csv", params={**RANGE, "platform": "vimeo"})
    assert len(only.text.splitlines()) == 2


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@x", "\t=1", "\r=1", "  =1", "\n=1"])
def test_formulas_are_made_text(cell: str):
    assert analytics_service.inert(cell) == f"'{cell}"
    assert analytics_service.inert(f"a{cell}") == f"a{cell}"


def test_costs(settings: Settings):
    assert costs.monthly_savings(12, settings) == 60.0
    assert costs.storage_cost(5 * 10**11, settings) == 3.0
    assert costs.traffic_cost(0, settings) == 0.0
