"""Tables: tus uploads and the parts of them that S3 holds."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Index, LargeBinary, text
from sqlmodel import Field, SQLModel
from typing_extensions import TypedDict

from shared.db.base import Row, int_field, json_field, one_of, text_field, time_field, updated_at_field
from shared.ids import random_id


class UploadStatus(StrEnum):
    """Life of an upload. ``finishing``: all bytes are here, the master is being made."""

    active = "active"
    finishing = "finishing"
    completed = "completed"
    gone = "gone"


class TailPiece(TypedDict):
    """An object with bytes behind the last part, too few for a part of their own."""

    key: str
    size: int


class Upload(Row, table=True):
    """One tus resource. ``id`` is random: it cannot be guessed.

    ``offset_bytes`` is what S3 safely holds: the parts (``upload_parts``) and, behind them, the pieces of ``tail``.
    ``hash_state`` is the SHA-256 of exactly those bytes. ``next_part`` is above every part number that was ever used,
    also by a holder of the lock that was fenced off. The four ``lock`` columns are explained in ``lock.py``.
    """

    __tablename__ = "uploads"
    __table_args__ = (
        one_of("status", UploadStatus),
        CheckConstraint("offset_bytes >= 0", name="offset_bytes"),
        CheckConstraint("length_bytes >= offset_bytes", name="length_bytes"),
        Index("idx_uploads_expires_at", "expires_at", postgresql_where=text("status IN ('active', 'finishing')")),
    )

    id: UUID = Field(
        default_factory=random_id, primary_key=True, sa_column_kwargs={"server_default": text("gen_random_uuid()")}
    )
    owner: str = text_field()
    status: UploadStatus = text_field(UploadStatus.active)
    length_bytes: int | None = Field(default=None, sa_type=BigInteger)
    offset_bytes: int = Field(
        default=0, sa_type=BigInteger, nullable=False, sa_column_kwargs={"server_default": text("0")}
    )
    upload_metadata: str | None = text_field(nullable=True)
    bucket: str = text_field()
    key: str = text_field()
    s3_upload_id: str | None = text_field(nullable=True)
    tail: list[TailPiece] = json_field("[]")
    next_part: int = int_field(1)
    hash_state: bytes | None = Field(default=None, sa_type=LargeBinary)
    content_type: str | None = text_field(nullable=True)
    sha256: str | None = text_field(nullable=True)
    video_id: UUID | None = Field(default=None, foreign_key="videos.id", ondelete="SET NULL")
    job_id: UUID | None = None
    lock_token: UUID | None = None
    lock_seen_at: datetime | None = time_field()
    lock_progress_at: datetime | None = time_field()
    lock_release_requested: bool = Field(
        default=False, nullable=False, sa_column_kwargs={"server_default": text("false")}
    )
    expires_at: datetime = Field(sa_type=DateTime(timezone=True), nullable=False)
    completed_at: datetime | None = time_field()
    updated_at: datetime = updated_at_field()


class UploadPart(SQLModel, table=True):
    """One part of the S3 multipart upload."""

    __tablename__ = "upload_parts"

    upload_id: UUID = Field(foreign_key="uploads.id", ondelete="CASCADE", primary_key=True)
    number: int = Field(primary_key=True)
    size_bytes: int = Field(sa_type=BigInteger, nullable=False)
    etag: str = text_field()
