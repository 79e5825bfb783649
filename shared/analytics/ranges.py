"""Ranges of days that can be asked for."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from shared.errors import FieldError, InvalidInput

DEFAULT_DAYS: Final = 30
MAX_DAYS: Final = 3 * 366
FIRST_DAY: Final = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class Range:
    """Days, both ends included (UTC)."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def before(self) -> "Range":
        """The period before: as long, and ended the day before."""
        return Range(self.first - timedelta(days=self.days), self.first - timedelta(days=1))


def range_of(first: date | None, last: date | None, *, today: date) -> Range:
    """What was asked for: the last thirty days where nothing is said, thirty days to ``last``, or ``first`` to today.

    :raises InvalidInput: reversed, before the year 2000, or longer than three years.
    """
    if last is not None and last < FIRST_DAY:
        raise _refused("to", "out_of_range", f"must be {FIRST_DAY} or later")
    end = last or today
    begin = first or max(FIRST_DAY, end - timedelta(days=DEFAULT_DAYS - 1))
    if begin < FIRST_DAY:
        raise _refused("from", "out_of_range", f"must be {FIRST_DAY} or later")
    if begin > end:
        raise _refused("from", "reversed", f"must not be after `to`, which is {end}")
    found = Range(begin, end)
    if found.days > MAX_DAYS:
        raise _refused("from", "too_long", f"must be within {MAX_DAYS} days before `to`, which is {end}")
    return found


def _refused(name: str, code: str, message: str) -> InvalidInput:
    return InvalidInput(f"`{name}` {message}", errors=(FieldError(f"/query/{name}", code, message),))
