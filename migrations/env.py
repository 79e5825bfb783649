"""Runs migrations over asyncpg, one transaction each, behind an advisory lock."""

import asyncio

from alembic import context
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from shared.config import get_settings
from shared.db.metadata import full_metadata
from shared.db.session import async_url

_LOCK_KEY = 0x564D53  # "VMS"


def _run(connection: Connection) -> None:
    connection.execute(text(f"SELECT pg_advisory_lock({_LOCK_KEY})"))
    connection.commit()
    try:
        context.configure(
            connection=connection,
            target_metadata=full_metadata(),
            transaction_per_migration=True,
            compare_type=True,
            compare_server_default=True,
        )
        with context.begin_transaction():
            context.run_migrations()
    finally:
        connection.rollback()
        connection.execute(text(f"SELECT pg_advisory_unlock({_LOCK_KEY})"))
        connection.commit()


async def _migrate() -> None:
    given = context.config.attributes.get("database_url")
    secret = get_settings().database_url if given is None else None
    url = given or (secret.get_secret_value() if secret else None)
    if url is None:
        raise SystemExit("DATABASE_URL is not set: there is no database to migrate")
    engine = create_async_engine(async_url(url), connect_args={"timeout": 10})
    try:
        async with engine.connect() as connection:
            await connection.run_sync(_run)
    finally:
        await engine.dispose()


asyncio.run(_migrate())
