"""``vms keys``: API keys for scripts."""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar
from uuid import UUID

import asyncpg
import typer
from pydantic import SecretStr, TypeAdapter, ValidationError
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from cli.context import NoStack, use
from cli.options import DataDirOption, JsonOption, PortOption, target
from shared.auth import service as auth_service
from shared.auth.models import ApiKey, Role
from shared.config import Settings
from shared.db.session import Database
from shared.errors import AppError
from shared.text import Name

app = typer.Typer(
    help="Make, list and revoke API keys: how scripts call the API. Works while the stack runs.", no_args_is_help=True
)
T = TypeVar("T")
RoleOption = Annotated[Role, typer.Option(help="viewer reads; editor also uploads and edits; admin may do everything.")]


def checked(kind: Any, value: str, what: str) -> str:
    """The value as a field of the API takes it; otherwise a sentence says why not, and the command ends with 2."""
    try:
        return str(TypeAdapter(kind).validate_python(value))
    except ValidationError as error:
        reason = error.errors()[0]["msg"].removeprefix("Value error, ")
        typer.echo(f"vms: {what}: {reason}", err=True)
        raise typer.Exit(2) from error


def shown(value: str) -> Text:
    """Text that somebody typed, in a table: neither markup nor a control sequence of the terminal."""
    return Text("".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in value))


def in_database(context: typer.Context, step: Callable[[AsyncSession], Awaitable[T]], **where: object) -> T:
    """Run one transaction against the stack's database; errors are told in a sentence and end with status 1."""
    data_dir, port = where.get("data_dir"), where.get("port")

    async def run() -> T:
        # Nothing else is needed, so nothing else is asked for: DATABASE_URL alone is enough.
        settings = Settings.model_construct(database_url=SecretStr(os.environ["DATABASE_URL"]))
        database = Database(settings, pool_size=1)
        try:
            async with database.session() as session:
                return await step(session)
        finally:
            await database.dispose()

    try:
        use(target(context, data_dir, port).data_dir)  # type: ignore[arg-type]  # options of every command
        return asyncio.run(run())
    except (NoStack, AppError, OSError) as error:
        typer.echo(f"vms: {error}", err=True)
        raise typer.Exit(1) from error
    except (SQLAlchemyError, asyncpg.PostgresError) as error:
        # The first line of the driver's own message: the rest is SQL and its parameters.
        reason = str(getattr(error, "orig", None) or error).partition("\n")[0]
        typer.echo(f"vms: the database at DATABASE_URL does not serve this: {reason}", err=True)
        raise typer.Exit(1) from error


def describe(row: ApiKey) -> dict[str, str | None]:
    """A key as JSON, without the key itself."""
    used = row.last_used_at.isoformat() if row.last_used_at else None
    return {
        "id": str(row.id),
        "name": row.name,
        "role": str(row.role),
        "prefix": row.prefix,
        "createdAt": row.created_at.isoformat(),
        "lastUsedAt": used,
    }


@app.command()
def create(
    context: typer.Context,
    *,
    role: RoleOption,
    name: Annotated[str, typer.Option(help="What the key is for, e.g. the script's name.")],
    data_dir: DataDirOption = None,
    port: PortOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a key. It is shown once: the last line is the key alone.

    Use it as `Authorization: Bearer <key>`. Example: `vms keys create --role editor --name "nightly import"`
    """
    name = checked(Name, name, "--name")

    async def step(session: AsyncSession) -> tuple[ApiKey, str]:
        return await auth_service.create_key(session, auth_service.CLI, name=name, role=role)

    row, key = in_database(context, step, data_dir=data_dir, port=port)
    if as_json:
        typer.echo(json.dumps({"id": str(row.id), "name": name, "role": role.value, "key": key}))
        return
    typer.echo(f"API key {str(shown(name))!r} with the role {role.value}; it is not shown again:", err=True)
    typer.echo(key)


@app.command("list")
def list_keys(
    context: typer.Context, *, data_dir: DataDirOption = None, port: PortOption = None, as_json: JsonOption = False
) -> None:
    """List the keys that work: how they begin, what they may do, when they were last used."""
    rows = in_database(context, auth_service.list_keys, data_dir=data_dir, port=port)
    if as_json:
        typer.echo(json.dumps([describe(row) for row in rows]))
        return
    table = Table("id", "name", "role", "begins with", "last used")
    table.columns[0].no_wrap = True
    for row in rows:
        used = f"{row.last_used_at:%Y-%m-%d %H:%M} UTC" if row.last_used_at else "never"
        table.add_row(str(row.id), shown(row.name), str(row.role), row.prefix, used)
    Console().print(table)


@app.command()
def revoke(
    context: typer.Context,
    key_id: Annotated[UUID, typer.Argument(metavar="ID", help="The id that `vms keys list` shows.")],
    *,
    data_dir: DataDirOption = None,
    port: PortOption = None,
    as_json: JsonOption = False,
) -> None:
    """Stop a key from working, at once. It cannot be taken back: make a new one instead."""

    async def step(session: AsyncSession) -> None:
        await auth_service.revoke_key(session, auth_service.CLI, key_id)

    in_database(context, step, data_dir=data_dir, port=port)
    typer.echo(json.dumps({"id": str(key_id), "revoked": True}) if as_json else f"Revoked {key_id}.")
