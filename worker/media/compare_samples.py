"""Pictures and sounds of a film at a time, small and raw: by one confined ffmpeg for each.

The original is read as an encode reads it, so that what an encode does on purpose (turn, deinterlace, tone-map, drop
every other frame, mix down) is no difference. What was published comes through stdin, one segment at a time.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Sequence
from dataclasses import replace

from shared.encoding.ladder import AudioRendition, Plan, Rung, Window
from worker.media import child, graph
from worker.media.errors import MediaCode, MediaError, classify_log

# The chain is not public in `graph`, and no other may stand here.
from worker.media.graph import source_chain
from worker.media.run import EncodeSettings

#: Longer side of the pictures that are compared.
_SIDE = 160
AUDIO_RATE = 16_000
#: How far before its place reading begins, should the place be missed: as for the windows of an encode.
_BACK_SECONDS = (0.0, 10.0, 60.0)
_AUDIO_LEAD_SECONDS = 1.0
_TAIL_BYTES = 1 << 16
_READ_BYTES = 1 << 18
_WALL_SECONDS = 300.0
#: The share of the samples asked for that must come, or reading began too late.
_ENOUGH = 0.9


def small(plan: Plan) -> tuple[int, int]:
    """Return width and height of the pictures: even, in the film's aspect."""
    top = plan.rungs[0]
    scale = _SIDE / max(top.width, top.height)
    return max(8, round(top.width * scale / 2) * 2), max(8, round(top.height * scale / 2) * 2)


async def original_pictures(
    url: str, plan: Plan, start_frame: int, end_frame: int, settings: EncodeSettings, *, back: int = 0
) -> list[bytes]:
    """Return the original's frames from `start_frame` to before `end_frame`, counted as the published ones are.

    Fewer come only where the original ends. `back` skips that many of the nearest places to begin reading from. Raises
    MediaError.
    """
    width, height = small(plan)
    rung = Rung("compare", width, height, 0, 0, 0, "")
    piece = replace(plan, rungs=(rung,), windows=(Window(0, start_frame, end_frame),))
    found: list[bytes] = []
    for seconds in _BACK_SECONDS[back:]:
        cut = graph.window(piece, 0, "all", back_seconds=seconds)
        argv = graph.reading(
            settings.program, url, plan.source, threads=settings.threads, seek_seconds=cut.seek_seconds
        )
        argv += ["-max_error_rate", "1", "-filter_complex", f"{source_chain(piece, cut)},extractplanes=y[out]"]
        argv += ["-map", "[out]", "-frames:v", str(end_frame - start_frame), *_RAW_VIDEO]
        pictures = _pictures(await _pull(argv, url, settings), width * height)
        if len(pictures) == end_frame - start_frame or cut.seek_seconds is None:
            return pictures
        if found and len(found) == len(pictures):
            break
        found = pictures
    return found


_RAW_VIDEO = ("-fps_mode", "passthrough", "-f", "rawvideo", "pipe:1")


async def published_picture(init: bytes, segment: bytes, number: int, plan: Plan, settings: EncodeSettings) -> bytes:
    """Return frame `number` of a published segment; raises MediaError, also if there is none."""
    width, height = small(plan)
    scale = f"zscale=w={width}:h={height}:filter=lanczos:r=limited,format=yuv420p,extractplanes=y"
    argv = [*_published(settings), "-filter_complex", f"[0:v]select='eq(n,{number})',{scale}[out]"]
    argv += ["-map", "[out]", "-frames:v", "1", *_RAW_VIDEO]
    pictures = _pictures(await _pull(argv, None, settings, init + segment), width * height)
    if not pictures:
        raise MediaError(MediaCode.MEDIA_OUTPUT_INVALID, "a published segment ends before its last picture")
    return pictures[0]


async def original_sound(
    url: str, plan: Plan, track: AudioRendition, start_seconds: float, seconds: float, settings: EncodeSettings
) -> bytes:
    """Return a track's samples from `start_seconds` of the film on: 16 bits, 16 kHz, as many channels as published."""
    source = plan.source
    origin = source.start_seconds - source.delay_seconds
    channels = next((t.channels for t in source.audio if t.index == track.source_index), track.channels)
    first_two = "pan=stereo|c0=c0|c1=c1," if channels > 8 else ""
    chain = (
        f"[0:{track.source_index}]asetpts=PTS-{origin:.9f}/TB,"
        f"atrim=start={start_seconds:.6f}:end={start_seconds + seconds:.6f},"
        f"{first_two}asidedata=mode=delete:type=DOWNMIX_INFO,{_samples(track.channels)}[out]"
    )
    found = b""
    for back in _BACK_SECONDS:
        ahead = start_seconds - _AUDIO_LEAD_SECONDS - back
        seek = source.start_seconds + ahead if ahead > 0 else None
        argv = graph.reading(settings.program, url, source, threads=settings.threads, seek_seconds=seek)
        argv += ["-max_error_rate", "1", "-filter_complex", chain, "-map", "[out]", "-f", "s16le", "pipe:1"]
        found = max(found, await _pull(argv, url, settings), key=len)
        if seek is None or len(found) >= _ENOUGH * sample_count(track, seconds) * 2:
            break
    return found


async def published_sound(
    init: bytes, segment: bytes, track: AudioRendition, start_seconds: float, seconds: float, settings: EncodeSettings
) -> bytes:
    """Return samples of a published segment from `start_seconds` after its start on, as `original_sound` does."""
    chain = (
        f"[0:a]asetpts=PTS-STARTPTS,atrim=start={start_seconds:.6f}:end={start_seconds + seconds:.6f},"
        f"{_samples(track.channels)}[out]"
    )
    argv = [*_published(settings), "-filter_complex", chain, "-map", "[out]", "-f", "s16le", "pipe:1"]
    return await _pull(argv, None, settings, init + segment)


def sample_count(track: AudioRendition, seconds: float) -> int:
    """How many samples, of all channels together, `seconds` of a track have."""
    return round(seconds * AUDIO_RATE) * min(2, track.channels)


def _samples(channels: int) -> str:
    layout = "mono" if channels == 1 else "stereo"
    # In whole numbers the mix would be made quieter; as floats it is the encode's.
    mixed = f"aresample={AUDIO_RATE}:ochl={layout}:lfe_mix_level=0.7"
    return f"{mixed},aformat=sample_fmts=fltp:channel_layouts={layout},aformat=sample_fmts=s16"


def _published(settings: EncodeSettings) -> list[str]:
    argv = [settings.program, "-hide_banner", "-nostdin", "-nostats", "-loglevel", "level+error"]
    return [*argv, "-protocol_whitelist", "pipe", "-threads", "1", "-f", "mov", "-i", "pipe:0"]


def _pictures(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data) - size + 1, size)]


async def _pull(argv: Sequence[str], url: str | None, settings: EncodeSettings, body: bytes = b"") -> bytes:
    """Run one ffmpeg with `body` on stdin and return what it writes; raises MediaError."""
    process = await child.spawn(
        argv,
        memory_bytes=settings.memory_bytes,
        cpu_seconds=settings.cpu_seconds,
        # Without a source there is stdin, and nothing that it may open.
        source=url or "/dev/null",
        cpus=settings.cpus,
        talk=True,
    )
    try:
        async with asyncio.timeout(_WALL_SECONDS):
            _, data, log = await asyncio.gather(_feed(process, body), _drain(process), _tail(process))
            status = await process.wait()
    except TimeoutError:
        raise MediaError(
            MediaCode.FFMPEG_TIMEOUT, f"a place in the film was not found in {_WALL_SECONDS:.0f} s"
        ) from None
    finally:
        await child.kill(process)
    if status == -signal.SIGKILL:
        raise MediaError(MediaCode.FFMPEG_OUT_OF_MEMORY, "the system killed ffmpeg, most likely for its memory")
    if status != 0:
        last = log.strip().rpartition("\n")[2][:300]
        raise classify_log(log) or MediaError(MediaCode.FFMPEG_FAILED, f"the film cannot be compared: {last}")
    return data


async def _feed(process: asyncio.subprocess.Process, body: bytes) -> None:
    """ffmpeg closes its end as soon as it has the picture that was asked for."""
    assert process.stdin is not None
    with contextlib.suppress(ConnectionError):
        process.stdin.write(body)
        await process.stdin.drain()
    process.stdin.close()
    with contextlib.suppress(ConnectionError):
        await process.stdin.wait_closed()


async def _drain(process: asyncio.subprocess.Process) -> bytes:
    """All of stdout: the argv bounds it, by frames or by seconds."""
    assert process.stdout is not None
    return await process.stdout.read()


async def _tail(process: asyncio.subprocess.Process) -> str:
    assert process.stderr is not None
    kept = b""
    while data := await process.stderr.read(_READ_BYTES):
        kept = (kept + data)[-_TAIL_BYTES:]
    return kept.decode(errors="replace")
