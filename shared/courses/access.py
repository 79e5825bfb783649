"""Finding courses, modules and lessons, and keeping other writers out of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.courses import repository
from shared.courses.errors import CourseNotFound, LessonNotFound, ModuleNotFound, MovedMeanwhile
from shared.courses.models import Course, Lesson, Module
from shared.db.paging import Page, list_page
from shared.errors import FieldError
from shared.platforms import service as platforms_service
from shared.platforms.models import Platform
from shared.videos import placement
from shared.videos.models import Video


@dataclass(frozen=True, slots=True)
class LessonVideos:
    """The videos of some lessons, and the ids that these have at Kinescope."""

    videos: dict[UUID, Video]
    kinescope_ids: dict[UUID, str]


# Reading


async def list_courses(session: AsyncSession, *, q: str, cursor: str | None, limit: int) -> Page[Course]:
    """Courses in order.

    :raises InvalidCursor: the cursor is broken or another list's.
    """
    conditions = [repository.title_has(q)] if q else []
    key = ("sort_order", "id")
    return await list_page(session, Course, *conditions, scope=f"courses:{q}", key=key, cursor=cursor, limit=limit)


async def counts_of(session: AsyncSession, courses: Sequence[Course]) -> dict[UUID, repository.Counts]:
    """How much is in each course, in one query."""
    found = await repository.counts(session, [course.id for course in courses])
    return {course.id: found.get(course.id, repository.Counts()) for course in courses}


async def get_course(session: AsyncSession, course_id: UUID) -> Course:
    """:raises CourseNotFound: no such course."""
    found = await repository.course(session, course_id)
    if found is None:
        raise no_course(course_id)
    return found


async def get_module(session: AsyncSession, module_id: UUID) -> Module:
    """:raises ModuleNotFound: no such module."""
    found = await repository.module(session, module_id)
    if found is None:
        raise no_module(module_id)
    return found


async def get_lesson(session: AsyncSession, lesson_id: UUID) -> Lesson:
    """:raises LessonNotFound: no such lesson."""
    found = await repository.lesson(session, lesson_id)
    if found is None:
        raise no_lesson(lesson_id)
    return found


async def modules_of(session: AsyncSession, course_id: UUID) -> list[Module]:
    """The modules of a course, in order."""
    return await repository.modules_of(session, course_id)


async def lessons_of(session: AsyncSession, modules: Sequence[Module]) -> list[Lesson]:
    """The lessons of modules, those of each in order, in one query."""
    return await repository.lessons_of(session, [module.id for module in modules])


async def list_modules(session: AsyncSession, course_id: UUID, *, cursor: str | None, limit: int) -> Page[Module]:
    """The modules of a course, in order, page by page.

    :raises CourseNotFound: no such course.
    """
    await get_course(session, course_id)
    mine = repository.in_course(course_id)
    scope, key = f"modules:{course_id}", ("sort_order", "id")
    return await list_page(session, Module, mine, scope=scope, key=key, cursor=cursor, limit=limit)


async def list_lessons(session: AsyncSession, module_id: UUID, *, cursor: str | None, limit: int) -> Page[Lesson]:
    """The lessons of a module, in order, page by page.

    :raises ModuleNotFound: no such module.
    """
    await get_module(session, module_id)
    mine = repository.in_module(module_id)
    scope, key = f"lessons:{module_id}", ("sort_order", "id")
    return await list_page(session, Lesson, mine, scope=scope, key=key, cursor=cursor, limit=limit)


async def videos_of(session: AsyncSession, lessons: Sequence[Lesson]) -> LessonVideos:
    """The videos of lessons, in two queries."""
    videos = await placement.find_videos(session, video_ids(lessons))
    platforms = await platforms_service.platforms_of(session, list(videos))
    kinescope_ids = {
        video_id: row.external_id
        for video_id, rows in platforms.items()
        for row in rows
        if row.platform == Platform.kinescope and row.external_id
    }
    return LessonVideos(videos, kinescope_ids)


# Locking


async def lock_course(session: AsyncSession, course_id: UUID) -> Course:
    """Keep other writers out of a course and all in it.

    :raises CourseNotFound: no such course.
    """
    found = await repository.lock_courses(session, {course_id})
    if course_id not in found:
        raise no_course(course_id)
    return found[course_id]


async def lock_module(session: AsyncSession, module_id: UUID, *, to_course: UUID | None = None) -> Module:
    """Lock the course of a module, and the one that it is going to.

    :raises ModuleNotFound: no such module.
    :raises CourseNotFound: no course ``to_course``.
    :raises MovedMeanwhile: it went to another course in the same moment.
    """
    home = (await get_module(session, module_id)).course_id
    courses = await repository.lock_courses(session, {home, to_course or home})
    found = await get_module(session, module_id)
    if found.course_id != home:
        raise MovedMeanwhile("Read it again, then decide what to send")
    if to_course is not None and to_course not in courses:
        raise no_course(to_course, "/courseId")
    return found


async def lock_lesson(session: AsyncSession, lesson_id: UUID, *, to_module: UUID | None = None) -> Lesson:
    """Lock the course of a lesson, and that of the module it is going to.

    :raises LessonNotFound: no such lesson.
    :raises ModuleNotFound: no module ``to_module``.
    :raises MovedMeanwhile: one of the two went to another course in the same moment.
    """
    home = await repository.course_of_lesson(session, lesson_id)
    if home is None:
        raise no_lesson(lesson_id)
    away = await _course_of(session, to_module) or home
    await repository.lock_courses(session, {home, away})
    found = await get_lesson(session, lesson_id)
    target = await _course_of(session, to_module)
    if to_module is not None and target is None:
        raise no_module(to_module, "/moduleId")
    if await repository.course_of_lesson(session, lesson_id) != home or target not in {None, away}:
        raise MovedMeanwhile("Read it again, then decide what to send")
    return found


async def _course_of(session: AsyncSession, module_id: UUID | None) -> UUID | None:
    module = await repository.module(session, module_id) if module_id is not None else None
    return module.course_id if module is not None else None


def video_ids(lessons: Sequence[Lesson]) -> set[UUID]:
    return {lesson.video_id for lesson in lessons if lesson.video_id is not None}


def no_course(course_id: UUID, pointer: str | None = None) -> CourseNotFound:
    """The error, with a pointer to what names the course."""
    detail = f"There is no course {course_id}"
    return CourseNotFound(detail, errors=_at(pointer, CourseNotFound.code, detail))


def no_module(module_id: UUID, pointer: str | None = None) -> ModuleNotFound:
    """The error, with a pointer to what names the module."""
    detail = f"There is no module {module_id}"
    return ModuleNotFound(detail, errors=_at(pointer, ModuleNotFound.code, detail))


def no_lesson(lesson_id: UUID) -> LessonNotFound:
    """The error."""
    return LessonNotFound(f"There is no lesson {lesson_id}")


def _at(pointer: str | None, code: str, message: str) -> tuple[FieldError, ...]:
    return (FieldError(pointer, code, message),) if pointer else ()
