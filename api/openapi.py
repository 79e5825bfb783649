"""The OpenAPI document: the problem shape, and the two ways to prove who is calling.

``python -m api.openapi`` prints it; no server and no setting is needed.
"""

import json
import sys
from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, FastAPI
from pydantic import BaseModel, SecretStr

from api.problems import Problem
from api.security import SESSION_COOKIE, SecuredRoute
from shared.config import Settings
from shared.encoding.schemas import Report

# Models that no route has as a parameter or an answer: errors, and the webhook's body, which is read raw.
_UNSEEN: tuple[type[BaseModel], ...] = (Problem, Report)


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
            if isinstance(route, SecuredRoute) and route.access.role and route.include_in_schema:
                for method in route.methods or ():
                    operation = document["paths"].get(route.path_format, {}).get(method.lower())
                    if operation is not None:
                        operation["security"] = [{"apiKey": []}, {"session": []}]
        app.openapi_schema = document
        return document

    app.openapi = build  # type: ignore[method-assign]  # FastAPI documents replacing it


def main() -> None:
    """Write the document as JSON to stdout: the same bytes for the same code, whatever the environment says."""
    from api.main import create_app  # noqa: PLC0415  it imports this module

    # Not validated and not read from the environment: nothing of it reaches the document.
    unread = SecretStr("unread")
    settings = Settings.model_construct(database_url=unread, bunny_token_key=unread)
    sys.stdout.write(json.dumps(create_app(settings).openapi(), indent=2) + "\n")


if __name__ == "__main__":
    main()
