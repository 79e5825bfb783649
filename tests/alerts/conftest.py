"""A bot, a chat, and the control worker's step on the real database."""

from collections.abc import AsyncIterator, Callable

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import text

from shared.clients import telegram
from shared.config import Settings
from shared.db.session import Database
from tests.fakes.telegram import CHAT, TOKEN, FakeTelegram, fake_telegram
from worker.alerts import Alerting


@pytest.fixture
async def fake() -> AsyncIterator[FakeTelegram]:
    async with fake_telegram() as running:
        yield running


@pytest.fixture
def with_chat(settings: Settings, fake: FakeTelegram) -> Settings:
    """Settings with a bot and a chat."""
    return settings.model_copy(
        update={
            "telegram_api_url": fake.url,
            "telegram_bot_token": SecretStr(TOKEN),
            "telegram_alert_chat_id": CHAT,
        }
    )


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient() as found:
        yield found


@pytest.fixture
async def database(database: Database) -> Database:
    """The shared one, without alerts."""
    async with database.session() as session:
        await session.execute(text("DELETE FROM alerts"))
    return database


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages may follow each other at once; one test looks at the pace itself."""
    monkeypatch.setattr(telegram, "_SECONDS_APART", 0.0)
    monkeypatch.setattr(telegram, "_PER_MINUTE", 10_000)


@pytest.fixture
def alerting(with_chat: Settings, database: Database, client: httpx.AsyncClient) -> Callable[[], Alerting]:
    """A control worker's step; each call is another worker."""
    return lambda: Alerting(with_chat, database, client)
