"""What a command prints: lines for people, or one JSON object a line for machines."""

import contextlib
import json
import sys
from collections.abc import Iterator
from typing import Any

import typer
from rich.console import Console
from rich.text import Text

from cli.context import NoStack
from cli.datadir import DataDirError
from cli.process import ProcessFailed


class Report:
    """Progress for people on stdout, or with ``as_json`` on stderr beside JSON events on stdout."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self.console = Console(stderr=as_json, highlight=False, soft_wrap=True)

    def started(self, name: str, *, pid: int | None, seconds: float) -> None:
        """A piece of the stack runs; ``pid`` is None for one that is done."""
        self.event("started", name=name, pid=pid, seconds=round(seconds, 3))
        self.line(Text.assemble(("  ✓ ", "green"), f"{name:<12}", (f"{seconds:6.2f} s", "dim")))

    def say(self, text: str) -> None:
        """Something a person should see: a warning of a piece, a restart."""
        self.event("notice", text=text)
        self.line(Text.assemble(("  ! ", "yellow"), text))

    def line(self, text: Text | str) -> None:
        # The reader of our output may be gone; the stack goes on.
        with contextlib.suppress(OSError):
            self.console.print(text)

    def event(self, event: str, **facts: Any) -> None:
        """One JSON object on stdout, with ``--json`` only."""
        if self.as_json:
            with contextlib.suppress(OSError):
                print(json.dumps({"event": event, **facts}), flush=True)  # noqa: T201


def print_json(value: Any) -> None:
    """The one answer of a command, on stdout."""
    print(json.dumps(value))  # noqa: T201


@contextlib.contextmanager
def failing_clearly(report: Report | None = None) -> Iterator[None]:
    """Turn an expected failure into its message on stderr, an ``error`` event with ``--json``, and exit code 1."""
    try:
        yield
    except (DataDirError, ProcessFailed, NoStack) as error:
        code = {DataDirError: "unavailable", ProcessFailed: "start_failed", NoStack: "no_stack"}[type(error)]
        if report is not None:
            report.event("error", code=code, message=str(error))
        print(f"vms: {error}", file=sys.stderr)  # noqa: T201
        raise typer.Exit(1) from None
