"""``vms env``: what the running stack uses."""

import shlex

import typer

from cli.context import running_stack
from cli.options import DataDirOption, JsonOption, PortOption, target
from cli.report import failing_clearly, print_json


def env(
    context: typer.Context,
    *,
    data_dir: DataDirOption = None,
    port: PortOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the settings of the stack that runs on D, secrets included.

    For a shell: `eval "$(vms env)"`. With --json one object: the settings by name, and `processes`, a list of
    `{"role", "pid"}`. Exit code 1 when no stack runs on D.
    """
    with failing_clearly():
        record = running_stack(target(context, data_dir, port).data_dir)
    if as_json:
        processes = [{"role": "supervisor", "pid": record.supervisor.pid}]
        processes += [{"role": one.role, "pid": one.identity.pid} for one in record.processes]
        print_json({**record.env, "processes": processes})
        return
    for name, value in record.env.items():
        typer.echo(f"export {name}={shlex.quote(value)}")
