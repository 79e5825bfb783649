"""Reading the library: lists, search and single videos."""

from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import Depends, Query
from pydantic import AfterValidator

from api.deps import Cursor, Limit, SessionDep, noun_router
from api.problems import problem_responses
from api.security import VIEWER
from shared.library import service as library_service
from shared.library.filters import DEFAULT_SORT, SORT_PATTERN, VideoFilter
from shared.library.schemas import VideoOut, VideoPage
from shared.library.search import MAX_QUERY
from shared.platforms.models import Platform
from shared.text import ANY_TEXT, printable
from shared.videos.models import MigrationStatus, PipelineStage, VideoStatus, Visibility
from shared.videos.schemas import VideoTag

router = noun_router("/api/videos", tag="videos")
_MANY = 20
T = TypeVar("T", bound=str | UUID)


def _distinct(values: list[T]) -> tuple[T, ...]:
    return tuple(sorted(set(values), key=str))


async def _filter(
    q: Annotated[
        str,
        Query(
            max_length=MAX_QUERY,
            json_schema_extra={"pattern": ANY_TEXT},
            description="words in title, description and tags: all of them; by their beginning, inflected, mistyped",
        ),
        AfterValidator(printable),
    ] = "",
    status: Annotated[list[VideoStatus], Query(max_length=_MANY, description="active unless given")] = [],  # noqa: B006
    visibility: Annotated[list[Visibility], Query(max_length=_MANY)] = [],  # noqa: B006
    migration_status: Annotated[list[MigrationStatus], Query(alias="migrationStatus", max_length=_MANY)] = [],  # noqa: B006
    pipeline_stage: Annotated[list[PipelineStage], Query(alias="pipelineStage", max_length=_MANY)] = [],  # noqa: B006
    tag: Annotated[list[VideoTag], Query(max_length=_MANY, description="repeated: all of them")] = [],  # noqa: B006
    course_id: Annotated[list[UUID], Query(alias="courseId", max_length=_MANY)] = [],  # noqa: B006
    platform: Annotated[list[Platform], Query(max_length=_MANY, description="videos that are there")] = [],  # noqa: B006
    missing_platform: Annotated[
        list[Platform], Query(alias="missingPlatform", max_length=_MANY, description="videos that are not there")
    ] = [],  # noqa: B006
) -> VideoFilter:
    return VideoFilter(
        q=q.strip(),
        statuses=_distinct(status),
        visibilities=_distinct(visibility),
        migration_statuses=_distinct(migration_status),
        stages=_distinct(pipeline_stage),
        tags=_distinct(tag),
        course_ids=_distinct(course_id),
        platforms=_distinct(platform),
        missing_platforms=_distinct(missing_platform),
    )


@router.get("", dependencies=[VIEWER], name="list")
async def list_videos(
    session: SessionDep,
    wanted: Annotated[VideoFilter, Depends(_filter)],
    limit: Limit = 50,
    cursor: Cursor = None,
    sort: Annotated[
        str, Query(pattern=SORT_PATTERN, description="`-` for descending; ties by id, nulls last")
    ] = DEFAULT_SORT,
) -> VideoPage:
    """The library, page by page. A filter that is repeated means any of its values, but `tag` means all of them.

    Archived videos only with `status=archived`.
    """
    return await library_service.list_videos(session, wanted, sort=sort, cursor=cursor, limit=limit)


@router.get("/{video_id}", dependencies=[VIEWER], responses=problem_responses(404), name="read")
async def read_video(video_id: UUID, session: SessionDep) -> VideoOut:
    """One video, archived or not."""
    return await library_service.read_video(session, video_id)
