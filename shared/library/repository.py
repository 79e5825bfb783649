"""SQL of the library's lists: whole videos by one statement, whatever the order, the filters and the page."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Integer,
    Select,
    SQLColumnExpression,
    Text,
    Uuid,
    bindparam,
    cast,
    func,
    literal,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.expression import FromClause
from sqlmodel import col

from shared.db.prepared import Estimate, Prepared, Records
from shared.encoding.models import Generation
from shared.library.filters import COURSES, TAGS, WORDS, Order, VideoFilter
from shared.library.schemas import VIDEO_FIELDS, VideoPlatformOut
from shared.platforms.models import VideoPlatform
from shared.videos.models import Master, MasterState, table

Position = tuple[Any, UUID]
_COLUMNS = [*(table.c[name] for name in VIDEO_FIELDS), table.c.generation_id]
_IDS = bindparam("ids", None, type_=ARRAY(Uuid))


def _whole(videos: FromClause) -> Select[Any]:
    """Rows of ``videos`` with their platforms (JSON), current master and generation."""
    at = VideoPlatform.__table__.c  # type: ignore[attr-defined]
    pairs = [
        part for name in VideoPlatformOut.model_fields for part in (literal(name, Text, literal_execute=True), at[name])
    ]
    # As text, because the driver would turn it into objects that are validated and written as JSON again.
    platforms = select(cast(func.json_agg(func.json_build_object(*pairs)), Text)).where(at.video_id == videos.c.id)
    return (
        select(
            *(videos.c[name] for name in VIDEO_FIELDS),
            platforms.scalar_subquery().label("platforms"),
            col(Master.size_bytes).label("master_size_bytes"),
            col(Master.sha256).label("master_sha256"),
            col(Master.content_type).label("master_content_type"),
            col(Master.filename).label("master_filename"),
            col(Generation.prefix).label("generation_prefix"),
        )
        .select_from(videos)
        .outerjoin(
            Master,
            (col(Master.video_id) == videos.c.id)
            & (col(Master.state) == literal(MasterState.current.value, Text, literal_execute=True)),
        )
        .outerjoin(Generation, col(Generation.id) == videos.c.generation_id)
    )


_BY_IDS = Prepared(_whole(table).where(table.c.id == func.any(_IDS)))


async def by_ids(session: AsyncSession, video_ids: Sequence[UUID]) -> Records:
    """Whole videos, in no order."""
    return await _BY_IDS.fetch(session, ids=list(video_ids))


async def page(
    session: AsyncSession, *, wanted: VideoFilter, words: str, order: Order, after: Position | None, limit: int
) -> Records:
    """Whole videos behind ``after``, each with ``position``, the value that it is sorted by. They are read in their
    order until there are enough: the way for lists that find much.
    """
    value, key = after or (None, None)
    statement = _page(_shape(wanted), order, _zone(after), limit)
    return await statement.fetch(session, **_values(wanted, words), position=value, key=key)


async def page_of_few(
    session: AsyncSession,
    *,
    wanted: VideoFilter,
    words: str,
    order: Order,
    after: Position | None,
    limit: int,
    bound: int,
) -> Records:
    """The same page, for lists that find little: everything that is found is read, ``bound + 1`` videos at most, and
    then sorted. Each row says how many that were (``found``); where it is more than ``bound``, the rows mean nothing.
    """
    value, key = after or (None, None)
    statement = _page_of_few(_shape(wanted), order, _zone(after), limit, bound)
    return await statement.fetch(session, **_values(wanted, words), position=value, key=key)


def _zone(after: Position | None) -> str:
    return "" if after is None else "in_nulls" if after[0] is None else "in_values"


def _shape(wanted: VideoFilter) -> VideoFilter:
    """What a statement depends on. The few values of an enum stand in it, so that its plan is made for them; the
    many others are parameters.
    """
    return replace(
        wanted,
        q="q" if wanted.q else "",
        tags=("tag",) if wanted.tags else (),
        course_ids=(UUID(int=0),) if wanted.course_ids else (),
    )


def _values(wanted: VideoFilter, words: str) -> Mapping[str, object]:
    return {WORDS.key: words, TAGS.key: list(wanted.tags), COURSES.key: list(wanted.course_ids)}


@lru_cache(maxsize=1000)
def _page(shape: VideoFilter, order: Order, after: str, limit: int) -> Prepared:
    """Rows whose value is null come last. They, and each status, are a range of the same index of their own; the
    ranges are read one after the other and merged.
    """
    conditions = shape.conditions()
    ranges = [
        _range(order, [*status, *conditions, *zone], is_null=is_null, after=after, limit=limit)
        for is_null, zone in _zones(order, after)
        for status in shape.status_conditions()
    ]
    merged = ranges[0] if len(ranges) == 1 else union_all(*(select(part.subquery()) for part in ranges))
    rows = merged.subquery("page")
    query = _whole(rows).add_columns(rows.c.position).order_by(*_order(rows, order))
    return Prepared(query.limit(literal(limit, Integer, literal_execute=True)))


@lru_cache(maxsize=1000)
def _page_of_few(shape: VideoFilter, order: Order, after: str, limit: int, bound: int) -> Prepared:
    found = (
        select(*_COLUMNS, order.column.label("position"), order.column.is_(None).label("is_null"))
        .where(shape.any_status(), *shape.conditions())
        .limit(literal(bound + 1, Integer, literal_execute=True))
        .cte("found")
        .prefix_with("MATERIALIZED")
    )
    page = select(found)
    key = bindparam("key", None, type_=Uuid)
    if after == "in_nulls":
        page = page.where(found.c.is_null, found.c.id < key if order.descending else found.c.id > key)
    elif after:
        here = tuple_(found.c.position, found.c.id)
        there = tuple_(bindparam("position", None, type_=order.column.type), key)
        page = page.where(or_(found.c.is_null, here < there if order.descending else here > there))
    rows = page.order_by(*_order(found, order)).limit(literal(limit, Integer, literal_execute=True)).subquery("page")
    total = select(func.count()).select_from(found).scalar_subquery().label("found")
    return Prepared(_whole(rows).add_columns(rows.c.position, total).order_by(*_order(rows, order)))


def _order(rows: FromClause, order: Order) -> list[Any]:
    position, key = (rows.c.position.desc(), rows.c.id.desc()) if order.descending else (rows.c.position, rows.c.id)
    return [rows.c.is_null, position, key] if order.nullable else [position, key]


def _zones(order: Order, after: str) -> list[tuple[bool, list[SQLColumnExpression[bool]]]]:
    if not order.nullable:
        return [(False, [])]
    nulls: tuple[bool, list[SQLColumnExpression[bool]]] = (True, [order.column.is_(None)])
    return [nulls] if after == "in_nulls" else [(False, [order.column.is_not(None)]), nulls]


def _range(
    order: Order, conditions: list[SQLColumnExpression[bool]], *, is_null: bool, after: str, limit: int
) -> Select[Any]:
    here: list[Any] = [table.c.id] if is_null else [order.column, table.c.id]
    # In the range of nulls all positions are equal; ids go on behind the cursor once it stands there.
    cursor = [bindparam("key", None, type_=Uuid)]
    if not is_null:
        cursor.insert(0, bindparam("position", None, type_=order.column.type))
    query = select(*_COLUMNS, order.column.label("position"), literal(is_null, literal_execute=True).label("is_null"))
    query = query.where(*conditions)
    if after == ("in_nulls" if is_null else "in_values"):
        query = query.where(tuple_(*here) < tuple_(*cursor) if order.descending else tuple_(*here) > tuple_(*cursor))
    query = query.order_by(*(key.desc() if order.descending else key for key in here))
    return query.limit(literal(limit, Integer, literal_execute=True))


def _all_of(shape: VideoFilter) -> Select[Any]:
    return select(table.c.id).where(shape.any_status(), *shape.conditions())


@lru_cache(maxsize=1000)
def _count(shape: VideoFilter, bound: int) -> Prepared:
    some = _all_of(shape).limit(literal(bound + 1, Integer, literal_execute=True)).subquery()
    return Prepared(select(func.count().label("found")).select_from(some))


@lru_cache(maxsize=1000)
def _estimate(shape: VideoFilter) -> Estimate:
    return Estimate(_all_of(shape))


async def count(session: AsyncSession, wanted: VideoFilter, words: str, *, bound: int) -> int:
    """How many videos a list has, but ``bound + 1`` at most."""
    found: int = (await _count(_shape(wanted), bound).fetch(session, **_values(wanted, words)))[0]["found"]
    return found


async def estimate(session: AsyncSession, wanted: VideoFilter, words: str) -> int:
    """How many videos the planner expects in a list."""
    return await _estimate(_shape(wanted)).rows(session, **_values(wanted, words))


async def plan_for_parameters(session: AsyncSession) -> None:
    """Until this transaction ends, every plan is made for its parameters, because one for a common tag suits no rare
    one; and no plan reads all videos, because a guess of how many will do may be wrong.
    """
    await session.execute(
        select(
            func.set_config("plan_cache_mode", "force_custom_plan", True),
            func.set_config("enable_seqscan", "off", True),
        )
    )


async def read_in_order(session: AsyncSession) -> None:
    """Until this transaction ends, no plan collects all that a list finds before it sorts: it is known to be much."""
    await session.execute(select(func.set_config("enable_bitmapscan", "off", True)))
