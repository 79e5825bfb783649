"""SQL of videos, masters and tags."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple
from typing import cast as cast_type
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Text,
    Uuid,
    any_,
    bindparam,
    case,
    cast,
    column,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    table,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, TSQUERY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from shared.videos.models import (
    Master,
    MasterState,
    SearchWord,
    StageChange,
    Tag,
    Video,
    Visibility,
    search_document,
)

# Their models are a layer above.
_COURSES = table("courses", column("id", Uuid))
_MODULES = table("modules", column("id", Uuid), column("course_id", Uuid))


class Place(NamedTuple):
    """Where a video stands."""

    course_id: UUID | None
    module_id: UUID | None


async def get(session: AsyncSession, video_id: UUID, *, lock: bool = False) -> Video | None:
    """One video; ``lock`` keeps other writers out until the transaction ends."""
    query = select(Video).where(col(Video.id) == video_id)
    if lock:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return (await session.scalars(query)).one_or_none()


async def exists_video(session: AsyncSession, video_id: UUID) -> bool:
    """Whether there is such a video."""
    return await session.scalar(select(col(Video.id)).where(col(Video.id) == video_id)) is not None


async def find(session: AsyncSession, video_ids: Collection[UUID], *, lock: bool) -> dict[UUID, Video]:
    """Those of the videos that exist; ``lock`` keeps other writers out, in the order of their ids."""
    query = select(Video).where(col(Video.id).in_(video_ids)).order_by(col(Video.id))
    if lock:
        query = query.with_for_update(key_share=True)
    rows = await session.scalars(query.execution_options(populate_existing=True))
    return {row.id: row for row in rows}


async def current_masters(session: AsyncSession, video_ids: Sequence[UUID]) -> dict[UUID, Master]:
    """The current master of each video that has one."""
    rows = await session.scalars(
        select(Master).where(col(Master.video_id).in_(video_ids), col(Master.state) == MasterState.current)
    )
    return {row.video_id: row for row in rows if row.video_id is not None}


async def visibilities(session: AsyncSession, video_ids: Sequence[UUID]) -> dict[UUID, Visibility]:
    """Who may play each video."""
    rows = await session.execute(select(col(Video.id), col(Video.visibility)).where(col(Video.id).in_(video_ids)))
    return {row[0]: Visibility(row[1]) for row in rows}


async def newest_replaced_master(session: AsyncSession, video_id: UUID) -> Master | None:
    """The master that the current one replaced, while its object is still there."""
    return (
        await session.scalars(
            select(Master)
            .where(
                col(Master.video_id) == video_id,
                col(Master.state) == MasterState.replaced,
                col(Master.object_deleted_at).is_(None),
            )
            .order_by(col(Master.state_changed_at).desc())
            .limit(1)
        )
    ).one_or_none()


async def masters_to_delete(session: AsyncSession, *, limit: int) -> list[Master]:
    """Masters whose objects are to be deleted, oldest decision first."""
    return list(
        await session.scalars(
            select(Master)
            .where(
                col(Master.state).in_([MasterState.rejected, MasterState.released]),
                col(Master.object_deleted_at).is_(None),
            )
            .order_by(col(Master.state_changed_at))
            .limit(limit)
        )
    )


async def masters_of(session: AsyncSession, video_id: UUID) -> list[Master]:
    """Every master a video ever had."""
    return list(await session.scalars(select(Master).where(col(Master.video_id) == video_id)))


async def stage_changes(session: AsyncSession, video_id: UUID, *, limit: int) -> list[StageChange]:
    """Newest first."""
    query = select(StageChange).where(col(StageChange.video_id) == video_id)
    return list(
        await session.scalars(
            query.order_by(col(StageChange.created_at).desc(), col(StageChange.id).desc()).limit(limit)
        )
    )


async def set_on_all(session: AsyncSession, video_ids: Sequence[UUID], values: dict[str, Any]) -> None:
    """Give some videos the same values, in one statement."""
    await session.execute(
        update(Video).where(col(Video.id).in_(video_ids)).values(values).execution_options(synchronize_session=False)
    )


async def lock_places(
    session: AsyncSession, *, course_id: UUID | None, module_ids: Collection[UUID]
) -> dict[UUID, Place]:
    """Where the videos stand that are in a course or in modules; their rows locked in the order of their ids."""
    condition: ColumnElement[bool] = col(Video.module_id).in_(module_ids)
    if course_id is not None:
        condition = or_(condition, col(Video.course_id) == course_id)
    query = select(col(Video.id), col(Video.course_id), col(Video.module_id)).where(condition)
    rows = await session.execute(query.order_by(col(Video.id)).with_for_update(key_share=True))
    return {row[0]: Place(row[1], row[2]) for row in rows}


async def set_places(session: AsyncSession, places: Mapping[UUID, Place]) -> None:
    """Put each video into its own place, in one statement."""
    columns = (list(places), [place.course_id for place in places.values()], [one.module_id for one in places.values()])
    arrays = func.unnest(*(literal(values, ARRAY(Uuid)) for values in columns))
    given = arrays.table_valued(column("id", Uuid), column("course_id", Uuid), column("module_id", Uuid))
    given = given.render_derived(name="given")
    await session.execute(
        update(Video)
        .where(col(Video.id) == given.c.id)
        .values(course_id=given.c.course_id, module_id=given.c.module_id)
        .execution_options(synchronize_session=False)
    )


async def set_tags(session: AsyncSession, tags: dict[UUID, list[str]]) -> None:
    """Give each video its own tags, in one statement: the database then counts each tag once, in the order of names."""
    rows = [{"id": str(video_id), "tags": names} for video_id, names in tags.items()]
    recordset = func.jsonb_to_recordset(bindparam("rows", rows, JSONB))
    given = recordset.table_valued(column("id", Uuid), column("tags", ARRAY(Text))).render_derived(
        name="given", with_types=True
    )
    await session.execute(
        update(Video)
        .where(col(Video.id) == given.c.id)
        .values(tags=given.c.tags)
        .execution_options(synchronize_session=False)
    )


async def has_course(session: AsyncSession, course_id: UUID, *, lock: bool) -> bool:
    """Whether there is such a course. ``lock``: nobody changes it or what is in it before the transaction ends."""
    query = select(_COURSES.c.id).where(_COURSES.c.id == course_id)
    return await session.scalar(query.with_for_update(read=True) if lock else query) is not None


async def lock_course_of_module(session: AsyncSession, module_id: UUID) -> UUID | None:
    """The course that a module is part of, None if there is no such module. Nobody changes the course or what is in it
    before the transaction ends.
    """
    query = select(_COURSES.c.id).join(_MODULES, _MODULES.c.course_id == _COURSES.c.id)
    query = query.where(_MODULES.c.id == module_id).with_for_update(read=True)
    return cast_type("UUID | None", await session.scalar(query))


async def tags_by_prefix(session: AsyncSession, prefix: str, *, limit: int) -> list[Tag]:
    """Tags of active videos, the most used first. Case and accents do not count."""
    return list(
        await session.scalars(
            select(Tag)
            .where(col(Tag.video_count) > 0, func.starts_with(col(Tag.folded), func.vms_fold(prefix)))
            .order_by(col(Tag.video_count).desc(), col(Tag.name))
            .limit(limit)
        )
    )


async def get_tag(session: AsyncSession, name: str) -> Tag | None:
    """One tag, with its counts as they are now."""
    return (
        await session.scalars(select(Tag).where(col(Tag.name) == name).execution_options(populate_existing=True))
    ).one_or_none()


def _has_tag(name: str) -> ColumnElement[bool]:
    return col(Video.tags).bool_op("@>")(literal([name], ARRAY(Text)))


async def lock_renames(session: AsyncSession) -> None:
    """Let tags be renamed one after the other, until this transaction ends: two that swap names would see none of what
    the other does.
    """
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("tags.rename", 0))))


async def lock_tagged(session: AsyncSession, name: str) -> list[UUID]:
    """The videos that have a tag, locked in the order of their ids as by all who lock many, so that nobody locks
    anybody out.
    """
    query = select(col(Video.id)).where(_has_tag(name)).order_by(col(Video.id)).with_for_update(key_share=True)
    return list(await session.scalars(query))


async def replace_tag(session: AsyncSession, video_ids: Sequence[UUID], old: str, new: str) -> None:
    """Put ``new`` in the place of ``old`` in some videos; where both are, ``new`` stays where it is."""
    tags = col(Video.tags)
    renamed = case((_has_tag(new), func.array_remove(tags, old)), else_=func.array_replace(tags, old, new))
    await session.execute(
        update(Video)
        .where(col(Video.id) == any_(literal(video_ids, ARRAY(Uuid))))
        .values(tags=renamed)
        .execution_options(synchronize_session=False)
    )


async def forget_unused_words(session: AsyncSession, *, after: str, limit: int) -> str | None:
    """Look at the next ``limit`` words behind ``after``, in order, and delete those that stand in no video's text.
    Answers the last word that was looked at, None at the end of the list. Until this transaction ends, plans read
    indexes by bitmaps only: a guess of how soon a video with the word is met may be wrong.
    """
    word = col(SearchWord.word)
    words = list(await session.scalars(select(word).where(word > after).order_by(word).limit(limit)))
    if words:
        settings = (func.set_config(f"enable_{way}", "off", True) for way in ("seqscan", "indexscan", "indexonlyscan"))
        await session.execute(select(*settings))
        # A word here has letters only, so within quotes it is a query for itself.
        somewhere = exists().where(search_document.bool_op("@@")(cast(func.quote_literal(word), TSQUERY)))
        looked_at = word == any_(literal(words, ARRAY(Text)))
        await session.execute(
            delete(SearchWord).where(looked_at, ~somewhere).execution_options(synchronize_session=False)
        )
    return words[-1] if len(words) == limit else None
