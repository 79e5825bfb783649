from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.move_report import MoveReport
from ...models.move_report_answer import MoveReportAnswer
from ...models.problem import Problem
from ...types import Response


def _get_kwargs(
    *,
    body: MoveReport,
    x_webhook_signature: str,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    headers["X-Webhook-Signature"] = x_webhook_signature

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/migrations/reports",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> MoveReportAnswer | Problem | None:
    if response.status_code == 200:
        response_200 = MoveReportAnswer.from_dict(response.json())

        return response_200

    if response.status_code == 400:
        response_400 = Problem.from_dict(response.json())

        return response_400

    if response.status_code == 401:
        response_401 = Problem.from_dict(response.json())

        return response_401

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
) -> Response[MoveReportAnswer | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: MoveReport,
    x_webhook_signature: str,
) -> Response[MoveReportAnswer | Problem]:
    """Report

     A transfer worker's report. 409 means that its take is over and the worker is to stop.

    Args:
        x_webhook_signature (str):
        body (MoveReport): One report. ``fetched`` needs the size and the SHA-256 of what was
            stored, ``compared`` the checks, ``failed``
            the error. ``take`` is the one of the task's payload.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[MoveReportAnswer | Problem]
    """

    kwargs = _get_kwargs(
        body=body,
        x_webhook_signature=x_webhook_signature,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    body: MoveReport,
    x_webhook_signature: str,
) -> MoveReportAnswer | Problem | None:
    """Report

     A transfer worker's report. 409 means that its take is over and the worker is to stop.

    Args:
        x_webhook_signature (str):
        body (MoveReport): One report. ``fetched`` needs the size and the SHA-256 of what was
            stored, ``compared`` the checks, ``failed``
            the error. ``take`` is the one of the task's payload.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        MoveReportAnswer | Problem
    """

    return sync_detailed(
        client=client,
        body=body,
        x_webhook_signature=x_webhook_signature,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: MoveReport,
    x_webhook_signature: str,
) -> Response[MoveReportAnswer | Problem]:
    """Report

     A transfer worker's report. 409 means that its take is over and the worker is to stop.

    Args:
        x_webhook_signature (str):
        body (MoveReport): One report. ``fetched`` needs the size and the SHA-256 of what was
            stored, ``compared`` the checks, ``failed``
            the error. ``take`` is the one of the task's payload.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[MoveReportAnswer | Problem]
    """

    kwargs = _get_kwargs(
        body=body,
        x_webhook_signature=x_webhook_signature,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    body: MoveReport,
    x_webhook_signature: str,
) -> MoveReportAnswer | Problem | None:
    """Report

     A transfer worker's report. 409 means that its take is over and the worker is to stop.

    Args:
        x_webhook_signature (str):
        body (MoveReport): One report. ``fetched`` needs the size and the SHA-256 of what was
            stored, ``compared`` the checks, ``failed``
            the error. ``take`` is the one of the task's payload.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        MoveReportAnswer | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
            x_webhook_signature=x_webhook_signature,
        )
    ).parsed
