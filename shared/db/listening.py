"""PostgreSQL's notices: one connection that listens, and comes back when it is lost."""

import asyncio
from collections.abc import Callable

import asyncpg
from sqlalchemy.engine import make_url

from shared.log import get_logger

log = get_logger(__name__)
CONNECT_SECONDS = 10
AGAIN_SECONDS = 1.0


async def listen(url: str, channel: str, *, on_notice: Callable[[str], None], on_connected: Callable[[], None]) -> None:
    """Call ``on_notice`` with the payload of every notice on ``channel``, until cancelled.

    Notices that are sent while the connection is away are lost: ``on_connected`` is called whenever one begins to
    listen, and the caller then looks for itself.
    """
    dsn = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    while True:
        try:
            connection = await asyncpg.connect(
                dsn, timeout=CONNECT_SECONDS, server_settings={"application_name": f"vms {channel}"}
            )
            try:
                lost = asyncio.Event()
                connection.add_termination_listener(lambda _connection, lost=lost: lost.set())
                await connection.add_listener(channel, lambda *notice: on_notice(str(notice[3])))
                on_connected()
                await lost.wait()
            finally:
                connection.terminate()
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
            log.warning("listening.failed", channel=channel, error=f"{type(error).__name__}: {error}"[:300])
        await asyncio.sleep(AGAIN_SECONDS)
