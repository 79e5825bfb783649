"""The yardstick for encode speed: one bare ffmpeg that makes the same ladder the obvious way, and VMAF for both.

The reference decodes once, splits, scales every rung from the source with swscale's default, encodes with x264
``veryfast`` and encodes the audio once per rung, into HLS files. No probing, no sprites, no checks.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import imageio_ffmpeg

from shared.encoding.ladder import Plan, plan_ladder
from worker.media.encode import EncodeSettings, encode
from worker.media.graph import Preset
from worker.media.probe import probe
from worker.media.verify import verify

FFMPEG: str = imageio_ffmpeg.get_ffmpeg_exe()  # type: ignore[attr-defined, no-untyped-call]


def reference_command(source: Path, plan: Plan, output: Path) -> list[str]:
    """Return the argv of the bare ladder: ``output/<height>/index.m3u8`` for every rung of `plan`."""
    labels = "".join(f"[i{n}]" for n in range(len(plan.rungs)))
    scales = (f"[i{n}]scale={rung.width}:{rung.height}[o{n}]" for n, rung in enumerate(plan.rungs))
    argv = [FFMPEG, "-v", "error", "-nostdin", "-y", "-i", str(source)]
    argv += ["-filter_complex", ";".join((f"[0:v:0]split={len(plan.rungs)}{labels}", *scales))]
    for number, rung in enumerate(plan.rungs):
        directory = output / rung.directory
        directory.mkdir(parents=True, exist_ok=True)
        argv += ["-map", f"[o{number}]", "-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p"]
        argv += ["-b:v", str(rung.video_bps), "-maxrate", str(rung.maxrate_bps), "-bufsize", str(rung.bufsize_bits)]
        argv += ["-g", str(plan.gop_frames), "-keyint_min", str(plan.gop_frames), "-sc_threshold", "0"]
        if plan.audio:
            argv += ["-map", "0:a:0", "-c:a", "aac", "-ac", "2", "-ar", "48000", "-b:a", str(plan.audio[0].audio_bps)]
        argv += ["-f", "hls", "-hls_time", "6", "-hls_playlist_type", "vod", "-hls_segment_type", "fmp4"]
        argv.append(str(directory / "index.m3u8"))
    return argv


def run_reference(source: Path, plan: Plan, output: Path) -> float:
    """Run the bare ladder; return its wall time in seconds. Raises CalledProcessError."""
    started = time.perf_counter()
    subprocess.run(reference_command(source, plan, output), check=True)
    return time.perf_counter() - started


async def run_ours(source: Path, output: Path, *, preset: Preset = Preset.VERYFAST) -> float:
    """Probe, plan, encode into files under `output` and verify; return the wall time in seconds of all of it."""

    async def sink(name: str, body: bytes, content_type: str, kind: str) -> None:  # noqa: ARG001 - the sink's signature
        path = output / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)

    async def read(name: str) -> bytes:
        return (output / name).read_bytes()

    async def stat() -> dict[str, tuple[int, str | None]]:
        files = (path for path in output.rglob("*") if path.is_file())
        return {str(path.relative_to(output)): (path.stat().st_size, None) for path in files}

    started = time.perf_counter()
    plan = plan_ladder(await probe(str(source)), window_seconds=None)
    result = await encode(str(source), plan, sink, settings=EncodeSettings(preset=preset))
    report = await verify(plan, result, read, stat)
    if not report["ok"]:
        raise RuntimeError(f"the output does not verify: {report['checks']}")
    return time.perf_counter() - started


def _any_name(rendition: Path) -> list[str]:
    """Let a playlist name segments with any ending; files have no such option."""
    return ["-allowed_extensions", "ALL"] if rendition.suffix == ".m3u8" else []


def vmaf(source: Path, rendition: Path, *, width: int, height: int) -> dict[str, float]:
    """Return VMAF of an HLS playlist or file against `source`: ``mean`` and ``low`` (1 % of frames are worse).

    The rendition is scaled up to `width` x `height` with bicubic, as a player would show it full screen.
    """
    with tempfile.TemporaryDirectory() as scratch:
        log = Path(scratch) / "vmaf.json"
        # Of an untagged source and a tagged rendition one would be converted to the other's matrix: tag both alike.
        alike = f"scale={width}:{height}:flags=bicubic,settb=1/1000,setpts=40*N,format=yuv420p,setsar=1"
        alike += ",setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709:range=limited"
        graph = f"[0:v:0]{alike}[made];[1:v:0]{alike}[source];[made][source]libvmaf=n_threads=2:n_subsample=3"
        graph += f":log_fmt=json:log_path={log}"
        argv = [FFMPEG, "-v", "fatal", "-nostdin", *_any_name(rendition), "-i", str(rendition)]
        subprocess.run(
            [*argv, "-i", str(source), "-lavfi", graph, "-fps_mode", "passthrough", "-f", "null", "-"], check=True
        )
        scores = sorted(frame["metrics"]["vmaf"] for frame in json.loads(log.read_text())["frames"])
    return {"mean": round(statistics.fmean(scores), 2), "low": round(scores[len(scores) // 100], 2)}


def compare(
    source: Path, *, rounds: int = 3, presets: Sequence[Preset] = (Preset.VERYFAST,), quality: bool = True
) -> dict[str, Any]:
    """Time the reference and ours in turn, `rounds` times; return median ratios to the reference.

    ``wallRatios`` are what a user feels; ``cpuRatios`` hold on a machine that others use too. With `quality`, VMAF and
    bytes of every rung follow.
    """
    plan = plan_ladder(asyncio.run(probe(str(source))), window_seconds=None)
    runs: dict[str, list[tuple[float, float]]] = {"reference": [], **{preset: [] for preset in presets}}
    with tempfile.TemporaryDirectory() as scratch:
        outputs = {name: Path(scratch) / name for name in runs}
        for _ in range(rounds):
            for name, output in outputs.items():
                before = _cpu_seconds()
                if name == "reference":
                    wall = run_reference(source, plan, output)
                else:
                    wall = asyncio.run(run_ours(source, output, preset=Preset(name)))
                runs[name].append((wall, _cpu_seconds() - before))
        made = outputs.items() if quality else ()
        rungs = {
            name: {rung.name: _quality(source, output / rung.directory, plan) for rung in plan.rungs}
            for name, output in made
        }
    return {"wallRatios": _ratios(runs, 0), "cpuRatios": _ratios(runs, 1), "seconds": runs, "rungs": rungs}


def _ratios(runs: dict[str, list[tuple[float, float]]], column: int) -> dict[str, float]:
    bare = [run[column] for run in runs["reference"]]
    return {
        name: round(statistics.median(run[column] / other for run, other in zip(own, bare, strict=True)), 3)
        for name, own in runs.items()
    }


def _cpu_seconds() -> float:
    """CPU seconds of this process and of its children that have ended."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def _quality(source: Path, directory: Path, plan: Plan) -> dict[str, float]:
    size = {"width": plan.source.display_width, "height": plan.source.display_height}
    stored = sum(path.stat().st_size for path in directory.iterdir())
    return {**vmaf(source, directory / "index.m3u8", **size), "bytes": stored}


if __name__ == "__main__":
    print(json.dumps(compare(Path(sys.argv[1]), presets=tuple(Preset(name) for name in sys.argv[2:])), indent=2))
