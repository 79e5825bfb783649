"""Signing in and out."""

from typing import Annotated
from uuid import UUID

from fastapi import Response, status
from pydantic import Field

from api.deps import CurrentCaller, DatabaseDep, In, Out, SessionDep, SettingsDep, noun_router
from api.problems import problem_responses
from api.security import OPEN, SESSION_COOKIE, VIEWER
from shared.auth import service as auth_service
from shared.auth.models import Role
from shared.auth.passwords import MAX_PASSWORD_LENGTH

router = noun_router("/api/auth", tag="auth")


class LoginIn(In):
    """E-mail and password."""

    email: Annotated[str, Field(min_length=3, max_length=320, pattern=r"^[^\x00]*$")]
    password: Annotated[str, Field(min_length=1, max_length=MAX_PASSWORD_LENGTH)]


class Me(Out):
    """Who is calling. ``csrfToken`` goes back as X-CSRF-Token with every write; null for API keys."""

    id: UUID | None
    email: str = Field(description="the e-mail, or the name of the API key")
    role: Role
    csrf_token: str | None


@router.post("/login", dependencies=[OPEN], responses=problem_responses(401, 429))
async def login(
    body: LoginIn,
    response: Response,
    database: DatabaseDep,
    settings: SettingsDep,
) -> Me:
    """Sign in; sets an HttpOnly cookie. More than ten wrong passwords a minute for one e-mail: 429."""
    token, caller = await auth_service.login(
        database, email=body.email, password=body.password, lifetime_seconds=settings.session_seconds
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
