from http import HTTPStatus
from typing import Any, cast

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.embedding_read_format import EmbeddingReadFormat
from ...models.o_embed import OEmbed
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    url_query: str,
    maxwidth: int | None | Unset = UNSET,
    maxheight: int | None | Unset = UNSET,
    format_: EmbeddingReadFormat | Unset = EmbeddingReadFormat.JSON,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["url"] = url_query

    json_maxwidth: int | None | Unset
    if isinstance(maxwidth, Unset):
        json_maxwidth = UNSET
    else:
        json_maxwidth = maxwidth
    params["maxwidth"] = json_maxwidth

    json_maxheight: int | None | Unset
    if isinstance(maxheight, Unset):
        json_maxheight = UNSET
    else:
        json_maxheight = maxheight
    params["maxheight"] = json_maxheight

    json_format_: str | Unset = UNSET
    if not isinstance(format_, Unset):
        json_format_ = format_.value

    params["format"] = json_format_

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/oembed",
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Any | OEmbed | Problem | None:
    if response.status_code == 200:
        response_200 = OEmbed.from_dict(response.json())

        return response_200

    if response.status_code == 304:
        response_304 = cast(Any, None)
        return response_304

    if response.status_code == 401:
        response_401 = Problem.from_dict(response.json())

        return response_401

    if response.status_code == 404:
        response_404 = Problem.from_dict(response.json())

        return response_404

    if response.status_code == 422:
        response_422 = Problem.from_dict(response.json())

        return response_422

    if response.status_code == 501:
        response_501 = Problem.from_dict(response.json())

        return response_501

    if response.status_code == 503:
        response_503 = Problem.from_dict(response.json())

        return response_503

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[Any | OEmbed | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    url_query: str,
    maxwidth: int | None | Unset = UNSET,
    maxheight: int | None | Unset = UNSET,
    format_: EmbeddingReadFormat | Unset = EmbeddingReadFormat.JSON,
) -> Response[Any | OEmbed | Problem]:
    """Read

     The title, the picture and the iframe of a public or unlisted video, in its own shape within the
    limits.

    401 for a video that is not open to all, 404 for an address that is no player page here, 501 for
    another format.
    Parameters that the specification does not know are ignored.

    Args:
        url_query (str): address of a player page, `/embed/{id}`
        maxwidth (int | None | Unset):
        maxheight (int | None | Unset):
        format_ (EmbeddingReadFormat | Unset): another one: 501 Default: EmbeddingReadFormat.JSON.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | OEmbed | Problem]
    """

    kwargs = _get_kwargs(
        url_query=url_query,
        maxwidth=maxwidth,
        maxheight=maxheight,
        format_=format_,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    url_query: str,
    maxwidth: int | None | Unset = UNSET,
    maxheight: int | None | Unset = UNSET,
    format_: EmbeddingReadFormat | Unset = EmbeddingReadFormat.JSON,
) -> Any | OEmbed | Problem | None:
    """Read

     The title, the picture and the iframe of a public or unlisted video, in its own shape within the
    limits.

    401 for a video that is not open to all, 404 for an address that is no player page here, 501 for
    another format.
    Parameters that the specification does not know are ignored.

    Args:
        url_query (str): address of a player page, `/embed/{id}`
        maxwidth (int | None | Unset):
        maxheight (int | None | Unset):
        format_ (EmbeddingReadFormat | Unset): another one: 501 Default: EmbeddingReadFormat.JSON.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | OEmbed | Problem
    """

    return sync_detailed(
        client=client,
        url_query=url_query,
        maxwidth=maxwidth,
        maxheight=maxheight,
        format_=format_,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    url_query: str,
    maxwidth: int | None | Unset = UNSET,
    maxheight: int | None | Unset = UNSET,
    format_: EmbeddingReadFormat | Unset = EmbeddingReadFormat.JSON,
) -> Response[Any | OEmbed | Problem]:
    """Read

     The title, the picture and the iframe of a public or unlisted video, in its own shape within the
    limits.

    401 for a video that is not open to all, 404 for an address that is no player page here, 501 for
    another format.
    Parameters that the specification does not know are ignored.

    Args:
        url_query (str): address of a player page, `/embed/{id}`
        maxwidth (int | None | Unset):
        maxheight (int | None | Unset):
        format_ (EmbeddingReadFormat | Unset): another one: 501 Default: EmbeddingReadFormat.JSON.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | OEmbed | Problem]
    """

    kwargs = _get_kwargs(
        url_query=url_query,
        maxwidth=maxwidth,
        maxheight=maxheight,
        format_=format_,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    url_query: str,
    maxwidth: int | None | Unset = UNSET,
    maxheight: int | None | Unset = UNSET,
    format_: EmbeddingReadFormat | Unset = EmbeddingReadFormat.JSON,
) -> Any | OEmbed | Problem | None:
    """Read

     The title, the picture and the iframe of a public or unlisted video, in its own shape within the
    limits.

    401 for a video that is not open to all, 404 for an address that is no player page here, 501 for
    another format.
    Parameters that the specification does not know are ignored.

    Args:
        url_query (str): address of a player page, `/embed/{id}`
        maxwidth (int | None | Unset):
        maxheight (int | None | Unset):
        format_ (EmbeddingReadFormat | Unset): another one: 501 Default: EmbeddingReadFormat.JSON.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | OEmbed | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            url_query=url_query,
            maxwidth=maxwidth,
            maxheight=maxheight,
            format_=format_,
        )
    ).parsed
