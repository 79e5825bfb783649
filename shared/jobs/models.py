"""Table: what was committed and is yet to be handed to a worker."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, text

from shared.db.base import Row, created_at_field, int_field, json_field, text_field, time_field


class Outbox(Row, table=True):
    """One message to a worker, written in the transaction that makes it necessary.

    ``dispatched_at``: handed to Redis. ``acknowledged_at``: a worker has it, or nobody needs it any more.
    Between the two the sweep hands it over again when Redis has lost it.
    """

    __tablename__ = "outbox"
    __table_args__ = (Index("idx_outbox_open", "available_at", postgresql_where=text("acknowledged_at IS NULL")),)

    task: str = text_field()
    queue: str = text_field()
    payload: dict[str, Any] = json_field("{}")
    available_at: datetime = created_at_field()
    dispatched_at: datetime | None = time_field()
    dispatch_count: int = int_field(0)
    acknowledged_at: datetime | None = time_field(index=True)
