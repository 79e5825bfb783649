"""Engine, sessions and the only commit in the project."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from shared.config import Settings
from shared.db.metadata import full_metadata


def async_url(database_url: str) -> str:
    """The URL with the asyncpg driver, whatever driver it names."""
    return make_url(database_url).set(drivername="postgresql+asyncpg").render_as_string(hide_password=False)


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
            pool_pre_ping=True,
            connect_args={
                "timeout": 10,
                "command_timeout": 60,
                "server_settings": {"application_name": "vms", "timezone": "UTC"},
            },
        )
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
