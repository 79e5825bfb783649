"""``python -m bench.job [--file F] [--rounds 3]``: the whole encode job against the bare ladder, as JSON.

In turn, on the same machine: the bare one-process ffmpeg ladder (``bench.encode_reference``), and a job of a running
stack from the moment it is queued to the moment it is completed, with queue, probe, sprites, upload, callbacks and
verification. ``ratio`` is the median of the rounds' ratios; the goal is 0.55, at VMAF no lower on any rung.
"""

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from bench.encode_reference import run_reference, vmaf
from cli.ports import free_port
from cli.tus import upload
from shared.encoding.ladder import plan_ladder
from worker.media.probe import probe

GOAL_RATIO = 0.55
CLIP = Path(__file__).resolve().parent.parent / "media" / "bbb-30s.mp4"
_VMS = str(Path(sys.executable).with_name("vms"))


def measure(*, file: Path | None = None, rounds: int = 3) -> dict[str, Any]:
    """Time both ways ``rounds`` times in turn; return ratios, and VMAF of every rung of both."""
    with tempfile.TemporaryDirectory(prefix="vms-bench-") as scratch:
        folder = Path(scratch)
        source = file or CLIP
        plan = plan_ladder(asyncio.run(probe(str(source))), window_seconds=None)
        reference: list[float] = []
        ours: list[float] = []
        with _stack(folder / "stack") as (api, key):
            client = httpx.Client(base_url=api, headers={"Authorization": f"Bearer {key}"}, timeout=60, trust_env=False)
            with client:
                video_id = asyncio.run(_upload(api, key, source))
                for _ in range(rounds):
                    reference.append(run_reference(source, plan, folder / "reference"))
                    ours.append(_job_seconds(client, video_id))
                made = client.get(f"/api/videos/{video_id}/playback").json()["hlsUrl"].removesuffix("master.m3u8")
                size = {"width": plan.source.display_width, "height": plan.source.display_height}
                rungs = {
                    rung.name: {
                        "reference": vmaf(source, folder / "reference" / rung.directory / "index.m3u8", **size),
                        "ours": vmaf(source, _fetched(client, made, rung.directory, folder), **size),
                    }
                    for rung in plan.rungs
                }
    ratios = [mine / bare for mine, bare in zip(ours, reference, strict=True)]
    return {
        "ratio": round(statistics.median(ratios), 3),
        "goal": GOAL_RATIO,
        "ratios": [round(ratio, 3) for ratio in ratios],
        "referenceSeconds": [round(value, 2) for value in reference],
        "jobSeconds": [round(value, 2) for value in ours],
        "sourceSeconds": round(plan.duration_seconds, 2),
        "vmaf": rungs,
        "vmafNoLower": all(pair["ours"]["mean"] >= pair["reference"]["mean"] for pair in rungs.values()),
    }


@contextmanager
def _stack(data_dir: Path) -> Iterator[tuple[str, str]]:
    """``vms up`` with one worker; gives the API's URL and an editor's key."""
    command = [_VMS, "up", "--data-dir", str(data_dir), "--port", str(free_port()), "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        assert process.stdout is not None
        event: dict[str, Any] = {}
        for line in process.stdout:
            event = json.loads(line)
            if event["event"] in {"ready", "error"}:
                break
        if event.get("event") != "ready":
            raise SystemExit(f"the stack did not start: {event}")
        arguments = ["--role", "editor", "--name", "bench", "--data-dir", str(data_dir), "--json"]
        made = subprocess.run([_VMS, "keys", "create", *arguments], check=True, capture_output=True)
        yield event["apiUrl"], json.loads(made.stdout)["key"]
    finally:
        process.terminate()
        process.wait(timeout=30)


async def _upload(api: str, key: str, source: Path) -> str:
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=api, headers=headers, timeout=60, trust_env=False) as client:
        done = await upload(
            client, "/api/upload/video", source, metadata={"filename": source.name}, on_sent=lambda _: None
        )
    return done["x-video-id"]


def _job_seconds(client: httpx.Client, video_id: str) -> float:
    """Queue the job and follow it; the API's own times count, not the polling."""
    job_id = client.post(f"/api/videos/{video_id}/encode").raise_for_status().json()["jobId"]
    while True:
        job = client.get(f"/api/encoding/jobs/{job_id}").raise_for_status().json()
        if job["status"] == "failed":
            raise SystemExit(f"the job failed: {job['error']}")
        if job["status"] == "completed":
            begun, ended = (datetime.fromisoformat(job[name]) for name in ("createdAt", "completedAt"))
            return (ended - begun).total_seconds()
        # Seldom, so that the poll itself costs nothing.
        asyncio.run(asyncio.sleep(0.5))


def _fetched(client: httpx.Client, base: str, directory: str, folder: Path) -> Path:
    """One rendition as one file: its init segment and all segments."""
    playlist = client.get(f"{base}{directory}/index.m3u8").raise_for_status().text
    names = ["init.mp4", *(line for line in playlist.splitlines() if line and not line.startswith("#"))]
    path = folder / f"{directory}.mp4"
    with path.open("wb") as file:
        for name in names:
            file.write(client.get(f"{base}{directory}/{name}").raise_for_status().content)
    return path


def main() -> None:
    """Print the numbers."""
    parser = argparse.ArgumentParser(prog="python -m bench.job", description=__doc__)
    parser.add_argument("--file", type=Path, help="the source [half a minute of Big Buck Bunny]")
    parser.add_argument("--rounds", type=int, default=3, help="how often each way runs [3]")
    arguments = parser.parse_args()
    print(json.dumps(measure(file=arguments.file, rounds=arguments.rounds), indent=2))


if __name__ == "__main__":
    main()
