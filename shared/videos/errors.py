"""Errors of videos."""

from shared.errors import Conflict, NotFound


class VideoNotFound(NotFound):
    """No such video."""

    code, title = "video_not_found", "No such video"


class VideoArchived(Conflict):
    """The video is archived; restore it first."""

    code, title = "video_archived", "The video is archived"


class VideoNotArchived(Conflict):
    """Only an archived video may be deleted for good."""

    code, title = "video_not_archived", "Archive the video first"
