"""Tags."""

from typing import Annotated

from fastapi import Query

from api.deps import CurrentCaller, Limit, SessionDep, noun_router
from api.problems import problem_responses
from api.security import EDITOR, VIEWER
from shared.text import ANY_TEXT, MAX_TAG
from shared.videos import service as videos_service
from shared.videos.schemas import TagList, TagOut, TagRename, TagRenamed

router = noun_router("/api/tags", tag="tags")
Prefix = Annotated[
    str, Query(max_length=MAX_TAG, pattern=ANY_TEXT, description="what the tag begins with, in any case")
]


@router.get("", dependencies=[VIEWER], name="list")
async def list_tags(session: SessionDep, prefix: Prefix = "", limit: Limit = 50) -> TagList:
    """The tags of active videos, the most used first; for autocomplete.

    Case and accents do not count: `uber` finds `Über uns`. Tags that only archived videos have are left out.
    """
    rows = await videos_service.tags_by_prefix(session, prefix, limit=limit)
    return TagList(items=[TagOut(name=row.name, count=row.video_count) for row in rows])


@router.post("/rename", dependencies=[EDITOR], responses=problem_responses(404), name="rename")
async def rename_tag(body: TagRename, session: SessionDep, caller: CurrentCaller) -> TagRenamed:
    """Rename a tag in every video that has it, archived ones too. A tag of that name that is there already takes it in.

    `from` is the tag exactly as it is written. The same name twice changes nothing.
    """
    count, videos = await videos_service.rename_tag(session, caller.actor, old=body.from_, new=body.to)
    return TagRenamed(name=body.to, count=count, videos=videos)
