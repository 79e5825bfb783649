"""What comes in and goes out about courses, modules and lessons."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field

from shared.courses.models import Course, Lesson, Module
from shared.courses.slugs import MAX_SLUG, PATTERN
from shared.schemas import Answer, Input, left_out
from shared.text import LongText, Name, Title
from shared.videos.models import Video, VideoStatus
from shared.videos.schemas import SortOrder

MAX_MODULES = 200
"""In one course."""
MAX_LESSONS = 2000
"""In one course, all its modules together."""

Slug = Annotated[str, Field(max_length=MAX_SLUG, pattern=PATTERN)]


class _Content(Input):
    """Fields that something has when it is created or replaced."""

    title: Title
    slug: Slug | None = Field(default=None, description="made from the title where none is given")
    description: LongText | None = None

    def replacement(self) -> dict[str, Any]:
        """Every editable field; slug and place in the order stay where none is given."""
        values = self.model_dump()
        return {name: value for name, value in values.items() if value is not None or name not in _KEPT}


_KEPT = {"slug", "sort_order"}


class _Patch(Input):
    """Fields to change; the others stay."""

    title: Title = left_out()
    slug: Slug = left_out()
    description: LongText | None = left_out()
    sort_order: SortOrder = left_out()

    def changes(self) -> dict[str, Any]:
        """What was sent."""
        return self.model_dump(exclude_unset=True)


class CourseInput(_Content):
    """A course as it is created or replaced."""

    sort_order: SortOrder = 0


class CoursePatch(_Patch):
    """What to change about a course."""


class ModuleInput(_Content):
    """A module as it is created or replaced."""

    sort_order: SortOrder | None = Field(default=None, description="a new one goes to the end unless this is given")


class ModulePatch(_Patch):
    """What to change about a module; another `courseId` moves it there, with its lessons."""

    course_id: UUID = left_out()


class LessonInput(_Content):
    """A lesson as it is created or replaced."""

    sort_order: SortOrder | None = Field(default=None, description="a new one goes to the end unless this is given")
    external_id: Name | None = Field(default=None, description="its id in another system; names one lesson")


class LessonPatch(_Patch):
    """What to change about a lesson; another `moduleId` moves it there, to the end unless `sortOrder` is given."""

    external_id: Name | None = left_out()
    module_id: UUID = left_out()


class LessonVideo(Input):
    """The video of a lesson, or null for none."""

    video_id: UUID | None


class OrderInput(Input):
    """Everything there is, in the order it shall have."""

    ids: list[UUID] = Field(max_length=MAX_LESSONS)


class Missing(StrEnum):
    """Why a lesson cannot be watched."""

    no_video = "no_video"
    archived = "archived"
    not_encoded = "not_encoded"


class LessonOut(Answer):
    """A lesson, and whether it can be watched."""

    id: UUID
    module_id: UUID
    title: str
    slug: str
    description: str | None
    sort_order: int
    external_id: str | None
    video_id: UUID | None
    video_title: str | None
    kinescope_video_id: str | None = Field(description="the id that the video has at Kinescope")
    playable: bool = Field(description="a viewer would be handed something")
    missing: Missing | None = Field(
        description="why not: no video, an archived one, or one that is neither encoded nor to be embedded; else null"
    )
    created_at: datetime
    updated_at: datetime

    @classmethod
    def build(
        cls, lesson: Lesson, *, video: Video | None, playable: Collection[UUID], kinescope_ids: Mapping[UUID, str]
    ) -> Self:
        """Put the parts together."""
        missing: Missing | None = None
        if video is None:
            missing = Missing.no_video
        elif video.id not in playable:
            missing = Missing.archived if video.status == VideoStatus.archived else Missing.not_encoded
        return cls(
            **{name: getattr(lesson, name) for name in _LESSON_FIELDS},
            video_id=video.id if video else None,
            video_title=video.title if video else None,
            kinescope_video_id=kinescope_ids.get(video.id) if video else None,
            playable=missing is None,
            missing=missing,
        )


_OWN_FIELDS = ("id", "title", "slug", "description", "sort_order", "created_at", "updated_at")
_LESSON_FIELDS = (*_OWN_FIELDS, "module_id", "external_id")


class ModuleOut(Answer):
    """A module with its lessons in order."""

    id: UUID
    course_id: UUID
    title: str
    slug: str
    description: str | None
    sort_order: int
    lessons: list[LessonOut]
    created_at: datetime
    updated_at: datetime

    @classmethod
    def build(cls, module: Module, lessons: Sequence[LessonOut]) -> Self:
        """Put the parts together. ``lessons``: those of the module, in order."""
        return cls(**{name: getattr(module, name) for name in (*_OWN_FIELDS, "course_id")}, lessons=list(lessons))


class CourseSummary(Answer):
    """A course in a list, with how much is in it."""

    id: UUID
    title: str
    slug: str
    description: str | None
    sort_order: int
    module_count: int
    lesson_count: int
    lessons_with_video: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def build(cls, course: Course, *, modules: int, lessons: int, with_video: int) -> Self:
        """Put the parts together."""
        fields = {name: getattr(course, name) for name in _OWN_FIELDS}
        return cls(**fields, module_count=modules, lesson_count=lessons, lessons_with_video=with_video)


class CourseOut(CourseSummary):
    """A course's page: its modules and lessons in order, and which lessons lack a video that plays."""

    playable_lessons: int
    missing: list[UUID] = Field(description="the lessons that cannot be watched, in order")
    modules: list[ModuleOut]

    @classmethod
    def assemble(cls, course: Course, modules: list[ModuleOut]) -> Self:
        """Put the parts together."""
        lessons = [lesson for module in modules for lesson in module.lessons]
        missing = [lesson.id for lesson in lessons if not lesson.playable]
        return cls(
            **{name: getattr(course, name) for name in _OWN_FIELDS},
            module_count=len(modules),
            lesson_count=len(lessons),
            lessons_with_video=sum(lesson.video_id is not None for lesson in lessons),
            playable_lessons=len(lessons) - len(missing),
            missing=missing,
            modules=modules,
        )
