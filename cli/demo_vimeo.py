"""``vms demo --with-vimeo``: a library at a fake Vimeo is imported, three videos move here, and one goes back."""

import asyncio
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import imageio_ffmpeg
from rich.text import Text

from cli import patience
from cli.fakes.vimeo import FakeClip, FakeVimeo
from cli.report import Report

_TITLES = (
    ("Breathing, part one", "anybody", ("breath", "beginners")),
    ("Breathing, part two", "anybody", ("breath",)),
    ("Morning practice", "unlisted", ("practice",)),
    ("Evening practice", "unlisted", ("practice",)),
    ("How to sit", "anybody", ("beginners",)),
    ("Questions and answers, June", "password", ("live",)),
    ("Questions and answers, July", "password", ("live",)),
    ("Walking meditation", "anybody", ("practice", "outside")),
    ("Sound bath", "anybody", ("sound",)),
    ("Course: welcome", "nobody", ("course",)),
    ("Course: first week", "nobody", ("course",)),
    ("Course: second week", "nobody", ("course",)),
)
_CLIP_SECONDS = 4
_MOVED = 3
_POLL_SECONDS = 0.3
_LINE_SECONDS = 2.0
#: No step of the demo takes longer.
_LONGEST_SECONDS = 900


class VimeoDemoFailed(Exception):
    """A step did not end well; ``code`` is the API's."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@contextmanager
def fake_library(film: Path) -> Iterator[FakeVimeo]:
    """A Vimeo of a dozen clips, each a few seconds of ``film``, until the block ends."""
    with TemporaryDirectory(prefix="vms-demo-") as folder:
        file = Path(folder) / "clip.mp4"
        ffmpeg: str = imageio_ffmpeg.get_ffmpeg_exe()  # type: ignore[attr-defined, no-untyped-call]
        argv = [ffmpeg, "-v", "error", "-nostdin", "-i", str(film), "-t", str(_CLIP_SECONDS)]
        subprocess.run([*argv, "-c", "copy", str(file)], check=True, timeout=60)
        clips = [
            FakeClip(
                id=str(76_979_871 + number),
                name=title,
                file=file,
                duration=_CLIP_SECONDS,
                privacy=privacy,
                hash=f"{number:010x}" if privacy == "unlisted" else None,
                tags=tags,
                folder="Course" if "course" in tags else None,
                plays=37 * number,
            )
            for number, (title, privacy, tags) in enumerate(_TITLES)
        ]
        with FakeVimeo(clips) as running:
            yield running


async def show(client: httpx.AsyncClient, report: Report) -> None:
    """Import, migrate and roll back, with a word on each.

    :raises VimeoDemoFailed: a step failed.
    """
    report.line(Text.assemble("\n  ", ("Vimeo", "bold"), "  a library of a dozen clips\n"))
    await _import(client, report)
    videos = await _ask(client, "GET", "/api/videos?migrationStatus=vimeo_only&visibility=public&sort=title&limit=3")
    moved = videos["items"][:_MOVED]
    await _migrate(client, report, moved)
    await _roll_back(client, report, moved[0])


async def _ask(client: httpx.AsyncClient, method: str, url: str, body: dict[str, Any] | None = None) -> Any:
    answer = await patience.request(client, method, url, json=body)
    if answer.is_error:
        problem = answer.json()
        raise VimeoDemoFailed(problem["code"], problem.get("detail") or problem["title"])
    return answer.json()


async def _import(client: httpx.AsyncClient, report: Report) -> None:
    run_id = (await _ask(client, "POST", "/api/videos/sync/vimeo"))["runId"]
    async with asyncio.timeout(_LONGEST_SECONDS):
        while True:
            run = await _ask(client, "GET", f"/api/videos/sync/vimeo/{run_id}")
            if run["status"] not in {"queued", "running"}:
                break
            await asyncio.sleep(_POLL_SECONDS)
    if run["status"] != "completed":
        raise VimeoDemoFailed(run["error"]["code"], run["error"]["message"])
    summary = run["summary"]
    report.line(f"  imported   {summary['added']} videos, {summary['quotaRemaining']} requests left today")
    report.event("imported", **summary)


async def _migrate(client: httpx.AsyncClient, report: Report, videos: list[dict[str, Any]]) -> None:
    titles = {video["id"]: video["title"] for video in videos}
    batch_id = (await _ask(client, "POST", "/api/migrations", {"ids": list(titles)}))["batchId"]
    report.line(f"  migrating  {len(titles)} of them: downloaded, encoded, compared, and only then switched")
    ended: set[str] = set()
    said = time.monotonic()
    async with asyncio.timeout(_LONGEST_SECONDS):
        while len(ended) < len(titles):
            batch = await _ask(client, "GET", f"/api/migrations/{batch_id}")
            for item in batch["items"]:
                if item["videoId"] not in ended and item["finishedAt"] is not None:
                    ended.add(item["videoId"])
                    await _tell(report, titles[item["videoId"]], item)
            if time.monotonic() - said >= _LINE_SECONDS:
                said = time.monotonic()
                states = ", ".join(f"{titles[item['videoId']]}: {item['status']}" for item in batch["items"])
                report.line(Text(f"             {batch['progress']:3.0f} %  {states}", "dim"))
            await asyncio.sleep(_POLL_SECONDS)


async def _tell(report: Report, title: str, item: dict[str, Any]) -> None:
    if item["status"] != "completed":
        raise VimeoDemoFailed(item["errorCode"] or item["status"], item["errorMessage"] or f"{title} was not migrated")
    passed = [check["name"] for check in item["checks"] if check["ok"]]
    report.line(f"  migrated   {title}: {len(passed)} comparisons with the original passed")
    report.event("migrated", videoId=item["videoId"], title=title, checks=passed)


async def _roll_back(client: httpx.AsyncClient, report: Report, video: dict[str, Any]) -> None:
    playback = f"/api/videos/{video['id']}/playback"
    before = (await _ask(client, "GET", playback))["provider"]
    await _ask(client, "POST", f"/api/videos/{video['id']}/rollback")
    after = await _ask(client, "GET", playback)
    report.line(f"  back       {video['title']}: was played by {before}, is played by {after['provider']} again\n")
    report.event("rolledBack", videoId=video["id"], before=before, after=after["provider"], embedUrl=after["embedUrl"])
