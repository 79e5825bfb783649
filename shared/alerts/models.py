"""Table: what an operator has to know, until it is told."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field

from shared.db.base import Row, created_at_field, int_field, one_of, text_field, time_field


class AlertStatus(StrEnum):
    """State of an alert. ``failed``: it could not be told, however often it was tried."""

    pending = "pending"
    sent = "sent"
    failed = "failed"


class Alert(Row, table=True):
    """One alert, written in the transaction that makes it necessary. The same ``dedupe_key`` is told once."""

    __tablename__ = "alerts"
    __table_args__ = (
        one_of("status", AlertStatus),
        Index("idx_alerts_pending", "available_at", postgresql_where=text("status = 'pending'")),
    )

    dedupe_key: str = text_field(unique=True)
    kind: str = text_field()
    text: str = text_field()
    #: The job whose ``alert_sent`` becomes true with it.
    job_id: UUID | None = Field(default=None)
    status: AlertStatus = text_field(AlertStatus.pending)
    attempts: int = int_field(0)
    available_at: datetime = created_at_field()
    sent_at: datetime | None = time_field()
    last_error: str | None = text_field(nullable=True)
