"""``python -m bench.beacon [--seconds 5]``: players' events a second, as JSON.

One API process with its PostgreSQL, and one bare Starlette endpoint that reads the body and answers 204, take the same
requests from the same client in turns, all on the same processors. ``ratio`` is the median of the turns' ratios; the
goal is 0.5. Afterwards the database must hold every viewing that was answered, with the last value that it was sent:
``lost`` counts those that differ.
"""

import argparse
import asyncio
import json
import os
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast
from uuid import UUID, uuid4

import asyncpg
import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cli.ports import free_port
from cli.servers import embedded_servers
from shared.db.migrate import upgrade

GOAL_RATIO, GOAL_RATE = 0.5, 2000
VIDEOS, VIEWERS = 200, 512
_TURNS = 3


async def _nothing(request: Request) -> Response:
    await request.body()
    return Response(status_code=204)


class Viewer(asyncio.Protocol):
    """A player on a connection of its own that tells one thing after the other, each when the last one is answered."""

    def __init__(self, video_id: UUID) -> None:
        self.video_id, self.viewing_id = video_id, uuid4()
        self.told = 0
        self.answered = 0
        self._until = 0.0
        self._ended: asyncio.Future[None] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass

    def connection_lost(self, exc: Exception | None) -> None:
        if self._ended is not None and not self._ended.done():
            self._ended.set_exception(exc or ConnectionResetError("the server closed the connection"))

    def data_received(self, data: bytes) -> None:
        assert self._ended is not None
        # 204 has no body, and a head of a few lines comes in one piece.
        if not data.startswith(b"HTTP/1.1 204") or not data.endswith(b"\r\n\r\n"):
            if not self._ended.done():
                self._ended.set_exception(RuntimeError(data[:500].decode()))
            return
        self.answered = self.told
        if time.perf_counter() < self._until:
            self._tell()
        else:
            self._ended.set_result(None)

    def _tell(self) -> None:
        assert self._transport is not None
        self.told += 1
        values = {"viewingId": str(self.viewing_id), "videoId": str(self.video_id), "watchedSeconds": self.told}
        body = json.dumps({**values, "event": "progress" if self.told > 1 else "start", "quartile": 0}).encode()
        head = "POST /api/playback/events HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: Mozilla/5.0\r\n"
        self._transport.write(f"{head}Content-Type: text/plain\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)

    async def play(self, until: float) -> int:
        """Tell things until then; how many were answered."""
        before, self._until, self._ended = self.answered, until, asyncio.get_running_loop().create_future()
        self._tell()
        await self._ended
        return self.answered - before

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


async def turn(port: int, videos: list[UUID], seconds: float) -> tuple[float, list[Viewer]]:
    """Answers a second, and the viewers who got them."""
    loop = asyncio.get_running_loop()
    viewers = [Viewer(videos[number % len(videos)]) for number in range(VIEWERS)]
    for viewer in viewers:
        await loop.create_connection(lambda one=viewer: one, "127.0.0.1", port)  # type: ignore[misc]
    began = time.perf_counter()
    counts = await asyncio.gather(*(viewer.play(began + seconds) for viewer in viewers))
    rate = sum(counts) / (time.perf_counter() - began)
    for viewer in viewers:
        viewer.close()
    return rate, viewers


async def measure(url: str, port: int, bare_port: int, seconds: float) -> dict[str, Any]:
    """Both in turns, and then what is in the database."""
    connection = await asyncpg.connect(url)
    made = "INSERT INTO videos (title, duration_seconds) SELECT 'film', 600 FROM generate_series(1, $1) RETURNING id"
    videos = [UUID(str(row["id"])) for row in await connection.fetch(made, VIDEOS)]
    _, told = await turn(port, videos, 1.0)
    await turn(bare_port, videos, 1.0)
    rates, bare_rates = [], []
    for _ in range(_TURNS):
        rate, viewers = await turn(port, videos, seconds)
        told += viewers
        rates.append(rate)
        bare_rates.append((await turn(bare_port, videos, seconds))[0])
    kept = {row["id"]: row["watched_seconds"] for row in await connection.fetch("SELECT * FROM viewings")}
    await connection.close()
    ratio = statistics.median(ours / bare for ours, bare in zip(rates, bare_rates, strict=True))
    lost = sum(kept.get(viewer.viewing_id) != viewer.answered for viewer in told)
    return {
        "eventsPerSecond": round(statistics.median(rates)),
        "noOpPerSecond": round(statistics.median(bare_rates)),
        "ratio": round(ratio, 3),
        "events": sum(viewer.answered for viewer in told),
        "lost": lost,
        "goals": {"eventsPerSecond": GOAL_RATE, "ratio": GOAL_RATIO, "lost": 0},
        "met": ratio >= GOAL_RATIO and lost == 0,
    }


@contextmanager
def _process(arguments: list[str], environment: dict[str, str]) -> Iterator[int]:
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", *arguments, "--port", str(port)], env=environment)
    try:
        for _ in range(1200):
            with socket.socket() as trial:
                if trial.connect_ex(("127.0.0.1", port)) == 0:
                    break
            if process.poll() is not None:
                raise RuntimeError(f"{arguments[0]} ended with {process.returncode}")
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.beacon", description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0, help="length of a turn [5]")
    parser.add_argument("--bare", action="store_true", help="serve the bare endpoint")
    parser.add_argument("--port", type=int, help="of the bare endpoint")
    arguments = parser.parse_args()
    if arguments.bare:
        app = Starlette(routes=[Route("/api/playback/events", _nothing, methods=["POST"])])
        uvicorn.run(
            app, host="127.0.0.1", port=arguments.port, log_config=None, access_log=False, server_header=False,
            proxy_headers=False, timeout_keep_alive=30,
        )  # fmt: skip
        return
    with (
        tempfile.TemporaryDirectory(prefix="vms-bench-") as directory,
        embedded_servers(Path(directory) / "stack") as endpoints,
    ):
        assert endpoints.database_url is not None
        upgrade(endpoints.database_url)
        environment = {"PATH": os.environ["PATH"], "LOG_LEVEL": "WARNING", **endpoints.env()}
        environment |= {"ENCODING_WEBHOOK_SECRET": secrets.token_hex(32), "BUNNY_TOKEN_KEY": secrets.token_hex(24)}
        with _process(["api"], environment) as port, _process(["bench.beacon", "--bare"], environment) as bare_port:
            result = uvloop.run(measure(endpoints.database_url, port, bare_port, arguments.seconds))
    print(json.dumps(result, indent=2))
    sys.exit(0 if result["met"] else 1)


if __name__ == "__main__":
    main()
