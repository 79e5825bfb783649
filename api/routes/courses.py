"""Courses, their modules and lessons.

Courses and playback know nothing of each other: whether a lesson can be watched is put together here.
"""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response, status
from pydantic import AfterValidator
from sqlalchemy.ext.asyncio import AsyncSession

from api.deps import CurrentCaller, Cursor, Limit, PageOut, SessionDep, SettingsDep, noun_router
from api.preconditions import IfMatch
from api.problems import problem_responses
from api.security import EDITOR, VIEWER
from shared.courses import access as courses_access
from shared.courses import service as courses_service
from shared.courses.models import Course, Lesson, Module
from shared.courses.schemas import (
    CourseInput,
    CourseOut,
    CoursePatch,
    CourseSummary,
    LessonInput,
    LessonOut,
    LessonPatch,
    LessonVideo,
    ModuleInput,
    ModuleOut,
    ModulePatch,
    OrderInput,
)
from shared.playback import service as playback_service
from shared.text import ANY_TEXT, MAX_NAME, printable

router = noun_router("/api", tag="courses")

TitleQuery = Annotated[
    str,
    Query(max_length=MAX_NAME, json_schema_extra={"pattern": ANY_TEXT}, description="text in the title"),
    AfterValidator(printable),
]
Force = Annotated[bool, Query(description="delete what is in it too; its videos stay in the library in any case")]


class CoursePage(PageOut[CourseSummary]):
    """One page of the courses."""


class ModulePage(PageOut[ModuleOut]):
    """One page of a course's modules."""


class LessonPage(PageOut[LessonOut]):
    """One page of a module's lessons."""


async def _lessons(session: AsyncSession, lessons: Sequence[Lesson]) -> list[LessonOut]:
    found = await courses_access.videos_of(session, lessons)
    playable = await playback_service.playable(session, found.videos.values())
    return [
        LessonOut.build(
            lesson,
            video=found.videos.get(lesson.video_id) if lesson.video_id else None,
            playable=playable,
            kinescope_ids=found.kinescope_ids,
        )
        for lesson in lessons
    ]


async def _modules(session: AsyncSession, modules: Sequence[Module]) -> list[ModuleOut]:
    own: dict[UUID, list[LessonOut]] = {module.id: [] for module in modules}
    for lesson in await _lessons(session, await courses_access.lessons_of(session, modules)):
        own[lesson.module_id].append(lesson)
    return [ModuleOut.build(module, own[module.id]) for module in modules]


async def _course(session: AsyncSession, course_id: UUID) -> CourseOut:
    course = await courses_access.get_course(session, course_id)
    return CourseOut.assemble(course, await _modules(session, await courses_access.modules_of(session, course_id)))


async def _module(session: AsyncSession, module_id: UUID) -> ModuleOut:
    return (await _modules(session, [await courses_access.get_module(session, module_id)]))[0]


async def _lesson(session: AsyncSession, lesson_id: UUID) -> LessonOut:
    return (await _lessons(session, [await courses_access.get_lesson(session, lesson_id)]))[0]


async def _summaries(session: AsyncSession, courses: Sequence[Course]) -> list[CourseSummary]:
    counts = await courses_access.counts_of(session, courses)
    return [
        CourseSummary.build(course, modules=found.modules, lessons=found.lessons, with_video=found.with_video)
        for course in courses
        for found in (counts[course.id],)
    ]


@router.get("/courses", dependencies=[VIEWER], name="list")
async def list_courses(session: SessionDep, limit: Limit = 50, cursor: Cursor = None, q: TitleQuery = "") -> CoursePage:
    """Courses in their order, with how much is in each."""
    page = await courses_access.list_courses(session, q=q.strip(), cursor=cursor, limit=limit)
    return CoursePage(
        items=await _summaries(session, page.items),
        total=page.total,
        total_is_estimate=page.total_is_estimate,
        next_cursor=page.next_cursor,
    )


@router.post(
    "/courses",
    dependencies=[EDITOR],
    status_code=status.HTTP_201_CREATED,
    responses=problem_responses(409),
    name="create",
)
async def create_course(
    body: CourseInput, response: Response, session: SessionDep, caller: CurrentCaller, settings: SettingsDep
) -> CourseOut:
    """Add a course. Its slug is made from the title unless one is given, and stays when the title changes."""
    course = await courses_service.create_course(session, caller.actor, body)
    response.headers["Location"] = f"{settings.public_base_url}/api/courses/{course.id}"
    return await _course(session, course.id)


@router.get("/courses/{course_id}", dependencies=[VIEWER], responses=problem_responses(404), name="read")
async def read_course(course_id: UUID, session: SessionDep) -> CourseOut:
    """A course's page: modules and lessons in order, and which lessons lack a video that plays."""
    return await _course(session, course_id)


@router.put("/courses/{course_id}", dependencies=[EDITOR], responses=problem_responses(404, 409, 412), name="replace")
async def replace_course(
    course_id: UUID, body: CourseInput, session: SessionDep, caller: CurrentCaller, if_match: IfMatch
) -> CourseOut:
    """Set every editable field. The slug stays unless one is given."""
    course = await courses_access.lock_course(session, course_id)
    await if_match.check(lambda: _course(session, course_id))
    await courses_service.update_course(session, caller.actor, course, body.replacement())
    return await _course(session, course_id)


@router.patch("/courses/{course_id}", dependencies=[EDITOR], responses=problem_responses(404, 409, 412), name="update")
async def update_course(
    course_id: UUID, body: CoursePatch, session: SessionDep, caller: CurrentCaller, if_match: IfMatch
) -> CourseOut:
    """Change what is sent."""
    course = await courses_access.lock_course(session, course_id)
    await if_match.check(lambda: _course(session, course_id))
    await courses_service.update_course(session, caller.actor, course, body.changes())
    return await _course(session, course_id)


@router.delete(
    "/courses/{course_id}",
    dependencies=[EDITOR],
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problem_responses(404, 409, 412),
    name="delete",
)
async def delete_course(
    course_id: UUID,
    session: SessionDep,
    caller: CurrentCaller,
    if_match: IfMatch,
    force: Force = False,  # noqa: FBT002  a query parameter
) -> None:
    """Delete a course; one with lessons only with `force=true`. Videos stay in the library."""
    course = await courses_access.lock_course(session, course_id)
    await if_match.check(lambda: _course(session, course_id))
    await courses_service.delete_course(session, caller.actor, course, force=force)


@router.get(
    "/courses/{course_id}/modules", dependencies=[VIEWER], responses=problem_responses(404), name="list_modules"
)
async def list_modules(course_id: UUID, session: SessionDep, limit: Limit = 50, cursor: Cursor = None) -> ModulePage:
    """The modules of a course in their order, each with its lessons."""
    page = await courses_access.list_modules(session, course_id, cursor=cursor, limit=limit)
    return ModulePage(
        items=await _modules(session, page.items),
        total=page.total,
        total_is_estimate=page.total_is_estimate,
        next_cursor=page.next_cursor,
    )


@router.post(
    "/courses/{course_id}/modules",
    dependencies=[EDITOR],
    status_code=status.HTTP_201_CREATED,
    responses=problem_responses(404, 409),
    name="create_module",
)
async def create_module(
    course_id: UUID,
    body: ModuleInput,
    response: Response,
    session: SessionDep,
    caller: CurrentCaller,
    settings: SettingsDep,
) -> ModuleOut:
    """Add a module to a course, at the end unless `sortOrder` is given."""
    module = await courses_service.create_module(session, caller.actor, course_id, body)
    response.headers["Location"] = f"{settings.public_base_url}/api/modules/{module.id}"
    return await _module(session, module.id)


@router.put(
    "/courses/{course_id}/modules/order",
    dependencies=[EDITOR],
    responses=problem_responses(404, 409, 412),
    name="order_modules",
)
async def order_modules(
    course_id: UUID, body: OrderInput, session: SessionDep, caller: CurrentCaller, if_match: IfMatch
) -> CourseOut:
    """Put the modules of a course into this order. `If-Match` takes the ETag of the course."""
    course = await courses_access.lock_course(session, course_id)
    await if_match.check(lambda: _course(session, course_id))
    await courses_service.order_modules(session, caller.actor, course, body.ids)
    return await _course(session, course_id)


@router.get("/modules/{module_id}", dependencies=[VIEWER], responses=problem_responses(404), name="read_module")
async def read_module(module_id: UUID, session: SessionDep) -> ModuleOut:
    """A module with its lessons in order."""
    return await _module(session, module_id)


@router.put(
    "/modules/{module_id}", dependencies=[EDITOR], responses=problem_responses(404, 409, 412), name="replace_module"
)
async def replace_module(
    module_id: UUID, body: ModuleInput, session: SessionDep, caller: CurrentCaller, if_match: IfMatch
) -> ModuleOut:
    """Set every editable field. The slug and the place in the order stay unless they are given."""
    module = await courses_access.lock_module(session, module_id)
    await if_match.check(lambda: _module(session, module_id))
    await courses_service.update_module(session, caller.actor, module, body.replacement())
    return await _module(session, module_id)


@router.patch(
    "/modules/{module_id}", dependencies=[EDITOR], responses=problem_responses(404, 409, 412), name="update_module"
)
async def update_module(
    module_id: UUID, body: ModulePatch, session: SessionDep, caller: CurrentCaller, if_match: IfMatch
) -> ModuleOut:
    """Change what is sent; another `courseId` moves the module there, with its lessons."""
    module = await courses_access.lock_module(session, module_id, to_course=body.course_id)
    await if_match.check(lambda: _module(session, module_id))
    await courses_service.update_module(session, caller.actor, module, body.changes())
    return await _module(session, module_id)


@router.delete(
    "/modules/{module_id}",
    dependencies=[EDITOR],
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problem_responses(404, 409, 412),
    name="delete_module",
)
async def delete_module(
    module_id: UUID,
    session: SessionDep,
    caller: CurrentCaller,
    if_match: IfMatch,
    force: Force = False,  # noqa: FBT002  a query parameter
) -> None:
    """Delete a module; one with lessons only with `force=true`. Videos stay in the library."""
    module = await courses_access.lock_module(session, module_id)
    await if_match.check(lambda: _module(session, module_id))
    await courses_service.delete_module(session, caller.actor, module, force=force)


@router.get(
    "/modules/{module_id}/lessons", dependencies=[VIEWER], responses=problem_responses(404), name="list_lessons"
)
async def list_lessons(module_id: UUID, session: SessionDep, limit: Limit = 50, cursor: Cursor = None) -> LessonPage:
    """The lessons of a module in their order."""
    page = await courses_access.list_lessons(session, module_id, cursor=cursor, limit=limit)
    return LessonPage(
        items=await _lessons(session, page.items),
        total=page.total,
        total_is_estimate=page.total_is_estimate,
        next_cursor=page.next_cursor,
    )


@router.post(
    "/modules/{module_id}/lessons",
    dependencies=[EDITOR],
    status_code=status.HTTP_201_CREATED,
    responses=problem_responses(404, 409),
    name="create_lesson",
)
async def create_lesson(
    module_id: UUID,
    body: LessonInput,
    response: Response,
    session: SessionDep,
    caller: CurrentCaller,
    settings: SettingsDep,
) -> LessonOut:
    """Add a lesson to a module, at the end unless `sortOrder` is given."""
    lesson = await courses_service.create_lesson(session, caller.actor, module_id, body)
    response.headers["Location"] = f"{settings.public_base_url}/api/lessons/{lesson.id}"
    return await _lesson(session, lesson.id)


@router.put(
    "/modules/{module_id}/lessons/order",
    dependencies=[EDITOR],
    responses=problem_responses(404, 409, 412),
    name="order_lessons",
)
async def order_lessons(
    module_id: UUID, body: OrderInput, session: SessionDep, caller: CurrentCaller, if_match: IfMatch
) -> ModuleOut:
    """Put the lessons of a module into this order. `If-Match` takes the ETag of the module."""
    module = await courses_access.lock_module(session, module_id)
    await if_match.check(lambda: _module(session, module_id))
    await courses_service.order_lessons(session, caller.actor, module, body.ids)
    return await _module(session, module_id)


@router.get("/lessons/{lesson_id}", dependencies=[VIEWER], responses=problem_responses(404), name="read_lesson")
async def read_lesson(lesson_id: UUID, session: SessionDep) -> LessonOut:
    """A lesson, and whether it can be watched."""
    return await _lesson(session, lesson_id)


@router.put(
    "/lessons/{lesson_id}", dependencies=[EDITOR], responses=problem_responses(404, 409, 412), name="replace_lesson"
)
async def replace_lesson(
    lesson_id: UUID, body: LessonInput, session: SessionDep, caller: CurrentCaller, if_match: IfMatch
) -> LessonOut:
    """Set every editable field. The slug and the place in the order stay unless they are given; the video stays."""
    lesson = await courses_access.lock_lesson(session, lesson_id)
    await if_match.check(lambda: _lesson(session, lesson_id))
    await courses_service.update_lesson(session, caller.actor, lesson, body.replacement())
    return await _lesson(session, lesson_id)


@router.patch(
    "/lessons/{lesson_id}", dependencies=[EDITOR], responses=problem_responses(404, 409, 412), name="update_lesson"
)
async def update_lesson(
    lesson_id: UUID, body: LessonPatch, session: SessionDep, caller: CurrentCaller, if_match: IfMatch
) -> LessonOut:
    """Change what is sent; another `moduleId` moves the lesson there, with its video."""
    lesson = await courses_access.lock_lesson(session, lesson_id, to_module=body.module_id)
    await if_match.check(lambda: _lesson(session, lesson_id))
    await courses_service.update_lesson(session, caller.actor, lesson, body.changes())
    return await _lesson(session, lesson_id)


@router.delete(
    "/lessons/{lesson_id}",
    dependencies=[EDITOR],
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problem_responses(404, 409, 412),
    name="delete_lesson",
)
async def delete_lesson(lesson_id: UUID, session: SessionDep, caller: CurrentCaller, if_match: IfMatch) -> None:
    """Delete a lesson. Its video stays in the library."""
    lesson = await courses_access.lock_lesson(session, lesson_id)
    await if_match.check(lambda: _lesson(session, lesson_id))
    await courses_service.delete_lesson(session, caller.actor, lesson)


@router.put(
    "/lessons/{lesson_id}/video",
    dependencies=[EDITOR],
    responses=problem_responses(404, 409, 412),
    name="assign_video",
)
async def assign_video(
    lesson_id: UUID, body: LessonVideo, session: SessionDep, caller: CurrentCaller, if_match: IfMatch
) -> LessonOut:
    """Give a lesson its video, or none. The video's course and module follow. `If-Match` takes the lesson's ETag."""
    lesson = await courses_access.lock_lesson(session, lesson_id)
    await if_match.check(lambda: _lesson(session, lesson_id))
    await courses_service.assign_video(session, caller.actor, lesson, body.video_id)
    return await _lesson(session, lesson_id)
