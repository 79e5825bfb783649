"""Engine, sessions and the only commit in the project."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from shared.config import Settings
from shared.db.metadata import full_metadata

LOCK_SECONDS: Final = 10
_ASK_AFTER_IDLE_SECONDS: Final = 5.0


def async_url(database_url: str) -> str:
    """The URL with the asyncpg driver, whatever driver it names."""
    return make_url(database_url).set(drivername="postgresql+asyncpg").render_as_string(hide_password=False)


def _watch(engine: AsyncEngine) -> None:
    """Hand out no connection that is dead. A closed socket shows at once; one that was idle for a while is asked."""

    @event.listens_for(engine.sync_engine, "checkin")
    def note(_connection: object, record: ConnectionPoolEntry) -> None:
        record.info["idle_since"] = time.monotonic()

    @event.listens_for(engine.sync_engine, "checkout")
    def check(connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
        if connection.driver_connection.is_closed():
            raise DisconnectionError("the server closed the connection")
        if time.monotonic() - record.info.get("idle_since", time.monotonic()) > _ASK_AFTER_IDLE_SECONDS:
            try:
                connection.ping()
            except Exception as error:
                raise DisconnectionError("the server does not answer on the connection") from error


class Database:
    """One pool for one process.

    ``session()`` is a unit of work: committed when its block ends, rolled back when it raises. Workers and the
    upload routes open many short ones and hold none across other I/O.
    """

    def __init__(self, settings: Settings, *, pool_size: int | None = None) -> None:
        full_metadata()  # foreign keys resolve only when every table is known
        if settings.database_url is None:
            raise RuntimeError("DATABASE_URL is not set; only encode and transfer workers run without it")
        self.url = async_url(settings.database_url.get_secret_value())
        self.engine: AsyncEngine = create_async_engine(
            self.url,
            hide_parameters=True,
            pool_size=pool_size or settings.database_pool_size,
            max_overflow=5,
            pool_timeout=10,
            connect_args={
                "timeout": 10,
                "command_timeout": 60,
                "server_settings": {
                    "application_name": "vms",
                    "timezone": "UTC",
                    # Who waits for another one's lock keeps a connection from the others.
                    "lock_timeout": f"{LOCK_SECONDS}s",
                },
            },
        )
        _watch(self.engine)
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False, autoflush=False)

    def open_session(self) -> AsyncSession:
        """A bare session; the caller ends it with :func:`commit` or ``close``."""
        return self._sessions()

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSession]:
        """One transaction: commits at the end of the block, rolls back on any exception."""
        async with self._sessions() as session:
            try:
                yield session
                await session.commit()
            except BaseException:
                await session.rollback()
                raise

    async def dispose(self) -> None:
        """Close every connection."""
        await self.engine.dispose()


async def commit(session: AsyncSession) -> None:
    """Commit a session opened by the API's request scope."""
    await session.commit()
