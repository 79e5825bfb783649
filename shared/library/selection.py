"""The videos that a filter finds, all of them, for what is done to many at once."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.hosting.schemas import MAX_BATCH, BatchFilter
from shared.library import search
from shared.library.filters import COURSES, TAGS, WORDS, VideoFilter
from shared.videos.models import table


async def find(session: AsyncSession, given: BatchFilter) -> list[UUID]:
    """Their ids, the oldest first; one more than a batch may have, if there are more."""
    wanted = VideoFilter(
        q=given.q.strip(),
        statuses=tuple(given.status),
        visibilities=tuple(given.visibility),
        migration_statuses=tuple(given.migration_status),
        stages=tuple(given.pipeline_stage),
        tags=tuple(given.tag),
        course_ids=tuple(given.course_id),
        platforms=tuple(given.platform),
        missing_platforms=tuple(given.missing_platform),
    )
    words = await search.text_query(session, wanted.q) if wanted.q else ""
    if wanted.q and not words:
        return []
    query = select(table.c.id).where(wanted.any_status(), *wanted.conditions())
    values = {WORDS.key: words, TAGS.key: list(wanted.tags), COURSES.key: list(wanted.course_ids)}
    found = await session.scalars(query.order_by(table.c.created_at, table.c.id).limit(MAX_BATCH + 1), values)
    return list(found)
