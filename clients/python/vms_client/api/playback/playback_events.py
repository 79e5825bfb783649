from http import HTTPStatus
from typing import Any, cast

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.problem import Problem
from ...models.viewing_event import ViewingEvent
from ...types import Response


def _get_kwargs(
    *,
    body: list[ViewingEvent] | ViewingEvent,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/playback/events",
    }

    if isinstance(body, ViewingEvent):
        _kwargs["json"] = body.to_dict()
    else:
        _kwargs["json"] = []
        for body_type_1_item_data in body:
            body_type_1_item = body_type_1_item_data.to_dict()
            _kwargs["json"].append(body_type_1_item)

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Any | Problem | None:
    if response.status_code == 204:
        response_204 = cast(Any, None)
        return response_204

    if response.status_code == 400:
        response_400 = Problem.from_dict(response.json())

        return response_400

    if response.status_code == 408:
        response_408 = Problem.from_dict(response.json())

        return response_408

    if response.status_code == 413:
        response_413 = Problem.from_dict(response.json())

        return response_413

    if response.status_code == 422:
        response_422 = Problem.from_dict(response.json())

        return response_422

    if response.status_code == 429:
        response_429 = Problem.from_dict(response.json())

        return response_429

    if response.status_code == 503:
        response_503 = Problem.from_dict(response.json())

        return response_503

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[Any | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: list[ViewingEvent] | ViewingEvent,
) -> Response[Any | Problem]:
    """Events

     Tell how a video is watched: one event or a list of up to 20, in at most 4 KiB; made for
    `sendBeacon`.

    All values count from the opening of the page, so an event that is sent twice, late or out of order
    does no harm,
    and one that is lost is made good by the next. 204 says that it is written. Videos that are not
    there are left out
    without a word. No cookie is set, and no address is kept.

    Args:
        body (list[ViewingEvent] | ViewingEvent):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | Problem]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    body: list[ViewingEvent] | ViewingEvent,
) -> Any | Problem | None:
    """Events

     Tell how a video is watched: one event or a list of up to 20, in at most 4 KiB; made for
    `sendBeacon`.

    All values count from the opening of the page, so an event that is sent twice, late or out of order
    does no harm,
    and one that is lost is made good by the next. 204 says that it is written. Videos that are not
    there are left out
    without a word. No cookie is set, and no address is kept.

    Args:
        body (list[ViewingEvent] | ViewingEvent):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | Problem
    """

    return sync_detailed(
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: list[ViewingEvent] | ViewingEvent,
) -> Response[Any | Problem]:
    """Events

     Tell how a video is watched: one event or a list of up to 20, in at most 4 KiB; made for
    `sendBeacon`.

    All values count from the opening of the page, so an event that is sent twice, late or out of order
    does no harm,
    and one that is lost is made good by the next. 204 says that it is written. Videos that are not
    there are left out
    without a word. No cookie is set, and no address is kept.

    Args:
        body (list[ViewingEvent] | ViewingEvent):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | Problem]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    body: list[ViewingEvent] | ViewingEvent,
) -> Any | Problem | None:
    """Events

     Tell how a video is watched: one event or a list of up to 20, in at most 4 KiB; made for
    `sendBeacon`.

    All values count from the opening of the page, so an event that is sent twice, late or out of order
    does no harm,
    and one that is lost is made good by the next. 204 says that it is written. Videos that are not
    there are left out
    without a word. No cookie is set, and no address is kept.

    Args:
        body (list[ViewingEvent] | ViewingEvent):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
        )
    ).parsed
