"""``vms vimeo``: the library at Vimeo, before and while it moves here."""

import asyncio
import json
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any

import asyncpg
import httpx
import structlog
import typer
from pydantic import TypeAdapter, ValidationError
from rich.console import Console
from rich.table import Table
from sqlalchemy.exc import SQLAlchemyError

from cli.context import environment
from cli.keys import shown
from cli.options import DataDirOption, JsonOption, PortOption, target
from cli.vimeo_sync import sync
from shared.clients.vimeo import Answered, VimeoClient
from shared.config import Settings
from shared.db.session import Database
from shared.errors import AppError
from shared.vimeo import service as vimeo_service
from shared.vimeo.preflight import Preflight, State, preflight
from shared.vimeo.quota import Quota

app = typer.Typer(
    help="The library at Vimeo: try whether it can be reached, and import it. Works while the stack runs.",
    no_args_is_help=True,
)
#: A person waits.
_PATIENCE_SECONDS = 30.0
_MARKS = {
    State.ok: "[green]works[/]",
    State.warning: "[yellow]works with less[/]",
    State.failed: "[red]does not work[/]",
    State.skipped: "[dim]not tried[/]",
}
_NAMES = (
    "database_url",
    "vimeo_access_token",
    "vimeo_api_url",
    "vimeo_requests_per_second",
    "vimeo_daily_quota",
    "vimeo_max_backoff_seconds",
)


class _OwnPace:
    """The gate where no database keeps the pace of all: this process's own."""

    def __init__(self, per_second: float) -> None:
        self._apart = 1 / per_second
        self._next = 0.0

    async def admit(self) -> None:
        """Wait for the next slot."""
        now = time.monotonic()
        self._next = max(now, self._next)
        wait, self._next = self._next - now, self._next + self._apart
        await asyncio.sleep(wait)

    async def note(self, answer: Answered) -> None:
        """Nobody else has to know."""


def _settings(values: Mapping[str, str]) -> Settings:
    """The settings about Vimeo alone, so that nothing else has to be there.

    :raises ValueError: one of them is wrong; the text names it.
    """
    found: dict[str, Any] = {}
    for name in _NAMES:
        field = Settings.model_fields[name]
        raw = values.get(name.upper())
        if not raw:
            found[name] = field.default
            continue
        kind: Any = field.annotation
        for rule in field.metadata:
            kind = Annotated[kind, rule]
        try:
            found[name] = TypeAdapter(kind).validate_python(raw)
        except ValidationError as error:
            raise ValueError(f"{name.upper()}: {error.errors()[0]['msg']}") from None
    found["vimeo_api_url"] = found["vimeo_api_url"].rstrip("/")
    return Settings.model_construct(**found)


async def _check(settings: Settings) -> tuple[Preflight, Quota | None]:
    async with httpx.AsyncClient() as http:
        if settings.database_url is None:
            own = _OwnPace(settings.vimeo_requests_per_second)
            return await preflight(VimeoClient(settings, http, own, tries=2), http), None
        database = Database(settings, pool_size=1)
        try:
            client = vimeo_service.connect(settings, database, http, patience_seconds=_PATIENCE_SECONDS, tries=2)
            found = await preflight(client, http)
            async with database.session() as session:
                return found, await vimeo_service.quota(session, settings)
        finally:
            await database.dispose()


@contextmanager
def _logs_on_stderr() -> Iterator[None]:
    """Stdout is the answer's."""
    before = structlog.get_config()
    structlog.configure(
        processors=[structlog.stdlib.add_log_level, structlog.dev.ConsoleRenderer(colors=False)],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    try:
        yield
    finally:
        structlog.configure(**before)


def _fail(code: str, message: str, *, status: int, as_json: bool) -> typer.Exit:
    if as_json:
        typer.echo(json.dumps({"ready": False, "error": {"code": code, "message": message}, "checks": []}))
    typer.echo(f"vms: {message}", err=True)
    return typer.Exit(status)


def _described(found: Preflight, quota: Quota | None) -> dict[str, Any]:
    account = found.account
    return {
        "ready": found.ready,
        "account": {"id": account.id, "name": account.name, "plan": account.plan} if account else None,
        "videos": found.videos,
        "checks": [{"name": one.name, "status": str(one.state), "detail": one.detail} for one in found.checks],
        "quota": {
            "limit": quota.limit,
            "used": quota.used,
            "remaining": quota.remaining,
            "resetsAt": quota.resets_at.isoformat(),
        }
        if quota
        else None,
    }


def _tell(found: Preflight, quota: Quota | None) -> None:
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    for one in found.checks:
        table.add_row(one.name, _MARKS[one.state], shown(one.detail))
    if quota is not None:
        table.add_row("quota", "", f"{quota.remaining} of today's {quota.limit} requests are left.")
    Console().print(table)
    verdict = "Videos can be imported and migrated." if found.ready else "A migration would not work yet: see above."
    typer.echo(verdict)


@app.command()
def check(
    context: typer.Context, *, data_dir: DataDirOption = None, port: PortOption = None, as_json: JsonOption = False
) -> None:
    """Try what a migration needs and say in words what works: 0 it would work, 1 it would not, 2 settings are wrong.

    It asks Vimeo who the token is, which scopes it has, for one page of the library and for the original of one video.
    Nothing is changed. The settings are VIMEO_ACCESS_TOKEN and the other VIMEO_ ones, from the environment or else the
    running stack's; the requests count into the day's quota.
    """
    try:
        values = environment(target(context, data_dir, port).data_dir, needs=())
        settings = _settings(values)
        with _logs_on_stderr():
            found, quota = asyncio.run(_check(settings))
    except ValueError as error:
        raise _fail("wrong_settings", str(error), status=2, as_json=as_json) from None
    except AppError as error:
        raise _fail(error.code, error.detail, status=1, as_json=as_json) from None
    except (OSError, SQLAlchemyError, asyncpg.PostgresError) as error:
        # The first line of the driver's own message: the rest is SQL and its parameters.
        reason = str(getattr(error, "orig", None) or error).partition("\n")[0]
        text = f"the database at DATABASE_URL does not serve this: {reason}"
        raise _fail("database", text, status=1, as_json=as_json) from None
    if as_json:
        typer.echo(json.dumps(_described(found, quota)))
    else:
        _tell(found, quota)
    if not found.ready:
        raise typer.Exit(1)


app.command()(sync)
