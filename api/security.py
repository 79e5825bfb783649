"""Who may call a route, decided before anything of the request but its headers is read.

FastAPI parses a JSON body before it runs dependencies, so authentication sits in the route class: credentials (401),
role (403), unknown query parameters (422), and only then FastAPI's own validation. The same class owns the request's
transaction: it commits after the endpoint has returned and before a byte of the answer is sent.
"""

import re
from collections.abc import Awaitable, Callable, Collection, Coroutine
from typing import Any

from fastapi import Request
from fastapi.dependencies.utils import get_flat_params
from fastapi.params import Depends, Query
from fastapi.routing import APIRoute
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import Scope

from api.preconditions import tagged
from api.problems import escape, problem_responses
from shared.auth import service as auth_service
from shared.auth.models import Role
from shared.auth.service import Caller
from shared.db.session import Database, commit
from shared.errors import FieldError, Forbidden, InvalidInput, Unauthorized
from shared.idempotency import service as idempotency_service
from shared.idempotency.service import MAX_KEY, POINTER, Answer, Claim

SESSION_COOKIE = "vms_session"
CSRF_HEADER = "x-csrf-token"
_KEY = re.compile(rf"[!-~]{{1,{MAX_KEY}}}")
_FIXED_PATHS: set[str] = set()
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


class Access:
    """Marks a route: the role it needs, or None for a route that answers without credentials.

    A ``signed`` one checks the signature of the raw body itself, before anything else of the request counts.
    ``more`` looks at what an admitted caller sent, before it is validated, and answers the role that this needs where
    it is a higher one.
    """

    def __init__(
        self,
        role: Role | None,
        *,
        signed: bool = False,
        more: Callable[[Request], Awaitable[Role | None]] | None = None,
    ) -> None:
        self.role = role
        self.signed = signed
        self.more = more

    async def __call__(self) -> None:
        """Nothing to do here: :class:`SecuredRoute` has decided already."""


def require(role: Role) -> Depends:
    """The route needs this role or a higher one."""
    return Depends(Access(role))


def editor_or(more: Callable[[Request], Awaitable[Role | None]]) -> Depends:
    """The route needs an editor, and for some requests the role that ``more`` answers."""
    return Depends(Access(Role.editor, more=more))


VIEWER = require(Role.viewer)
EDITOR = require(Role.editor)
ADMIN = require(Role.admin)
OPEN = Depends(Access(None))
SIGNED = Depends(Access(None, signed=True))


def refuse_unknown_query(request: Request, known: Collection[str]) -> None:
    """:raises InvalidInput: a query parameter is not one of ``known``."""
    unknown = [name for name in request.query_params if name not in known]
    if unknown:
        raise InvalidInput(
            f"Unknown query parameter: {unknown[0]}",
            errors=tuple(FieldError(f"/query/{escape(name)}", "unknown", "not a parameter here") for name in unknown),
        )


async def authenticate(request: Request, session: AsyncSession) -> Caller:
    """The caller behind a Bearer key, or else behind the session cookie.

    :raises Unauthorized: no credentials, or unknown, revoked or expired ones.
    :raises CsrfFailed: a write with the cookie lacks the token.
    """
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme:
        if scheme.lower() != "bearer" or not key:
            raise Unauthorized("Send `Authorization: Bearer <API key>`")
        return await auth_service.caller_from_key(session, key.strip())
    token = request.cookies.get(SESSION_COOKIE)
    if not token:
        raise Unauthorized("Send an API key as `Authorization: Bearer <key>`, or sign in at /api/auth/login")
    caller = await auth_service.caller_from_cookie(session, token)
    if request.method not in SAFE_METHODS:
        auth_service.check_csrf(caller, request.headers.get(CSRF_HEADER))
    return caller


def _check_role(caller: Caller, role: Role | None) -> None:
    """:raises Forbidden: the caller has a lower role."""
    if role is not None and not caller.may(role):
        raise Forbidden(f"This needs the role {role.value}; yours is {caller.role.value}")


def _kept(response: Response) -> Answer:
    headers = tuple((name, value) for name, value in response.headers.items() if name != "content-length")
    return Answer(response.status_code, headers, bytes(response.body))


def _replayed(answer: Answer) -> Response:
    response = Response(answer.body, answer.status, headers=dict(answer.headers))
    response.headers["Idempotent-Replayed"] = "true"
    return response


class SecuredRoute(APIRoute):
    """A route that names its access in ``dependencies`` (exactly one of the markers above).

    ``repeatable``: a write with an ``Idempotency-Key`` is done once, and answered the same again. Bodies that stream
    have rules of their own.
    """

    repeatable = True

    def __init__(self, path: str, endpoint: Callable[..., Any], **kwargs: Any) -> None:
        marks = [
            dependency.dependency
            for dependency in kwargs.get("dependencies") or ()
            if isinstance(dependency.dependency, Access)
        ]
        if len(marks) != 1:
            raise RuntimeError(f"{path}: name its access once: VIEWER, EDITOR, ADMIN, OPEN or SIGNED")
        self.access: Access = marks[0]
        if "{" not in path:
            _FIXED_PATHS.add(path)
        denials = (401, 403) if self.access.role else ()
        kwargs["responses"] = {**problem_responses(*denials, 422), **(kwargs.get("responses") or {})}
        super().__init__(path, endpoint, **kwargs)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """As Starlette does, but ``/api/videos/bulk`` is never ``/api/videos/{video_id}``, whatever the method."""
        if "{" in self.path and scope.get("path") in _FIXED_PATHS:
            return Match.NONE, {}
        return super().matches(scope)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap FastAPI's handler; see the module."""
        inner = super().get_route_handler()
        known = {field.alias for field in get_flat_params(self.dependant) if isinstance(field.field_info, Query)}

        async def handle(request: Request) -> Response:
            database: Database = request.app.state.database
            async with database.open_session() as session:
                request.state.session = session
                request.state.caller = await self._admit(request, session)
                if request.method not in SAFE_METHODS:
                    # The connection goes back before the body is read: a client that sends none must not keep one.
                    await commit(session)
                if self.access.more is not None:
                    _check_role(request.state.caller, await self.access.more(request))
                if not self.access.signed:
                    refuse_unknown_query(request, known)
                claim = await self._claim(request)
                if claim is not None and (known_answer := await idempotency_service.begin(session, claim)):
                    return _replayed(known_answer)
                response = tagged(request, await inner(request))
                if claim is not None:
                    await idempotency_service.finish(session, claim, _kept(response))
                await commit(session)
                return response

        return handle

    async def _claim(self, request: Request) -> Claim | None:
        """What the request claims by its ``Idempotency-Key``; None without one."""
        key = request.headers.get("idempotency-key")
        caller: Caller | None = request.state.caller
        is_read = request.method in SAFE_METHODS
        if key is None or caller is None or self.access.role is None or not self.repeatable or is_read:
            return None
        if not _KEY.fullmatch(key):
            message = f"must be 1 to {MAX_KEY} characters of ASCII without spaces"
            raise InvalidInput(f"Idempotency-Key {message}", errors=(FieldError(POINTER, "invalid", message),))
        url = request.url
        what = f"{request.method}\0{url.path}\0{url.query}\0".encode() + await request.body()
        return Claim(actor=caller.actor, key=key, request=what)

    async def _admit(self, request: Request, session: AsyncSession) -> Caller | None:
        if self.access.role is None:
            try:
                return await authenticate(request, session)
            except (Unauthorized, Forbidden):
                return None
        caller = await authenticate(request, session)
        _check_role(caller, self.access.role)
        return caller


class UnrepeatableRoute(SecuredRoute):
    """A write that ignores ``Idempotency-Key``."""

    repeatable = False
