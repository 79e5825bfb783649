"""What an encode takes of its machine: the CPUs it was given, no disk, and memory that does not grow with the film."""

import os
import time
from contextlib import suppress
from pathlib import Path

import psutil

from tests.media.making import ignore, make, picture, planned
from worker.media.encode import EncodeSettings, encode

_OFTEN = 0.05


def ffmpegs() -> list[psutil.Process]:
    return [p for p in psutil.Process().children(recursive=True) if "ffmpeg" in p.name()]


def ffmpeg() -> psutil.Process:
    [found] = ffmpegs()
    return found


async def test_ffmpeg_keeps_to_its_cpus(film):
    """Every thread of it, decoder and filters too, which `-threads` does not reach."""
    cpu = max(os.sched_getaffinity(0))
    seen, used, threads = set(), [], 0

    async def progress(_):
        nonlocal threads
        process = ffmpeg()
        tasks = [int(task.name) for task in Path(f"/proc/{process.pid}/task").iterdir()]
        threads = max(threads, len(tasks))
        seen.update(frozenset(os.sched_getaffinity(task)) for task in tasks)
        times = process.cpu_times()
        used.append((time.monotonic(), times.user + times.system))

    settings = EncodeSettings(cpus=(cpu,), threads=2, progress_interval_seconds=_OFTEN)
    await encode(str(film), await planned(film), ignore, settings=settings, on_progress=progress)
    assert seen == {frozenset({cpu})}
    assert threads > 4
    (begin, before), (end, after) = used[0], used[-1]
    assert end - begin > 0.3
    assert (after - before) / (end - begin) <= 1.1


async def test_nothing_is_written_to_disk(film):
    """Counted by the kernel: bytes that ffmpeg and the worker sent towards a disk."""
    written, opened = [], set()

    async def progress(_):
        # The last word comes when ffmpeg may have ended: then, and only then, there is nobody to ask.
        running = ffmpegs()
        assert len(running) <= 1
        for process in running:
            with suppress(psutil.NoSuchProcess):
                written.append(process.io_counters().write_bytes)
                opened.update(file.path for file in process.open_files())

    own = psutil.Process().io_counters().write_bytes
    settings = EncodeSettings(progress_interval_seconds=_OFTEN)
    result = await encode(str(film), await planned(film), ignore, settings=settings, on_progress=progress)
    assert result.bytes_total > 1_500_000
    assert set(written) == {0}
    assert opened <= {str(film)}
    assert psutil.Process().io_counters().write_bytes - own < 200_000


async def test_memory_does_not_grow_with_the_film(tmp_path):
    """Ten minutes take no more of the worker than one."""
    sound = ("-f", "lavfi", "-i", "sine=frequency=440:sample_rate=8000", "-c:a", "pcm_s16le")
    video = (*picture("64x64", "5"), *sound, "-c:v", "mpeg4")
    long = make(tmp_path / "long.mov", *video, "-t", "600")
    short = make(tmp_path / "short.mov", "-i", str(long), "-c", "copy", "-t", "60")
    peak = 0

    async def sink(name, body, content_type, kind):
        nonlocal peak
        peak = max(peak, psutil.Process().memory_info().rss)

    await encode(str(short), await planned(short), sink)
    after_one_minute, peak = peak, 0
    result = await encode(str(long), await planned(long), sink)
    assert result.renditions[0].frames == 3000
    assert after_one_minute > 0
    assert peak - after_one_minute < 32 << 20
