"""``vms alerts``: whether somebody is told when an encode fails for good."""

import asyncio
import json
from collections.abc import Sequence
from typing import Annotated

import httpx
import typer
from pydantic import SecretStr
from rich.console import Console
from rich.table import Table
from sqlalchemy.ext.asyncio import AsyncSession

from cli.context import environment
from cli.keys import in_database, shown
from cli.options import DataDirOption, JsonOption, PortOption, target
from shared.alerts import service as alerts_service
from shared.alerts.models import Alert
from shared.clients.telegram import Telegram, TelegramError, TooFast, is_configured
from shared.config import Settings

app = typer.Typer(
    help="Alerts on Telegram: try whether they arrive, and see which were sent. Works while the stack runs.",
    no_args_is_help=True,
)
TEST_TEXT = "Test of the Video Management System\nAlerts about failed encodes arrive here."


def _settings(context: typer.Context, *, data_dir: object, port: object) -> Settings:
    """The three settings alone, from the environment or else from the running stack."""
    # None of them must be there, so the environment alone is enough, and a stack that runs is asked for the rest.
    values = environment(target(context, data_dir, port).data_dir, needs=())  # type: ignore[arg-type]  # options
    token = values.get("TELEGRAM_BOT_TOKEN")
    return Settings.model_construct(
        telegram_api_url=(values.get("TELEGRAM_API_URL") or "https://api.telegram.org").rstrip("/"),
        telegram_bot_token=SecretStr(token) if token else None,
        telegram_alert_chat_id=values.get("TELEGRAM_ALERT_CHAT_ID"),
    )


async def _send(settings: Settings) -> int:
    async with httpx.AsyncClient() as client:
        return await Telegram(settings, client).send(TEST_TEXT)


def _fail(code: str, message: str, *, status: int, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"sent": False, "error": {"code": code, "message": message}}))
    typer.echo(f"vms: {message}", err=True)
    raise typer.Exit(status)


@app.command("test")
def send_test(
    context: typer.Context, *, data_dir: DataDirOption = None, port: PortOption = None, as_json: JsonOption = False
) -> None:
    """Send one test message now and say what came of it: 0 it arrived, 1 it did not, 2 no chat is configured.

    The settings are TELEGRAM_BOT_TOKEN and TELEGRAM_ALERT_CHAT_ID, from the environment or else the running stack's.
    """
    settings = _settings(context, data_dir=data_dir, port=port)
    if not is_configured(settings):
        wanted = "set TELEGRAM_BOT_TOKEN and TELEGRAM_ALERT_CHAT_ID: until then alerts stay where they are"
        _fail("not_configured", wanted, status=2, as_json=as_json)
    try:
        message_id = asyncio.run(_send(settings))
    except TooFast as error:
        _fail("too_fast", str(error), status=1, as_json=as_json)
    except TelegramError as error:
        _fail(type(error).__name__.lower(), str(error), status=1, as_json=as_json)
    else:
        chat = settings.telegram_alert_chat_id
        answer = json.dumps({"sent": True, "messageId": message_id, "chatId": chat})
        typer.echo(answer if as_json else f"Sent: message {message_id} is in the chat {chat}.")


def _describe(alert: Alert) -> dict[str, str | int | None]:
    return {
        "id": str(alert.id),
        "kind": alert.kind,
        "text": alert.text,
        "jobId": str(alert.job_id) if alert.job_id else None,
        "status": str(alert.status),
        "attempts": alert.attempts,
        "createdAt": alert.created_at.isoformat(),
        "sentAt": alert.sent_at.isoformat() if alert.sent_at else None,
        "error": alert.last_error,
    }


@app.command("list")
def list_alerts(
    context: typer.Context,
    *,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many, the newest first.")] = 20,
    data_dir: DataDirOption = None,
    port: PortOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the last alerts: what they say, whether they were sent, and if not, why."""

    async def step(session: AsyncSession) -> Sequence[Alert]:
        return await alerts_service.newest(session, limit=limit)

    rows = in_database(context, step, data_dir=data_dir, port=port)
    if as_json:
        typer.echo(json.dumps([_describe(row) for row in rows]))
        return
    table = Table("raised", "kind", "about", "status", "error")
    for row in rows:
        about = shown(row.text.partition("\n")[0])
        table.add_row(
            f"{row.created_at:%Y-%m-%d %H:%M} UTC", row.kind, about, str(row.status), shown(row.last_error or "")
        )
    Console().print(table)
