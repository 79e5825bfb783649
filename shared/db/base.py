"""What every table shares: naming, column kinds, and the triggers that keep ``updated_at``."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, DateTime, MetaData, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from shared.clock import utc_now
from shared.ids import uuid7

SQLModel.metadata.naming_convention = {
    "ix": "idx_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}

UPDATED_AT_FUNCTION = """
CREATE OR REPLACE FUNCTION update_videos_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at = NOW();
    RETURN NEW;
END;
$$
"""


def metadata() -> MetaData:
    """The metadata all models register with."""
    return SQLModel.metadata


def id_field() -> Any:
    """A UUIDv7 primary key."""
    return Field(
        default_factory=uuid7, primary_key=True, sa_column_kwargs={"server_default": text("gen_random_uuid()")}
    )


def created_at_field() -> Any:
    """``timestamptz`` set once."""
    return Field(
        default_factory=utc_now,
        sa_type=DateTime(timezone=True),
        sa_column_kwargs={"server_default": text("now()")},
        nullable=False,
    )


def updated_at_field() -> Any:
    """``timestamptz`` kept by the database's trigger (:func:`updated_at_trigger`)."""
    return created_at_field()


def time_field(*, nullable: bool = True, index: bool = False) -> Any:
    """An optional ``timestamptz``."""
    return Field(default=None, sa_type=DateTime(timezone=True), nullable=nullable, index=index)


def text_field(default: str | None = None, *, nullable: bool = False, **kwargs: Any) -> Any:
    """``text``, with a server default where one is given."""
    if default is not None:
        kwargs["sa_column_kwargs"] = {"server_default": text(f"'{default}'")}
        kwargs["default"] = default
    elif nullable:
        kwargs["default"] = None
    return Field(sa_type=Text, nullable=nullable, **kwargs)


def int_field(default: int = 0) -> Any:
    """``integer`` with a default."""
    return Field(default=default, nullable=False, sa_column_kwargs={"server_default": text(str(default))})


def json_field(default: str) -> Any:
    """``jsonb``, not null; ``default`` is ``[]`` or ``{}``."""
    return Field(
        default_factory=list if default == "[]" else dict,
        sa_column=Column(JSONB, nullable=False, server_default=text(f"'{default}'::jsonb")),
    )


def one_of(column: str, values: type[StrEnum], *, name: str | None = None) -> CheckConstraint:
    """CHECK that a text column holds a value of ``values``; null passes where the column allows it."""
    listed = ", ".join(f"'{value.value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=name or column)


def updated_at_trigger(table: str) -> str:
    """DDL of the trigger that keeps ``updated_at`` of ``table``."""
    return (
        f"CREATE TRIGGER {table}_updated_at BEFORE UPDATE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION update_videos_updated_at()"
    )


class Row(SQLModel):
    """A row with a key and a creation time. Never parsed from input: input goes through schemas."""

    id: UUID = id_field()
    created_at: datetime = created_at_field()
