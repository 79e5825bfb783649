"""SQL of the action log."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import SQLColumnExpression, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from shared.audit.filters import AuditFilter
from shared.audit.models import AuditEntry
from shared.db.paging import Page, list_page


async def insert_all(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Write many entries in one statement."""
    await session.execute(insert(AuditEntry), rows)


async def page_of_entries(
    session: AsyncSession, wanted: AuditFilter, *, cursor: str | None, limit: int
) -> Page[AuditEntry]:
    """Newest first."""
    conditions: list[SQLColumnExpression[bool]] = []
    for column, values in (
        (AuditEntry.actor, wanted.actors),
        (AuditEntry.action, wanted.actions),
        (AuditEntry.object_type, wanted.object_types),
        (AuditEntry.object_id, wanted.object_ids),
    ):
        if values:
            conditions.append(col(column).in_(values))
    if wanted.since is not None:
        conditions.append(col(AuditEntry.created_at) >= wanted.since)
    if wanted.until is not None:
        conditions.append(col(AuditEntry.created_at) < wanted.until)
    return await list_page(
        session,
        AuditEntry,
        *conditions,
        scope=f"audit:{wanted}",
        key=("created_at", "id"),
        cursor=cursor,
        limit=limit,
        descending=True,
    )
