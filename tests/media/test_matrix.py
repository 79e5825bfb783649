"""What people upload, frame by frame: every source frame must stand in every rendition, once, upright, in its place.

Sources are numbered (`tests.media.numbered`) and beep at 1, 3, 5 … s of their own clock.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.media import numbered
from tests.media.making import AAC, X264, encode_clip
from tests.media.numbered import BEEPS, TOGETHER, assert_shows, beeps

X265 = ("-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
VP9 = ("-c:v", "libvpx-vp9", "-cpu-used", "8", "-b:v", "1M", "-auto-alt-ref", "1", "-lag-in-frames", "12")
AV1 = ("-c:v", "libaom-av1", "-cpu-used", "8", "-usage", "realtime", "-b:v", "1M", "-pix_fmt", "yuv420p")
OPUS = ("-c:a", "libopus")
PCM = ("-c:a", "pcm_s16le")


@dataclass(frozen=True)
class Case:
    """A source. `numbers` None: 0 to `count` - 1. `out_rate` None: the source's `rate`. `beep` None: no sound."""

    name: str
    args: tuple[str, ...]
    rate: str = "25"
    count: int = 60
    size: tuple[int, int] = (320, 180)
    before: tuple[str, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)
    rungs: tuple[tuple[int, int], ...] | None = None
    numbers: tuple[int, ...] | None = None
    out_rate: str | None = None
    sound: bool = True
    beep: bool = True
    number: Callable[[int], int] = int

    def make(self, directory: Path) -> Path:
        sound = BEEPS if self.sound else ()
        length = ("-t", f"{float(self.count / Fraction(self.rate)):.6f}") if self.sound else ()
        return numbered.film(
            directory / self.name.rpartition(" ")[2],
            *self.args, *length,
            count=self.count, size=self.size, rate=self.rate, sound=sound, before=self.before, number=self.number,
        )  # fmt: skip


CODECS = [
    Case("h264 film.mp4", (*X264, *AAC), "24000/1001", 160, (854, 480), rungs=((854, 480), (640, 360))),
    Case("h264 film.mov", (*X264, *AAC), "50", 100),
    Case("h264 milliseconds.mkv", (*X264, *AAC), "30000/1001", 100),
    Case("h264 milliseconds59.mkv", (*X264, *AAC), "60000/1001", 130),
    Case("h264 reordered.avi", (*X264, *PCM)),
    Case("h264 slow.mp4", (*X264, *AAC), "5", 12),
    Case("hevc open-gop.mp4", (*X265, "-x265-params", "open-gop=1:keyint=20:bframes=4:log-level=0", *AAC)),
    Case("hevc 10-bit.mkv", (*X265[:-1], "yuv420p10le", "-x265-params", "log-level=0", *AAC), "30000/1001",
         facts={"bit_depth": 10}),
    Case("vp9 hidden-frames.webm", (*VP9, *OPUS), "24"),
    Case("vp8 film.webm", ("-c:v", "libvpx", "-deadline", "realtime", "-c:a", "libvorbis"), "30"),
    Case("av1 film.mp4", (*AV1, *AAC)),
    Case("av1 film.webm", (*AV1, *OPUS), "30000/1001"),
    Case("av1 film.mkv", (*AV1, *OPUS), "50"),
    Case("prores 422.mov", ("-c:v", "prores_ks", "-pix_fmt", "yuv422p10le", *PCM), facts={"bit_depth": 10}),
    Case("prores 4444.mov", ("-c:v", "prores_ks", "-profile:v", "4444", "-pix_fmt", "yuva444p10le", *PCM)),
    Case("mpeg4 film.avi", ("-c:v", "mpeg4", "-q:v", "3", *PCM)),
    Case("mpeg4 reordered.avi", ("-c:v", "mpeg4", "-bf", "2", "-q:v", "3", *PCM)),
    Case("mpeg4 empty-chunk.avi", ("-c:v", "mpeg4", "-q:v", "3", "-c:a", "libmp3lame"), numbers=(0, *range(60)),
         beep=False),
    Case("mpeg4 reordered.mp4", ("-c:v", "mpeg4", "-bf", "2", "-q:v", "3", *AAC), "30000/1001"),
    Case("mpeg2 film.mkv", ("-c:v", "mpeg2video", "-bf", "2", "-q:v", "3", "-c:a", "ac3"), "30000/1001"),
    Case("mpeg2 film.mov", ("-c:v", "mpeg2video", "-bf", "2", "-q:v", "3", *PCM)),
    Case("mjpeg camera.avi", ("-c:v", "mjpeg", "-q:v", "3", *PCM), "30", facts={"full_range": True}),
    Case("mjpeg camera.mov", ("-c:v", "mjpeg", "-q:v", "3", *PCM), "30"),
    Case("dnxhd film.mov", ("-c:v", "dnxhd", "-profile:v", "dnxhr_lb", "-pix_fmt", "yuv422p", *PCM)),
    Case("msmpeg4 film.avi", ("-c:v", "msmpeg4", "-q:v", "3", *PCM)),
    Case("raw uyvy.mov", ("-c:v", "rawvideo", "-pix_fmt", "uyvy422", *PCM), count=10, sound=False),
    Case("raw bgr.avi", ("-c:v", "rawvideo", "-pix_fmt", "bgr24", *PCM), count=10, sound=False),
    Case("png rgba.mov", ("-c:v", "png", "-pix_fmt", "rgba"), count=10, sound=False),
    Case("gray film.mkv", ("-c:v", "ffv1", "-pix_fmt", "gray"), count=10, sound=False),
    Case("h264 lossless 444.mp4", (*X264[:-1], "yuv444p", "-qp", "0"), count=10, sound=False),
    Case("h264 rgb.mkv", ("-c:v", "libx264rgb", "-preset", "ultrafast", "-pix_fmt", "bgr24"), count=10, sound=False),
    Case("h264 fragments.mp4", (*X264, *AAC, "-movflags", "+frag_keyframe+empty_moov", "-g", "12")),
    Case("h264 single.mp4", X264, count=1, sound=False),
    Case("hevc single.mov", (*X265, "-x265-params", "log-level=0"), count=1, sound=False),
    Case("vp9 single.webm", VP9, count=1, sound=False),
    Case("prores single.mov", ("-c:v", "prores_ks", "-pix_fmt", "yuv422p10le"), count=1, sound=False),
    Case("mpeg4 single.avi", ("-c:v", "mpeg4"), count=1, sound=False),
    Case("h264 short.mkv", (*X264, *AAC), count=10),
    Case("h264 six.mp4", (*X264, *AAC), count=150),
]  # fmt: skip

SHAPES = [
    Case("portrait film.mp4", X264, size=(480, 854), rungs=((480, 854), (360, 640))),
    Case("square film.mp4", X264, size=(480, 480), rungs=((480, 480), (360, 360))),
    Case("ultra-wide film.mp4", X264, size=(1720, 480), rungs=((1720, 480), (1290, 360))),
    Case("tower film.mp4", X264, size=(100, 700), rungs=((100, 700),)),
    Case("tiny film.mkv", X264, size=(64, 48), rungs=((64, 48),)),
    Case("minute film.mkv", ("-c:v", "ffv1", "-pix_fmt", "yuv444p"), size=(20, 16), rungs=((20, 16),)),
    Case("4k film.mp4", X264, count=6, size=(3840, 2160),
         rungs=((1920, 1080), (1280, 720), (854, 480), (640, 360))),
    Case("odd film.mp4", (*X264[:-1], "yuv444p"), size=(641, 361), rungs=((640, 360),)),
    Case("odd width.mkv", ("-c:v", "ffv1", "-pix_fmt", "yuv420p"), size=(321, 180), rungs=((320, 180),)),
    Case("anamorphic ntsc.mp4", ("-vf", "setsar=8/9", *X264), size=(720, 480), rungs=((640, 480), (480, 360))),
    Case("anamorphic pal.mkv", ("-vf", "setsar=64/45", *X264), size=(720, 576),
         rungs=((1024, 576), (854, 480), (640, 360))),
    Case("anamorphic hdv.mov", ("-vf", "setsar=4/3", *X264), size=(1440, 1080), count=6,
         rungs=((1920, 1080), (1280, 720), (854, 480), (640, 360))),
]  # fmt: skip


def fields(name: str, args: tuple[str, ...], order: str, rate: str = "50") -> Case:
    """Interlaced frames whose first field shows the frame's number and whose second field the next one's."""
    weave = f"tinterlace=interleave_{order},setfield={order[0]}ff"
    return Case(
        name, ("-vf", weave, *args, "-flags", "+ilme+ildct"), rate, 80, number=lambda n: (n + 1) // 2,
        numbers=tuple(range(40)), out_rate=str(Fraction(rate) / 2), facts={"interlaced": True}, sound=False,
    )  # fmt: skip


MPEG2 = ("-c:v", "mpeg2video", "-q:v", "3", "-bf", "2")
PRORES = ("-c:v", "prores_ks", "-pix_fmt", "yuv422p10le")
INTERLACED = [
    fields("h264 top-first.mp4", X264, "top"),
    fields("h264 bottom-first.mp4", (*X264, "-x264-params", "bff=1"), "bottom"),
    fields("mpeg2 top-first.mkv", MPEG2, "top", "60000/1001"),
    fields("mpeg2 bottom-first.mov", MPEG2, "bottom"),
    fields("prores bottom-first.mov", PRORES, "bottom"),
    Case("h264 progressive-flagged.mp4", ("-vf", "setfield=tff", *X264, "-flags", "+ilme+ildct"),
         facts={"interlaced": True}, sound=False),
]  # fmt: skip


@pytest.mark.parametrize("case", CODECS + SHAPES + INTERLACED, ids=lambda case: case.name)
async def test_every_frame_once_and_in_its_place(tmp_path, out, case):
    encoded = await encode_clip(case.make(tmp_path), out)
    numbers = case.numbers if case.numbers is not None else range(case.count)
    assert_shows(encoded, numbers, Fraction(case.out_rate or case.rate))
    assert {name: getattr(encoded.facts, name) for name in case.facts} == case.facts
    if case.rungs:
        assert tuple((rung.width, rung.height) for rung in encoded.plan.rungs) == case.rungs
    if case.sound and case.beep and case.count / Fraction(case.rate) > 1.2:
        assert beeps(encoded)[0] == pytest.approx(1, abs=TOGETHER)
