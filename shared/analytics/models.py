"""Table: one row a day for each video and platform."""

import datetime as dt
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Index, Numeric, UniqueConstraint
from sqlmodel import Field

from shared.db.base import Row, int_field, text_field


class VideoAnalytics(Row, table=True):
    """Daily numbers (seed 004, step 1)."""

    __tablename__ = "video_analytics"
    __table_args__ = (
        UniqueConstraint("video_id", "platform", "date"),
        Index("idx_video_analytics_video_date", "video_id", "date"),
    )

    video_id: UUID = Field(foreign_key="videos.id", ondelete="CASCADE", nullable=False)
    platform: str = text_field()
    date: dt.date
    views: int = int_field(0)
    watch_time_minutes: int = int_field(0)
    unique_viewers: int = int_field(0)
    avg_watch_percentage: Decimal | None = Field(default=None, sa_type=Numeric(5, 2))
    likes: int = int_field(0)
    comments: int = int_field(0)
    shares: int = int_field(0)
