"""The action log."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from shared.audit import repository
from shared.audit.difference import Difference
from shared.audit.filters import AuditFilter
from shared.audit.models import AuditEntry
from shared.clock import utc_now
from shared.db.paging import Page
from shared.ids import uuid7


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
    session.add(
        AuditEntry(
            actor=actor,
            action=action,
            object_type=object_type,
            object_id=str(object_id),
            before=before,
            after=after,
            request_id=_request_id(),
        )
    )


async def record_all(
    session: AsyncSession, actor: str, action: str, object_type: str, changes: Mapping[UUID, Difference]
) -> None:
    """Write an entry for each of many objects, in one statement."""
    if not changes:
        return
    common = {
        "actor": actor,
        "action": action,
        "object_type": object_type,
        "request_id": _request_id(),
        "created_at": utc_now(),
    }
    rows = [
        {**common, "id": uuid7(), "object_id": str(object_id), "before": before, "after": after}
        for object_id, (before, after) in changes.items()
    ]
    await repository.insert_all(session, rows)


def _request_id() -> str | None:
    found: str | None = structlog.contextvars.get_contextvars().get("request_id")
    return found


async def page_of_entries(
    session: AsyncSession, wanted: AuditFilter, *, cursor: str | None, limit: int
) -> Page[AuditEntry]:
    """Entries that a filter wants, newest first."""
    return await repository.page_of_entries(session, wanted, cursor=cursor, limit=limit)
