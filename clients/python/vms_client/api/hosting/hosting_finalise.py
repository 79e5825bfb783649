from http import HTTPStatus
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.finalise_input import FinaliseInput
from ...models.problem import Problem
from ...models.video_out import VideoOut
from ...types import UNSET, Response, Unset


def _get_kwargs(
    video_id: UUID,
    *,
    body: FinaliseInput,
    idempotency_key: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["Idempotency-Key"] = idempotency_key

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/videos/{video_id}/finalise".format(
            video_id=quote(str(video_id), safe=""),
        ),
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Problem | VideoOut | None:
    if response.status_code == 200:
        response_200 = VideoOut.from_dict(response.json())

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


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[Problem | VideoOut]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    video_id: UUID,
    *,
    client: AuthenticatedClient,
    body: FinaliseInput,
    idempotency_key: str | Unset = UNSET,
) -> Response[Problem | VideoOut]:
    """Finalise

     Give the copy at Vimeo up: from then on the video is `hetzner_only` and cannot be rolled back.

    `confirm` is the video's title. Allowed when MIGRATION_FINALISE_GRACE_SECONDS have passed since it
    was switched.

    Args:
        video_id (UUID):
        idempotency_key (str | Unset):
        body (FinaliseInput): The video's title, typed, so that nobody gives up the copy at Vimeo
            by accident.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | VideoOut]
    """

    kwargs = _get_kwargs(
        video_id=video_id,
        body=body,
        idempotency_key=idempotency_key,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    video_id: UUID,
    *,
    client: AuthenticatedClient,
    body: FinaliseInput,
    idempotency_key: str | Unset = UNSET,
) -> Problem | VideoOut | None:
    """Finalise

     Give the copy at Vimeo up: from then on the video is `hetzner_only` and cannot be rolled back.

    `confirm` is the video's title. Allowed when MIGRATION_FINALISE_GRACE_SECONDS have passed since it
    was switched.

    Args:
        video_id (UUID):
        idempotency_key (str | Unset):
        body (FinaliseInput): The video's title, typed, so that nobody gives up the copy at Vimeo
            by accident.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | VideoOut
    """

    return sync_detailed(
        video_id=video_id,
        client=client,
        body=body,
        idempotency_key=idempotency_key,
    ).parsed


async def asyncio_detailed(
    video_id: UUID,
    *,
    client: AuthenticatedClient,
    body: FinaliseInput,
    idempotency_key: str | Unset = UNSET,
) -> Response[Problem | VideoOut]:
    """Finalise

     Give the copy at Vimeo up: from then on the video is `hetzner_only` and cannot be rolled back.

    `confirm` is the video's title. Allowed when MIGRATION_FINALISE_GRACE_SECONDS have passed since it
    was switched.

    Args:
        video_id (UUID):
        idempotency_key (str | Unset):
        body (FinaliseInput): The video's title, typed, so that nobody gives up the copy at Vimeo
            by accident.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | VideoOut]
    """

    kwargs = _get_kwargs(
        video_id=video_id,
        body=body,
        idempotency_key=idempotency_key,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    video_id: UUID,
    *,
    client: AuthenticatedClient,
    body: FinaliseInput,
    idempotency_key: str | Unset = UNSET,
) -> Problem | VideoOut | None:
    """Finalise

     Give the copy at Vimeo up: from then on the video is `hetzner_only` and cannot be rolled back.

    `confirm` is the video's title. Allowed when MIGRATION_FINALISE_GRACE_SECONDS have passed since it
    was switched.

    Args:
        video_id (UUID):
        idempotency_key (str | Unset):
        body (FinaliseInput): The video's title, typed, so that nobody gives up the copy at Vimeo
            by accident.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | VideoOut
    """

    return (
        await asyncio_detailed(
            video_id=video_id,
            client=client,
            body=body,
            idempotency_key=idempotency_key,
        )
    ).parsed
