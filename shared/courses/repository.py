"""SQL of courses."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import SQLColumnExpression, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from shared.courses.models import Course, Lesson, Module
from shared.videos.placement import Place

_FRESH = {"populate_existing": True}


@dataclass(frozen=True, slots=True)
class Counts:
    """How much is in a course."""

    modules: int = 0
    lessons: int = 0
    with_video: int = 0


def title_has(q: str) -> SQLColumnExpression[bool]:
    """Courses with this text in their title; case and accents do not count."""
    return func.strpos(func.vms_fold(col(Course.title)), func.vms_fold(q)) > 0


def in_course(course_id: UUID) -> SQLColumnExpression[bool]:
    """Modules of a course."""
    return col(Module.course_id) == course_id


def in_module(module_id: UUID) -> SQLColumnExpression[bool]:
    """Lessons of a module."""
    return col(Lesson.module_id) == module_id


async def course(session: AsyncSession, course_id: UUID) -> Course | None:
    """One course."""
    return await session.get(Course, course_id, populate_existing=True)


async def module(session: AsyncSession, module_id: UUID) -> Module | None:
    """One module."""
    return await session.get(Module, module_id, populate_existing=True)


async def lesson(session: AsyncSession, lesson_id: UUID) -> Lesson | None:
    """One lesson."""
    return await session.get(Lesson, lesson_id, populate_existing=True)


async def lock_courses(session: AsyncSession, course_ids: Collection[UUID]) -> dict[UUID, Course]:
    """Keep other writers out of courses and all in them, always in the order of their ids."""
    query = select(Course).where(col(Course.id).in_(course_ids)).order_by(col(Course.id))
    rows = await session.scalars(query.with_for_update(key_share=True).execution_options(**_FRESH))
    return {row.id: row for row in rows}


async def course_of_lesson(session: AsyncSession, lesson_id: UUID) -> UUID | None:
    """The course that a lesson belongs to."""
    query = select(col(Module.course_id)).join(Lesson, col(Lesson.module_id) == col(Module.id))
    found: UUID | None = await session.scalar(query.where(col(Lesson.id) == lesson_id))
    return found


async def modules_of(session: AsyncSession, course_id: UUID) -> list[Module]:
    """The modules of a course, in order."""
    query = select(Module).where(col(Module.course_id) == course_id)
    query = query.order_by(col(Module.sort_order), col(Module.id))
    return list(await session.scalars(query.execution_options(**_FRESH)))


async def lessons_of(session: AsyncSession, module_ids: Collection[UUID]) -> list[Lesson]:
    """The lessons of modules; those of each module in order."""
    query = select(Lesson).where(col(Lesson.module_id).in_(module_ids))
    query = query.order_by(col(Lesson.sort_order), col(Lesson.id))
    return list(await session.scalars(query.execution_options(**_FRESH)))


async def counts(session: AsyncSession, course_ids: Collection[UUID]) -> dict[UUID, Counts]:
    """How much is in each of the courses that have modules."""
    query = (
        select(
            col(Module.course_id),
            func.count(col(Module.id).distinct()),
            func.count(col(Lesson.id)),
            func.count(col(Lesson.video_id)),
        )
        .outerjoin(Lesson, col(Lesson.module_id) == col(Module.id))
        .where(col(Module.course_id).in_(course_ids))
        .group_by(col(Module.course_id))
    )
    return {row[0]: Counts(*row[1:]) for row in await session.execute(query)}


async def last_module(session: AsyncSession, course_id: UUID) -> int | None:
    """The highest place in the order."""
    query = select(func.max(col(Module.sort_order))).where(col(Module.course_id) == course_id)
    return await session.scalar(query)


async def last_lesson(session: AsyncSession, module_id: UUID) -> int | None:
    """The highest place in the order."""
    query = select(func.max(col(Lesson.sort_order))).where(col(Lesson.module_id) == module_id)
    return await session.scalar(query)


async def lock_course_slugs(session: AsyncSession) -> None:
    """Let nobody else choose a course's slug until the transaction ends."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("courses.slug", 0))))


async def course_slugs(session: AsyncSession, base: str) -> set[str]:
    """``base``, ``base-2`` … as far as courses have them. ``base`` is a slug."""
    return await _slugs(session, col(Course.slug), base)


async def module_slugs(session: AsyncSession, course_id: UUID, base: str) -> set[str]:
    """The same among the modules of a course."""
    return await _slugs(session, col(Module.slug), base, col(Module.course_id) == course_id)


async def lesson_slugs(session: AsyncSession, module_id: UUID, base: str) -> set[str]:
    """The same among the lessons of a module."""
    return await _slugs(session, col(Lesson.slug), base, col(Lesson.module_id) == module_id)


async def _slugs(
    session: AsyncSession, column: SQLColumnExpression[str], base: str, *conditions: SQLColumnExpression[bool]
) -> set[str]:
    query = select(column).where(column.regexp_match(f"^{base}(-[0-9]+)?$"), *conditions)
    return set(await session.scalars(query))


async def places_of(session: AsyncSession, video_ids: Collection[UUID]) -> dict[UUID, list[Place]]:
    """Course and module of each lesson that has one of the videos; the oldest lesson first."""
    query = (
        select(col(Lesson.video_id), col(Module.course_id), col(Module.id))
        .join(Module, col(Lesson.module_id) == col(Module.id))
        .where(col(Lesson.video_id).in_(video_ids))
        .order_by(col(Lesson.id))
    )
    found: dict[UUID, list[Place]] = {}
    for video_id, course_id, module_id in await session.execute(query):
        if video_id is not None:
            found.setdefault(video_id, []).append(Place(course_id, module_id))
    return found


async def delete_lessons(session: AsyncSession, lesson_ids: Sequence[UUID]) -> None:
    """Delete lessons."""
    await session.execute(
        delete(Lesson).where(col(Lesson.id).in_(lesson_ids)), execution_options={"synchronize_session": False}
    )


async def delete_modules(session: AsyncSession, module_ids: Sequence[UUID]) -> None:
    """Delete modules that have no lessons."""
    await session.execute(
        delete(Module).where(col(Module.id).in_(module_ids)), execution_options={"synchronize_session": False}
    )


async def delete_course(session: AsyncSession, course_id: UUID) -> None:
    """Delete a course that has no modules."""
    await session.execute(
        delete(Course).where(col(Course.id) == course_id), execution_options={"synchronize_session": False}
    )
