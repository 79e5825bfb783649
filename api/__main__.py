"""``python -m api --host H --port P``: the HTTP process."""

import argparse
import socket
import sys

import uvicorn
from fastapi import FastAPI

from api.main import create_app
from shared.config import get_settings
from shared.log import configure_logging

# The exit status that uvicorn's own `run` has for it.
STARTUP_FAILURE = 3


class Server(uvicorn.Server):
    """Ends the streams before it waits for the requests that are open."""

    def __init__(self, config: uvicorn.Config, app: FastAPI) -> None:
        super().__init__(config)
        self._app = app

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._app.state.job_events.close()
        await super().shutdown(sockets)


def main() -> None:
    """Serve until a signal; open requests get five seconds to end."""
    parser = argparse.ArgumentParser(prog="python -m api", description="Serve the HTTP API.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on [127.0.0.1]")
    parser.add_argument("--port", type=int, default=8000, help="port to listen on [8000]")
    arguments = parser.parse_args()
    settings = get_settings()
    configure_logging(log_format=settings.log_format, level=settings.log_level, role="api")
    app = create_app(settings)
    config = uvicorn.Config(
        app,
        host=arguments.host,
        port=arguments.port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=5,
        timeout_keep_alive=30,
    )
    server = Server(config, app)
    server.run()
    if not server.started:
        sys.exit(STARTUP_FAILURE)


if __name__ == "__main__":
    main()
