"""``vms seed``: a believable library to look around in."""

import json
import time
from typing import Annotated, Self

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from sqlalchemy.ext.asyncio import AsyncSession

from cli.keys import in_database
from cli.options import DataDirOption, JsonOption, PortOption
from cli.seeding.rows import Plan, midnight
from cli.seeding.store import Written, store
from shared.auth import service as auth_service

MAX_VIDEOS = 5_000_000
INTERRUPTED = 130
_LINE_SECONDS = 5.0


class _Shown:
    """Progress on stderr: a bar on a terminal, now and then a line elsewhere."""

    def __init__(self, total: int, written: Written) -> None:
        self._total, self._written = total, written
        self._began = self._told = time.monotonic()
        self._bar = Progress(
            TextColumn("videos"),
            BarColumn(32),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        )
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        if self._bar.console.is_terminal:
            self._task = self._bar.add_task("", total=self._total, rate="")
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def update(self) -> None:
        """After a batch."""
        now, done = time.monotonic(), self._written.videos
        rate = done / max(now - self._began, 0.001)
        if self._task is not None:
            self._bar.update(self._task, completed=done, rate=f"{rate:,.0f}/s")
        elif now - self._told >= _LINE_SECONDS:
            self._told = now
            left = (self._total - done) / rate
            typer.echo(f"  {done:,} of {self._total:,} videos · {rate:,.0f}/s · {left:.0f} s left", err=True)


def seed(
    context: typer.Context,
    *,
    videos: Annotated[
        int, typer.Option("--videos", metavar="N", min=1, max=MAX_VIDEOS, help="How many videos to add.")
    ],
    number: Annotated[
        int,
        typer.Option("--seed", metavar="S", help="The same number gives the same titles, tags and courses."),
    ] = 1,
    data_dir: DataDirOption = None,
    port: PortOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fill the library with believable videos and courses, to look around, to test and to measure. Works while the
    stack runs.

    Titles and descriptions are German, English and Russian; there are tags, stages, platforms, and courses whose
    lessons show videos. What is seeded has no files: nothing of it plays, and nothing is fetched from anywhere.

    It adds to what is there, every time it runs, in batches of 20 000; Ctrl-C keeps the batches that are complete.
    Seeded videos are ordinary ones: archive and delete them like others. To be rid of all, start over with another
    `--data-dir`.

    `vms seed --videos 300` is a small school; `vms seed --videos 1000000` takes some minutes and about 4 GB.
    """
    plan = Plan(videos=videos, seed=number, until=midnight(), actor=auth_service.CLI.actor)
    written = Written()
    began = time.monotonic()

    async def step(session: AsyncSession) -> None:
        with _Shown(videos, written) as shown:
            await store(session, plan, written, on_batch=shown.update)

    try:
        in_database(context, step, data_dir=data_dir, port=port)
    except KeyboardInterrupt:
        typer.echo(f"vms: interrupted; {_told(written)} were added and stay.", err=True)
        raise typer.Exit(INTERRUPTED) from None
    except typer.Exit:
        if written.videos:
            typer.echo(f"vms: {_told(written)} had been added and stay.", err=True)
        raise
    seconds = round(time.monotonic() - began, 3)
    if as_json:
        facts = {"videos": written.videos, "courses": written.courses, "lessons": written.lessons}
        typer.echo(json.dumps({**facts, "seconds": seconds}))
        return
    typer.echo(f"Added {_told(written)} in {seconds:.1f} s.")


def _told(written: Written) -> str:
    return f"{written.videos:,} videos, {written.courses:,} courses and {written.lessons:,} lessons"
