"""From the alert that a transaction raises to the chat, whatever fails on the way."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text
from sqlmodel import select

from shared.alerts import service as alerts_service
from shared.alerts.models import Alert, AlertStatus
from shared.clients.s3 import S3
from shared.config import Settings
from shared.db.session import Database
from shared.encoding.models import EncodingJob
from tests.factories import make_job, make_master, make_video, report_body, send_report
from tests.fakes.telegram import TOKEN, FakeTelegram, too_fast
from worker.alerts import Alerting
from worker.control import ControlWorker

Make = Callable[[], Alerting]


async def raise_one(database: Database, text: str = "Encoding failed", **fields: object) -> None:
    async with database.session() as session:
        values = {"kind": "encoding_failed", "dedupe_key": uuid4().hex, **fields}
        await alerts_service.raise_alert(session, text=text, **values)  # type: ignore[arg-type]


async def alerts(database: Database) -> list[Alert]:
    async with database.session() as session:
        return list(await session.scalars(select(Alert).order_by(Alert.created_at)))  # type: ignore[arg-type]


async def only(database: Database) -> Alert:
    [found] = await alerts(database)
    return found


async def make_due(database: Database) -> None:
    async with database.session() as session:
        await session.execute(text("UPDATE alerts SET available_at = now()"))


async def wait_seconds(database: Database) -> float:
    """How long the only alert waits from now on."""
    async with database.session() as session:
        answer = await session.execute(text("SELECT extract(epoch FROM available_at - now())::float FROM alerts"))
        return float(answer.scalar_one())


async def alert_sent(database: Database, job_id: UUID) -> bool:
    async with database.session() as session:
        found = await session.get(EncodingJob, job_id)
        assert found is not None
        return found.alert_sent


async def test_the_same_thing_is_told_once(database: Database, alerting: Make, fake: FakeTelegram) -> None:
    for _ in range(3):
        await raise_one(database, dedupe_key="same")
    for _ in range(2):
        await alerting().step()
    await raise_one(database, dedupe_key="same")
    await alerting().step()
    assert fake.texts == ["Encoding failed"]


async def test_what_is_rolled_back_is_not_told(database: Database, alerting: Make, fake: FakeTelegram) -> None:
    async def fail() -> None:
        async with database.session() as session:
            await alerts_service.raise_alert(session, kind="x", dedupe_key="y", text="z")
            raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        await fail()
    await alerting().step()
    assert not fake.calls


async def test_the_job_says_so_only_when_it_is_sent(
    database: Database, s3: S3, settings: Settings, alerting: Make, fake: FakeTelegram
) -> None:
    job = await make_job(database, s3, settings)

    await raise_one(database, job_id=job.id)
    fake.answers.append((500, {"ok": False}))
    await alerting().step()
    assert not await alert_sent(database, job.id)
    await make_due(database)
    await alerting().step()
    assert await alert_sent(database, job.id)
    sent = await only(database)
    assert sent.status == AlertStatus.sent
    assert sent.sent_at is not None
    assert sent.last_error is None


async def test_a_job_that_is_gone_does_not_matter(database: Database, alerting: Make, fake: FakeTelegram) -> None:
    await raise_one(database, job_id=uuid4())
    await alerting().step()
    assert (await only(database)).status == AlertStatus.sent


async def test_an_outage_is_waited_for_and_has_an_end(database: Database, alerting: Make, fake: FakeTelegram) -> None:
    await raise_one(database)
    waits = []
    for _ in alerts_service.RETRY_SECONDS:
        fake.answers.append((503, "busy"))
        await alerting().step()
        waits.append(await wait_seconds(database))
        assert (await only(database)).status == AlertStatus.pending
        await make_due(database)
    assert waits == sorted(waits)
    assert waits == [pytest.approx(wanted, abs=2) for wanted in alerts_service.RETRY_SECONDS]
    assert 20 * 3600 < sum(waits) < 30 * 3600
    fake.answers.append((503, "busy"))
    await alerting().step()
    failed = await only(database)
    assert failed.status == AlertStatus.failed
    assert failed.last_error is not None
    assert "503" in failed.last_error
    assert not fake.messages


async def test_after_a_failure_the_next_alert_waits_for_the_next_step(
    database: Database, alerting: Make, fake: FakeTelegram
) -> None:
    """A server that is away is not asked once for each alert."""
    for _ in range(5):
        await raise_one(database)
    fake.answers.append((502, "away"))
    await alerting().step()
    assert fake.calls == 1


async def test_what_is_refused_does_not_hold_up_the_others(
    database: Database, alerting: Make, fake: FakeTelegram
) -> None:
    await raise_one(database, "first")
    await raise_one(database, "second")
    fake.answers.append((403, {"ok": False, "error_code": 403, "description": f"Forbidden: bot{TOKEN} was kicked"}))
    await alerting().step()
    first, second = await alerts(database)
    assert (first.status, second.status) == (AlertStatus.failed, AlertStatus.sent)
    assert first.last_error is not None
    assert "Forbidden" in first.last_error
    assert TOKEN not in first.last_error
    assert fake.texts == ["second"]


async def test_too_fast_holds_up_all_and_is_no_failure(database: Database, alerting: Make, fake: FakeTelegram) -> None:
    for number in range(3):
        await raise_one(database, str(number))
    fake.answers.append(too_fast(40))
    await alerting().step()
    await alerting().step()
    assert fake.calls == 1
    assert [alert.attempts for alert in await alerts(database)] == [0, 0, 0]
    async with database.session() as session:
        waits = list(await session.scalars(text("SELECT extract(epoch FROM available_at - now()) FROM alerts")))
    assert all(38 < wait <= 40 for wait in waits)
    await make_due(database)
    await alerting().step()
    assert sorted(fake.texts) == ["0", "1", "2"]


async def test_several_workers_tell_each_alert_once(database: Database, alerting: Make, fake: FakeTelegram) -> None:
    for number in range(12):
        await raise_one(database, f"alert {number}")
    await asyncio.gather(*(alerting().step() for _ in range(4)))
    assert sorted(fake.texts) == sorted(f"alert {number}" for number in range(12))


async def test_a_worker_that_dies_after_sending_repeats_it_once(
    database: Database, alerting: Make, fake: FakeTelegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    await raise_one(database)

    async def die(*_: object, **__: object) -> None:
        raise asyncio.CancelledError

    with monkeypatch.context() as patch:
        patch.setattr(alerts_service, "note_sent", die)
        with pytest.raises(asyncio.CancelledError):
            await alerting().step()
    await alerting().step()
    assert len(fake.messages) == 1, "the claim holds for a while"
    await make_due(database)
    for _ in range(2):
        await alerting().step()
    assert len(fake.messages) == 2
    assert (await only(database)).status == AlertStatus.sent


async def test_without_a_chat_alerts_wait_but_not_for_ever(
    settings: Settings, database: Database, client: httpx.AsyncClient, fake: FakeTelegram
) -> None:
    await raise_one(database, "old")
    async with database.session() as session:
        old = {"age": timedelta(days=7, minutes=1)}
        await session.execute(text("UPDATE alerts SET created_at = now() - CAST(:age AS interval)"), old)
    await raise_one(database, "young")
    await Alerting(settings, database, client).step()
    old_one, young_one = await alerts(database)
    assert (old_one.status, old_one.last_error) == (AlertStatus.failed, "no chat is configured")
    assert young_one.status == AlertStatus.pending
    assert not fake.calls


async def test_an_alert_that_waited_for_a_chat_is_sent_once_there_is_one(
    settings: Settings, database: Database, client: httpx.AsyncClient, alerting: Make, fake: FakeTelegram
) -> None:
    await raise_one(database)
    await Alerting(settings, database, client).step()
    await alerting().step()
    assert fake.texts == ["Encoding failed"]


async def test_a_job_that_fails_for_good_is_told_by_the_control_worker(
    database: Database, s3: S3, with_chat: Settings, fake: FakeTelegram, anonymous: httpx.AsyncClient
) -> None:
    control = asyncio.create_task(ControlWorker(with_chat).run())
    try:
        video_id = await make_video(database, title="Tom & Jerry")
        await make_master(database, s3, with_chat, video_id)
        job = await make_job(database, s3, with_chat, video_id)
        error = {"code": "MEDIA_NO_VIDEO", "message": "there is no picture in it"}
        for report in (report_body(job, "started", attempt=1), report_body(job, "failed", attempt=1, error=error)):
            assert (await send_report(anonymous, with_chat, report)).is_success
        async with asyncio.timeout(10):
            await fake.arrived.wait()
            while not await alert_sent(database, job.id):
                await asyncio.sleep(0.02)
    finally:
        control.cancel()
        await asyncio.gather(control, return_exceptions=True)
    [told] = fake.texts
    for piece in ("Tom & Jerry", "MEDIA_NO_VIDEO", "there is no picture in it", f"http://vms.test/embed/{video_id}"):
        assert piece in told
