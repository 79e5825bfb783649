"""``vms users``: the people who sign in."""

import json
import sys
from collections.abc import Awaitable, Callable
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy.ext.asyncio import AsyncSession

from cli.keys import RoleOption, checked, in_database, shown
from cli.options import DataDirOption, JsonOption, PortOption
from shared.auth import service as auth_service
from shared.auth.models import Role, User
from shared.auth.schemas import Email, Password
from shared.errors import InvalidInput
from shared.text import printable

app = typer.Typer(
    help="The people who sign in: add, list, change and remove them. Works while the stack runs.", no_args_is_help=True
)
PasswordStdin = Annotated[
    bool,
    typer.Option(
        "--password-stdin",
        help="Read the password from the first line of standard input: all of it but the line end, spaces included.",
    ),
]
EmailOption = Annotated[str, typer.Option("--email", help="The e-mail they sign in with.")]


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        try:
            password = sys.stdin.readline().removesuffix("\n").removesuffix("\r")
        except UnicodeDecodeError as error:
            typer.echo("vms: the password on standard input is not UTF-8", err=True)
            raise typer.Exit(2) from error
    else:
        password = str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    return checked(Password, password, "the password")


def _describe(user: User) -> dict[str, str | bool]:
    return {
        "id": str(user.id),
        "email": user.email,
        "role": str(user.role),
        "disabled": user.disabled_at is not None,
        "createdAt": user.created_at.isoformat(),
    }


async def _by_email(session: AsyncSession, email: str) -> User:
    try:
        return await auth_service.user_by_email(session, printable(email))
    except ValueError as error:
        raise InvalidInput(f"--email: {error}") from error


def _tell(user: User, sentence: str, *, as_json: bool) -> None:
    typer.echo(json.dumps(_describe(user)) if as_json else sentence)


@app.command()
def create(
    context: typer.Context,
    *,
    email: EmailOption,
    role: RoleOption,
    password_stdin: PasswordStdin = False,
    data_dir: DataDirOption = None,
    port: PortOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add a user. The password is asked for, or read from standard input; it has 12 to 1024 characters.

    Example: `vms users create --email kim@example.org --role editor`
    """
    email = checked(Email, email, "--email")
    password = _password(from_stdin=password_stdin)

    async def step(session: AsyncSession) -> User:
        password_hash = await auth_service.hash_password(password)
        return await auth_service.create_user(
            session, auth_service.CLI, email=email, password_hash=password_hash, role=role
        )

    user = in_database(context, step, data_dir=data_dir, port=port)
    _tell(user, f"Added {user.email} with the role {role.value}.", as_json=as_json)


@app.command("list")
def list_users(
    context: typer.Context, *, data_dir: DataDirOption = None, port: PortOption = None, as_json: JsonOption = False
) -> None:
    """List every user: their role, and whether they may sign in."""
    users = in_database(context, auth_service.list_users, data_dir=data_dir, port=port)
    if as_json:
        typer.echo(json.dumps([_describe(user) for user in users]))
        return
    table = Table("e-mail", "role", "state", "since")
    for user in users:
        state = "disabled" if user.disabled_at else "active"
        table.add_row(shown(user.email), str(user.role), state, f"{user.created_at:%Y-%m-%d}")
    Console().print(table)


def _change(
    email: str, *, role: Role | None = None, password: str | None = None, disabled: bool | None = None
) -> Callable[[AsyncSession], Awaitable[User]]:
    async def step(session: AsyncSession) -> User:
        password_hash = await auth_service.hash_password(password) if password is not None else None
        user = await _by_email(session, email)
        return await auth_service.update_user(
            session, auth_service.CLI, user.id, role=role, password_hash=password_hash, disabled=disabled
        )

    return step


@app.command("role")
def set_role(
    context: typer.Context,
    *,
    email: EmailOption,
    role: RoleOption,
    data_dir: DataDirOption = None,
    port: PortOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give a user another role, from their next request on. The last admin has to stay one."""
    user = in_database(context, _change(email, role=role), data_dir=data_dir, port=port)
    _tell(user, f"{user.email} has the role {role.value}.", as_json=as_json)


@app.command("password")
def set_password(
    context: typer.Context,
    *,
    email: EmailOption,
    password_stdin: PasswordStdin = False,
    data_dir: DataDirOption = None,
    port: PortOption = None,
    as_json: JsonOption = False,
) -> None:
    """Set a user's password and end every session of theirs: for a password that was forgotten, or that leaked."""
    chosen = _password(from_stdin=password_stdin)
    user = in_database(context, _change(email, password=chosen), data_dir=data_dir, port=port)
    _tell(user, f"Changed the password of {user.email}; every session of theirs has ended.", as_json=as_json)


@app.command()
def disable(
    context: typer.Context,
    *,
    email: EmailOption,
    data_dir: DataDirOption = None,
    port: PortOption = None,
    as_json: JsonOption = False,
) -> None:
    """Keep a user out: every session of theirs ends, and they cannot sign in until `vms users enable`."""
    user = in_database(context, _change(email, disabled=True), data_dir=data_dir, port=port)
    _tell(user, f"{user.email} can sign in no more.", as_json=as_json)


@app.command()
def enable(
    context: typer.Context,
    *,
    email: EmailOption,
    data_dir: DataDirOption = None,
    port: PortOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let a disabled user sign in again, with the password they had."""
    user = in_database(context, _change(email, disabled=False), data_dir=data_dir, port=port)
    _tell(user, f"{user.email} can sign in.", as_json=as_json)


@app.command("sign-out")
def sign_out(
    context: typer.Context,
    *,
    email: EmailOption,
    data_dir: DataDirOption = None,
    port: PortOption = None,
    as_json: JsonOption = False,
) -> None:
    """End every session of a user, e.g. on a lost laptop. They may sign in again."""

    async def step(session: AsyncSession) -> tuple[User, int]:
        user = await _by_email(session, email)
        return user, await auth_service.end_sessions(session, auth_service.CLI, user.id)

    user, ended = in_database(context, step, data_dir=data_dir, port=port)
    if as_json:
        typer.echo(json.dumps({**_describe(user), "endedSessions": ended}))
    else:
        typer.echo(f"Ended {ended} session{'s' * (ended != 1)} of {user.email}.")


@app.command()
def delete(
    context: typer.Context,
    *,
    email: EmailOption,
    data_dir: DataDirOption = None,
    port: PortOption = None,
    as_json: JsonOption = False,
) -> None:
    """Remove a user and end every session of theirs. What they did stays in the action log."""

    async def step(session: AsyncSession) -> None:
        user = await _by_email(session, email)
        await auth_service.delete_user(session, auth_service.CLI, user.id)

    in_database(context, step, data_dir=data_dir, port=port)
    typer.echo(json.dumps({"email": email, "deleted": True}) if as_json else f"Removed {email}.")
