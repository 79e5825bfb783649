"""``vms vimeo sync``: read the library at Vimeo now, and watch it arrive."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any

import asyncpg
import httpx
import typer
from pydantic import SecretStr
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text
from sqlalchemy.exc import SQLAlchemyError

from cli import patience
from cli.context import NoStack, environment
from cli.options import DataDirOption, JsonOption, PortOption, target
from shared.auth import service as auth_service
from shared.auth.models import Role
from shared.config import Settings
from shared.db.session import Database

INTERRUPTED = 130
_PATH = "/api/videos/sync/vimeo"
_POLL_SECONDS = 0.5
_LINE_SECONDS = 5.0
_ENDED = {"completed", "failed"}
_COUNTED = ("added", "updated", "unchanged", "removed", "errors")


class SyncFailed(Exception):
    """The run did not begin, or did not end well; ``code`` is the API's."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass
class _View:
    """What the display shows."""

    run: dict[str, Any] = field(default_factory=dict)

    def __rich__(self) -> RenderableType:
        percent = self.run.get("progress", 0)
        grid = Table.grid(padding=(0, 2))
        grid.add_row("library", ProgressBar(total=100, completed=percent, width=32), f"{percent:3.0f} %")
        return Group(grid, Text(f"  {self.state()}", "dim"))

    def state(self) -> str:
        """The line below the bar, and the only one where there is no terminal."""
        run = self.run
        if not run:
            return "asking …"
        parts = [run["status"], told(run["summary"])]
        if run["error"] is not None:
            parts.append(run["error"]["message"])
        if run["etaSeconds"] is not None:
            parts.append(f"{_duration(run['etaSeconds'])} left")
        return " · ".join(parts)


def told(summary: dict[str, int]) -> str:
    """The counts in words, without those that are zero."""
    counts = [f"{summary[name]:,} {name}" for name in _COUNTED if summary[name]]
    return ", ".join(counts) or "nothing yet"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def sync(
    context: typer.Context,
    *,
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Only begin; the stack goes on by itself.")] = False,
    data_dir: DataDirOption = None,
    port: PortOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read the library at Vimeo now: add what is new, take over what changed there, flag what is gone.

    What you changed here since the last time stays. A run that is under way is joined, and goes on without this
    command: Ctrl-C ends the watching only. With `--json` the last line on stdout is the run.

    Exit codes: 0 done, 1 failed (no token, refused, or no stack), 130 interrupted.
    """
    try:
        values = environment(target(context, data_dir, port).data_dir, needs=("DATABASE_URL", "API_URL"))
        run = asyncio.run(_run(values, no_wait=no_wait, console=Console(stderr=True, highlight=False)))
    except KeyboardInterrupt:
        typer.echo("vms: interrupted; the sync goes on. Run `vms vimeo sync` again to watch it.", err=True)
        raise typer.Exit(INTERRUPTED) from None
    except (NoStack, SyncFailed) as error:
        code = error.code if isinstance(error, SyncFailed) else "no_stack"
        _fail(code, str(error), as_json=as_json)
    except (httpx.HTTPError, OSError, SQLAlchemyError, asyncpg.PostgresError) as error:
        reason = str(getattr(error, "orig", None) or error).partition("\n")[0] or type(error).__name__
        _fail("unreachable", f"The stack does not answer: {reason}", as_json=as_json)
    else:
        _tell(run, as_json=as_json)


def _fail(code: str, message: str, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"error": {"code": code, "message": message}}))
    typer.echo(f"vms: {message}", err=True)
    raise typer.Exit(1)


def _tell(run: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(run))
    elif run["status"] not in _ENDED:
        typer.echo(f"The sync {run['runId']} is {run['status']}.")
    else:
        summary = run["summary"]
        typer.echo(f"The library at Vimeo: {told(summary)}. {summary['quotaRemaining']:,} requests are left today.")
    for item in run.get("errorItems", ()):
        typer.echo(f"  {item['externalId'] or 'an item'}: {item['message']}", err=True)
    if run.get("error") is not None and run["status"] in _ENDED:
        typer.echo(f"vms: {run['error']['message']}", err=True)
    if run["status"] == "failed":
        raise typer.Exit(1)


async def _run(values: dict[str, str], *, no_wait: bool, console: Console) -> dict[str, Any]:
    async with (
        _key(values["DATABASE_URL"]) as key,
        httpx.AsyncClient(
            base_url=values["API_URL"], headers={"Authorization": f"Bearer {key}"}, timeout=30, trust_env=False
        ) as client,
    ):
        started = await _ask(client, "POST", _PATH)
        if no_wait:
            return started
        view = _View()
        shown = asyncio.create_task(_show(view, console))
        try:
            while view.run.get("status") not in _ENDED:
                if view.run:
                    await asyncio.sleep(_POLL_SECONDS)
                view.run = await _ask(client, "GET", f"{_PATH}/{started['runId']}")
        finally:
            shown.cancel()
            await asyncio.gather(shown, return_exceptions=True)
        return view.run


async def _ask(client: httpx.AsyncClient, method: str, path: str) -> dict[str, Any]:
    answer = await patience.request(client, method, path)
    if answer.is_success:
        found: dict[str, Any] = answer.json()
        return found
    try:
        problem = answer.json()
        raise SyncFailed(problem["code"], problem["detail"])
    except (ValueError, KeyError):
        raise SyncFailed("unexpected", f"The API answers {answer.status_code}") from None


@asynccontextmanager
async def _key(database_url: str) -> AsyncIterator[str]:
    """An admin's API key for as long as the command runs."""
    database = Database(Settings.model_construct(database_url=SecretStr(database_url)), pool_size=1)
    try:
        async with database.session() as session:
            row, key = await auth_service.create_key(session, auth_service.CLI, name="vms vimeo sync", role=Role.admin)
        try:
            yield key
        finally:
            async with database.session() as session:
                await auth_service.revoke_key(session, auth_service.CLI, row.id)
    finally:
        await database.dispose()


async def _show(view: _View, console: Console) -> None:
    """Draw until cancelled: a bar on a terminal, now and then a line elsewhere."""
    if console.is_terminal:
        with Live(view, console=console, refresh_per_second=4):
            await asyncio.Event().wait()
    began = time.monotonic()
    while True:
        await asyncio.sleep(_LINE_SECONDS)
        console.print(f"  {time.monotonic() - began:4.0f} s · {view.state()}", markup=False, soft_wrap=True)
