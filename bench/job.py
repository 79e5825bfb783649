"""A whole encode job against the bare ladder, on one file.

In turn, on the same machine: the bare one-process ffmpeg ladder (``bench.encode_reference``), and a job of a running
stack from the moment it is queued to the moment it is completed, with queue, probe, sprites, upload, callbacks and
verification. ``ratio`` is the median of the rounds' ratios; the goal is 0.55, at VMAF no lower on any rung.
"""

import asyncio
import statistics
import tempfile
from pathlib import Path
from typing import Any

import httpx

from bench.encode_reference import run_reference, vmaf
from bench.stack import seconds_of, stack
from shared.encoding.ladder import plan_ladder
from worker.media.probe import probe

GOAL_RATIO = 0.55


def measure(source: Path, *, rounds: int = 3) -> dict[str, Any]:
    """Time both ways ``rounds`` times in turn; return ratios, and VMAF of every rung of both."""
    with tempfile.TemporaryDirectory(prefix="vms-bench-") as scratch:
        folder = Path(scratch)
        plan = plan_ladder(asyncio.run(probe(str(source))), window_seconds=None)
        reference: list[float] = []
        ours: list[float] = []
        with stack(folder / "stack") as running:
            video_id = running.upload(source)["x-video-id"]
            for _ in range(rounds):
                reference.append(run_reference(source, plan, folder / "reference"))
                ours.append(seconds_of(running.encode(video_id)))
            playback = running.client.get(f"/api/videos/{video_id}/playback").json()
            made = playback["hlsUrl"].removesuffix("master.m3u8")
            size = {"width": plan.source.display_width, "height": plan.source.display_height}
            rungs = {
                rung.name: {
                    "reference": vmaf(source, folder / "reference" / rung.directory / "index.m3u8", **size),
                    "ours": vmaf(source, _fetched(running.client, made, rung.directory, folder), **size),
                }
                for rung in plan.rungs
            }
    ratios = [mine / bare for mine, bare in zip(ours, reference, strict=True)]
    ratio = round(statistics.median(ratios), 3)
    no_lower = all(pair["ours"]["mean"] >= pair["reference"]["mean"] for pair in rungs.values())
    return {
        "ratio": ratio,
        "goal": GOAL_RATIO,
        "pass": ratio <= GOAL_RATIO and no_lower,
        "ratios": [round(value, 3) for value in ratios],
        "referenceSeconds": [round(value, 2) for value in reference],
        "jobSeconds": [round(value, 2) for value in ours],
        "sourceSeconds": round(plan.duration_seconds, 2),
        "vmaf": rungs,
        "vmafNoLower": no_lower,
    }


def _fetched(client: httpx.Client, base: str, directory: str, folder: Path) -> Path:
    """One rendition as one file: its init segment and all segments."""
    playlist = client.get(f"{base}{directory}/index.m3u8").raise_for_status().text
    names = ["init.mp4", *(line for line in playlist.splitlines() if line and not line.startswith("#"))]
    path = folder / f"{directory}.mp4"
    with path.open("wb") as file:
        for name in names:
            file.write(client.get(f"{base}{directory}/{name}").raise_for_status().content)
    return path
