"""Find out what a source is, without trusting it.

`probe` runs PyAV in a confined child process (`python -m worker.media.probe`), because demuxers and decoders are the
part of the system that hostile files aim at: a crash, a hang or a memory bomb ends the child and nothing else.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import sysconfig
from dataclasses import asdict, dataclass
from pathlib import Path

from shared.encoding.ladder import SourceFacts
from worker.media import child, sandbox
from worker.media.errors import MediaCode, MediaError

_PROJECT_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a source may cost. A setting of the worker each."""

    max_side: int = 8192
    max_pixels: int = 8192 * 4608
    max_duration_seconds: float = 12 * 3600
    max_audio_tracks: int = 8
    timeout_seconds: float = 60
    memory_bytes: int = 2 << 30
    cpu_seconds: int = 60


async def probe(url: str, *, limits: Limits | None = None) -> SourceFacts:
    """Return the facts of the video at `url`: an http(s) URL or a local path.

    Raises MediaError; its code tells the file's faults (permanent) from the network's (transient).
    """
    limits = limits or Limits()
    return await _ask(await _spawn(limits), url, limits)


class Prober:
    """Probes with a child that has loaded PyAV beforehand: a job waits a quarter of a second less.

    Each child examines one source and ends, so nothing of one source can reach the next.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._ready: asyncio.subprocess.Process | None = None

    async def prepare(self) -> None:
        """Start the next child, unless one is waiting."""
        if self._ready is not None and self._ready.returncode is None:
            return
        self._ready = await _spawn(self._limits)

    async def probe(self, url: str) -> SourceFacts:
        """As the function :func:`probe`."""
        await self.prepare()
        process, self._ready = self._ready, None
        assert process is not None
        try:
            return await _ask(process, url, self._limits)
        except MediaError as error:
            # The child may have died of something else while it waited; only a fresh one's death counts.
            own_end = {MediaCode.MEDIA_PROBE_LIMIT, MediaCode.FFMPEG_FAILED, MediaCode.FFMPEG_OUT_OF_MEMORY}
            if error.code not in own_end:
                raise
        return await probe(url, limits=self._limits)

    async def close(self) -> None:
        """End the waiting child."""
        if self._ready is not None:
            await child.kill(self._ready)
            self._ready = None


async def _spawn(limits: Limits) -> asyncio.subprocess.Process:
    return await child.spawn(
        [sys.executable, "-m", "worker.media.probe"],
        memory_bytes=limits.memory_bytes,
        cpu_seconds=limits.cpu_seconds,
        talk=True,
        env={"PYTHONPATH": str(_PROJECT_ROOT)},
    )


async def _ask(process: asyncio.subprocess.Process, url: str, limits: Limits) -> SourceFacts:
    # The URL carries a signature: it goes through stdin, where `ps` does not show it.
    question = json.dumps({"url": url, "limits": asdict(limits)}).encode()
    try:
        async with asyncio.timeout(limits.timeout_seconds):
            answer, log = await process.communicate(question)
    except TimeoutError:
        raise MediaError(MediaCode.FFMPEG_TIMEOUT, "the source could not be examined in time") from None
    finally:
        await child.kill(process)
    if process.returncode != 0:
        raise _crash(process.returncode or 0, log.decode(errors="replace"))
    document = json.loads(answer)
    if error := document.get("error"):
        raise MediaError(MediaCode(error["code"]), error["message"])
    return SourceFacts.from_json(document["facts"])


def _crash(status: int, log: str) -> MediaError:
    if status == -signal.SIGKILL:
        return MediaError(MediaCode.FFMPEG_OUT_OF_MEMORY, "the system killed the probe, most likely for its memory")
    if status in {-signal.SIGXCPU, -signal.SIGSEGV, -signal.SIGABRT} or "MemoryError" in log:
        return MediaError(MediaCode.MEDIA_PROBE_LIMIT, "examining the file exceeded its limits")
    last_line = log.strip().rpartition("\n")[2]
    return MediaError(MediaCode.FFMPEG_FAILED, f"the probe ended with status {status}: {last_line[:200]}")


def _main() -> None:
    from worker.media.inspection import inspect  # noqa: PLC0415 - only the child loads PyAV

    question = json.load(sys.stdin)
    paths = sysconfig.get_paths()
    own = (paths["stdlib"], paths["platstdlib"], paths["purelib"], paths["platlib"], sys.base_prefix + "/lib")
    # Not the project's root: settings lie there.
    box = child.box(question["url"], (*own, str(_PROJECT_ROOT / "worker"), str(_PROJECT_ROOT / "shared")))
    sandbox.enter(box.read, box.execute, box.port)
    try:
        answer = {"facts": inspect(question["url"], Limits(**question["limits"])).to_json()}
    except MediaError as error:
        answer = {"error": {"code": error.code, "message": error.message}}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    _main()
