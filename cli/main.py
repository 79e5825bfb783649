"""The ``vms`` command: global options and the list of sub-commands."""

from pathlib import Path
from typing import Annotated

import typer

from cli import alerts, bunny, keys, users, vimeo
from cli.demo import demo
from cli.env import env
from cli.options import DEFAULT_DATA_DIR, DEFAULT_PORT, Target
from cli.seed import seed
from cli.up import up

app = typer.Typer(
    name="vms",
    help="Video Management System: upload, encode, store and play video on your own machines.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_show_locals=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def choose(
    context: typer.Context,
    *,
    data_dir: Annotated[
        Path,
        typer.Option(metavar="D", envvar="VMS_DATA_DIR", help="Directory that holds everything of one stack."),
    ] = DEFAULT_DATA_DIR,
    port: Annotated[
        int, typer.Option(metavar="P", envvar="VMS_PORT", min=1, max=65535, help="Port of the API.")
    ] = DEFAULT_PORT,
) -> None:
    """Choose the stack; both options may also stand behind the sub-command."""
    context.obj = Target(data_dir, port)


app.command()(up)
app.command()(env)
app.command()(demo)
app.command()(seed)
app.add_typer(keys.app, name="keys")
app.add_typer(users.app, name="users")
app.add_typer(alerts.app, name="alerts")
app.add_typer(vimeo.app, name="vimeo")
app.add_typer(bunny.app, name="bunny")
