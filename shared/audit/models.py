"""Table: who did what to which object."""

from typing import Any

from sqlalchemy import Column, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from shared.db.base import Row, text_field


class AuditEntry(Row, table=True):
    """One write. ``before`` and ``after`` hold the changed fields only; ``created_at`` is the API's ``at``."""

    __tablename__ = "audit_log"
    __table_args__ = (
        Index("idx_audit_log_object", "object_id", "object_type", "created_at", "id"),
        Index("idx_audit_log_actor", "actor", "created_at", "id"),
        Index("idx_audit_log_action", "action", "created_at", "id"),
        Index("idx_audit_log_created_at", "created_at", "id"),
    )

    actor: str = text_field()
    action: str = text_field()
    object_type: str = text_field()
    object_id: str = text_field()
    before: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True), nullable=True))
    after: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True), nullable=True))
    request_id: str | None = text_field(nullable=True)
