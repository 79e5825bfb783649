"""Keyset pages: page 10 000 costs what page 1 costs, and rows that come in between shift nothing.

A cursor is opaque to callers and tied to the list it came from, with its order and filters.
"""

import base64
import binascii
import hashlib
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import Select, SQLColumnExpression, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel

from shared.clock import instant
from shared.errors import FieldError, InvalidInput

COUNT_BOUND = 10_000
"""Totals are exact up to here."""

T = TypeVar("T")
RowT = TypeVar("RowT", bound=SQLModel)


class InvalidCursor(InvalidInput):
    """The cursor is broken or belongs to another list."""

    code, title = "invalid_cursor", "The cursor does not belong to this list"

    def __init__(self) -> None:
        message = "not a cursor of this list with this order and these filters; start again without one"
        super().__init__(message, errors=(FieldError("/query/cursor", self.code, message),))


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page. ``total`` counts the whole list: exactly up to :data:`COUNT_BOUND`, roughly beyond."""

    items: list[T]
    total: int
    total_is_estimate: bool
    next_cursor: str | None


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TypeError
    return float(value)


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not -(2**31) <= value < 2**31:
        raise TypeError
    return value


def _string(value: object) -> str:
    if not isinstance(value, str) or "\x00" in value:
        raise TypeError
    value.encode()
    return value


_READERS: dict[type, Callable[[Any], Any]] = {
    datetime: instant,
    UUID: UUID,
    int: _whole,
    float: _number,
    str: _string,
}


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def _digest(scope: str) -> str:
    return hashlib.blake2b(scope.encode(), digest_size=9).hexdigest()


def encode_cursor(scope: str, *position: object) -> str:
    """A cursor behind the last row of a page. ``scope`` names the list with its order and filters."""
    raw = json.dumps([_digest(scope), *map(_plain, position)], separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(raw.encode()).rstrip(b"=").decode()


def decode_cursor(scope: str, cursor: str, kinds: Sequence[type], *, nullable: bool = False) -> tuple[Any, ...]:
    """The position that a cursor stands for, one value for each of ``kinds``; with ``nullable`` the first may be null.

    :raises InvalidCursor: broken, or of another list.
    """
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        found, *position = json.loads(raw)
        if found != _digest(scope) or len(position) != len(kinds):
            raise InvalidCursor
        return tuple(
            None if value is None and nullable and index == 0 else _READERS[kind](value)
            for index, (kind, value) in enumerate(zip(kinds, position, strict=True))
        )
    except (ValueError, TypeError, AttributeError, OverflowError, binascii.Error, RecursionError) as error:
        raise InvalidCursor from error


async def count_up_to(session: AsyncSession, query: Select[Any], *, bound: int = COUNT_BOUND) -> int:
    """How many rows a query finds, but ``bound + 1`` at most. ``query`` selects anything, in no order."""
    return int(await session.scalar(select(func.count()).select_from(query.limit(bound + 1).subquery())) or 0)


async def list_page(
    session: AsyncSession,
    model: type[RowT],
    *conditions: SQLColumnExpression[bool],
    scope: str,
    key: Sequence[str],
    cursor: str | None,
    limit: int,
    descending: bool = False,
) -> Page[RowT]:
    """A page of a plain list: the rows of one table that meet the conditions, ordered by the columns ``key``, which
    are never null and end with ``id``. ``scope`` names the list with its conditions.

    :raises InvalidCursor: broken, or of another list.
    """
    columns = [getattr(model, name) for name in key]
    total = await count_up_to(session, select(columns[-1]).where(*conditions))
    query = select(model).where(*conditions)
    if cursor is not None:
        position = tuple_(*decode_cursor(scope, cursor, [column.type.python_type for column in columns]))
        query = query.where(tuple_(*columns) < position if descending else tuple_(*columns) > position)
    order = [column.desc() if descending else column.asc() for column in columns]
    rows = list(await session.scalars(query.order_by(*order).limit(limit + 1)))
    items = rows[:limit]
    more = encode_cursor(scope, *(getattr(items[-1], name) for name in key)) if len(rows) > limit else None
    return Page(items, min(total, COUNT_BOUND), total > COUNT_BOUND, more)
