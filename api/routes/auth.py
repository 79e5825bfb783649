"""Signing in and out, and what a person does with their own access."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Header, Response, status
from pydantic import Field

from api.deps import CurrentCaller, Cursor, DatabaseDep, Limit, PageOut, SessionDep, SettingsDep, noun_router
from api.problems import problem_responses
from api.security import OPEN, SESSION_COOKIE, VIEWER
from shared.auth import service as auth_service
from shared.auth.models import Role
from shared.auth.schemas import LoginIn, PasswordIn

# Hashing a password takes long, and no connection is held meanwhile: no claim of a key can be kept open.
from shared.schemas import Answer

router = noun_router("/api/auth", tag="auth", repeatable=False)


class Me(Answer):
    """Who is calling. ``csrfToken`` goes back as X-CSRF-Token with every write; null for API keys."""

    id: UUID | None
    email: str = Field(description="the e-mail, or the name of the API key")
    role: Role
    csrf_token: str | None


class SessionOut(Answer):
    """One sign-in that is not over."""

    id: UUID
    created_at: datetime
    last_used_at: datetime | None = Field(description="to the minute; null before the first request with it")
    expires_at: datetime
    user_agent: str | None = Field(description="the program that signed in, as it calls itself")
    current: bool = Field(description="the one that asks")


class SessionPage(PageOut[SessionOut]):
    """The caller's own sign-ins."""


@router.post("/login", dependencies=[OPEN], responses=problem_responses(401, 429))
async def login(
    body: LoginIn,
    response: Response,
    database: DatabaseDep,
    settings: SettingsDep,
    user_agent: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> Me:
    """Sign in; sets an HttpOnly cookie. More than ten wrong passwords a minute for one e-mail: 429."""
    token, caller = await auth_service.login(
        database,
        email=body.email,
        password=body.password,
        lifetime_seconds=settings.session_seconds,
        user_agent=user_agent,
    )
    response.set_cookie(
        SESSION_COOKIE,
        token,
        max_age=settings.session_seconds,
        httponly=True,
        samesite="lax",
        secure=settings.public_base_url.startswith("https://"),
        path="/",
    )
    return Me(id=caller.id, email=caller.name, role=caller.role, csrf_token=caller.csrf_token)


@router.post("/logout", dependencies=[VIEWER], status_code=status.HTTP_204_NO_CONTENT)
async def logout(response: Response, session: SessionDep, caller: CurrentCaller) -> None:
    """End this session."""
    await auth_service.logout(session, caller)
    response.delete_cookie(SESSION_COOKIE, path="/")


@router.get("/me", dependencies=[VIEWER])
async def me(caller: CurrentCaller) -> Me:
    """Who the credentials belong to."""
    return Me(id=caller.id, email=caller.name, role=caller.role, csrf_token=caller.csrf_token)


@router.post(
    "/password",
    dependencies=[VIEWER],
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problem_responses(409, 429),
    name="password",
)
async def change_password(body: PasswordIn, database: DatabaseDep, caller: CurrentCaller) -> None:
    """Change your own password; every other session of yours ends, this one stays.

    A wrong current password is 403 `wrong_password` and counts like a wrong one at sign-in: after ten in a minute 429.
    """
    await auth_service.change_password(database, caller, current=body.current_password, new=body.new_password)


@router.get("/sessions", dependencies=[VIEWER], name="sessions")
async def list_sessions(
    session: SessionDep, caller: CurrentCaller, limit: Limit = 50, cursor: Cursor = None
) -> SessionPage:
    """Where you are signed in, newest first. An API key is nowhere."""
    page = await auth_service.page_of_sessions(session, caller, cursor=cursor, limit=limit)
    return SessionPage(
        items=[
            SessionOut(
                id=row.id,
                created_at=row.created_at,
                last_used_at=row.last_used_at,
                expires_at=row.expires_at,
                user_agent=row.user_agent,
                current=row.id == caller.session_id,
            )
            for row in page.items
        ],
        total=page.total,
        total_is_estimate=page.total_is_estimate,
        next_cursor=page.next_cursor,
    )


@router.delete(
    "/sessions/{session_id}",
    dependencies=[VIEWER],
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problem_responses(404),
    name="end-session",
)
async def end_session(session_id: UUID, session: SessionDep, caller: CurrentCaller) -> None:
    """Sign out elsewhere: end one of your own sessions, at once."""
    await auth_service.end_session(session, caller, session_id)
