import datetime
from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.platform import Platform
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    platform: Platform | Unset = UNSET,
    from_: datetime.date | Unset = UNSET,
    to: datetime.date | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    json_platform: str | Unset = UNSET
    if not isinstance(platform, Unset):
        json_platform = platform.value

    params["platform"] = json_platform

    json_from_: str | Unset = UNSET
    if not isinstance(from_, Unset):
        json_from_ = from_.isoformat()
    params["from"] = json_from_

    json_to: str | Unset = UNSET
    if not isinstance(to, Unset):
        json_to = to.isoformat()
    params["to"] = json_to

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/videos/analytics.csv",
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Problem | str | None:
    if response.status_code == 200:
        response_200 = response.text
        return response_200

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


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[Problem | str]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    platform: Platform | Unset = UNSET,
    from_: datetime.date | Unset = UNSET,
    to: datetime.date | Unset = UNSET,
) -> Response[Problem | str]:
    """Export

     A row for each day, platform and video with numbers, as CSV (RFC 4180). Unknown is empty; cells that
    a
    spreadsheet would take for a formula begin with an apostrophe.

    Args:
        platform (Platform | Unset): Where a video can live (seed 004, step 1; seed 000 adds
            Kinescope).
        from_ (datetime.date | Unset): the first day, UTC; 29 days before `to` if left out
        to (datetime.date | Unset): the last day, UTC; today if left out

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | str]
    """

    kwargs = _get_kwargs(
        platform=platform,
        from_=from_,
        to=to,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    platform: Platform | Unset = UNSET,
    from_: datetime.date | Unset = UNSET,
    to: datetime.date | Unset = UNSET,
) -> Problem | str | None:
    """Export

     A row for each day, platform and video with numbers, as CSV (RFC 4180). Unknown is empty; cells that
    a
    spreadsheet would take for a formula begin with an apostrophe.

    Args:
        platform (Platform | Unset): Where a video can live (seed 004, step 1; seed 000 adds
            Kinescope).
        from_ (datetime.date | Unset): the first day, UTC; 29 days before `to` if left out
        to (datetime.date | Unset): the last day, UTC; today if left out

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | str
    """

    return sync_detailed(
        client=client,
        platform=platform,
        from_=from_,
        to=to,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    platform: Platform | Unset = UNSET,
    from_: datetime.date | Unset = UNSET,
    to: datetime.date | Unset = UNSET,
) -> Response[Problem | str]:
    """Export

     A row for each day, platform and video with numbers, as CSV (RFC 4180). Unknown is empty; cells that
    a
    spreadsheet would take for a formula begin with an apostrophe.

    Args:
        platform (Platform | Unset): Where a video can live (seed 004, step 1; seed 000 adds
            Kinescope).
        from_ (datetime.date | Unset): the first day, UTC; 29 days before `to` if left out
        to (datetime.date | Unset): the last day, UTC; today if left out

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | str]
    """

    kwargs = _get_kwargs(
        platform=platform,
        from_=from_,
        to=to,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    platform: Platform | Unset = UNSET,
    from_: datetime.date | Unset = UNSET,
    to: datetime.date | Unset = UNSET,
) -> Problem | str | None:
    """Export

     A row for each day, platform and video with numbers, as CSV (RFC 4180). Unknown is empty; cells that
    a
    spreadsheet would take for a formula begin with an apostrophe.

    Args:
        platform (Platform | Unset): Where a video can live (seed 004, step 1; seed 000 adds
            Kinescope).
        from_ (datetime.date | Unset): the first day, UTC; 29 days before `to` if left out
        to (datetime.date | Unset): the last day, UTC; today if left out

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | str
    """

    return (
        await asyncio_detailed(
            client=client,
            platform=platform,
            from_=from_,
            to=to,
        )
    ).parsed
