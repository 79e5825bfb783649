from http import HTTPStatus
from typing import Any, cast
from uuid import UUID

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.job_page import JobPage
from ...models.job_status import JobStatus
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    limit: int | Unset = 50,
    cursor: None | str | Unset = UNSET,
    video_id: None | Unset | UUID = UNSET,
    status: list[JobStatus] | None | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["limit"] = limit

    json_cursor: None | str | Unset
    if isinstance(cursor, Unset):
        json_cursor = UNSET
    else:
        json_cursor = cursor
    params["cursor"] = json_cursor

    json_video_id: None | str | Unset
    if isinstance(video_id, Unset):
        json_video_id = UNSET
    elif isinstance(video_id, UUID):
        json_video_id = str(video_id)
    else:
        json_video_id = video_id
    params["videoId"] = json_video_id

    json_status: list[str] | None | Unset
    if isinstance(status, Unset):
        json_status = UNSET
    elif isinstance(status, list):
        json_status = []
        for status_type_0_item_data in status:
            status_type_0_item = status_type_0_item_data.value
            json_status.append(status_type_0_item)

    else:
        json_status = status
    params["status"] = json_status

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/encoding/jobs",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Any | JobPage | Problem | None:
    if response.status_code == 200:
        response_200 = JobPage.from_dict(response.json())

        return response_200

    if response.status_code == 304:
        response_304 = cast(Any, None)
        return response_304

    if response.status_code == 401:
        response_401 = Problem.from_dict(response.json())

        return response_401

    if response.status_code == 403:
        response_403 = Problem.from_dict(response.json())

        return response_403

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
) -> Response[Any | JobPage | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    limit: int | Unset = 50,
    cursor: None | str | Unset = UNSET,
    video_id: None | Unset | UUID = UNSET,
    status: list[JobStatus] | None | Unset = UNSET,
) -> Response[Any | JobPage | Problem]:
    """Jobs

     Jobs, newest first. A repeated `status` means any of them.

    Args:
        limit (int | Unset): rows in a page Default: 50.
        cursor (None | str | Unset): nextCursor of the page before
        video_id (None | Unset | UUID):
        status (list[JobStatus] | None | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | JobPage | Problem]
    """

    kwargs = _get_kwargs(
        limit=limit,
        cursor=cursor,
        video_id=video_id,
        status=status,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    limit: int | Unset = 50,
    cursor: None | str | Unset = UNSET,
    video_id: None | Unset | UUID = UNSET,
    status: list[JobStatus] | None | Unset = UNSET,
) -> Any | JobPage | Problem | None:
    """Jobs

     Jobs, newest first. A repeated `status` means any of them.

    Args:
        limit (int | Unset): rows in a page Default: 50.
        cursor (None | str | Unset): nextCursor of the page before
        video_id (None | Unset | UUID):
        status (list[JobStatus] | None | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | JobPage | Problem
    """

    return sync_detailed(
        client=client,
        limit=limit,
        cursor=cursor,
        video_id=video_id,
        status=status,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    limit: int | Unset = 50,
    cursor: None | str | Unset = UNSET,
    video_id: None | Unset | UUID = UNSET,
    status: list[JobStatus] | None | Unset = UNSET,
) -> Response[Any | JobPage | Problem]:
    """Jobs

     Jobs, newest first. A repeated `status` means any of them.

    Args:
        limit (int | Unset): rows in a page Default: 50.
        cursor (None | str | Unset): nextCursor of the page before
        video_id (None | Unset | UUID):
        status (list[JobStatus] | None | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | JobPage | Problem]
    """

    kwargs = _get_kwargs(
        limit=limit,
        cursor=cursor,
        video_id=video_id,
        status=status,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    limit: int | Unset = 50,
    cursor: None | str | Unset = UNSET,
    video_id: None | Unset | UUID = UNSET,
    status: list[JobStatus] | None | Unset = UNSET,
) -> Any | JobPage | Problem | None:
    """Jobs

     Jobs, newest first. A repeated `status` means any of them.

    Args:
        limit (int | Unset): rows in a page Default: 50.
        cursor (None | str | Unset): nextCursor of the page before
        video_id (None | Unset | UUID):
        status (list[JobStatus] | None | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | JobPage | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            limit=limit,
            cursor=cursor,
            video_id=video_id,
            status=status,
        )
    ).parsed
