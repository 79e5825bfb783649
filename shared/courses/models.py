"""Tables: courses, their modules, their lessons."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from shared.db.base import Row, int_field, json_field, text_field, updated_at_field


class Course(Row, table=True):
    """A course: an ordered list of modules."""

    __tablename__ = "courses"
    __table_args__ = (Index("idx_courses_sort_order", "sort_order", "id"),)

    title: str = text_field()
    slug: str = text_field(unique=True)
    description: str | None = text_field(nullable=True)
    sort_order: int = int_field(0)
    updated_at: datetime = updated_at_field()


class Module(Row, table=True):
    """A part of a course: an ordered list of lessons."""

    __tablename__ = "modules"
    __table_args__ = (
        UniqueConstraint("course_id", "slug"),
        Index("idx_modules_course_id", "course_id", "sort_order", "id"),
    )

    course_id: UUID = Field(foreign_key="courses.id", ondelete="CASCADE", nullable=False)
    title: str = text_field()
    slug: str = text_field()
    description: str | None = text_field(nullable=True)
    sort_order: int = int_field(0)
    updated_at: datetime = updated_at_field()


class Lesson(Row, table=True):
    """One lesson. ``videos`` and ``documents`` hold the media JSON of seed 003, untouched but for ``assetId``."""

    __tablename__ = "lessons"
    __table_args__ = (
        UniqueConstraint("module_id", "slug"),
        Index("idx_lessons_module_id", "module_id", "sort_order", "id"),
        Index("idx_lessons_video_id", "video_id"),
    )

    module_id: UUID = Field(foreign_key="modules.id", ondelete="CASCADE", nullable=False)
    video_id: UUID | None = Field(default=None, foreign_key="videos.id", ondelete="SET NULL")
    external_id: str | None = text_field(nullable=True, unique=True)
    title: str = text_field()
    slug: str = text_field()
    description: str | None = text_field(nullable=True)
    sort_order: int = int_field(0)
    videos: list[Any] = json_field("[]")
    documents: list[Any] = json_field("[]")
    updated_at: datetime = updated_at_field()
