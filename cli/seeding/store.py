"""Writing a seeded library: whole batches, each in a transaction of its own, by COPY."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, cast
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncSession

from cli.seeding.rows import COLUMNS, Batch, Plan, make_batch
from shared.courses.slugs import first_free

_LONG_SECONDS = 3600.0
# What is worth a vacuum: below it the server's own one comes soon enough.
_MANY = 10_000
_SLUG = COLUMNS["courses"].index("slug")
_EXTERNAL_ID = COLUMNS["video_platforms"].index("external_id")


@dataclass(slots=True)
class Written:
    """What is in the database for good, counted up after every batch."""

    videos: int = 0
    courses: int = 0
    lessons: int = 0

    def add(self, batch: Batch) -> None:
        self.videos += len(batch.tables["videos"])
        self.courses += len(batch.tables["courses"])
        self.lessons += len(batch.tables["lessons"])


async def store(
    session: AsyncSession, plan: Plan, written: Written, *, on_batch: Callable[[], object] = lambda: None
) -> None:
    """Add the library that ``plan`` describes. Cancelled, it leaves whole batches: those ``written`` counts.

    The session lends its connection, which must be outside a transaction.
    """
    lent = await (await session.connection()).get_raw_connection()
    connection = cast("asyncpg.Connection[Any]", lent.driver_connection)
    batch = await _made(plan, 0)
    while await _is_there(connection, batch):
        plan = replace(plan, salt=plan.salt + 1)
        batch = await _made(plan, 0)
    for number in range(1, plan.batches + 1):
        # The next one is made while the server takes this one in.
        following = asyncio.create_task(_made(plan, number))
        try:
            await _write(connection, batch, written)
            on_batch()
            batch = await following
        finally:
            following.cancel()
    vacuum = "VACUUM (ANALYZE)" if plan.videos > _MANY else "ANALYZE"
    await connection.execute(f"{vacuum} {', '.join((*COLUMNS, 'tags', 'search_words'))}", timeout=_LONG_SECONDS)


async def _made(plan: Plan, number: int) -> Batch:
    """A batch; behind the last one an empty one."""
    return await asyncio.to_thread(make_batch, plan, number) if number < plan.batches else Batch()


async def _is_there(connection: "asyncpg.Connection[Any]", batch: Batch) -> bool:
    """Whether an earlier run with this seed and salt has left anything of its first batch."""
    ids: list[UUID] = [row[0] for row in batch.tables["videos"]]
    external_ids: list[str] = [row[_EXTERNAL_ID] for row in batch.tables["video_platforms"]]
    return bool(
        await connection.fetchval(
            "SELECT EXISTS (SELECT FROM videos WHERE id = ANY ($1))"
            " OR EXISTS (SELECT FROM video_platforms WHERE external_id = ANY ($2) AND platform = ANY ($3))",
            *(ids, external_ids, ["vimeo", "youtube", "kinescope"]),
        )
    )


async def _write(connection: "asyncpg.Connection[Any]", batch: Batch, written: Written) -> None:
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute("SET LOCAL synchronous_commit = off")
        await _name_courses(connection, batch)
        for table, columns in COLUMNS.items():
            await connection.copy_records_to_table(
                table, records=batch.tables[table], columns=columns, timeout=_LONG_SECONDS
            )
    except BaseException:
        await transaction.rollback()
        raise
    # Once it is on its way, it is waited for: a Ctrl-C must not leave more than is counted.
    commit = asyncio.ensure_future(transaction.commit())
    try:
        await asyncio.shield(commit)
    except asyncio.CancelledError:
        await commit
        written.add(batch)
        raise
    written.add(batch)


async def _name_courses(connection: "asyncpg.Connection[Any]", batch: Batch) -> None:
    """Give each course a slug that no other has."""
    rows = batch.tables["courses"]
    found = await connection.fetch(
        "SELECT slug FROM courses, unnest($1::text[]) AS base WHERE slug = base OR slug ~ ('^' || base || '-[0-9]+$')",
        [row[_SLUG] for row in rows],
    )
    taken = {record["slug"] for record in found}
    for index, row in enumerate(rows):
        slug = first_free(row[_SLUG], taken)
        taken.add(slug)
        rows[index] = (*row[:_SLUG], slug, *row[_SLUG + 1 :])
