from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.problem import Problem
from ...models.uploads_create_tus_resumable import UploadsCreateTusResumable
from ...types import UNSET, File, Response, Unset


def _get_kwargs(
    *,
    body: File | Unset = UNSET,
    upload_length: None | str | Unset = UNSET,
    upload_defer_length: None | str | Unset = UNSET,
    upload_metadata: None | str | Unset = UNSET,
    upload_checksum: None | str | Unset = UNSET,
    tus_resumable: UploadsCreateTusResumable,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(upload_length, Unset):
        headers["upload-length"] = upload_length

    if not isinstance(upload_defer_length, Unset):
        headers["upload-defer-length"] = upload_defer_length

    if not isinstance(upload_metadata, Unset):
        headers["upload-metadata"] = upload_metadata

    if not isinstance(upload_checksum, Unset):
        headers["upload-checksum"] = upload_checksum

    headers["tus-resumable"] = str(tus_resumable)

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/upload/video",
    }

    if not isinstance(body, Unset):
        _kwargs["content"] = body.payload
    headers["Content-Type"] = "application/offset+octet-stream"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Any | Problem | None:
    if response.status_code == 201:
        response_201 = response.json()
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

    if response.status_code == 460:
        response_460 = Problem.from_dict(response.json())

        return response_460

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
    client: AuthenticatedClient,
    body: File | Unset = UNSET,
    upload_length: None | str | Unset = UNSET,
    upload_defer_length: None | str | Unset = UNSET,
    upload_metadata: None | str | Unset = UNSET,
    upload_checksum: None | str | Unset = UNSET,
    tus_resumable: UploadsCreateTusResumable,
) -> Response[Any | Problem]:
    """Create

     Begin an upload; a body of type `application/offset+octet-stream` is its first bytes.

    Args:
        upload_length (None | str | Unset): bytes of the whole file
        upload_defer_length (None | str | Unset): 1: the length comes with a later PATCH
        upload_metadata (None | str | Unset): pairs `key base64`: filename, filetype, title,
            videoId, encode, and your own
        upload_checksum (None | str | Unset): `sha1` or `sha256`, and the body's digest
        tus_resumable (UploadsCreateTusResumable):
        body (File | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | Problem]
    """

    kwargs = _get_kwargs(
        body=body,
        upload_length=upload_length,
        upload_defer_length=upload_defer_length,
        upload_metadata=upload_metadata,
        upload_checksum=upload_checksum,
        tus_resumable=tus_resumable,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    body: File | Unset = UNSET,
    upload_length: None | str | Unset = UNSET,
    upload_defer_length: None | str | Unset = UNSET,
    upload_metadata: None | str | Unset = UNSET,
    upload_checksum: None | str | Unset = UNSET,
    tus_resumable: UploadsCreateTusResumable,
) -> Any | Problem | None:
    """Create

     Begin an upload; a body of type `application/offset+octet-stream` is its first bytes.

    Args:
        upload_length (None | str | Unset): bytes of the whole file
        upload_defer_length (None | str | Unset): 1: the length comes with a later PATCH
        upload_metadata (None | str | Unset): pairs `key base64`: filename, filetype, title,
            videoId, encode, and your own
        upload_checksum (None | str | Unset): `sha1` or `sha256`, and the body's digest
        tus_resumable (UploadsCreateTusResumable):
        body (File | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | Problem
    """

    return sync_detailed(
        client=client,
        body=body,
        upload_length=upload_length,
        upload_defer_length=upload_defer_length,
        upload_metadata=upload_metadata,
        upload_checksum=upload_checksum,
        tus_resumable=tus_resumable,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    body: File | Unset = UNSET,
    upload_length: None | str | Unset = UNSET,
    upload_defer_length: None | str | Unset = UNSET,
    upload_metadata: None | str | Unset = UNSET,
    upload_checksum: None | str | Unset = UNSET,
    tus_resumable: UploadsCreateTusResumable,
) -> Response[Any | Problem]:
    """Create

     Begin an upload; a body of type `application/offset+octet-stream` is its first bytes.

    Args:
        upload_length (None | str | Unset): bytes of the whole file
        upload_defer_length (None | str | Unset): 1: the length comes with a later PATCH
        upload_metadata (None | str | Unset): pairs `key base64`: filename, filetype, title,
            videoId, encode, and your own
        upload_checksum (None | str | Unset): `sha1` or `sha256`, and the body's digest
        tus_resumable (UploadsCreateTusResumable):
        body (File | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | Problem]
    """

    kwargs = _get_kwargs(
        body=body,
        upload_length=upload_length,
        upload_defer_length=upload_defer_length,
        upload_metadata=upload_metadata,
        upload_checksum=upload_checksum,
        tus_resumable=tus_resumable,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    body: File | Unset = UNSET,
    upload_length: None | str | Unset = UNSET,
    upload_defer_length: None | str | Unset = UNSET,
    upload_metadata: None | str | Unset = UNSET,
    upload_checksum: None | str | Unset = UNSET,
    tus_resumable: UploadsCreateTusResumable,
) -> Any | Problem | None:
    """Create

     Begin an upload; a body of type `application/offset+octet-stream` is its first bytes.

    Args:
        upload_length (None | str | Unset): bytes of the whole file
        upload_defer_length (None | str | Unset): 1: the length comes with a later PATCH
        upload_metadata (None | str | Unset): pairs `key base64`: filename, filetype, title,
            videoId, encode, and your own
        upload_checksum (None | str | Unset): `sha1` or `sha256`, and the body's digest
        tus_resumable (UploadsCreateTusResumable):
        body (File | Unset):

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
            upload_length=upload_length,
            upload_defer_length=upload_defer_length,
            upload_metadata=upload_metadata,
            upload_checksum=upload_checksum,
            tus_resumable=tus_resumable,
        )
    ).parsed
