"""What one may do with courses, modules and lessons.

Whoever writes locks first: the course (two of them in the order of their ids), then the videos, and only then changes
anything. So the writers of a course take turns, and none waits for one that waits for it.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from shared.audit import service as audit_service
from shared.audit.difference import change, shown
from shared.courses import access, repository
from shared.courses.errors import (
    CourseNotEmpty,
    ExternalIdTaken,
    ModuleNotEmpty,
    OrderIncomplete,
    SlugTaken,
    TooManyLessons,
    TooManyModules,
)
from shared.courses.models import Course, Lesson, Module
from shared.courses.schemas import MAX_LESSONS, MAX_MODULES, CourseInput, LessonInput, ModuleInput
from shared.courses.slugs import first_free, shortened, slug_of
from shared.errors import FieldError
from shared.videos import placement
from shared.videos.errors import VideoArchived, VideoNotFound
from shared.videos.models import Video, VideoStatus
from shared.videos.placement import Place

_LAST_PLACE = 2**31 - 1


# Writing courses


async def create_course(session: AsyncSession, actor: str, given: CourseInput) -> Course:
    """Add a course.

    :raises SlugTaken: the slug that was asked for.
    """
    await repository.lock_course_slugs(session)
    base = slug_of(given.title, otherwise="course")
    slug = given.slug or first_free(base, await repository.course_slugs(session, base))
    course = Course(**given.model_dump(exclude={"slug"}), slug=slug)
    session.add(course)
    await _flush(session)
    await _note_created(session, actor, course)
    return course


async def update_course(session: AsyncSession, actor: str, course: Course, values: dict[str, Any]) -> None:
    """Set fields of a locked course.

    :raises SlugTaken: another course has that slug.
    """
    if "slug" in values:
        await repository.lock_course_slugs(session)
    await _change(session, actor, course, values)


async def delete_course(session: AsyncSession, actor: str, course: Course, *, force: bool) -> None:
    """Delete a locked course with its modules and lessons; its videos stay in the library.

    :raises CourseNotEmpty: it has lessons, and ``force`` is not set.
    """
    modules = await repository.modules_of(session, course.id)
    lessons = await access.lessons_of(session, modules)
    if lessons and not force:
        raise CourseNotEmpty(f"It has {len(lessons)} lessons. Delete or move them first, or send force=true")
    module_ids = [module.id for module in modules]
    standing = await placement.lock_places(session, course_id=course.id, module_ids=module_ids)
    await repository.delete_lessons(session, [lesson.id for lesson in lessons])
    await _leave(session, actor, standing, lessons, rest=placement.NOWHERE)
    await repository.delete_modules(session, module_ids)
    await repository.delete_course(session, course.id)
    before = {"title": course.title, "slug": course.slug, "modules": len(modules), "lessons": _outline(lessons)}
    await audit_service.record(session, actor, "courses.delete", "course", course.id, before=before)


async def order_modules(session: AsyncSession, actor: str, course: Course, ids: Sequence[UUID]) -> None:
    """Put the modules of a locked course into this order.

    :raises OrderIncomplete: the ids are not exactly those of its modules.
    """
    rows = await repository.modules_of(session, course.id)
    await _order(session, actor, "modules.order", course, rows, ids)


# Writing modules


async def create_module(session: AsyncSession, actor: str, course_id: UUID, given: ModuleInput) -> Module:
    """Add a module to a course, at the end unless a place is given.

    :raises CourseNotFound: no such course.
    :raises TooManyModules: the course is full.
    :raises SlugTaken: the slug that was asked for.
    """
    await access.lock_course(session, course_id)
    await _check_room(session, course_id, modules=1)
    module = Module(
        course_id=course_id,
        title=given.title,
        slug=given.slug or await _module_slug(session, course_id, slug_of(given.title, otherwise="module")),
        description=given.description,
        sort_order=_after(await repository.last_module(session, course_id), given.sort_order),
    )
    session.add(module)
    await _flush(session)
    await _note_created(session, actor, module)
    return module


async def update_module(session: AsyncSession, actor: str, module: Module, values: dict[str, Any]) -> None:
    """Set fields of a locked module. With another ``course_id`` it goes there, with its lessons and videos: to the end
    and under a slug that is free there, unless place and slug are given.

    :raises SlugTaken: another module of the course has that slug.
    :raises TooManyModules: the other course is full.
    :raises TooManyLessons: the other course is full.
    """
    target = values.get("course_id", module.course_id)
    if target == module.course_id:
        await _change(session, actor, module, values)
        return
    await _check_room(session, target, modules=1, lessons=len(await access.lessons_of(session, [module])))
    defaults = {
        "slug": await _module_slug(session, target, module.slug),
        "sort_order": _after(await repository.last_module(session, target), None),
    }
    standing = await placement.lock_places(session, module_ids=[module.id])
    await _change(session, actor, module, {**defaults, **values})
    await placement.move_videos(session, actor, standing, dict.fromkeys(standing, Place(target, module.id)))


async def delete_module(session: AsyncSession, actor: str, module: Module, *, force: bool) -> None:
    """Delete a locked module with its lessons; their videos stay in the library.

    :raises ModuleNotEmpty: it has lessons, and ``force`` is not set.
    """
    lessons = await access.lessons_of(session, [module])
    if lessons and not force:
        raise ModuleNotEmpty(f"It has {len(lessons)} lessons. Delete or move them first, or send force=true")
    standing = await placement.lock_places(session, module_ids=[module.id])
    await repository.delete_lessons(session, [lesson.id for lesson in lessons])
    await _leave(session, actor, standing, lessons, rest=Place(module.course_id, None))
    await repository.delete_modules(session, [module.id])
    before = {
        "courseId": str(module.course_id),
        "title": module.title,
        "slug": module.slug,
        "lessons": _outline(lessons),
    }
    await audit_service.record(session, actor, "modules.delete", "module", module.id, before=before)


async def order_lessons(session: AsyncSession, actor: str, module: Module, ids: Sequence[UUID]) -> None:
    """Put the lessons of a locked module into this order.

    :raises OrderIncomplete: the ids are not exactly those of its lessons.
    """
    await _order(session, actor, "lessons.order", module, await access.lessons_of(session, [module]), ids)


# Writing lessons


async def create_lesson(session: AsyncSession, actor: str, module_id: UUID, given: LessonInput) -> Lesson:
    """Add a lesson to a module, at the end unless a place is given.

    :raises ModuleNotFound: no such module.
    :raises TooManyLessons: the course is full.
    :raises SlugTaken: the slug that was asked for.
    :raises ExternalIdTaken: another lesson has that id.
    """
    module = await access.lock_module(session, module_id)
    await _check_room(session, module.course_id, lessons=1)
    lesson = Lesson(
        module_id=module_id,
        title=given.title,
        slug=given.slug or await _lesson_slug(session, module_id, slug_of(given.title, otherwise="lesson")),
        description=given.description,
        sort_order=_after(await repository.last_lesson(session, module_id), given.sort_order),
        external_id=given.external_id,
    )
    session.add(lesson)
    await _flush(session)
    await _note_created(session, actor, lesson)
    return lesson


async def update_lesson(session: AsyncSession, actor: str, lesson: Lesson, values: dict[str, Any]) -> None:
    """Set fields of a locked lesson. With another ``module_id`` it goes there, with its video: to the end and under a
    slug that is free there, unless place and slug are given.

    :raises SlugTaken: another lesson of the module has that slug.
    :raises ExternalIdTaken: another lesson has that id.
    :raises TooManyLessons: the other course is full.
    """
    target = values.get("module_id", lesson.module_id)
    if target == lesson.module_id:
        await _change(session, actor, lesson, values)
        return
    former, module = await access.get_module(session, lesson.module_id), await access.get_module(session, target)
    if former.course_id != module.course_id:
        await _check_room(session, module.course_id, lessons=1)
    defaults = {
        "slug": await _lesson_slug(session, target, lesson.slug),
        "sort_order": _after(await repository.last_lesson(session, target), None),
    }
    videos = await placement.find_videos(session, access.video_ids([lesson]), lock=True)
    await _change(session, actor, lesson, {**defaults, **values})
    await _follow(session, actor, access.video_ids([lesson]), videos, left=Place(former.course_id, former.id))


async def delete_lesson(session: AsyncSession, actor: str, lesson: Lesson) -> None:
    """Delete a locked lesson; its video stays in the library."""
    module = await access.get_module(session, lesson.module_id)
    videos = await placement.find_videos(session, access.video_ids([lesson]), lock=True)
    await repository.delete_lessons(session, [lesson.id])
    await _follow(session, actor, access.video_ids([lesson]), videos, left=Place(module.course_id, module.id))
    before = {"moduleId": str(lesson.module_id), **_outline([lesson])[0]}
    await audit_service.record(session, actor, "lessons.delete", "lesson", lesson.id, before=before)


async def assign_video(session: AsyncSession, actor: str, lesson: Lesson, video_id: UUID | None) -> None:
    """Give a locked lesson its video, or take it away. The video stands in the lesson's course and module from now on;
    the former one no longer, unless another lesson there has it.

    :raises VideoNotFound: no such video.
    :raises VideoArchived: it is archived.
    """
    module = await access.get_module(session, lesson.module_id)
    former = access.video_ids([lesson])
    videos = await placement.find_videos(session, former | {video_id} if video_id else former, lock=True)
    if video_id is not None:
        _check_assignable(video_id, videos.get(video_id))
    await _change(session, actor, lesson, {"video_id": video_id}, action="lessons.video")
    if video_id is not None:
        place = {"course_id": module.course_id, "module_id": module.id}
        await placement.place_video(session, actor, videos[video_id], **place)
    await _follow(session, actor, former, videos, left=Place(module.course_id, module.id))


def _check_assignable(video_id: UUID, video: Video | None) -> None:
    if video is None:
        detail = f"There is no video {video_id}"
        raise VideoNotFound(detail, errors=(FieldError("/videoId", VideoNotFound.code, detail),))
    if video.status == VideoStatus.archived:
        raise VideoArchived("Restore the video before you give it to a lesson")


async def _follow(
    session: AsyncSession, actor: str, video_ids: set[UUID], locked: dict[UUID, Video], *, left: Place
) -> None:
    """Videos whose lessons went away from a place go where another lesson has them, or nowhere. One that stands
    elsewhere stays there.
    """
    places = await repository.places_of(session, video_ids)
    for video_id in sorted(video_ids & locked.keys()):
        video = locked[video_id]
        having = places.get(video_id, [placement.NOWHERE])
        if left == (video.course_id, video.module_id) and left not in having:
            course_id, module_id = having[0]
            await placement.place_video(session, actor, video, course_id=course_id, module_id=module_id)


async def _leave(
    session: AsyncSession, actor: str, standing: Mapping[UUID, Place], gone: Sequence[Lesson], *, rest: Place
) -> None:
    """Locked videos leave what is going away. Those of its lessons, which are gone, go where another lesson has them,
    or nowhere; those that were put there without a lesson go to ``rest``.
    """
    followers = access.video_ids(gone) & standing.keys()
    having = await repository.places_of(session, followers)
    targets = {video_id: having.get(video_id, [placement.NOWHERE])[0] for video_id in followers}
    await placement.move_videos(session, actor, standing, {**dict.fromkeys(standing, rest), **targets})


def _outline(lessons: Sequence[Lesson]) -> list[dict[str, Any]]:
    """What an entry of the audit log keeps of deleted lessons."""
    names = ("id", "title", "external_id", "video_id")
    return [shown(lesson, names) for lesson in lessons]


async def _order(
    session: AsyncSession,
    actor: str,
    action: str,
    parent: Course | Module,
    rows: Sequence[Module] | Sequence[Lesson],
    ids: Sequence[UUID],
) -> None:
    before = [row.id for row in rows]
    if len(ids) != len(rows) or set(ids) != set(before):
        raise OrderIncomplete(f"Name each of the {len(rows)} that are there exactly once, and nothing else")
    by_id = {row.id: row for row in rows}
    moves = [row_id for place, row_id in enumerate(ids) if by_id[row_id].sort_order != place]
    for place, row_id in enumerate(ids):
        by_id[row_id].sort_order = place
    await session.flush()
    if moves:
        both = {"before": {"ids": [str(one) for one in before]}, "after": {"ids": [str(one) for one in ids]}}
        await audit_service.record(session, actor, action, _noun(parent), parent.id, **both)


async def _check_room(session: AsyncSession, course_id: UUID, *, modules: int = 0, lessons: int = 0) -> None:
    counts = (await repository.counts(session, [course_id])).get(course_id, repository.Counts())
    if modules and counts.modules + modules > MAX_MODULES:
        raise TooManyModules(f"A course has {MAX_MODULES} modules at most")
    if lessons and counts.lessons + lessons > MAX_LESSONS:
        raise TooManyLessons(f"A course has {MAX_LESSONS} lessons at most")


def _after(last: int | None, given: int | None) -> int:
    """The place that was asked for, or else the one behind the last."""
    if given is not None:
        return given
    return 0 if last is None else min(last + 1, _LAST_PLACE)


async def _module_slug(session: AsyncSession, course_id: UUID, base: str) -> str:
    base = shortened(base)
    return first_free(base, await repository.module_slugs(session, course_id, base))


async def _lesson_slug(session: AsyncSession, module_id: UUID, base: str) -> str:
    base = shortened(base)
    return first_free(base, await repository.lesson_slugs(session, module_id, base))


def _noun(row: Course | Module | Lesson) -> str:
    return type(row).__name__.lower()


async def _note_created(session: AsyncSession, actor: str, row: Course | Module | Lesson) -> None:
    names = type(row).model_fields.keys() - {"id", "created_at", "updated_at", "videos", "documents"}
    after = shown(row, (name for name in sorted(names) if getattr(row, name) is not None))
    await audit_service.record(session, actor, f"{_noun(row)}s.create", _noun(row), row.id, after=after)


async def _change(
    session: AsyncSession,
    actor: str,
    row: Course | Module | Lesson,
    values: dict[str, Any],
    *,
    action: str | None = None,
) -> None:
    before, after = change(row, values)
    if after:
        await _flush(session)
        noun = _noun(row)
        await audit_service.record(
            session, actor, action or f"{noun}s.update", noun, row.id, before=before, after=after
        )


async def _flush(session: AsyncSession) -> None:
    try:
        await session.flush()
    except IntegrityError as error:
        message = str(error.orig)
        # In this order: an external id may hold any word, a slug no underscore.
        if "uq_lessons_external_id" in message:
            raise ExternalIdTaken from error
        if "_slug" in message:
            raise SlugTaken from error
        raise
