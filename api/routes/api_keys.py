"""API keys, for admins."""

from datetime import datetime
from uuid import UUID

from fastapi import Response, status
from pydantic import Field

from api.deps import CurrentCaller, Cursor, Limit, PageOut, SessionDep, SettingsDep, noun_router
from api.preconditions import IfMatch, etag_of
from api.problems import problem_responses
from api.security import ADMIN
from shared.auth import service as auth_service
from shared.auth.models import Role
from shared.auth.schemas import KeyIn
from shared.schemas import Answer

router = noun_router("/api/api-keys", tag="api-keys")


class KeyOut(Answer):
    """A key, without the key itself."""

    id: UUID
    name: str
    role: Role
    prefix: str = Field(description="how the key begins, to tell keys apart")
    last_used_at: datetime | None = Field(description="to the minute")
    created_at: datetime


class KeyCreated(KeyOut):
    """The only answer that ever holds the key."""

    key: str


class KeyPage(PageOut[KeyOut]):
    """Keys that work."""


@router.get("", dependencies=[ADMIN], name="list")
async def list_keys(session: SessionDep, limit: Limit = 50, cursor: Cursor = None) -> KeyPage:
    """Keys that work, by their beginnings, oldest first."""
    return KeyPage.model_validate(await auth_service.page_of_keys(session, cursor=cursor, limit=limit))


@router.post("", dependencies=[ADMIN], status_code=status.HTTP_201_CREATED, name="create")
async def create_key(
    body: KeyIn, response: Response, session: SessionDep, caller: CurrentCaller, settings: SettingsDep
) -> KeyCreated:
    """Make a key. It is shown now and never again. Its role is all it may do."""
    row, key = await auth_service.create_key(session, caller, name=body.name, role=body.role)
    made = KeyOut.model_validate(row)
    response.headers["Location"] = f"{settings.public_base_url}/api/api-keys/{made.id}"
    response.headers["ETag"] = etag_of(made)  # of the key as it can be read, not of this answer
    response.headers["Cache-Control"] = "no-store"
    return KeyCreated(**made.model_dump(), key=key)


@router.get("/{key_id}", dependencies=[ADMIN], responses=problem_responses(404), name="read")
async def read_key(key_id: UUID, session: SessionDep) -> KeyOut:
    """One key that works."""
    return KeyOut.model_validate(await auth_service.get_key(session, key_id))


@router.delete(
    "/{key_id}",
    dependencies=[ADMIN],
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problem_responses(404, 412),
    name="revoke",
)
async def revoke_key(key_id: UUID, session: SessionDep, caller: CurrentCaller, if_match: IfMatch) -> None:
    """Stop a key from working, at once."""

    async def current() -> KeyOut:
        return KeyOut.model_validate(await auth_service.get_key(session, key_id, lock=True))

    await if_match.check(current)
    await auth_service.revoke_key(session, caller, key_id)
