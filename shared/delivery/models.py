"""Table: what the CDN is to forget."""

from datetime import datetime

from sqlalchemy import Index, text
from sqlmodel import Field

from shared.db.base import Row, created_at_field, int_field, text_field, time_field


class CdnPurge(Row, table=True):
    """One directory that the CDN is to forget. At most one is pending for a directory; ``requests`` counts how often it
    was asked for. With ``done_at`` it is over: done, or given up where there is an ``error``.
    """

    __tablename__ = "cdn_purges"
    __table_args__ = (
        Index("uq_cdn_purges_pending", "prefix", unique=True, postgresql_where=text("done_at IS NULL")),
        Index("idx_cdn_purges_pending", "next_at", postgresql_where=text("done_at IS NULL")),
        Index("idx_cdn_purges_done", "done_at", postgresql_where=text("done_at IS NOT NULL")),
    )

    prefix: str = text_field()
    reason: str = text_field()
    requests: int = Field(default=1, nullable=False, sa_column_kwargs={"server_default": text("1")})
    attempts: int = int_field(0)
    next_at: datetime = created_at_field()
    done_at: datetime | None = time_field()
    error: str | None = text_field(nullable=True)
