"""Keyset cursors: opaque to callers, tied to the list they came from."""

import base64
import binascii
import json
from datetime import datetime
from uuid import UUID

from shared.clock import instant
from shared.errors import FieldError, InvalidInput


class InvalidCursor(InvalidInput):
    """The cursor is broken or belongs to another list."""

    code, title = "invalid_cursor", "The cursor does not belong to this list"

    def __init__(self) -> None:
        message = "not a cursor of this list; start again without one"
        super().__init__(message, errors=(FieldError("/query/cursor", self.code, message),))


def encode_cursor(scope: str, created_at: datetime, row_id: UUID) -> str:
    """A cursor behind the last row of a page. ``scope`` names the list with its filters."""
    raw = json.dumps([scope, created_at.isoformat(), str(row_id)], separators=(",", ":"))
    return base64.urlsafe_b64encode(raw.encode()).rstrip(b"=").decode()


def decode_cursor(scope: str, cursor: str | None) -> tuple[datetime, UUID] | None:
    """The position a cursor stands for; None for the first page.

    :raises InvalidCursor: broken, or of another list.
    """
    if cursor is None:
        return None
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        found_scope, created_at, row_id = json.loads(raw)
        if found_scope != scope:
            raise InvalidCursor
        return instant(created_at), UUID(row_id)
    except (ValueError, TypeError, AttributeError, binascii.Error, RecursionError) as error:
        raise InvalidCursor from error
