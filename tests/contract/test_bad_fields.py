"""Every field of every body, found in the OpenAPI document: what is wrong with it is said of it, and never a 500."""

import json
import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from api.openapi import document

METHODS = ("post", "put", "patch")
HUGE = "1" + "0" * 400
Field = tuple[str, str, str, dict[str, Any], dict[str, Any]]


def resolve(spec: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = spec["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


# Bodies whose signature is looked at first.
SIGNED = ("/api/encoding/webhook", "/api/encoding/probes", "/api/migrations/reports")


def alternatives(spec: dict[str, Any], schema: dict[str, Any]) -> list[dict[str, Any]]:
    schema = resolve(spec, schema)
    inner = schema.get("oneOf") or schema.get("anyOf") or [schema]
    return [resolve(spec, one) for one in inner]


def fields(spec: dict[str, Any]) -> Iterator[Field]:
    """Method, path, field, the field's own schema, and what tells its body from others of a union."""
    for path, item in spec["paths"].items():
        for method in METHODS:
            content = item.get(method, {}).get("requestBody", {}).get("content", {})
            if "application/json" not in content or path in SIGNED:
                continue
            for body in alternatives(spec, content["application/json"]["schema"]):
                mark = {
                    name: field["const"] if "const" in field else field["enum"][0]
                    for name, field in body.get("properties", {}).items()
                    if name == "action"
                }
                for name, field in body.get("properties", {}).items():
                    for one in alternatives(spec, field):
                        if one.get("type") != "null" and name not in mark:
                            yield method, path, name, one, mark


def bad_values(schema: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Kinds and JSON texts that such a field must not take."""
    kind = schema.get("type")
    if kind != "object" and kind is not None:
        yield "an object", '{"a": 1}'
    if kind == "string":
        yield "a number", "12345"
        yield "NUL", '"a\\u0000b"'
        yield "a lone surrogate", '"\\ud800"'
        if "maxLength" in schema:
            yield "too long", json.dumps("x" * (schema["maxLength"] + 1))
        if schema.get("minLength"):
            yield "empty", '""'
        if "pattern" in schema and not re.search(schema["pattern"], " \u200b "):
            yield "blank", '" \\u200b "'
        if "enum" in schema:
            yield "no such value", '"nothing"'
        if schema.get("format") == "uuid":
            yield "no id", '"1; DROP TABLE videos"'
    if kind in {"integer", "number"}:
        yield "text", '"1"'
        yield "huge", HUGE
        yield "infinite", "1e999"
    if kind == "boolean":
        yield "text", '"true"'
        yield "a number", "1"
    if kind == "array":
        yield "text", '"x"'
        yield "wrong items", "[{}]"


FIELDS = list(fields(document()))
CASES = [
    pytest.param(*field[:3], text, field[4], id=f"{field[0]} {field[1]} {field[2]} {kind}")
    for field in FIELDS
    for kind, text in bad_values(field[3])
]


def test_there_are_many_fields() -> None:
    assert len(CASES) > 300


@pytest.mark.parametrize(("method", "path", "field", "value", "mark"), CASES)
async def test_a_wrong_field_is_named(
    admin: httpx.AsyncClient, method: str, path: str, field: str, value: str, mark: dict[str, Any]
) -> None:
    for name in {part[1:-1] for part in path.split("/") if part.startswith("{")}:
        path = path.replace(f"{{{name}}}", "vimeo" if name == "platform" else str(uuid4()))
    members = [f"{json.dumps(name)}: {json.dumps(known)}" for name, known in mark.items()]
    body = "{" + ", ".join([*members, f"{json.dumps(field)}: {value}"]) + "}"
    answer = await admin.request(method, path, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422, answer.text
    pointers = [error["pointer"] for error in answer.json()["errors"]]
    assert any(pointer == f"/{field}" or pointer.startswith(f"/{field}/") for pointer in pointers), answer.text


@pytest.mark.parametrize(
    ("method", "path", "mark"),
    sorted({(method, path, json.dumps(mark)) for method, path, _, _, mark in FIELDS}),
)
async def test_an_unknown_field_is_named(admin: httpx.AsyncClient, method: str, path: str, mark: str) -> None:
    for name in {part[1:-1] for part in path.split("/") if part.startswith("{")}:
        path = path.replace(f"{{{name}}}", "vimeo" if name == "platform" else str(uuid4()))
    answer = await admin.request(method, path, json={**json.loads(mark), "surprise": 1})
    assert answer.status_code == 422, answer.text
    assert "/surprise" in [error["pointer"] for error in answer.json()["errors"]], answer.text
