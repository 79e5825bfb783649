"""Bodies that workers sign, read raw: the signature decides before anything else of the request counts."""

import json
from typing import Any, TypeVar

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from api.security import refuse_unknown_query
from shared.clock import instant, utc_now
from shared.config import Settings
from shared.encoding import signature

ModelT = TypeVar("ModelT", bound=BaseModel)


def signature_docs(model: type[BaseModel]) -> dict[str, Any]:
    """What OpenAPI is to say of a signed route with this body."""
    return {
        "parameters": [
            {
                "name": signature.SIGNATURE_HEADER,
                "in": "header",
                "required": True,
                "schema": {"type": "string", "pattern": "^sha256=[0-9a-f]{64}$"},
                "description": "HMAC-SHA256 of the raw body with ENCODING_WEBHOOK_SECRET",
            }
        ],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}},
        },
    }


async def signed_body(request: Request, settings: Settings, model: type[ModelT]) -> tuple[bytes, ModelT]:
    """The raw body and what it says. Signature, query, time and schema are checked in this order.

    :raises SignatureInvalid: missing or wrong.
    :raises TimestampRejected: more than 300 s from now.
    :raises RequestValidationError: not JSON, or not such a body.
    """
    raw = await request.body()
    signature.verify(settings.webhook_secrets, raw, request.headers.get(signature.SIGNATURE_HEADER))
    refuse_unknown_query(request, ())
    try:
        document: Any = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise RequestValidationError(
            [{"type": "json_invalid", "loc": ("body",), "msg": "the body is not JSON", "input": None}]
        ) from error
    if isinstance(document, dict):
        _check_age(document.get("timestamp"))
    try:
        return raw, model.model_validate(document)
    except ValidationError as error:
        raise RequestValidationError(
            [{**entry, "loc": ("body", *entry["loc"])} for entry in error.errors(include_context=False)]
        ) from error


def _check_age(timestamp: Any) -> None:
    """What is not a time is left to the schema, which takes no other form than this function does."""
    try:
        age = abs((utc_now() - instant(timestamp)).total_seconds())
    except ValueError:
        return
    if age > signature.TOLERANCE_SECONDS:
        raise signature.TimestampRejected(f"The timestamp is {age:.0f} s from now; at most 300 s are accepted")
