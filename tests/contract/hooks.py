"""What a tool that makes requests up cannot know, so that the rest of them can be held to every check.

A cursor, an entity tag and an idempotency key are answers of the API, or depend on what was asked before: made-up ones
are refused, as they should be, and tests/library, tests/videos and tests/idempotency look at that. Here the key is a
fresh one for each write, and the other two are left out.
"""

import os
import uuid
from typing import Any

import schemathesis

OWN_KEY_ID = os.environ["VMS_TEST_KEY_ID"]


@schemathesis.hook
def before_call(_context: Any, case: Any, _kwargs: dict[str, Any]) -> None:
    """Mend one made-up request, unless it is meant to be wrong."""
    wrong_query = case.meta is not None and _is_negative(case, "query")
    wrong_headers = case.meta is not None and _is_negative(case, "header")
    if not wrong_query and case.query:
        case.query.pop("cursor", None)
        if {"from", "to"} <= set(case.query):
            case.query["from"], case.query["to"] = sorted((case.query["from"], case.query["to"]), key=str)
    if not wrong_headers and case.headers:
        case.headers.pop("If-Match", None)
        if "Idempotency-Key" in case.headers:
            case.headers["Idempotency-Key"] = str(uuid.uuid4())
    for name, value in (case.path_parameters or {}).items():
        if str(value) == OWN_KEY_ID:  # who revokes the key that is used here ends the test
            case.path_parameters[name] = str(uuid.uuid4())


def _is_negative(case: Any, where: str) -> bool:
    for location, component in case.meta.components.items():
        if location.value == where:
            return bool(component.mode.is_negative)
    return False


@schemathesis.serializer("application/offset+octet-stream")
def as_bytes(_context: Any, value: Any) -> bytes:
    """A part of an upload."""
    return value if isinstance(value, bytes) else str(value).encode()
