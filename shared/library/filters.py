"""Which videos a list shows, and in which order."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, SQLColumnExpression, cast, false, or_
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


@dataclass(frozen=True, slots=True)
class VideoFilter:
    """What is asked of a list. Several ``tags`` mean all of them, several of anything else any of them.

    An empty ``statuses`` means active videos only.
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
    def wanted_statuses(self) -> tuple[VideoStatus, ...]:
        """The statuses that the list shows, each once."""
        return tuple(sorted(set(self.statuses))) or (VideoStatus.active,)

    def conditions(self, words: str | None) -> list[SQLColumnExpression[bool]]:
        """SQL for all but the status. ``words`` is the text query that ``q`` became (:mod:`shared.library.search`)."""
        found: list[SQLColumnExpression[bool]] = []
        columns = table.c
        if self.q:
            found.append(search_document.op("@@")(cast(words, TSQUERY)) if words else false())
        if self.visibilities:
            found.append(_any_of(columns.visibility, self.visibilities))
        if self.migration_statuses:
            found.append(_any_of(columns.migration_status, self.migration_statuses))
        if self.stages:
            found.append(_any_of(columns.pipeline_stage, self.stages))
        if self.tags:
            found.append(columns.tags.op("@>")(cast(list(self.tags), ARRAY(Text))))
        if self.course_ids:
            found.append(_any_of(columns.course_id, self.course_ids))
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


def _any_of(column: ColumnElement[Any], values: Any) -> SQLColumnExpression[bool]:
    # `= a` keeps the order of an index on (status, column, created_at), which `IN (a)` does too, but `OR` does not.
    listed = sorted(set(values))
    return column == listed[0] if len(listed) == 1 else column.in_(listed) if listed else or_(false())
