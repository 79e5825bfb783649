"""The action log, for admins."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query
from pydantic import AfterValidator, BeforeValidator, Field
from pydantic.json_schema import SkipJsonSchema

from api.deps import Cursor, Limit, PageOut, SessionDep, noun_router
from api.security import ADMIN
from shared.audit import service as audit_service
from shared.audit.filters import AuditFilter
from shared.auth import service as auth_service
from shared.clock import instant
from shared.schemas import Answer
from shared.text import printable

router = noun_router("/api/audit", tag="audit")
_MANY = 20
_Word = Annotated[str, Field(max_length=200, json_schema_extra={"pattern": r"^[^\u0000]*$"}), AfterValidator(printable)]
_Instant = Annotated[datetime | SkipJsonSchema[None], BeforeValidator(instant)]  # left out, never null


class AuditEntryOut(Answer):
    """One write: who did what to which object, and the difference it made."""

    id: UUID
    actor: str = Field(description="`user:<id>`, `key:<id>`, or a part of the system: `cli`, `system`")
    actor_name: str | None = Field(description="the user's e-mail or the key's name; null for others and who is gone")
    action: str = Field(description="`noun.verb`")
    object_type: str
    object_id: str
    before: dict[str, Any] | None = Field(description="the changed fields as they were")
    after: dict[str, Any] | None = Field(description="the changed fields as they are since")
    at: datetime
    request_id: str | None


class AuditPage(PageOut[AuditEntryOut]):
    """Entries of the action log."""


def _filter(
    actor: Annotated[list[_Word], Query(max_length=_MANY, description="repeated: any of them")] = [],  # noqa: B006
    action: Annotated[list[_Word], Query(max_length=_MANY, description="repeated: any of them")] = [],  # noqa: B006
    object_type: Annotated[list[_Word], Query(alias="objectType", max_length=_MANY)] = [],  # noqa: B006
    object_id: Annotated[list[_Word], Query(alias="objectId", max_length=_MANY)] = [],  # noqa: B006
    since: Annotated[_Instant, Query(alias="from", description="the first instant wanted")] = None,
    until: Annotated[_Instant, Query(alias="to", description="the first instant not wanted any more")] = None,
) -> AuditFilter:
    return AuditFilter(
        actors=tuple(actor),
        actions=tuple(action),
        object_types=tuple(object_type),
        object_ids=tuple(object_id),
        since=since,
        until=until,
    )


@router.get("", dependencies=[ADMIN], name="list")
async def list_entries(
    session: SessionDep,
    wanted: Annotated[AuditFilter, Depends(_filter)],
    limit: Limit = 50,
    cursor: Cursor = None,
) -> AuditPage:
    """Who did what, newest first. Entries are kept for ever and never hold a password or a key."""
    page = await audit_service.page_of_entries(session, wanted, cursor=cursor, limit=limit)
    names = await auth_service.actor_names(session, {entry.actor for entry in page.items})
    return AuditPage(
        items=[
            AuditEntryOut(
                id=entry.id,
                actor=entry.actor,
                actor_name=names.get(entry.actor),
                action=entry.action,
                object_type=entry.object_type,
                object_id=entry.object_id,
                before=entry.before,
                after=entry.after,
                at=entry.created_at,
                request_id=entry.request_id,
            )
            for entry in page.items
        ],
        total=page.total,
        total_is_estimate=page.total_is_estimate,
        next_cursor=page.next_cursor,
    )
