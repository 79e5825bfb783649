"""Users, for admins."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import status
from pydantic import Field, StrictBool

from api.deps import CurrentCaller, In, Out, SessionDep, noun_router
from api.problems import problem_responses
from api.security import ADMIN
from shared.auth import service as auth_service
from shared.auth.models import Role
from shared.auth.passwords import MAX_PASSWORD_LENGTH, MIN_PASSWORD_LENGTH

router = noun_router("/api/users", tag="users")
Password = Annotated[str, Field(min_length=MIN_PASSWORD_LENGTH, max_length=MAX_PASSWORD_LENGTH)]


class UserIn(In):
    """A new user."""

    email: Annotated[str, Field(min_length=3, max_length=320, pattern=r"^[^@\s\x00]+@[^@\s\x00]+$")]
    password: Password
    role: Role


class UserPatch(In):
    """What to change."""

    role: Role | None = None
    password: Password | None = None
    disabled: StrictBool | None = None


class UserOut(Out):
    """A user."""

    id: UUID
    email: str
    role: Role
    disabled_at: datetime | None
    created_at: datetime


class UserList(Out):
    """Every user."""

    items: list[UserOut]


@router.get("", dependencies=[ADMIN], name="list")
async def list_users(session: SessionDep) -> UserList:
    """Everybody who can sign in."""
    return UserList(items=[UserOut.model_validate(user) for user in await auth_service.list_users(session)])


@router.post(
    "", dependencies=[ADMIN], status_code=status.HTTP_201_CREATED, responses=problem_responses(409), name="create"
)
async def create_user(body: UserIn, session: SessionDep, caller: CurrentCaller) -> UserOut:
    """Add a user; an e-mail that is taken is 409."""
    user = await auth_service.create_user(session, caller, email=body.email, password=body.password, role=body.role)
    return UserOut.model_validate(user)


@router.patch("/{user_id}", dependencies=[ADMIN], responses=problem_responses(404, 409), name="update")
async def update_user(user_id: UUID, body: UserPatch, session: SessionDep, caller: CurrentCaller) -> UserOut:
    """Change role, password or access. The last admin stays one (409)."""
    user = await auth_service.update_user(
        session, caller, user_id, role=body.role, password=body.password, disabled=body.disabled
    )
    return UserOut.model_validate(user)


@router.delete(
    "/{user_id}",
    dependencies=[ADMIN],
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problem_responses(404, 409),
    name="delete",
)
async def delete_user(user_id: UUID, session: SessionDep, caller: CurrentCaller) -> None:
    """Remove a user and end every session of theirs."""
    await auth_service.delete_user(session, caller, user_id)
