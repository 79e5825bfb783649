"""SQL of the library's lists: whole videos by one statement, whatever the order, the filters and the page."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, SQLColumnExpression, Text, func, literal, select, tuple_, union_all
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import ClauseElement, Executable, FromClause
from sqlmodel import col

from shared.db.paging import count_up_to
from shared.encoding.models import Generation
from shared.library.filters import Order, VideoFilter
from shared.library.schemas import VIDEO_FIELDS, VideoPlatformOut
from shared.platforms.models import VideoPlatform
from shared.videos.models import Master, MasterState, table

_COLUMNS = [table.c[name] for name in VIDEO_FIELDS]
Position = tuple[Any, UUID]


class _Explain(Executable, ClauseElement):
    """What the planner thinks of a query."""

    inherit_cache = False

    def __init__(self, query: Select[Any]) -> None:
        self.query = query


@compiles(_Explain)
def _compile_explain(element: _Explain, compiler: SQLCompiler, **kwargs: Any) -> str:
    return "EXPLAIN (FORMAT JSON) " + compiler.process(element.query, **kwargs)


def _whole(videos: FromClause) -> Select[Any]:
    """Rows of ``videos`` with their platforms (JSON), current master and generation."""
    at = VideoPlatform.__table__.c  # type: ignore[attr-defined]
    pairs = [part for name in VideoPlatformOut.model_fields for part in (literal(name, Text), at[name])]
    platforms = (
        select(func.json_agg(func.json_build_object(*pairs)))
        .where(at.video_id == videos.c.id)
        .scalar_subquery()
        .label("platforms")
    )
    return (
        select(
            *(videos.c[name] for name in VIDEO_FIELDS),
            platforms,
            col(Master.size_bytes).label("master_size_bytes"),
            col(Master.sha256).label("master_sha256"),
            col(Master.content_type).label("master_content_type"),
            col(Master.filename).label("master_filename"),
            col(Generation.prefix).label("generation_prefix"),
        )
        .select_from(videos)
        .outerjoin(Master, (col(Master.video_id) == videos.c.id) & (col(Master.state) == MasterState.current.value))
        .outerjoin(Generation, col(Generation.id) == videos.c.generation_id)
    )


async def by_ids(session: AsyncSession, video_ids: Sequence[UUID]) -> Sequence[Row[Any]]:
    """Whole videos, in no order."""
    found: Sequence[Row[Any]] = (await session.execute(_whole(table).where(table.c.id.in_(video_ids)))).all()
    return found


async def page(
    session: AsyncSession,
    *,
    wanted: VideoFilter,
    words: str | None,
    order: Order,
    after: Position | None,
    limit: int,
) -> Sequence[Row[Any]]:
    """Whole videos behind ``after``, each with ``position``, the value that it is sorted by.

    Rows whose value is null come last. They, and each status, are a range of the same index of their own; the ranges
    are read one after the other and merged.
    """
    conditions = wanted.conditions(words)
    ranges = [
        _range(order, [table.c.status == status.value, *conditions, *zone], is_null=is_null, after=after, limit=limit)
        for is_null, zone in _zones(order, after)
        for status in wanted.wanted_statuses
    ]
    rows = (ranges[0] if len(ranges) == 1 else union_all(*(select(part.subquery()) for part in ranges))).subquery(
        "page"
    )
    query = _whole(rows).add_columns(rows.c.position)
    position, key = (rows.c.position.desc(), rows.c.id.desc()) if order.descending else (rows.c.position, rows.c.id)
    query = query.order_by(rows.c.is_null, position, key) if order.nullable else query.order_by(position, key)
    return (await session.execute(query.limit(limit))).all()


def _zones(order: Order, after: Position | None) -> list[tuple[bool, list[SQLColumnExpression[bool]]]]:
    if not order.nullable:
        return [(False, [])]
    nulls: tuple[bool, list[SQLColumnExpression[bool]]] = (True, [order.column.is_(None)])
    if after is not None and after[0] is None:
        return [nulls]
    return [(False, [order.column.is_not(None)]), nulls]


def _range(order: Order, conditions: list[Any], *, is_null: bool, after: Position | None, limit: int) -> Select[Any]:
    query = select(
        *_COLUMNS, table.c.generation_id, order.column.label("position"), literal(is_null).label("is_null")
    ).where(*conditions)
    if is_null:
        # All positions are equal here; ids go on behind the cursor once it stands in this range.
        if after is not None and after[0] is None:
            query = query.where(table.c.id < after[1] if order.descending else table.c.id > after[1])
        return query.order_by(table.c.id.desc() if order.descending else table.c.id).limit(limit)
    if after is not None:
        here = tuple_(order.column, table.c.id)
        query = query.where(here < tuple_(*after) if order.descending else here > tuple_(*after))
    keys = (order.column, table.c.id)
    return query.order_by(*(key.desc() if order.descending else key for key in keys)).limit(limit)


def _all_of(wanted: VideoFilter, words: str | None) -> Select[Any]:
    statuses = [status.value for status in wanted.wanted_statuses]
    return select(table.c.id).where(table.c.status.in_(statuses), *wanted.conditions(words))


async def count(session: AsyncSession, wanted: VideoFilter, words: str | None, *, bound: int) -> int:
    """How many videos a list has, but ``bound + 1`` at most."""
    return await count_up_to(session, _all_of(wanted, words), bound=bound)


async def estimate(session: AsyncSession, wanted: VideoFilter, words: str | None) -> int:
    """How many videos the planner expects in a list."""
    plan = (await session.execute(_Explain(_all_of(wanted, words)))).scalar_one()
    return int(plan[0]["Plan"]["Plan Rows"])


async def plan_for_parameters(session: AsyncSession) -> None:
    """Until this transaction ends, every plan is made for its parameters: one for a common tag suits no rare one."""
    await session.execute(select(func.set_config("plan_cache_mode", "force_custom_plan", True)))
