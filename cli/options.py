"""Options that every command shares. They may stand before or behind the sub-command; behind wins."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

DEFAULT_DATA_DIR, DEFAULT_PORT = Path(".vms"), 8000

DataDirOption = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        metavar="D",
        help="Directory that holds everything of one stack. (env VMS_DATA_DIR, default .vms)",
        show_default=False,
    ),
]
PortOption = Annotated[
    int | None,
    typer.Option(
        "--port",
        metavar="P",
        min=1,
        max=65535,
        help="Port of the API. (env VMS_PORT, default 8000)",
        show_default=False,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="JSON on stdout, progress on stderr.")]


@dataclass(frozen=True)
class Target:
    """The stack a command is about."""

    data_dir: Path = DEFAULT_DATA_DIR
    port: int = DEFAULT_PORT


def target(context: typer.Context, data_dir: Path | None = None, port: int | None = None) -> Target:
    """The options behind the sub-command, else those before it, else the environment's, else the defaults."""
    before = context.obj if isinstance(context.obj, Target) else Target()
    return Target(data_dir or before.data_dir, port or before.port)
