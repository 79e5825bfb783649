"""Table: what was committed and is yet to be handed to a worker."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, text
from sqlmodel import Field

from shared.db.base import Row, created_at_field, int_field, json_field, text_field, time_field


class Outbox(Row, table=True):
    """One message to a worker, written in the transaction that makes it necessary.

    ``dispatched_at``: handed to Redis. ``acknowledged_at``: a worker has it, or nobody needs it any more.
    Between the two the sweep hands it over again when Redis has lost it. Of the messages that wait in a queue, the one
    with the lowest ``rank`` is taken first, then the oldest.
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
    rank: int = Field(default=0, sa_type=BigInteger, nullable=False, sa_column_kwargs={"server_default": text("0")})
