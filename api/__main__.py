"""``python -m api --host H --port P``: the HTTP process."""

import argparse

import uvicorn

from api.main import create_app
from shared.config import get_settings
from shared.log import configure_logging


def main() -> None:
    """Serve until a signal; open requests get five seconds to end."""
    parser = argparse.ArgumentParser(prog="python -m api", description="Serve the HTTP API.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on [127.0.0.1]")
    parser.add_argument("--port", type=int, default=8000, help="port to listen on [8000]")
    arguments = parser.parse_args()
    settings = get_settings()
    configure_logging(log_format=settings.log_format, level=settings.log_level, role="api")
    uvicorn.run(
        create_app(settings),
        host=arguments.host,
        port=arguments.port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=5,
        timeout_keep_alive=30,
    )


if __name__ == "__main__":
    main()
