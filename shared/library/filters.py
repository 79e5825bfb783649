"""Which videos a list shows, and in which order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, SQLColumnExpression, Uuid, bindparam, cast, func, literal
from sqlalchemy.dialects.postgresql import ARRAY, TSQUERY
from sqlalchemy.types import Text

from shared.platforms.models import BITS, Platform
from shared.videos.models import (
    MigrationStatus,
    PipelineStage,
    VideoStatus,
    Visibility,
    platform_mask,
    search_document,
    table,
    title_key,
)

WORDS = bindparam("words", None, type_=Text)
TAGS = bindparam("tags", None, type_=ARRAY(Text))
COURSES = bindparam("courses", None, type_=ARRAY(Uuid))


@dataclass(frozen=True, slots=True)
class VideoFilter:
    """What is asked of a list. Several ``tags`` mean all of them, several of anything else any of them.

    An empty ``statuses`` means active videos only. Values are sorted and each there once, so that equal lists are
    equal filters.
    """

    q: str = ""
    statuses: tuple[VideoStatus, ...] = ()
    visibilities: tuple[Visibility, ...] = ()
    migration_statuses: tuple[MigrationStatus, ...] = ()
    stages: tuple[PipelineStage, ...] = ()
    tags: tuple[str, ...] = ()
    course_ids: tuple[UUID, ...] = ()
    platforms: tuple[Platform, ...] = ()
    missing_platforms: tuple[Platform, ...] = ()

    @property
    def has_open_values(self) -> bool:
        """Whether it has values of which some find a lot and others nearly nothing, so that no plan suits all."""
        return bool(self.q or self.tags or self.course_ids)

    def status_conditions(self) -> list[list[SQLColumnExpression[bool]]]:
        """Each status that the list shows, on its own."""
        return [[_any_of(table.c.status, [status])] for status in self.statuses or (VideoStatus.active,)]

    def any_status(self) -> SQLColumnExpression[bool]:
        """All the statuses that the list shows."""
        return _any_of(table.c.status, self.statuses or (VideoStatus.active,))

    def conditions(self) -> list[SQLColumnExpression[bool]]:
        """SQL for all but the status, with the parameters :data:`WORDS` (the text query that ``q`` became, see
        :mod:`shared.library.search`), :data:`TAGS` and :data:`COURSES`.
        """
        found: list[SQLColumnExpression[bool]] = []
        columns = table.c
        if self.q:
            found.append(search_document.op("@@")(cast(WORDS, TSQUERY)))
        if self.visibilities:
            found.append(_any_of(columns.visibility, self.visibilities))
        if self.migration_statuses:
            found.append(_any_of(columns.migration_status, self.migration_statuses))
        if self.stages:
            found.append(_any_of(columns.pipeline_stage, self.stages))
        if self.tags:
            found.append(columns.tags.op("@>")(TAGS))
        if self.course_ids:
            found.append(columns.course_id == func.any(COURSES))
        if self.platforms:
            wanted = _bits(self.platforms)
            found.append(_any_of(platform_mask, [mask for mask in _MASKS if mask & wanted]))
        if self.missing_platforms:
            wanted = _bits(self.missing_platforms)
            found.append(_any_of(platform_mask, [mask for mask in _MASKS if ~mask & wanted]))
        return found


@dataclass(frozen=True, slots=True)
class Order:
    """A column to sort by, ties by id, nulls last in both directions."""

    name: str
    column: ColumnElement[Any]
    kind: type
    nullable: bool
    descending: bool


_COLUMNS: dict[str, tuple[ColumnElement[Any], type, bool]] = {
    "createdAt": (table.c.created_at, datetime, False),
    "updatedAt": (table.c.updated_at, datetime, False),
    "publishedAt": (table.c.published_at, datetime, True),
    "title": (title_key, str, False),
    "durationSeconds": (table.c.duration_seconds, float, True),
    "sortOrder": (table.c.sort_order, int, False),
}
SORT_PATTERN = rf"^-?({'|'.join(_COLUMNS)})$"
DEFAULT_SORT = "-createdAt"
_MASKS = range(2 ** len(BITS))


def order_of(sort: str) -> Order:
    """The order that a ``sort`` parameter names; it has matched :data:`SORT_PATTERN`."""
    column, kind, nullable = _COLUMNS[sort.removeprefix("-")]
    return Order(sort, column, kind, nullable, sort.startswith("-"))


def _bits(platforms: tuple[Platform, ...]) -> int:
    return sum({BITS[platform] for platform in platforms})


def _any_of(column: ColumnElement[Any], values: Sequence[Any]) -> SQLColumnExpression[bool]:
    fixed = [getattr(value, "value", value) for value in values]
    if len(fixed) == 1:
        return column == literal(fixed[0], column.type, literal_execute=True)
    return column.in_(bindparam(None, fixed, column.type, expanding=True, literal_execute=True, unique=True))
