"""``vms up``: run the whole stack until a signal."""

import asyncio
import time
from typing import Annotated

import typer
from rich.text import Text

from cli.options import DataDirOption, JsonOption, PortOption, target
from cli.report import Report, failing_clearly
from cli.stack import Stack, StackOptions, run_stack

WorkersOption = Annotated[int, typer.Option("--workers", metavar="N", min=0, max=64, help="Number of encode workers.")]
HostOption = Annotated[str, typer.Option("--host", metavar="H", help="Address the API listens on.")]


def up(
    context: typer.Context,
    *,
    data_dir: DataDirOption = None,
    port: PortOption = None,
    host: HostOption = "127.0.0.1",
    workers: WorkersOption = 1,
    as_json: JsonOption = False,
) -> None:
    """Start the stack and keep it running: API, workers, and the servers that no setting points elsewhere.

    PostgreSQL, Valkey and the S3 server are embedded unless DATABASE_URL, REDIS_URL or S3_ENDPOINT_URL is set. What
    they store, the logs and the generated secrets live in D. Ctrl-C stops everything; `vms env` tells how to reach it.

    Exit codes: 0, 130 or 143 stopped; 1 it could not start, for example because the port or D is in use.
    """
    where = target(context, data_dir, port)
    report = Report(as_json=as_json)
    options = StackOptions(data_dir=where.data_dir, host=host, port=where.port, workers=workers)
    began = time.monotonic()

    async def tell(stack: Stack) -> None:
        seconds = time.monotonic() - began
        report.event("ready", apiUrl=stack.api_url, dataDir=str(stack.data.path), seconds=round(seconds, 3))
        report.line(
            Text.assemble(("\n  VMS is ready at ", "bold"), (stack.api_url, "bold cyan"), (f"  {seconds:.1f} s", "dim"))
        )
        report.line(Text.assemble(("  data and logs in ", "dim"), (str(stack.data.path), "dim"), "\n"))

    with failing_clearly(report):
        code = asyncio.run(run_stack(options, report, tell))
    report.event("stopped")
    raise typer.Exit(code)
