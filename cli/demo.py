"""``vms demo``: the main job, before your eyes: a file goes in, a playing HLS stream comes out."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.console import Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from cli import patience
from cli.demo_vimeo import VimeoDemoFailed, fake_library, show
from cli.options import DataDirOption, JsonOption, PortOption, target
from cli.report import Report, failing_clearly
from cli.stack import Stack, StackOptions, run_stack
from cli.tus import UploadFailed, upload
from shared.auth import service as auth_service
from shared.auth.models import Role
from shared.config import Settings
from shared.db.session import Database

BUNDLED_CLIP = Path(__file__).resolve().parent.parent / "media" / "bbb-demo.mp4"
_POLL_SECONDS = 0.2
_LINE_SECONDS = 2.0
_BAR_WIDTH = 32
_TERMINAL = {"completed", "failed", "cancelled"}


class DemoFailed(Exception):
    """The job did not end well; ``code`` is the API's or the encoder's."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass
class View:
    """What the display shows; drawn anew several times a second."""

    file: Path
    size_bytes: int
    sent_bytes: int = 0
    began: float = field(default_factory=time.monotonic)
    uploaded_after: float | None = None
    job: dict[str, Any] = field(default_factory=dict)
    playable_after: float | None = None

    def __rich__(self) -> RenderableType:
        grid = Table.grid(padding=(0, 2))
        grid.add_column(justify="right", min_width=9)
        grid.add_column(width=_BAR_WIDTH)
        grid.add_column(justify="right", min_width=5)
        grid.add_column()
        elapsed = self.uploaded_after or (time.monotonic() - self.began)
        rate = self.sent_bytes / max(elapsed, 0.001) / 1e6
        percent = 100 * self.sent_bytes / max(self.size_bytes, 1)
        grid.add_row("upload", _bar(percent), f"{percent:3.0f} %", Text(f"{rate:.0f} MB/s", "dim"))
        rungs: dict[str, float] = self.job.get("rungProgress") or {}
        for name, value in sorted(rungs.items(), key=lambda item: -int(item[0].rstrip("p"))):
            grid.add_row(name, _bar(value), f"{value:3.0f} %", "")
        return Group(grid, self.state())

    def state(self) -> Text:
        """The line below the bars."""
        status = self.job.get("status")
        if status is None:
            return Text("  uploading …", "dim")
        parts = [f"  {status}, attempt {self.job['attempt']} of {self.job['maxAttempts']}"]
        if self.job.get("speed"):
            parts.append(f"{self.job['speed']:.1f}x real time")
        if self.job.get("etaSeconds") is not None and status == "processing":
            parts.append(f"{self.job['etaSeconds']:.0f} s left")
        if self.playable_after is not None:
            parts.append(f"playable after {self.playable_after:.1f} s")
        return Text(" · ".join(parts), "dim")

    def line(self) -> str:
        """The same in one line, for output that is not a terminal."""
        percent = 100 * self.sent_bytes / max(self.size_bytes, 1)
        rungs = " ".join(f"{name} {value:.0f}%" for name, value in (self.job.get("rungProgress") or {}).items())
        return " · ".join(part for part in (f"  upload {percent:.0f}%", rungs, self.state().plain.strip()) if part)


def _bar(percent: float) -> ProgressBar:
    return ProgressBar(total=100, completed=min(percent, 100), width=_BAR_WIDTH)


def demo(
    context: typer.Context,
    *,
    file: Annotated[
        Path,
        typer.Option("--file", metavar="F", help="The video to encode. [the bundled film clip]", show_default=False),
    ] = BUNDLED_CLIP,
    stop: Annotated[bool, typer.Option("--exit", help="Stop everything when the video plays.")] = False,
    with_vimeo: Annotated[
        bool,
        typer.Option("--with-vimeo", help="Before that, import a library from a fake Vimeo, migrate, and roll back."),
    ] = False,
    data_dir: DataDirOption = None,
    port: PortOption = None,
    as_json: JsonOption = False,
) -> None:
    """Start the stack, upload a video, encode it, and say where it plays; then keep serving until Ctrl-C.

    With `--json` every line on stdout is an object: `playable` as soon as the first segment can be fetched, at the
    end `done` with the URLs and renditions, or `error` with a code; with `--with-vimeo` before them `imported`,
    `migrated` for each video, and `rolledBack`. Exit codes: 0 done, 1 failed, 2 wrong use.
    """
    report = Report(as_json=as_json)
    if not file.is_file():
        report.event("error", code="file_not_found", message=f"There is no file {file}")
        typer.echo(f"vms: There is no file {file}", err=True)
        raise typer.Exit(2)
    where = target(context, data_dir, port)
    options = StackOptions(data_dir=where.data_dir, port=where.port, workers=1)

    async def work(stack: Stack) -> None:
        if with_vimeo:
            async with _client(stack, Role.admin) as client:
                await show(client, report)
        report.line(Text.assemble("\n  ", (file.name, "bold"), f"  {file.stat().st_size / 1e6:.1f} MB\n"))
        await _main_job(stack, file, report)

    try:
        with failing_clearly(report), ExitStack() as held:
            if with_vimeo:
                # All that the stack starts takes these settings over.
                os.environ.update(held.enter_context(fake_library(BUNDLED_CLIP)).env())
                os.environ |= {"VIMEO_REQUESTS_PER_SECOND": "10", "VIMEO_SYNC_HOURS": "0"}
            code = asyncio.run(run_stack(options, report, work, keep_serving=not stop))
    except (DemoFailed, UploadFailed, VimeoDemoFailed) as error:
        report.event("error", code=error.code, message=str(error))
        typer.echo(f"vms: {error.code}: {error}", err=True)
        raise typer.Exit(1) from None
    except httpx.HTTPError as error:
        message = str(error) or type(error).__name__
        report.event("error", code="api_unreachable", message=message)
        typer.echo(f"vms: api_unreachable: {message}", err=True)
        raise typer.Exit(1) from None
    raise typer.Exit(code)


async def _main_job(stack: Stack, file: Path, report: Report) -> None:
    view = View(file, file.stat().st_size)
    async with _client(stack, Role.editor) as client:
        shown = asyncio.create_task(_show(view, report))
        try:
            wanted = {"title": file.stem[:500], "visibility": "unlisted"}
            answer = await patience.request(client, "POST", "/api/videos", json=wanted)
            answer.raise_for_status()
            video_id = answer.json()["id"]

            def sent(offset: int) -> None:
                view.sent_bytes = offset

            done = await upload(
                client,
                "/api/upload/video",
                file,
                metadata={"filename": file.name, "videoId": video_id, "encode": "true"},
                on_sent=sent,
            )
            view.uploaded_after = time.monotonic() - view.began
            report.event("uploaded", videoId=video_id, seconds=round(view.uploaded_after, 3))
            await _watch(client, video_id, done["x-job-id"], view, report)
        finally:
            shown.cancel()
            await asyncio.gather(shown, return_exceptions=True)
        await _tell(client, stack, video_id, view, report)


@asynccontextmanager
async def _client(stack: Stack, role: Role) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the stack's API with a key of its own."""
    async with (
        _key(stack, role) as key,
        httpx.AsyncClient(
            base_url=stack.api_url, headers={"Authorization": f"Bearer {key}"}, timeout=30, trust_env=False
        ) as client,
    ):
        yield client


@asynccontextmanager
async def _key(stack: Stack, role: Role) -> AsyncIterator[str]:
    """An API key for the length of the demo."""
    settings = Settings.model_validate({name.lower(): value for name, value in stack.env.items()})
    database = Database(settings, pool_size=1)
    try:
        async with database.session() as session:
            row, key = await auth_service.create_key(session, auth_service.CLI, name="vms demo", role=role)
        try:
            yield key
        finally:
            async with database.session() as session:
                await auth_service.revoke_key(session, auth_service.CLI, row.id)
    finally:
        await database.dispose()


async def _show(view: View, report: Report) -> None:
    """Draw until cancelled: bars on a terminal, now and then a line elsewhere."""
    if report.console.is_terminal:
        with Live(view, console=report.console, refresh_per_second=8):
            await asyncio.Event().wait()
    while True:
        await asyncio.sleep(_LINE_SECONDS)
        report.line(view.line())


async def _get(client: httpx.AsyncClient, url: str) -> Any:
    return (await patience.request(client, "GET", url)).raise_for_status().json()


async def _watch(client: httpx.AsyncClient, video_id: str, job_id: str, view: View, report: Report) -> None:
    """Follow the job to its end, and note when the first segment can be fetched.

    :raises DemoFailed: the job failed.
    """
    while True:
        view.job = await _get(client, f"/api/encoding/jobs/{job_id}")
        if view.playable_after is None and view.job["playableSeconds"] is not None:
            playback = await _get(client, f"/api/videos/{video_id}/playback")
            there = False
            with suppress(httpx.TransportError):  # the next round asks again
                there = await _first_segment_is_there(client, playback.get("hlsUrl"))
            if there:
                view.playable_after = time.monotonic() - view.began
                report.event("playable", hlsUrl=playback["hlsUrl"], seconds=round(view.playable_after, 3))
        if view.job["status"] in _TERMINAL:
            break
        await asyncio.sleep(_POLL_SECONDS)
    if view.job["status"] != "completed":
        error = view.job["error"] or {"code": view.job["status"], "message": "the job did not complete"}
        raise DemoFailed(error["code"], error["message"])


async def _first_segment_is_there(client: httpx.AsyncClient, hls_url: str | None) -> bool:
    if hls_url is None:
        return False
    url = httpx.URL(hls_url)
    for _ in range(3):
        answer = await client.get(url)
        if answer.status_code != httpx.codes.OK:
            return False
        lines = [line for line in answer.text.splitlines() if line and not line.startswith("#")]
        if not lines:
            return False
        url = url.join(lines[0])
        if url.path.endswith(".m4s"):
            return (await client.head(url)).status_code == httpx.codes.OK
    return False


async def _tell(client: httpx.AsyncClient, stack: Stack, video_id: str, view: View, report: Report) -> None:
    playback_url = f"{stack.api_url}/api/videos/{video_id}/playback"
    playback = await _get(client, playback_url)
    total = time.monotonic() - view.began
    playable = view.playable_after
    if playable is None:
        playable = total
        report.event("playable", hlsUrl=playback["hlsUrl"], seconds=round(total, 3))
    fields = ("quality", "width", "height", "bandwidthBps", "url")
    renditions = [{name: rendition[name] for name in fields} for rendition in view.job["renditions"]]
    table = Table("quality", "picture", "peak", "average", "codec", box=None, pad_edge=False, header_style="dim")
    for rendition in view.job["renditions"]:
        table.add_row(
            rendition["quality"],
            f"{rendition['width']} x {rendition['height']}",
            f"{rendition['bandwidthBps'] / 1000:.0f} kbit/s",
            f"{rendition['averageBandwidthBps'] / 1000:.0f} kbit/s",
            rendition["codecs"],
        )
    report.console.print("")
    report.console.print(table)
    checks = (view.job["report"] or {}).get("checks", [])
    report.line(
        f"\n  {playback['durationSeconds']:.1f} s of video in {total:.1f} s, playable after {playable:.1f} s; "
        f"{len(checks)} checks of the result passed\n"
    )
    report.line(Text.assemble(("  player    ", "dim"), (playback["playerUrl"], "bold cyan")))
    report.line(Text.assemble(("  playback  ", "dim"), playback_url))
    report.line(Text.assemble(("  HLS       ", "dim"), playback["hlsUrl"]))
    report.line("")
    report.event(
        "done",
        videoId=video_id,
        jobId=view.job["id"],
        apiUrl=stack.api_url,
        playbackUrl=playback_url,
        playerUrl=playback["playerUrl"],
        hlsUrl=playback["hlsUrl"],
        renditions=renditions,
        secondsToFirstPlayable=round(playable, 3),
        secondsTotal=round(total, 3),
        dataDir=str(stack.data.path),
    )
