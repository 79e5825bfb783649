from http import HTTPStatus
from typing import Any, cast
from uuid import UUID

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.migration_status import MigrationStatus
from ...models.pipeline_stage import PipelineStage
from ...models.platform import Platform
from ...models.problem import Problem
from ...models.video_page import VideoPage
from ...models.video_status import VideoStatus
from ...models.visibility import Visibility
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    limit: int | Unset = 50,
    cursor: None | str | Unset = UNSET,
    sort: str | Unset = "-createdAt",
    q: str | Unset = "",
    status: list[VideoStatus] | Unset = UNSET,
    visibility: list[Visibility] | Unset = UNSET,
    migration_status: list[MigrationStatus] | Unset = UNSET,
    pipeline_stage: list[PipelineStage] | Unset = UNSET,
    tag: list[str] | Unset = UNSET,
    course_id: list[UUID] | Unset = UNSET,
    platform: list[Platform] | Unset = UNSET,
    missing_platform: list[Platform] | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["limit"] = limit

    json_cursor: None | str | Unset
    if isinstance(cursor, Unset):
        json_cursor = UNSET
    else:
        json_cursor = cursor
    params["cursor"] = json_cursor

    params["sort"] = sort

    params["q"] = q

    json_status: list[str] | Unset = UNSET
    if not isinstance(status, Unset):
        json_status = []
        for status_item_data in status:
            status_item = status_item_data.value
            json_status.append(status_item)

    params["status"] = json_status

    json_visibility: list[str] | Unset = UNSET
    if not isinstance(visibility, Unset):
        json_visibility = []
        for visibility_item_data in visibility:
            visibility_item = visibility_item_data.value
            json_visibility.append(visibility_item)

    params["visibility"] = json_visibility

    json_migration_status: list[str] | Unset = UNSET
    if not isinstance(migration_status, Unset):
        json_migration_status = []
        for migration_status_item_data in migration_status:
            migration_status_item = migration_status_item_data.value
            json_migration_status.append(migration_status_item)

    params["migrationStatus"] = json_migration_status

    json_pipeline_stage: list[str] | Unset = UNSET
    if not isinstance(pipeline_stage, Unset):
        json_pipeline_stage = []
        for pipeline_stage_item_data in pipeline_stage:
            pipeline_stage_item = pipeline_stage_item_data.value
            json_pipeline_stage.append(pipeline_stage_item)

    params["pipelineStage"] = json_pipeline_stage

    json_tag: list[str] | Unset = UNSET
    if not isinstance(tag, Unset):
        json_tag = tag

    params["tag"] = json_tag

    json_course_id: list[str] | Unset = UNSET
    if not isinstance(course_id, Unset):
        json_course_id = []
        for course_id_item_data in course_id:
            course_id_item = str(course_id_item_data)
            json_course_id.append(course_id_item)

    params["courseId"] = json_course_id

    json_platform: list[str] | Unset = UNSET
    if not isinstance(platform, Unset):
        json_platform = []
        for platform_item_data in platform:
            platform_item = platform_item_data.value
            json_platform.append(platform_item)

    params["platform"] = json_platform

    json_missing_platform: list[str] | Unset = UNSET
    if not isinstance(missing_platform, Unset):
        json_missing_platform = []
        for missing_platform_item_data in missing_platform:
            missing_platform_item = missing_platform_item_data.value
            json_missing_platform.append(missing_platform_item)

    params["missingPlatform"] = json_missing_platform

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/videos",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Any | Problem | VideoPage | None:
    if response.status_code == 200:
        response_200 = VideoPage.from_dict(response.json())

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
) -> Response[Any | Problem | VideoPage]:
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
    sort: str | Unset = "-createdAt",
    q: str | Unset = "",
    status: list[VideoStatus] | Unset = UNSET,
    visibility: list[Visibility] | Unset = UNSET,
    migration_status: list[MigrationStatus] | Unset = UNSET,
    pipeline_stage: list[PipelineStage] | Unset = UNSET,
    tag: list[str] | Unset = UNSET,
    course_id: list[UUID] | Unset = UNSET,
    platform: list[Platform] | Unset = UNSET,
    missing_platform: list[Platform] | Unset = UNSET,
) -> Response[Any | Problem | VideoPage]:
    """List

     The library, page by page. A filter that is repeated means any of its values, but `tag` means all of
    them.

    Archived videos only with `status=archived`.

    Args:
        limit (int | Unset): rows in a page Default: 50.
        cursor (None | str | Unset): nextCursor of the page before
        sort (str | Unset): `-` for descending; ties by id, nulls last Default: '-createdAt'.
        q (str | Unset): words in title, description and tags: all of them; by their beginning,
            inflected, mistyped Default: ''.
        status (list[VideoStatus] | Unset): active unless given
        visibility (list[Visibility] | Unset):
        migration_status (list[MigrationStatus] | Unset):
        pipeline_stage (list[PipelineStage] | Unset):
        tag (list[str] | Unset): repeated: all of them
        course_id (list[UUID] | Unset):
        platform (list[Platform] | Unset): videos that are there
        missing_platform (list[Platform] | Unset): videos that are not there

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | Problem | VideoPage]
    """

    kwargs = _get_kwargs(
        limit=limit,
        cursor=cursor,
        sort=sort,
        q=q,
        status=status,
        visibility=visibility,
        migration_status=migration_status,
        pipeline_stage=pipeline_stage,
        tag=tag,
        course_id=course_id,
        platform=platform,
        missing_platform=missing_platform,
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
    sort: str | Unset = "-createdAt",
    q: str | Unset = "",
    status: list[VideoStatus] | Unset = UNSET,
    visibility: list[Visibility] | Unset = UNSET,
    migration_status: list[MigrationStatus] | Unset = UNSET,
    pipeline_stage: list[PipelineStage] | Unset = UNSET,
    tag: list[str] | Unset = UNSET,
    course_id: list[UUID] | Unset = UNSET,
    platform: list[Platform] | Unset = UNSET,
    missing_platform: list[Platform] | Unset = UNSET,
) -> Any | Problem | VideoPage | None:
    """List

     The library, page by page. A filter that is repeated means any of its values, but `tag` means all of
    them.

    Archived videos only with `status=archived`.

    Args:
        limit (int | Unset): rows in a page Default: 50.
        cursor (None | str | Unset): nextCursor of the page before
        sort (str | Unset): `-` for descending; ties by id, nulls last Default: '-createdAt'.
        q (str | Unset): words in title, description and tags: all of them; by their beginning,
            inflected, mistyped Default: ''.
        status (list[VideoStatus] | Unset): active unless given
        visibility (list[Visibility] | Unset):
        migration_status (list[MigrationStatus] | Unset):
        pipeline_stage (list[PipelineStage] | Unset):
        tag (list[str] | Unset): repeated: all of them
        course_id (list[UUID] | Unset):
        platform (list[Platform] | Unset): videos that are there
        missing_platform (list[Platform] | Unset): videos that are not there

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | Problem | VideoPage
    """

    return sync_detailed(
        client=client,
        limit=limit,
        cursor=cursor,
        sort=sort,
        q=q,
        status=status,
        visibility=visibility,
        migration_status=migration_status,
        pipeline_stage=pipeline_stage,
        tag=tag,
        course_id=course_id,
        platform=platform,
        missing_platform=missing_platform,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    limit: int | Unset = 50,
    cursor: None | str | Unset = UNSET,
    sort: str | Unset = "-createdAt",
    q: str | Unset = "",
    status: list[VideoStatus] | Unset = UNSET,
    visibility: list[Visibility] | Unset = UNSET,
    migration_status: list[MigrationStatus] | Unset = UNSET,
    pipeline_stage: list[PipelineStage] | Unset = UNSET,
    tag: list[str] | Unset = UNSET,
    course_id: list[UUID] | Unset = UNSET,
    platform: list[Platform] | Unset = UNSET,
    missing_platform: list[Platform] | Unset = UNSET,
) -> Response[Any | Problem | VideoPage]:
    """List

     The library, page by page. A filter that is repeated means any of its values, but `tag` means all of
    them.

    Archived videos only with `status=archived`.

    Args:
        limit (int | Unset): rows in a page Default: 50.
        cursor (None | str | Unset): nextCursor of the page before
        sort (str | Unset): `-` for descending; ties by id, nulls last Default: '-createdAt'.
        q (str | Unset): words in title, description and tags: all of them; by their beginning,
            inflected, mistyped Default: ''.
        status (list[VideoStatus] | Unset): active unless given
        visibility (list[Visibility] | Unset):
        migration_status (list[MigrationStatus] | Unset):
        pipeline_stage (list[PipelineStage] | Unset):
        tag (list[str] | Unset): repeated: all of them
        course_id (list[UUID] | Unset):
        platform (list[Platform] | Unset): videos that are there
        missing_platform (list[Platform] | Unset): videos that are not there

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | Problem | VideoPage]
    """

    kwargs = _get_kwargs(
        limit=limit,
        cursor=cursor,
        sort=sort,
        q=q,
        status=status,
        visibility=visibility,
        migration_status=migration_status,
        pipeline_stage=pipeline_stage,
        tag=tag,
        course_id=course_id,
        platform=platform,
        missing_platform=missing_platform,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    limit: int | Unset = 50,
    cursor: None | str | Unset = UNSET,
    sort: str | Unset = "-createdAt",
    q: str | Unset = "",
    status: list[VideoStatus] | Unset = UNSET,
    visibility: list[Visibility] | Unset = UNSET,
    migration_status: list[MigrationStatus] | Unset = UNSET,
    pipeline_stage: list[PipelineStage] | Unset = UNSET,
    tag: list[str] | Unset = UNSET,
    course_id: list[UUID] | Unset = UNSET,
    platform: list[Platform] | Unset = UNSET,
    missing_platform: list[Platform] | Unset = UNSET,
) -> Any | Problem | VideoPage | None:
    """List

     The library, page by page. A filter that is repeated means any of its values, but `tag` means all of
    them.

    Archived videos only with `status=archived`.

    Args:
        limit (int | Unset): rows in a page Default: 50.
        cursor (None | str | Unset): nextCursor of the page before
        sort (str | Unset): `-` for descending; ties by id, nulls last Default: '-createdAt'.
        q (str | Unset): words in title, description and tags: all of them; by their beginning,
            inflected, mistyped Default: ''.
        status (list[VideoStatus] | Unset): active unless given
        visibility (list[Visibility] | Unset):
        migration_status (list[MigrationStatus] | Unset):
        pipeline_stage (list[PipelineStage] | Unset):
        tag (list[str] | Unset): repeated: all of them
        course_id (list[UUID] | Unset):
        platform (list[Platform] | Unset): videos that are there
        missing_platform (list[Platform] | Unset): videos that are not there

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | Problem | VideoPage
    """

    return (
        await asyncio_detailed(
            client=client,
            limit=limit,
            cursor=cursor,
            sort=sort,
            q=q,
            status=status,
            visibility=visibility,
            migration_status=migration_status,
            pipeline_stage=pipeline_stage,
            tag=tag,
            course_id=course_id,
            platform=platform,
            missing_platform=missing_platform,
        )
    ).parsed
