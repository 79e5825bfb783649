"""Users, for admins."""

from datetime import datetime
from uuid import UUID

from fastapi import Response, status

from api.deps import CurrentCaller, Cursor, Limit, PageOut, SessionDep, SettingsDep, noun_router
from api.preconditions import IfMatch
from api.problems import problem_responses
from api.security import ADMIN
from shared.auth import service as auth_service
from shared.auth.models import Role
from shared.auth.schemas import UserIn, UserPatch
from shared.schemas import Answer

router = noun_router("/api/users", tag="users")


class UserOut(Answer):
    """A user."""

    id: UUID
    email: str
    role: Role
    disabled_at: datetime | None
    created_at: datetime
    updated_at: datetime


class UserPage(PageOut[UserOut]):
    """Users, disabled ones too."""


@router.get("", dependencies=[ADMIN], name="list")
async def list_users(session: SessionDep, limit: Limit = 50, cursor: Cursor = None) -> UserPage:
    """Users, oldest first; disabled ones too."""
    return UserPage.model_validate(await auth_service.page_of_users(session, cursor=cursor, limit=limit))


@router.post(
    "", dependencies=[ADMIN], status_code=status.HTTP_201_CREATED, responses=problem_responses(409), name="create"
)
async def create_user(
    body: UserIn, response: Response, session: SessionDep, caller: CurrentCaller, settings: SettingsDep
) -> UserOut:
    """Add a user; an e-mail that is taken is 409."""
    password_hash = await auth_service.hash_password(body.password)
    user = await auth_service.create_user(
        session, caller, email=body.email, password_hash=password_hash, role=body.role
    )
    response.headers["Location"] = f"{settings.public_base_url}/api/users/{user.id}"
    return UserOut.model_validate(user)


@router.get("/{user_id}", dependencies=[ADMIN], responses=problem_responses(404), name="read")
async def read_user(user_id: UUID, session: SessionDep) -> UserOut:
    """One user."""
    return UserOut.model_validate(await auth_service.get_user(session, user_id))


@router.patch("/{user_id}", dependencies=[ADMIN], responses=problem_responses(404, 409, 412), name="update")
async def update_user(
    user_id: UUID, body: UserPatch, session: SessionDep, caller: CurrentCaller, if_match: IfMatch
) -> UserOut:
    """Change role, password or access; a new password ends every session. The last admin stays one (409)."""

    async def current() -> UserOut:
        return UserOut.model_validate(await auth_service.get_user(session, user_id, lock=True))

    given = body.model_dump(exclude_unset=True)
    if "password" in given:
        given["password_hash"] = await auth_service.hash_password(given.pop("password"))
    await if_match.check(current)
    return UserOut.model_validate(await auth_service.update_user(session, caller, user_id, **given))


@router.delete(
    "/{user_id}",
    dependencies=[ADMIN],
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problem_responses(404, 409, 412),
    name="delete",
)
async def delete_user(user_id: UUID, session: SessionDep, caller: CurrentCaller, if_match: IfMatch) -> None:
    """Remove a user and end every session of theirs. The last admin stays (409)."""

    async def current() -> UserOut:
        return UserOut.model_validate(await auth_service.get_user(session, user_id, lock=True))

    await if_match.check(current)
    await auth_service.delete_user(session, caller, user_id)


@router.delete(
    "/{user_id}/sessions",
    dependencies=[ADMIN],
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problem_responses(404),
    name="sign-out",
)
async def sign_out_user(user_id: UUID, session: SessionDep, caller: CurrentCaller) -> None:
    """End every session of a user, at once. They may sign in again; `disabled` keeps them out."""
    await auth_service.end_sessions(session, caller, user_id)
