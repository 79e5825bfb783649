"""Errors of videos."""

from uuid import UUID

from shared.errors import Conflict, FieldError, NotFound


class VideoNotFound(NotFound):
    """No such video."""

    code, title = "video_not_found", "No such video"


class VideoArchived(Conflict):
    """The video is archived; restore it first."""

    code, title = "video_archived", "The video is archived"


class VideoNotArchived(Conflict):
    """Only an archived video may be deleted for good."""

    code, title = "video_not_archived", "Archive the video first"


class TooManyTags(Conflict):
    """A video has as many tags as it may have."""

    code, title = "too_many_tags", "The video cannot have that many tags"


class CourseNotFound(NotFound):
    """The body names a course that does not exist."""

    code, title = "course_not_found", "No such course"

    def __init__(self, course_id: UUID) -> None:
        message = f"There is no course {course_id}"
        super().__init__(message, errors=(FieldError("/courseId", self.code, message),))


class ModuleNotFound(NotFound):
    """The body names a module that does not exist."""

    code, title = "module_not_found", "No such module"

    def __init__(self, module_id: UUID) -> None:
        message = f"There is no module {module_id}"
        super().__init__(message, errors=(FieldError("/moduleId", self.code, message),))


class ModuleOfAnotherCourse(Conflict):
    """The body names a module, and a course that it is no part of."""

    code, title = "module_of_another_course", "The module belongs to another course"

    def __init__(self) -> None:
        message = "The module is no part of courseId: leave courseId out to take the module's own course"
        super().__init__(message, errors=(FieldError("/moduleId", self.code, message),))


class TagNotFound(NotFound):
    """No video has this tag."""

    code, title = "tag_not_found", "No such tag"
