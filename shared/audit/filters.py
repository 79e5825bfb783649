"""Which entries of the action log somebody wants to see."""

from dataclasses import dataclass
from datetime import datetime

from shared.errors import FieldError, InvalidInput


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Several values of one field mean any of them; ``since`` is the first instant wanted, ``until`` the first not.

    :raises InvalidInput: ``since`` is after ``until``.
    """

    actors: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    object_types: tuple[str, ...] = ()
    object_ids: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None

    def __post_init__(self) -> None:
        if self.since is not None and self.until is not None and self.since > self.until:
            message = "is before `from`"
            raise InvalidInput(f"/query/to: {message}", errors=(FieldError("/query/to", "reversed", message),))
