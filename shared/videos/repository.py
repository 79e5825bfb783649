"""SQL of videos, masters and tags."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from pydantic.alias_generators import to_camel
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Text,
    Uuid,
    any_,
    bindparam,
    case,
    column,
    func,
    literal,
    select,
    table,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from shared.videos.models import Master, MasterState, StageChange, Tag, Video, Visibility

# Their models are a layer above.
_COURSES = table("courses", column("id", Uuid))
_MODULES = table("modules", column("id", Uuid), column("course_id", Uuid))


async def get(session: AsyncSession, video_id: UUID, *, lock: bool = False) -> Video | None:
    """One video; ``lock`` keeps other writers out until the transaction ends."""
    query = select(Video).where(col(Video.id) == video_id)
    if lock:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return (await session.scalars(query)).one_or_none()


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


async def has_course(session: AsyncSession, course_id: UUID) -> bool:
    """Whether there is such a course. Nobody changes it or what is in it before the transaction ends."""
    query = select(_COURSES.c.id).where(_COURSES.c.id == course_id)
    return await session.scalar(query.with_for_update(read=True)) is not None


async def course_of_module(session: AsyncSession, module_id: UUID) -> UUID | None:
    """The course that a module is part of, None if there is no such module. Nobody changes the course or what is in it
    before the transaction ends.
    """
    query = select(_COURSES.c.id).join(_MODULES, _MODULES.c.course_id == _COURSES.c.id)
    query = query.where(_MODULES.c.id == module_id).with_for_update(read=True)
    return cast("UUID | None", await session.scalar(query))


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


def difference(row: Any, values: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is and what will be, where it is not the same; named as in the API, for the audit log."""
    others = {name: value for name, value in values.items() if getattr(row, name) != value}
    before = {to_camel(name): _plain(getattr(row, name)) for name in others}
    return before, {to_camel(name): _plain(value) for name, value in others.items()}


def changed(row: Any, values: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Set the attributes that differ; returns their :func:`difference`."""
    before, after = difference(row, values)
    for name, value in values.items():
        if getattr(row, name) != value:
            setattr(row, name, value)
    return before, after


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
