"""The action log."""

from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from shared.audit import repository
from shared.audit.filters import AuditFilter
from shared.audit.models import AuditEntry
from shared.db.paging import Page


async def record(
    session: AsyncSession,
    actor: str,
    action: str,
    object_type: str,
    object_id: UUID | str,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """Write one entry in the caller's transaction. ``action`` is ``noun.verb``; the maps hold changed fields only.

    The request's id is taken from the logging context.
    """
    request_id = structlog.contextvars.get_contextvars().get("request_id")
    session.add(
        AuditEntry(
            actor=actor,
            action=action,
            object_type=object_type,
            object_id=str(object_id),
            before=before,
            after=after,
            request_id=request_id,
        )
    )


async def page_of_entries(
    session: AsyncSession, wanted: AuditFilter, *, cursor: str | None, limit: int
) -> Page[AuditEntry]:
    """Entries that a filter wants, newest first."""
    return await repository.page_of_entries(session, wanted, cursor=cursor, limit=limit)
