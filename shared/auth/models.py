"""Tables: users, their sessions, API keys, failed sign-ins."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import DateTime, Index, text
from sqlmodel import Field

from shared.db.base import Row, one_of, text_field, time_field, updated_at_field


class Role(StrEnum):
    """What a caller may do; each includes the ones before it."""

    viewer = "viewer"
    editor = "editor"
    admin = "admin"


class User(Row, table=True):
    """A person who signs in."""

    __tablename__ = "users"
    __table_args__ = (
        one_of("role", Role),
        Index("uq_users_email", text("lower(email)"), unique=True),
    )

    email: str = text_field()
    password_hash: str = text_field()
    role: Role = text_field()
    disabled_at: datetime | None = time_field()
    updated_at: datetime = updated_at_field()


class UserSession(Row, table=True):
    """One sign-in. The cookie's value is stored as a hash only."""

    __tablename__ = "sessions"
    __table_args__ = (Index("idx_sessions_user_id", "user_id"),)

    user_id: UUID = Field(foreign_key="users.id", ondelete="CASCADE", nullable=False)
    token_hash: str = text_field(unique=True)
    csrf_token: str = text_field()
    expires_at: datetime = Field(sa_type=DateTime(timezone=True), nullable=False)
    last_used_at: datetime | None = time_field()
    user_agent: str | None = text_field(nullable=True)
    revoked_at: datetime | None = time_field()


class ApiKey(Row, table=True):
    """A key for scripts, stored as a hash only. ``prefix`` tells keys apart in lists."""

    __tablename__ = "api_keys"
    __table_args__ = (one_of("role", Role),)

    name: str = text_field()
    role: Role = text_field()
    prefix: str = text_field()
    key_hash: str = text_field(unique=True)
    created_by: str | None = text_field(nullable=True)
    last_used_at: datetime | None = time_field()
    revoked_at: datetime | None = time_field()


class LoginFailure(Row, table=True):
    """One wrong password, for the limit of ten a minute."""

    __tablename__ = "login_failures"
    __table_args__ = (Index("idx_login_failures_email", text("lower(email)"), "created_at"),)

    email: str = text_field()
