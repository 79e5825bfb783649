import datetime
from http import HTTPStatus
from typing import Any, cast

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.audit_page import AuditPage
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    limit: int | Unset = 50,
    cursor: None | str | Unset = UNSET,
    actor: list[str] | Unset = UNSET,
    action: list[str] | Unset = UNSET,
    object_type: list[str] | Unset = UNSET,
    object_id: list[str] | Unset = UNSET,
    from_: datetime.datetime | Unset = UNSET,
    to: datetime.datetime | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["limit"] = limit

    json_cursor: None | str | Unset
    if isinstance(cursor, Unset):
        json_cursor = UNSET
    else:
        json_cursor = cursor
    params["cursor"] = json_cursor

    json_actor: list[str] | Unset = UNSET
    if not isinstance(actor, Unset):
        json_actor = actor

    params["actor"] = json_actor

    json_action: list[str] | Unset = UNSET
    if not isinstance(action, Unset):
        json_action = action

    params["action"] = json_action

    json_object_type: list[str] | Unset = UNSET
    if not isinstance(object_type, Unset):
        json_object_type = object_type

    params["objectType"] = json_object_type

    json_object_id: list[str] | Unset = UNSET
    if not isinstance(object_id, Unset):
        json_object_id = object_id

    params["objectId"] = json_object_id

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
        "url": "/api/audit",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Any | AuditPage | Problem | None:
    if response.status_code == 200:
        response_200 = AuditPage.from_dict(response.json())

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
) -> Response[Any | AuditPage | Problem]:
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
    actor: list[str] | Unset = UNSET,
    action: list[str] | Unset = UNSET,
    object_type: list[str] | Unset = UNSET,
    object_id: list[str] | Unset = UNSET,
    from_: datetime.datetime | Unset = UNSET,
    to: datetime.datetime | Unset = UNSET,
) -> Response[Any | AuditPage | Problem]:
    """List

     Who did what, newest first. Entries are kept for ever and never hold a password or a key.

    Args:
        limit (int | Unset): rows in a page Default: 50.
        cursor (None | str | Unset): nextCursor of the page before
        actor (list[str] | Unset): repeated: any of them
        action (list[str] | Unset): repeated: any of them
        object_type (list[str] | Unset):
        object_id (list[str] | Unset):
        from_ (datetime.datetime | Unset): the first instant wanted
        to (datetime.datetime | Unset): the first instant not wanted any more

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | AuditPage | Problem]
    """

    kwargs = _get_kwargs(
        limit=limit,
        cursor=cursor,
        actor=actor,
        action=action,
        object_type=object_type,
        object_id=object_id,
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
    limit: int | Unset = 50,
    cursor: None | str | Unset = UNSET,
    actor: list[str] | Unset = UNSET,
    action: list[str] | Unset = UNSET,
    object_type: list[str] | Unset = UNSET,
    object_id: list[str] | Unset = UNSET,
    from_: datetime.datetime | Unset = UNSET,
    to: datetime.datetime | Unset = UNSET,
) -> Any | AuditPage | Problem | None:
    """List

     Who did what, newest first. Entries are kept for ever and never hold a password or a key.

    Args:
        limit (int | Unset): rows in a page Default: 50.
        cursor (None | str | Unset): nextCursor of the page before
        actor (list[str] | Unset): repeated: any of them
        action (list[str] | Unset): repeated: any of them
        object_type (list[str] | Unset):
        object_id (list[str] | Unset):
        from_ (datetime.datetime | Unset): the first instant wanted
        to (datetime.datetime | Unset): the first instant not wanted any more

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | AuditPage | Problem
    """

    return sync_detailed(
        client=client,
        limit=limit,
        cursor=cursor,
        actor=actor,
        action=action,
        object_type=object_type,
        object_id=object_id,
        from_=from_,
        to=to,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    limit: int | Unset = 50,
    cursor: None | str | Unset = UNSET,
    actor: list[str] | Unset = UNSET,
    action: list[str] | Unset = UNSET,
    object_type: list[str] | Unset = UNSET,
    object_id: list[str] | Unset = UNSET,
    from_: datetime.datetime | Unset = UNSET,
    to: datetime.datetime | Unset = UNSET,
) -> Response[Any | AuditPage | Problem]:
    """List

     Who did what, newest first. Entries are kept for ever and never hold a password or a key.

    Args:
        limit (int | Unset): rows in a page Default: 50.
        cursor (None | str | Unset): nextCursor of the page before
        actor (list[str] | Unset): repeated: any of them
        action (list[str] | Unset): repeated: any of them
        object_type (list[str] | Unset):
        object_id (list[str] | Unset):
        from_ (datetime.datetime | Unset): the first instant wanted
        to (datetime.datetime | Unset): the first instant not wanted any more

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | AuditPage | Problem]
    """

    kwargs = _get_kwargs(
        limit=limit,
        cursor=cursor,
        actor=actor,
        action=action,
        object_type=object_type,
        object_id=object_id,
        from_=from_,
        to=to,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    limit: int | Unset = 50,
    cursor: None | str | Unset = UNSET,
    actor: list[str] | Unset = UNSET,
    action: list[str] | Unset = UNSET,
    object_type: list[str] | Unset = UNSET,
    object_id: list[str] | Unset = UNSET,
    from_: datetime.datetime | Unset = UNSET,
    to: datetime.datetime | Unset = UNSET,
) -> Any | AuditPage | Problem | None:
    """List

     Who did what, newest first. Entries are kept for ever and never hold a password or a key.

    Args:
        limit (int | Unset): rows in a page Default: 50.
        cursor (None | str | Unset): nextCursor of the page before
        actor (list[str] | Unset): repeated: any of them
        action (list[str] | Unset): repeated: any of them
        object_type (list[str] | Unset):
        object_id (list[str] | Unset):
        from_ (datetime.datetime | Unset): the first instant wanted
        to (datetime.datetime | Unset): the first instant not wanted any more

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | AuditPage | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            limit=limit,
            cursor=cursor,
            actor=actor,
            action=action,
            object_type=object_type,
            object_id=object_id,
            from_=from_,
            to=to,
        )
    ).parsed
