"""The settings of the stack that a command talks to: what the environment sets, then what D's running stack has."""

import os
import shlex
from collections.abc import Mapping
from pathlib import Path

from cli.datadir import DataDir, Record


class NoStack(Exception):
    """No stack runs on the data directory, and the environment does not say where else to go."""


def running_stack(data_dir: Path) -> Record:
    """The record of the stack that runs on ``data_dir``.

    :raises NoStack: there is none.
    """
    data = DataDir(data_dir)
    record = data.running()
    if record is None:
        raise NoStack(f"No stack runs on {data.path}. Start one with `vms up --data-dir {shlex.quote(str(data_dir))}`.")
    return record


def environment(
    data_dir: Path, *, needs: tuple[str, ...] = ("DATABASE_URL",), outside: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Settings by name for a command that needs ``needs``; environment variables win over anything in D.

    :raises NoStack: one of ``needs`` is neither in the environment nor known from a running stack.
    """
    own = {name: value for name, value in (os.environ if outside is None else outside).items() if value}
    if all(name in own for name in needs):
        record = DataDir(data_dir).running()
        return {**(record.env if record else {}), **own}
    return {**running_stack(data_dir).env, **own}


def use(data_dir: Path, *, needs: tuple[str, ...] = ("DATABASE_URL",)) -> None:
    """Put :func:`environment` into ``os.environ``, so that ``shared.config.get_settings()`` sees it.

    :raises NoStack: see :func:`environment`.
    """
    os.environ.update(environment(data_dir, needs=needs))
