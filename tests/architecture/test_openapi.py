"""The OpenAPI document is whole, readable and open."""

import re
from typing import Any

import httpx
import pytest

METHODS = {"get", "put", "post", "delete", "options", "head", "patch"}


@pytest.fixture(scope="session")
async def document(anonymous: httpx.AsyncClient) -> dict[str, Any]:
    answer = await anonymous.get("/api/openapi.json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    ]


def references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [found for inner in value.values() for found in references(inner)]
    return [found for inner in value for found in references(inner)] if isinstance(value, list) else []


async def test_version_and_documentation(anonymous: httpx.AsyncClient, document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    assert (await anonymous.get("/api/docs")).status_code == 200


async def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    names = {reference.rpartition("/")[2] for reference in references(document)}
    assert names
    assert names <= set(document["components"]["schemas"])


async def test_operation_ids_are_readable_and_unique(document: dict[str, Any]) -> None:
    ids = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)+", name) for name in ids), ids
    assert {"videos-list", "videos-create", "encoding-webhook", "playback-read"} <= set(ids)


async def test_every_error_is_a_problem(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        assert operation.get("summary"), (path, method)
        for status, answer in operation["responses"].items():
            if status.startswith("4") and method != "head":
                assert set(answer["content"]) == {"application/problem+json"}, (path, method, status)


async def test_every_closed_operation_says_so(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        assert ("401" in operation["responses"] and "403" in operation["responses"]) == ("security" in operation), (
            path,
            method,
        )


async def test_the_upload_routes_show_their_headers(document: dict[str, Any]) -> None:
    upload = document["paths"]["/api/upload/video"]
    one = next(item for path, item in document["paths"].items() if path.startswith("/api/upload/video/"))
    assert {"post", "options"} <= set(upload)
    assert {"head", "patch", "delete"} <= set(one)
    names = {parameter["name"].lower() for parameter in one["patch"]["parameters"] if parameter["in"] == "header"}
    assert {"tus-resumable", "upload-offset"} <= names
