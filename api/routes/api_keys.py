"""API keys, for admins."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import status
from pydantic import Field

from api.deps import CurrentCaller, In, Out, SessionDep, noun_router
from api.problems import problem_responses
from api.security import ADMIN
from shared.auth import service as auth_service
from shared.auth.models import Role

router = noun_router("/api/api-keys", tag="api-keys")


class KeyIn(In):
    """A new key."""

    name: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
    role: Role


class KeyOut(Out):
    """A key, without the key itself."""

    id: UUID
    name: str
    role: Role
    prefix: str
    last_used_at: datetime | None
    created_at: datetime


class KeyCreated(KeyOut):
    """The only answer that ever holds the key."""

    key: str


class KeyList(Out):
    """Every key that works."""

    items: list[KeyOut]


@router.get("", dependencies=[ADMIN], name="list")
async def list_keys(session: SessionDep) -> KeyList:
    """Keys that work, by their beginnings."""
    return KeyList(items=[KeyOut.model_validate(key) for key in await auth_service.list_keys(session)])


@router.post("", dependencies=[ADMIN], status_code=status.HTTP_201_CREATED, name="create")
async def create_key(body: KeyIn, session: SessionDep, caller: CurrentCaller) -> KeyCreated:
    """Make a key. It is shown now and never again."""
    row, key = await auth_service.create_key(session, caller, name=body.name, role=body.role)
    return KeyCreated(**KeyOut.model_validate(row).model_dump(), key=key)


@router.delete(
    "/{key_id}",
    dependencies=[ADMIN],
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problem_responses(404),
    name="revoke",
)
async def revoke_key(key_id: UUID, session: SessionDep, caller: CurrentCaller) -> None:
    """Stop a key from working, at once."""
    await auth_service.revoke_key(session, caller, key_id)
