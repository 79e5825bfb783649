"""Time, always aware and in UTC."""

import re
from datetime import UTC, datetime


def utc_now() -> datetime:
    """The current time in UTC."""
    return datetime.now(UTC)


_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)")


def instant(value: object) -> datetime:
    """A point in time as JSON carries it (RFC 3339, with a zone), in UTC.

    :raises ValueError: it is something else, or no time that a calendar has.
    """
    if not isinstance(value, str) or not _RFC_3339.fullmatch(value):
        raise ValueError("must be a time with a zone, e.g. 2026-11-20T12:00:00Z")
    try:
        return datetime.fromisoformat(value).astimezone(UTC)
    except OverflowError as error:
        raise ValueError("is out of range") from error
