"""Bring the sound to a loudness: EBU R 128 (ITU-R BS.1770-4), measured over the whole track before it is encoded."""

from __future__ import annotations

import asyncio
import contextlib
import math
import re
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from shared.encoding.ladder import AudioRendition, Plan
from worker.media import child, graph
from worker.media.errors import MediaCode, MediaError, classify_log
from worker.media.run import EncodeSettings, Pipes

#: Absolute gate of BS.1770: what is not louder is silence.
_SILENCE_LUFS = -70.0
_MOST_GAIN_DB = 20.0
#: What a limiter takes is given back up to this much; more would only be limited again.
_MOST_LOSS_DB = 4.0
_TOLERATED_LOSS_DB = 0.3
_CORRECTIONS = 3
#: A smaller difference is not worth a filter.
_LEAST_GAIN_DB = 0.1
#: Output is to stay below -1 dBTP; AAC adds up to 2 dB to a peak.
_CEILING_DBTP = -3.0
#: Four times oversampled, a limiter sees the peaks between samples (BS.1770-4, annex 2).
_LIMITER_HZ = 192_000
_TAIL_BYTES = 1 << 16
_INTEGRATED = re.compile(rb"lavfi\.r128\.I=(\S+)\n")
_TRUE_PEAK = re.compile(rb"lavfi\.r128\.true_peak=(\S+)\n")


@dataclass(frozen=True, slots=True)
class Loudness:
    """Integrated loudness and true peak of a track; both are minus infinity where nothing is heard."""

    integrated_lufs: float
    true_peak_dbtp: float


async def gains(url: str, plan: Plan, target_lufs: float, settings: EncodeSettings) -> dict[str, str]:
    """Return the ffmpeg filter that brings each audio track of `url` to `target_lufs`, by the track's name.

    The gain is constant over the track, at most 20 dB. Where it would raise the true peak above the ceiling, a limiter
    follows, and what that takes from the loudness is measured and given back, as far as that helps. A silent track, or
    one that is as loud as it should be, has no entry. The filters change no timestamp and no number of samples.

    The source is read once, and up to three times more if a track needs the limiter. Raises MediaError as an encode
    does; the wall time is the caller's to limit.
    """
    found = await measure(url, plan, plan.audio, settings)
    tracks = [track for track in plan.audio if found[track.name].integrated_lufs > _SILENCE_LUFS]
    wanted = {track.name: min(_MOST_GAIN_DB, target_lufs - found[track.name].integrated_lufs) for track in tracks}
    given = dict(wanted)
    filters = {track.name: _filter(track, given[track.name], found[track.name]) for track in tracks}
    for _ in range(_CORRECTIONS):
        limited = [track for track in tracks if "alimiter" in filters[track.name]]
        made = await measure(url, plan, limited, settings, filters=filters) if limited else {}
        lost = {name: found[name].integrated_lufs + wanted[name] - made[name].integrated_lufs for name in made}
        tracks = [track for track in limited if lost[track.name] > _TOLERATED_LOSS_DB]
        if not tracks:
            break
        for track in tracks:
            given[track.name] = min(
                _MOST_GAIN_DB, wanted[track.name] + _MOST_LOSS_DB, given[track.name] + lost[track.name]
            )
            filters[track.name] = _filter(track, given[track.name], found[track.name])
    return {name: text for name, text in filters.items() if text}


def _filter(track: AudioRendition, gain_db: float, found: Loudness) -> str:
    if found.true_peak_dbtp + gain_db > _CEILING_DBTP:
        limit = 10 ** (_CEILING_DBTP / 20)
        # `latency` takes the look-ahead out again; `level` would undo what the limiter does.
        limiter = f"alimiter=limit={limit:.4f}:level=false:latency=true"
        return f"volume={gain_db:.2f}dB,aresample={_LIMITER_HZ},{limiter},aresample={track.sample_rate}"
    return f"volume={gain_db:.2f}dB" if abs(gain_db) >= _LEAST_GAIN_DB else ""


async def measure(
    url: str,
    plan: Plan,
    tracks: Sequence[AudioRendition],
    settings: EncodeSettings,
    *,
    filters: Mapping[str, str] | None = None,
) -> dict[str, Loudness]:
    """Measure `tracks` as they are encoded, behind their `filters`; raises MediaError when ffmpeg fails or stalls."""
    with contextlib.closing(Pipes(len(tracks))) as pipes:
        process = await child.spawn(
            _command(url, plan, tracks, settings, filters or {}, pipes.writers),
            memory_bytes=settings.memory_bytes,
            cpu_seconds=settings.cpu_seconds,
            source=url,
            cpus=settings.cpus,
            pass_fds=tuple(pipes.writers),
        )
        try:
            pipes.close_writers()
            *meters, log = await _read(process, pipes, len(tracks), settings.stall_seconds)
            status = await process.wait()
        finally:
            await child.kill(process)
    if status == -signal.SIGKILL:
        raise MediaError(MediaCode.FFMPEG_OUT_OF_MEMORY, "the system killed ffmpeg, most likely for its memory")
    if status != 0:
        text = log.decode(errors="replace")
        last = text.strip().rpartition("\n")[2][:300]
        raise classify_log(text) or MediaError(MediaCode.FFMPEG_FAILED, f"the sound cannot be measured: {last}")
    return {track.name: _loudness(meter) for track, meter in zip(tracks, meters, strict=True)}


def _command(
    url: str,
    plan: Plan,
    tracks: Sequence[AudioRendition],
    settings: EncodeSettings,
    filters: Mapping[str, str],
    writers: Sequence[int],
) -> list[str]:
    """The meters write into pipes of their own: in the log, messages of several threads get into each other."""
    chains = []
    for track, descriptor in zip(tracks, writers, strict=True):
        meter = f"ebur128=peak=true:metadata=1:framelog=quiet,ametadata=print:file='pipe\\:{descriptor}'"
        before = filters.get(track.name)
        chains.append(graph.audio_chain(plan, track, f"{before},{meter}" if before else meter))
    argv = graph.reading(settings.program, url, plan.source, threads=settings.threads)
    argv += ["-filter_complex", ";".join(chains)]
    return [*argv, *(part for track in tracks for part in ("-map", f"[{track.name}]", "-f", "null", "/dev/null"))]


async def _read(
    process: asyncio.subprocess.Process, pipes: Pipes, meters: int, stall_seconds: float
) -> Sequence[bytes]:
    """Return the end of what each meter wrote, and of the log. Raises MediaError when no meter writes for too long."""
    loop, last_sign = asyncio.get_running_loop(), time.monotonic()

    async def tail(reader: asyncio.StreamReader, *, is_sign: bool) -> bytes:
        nonlocal last_sign
        kept = b""
        while data := await reader.read(_TAIL_BYTES):
            kept = (kept + data)[-_TAIL_BYTES:]
            last_sign = time.monotonic() if is_sign else last_sign
        return kept

    async def meter(pipe: BinaryIO) -> bytes:
        reader = asyncio.StreamReader()
        transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
        try:
            return await tail(reader, is_sign=True)
        finally:
            transport.close()

    assert process.stderr is not None
    reading = [asyncio.create_task(meter(pipes.take_reader())) for _ in range(meters)]
    reading.append(asyncio.create_task(tail(process.stderr, is_sign=False)))
    try:
        while (left := last_sign + stall_seconds - time.monotonic()) > 0:
            _, pending = await asyncio.wait(reading, timeout=left)
            if not pending:
                return [task.result() for task in reading]
        raise MediaError(MediaCode.FFMPEG_STALLED, f"nothing was measured for {stall_seconds:.0f} s")
    finally:
        for task in reading:
            task.cancel()
        await asyncio.gather(*reading, return_exceptions=True)


def _loudness(meter: bytes) -> Loudness:
    """Read the last values of a meter; it counts from the beginning and writes ten times a second."""
    integrated, peak = _INTEGRATED.findall(meter), _TRUE_PEAK.findall(meter)
    if not integrated or not peak or float(peak[-1]) <= 0:
        return Loudness(-math.inf, -math.inf)
    return Loudness(float(integrated[-1]), 20 * math.log10(float(peak[-1])))
