from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.problem import Problem
from ...models.report import Report
from ...models.report_answer import ReportAnswer
from ...types import Response


def _get_kwargs(
    *,
    body: Report,
    x_webhook_signature: str,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    headers["X-Webhook-Signature"] = x_webhook_signature

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/encoding/webhook",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Problem | ReportAnswer | None:
    if response.status_code == 200:
        response_200 = ReportAnswer.from_dict(response.json())

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
) -> Response[Problem | ReportAnswer]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: Report,
    x_webhook_signature: str,
) -> Response[Problem | ReportAnswer]:
    """Webhook

     A worker's report. Signature, time, schema, job and attempt are checked in this order.

    Args:
        x_webhook_signature (str):
        body (Report): The body of ``POST /api/encoding/webhook`` (seed 004, step 10, and api.md).

            ``outputUrl`` with ``progress`` means: what is encoded so far can be played from there.
            With ``partId`` and
            ``take`` it speaks of one part of a divided encode: ``progress`` is then that part's
            percentage, ``stored`` its
            segments that can be played, counted from its start, ``codecs`` maps directories to RFC
            6381 strings, and
            ``manifest`` names the object that describes what a completed part has made. The part that
            finishes a job reports
            as a whole encode does; ``spare`` names objects beside ``parts/`` that were needed on the
            way and are not any more.
            ``source`` is what the probe found out.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | ReportAnswer]
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
    body: Report,
    x_webhook_signature: str,
) -> Problem | ReportAnswer | None:
    """Webhook

     A worker's report. Signature, time, schema, job and attempt are checked in this order.

    Args:
        x_webhook_signature (str):
        body (Report): The body of ``POST /api/encoding/webhook`` (seed 004, step 10, and api.md).

            ``outputUrl`` with ``progress`` means: what is encoded so far can be played from there.
            With ``partId`` and
            ``take`` it speaks of one part of a divided encode: ``progress`` is then that part's
            percentage, ``stored`` its
            segments that can be played, counted from its start, ``codecs`` maps directories to RFC
            6381 strings, and
            ``manifest`` names the object that describes what a completed part has made. The part that
            finishes a job reports
            as a whole encode does; ``spare`` names objects beside ``parts/`` that were needed on the
            way and are not any more.
            ``source`` is what the probe found out.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | ReportAnswer
    """

    return sync_detailed(
        client=client,
        body=body,
        x_webhook_signature=x_webhook_signature,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: Report,
    x_webhook_signature: str,
) -> Response[Problem | ReportAnswer]:
    """Webhook

     A worker's report. Signature, time, schema, job and attempt are checked in this order.

    Args:
        x_webhook_signature (str):
        body (Report): The body of ``POST /api/encoding/webhook`` (seed 004, step 10, and api.md).

            ``outputUrl`` with ``progress`` means: what is encoded so far can be played from there.
            With ``partId`` and
            ``take`` it speaks of one part of a divided encode: ``progress`` is then that part's
            percentage, ``stored`` its
            segments that can be played, counted from its start, ``codecs`` maps directories to RFC
            6381 strings, and
            ``manifest`` names the object that describes what a completed part has made. The part that
            finishes a job reports
            as a whole encode does; ``spare`` names objects beside ``parts/`` that were needed on the
            way and are not any more.
            ``source`` is what the probe found out.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | ReportAnswer]
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
    body: Report,
    x_webhook_signature: str,
) -> Problem | ReportAnswer | None:
    """Webhook

     A worker's report. Signature, time, schema, job and attempt are checked in this order.

    Args:
        x_webhook_signature (str):
        body (Report): The body of ``POST /api/encoding/webhook`` (seed 004, step 10, and api.md).

            ``outputUrl`` with ``progress`` means: what is encoded so far can be played from there.
            With ``partId`` and
            ``take`` it speaks of one part of a divided encode: ``progress`` is then that part's
            percentage, ``stored`` its
            segments that can be played, counted from its start, ``codecs`` maps directories to RFC
            6381 strings, and
            ``manifest`` names the object that describes what a completed part has made. The part that
            finishes a job reports
            as a whole encode does; ``spare`` names objects beside ``parts/`` that were needed on the
            way and are not any more.
            ``source`` is what the probe found out.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | ReportAnswer
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
            x_webhook_signature=x_webhook_signature,
        )
    ).parsed
