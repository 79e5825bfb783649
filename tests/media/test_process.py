"""The encode as a process: cancelled, killed, held up, starved."""

import asyncio
import os
import signal
import sys
import time
from fractions import Fraction
from pathlib import Path

import psutil
import pytest

from shared.encoding.ladder import plan_ladder
from tests.cli.waiting import until
from tests.media import playback
from tests.media.making import AAC, SINE, X264, assert_plays, encode_clip, ignore, make, picture, planned
from worker.media import graph
from worker.media.encode import EncodeSettings, encode
from worker.media.errors import MediaCode, MediaError
from worker.media.probe import Limits, Prober, probe
from worker.media.run import Run


def children():
    return [p for p in psutil.Process().children(recursive=True) if "ffmpeg" in p.name()]


async def test_cancelling_kills_ffmpeg(film):
    plan, begun = await planned(film), asyncio.Event()

    async def sink(name, body, content_type, kind):
        begun.set()

    task = asyncio.create_task(encode(str(film), plan, sink))
    await begun.wait()
    assert len(children()) == 1
    started = time.monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert time.monotonic() - started < 2
    assert children() == []


async def test_ffmpeg_dies_with_its_worker(film):
    script = f"""
import asyncio, sys
from tests.media.test_process import planned, encode
async def sink(name, body, content_type, kind):
    print("stored", flush=True)
    await asyncio.Event().wait()
async def main():
    await encode({str(film)!r}, await planned({str(film)!r}), sink)
asyncio.run(main())
"""
    worker = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    assert await worker.stdout.readline() == b"stored\n"
    orphans = [p for p in psutil.Process(worker.pid).children(recursive=True) if "ffmpeg" in p.name()]
    assert len(orphans) == 1
    os.kill(worker.pid, signal.SIGKILL)
    await worker.wait()
    gone, alive = await asyncio.to_thread(psutil.wait_procs, orphans, 2)
    assert (len(gone), alive) == (1, [])


async def test_what_the_sink_or_a_callback_raises_ends_the_encode(film):
    plan = await planned(film)

    async def full(name, body, content_type, kind):
        raise ConnectionError("the store is gone")

    with pytest.raises(ConnectionError, match="the store is gone"):
        await encode(str(film), plan, full)

    async def fenced(progress):
        raise PermissionError("another attempt is current")

    with pytest.raises(PermissionError, match="another attempt"):
        await encode(str(film), plan, ignore, on_progress=fenced)
    assert children() == []


async def test_a_slow_sink_holds_ffmpeg_back(film):
    """Nothing gets through: only a bounded number of objects is ever in hand."""
    plan, waiting, peak, release = await planned(film), 0, 0, asyncio.Event()

    async def sink(name, body, content_type, kind):
        nonlocal waiting, peak
        waiting += 1
        peak = max(peak, waiting)
        if waiting == 3:
            asyncio.get_running_loop().call_later(0.3, release.set)
        await release.wait()
        waiting -= 1

    result = await encode(str(film), plan, sink, settings=EncodeSettings(upload_slots=3))
    assert peak == 3
    assert result.renditions[0].frames == 500


async def test_progress_grows_to_the_end(film):
    told = []

    async def progress(progress):
        told.append(progress)

    settings = EncodeSettings(progress_interval_seconds=0.05)
    await encode(str(film), await planned(film), ignore, settings=settings, on_progress=progress)
    assert len(told) >= 2
    assert [p.percent for p in told] == sorted(p.percent for p in told)
    assert all(0 < p.percent <= 99 and set(p.rungs) == {"360p"} and p.speed > 0 for p in told)
    assert told[-1].eta_seconds < told[0].eta_seconds


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        (EncodeSettings(wall_seconds=0.2), MediaCode.FFMPEG_TIMEOUT),
        (EncodeSettings(memory_bytes=260 << 20), MediaCode.FFMPEG_OUT_OF_MEMORY),
        (EncodeSettings(output_bytes=50_000), MediaCode.MEDIA_OUTPUT_TOO_LARGE),
        (EncodeSettings(cpu_seconds=1), MediaCode.FFMPEG_TIMEOUT),
    ],
    ids=["wall", "memory", "output", "cpu"],
)
async def test_limits_end_the_encode(film, settings, code):
    with pytest.raises(MediaError) as caught:
        await encode(str(film), await planned(film), ignore, settings=settings)
    assert caught.value.code == code
    assert caught.value.permanent == (code == MediaCode.MEDIA_OUTPUT_TOO_LARGE)
    assert children() == []


async def test_a_storage_that_hangs_is_a_stall(film):
    plan, hung = await planned(film), asyncio.Event()

    async def hang(reader, writer):
        await hung.wait()
        writer.close()

    async with await asyncio.start_server(hang, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(MediaError) as caught:
            await encode(f"http://127.0.0.1:{port}/film.mp4", plan, ignore, settings=EncodeSettings(stall_seconds=0.3))
        hung.set()
    assert (caught.value.code, caught.value.permanent) == (MediaCode.FFMPEG_STALLED, False)
    assert children() == []


@pytest.mark.parametrize(
    ("program", "seconds"), [("import time; time.sleep(60)", 0.2), ("while True: pass", 2.0)], ids=["idle", "at work"]
)
async def test_a_process_that_works_may_be_silent_for_longer(film, program, seconds):
    """A late window of a film with few key frames: all before it must be decoded first."""
    plan = await planned(film)
    run = Run(str(film), plan, graph.whole(plan), EncodeSettings(stall_seconds=0.2), None)
    process = await asyncio.create_subprocess_exec(sys.executable, "-S", "-c", program)
    started = time.monotonic()
    try:
        with pytest.raises(MediaError) as caught:
            await run._watch(process.pid)
    finally:
        process.kill()
        await process.wait()
    assert caught.value.code == MediaCode.FFMPEG_STALLED
    assert seconds <= time.monotonic() - started < seconds + 1


async def test_a_source_that_vanishes_is_told_from_a_broken_one(tmp_path):
    clip = make(tmp_path / "film.mp4", *picture(), *X264, "-frames:v", "5")
    plan = await planned(clip)
    clip.unlink()
    with pytest.raises(MediaError) as caught:
        await encode(str(clip), plan, ignore)
    assert caught.value.code == MediaCode.FILE_NOT_FOUND


@pytest.mark.parametrize("flags", [(), ("-movflags", "+faststart")], ids=["index last", "index first"])
async def test_a_source_on_http(tmp_path, out, flags):
    make(tmp_path / "film.mp4", *picture(), *SINE, *X264, *AAC, "-frames:v", "30", "-shortest", *flags)
    with playback.served(tmp_path) as base:
        encoded = await encode_clip(f"{base}/film.mp4", out)
    assert_plays(encoded, frames=30, rate=Fraction(25))


async def test_a_store_that_breaks_off_is_a_transient_fault(tmp_path, film):
    plan = await planned(film)
    for budget in (10, film.stat().st_size // 2):
        with playback.served(film.parent, budget=budget) as base, pytest.raises(MediaError) as caught:
            await encode(f"{base}/{film.name}", plan, ignore)
        assert (caught.value.code, caught.value.permanent) == (MediaCode.FFMPEG_DOWNLOAD_FAILED, False)
    with playback.served(film.parent, budget=70_000) as base, pytest.raises(MediaError) as caught:
        await probe(f"{base}/{film.name}")
    assert (caught.value.code, caught.value.permanent) == (MediaCode.FFMPEG_DOWNLOAD_FAILED, False)


async def test_several_windows_are_refused_for_now(film):
    plan = plan_ladder(await probe(str(film)), window_seconds=6)
    assert len(plan.windows) == 4
    with pytest.raises(ValueError, match="window"):
        await encode(str(film), plan, ignore)


def waiting_probe() -> int | None:
    """The child that waits for a question; while it becomes what it is, it has no name."""
    found = [child.pid for child in psutil.Process().children() if "worker.media.probe" in " ".join(child.cmdline())]
    return found[0] if found else None


async def test_a_prober_has_a_child_waiting_and_each_examines_one_source(film):
    prober = Prober(Limits())
    await prober.prepare()
    waiting = until(waiting_probe, what="the child")
    assert (await prober.probe(str(film))).frames == 500
    assert not psutil.pid_exists(waiting)
    with pytest.raises(MediaError) as missing:
        await prober.probe(str(film) + ".gone")
    assert missing.value.code is MediaCode.FILE_NOT_FOUND
    await prober.prepare()
    waiting = until(waiting_probe, what="the child")
    os.kill(waiting, signal.SIGKILL)
    assert (await prober.probe(str(film))).frames == 500
    await prober.prepare()
    await prober.close()
    assert not [p for p in psutil.Process().children() if "worker.media.probe" in " ".join(p.cmdline())]
