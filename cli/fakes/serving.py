"""ASGI applications on free loopback ports, in a thread of their own."""

import asyncio
import socket
import threading
from types import TracebackType
from typing import Final, Self

import uvicorn
from starlette.types import ASGIApp

_STOP_SECONDS: Final = 10.0


class Serving:
    """Serves each application on a port of its own while the block runs; ``urls`` are in the same order.

    The sockets listen from the first line of the block on.
    """

    def __init__(self, *apps: ASGIApp) -> None:
        self._apps = apps
        self._servers: list[uvicorn.Server] = []
        self._sockets: list[socket.socket] = []
        self._thread: threading.Thread | None = None
        self.urls: tuple[str, ...] = ()

    def __enter__(self) -> Self:
        self._sockets = [socket.create_server(("127.0.0.1", 0)) for _ in self._apps]
        self.urls = tuple(f"http://127.0.0.1:{listening.getsockname()[1]}" for listening in self._sockets)
        self._servers = [
            uvicorn.Server(
                uvicorn.Config(app, log_config=None, log_level="critical", access_log=False, lifespan="off", ws="none")
            )
            for app in self._apps
        ]
        self._thread = threading.Thread(target=self._run, name="fake", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for server in self._servers:
            server.should_exit = server.force_exit = True
        if self._thread is not None:
            self._thread.join(_STOP_SECONDS)
        for listening in self._sockets:
            listening.close()

    def _run(self) -> None:
        async def serve() -> None:
            pairs = zip(self._servers, self._sockets, strict=True)
            await asyncio.gather(*(server.serve(sockets=[listening]) for server, listening in pairs))

        asyncio.run(serve())
