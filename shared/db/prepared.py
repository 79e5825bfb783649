"""Statements for the hot paths: compiled once, then run by the driver itself on the session's connection.

The ORM and the statement cache of SQLAlchemy cost more than PostgreSQL needs for a page of a list. A statement that was
not preceded by another one of its session runs outside a transaction, which spares two round trips.
"""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import asyncpg
from sqlalchemy import Executable
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.elements import ClauseElement

Record = Mapping[str, Any]
Records = Sequence[Record]
# The connection is gone, the server stops, or the schema has changed under a transaction: try again later.
_AWAY = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InterfaceError,
    asyncpg.InvalidCachedStatementError,
)
_DIALECT = PGDialect_asyncpg()  # type: ignore[no-untyped-call]


class Prepared:
    """A SELECT with named parameters: ``bindparam(name, None, type)``. Values go to the driver as they are."""

    def __init__(self, query: Executable) -> None:
        compiled = cast("ClauseElement", query).compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
        self.sql = str(compiled)
        self._names: Sequence[str] = getattr(compiled, "positiontup", None) or ()
        self._fixed = compiled.params

    async def fetch(self, session: AsyncSession, **values: object) -> Records:
        """The rows, as mappings."""
        arguments = [values[name] if name in values else self._fixed[name] for name in self._names]
        connection = await (await session.connection()).get_raw_connection()
        driver = cast("asyncpg.Connection[asyncpg.Record]", connection.driver_connection)
        try:
            return cast("Records", await driver.fetch(self.sql, *arguments))
        except _AWAY as error:
            raise OperationalError(self.sql, None, error) from error


class Estimate(Prepared):
    """A SELECT that is only planned: how many rows does PostgreSQL expect?"""

    def __init__(self, query: Executable) -> None:
        super().__init__(query)
        self.sql = f"EXPLAIN (FORMAT JSON) {self.sql}"

    async def rows(self, session: AsyncSession, **values: object) -> int:
        """The planner's guess."""
        plan = (await self.fetch(session, **values))[0]["QUERY PLAN"]
        return int(plan[0]["Plan"]["Plan Rows"])
