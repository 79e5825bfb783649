"""Errors become ``application/problem+json`` (RFC 9457), one shape for every 4xx and 5xx."""

from http import HTTPStatus
from typing import Any

from asyncpg.exceptions import LockNotAvailableError
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from shared.errors import AppError, Busy, FieldError, Unavailable
from shared.log import get_logger

log = get_logger(__name__)
MEDIA_TYPE = "application/problem+json"
_CODES = {400: "bad_request", 404: "not_found", 405: "method_not_allowed", 413: "too_large"}


class ProblemField(BaseModel):
    """One wrong field."""

    pointer: str = Field(description="JSON pointer into the body, or /query/<name>, /path/<name>, /header/<name>")
    code: str
    message: str


class Problem(BaseModel):
    """An error as the API answers it."""

    type: str
    title: str
    status: int
    code: str = Field(description="stable, for programs")
    detail: str = Field(description="what happened here and what to do, for people")
    requestId: str = Field(description="equals the header X-Request-ID; name it when you ask for help")  # noqa: N815
    errors: list[ProblemField] | None = None


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """OpenAPI entries for the statuses a route may answer with."""
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in statuses
    }


def problem(
    request: Request,
    *,
    status: int,
    code: str,
    title: str,
    detail: str,
    errors: tuple[FieldError, ...] = (),
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    """Build the answer."""
    body: dict[str, Any] = {
        "type": f"urn:vms:problem:{code}",
        "title": title,
        "status": status,
        "code": code,
        "detail": detail,
        "requestId": request.scope.get("request_id", ""),
    }
    if errors:
        body["errors"] = [{"pointer": e.pointer, "code": e.code, "message": e.message} for e in errors]
    return JSONResponse(body, status, headers=headers, media_type=MEDIA_TYPE)


def app_error_response(request: Request, error: AppError) -> JSONResponse:
    """The answer to an error of the domain."""
    return problem(
        request,
        status=error.status,
        code=error.code,
        title=error.title,
        detail=error.detail,
        errors=error.errors,
        headers=error.headers,
    )


def _pointer(location: tuple[int | str, ...]) -> str:
    where, *rest = location or ("body",)
    steps = rest if where == "body" else [where, *rest]
    return "".join(f"/{escape(str(step))}" for step in steps)


def escape(step: str) -> str:
    """One step of a JSON pointer (RFC 6901, section 3)."""
    return step.replace("~", "~0").replace("/", "~1")


async def _on_app_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, AppError)
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.warning("http.error", code=error.code, detail=error.detail)
    return app_error_response(request, error)


async def _on_invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    fields = tuple(
        FieldError(
            _pointer(tuple(entry["loc"])) if entry["type"] != "json_invalid" else "",
            entry["type"],
            entry["msg"].removeprefix("Value error, "),
        )
        for entry in error.errors()
    )
    if fields and fields[0].code == "model_attributes_type" and not fields[0].pointer:
        message = "must be a JSON object, sent with `Content-Type: application/json`"
        fields = (FieldError("", fields[0].code, message),)
    first = fields[0] if fields else FieldError("", "invalid", "not valid")
    return problem(
        request,
        status=422,
        code="validation_failed",
        title="Some fields are not valid",
        detail=f"{first.pointer or 'the body'}: {first.message}",
        errors=fields,
    )


async def _on_http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    phrase = HTTPStatus(error.status_code).phrase
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        # Starlette names the methods of the first route that fits; RFC 9110 (15.5.6) wants all.
        headers["Allow"] = ", ".join(sorted(_methods_at(request)))
    return problem(
        request,
        status=error.status_code,
        code=_CODES.get(error.status_code, phrase.lower().replace(" ", "_")),
        title=phrase,
        detail=str(error.detail or phrase),
        headers=headers,
    )


def _methods_at(request: Request) -> set[str]:
    path = request.scope["path"]
    routes = [
        route
        for router in request.app.state.routers
        for route in router.routes
        if isinstance(route, APIRoute) and route.path_regex.match(path)
    ]
    # `/api/videos/bulk` is no video, although it looks like `/api/videos/{video_id}`.
    exact = [route for route in routes if route.path == path]
    return {method for route in exact or routes for method in route.methods or ()}


def crash_response(request: Request, error: Exception) -> JSONResponse:
    """The answer to what no handler knew: 503 when the database is away or busy, else 500."""
    if isinstance(error, OperationalError | InterfaceError | PoolTimeoutError | OSError):
        log.error("http.database_away", path=request.scope["path"], error=f"{type(error).__name__}: {error}"[:300])
        return app_error_response(request, Unavailable("The database does not answer; try again in a moment"))
    if isinstance(error, DBAPIError) and isinstance(error.orig and error.orig.__cause__, LockNotAvailableError):
        log.warning("http.locked", path=request.scope["path"])
        return app_error_response(request, Busy("Another request is changing the same objects; try again in a moment"))
    log.error("http.crash", path=request.scope["path"], method=request.method, exc_info=error)
    return problem(
        request,
        status=500,
        code="internal_error",
        title="Something went wrong on our side",
        detail="The error is in the log under this request id.",
    )


def install(app: FastAPI) -> None:
    """Register the handlers."""
    app.add_exception_handler(AppError, _on_app_error)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)
