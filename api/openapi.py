"""The OpenAPI document: the problem shape, and the two ways to prove who is calling.

``python -m api.openapi`` prints it; no server and no setting is needed.
"""

import json
import sys
from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, FastAPI
from pydantic import BaseModel, SecretStr

from api.preconditions import TAGGED_METHODS
from api.problems import Problem, problem_responses
from api.routes.uploads import TusRoute
from api.security import SAFE_METHODS, SESSION_COOKIE, SecuredRoute
from shared.analytics.schemas import ViewingEvent
from shared.config import Settings
from shared.encoding.probes import ProbeReport
from shared.encoding.schemas import Report
from shared.encoding.watching import JobEvent
from shared.hosting.reports import MoveReport
from shared.idempotency.service import MAX_KEY

# Models that no route has as a parameter or an answer: errors, signed bodies, which are read raw, and events.
_UNSEEN: tuple[type[BaseModel], ...] = (Problem, Report, ProbeReport, MoveReport, ViewingEvent, JobEvent)

_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": (
        "Make up a key for each write, a UUID for example, and send the same key when you send the write again: it is "
        "done once, and answered again with `Idempotent-Replayed: true`. Kept for a day."
    ),
    "schema": {"type": "string", "minLength": 1, "maxLength": MAX_KEY, "pattern": "^[!-~]+$"},
}
_ETAG = {
    "description": "Changes whenever anything in the answer does; for `If-Match` and `If-None-Match`",
    "schema": {"type": "string"},
}


def install(app: FastAPI, routers: Sequence[APIRouter]) -> None:
    """Make ``app.openapi`` add what FastAPI cannot see in the routes."""
    original = app.openapi

    def build() -> dict[str, Any]:
        if app.openapi_schema:
            return app.openapi_schema
        document = original()
        components = document.setdefault("components", {})
        schemas = components.setdefault("schemas", {})
        for model in _UNSEEN:
            definition = model.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas.update(definition.pop("$defs", {}))
            schemas[model.__name__] = definition
        schemas.pop("HTTPValidationError", None)
        schemas.pop("ValidationError", None)
        components["securitySchemes"] = {
            "apiKey": {"type": "http", "scheme": "bearer", "description": "An API key: `vms keys create`"},
            "session": {"type": "apiKey", "in": "cookie", "name": SESSION_COOKIE},
        }
        for route in (route for router in routers for route in router.routes):
            if isinstance(route, SecuredRoute) and route.include_in_schema:
                for method in route.methods or ():
                    operation = document["paths"].get(route.path_format, {}).get(method.lower())
                    if operation is not None:
                        _complete(operation, route, method)
        app.openapi_schema = document
        return document

    app.openapi = build  # type: ignore[method-assign]  # FastAPI documents replacing it


def _complete(operation: dict[str, Any], route: SecuredRoute, method: str) -> None:
    """Say what :class:`SecuredRoute` and the middleware do for every route alike."""
    answers = operation["responses"]
    also = {503}
    if route.access.role:
        operation["security"] = [{"apiKey": []}, {"session": []}]
    if "requestBody" in operation and not isinstance(route, TusRoute):
        also |= {400, 408, 413}
    if route.access.role and route.repeatable and method not in SAFE_METHODS:
        also.add(409)
        operation.setdefault("parameters", []).append(_IDEMPOTENCY_KEY)
    for parameter in operation.get("parameters", ()):
        if parameter["name"] == "tus-resumable":
            parameter |= {"required": True, "schema": {"type": "string", "enum": ["1.0.0"]}}
    for status, answer in problem_responses(*also).items():
        answers.setdefault(str(status), answer)
    made = answers.get("201" if method == "POST" else "200", {})
    if method in TAGGED_METHODS and "application/json" in made.get("content", {}):
        made.setdefault("headers", {})["ETag"] = _ETAG
        if method == "GET":
            answers.setdefault("304", {"description": "You have it already: `If-None-Match` names it", "headers": {}})
    operation["responses"] = dict(sorted(answers.items()))


def document() -> dict[str, Any]:
    """The document, the same for the same code, whatever the environment says."""
    from api.main import create_app  # noqa: PLC0415  it imports this module

    # Not validated and not read from the environment: nothing of it reaches the document.
    unread = SecretStr("unread")
    settings = Settings.model_construct(database_url=unread, bunny_token_key=unread)
    return create_app(settings).openapi()


def main() -> None:
    """Write the document as JSON to stdout."""
    sys.stdout.write(json.dumps(document(), indent=2) + "\n")


if __name__ == "__main__":
    main()
