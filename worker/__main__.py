"""``python -m worker control|encode|transfer`` runs a worker; ``check ROLE`` asks whether one is alive."""

import argparse
import asyncio
import contextlib
import os
import signal
import socket
import sys

from redis.asyncio import Redis

from shared.config import Settings, get_settings
from shared.jobs.presence import workers_seen
from shared.log import configure_logging
from worker.control import ControlWorker
from worker.settings import KINDS, build

ROLES = ("control", *KINDS)


async def _run_control(settings: Settings) -> None:
    running = asyncio.create_task(ControlWorker(settings).run())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, running.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await running


async def _check(settings: Settings, role: str) -> bool:
    redis = Redis.from_url(settings.redis_url.get_secret_value(), socket_connect_timeout=3, socket_timeout=3)
    async with redis:
        return (await workers_seen(redis, host=f"{socket.gethostname()}-")).get(role, 0) > 0


def main() -> int:
    """Run until a signal; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m worker", description="Run a worker, or check on one of this host.")
    parser.add_argument("what", choices=[*ROLES, "check"], help="the kind of worker, or `check`")
    parser.add_argument("role", nargs="?", choices=ROLES, help="with `check`: the kind to look for")
    arguments = parser.parse_args()
    settings = get_settings()
    if arguments.what == "check":
        return 0 if asyncio.run(_check(settings, arguments.role or "encode")) else 1
    configure_logging(log_format=settings.log_format, level=settings.log_level, role=arguments.what)
    if arguments.what == "control":
        asyncio.run(_run_control(settings))
        return 0
    if arguments.what == "encode":
        # Encoding must not starve the API, the database and storage on the same machine.
        os.nice(5)
    build(KINDS[arguments.what], settings).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
