"""Table: answers kept for callers that send the same write again."""

from datetime import datetime

from sqlalchemy import Column, Index, LargeBinary, Text
from sqlmodel import Field, SQLModel

from shared.db.base import created_at_field, text_field


class StoredAnswer(SQLModel, table=True):
    """The answer to one write. ``id`` is a hash of caller and key; ``answer`` is encrypted with the key, which is not
    stored: an answer can hold a secret, such as a new API key.
    """

    __tablename__ = "idempotency_keys"
    __table_args__ = (Index("idx_idempotency_keys_created_at", "created_at"),)

    id: str = Field(sa_column=Column(Text, primary_key=True))
    fingerprint: str = text_field()
    answer: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    created_at: datetime = created_at_field()
