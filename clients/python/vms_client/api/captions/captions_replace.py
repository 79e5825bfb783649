from http import HTTPStatus
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.caption_out import CaptionOut
from ...models.captions_replace_files_body import CaptionsReplaceFilesBody
from ...models.problem import Problem
from ...types import UNSET, File, Response, Unset


def _get_kwargs(
    video_id: UUID,
    language: str,
    *,
    body: File | File | File | File | File | CaptionsReplaceFilesBody | Unset = UNSET,
    label: None | str | Unset = UNSET,
    if_match: None | str | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(if_match, Unset):
        headers["If-Match"] = if_match

    if not isinstance(idempotency_key, Unset):
        headers["Idempotency-Key"] = idempotency_key

    params: dict[str, Any] = {}

    json_label: None | str | Unset
    if isinstance(label, Unset):
        json_label = UNSET
    else:
        json_label = label
    params["label"] = json_label

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "put",
        "url": "/api/videos/{video_id}/captions/{language}".format(
            video_id=quote(str(video_id), safe=""),
            language=quote(str(language), safe=""),
        ),
        "params": params,
    }

    if isinstance(body, File):
        _kwargs["content"] = body.payload
        headers["Content-Type"] = "application/octet-stream"
    if isinstance(body, File):
        _kwargs["content"] = body.payload
        headers["Content-Type"] = "application/x-subrip"
    if isinstance(body, File):
        _kwargs["content"] = body.payload
        headers["Content-Type"] = "text/plain"
    if isinstance(body, File):
        _kwargs["content"] = body.payload
        headers["Content-Type"] = "text/srt"
    if isinstance(body, File):
        _kwargs["content"] = body.payload
        headers["Content-Type"] = "text/vtt"
    if isinstance(body, CaptionsReplaceFilesBody):
        _kwargs["files"] = body.to_multipart()

        headers["Content-Type"] = "multipart/form-data; boundary=+++"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> CaptionOut | Problem | None:
    if response.status_code == 200:
        response_200 = CaptionOut.from_dict(response.json())

        return response_200

    if response.status_code == 201:
        response_201 = CaptionOut.from_dict(response.json())

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

    if response.status_code == 412:
        response_412 = Problem.from_dict(response.json())

        return response_412

    if response.status_code == 413:
        response_413 = Problem.from_dict(response.json())

        return response_413

    if response.status_code == 415:
        response_415 = Problem.from_dict(response.json())

        return response_415

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
) -> Response[CaptionOut | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    video_id: UUID,
    language: str,
    *,
    client: AuthenticatedClient,
    body: File | File | File | File | File | CaptionsReplaceFilesBody | Unset = UNSET,
    label: None | str | Unset = UNSET,
    if_match: None | str | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
) -> Response[CaptionOut | Problem]:
    """Replace

     Set the captions in one language (201 where there were none), from WebVTT or SRT of at most 2 MiB.

    The file is told by its content. UTF-8 is best; UTF-16 and Windows code pages are understood too.
    Markup other than
    WebVTT's is taken out, and cues are put in order. What cannot be read is 422; `errors` names the
    lines.

    Args:
        video_id (UUID):
        language (str): BCP 47; `DE_de` is taken for `de-DE`
        label (None | str | Unset): what players call it; the language's own name if left out
        if_match (None | str | Unset): the ETag of what you read; 412 if it has changed since
        idempotency_key (str | Unset):
        body (File):
        body (File):
        body (File):
        body (File):
        body (File):
        body (CaptionsReplaceFilesBody):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[CaptionOut | Problem]
    """

    kwargs = _get_kwargs(
        video_id=video_id,
        language=language,
        body=body,
        label=label,
        if_match=if_match,
        idempotency_key=idempotency_key,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    video_id: UUID,
    language: str,
    *,
    client: AuthenticatedClient,
    body: File | File | File | File | File | CaptionsReplaceFilesBody | Unset = UNSET,
    label: None | str | Unset = UNSET,
    if_match: None | str | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
) -> CaptionOut | Problem | None:
    """Replace

     Set the captions in one language (201 where there were none), from WebVTT or SRT of at most 2 MiB.

    The file is told by its content. UTF-8 is best; UTF-16 and Windows code pages are understood too.
    Markup other than
    WebVTT's is taken out, and cues are put in order. What cannot be read is 422; `errors` names the
    lines.

    Args:
        video_id (UUID):
        language (str): BCP 47; `DE_de` is taken for `de-DE`
        label (None | str | Unset): what players call it; the language's own name if left out
        if_match (None | str | Unset): the ETag of what you read; 412 if it has changed since
        idempotency_key (str | Unset):
        body (File):
        body (File):
        body (File):
        body (File):
        body (File):
        body (CaptionsReplaceFilesBody):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        CaptionOut | Problem
    """

    return sync_detailed(
        video_id=video_id,
        language=language,
        client=client,
        body=body,
        label=label,
        if_match=if_match,
        idempotency_key=idempotency_key,
    ).parsed


async def asyncio_detailed(
    video_id: UUID,
    language: str,
    *,
    client: AuthenticatedClient,
    body: File | File | File | File | File | CaptionsReplaceFilesBody | Unset = UNSET,
    label: None | str | Unset = UNSET,
    if_match: None | str | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
) -> Response[CaptionOut | Problem]:
    """Replace

     Set the captions in one language (201 where there were none), from WebVTT or SRT of at most 2 MiB.

    The file is told by its content. UTF-8 is best; UTF-16 and Windows code pages are understood too.
    Markup other than
    WebVTT's is taken out, and cues are put in order. What cannot be read is 422; `errors` names the
    lines.

    Args:
        video_id (UUID):
        language (str): BCP 47; `DE_de` is taken for `de-DE`
        label (None | str | Unset): what players call it; the language's own name if left out
        if_match (None | str | Unset): the ETag of what you read; 412 if it has changed since
        idempotency_key (str | Unset):
        body (File):
        body (File):
        body (File):
        body (File):
        body (File):
        body (CaptionsReplaceFilesBody):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[CaptionOut | Problem]
    """

    kwargs = _get_kwargs(
        video_id=video_id,
        language=language,
        body=body,
        label=label,
        if_match=if_match,
        idempotency_key=idempotency_key,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    video_id: UUID,
    language: str,
    *,
    client: AuthenticatedClient,
    body: File | File | File | File | File | CaptionsReplaceFilesBody | Unset = UNSET,
    label: None | str | Unset = UNSET,
    if_match: None | str | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
) -> CaptionOut | Problem | None:
    """Replace

     Set the captions in one language (201 where there were none), from WebVTT or SRT of at most 2 MiB.

    The file is told by its content. UTF-8 is best; UTF-16 and Windows code pages are understood too.
    Markup other than
    WebVTT's is taken out, and cues are put in order. What cannot be read is 422; `errors` names the
    lines.

    Args:
        video_id (UUID):
        language (str): BCP 47; `DE_de` is taken for `de-DE`
        label (None | str | Unset): what players call it; the language's own name if left out
        if_match (None | str | Unset): the ETag of what you read; 412 if it has changed since
        idempotency_key (str | Unset):
        body (File):
        body (File):
        body (File):
        body (File):
        body (File):
        body (CaptionsReplaceFilesBody):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        CaptionOut | Problem
    """

    return (
        await asyncio_detailed(
            video_id=video_id,
            language=language,
            client=client,
            body=body,
            label=label,
            if_match=if_match,
            idempotency_key=idempotency_key,
        )
    ).parsed
