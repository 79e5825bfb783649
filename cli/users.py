"""``vms users``: the people who sign in."""

import json
import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy.ext.asyncio import AsyncSession

from cli.keys import in_database
from cli.options import DataDirOption, JsonOption, PortOption
from shared.auth import repository as auth_repository
from shared.auth import service as auth_service
from shared.auth.models import Role, User
from shared.auth.passwords import MAX_PASSWORD_LENGTH, MIN_PASSWORD_LENGTH
from shared.errors import NotFound

app = typer.Typer(help="Add, list, change and remove the people who sign in.", no_args_is_help=True)
PasswordStdin = Annotated[
    bool,
    typer.Option(
        "--password-stdin",
        help="Read the password from the first line of standard input: all of it but the line end, spaces included.",
    ),
]
Email = Annotated[str, typer.Option(help="The e-mail they sign in with.")]


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        password = sys.stdin.readline().removesuffix("\n").removesuffix("\r")
    else:
        password = str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    if not MIN_PASSWORD_LENGTH <= len(password) <= MAX_PASSWORD_LENGTH:
        typer.echo(f"vms: a password has {MIN_PASSWORD_LENGTH} to {MAX_PASSWORD_LENGTH} characters", err=True)
        raise typer.Exit(2)
    return password


def _describe(user: User) -> dict[str, str | bool]:
    return {
        "id": str(user.id),
        "email": user.email,
        "role": str(user.role),
        "disabled": user.disabled_at is not None,
        "createdAt": user.created_at.isoformat(),
    }


async def _by_email(session: AsyncSession, email: str) -> User:
    user = await auth_repository.user_by_email(session, email)
    if user is None:
        raise NotFound(f"There is no user {email}")
    return user


@app.command()
def create(
    context: typer.Context,
    *,
    email: Email,
    role: Annotated[Role, typer.Option(help="viewer reads; editor also uploads and edits; admin may do everything.")],
    password_stdin: PasswordStdin = False,
    data_dir: DataDirOption = None,
    port: PortOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add a user. The password is asked for, or read from standard input."""
    password = _password(from_stdin=password_stdin)

    async def step(session: AsyncSession) -> User:
        return await auth_service.create_user(session, auth_service.CLI, email=email, password=password, role=role)

    user = in_database(context, step, data_dir=data_dir, port=port)
    typer.echo(json.dumps(_describe(user)) if as_json else f"Added {user.email} with the role {role.value}.")


@app.command("list")
def list_users(
    context: typer.Context, *, data_dir: DataDirOption = None, port: PortOption = None, as_json: JsonOption = False
) -> None:
    """List everybody who can sign in."""
    users = in_database(context, auth_service.list_users, data_dir=data_dir, port=port)
    if as_json:
        typer.echo(json.dumps([_describe(user) for user in users]))
        return
    table = Table("e-mail", "role", "state", "since")
    for user in users:
        table.add_row(
            user.email, str(user.role), "disabled" if user.disabled_at else "active", f"{user.created_at:%Y-%m-%d}"
        )
    Console().print(table)


@app.command()
def password(
    context: typer.Context,
    *,
    email: Email,
    password_stdin: PasswordStdin = False,
    data_dir: DataDirOption = None,
    port: PortOption = None,
    as_json: JsonOption = False,
) -> None:
    """Set a user's password and end every session of theirs."""
    chosen = _password(from_stdin=password_stdin)

    async def step(session: AsyncSession) -> User:
        user = await _by_email(session, email)
        return await auth_service.update_user(session, auth_service.CLI, user.id, password=chosen)

    user = in_database(context, step, data_dir=data_dir, port=port)
    typer.echo(json.dumps(_describe(user)) if as_json else f"Changed the password of {user.email}.")


@app.command()
def delete(
    context: typer.Context,
    *,
    email: Email,
    data_dir: DataDirOption = None,
    port: PortOption = None,
    as_json: JsonOption = False,
) -> None:
    """Remove a user and end every session of theirs."""

    async def step(session: AsyncSession) -> None:
        user = await _by_email(session, email)
        await auth_service.delete_user(session, auth_service.CLI, user.id)

    in_database(context, step, data_dir=data_dir, port=port)
    typer.echo(json.dumps({"email": email, "deleted": True}) if as_json else f"Removed {email}.")
