"""What players tell: over HTTP, in any order, any number of times."""

import asyncio
import json
import random
from collections.abc import Callable
from datetime import date, timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from api import beacon as beacon_module
from api.beacon import MAX_BYTES, Beacon, BeaconPath, Limits, client_address
from shared.analytics import viewings
from shared.analytics.errors import BeaconFlood, BeaconFull
from shared.db.session import Database
from shared.errors import Unavailable
from tests.analytics.conftest import NOON, Clock, Viewer, film, rows
from worker.analytics import Analytics

URL = "/api/playback/events"
COUNTED = "views, watch_seconds, watch_time_minutes, errors, reached_25, reached_50, reached_75, reached_100"
Opened = Callable[..., Viewer]


@pytest.fixture(params=["route", "path"])
async def page(request: pytest.FixtureRequest, app: FastAPI, beacon: Beacon) -> httpx.AsyncClient:
    """A browser: with the route itself, and with what answers before it."""
    app.state.beacon = beacon

    async def first(scope, receive, send):
        scope["app"] = app
        await BeaconPath(app)(scope, receive, send)

    target = app if request.param == "route" else first
    return httpx.AsyncClient(transport=httpx.ASGITransport(target), base_url="http://vms.test")


@pytest.fixture(autouse=True)
async def own_beacon(app: FastAPI):
    yield
    app.state.beacon = None


async def count_of(database: Database) -> int:
    async with database.session() as session:
        return int(await session.scalar(text("SELECT count(*) FROM viewings")))


async def test_events_are_in_the_database_when_they_are_answered(
    page: httpx.AsyncClient, database: Database, opened: Opened
):
    viewer = opened()
    one = json.dumps(viewer.tells("start"))
    answer = await page.post(URL, content=one, headers={"Content-Type": "text/plain;charset=UTF-8"})
    assert (answer.status_code, answer.content) == (204, b"")
    assert "set-cookie" not in answer.headers
    assert await count_of(database) == 1
    many = [opened().tells("start"), viewer.tells("progress", 10, positionSeconds=9.5, quartile=0)]
    assert (await page.post(URL, json=many)).status_code == 204
    async with database.session() as session:
        found = (await session.execute(text("SELECT watched_seconds FROM viewings ORDER BY 1"))).scalars().all()
    assert found == [0, 10]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"event": "pause"}, "/event"),
        ({"viewingId": "me"}, "/viewingId"),
        ({"watchedSeconds": -1}, "/watchedSeconds"),
        ({"errorCode": "\u0000"}, "/errorCode"),
        ({"quartile": 30}, "/quartile"),
        ({"email": "a@b"}, "/email"),
    ],
)
async def test_what_is_no_event_is_refused(page: httpx.AsyncClient, opened: Opened, change: dict, pointer: str):
    answer = await page.post(URL, json={**opened().tells("start"), **change})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_bodies_are_bounded(page: httpx.AsyncClient, opened: Opened, database: Database):
    long = json.dumps(opened().tells("start")).ljust(MAX_BYTES + 1)
    assert (await page.post(URL, content=long)).status_code == 413
    assert (await page.post(URL, content=long[:-1])).status_code == 204
    short = {"viewingId": str(uuid4()), "videoId": str(uuid4()), "event": "end"}
    for body in (b"", b"[]", b"{", b"null", json.dumps([short] * 21).encode()):
        assert (await page.post(URL, content=body)).status_code == 422, body
    assert (await page.post(f"{URL}?v=1", json=short)).status_code == 422
    assert await count_of(database) == 1


async def test_strangers_robots_and_vimeo_leave_nothing(page: httpx.AsyncClient, opened: Opened, database: Database):
    assert (await page.post(URL, json=opened(uuid4()).tells("start"))).status_code == 204
    robot = {"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"}
    assert (await page.post(URL, json=opened().tells("start"), headers=robot)).status_code == 204
    assert (await page.post(URL, json=opened().tells("start", provider="vimeo"))).status_code == 204
    assert await count_of(database) == 0


async def test_repeated_late_and_shuffled_events_count_once(
    beacon: Beacon, analytics: Analytics, clock: Clock, opened: Opened, database: Database, video: UUID
):
    story = [("start", 0, 0), ("progress", 20, 0), ("progress", 40, 25), ("progress", 70, 50), ("end", 100, 100)]
    events = []
    for viewer in [opened() for _ in range(3)]:
        events += [viewer.event(kind, watched, quartile=quartile) for kind, watched, quartile in story]
    shuffled = events * 2
    random.Random(1).shuffle(shuffled)
    await beacon.write(events[::5])
    clock.pass_seconds(100)
    for event in shuffled:
        clock.pass_seconds(1)
        await beacon.write([event])
        if random.Random(str(event.viewing_id) + str(clock.now)).random() < 0.2:
            await analytics.step()
    await analytics.step()
    first = await rows(database, video)
    assert [tuple(first[0][name] for name in COUNTED.split(", "))] == [(3, 300, 5, 0, 3, 3, 3, 3)]
    assert first[0]["platform"] == "hetzner"
    assert first[0]["date"] == NOON.date()
    assert first[0]["avg_watch_percentage"] == 100
    assert first[0]["unique_viewers"] is None
    assert first[0]["likes"] is None
    # All of them once more, the next day: the day on which they began is not changed, and no other day is.
    clock.pass_seconds(86400)
    for event in events:
        await beacon.write([event])
    await analytics.step()
    assert await rows(database, video) == first


async def test_what_cannot_be_true_is_cut(
    beacon: Beacon, analytics: Analytics, clock: Clock, opened: Opened, database: Database
):
    long_id, short_id = await film(database, seconds=None), await film(database, seconds=10)
    liar, endless = opened(long_id), opened(short_id)
    await beacon.write([liar.event("start"), endless.event("start")])
    clock.pass_seconds(30)
    await beacon.write([liar.event("progress", 9000)])
    clock.pass_seconds(5000)
    await beacon.write([liar.event("progress", 9000), endless.event("progress", 5000)])
    await analytics.step()
    # Half a minute had passed, and a minute is allowed; ten seconds can be watched twenty times.
    assert [row["watch_seconds"] for row in await rows(database, long_id)] == [30 + viewings.HEAD_START_SECONDS]
    assert [row["watch_seconds"] for row in await rows(database, short_id)] == [10 * viewings.MOST_TIMES]


async def test_errors_are_no_views(
    beacon: Beacon, analytics: Analytics, clock: Clock, opened: Opened, database: Database, video: UUID
):
    failed, broken = opened(), opened()
    await beacon.write([failed.event("error", errorCode="unsupported"), failed.event("error")])
    await beacon.write([broken.event("start"), broken.event("error", 5, errorCode="broken")])
    await analytics.step()
    assert await rows(database, video, "views, errors, watch_seconds") == [
        {"views": 1, "errors": 2, "watch_seconds": 5}
    ]
    async with database.session() as session:
        since = clock.now - timedelta(hours=1)
        assert await viewings.error_shares(session, since=since) == {}
        assert await viewings.error_shares(session, since=since, at_least=2) == {video: (2, 2)}
        assert await viewings.error_shares(session, since=clock.now + timedelta(1), at_least=2) == {}


async def test_a_viewing_belongs_to_its_day_and_video(
    beacon: Beacon, analytics: Analytics, clock: Clock, opened: Opened, database: Database, video: UUID
):
    other = await film(database)
    clock.now = NOON.replace(hour=23, minute=59)
    viewer = opened()
    await beacon.write([viewer.event("start")])
    clock.pass_seconds(600)
    await beacon.write([viewer.event("progress", 50), Viewer(other, viewer.viewing_id).event("end", 100)])
    await beacon.write([Viewer(other, viewer.viewing_id).event("end", 100)])
    await analytics.step()
    assert await rows(database, other) == []
    assert await rows(database, video, "date, watch_seconds") == [{"date": date(2026, 3, 10), "watch_seconds": 50}]
    clock.pass_seconds(3 * 86400)
    await beacon.write([viewer.event("progress", 90)])
    await analytics.step()
    assert [row["watch_seconds"] for row in await rows(database, video)] == [50], "the day is settled"
    clock.pass_seconds(90 * 86400)
    await analytics.step()
    assert await count_of(database) == 0
    assert len(await rows(database, video)) == 1, "what was counted stays"


async def test_many_at_once_are_few_statements_and_none_is_lost(
    beacon: Beacon, analytics: Analytics, opened: Opened, database: Database, video: UUID, monkeypatch
):
    sizes = []
    write = viewings.write

    async def counted(session, batch, now):
        sizes.append(len(batch))
        await write(session, batch, now)

    monkeypatch.setattr(viewings, "write", counted)
    await asyncio.gather(*(beacon.write([opened().event("start")]) for _ in range(500)))
    assert sum(sizes) == 500 == await count_of(database)
    assert len(sizes) < 20
    await asyncio.gather(analytics.step(), Analytics(database, clock=beacon._clock).step())
    assert [row["views"] for row in await rows(database, video)] == [500]


async def test_a_batch_survives_a_broken_connection_and_those_who_hang_up(
    beacon: Beacon, opened: Opened, database: Database, monkeypatch
):
    write, failures = viewings.write, [ConnectionResetError("gone")]

    async def broken(session, batch, now):
        if failures:
            raise failures.pop()
        await write(session, batch, now)

    monkeypatch.setattr(viewings, "write", broken)
    waiting = [asyncio.create_task(beacon.write([opened().event("start")])) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    assert [type(found) for found in await asyncio.gather(*waiting, return_exceptions=True)] == [
        asyncio.CancelledError,
        type(None),
        type(None),
    ]
    assert await count_of(database) == 3
    failures += [OSError("away")] * 3
    with pytest.raises(Unavailable):
        await beacon.write([opened().event("start")])
    await beacon.write([opened().event("start")])
    assert await count_of(database) == 4


async def test_the_queue_is_bounded(beacon: Beacon, opened: Opened, monkeypatch):
    monkeypatch.setattr(beacon_module, "MAX_WAITING", 2)
    waiting = [asyncio.create_task(beacon.write([opened().event("start")])) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(BeaconFull) as refused:
        await beacon.write([opened().event("start")])
    assert (refused.value.status, refused.value.headers) == (503, {"Retry-After": "5"})
    await asyncio.gather(*waiting)
    await beacon.write([opened().event("start")])


async def test_floods_are_refused(page: httpx.AsyncClient, opened: Opened, clock: Clock, monkeypatch):
    monkeypatch.setattr(beacon_module, "PER_ADDRESS", 3)
    far = {"X-Forwarded-For": "198.51.100.7, 203.0.113.9"}
    codes = [(await page.post(URL, json=opened().tells("start"), headers=far)).status_code for _ in range(4)]
    assert codes == [204] * 4, "addresses for documentation are nobody's"
    real = {"X-Forwarded-For": "198.51.100.7, 93.184.216.34, 10.0.0.1"}
    answers = [await page.post(URL, json=opened().tells("start"), headers=real) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [204, 204, 204, 429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 11
    clock.pass_seconds(10)
    assert (await page.post(URL, json=opened().tells("start"), headers=real)).status_code == 204


def test_limits_per_video_and_their_memory(opened: Opened, monkeypatch):
    monkeypatch.setattr(beacon_module, "PER_VIDEO", 5)
    monkeypatch.setattr(beacon_module, "_MAX_COUNTED", 3)
    limits = Limits(clock=lambda: 100.0)
    for _ in range(5):
        limits.admit(None, [opened().event("start")])
    with pytest.raises(BeaconFlood):
        limits.admit(None, [opened().event("start")])
    for number in range(10):
        limits.admit(f"93.184.216.{number}", [])
    assert len(limits._addresses) <= 4
    assert not any(b"93" in key for key in limits._addresses)


def test_who_is_counted():
    def of(peer: str | None, forwarded: str = "") -> str | None:
        return client_address(peer or "", forwarded)

    assert of("93.184.216.34", "8.8.8.8") == "93.184.216.34", "strangers say what they like"
    assert of("127.0.0.1", "8.8.4.4, 8.8.8.8") == "8.8.8.8"
    assert of("10.1.2.3", "8.8.8.8, 192.168.0.1") == "8.8.8.8"
    assert of("2606:4700:1:2:3:4:5:6") == "2606:4700:1:2::/64"
    assert of("127.0.0.1") is None
    assert of(None) is None
