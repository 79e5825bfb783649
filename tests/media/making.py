"""Make clips with ffmpeg, and encode them into a directory."""

import asyncio
import hashlib
import subprocess
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import imageio_ffmpeg

from shared.encoding.ladder import Plan, SourceFacts, plan_ladder
from tests.media import playback
from worker.media import fmp4
from worker.media.encode import EncodeSettings, encode
from worker.media.probe import Limits, probe
from worker.media.results import EncodeResult
from worker.media.verify import verify

FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()
DEMO = Path(__file__).parents[2] / "media" / "bbb-demo.mp4"

#: Sources of the test pictures and sounds.
SINE = ("-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000")


def picture(size: str = "320x180", rate: str = "25") -> tuple[str, ...]:
    return ("-f", "lavfi", "-i", f"testsrc2=size={size}:rate={rate}")


X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-pix_fmt", "yuv420p")
AAC = ("-c:a", "aac", "-b:a", "96k")


def make(path: Path, *args: str) -> Path:
    """Run ffmpeg with `args` into `path`."""
    subprocess.run([FFMPEG, "-v", "error", "-nostdin", "-y", *args, str(path)], check=True)
    return path


async def planned(path: Path) -> Plan:
    """The plan of a whole encode."""
    return plan_ladder(await probe(str(path)), window_seconds=None)


async def ignore(name: str, body: bytes, content_type: str, kind: str) -> None:
    """A sink that keeps nothing."""


@dataclass
class Encoded:
    """One encode into `directory`, and how it went."""

    facts: SourceFacts
    plan: Plan
    directory: Path
    result: EncodeResult | None = None
    report: dict = field(default_factory=dict)
    stored: list[tuple[str, bytes, str, str]] = field(default_factory=list)
    playable: list[float] = field(default_factory=list)

    async def read(self, name: str) -> bytes:
        return (self.directory / name).read_bytes()

    async def stat(self) -> dict[str, tuple[int, str | None]]:
        files = (path for path in self.directory.rglob("*") if path.is_file())
        return {
            str(p.relative_to(self.directory)): (p.stat().st_size, f'"{hashlib.md5(p.read_bytes()).hexdigest()}"')
            for p in files
        }

    def text(self, name: str) -> str:
        return (self.directory / name).read_text()

    def bytes_of(self, rendition: str) -> bytes:
        return playback.rendition_bytes(self.directory / rendition)

    def times(self, rendition: str) -> list[float]:
        return playback.frame_times(playback.open_rendition(self.directory / rendition))

    def sound(self, name: str = "a0") -> playback.Sound:
        return playback.sound(playback.open_rendition(self.directory / name))


async def encode_clip(url: str | Path, directory: Path, *, settings: EncodeSettings | None = None, **plan) -> Encoded:
    """Probe, plan, encode and verify `url`."""
    facts = await probe(str(url), limits=Limits())
    planned = plan_ladder(facts, **{"window_seconds": None, **plan})
    encoded = Encoded(facts, planned, directory)

    async def sink(name, body, content_type, kind):
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        await asyncio.to_thread(path.write_bytes, body)
        encoded.stored.append((name, body, content_type, kind))

    async def playable(seconds):
        encoded.playable.append(seconds)

    encoded.result = await encode(str(url), planned, sink, settings=settings, on_playable=playable)
    encoded.report = await verify(planned, encoded.result, encoded.read, encoded.stat)
    return encoded


def assert_plays(encoded: Encoded, *, frames: int, rate: Fraction) -> None:
    """What holds of every sound source: verified, all frames on the grid, groups start with IDR, audio as long."""
    assert encoded.report["ok"], encoded.report
    assert not any(loss.lost for loss in encoded.result.losses), encoded.result.losses
    for rendition in encoded.result.renditions:
        times = encoded.times(rendition.directory)
        assert len(times) == rendition.frames == frames
        assert max(abs(time - float(n / rate)) for n, time in enumerate(times)) < 1e-4
        config = fmp4.parse_init((encoded.directory / rendition.directory / "init.mp4").read_bytes())
        for segment in rendition.segments:
            body = (encoded.directory / rendition.directory / segment.name).read_bytes()
            for _, fragment in fmp4.parse_segment(body):
                assert fmp4.starts_with_idr(fragment.data, config.nal_length_bytes)
    for track in encoded.result.audio:
        sound = encoded.sound(track.directory)
        wanted = round(frames / rate * 48000)
        assert sound.start == 0
        assert track.samples == wanted
        # Players cut the last AAC frame by its duration; a plain decoder gives it whole.
        assert wanted <= len(sound.samples) < wanted + 1024
