"""``vms alerts``: what an operator sees."""

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from cli.main import app
from shared.alerts import service as alerts_service
from shared.config import Settings
from shared.db.session import Database
from tests.fakes.telegram import CHAT, TOKEN, FakeTelegram

NAMES = ("DATABASE_URL", "TELEGRAM_API_URL", "TELEGRAM_BOT_TOKEN", "TELEGRAM_ALERT_CHAT_ID")


async def vms(directory: Path, *arguments: str, **env: str) -> Result:
    """In a thread: the chat is in this one, and the command has a loop of its own."""
    command = ["--data-dir", str(directory), "alerts", *arguments]
    environment: dict[str, str | None] = {**dict.fromkeys(NAMES), **env}
    return await asyncio.to_thread(CliRunner().invoke, app, command, env=environment)


def where(fake: FakeTelegram, **changes: str) -> dict[str, str]:
    found = {"TELEGRAM_API_URL": fake.url, "TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_ALERT_CHAT_ID": CHAT}
    return found | {name.upper(): value for name, value in changes.items()}


async def test_a_test_message_arrives(tmp_path: Path, fake: FakeTelegram) -> None:
    answer = await vms(tmp_path, "test", **where(fake))
    assert answer.exit_code == 0, answer.stderr
    assert CHAT in answer.stdout
    assert len(fake.messages) == 1
    answer = await vms(tmp_path, "test", "--json", **where(fake))
    assert json.loads(answer.stdout) == {"sent": True, "messageId": 2, "chatId": CHAT}


@pytest.mark.parametrize(
    ("changes", "code", "status"),
    [
        ({"telegram_bot_token": "1:wrong"}, "refused", 1),
        ({"telegram_alert_chat_id": "-5"}, "refused", 1),
        ({"telegram_api_url": "http://127.0.0.1:9"}, "unreachable", 1),
        ({"telegram_alert_chat_id": ""}, "not_configured", 2),
    ],
)
async def test_what_is_wrong_is_told(
    tmp_path: Path, fake: FakeTelegram, changes: dict[str, str], code: str, status: int
) -> None:
    answer = await vms(tmp_path, "test", "--json", **where(fake, **changes))
    assert answer.exit_code == status
    told = json.loads(answer.stdout)
    assert (told["sent"], told["error"]["code"]) == (False, code)
    [line] = answer.stderr.splitlines()
    assert line == f"vms: {told['error']['message']}"
    assert TOKEN not in answer.stdout + answer.stderr
    assert not fake.messages


async def test_the_last_alerts_are_listed(tmp_path: Path, database: Database, settings: Settings) -> None:
    for number in range(3):
        async with database.session() as session:
            await alerts_service.raise_alert(
                session, kind="encoding_failed", dedupe_key=str(number), text=f"Film [red]{number}\nmore"
            )
    assert settings.database_url is not None
    env = {"DATABASE_URL": settings.database_url.get_secret_value(), "COLUMNS": "200"}
    answer = await vms(tmp_path, "list", "--limit", "2", "--json", **env)
    assert answer.exit_code == 0, answer.stderr
    assert [(one["text"], one["status"]) for one in json.loads(answer.stdout)] == [
        ("Film [red]2\nmore", "pending"),
        ("Film [red]1\nmore", "pending"),
    ]
    shown = (await vms(tmp_path, "list", **env)).stdout
    assert "Film [red]0" in shown
    assert "more" not in shown
