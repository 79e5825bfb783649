from http import HTTPStatus
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.module_input import ModuleInput
from ...models.module_out import ModuleOut
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    course_id: UUID,
    *,
    body: ModuleInput,
    idempotency_key: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["Idempotency-Key"] = idempotency_key

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/courses/{course_id}/modules".format(
            course_id=quote(str(course_id), safe=""),
        ),
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> ModuleOut | Problem | None:
    if response.status_code == 201:
        response_201 = ModuleOut.from_dict(response.json())

        return response_201

    if response.status_code == 400:
        response_400 = Problem.from_dict(response.json())

        return response_400

    if response.status_code == 401:
        response_401 = Problem.from_dict(response.json())

        return response_401

    if response.status_code == 403:
        response_403 = Problem.from_dict(response.json())

        return response_403

    if response.status_code == 404:
        response_404 = Problem.from_dict(response.json())

        return response_404

    if response.status_code == 408:
        response_408 = Problem.from_dict(response.json())

        return response_408

    if response.status_code == 409:
        response_409 = Problem.from_dict(response.json())

        return response_409

    if response.status_code == 413:
        response_413 = Problem.from_dict(response.json())

        return response_413

    if response.status_code == 422:
        response_422 = Problem.from_dict(response.json())

        return response_422

    if response.status_code == 503:
        response_503 = Problem.from_dict(response.json())

        return response_503

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[ModuleOut | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    course_id: UUID,
    *,
    client: AuthenticatedClient,
    body: ModuleInput,
    idempotency_key: str | Unset = UNSET,
) -> Response[ModuleOut | Problem]:
    """Create Module

     Add a module to a course, at the end unless `sortOrder` is given.

    Args:
        course_id (UUID):
        idempotency_key (str | Unset):
        body (ModuleInput): A module as it is created or replaced.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ModuleOut | Problem]
    """

    kwargs = _get_kwargs(
        course_id=course_id,
        body=body,
        idempotency_key=idempotency_key,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    course_id: UUID,
    *,
    client: AuthenticatedClient,
    body: ModuleInput,
    idempotency_key: str | Unset = UNSET,
) -> ModuleOut | Problem | None:
    """Create Module

     Add a module to a course, at the end unless `sortOrder` is given.

    Args:
        course_id (UUID):
        idempotency_key (str | Unset):
        body (ModuleInput): A module as it is created or replaced.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ModuleOut | Problem
    """

    return sync_detailed(
        course_id=course_id,
        client=client,
        body=body,
        idempotency_key=idempotency_key,
    ).parsed


async def asyncio_detailed(
    course_id: UUID,
    *,
    client: AuthenticatedClient,
    body: ModuleInput,
    idempotency_key: str | Unset = UNSET,
) -> Response[ModuleOut | Problem]:
    """Create Module

     Add a module to a course, at the end unless `sortOrder` is given.

    Args:
        course_id (UUID):
        idempotency_key (str | Unset):
        body (ModuleInput): A module as it is created or replaced.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ModuleOut | Problem]
    """

    kwargs = _get_kwargs(
        course_id=course_id,
        body=body,
        idempotency_key=idempotency_key,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    course_id: UUID,
    *,
    client: AuthenticatedClient,
    body: ModuleInput,
    idempotency_key: str | Unset = UNSET,
) -> ModuleOut | Problem | None:
    """Create Module

     Add a module to a course, at the end unless `sortOrder` is given.

    Args:
        course_id (UUID):
        idempotency_key (str | Unset):
        body (ModuleInput): A module as it is created or replaced.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ModuleOut | Problem
    """

    return (
        await asyncio_detailed(
            course_id=course_id,
            client=client,
            body=body,
            idempotency_key=idempotency_key,
        )
    ).parsed
