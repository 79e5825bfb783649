from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.problem import Problem
from ...models.video_input import VideoInput
from ...models.video_out import VideoOut
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    body: VideoInput,
    idempotency_key: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["Idempotency-Key"] = idempotency_key

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/videos",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Problem | VideoOut | None:
    if response.status_code == 201:
        response_201 = VideoOut.from_dict(response.json())

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


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[Problem | VideoOut]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    body: VideoInput,
    idempotency_key: str | Unset = UNSET,
) -> Response[Problem | VideoOut]:
    """Create

     Add a video. Its file comes by `/api/upload/video` with the metadata key `videoId`.

    The title has 1 to 500 characters, a description at most 20 000; 50 tags of at most 100 characters
    each are kept
    in their order, each once. A `moduleId` without a `courseId` brings its course along. Markup is
    taken out.

    Args:
        idempotency_key (str | Unset):
        body (VideoInput): A video as it is created or replaced.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | VideoOut]
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
    body: VideoInput,
    idempotency_key: str | Unset = UNSET,
) -> Problem | VideoOut | None:
    """Create

     Add a video. Its file comes by `/api/upload/video` with the metadata key `videoId`.

    The title has 1 to 500 characters, a description at most 20 000; 50 tags of at most 100 characters
    each are kept
    in their order, each once. A `moduleId` without a `courseId` brings its course along. Markup is
    taken out.

    Args:
        idempotency_key (str | Unset):
        body (VideoInput): A video as it is created or replaced.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | VideoOut
    """

    return sync_detailed(
        client=client,
        body=body,
        idempotency_key=idempotency_key,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    body: VideoInput,
    idempotency_key: str | Unset = UNSET,
) -> Response[Problem | VideoOut]:
    """Create

     Add a video. Its file comes by `/api/upload/video` with the metadata key `videoId`.

    The title has 1 to 500 characters, a description at most 20 000; 50 tags of at most 100 characters
    each are kept
    in their order, each once. A `moduleId` without a `courseId` brings its course along. Markup is
    taken out.

    Args:
        idempotency_key (str | Unset):
        body (VideoInput): A video as it is created or replaced.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | VideoOut]
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
    body: VideoInput,
    idempotency_key: str | Unset = UNSET,
) -> Problem | VideoOut | None:
    """Create

     Add a video. Its file comes by `/api/upload/video` with the metadata key `videoId`.

    The title has 1 to 500 characters, a description at most 20 000; 50 tags of at most 100 characters
    each are kept
    in their order, each once. A `moduleId` without a `courseId` brings its course along. Markup is
    taken out.

    Args:
        idempotency_key (str | Unset):
        body (VideoInput): A video as it is created or replaced.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | VideoOut
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
            idempotency_key=idempotency_key,
        )
    ).parsed
