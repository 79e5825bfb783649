"""Errors of courses."""

from shared.errors import Conflict, FieldError, NotFound


class CourseNotFound(NotFound):
    """No such course."""

    code, title = "course_not_found", "No such course"


class ModuleNotFound(NotFound):
    """No such module."""

    code, title = "module_not_found", "No such module"


class LessonNotFound(NotFound):
    """No such lesson."""

    code, title = "lesson_not_found", "No such lesson"


class SlugTaken(Conflict):
    """Another one at the same place has this slug."""

    code, title = "slug_taken", "This slug is taken"

    def __init__(self) -> None:
        message = "taken; choose another, or send none and one is made from the title"
        super().__init__(f"/slug: {message}", errors=(FieldError("/slug", self.code, message),))


class ExternalIdTaken(Conflict):
    """Another lesson has this id."""

    code, title = "external_id_taken", "Another lesson has this external id"

    def __init__(self) -> None:
        message = "another lesson has it; an external id names one lesson"
        super().__init__(f"/externalId: {message}", errors=(FieldError("/externalId", self.code, message),))


class OrderIncomplete(Conflict):
    """The order does not name exactly what there is."""

    code, title = "order_incomplete", "The order must name each one exactly once"


class CourseNotEmpty(Conflict):
    """The course still has lessons."""

    code, title = "course_not_empty", "The course still has lessons"


class ModuleNotEmpty(Conflict):
    """The module still has lessons."""

    code, title = "module_not_empty", "The module still has lessons"


class TooManyModules(Conflict):
    """The course is full."""

    code, title = "too_many_modules", "The course has as many modules as it can have"


class TooManyLessons(Conflict):
    """The course is full."""

    code, title = "too_many_lessons", "The course has as many lessons as it can have"


class MovedMeanwhile(Conflict):
    """Someone moved it in the same moment."""

    code, title = "moved_meanwhile", "Someone moved this in the same moment"
