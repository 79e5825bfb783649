"""Play what the encoder made, the way a player does: over HTTP, from the multivariant playlist."""

import array
import contextlib
import functools
import http.server
import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import av


class _Store(http.server.SimpleHTTPRequestHandler):
    """Serves byte ranges, as S3 does. `budget` bytes are handed out, after that it answers 503."""

    protocol_version = "HTTP/1.1"
    budget = 1 << 40

    def do_GET(self):
        path = Path(self.translate_path(self.path))
        if path.is_file() and type(self).budget > 0:
            self.send_part(path)
        else:
            self.send_error(503 if path.is_file() else 404)

    def send_part(self, path):
        body = path.read_bytes()
        first, _, last = self.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")
        part = body[int(first) : int(last) + 1 if last else None]
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {first}-{int(first) + len(part) - 1}/{len(body)}")
        self.send_header("Content-Length", str(len(part)))
        self.end_headers()
        with contextlib.suppress(ConnectionError):
            self.wfile.write(part[: type(self).budget])
        type(self).budget -= len(part)
        self.close_connection = type(self).budget <= 0

    def log_message(self, *args):
        pass


@contextmanager
def served(directory: Path, *, budget: int = 1 << 40) -> Iterator[str]:
    """Serve `directory` on loopback; gives its URL. After `budget` bytes the store is broken."""
    handler = type("Handler", (_Store,), {"budget": budget})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(handler, directory=str(directory)))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class Sound:
    """Decoded samples of the first channel, and the time of the first one."""

    start: float
    rate: int
    samples: array.array

    def onsets(self, *, level: float = 0.2, quiet_seconds: float = 0.5) -> list[float]:
        """Times at which sound begins after at least `quiet_seconds` of silence."""
        times, last_loud = [], -self.rate
        for position, sample in enumerate(self.samples):
            if abs(sample) > level:
                if position - last_loud > quiet_seconds * self.rate:
                    times.append(self.start + position / self.rate)
                last_loud = position
        return times


def rendition_bytes(directory: Path) -> bytes:
    """Init segment and all media segments of one rendition, joined."""
    return (directory / "init.mp4").read_bytes() + b"".join(p.read_bytes() for p in sorted(directory.glob("*.m4s")))


def open_rendition(directory: Path):
    return av.open(io.BytesIO(rendition_bytes(directory)), format="mov")


def frame_times(source) -> list[float]:
    """Presentation times of all video frames in decoding order of output."""
    with source as container:
        return [frame.time for frame in container.decode(video=0)]


def brightness(source) -> list[tuple[float, int]]:
    """(time, luma of the middle pixel) of every video frame."""
    with source as container:
        values = []
        for frame in container.decode(video=0):
            plane = frame.reformat(format="gray").planes[0]
            middle = plane.line_size * (frame.height // 2) + frame.width // 2
            values.append((frame.time, bytes(plane)[middle]))
        return values


def flashes(source) -> list[float]:
    """Times of the frames where a dark picture turns bright."""
    values = brightness(source)
    return [later[0] for earlier, later in pairwise(values) if earlier[1] < 90 <= later[1]]


def sound(source, *, stream: int = 0) -> Sound:
    """Decode one audio stream."""
    with source as container:
        samples, start, rate = array.array("f"), None, 0
        resampler = av.AudioResampler(format="fltp", layout="mono")
        for frame in container.decode(audio=stream):
            start, rate = (frame.time if start is None else start), frame.sample_rate
            for converted in resampler.resample(frame):
                samples.frombytes(bytes(converted.planes[0])[: converted.samples * 4])
        return Sound(start or 0.0, rate, samples)
