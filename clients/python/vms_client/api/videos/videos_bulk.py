from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.bulk_course import BulkCourse
from ...models.bulk_plain import BulkPlain
from ...models.bulk_results import BulkResults
from ...models.bulk_stage import BulkStage
from ...models.bulk_tags import BulkTags
from ...models.bulk_visibility import BulkVisibility
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    body: BulkCourse | BulkPlain | BulkStage | BulkTags | BulkVisibility,
    idempotency_key: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["Idempotency-Key"] = idempotency_key

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/videos/bulk",
    }

    if isinstance(body, BulkPlain):
        _kwargs["json"] = body.to_dict()
    elif isinstance(body, BulkTags):
        _kwargs["json"] = body.to_dict()
    elif isinstance(body, BulkVisibility):
        _kwargs["json"] = body.to_dict()
    elif isinstance(body, BulkStage):
        _kwargs["json"] = body.to_dict()
    else:
        _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> BulkResults | Problem | None:
    if response.status_code == 200:
        response_200 = BulkResults.from_dict(response.json())

        return response_200

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


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[BulkResults | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    body: BulkCourse | BulkPlain | BulkStage | BulkTags | BulkVisibility,
    idempotency_key: str | Unset = UNSET,
) -> Response[BulkResults | Problem]:
    """Bulk

     Do one thing to up to 500 videos, in one transaction.

    The answer says for each id whether it was done, in the order of the ids; an error of one video
    stops no other.
    Archived videos can only be restored. `migrate` and `rollback` are for admins. An unknown course or
    module is 404
    and changes nothing.

    Args:
        idempotency_key (str | Unset):
        body (BulkCourse | BulkPlain | BulkStage | BulkTags | BulkVisibility): One action on many
            videos.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[BulkResults | Problem]
    """

    kwargs = _get_kwargs(
        body=body,
        idempotency_key=idempotency_key,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    body: BulkCourse | BulkPlain | BulkStage | BulkTags | BulkVisibility,
    idempotency_key: str | Unset = UNSET,
) -> BulkResults | Problem | None:
    """Bulk

     Do one thing to up to 500 videos, in one transaction.

    The answer says for each id whether it was done, in the order of the ids; an error of one video
    stops no other.
    Archived videos can only be restored. `migrate` and `rollback` are for admins. An unknown course or
    module is 404
    and changes nothing.

    Args:
        idempotency_key (str | Unset):
        body (BulkCourse | BulkPlain | BulkStage | BulkTags | BulkVisibility): One action on many
            videos.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        BulkResults | Problem
    """

    return sync_detailed(
        client=client,
        body=body,
        idempotency_key=idempotency_key,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    body: BulkCourse | BulkPlain | BulkStage | BulkTags | BulkVisibility,
    idempotency_key: str | Unset = UNSET,
) -> Response[BulkResults | Problem]:
    """Bulk

     Do one thing to up to 500 videos, in one transaction.

    The answer says for each id whether it was done, in the order of the ids; an error of one video
    stops no other.
    Archived videos can only be restored. `migrate` and `rollback` are for admins. An unknown course or
    module is 404
    and changes nothing.

    Args:
        idempotency_key (str | Unset):
        body (BulkCourse | BulkPlain | BulkStage | BulkTags | BulkVisibility): One action on many
            videos.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[BulkResults | Problem]
    """

    kwargs = _get_kwargs(
        body=body,
        idempotency_key=idempotency_key,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    body: BulkCourse | BulkPlain | BulkStage | BulkTags | BulkVisibility,
    idempotency_key: str | Unset = UNSET,
) -> BulkResults | Problem | None:
    """Bulk

     Do one thing to up to 500 videos, in one transaction.

    The answer says for each id whether it was done, in the order of the ids; an error of one video
    stops no other.
    Archived videos can only be restored. `migrate` and `rollback` are for admins. An unknown course or
    module is 404
    and changes nothing.

    Args:
        idempotency_key (str | Unset):
        body (BulkCourse | BulkPlain | BulkStage | BulkTags | BulkVisibility): One action on many
            videos.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        BulkResults | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
            idempotency_key=idempotency_key,
        )
    ).parsed
