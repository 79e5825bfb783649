"""Errors of moving videos between Vimeo and our own hosting."""

from uuid import UUID

from shared.errors import Conflict, FieldError, InvalidInput, NotFound, Unavailable


class HostingConflict(Conflict):
    """The video is hosted where this cannot be done."""

    code, title = "wrong_hosting", "The video's hosting does not allow this"


class NotAtVimeo(Conflict):
    """The video has no entry at Vimeo, or it is gone, private to us, or refused to us there."""

    code, title = "not_at_vimeo", "The video is not at Vimeo"


class VimeoNotAsked(Unavailable):
    """Whether the video is still at Vimeo could not be found out."""

    code, title = "vimeo_unavailable", "Vimeo could not be asked"

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail, headers={"Retry-After": "30"})


class TooEarly(Conflict):
    """The grace period has not passed."""

    code, title = "too_early", "The grace period has not passed"


class ConfirmationWrong(InvalidInput):
    """What was typed is not the video's title."""

    code, title = "confirmation_wrong", "The confirmation is not the video's title"

    def __init__(self) -> None:
        message = "type the video's title exactly as it is"
        super().__init__(message, errors=(FieldError("/confirm", self.code, message),))


class MoveNotFound(NotFound):
    """No such move."""

    code, title = "move_not_found", "No such migration of a video"


class TakeSuperseded(Conflict):
    """The take is not the current one, or another worker has it; the reporting worker stops."""

    code, title = "take_superseded", "This take is no longer the current one"


class BatchNotFound(NotFound):
    """No such batch."""

    code, title = "batch_not_found", "No such batch"

    def __init__(self, batch_id: UUID) -> None:
        super().__init__(f"There is no batch {batch_id}")


class BatchFinished(Conflict):
    """The batch has ended."""

    code, title = "batch_finished", "The batch has ended"


class TooManyVideos(InvalidInput):
    """A batch takes a limited number of videos."""

    code, title = "too_many_videos", "Too many videos for one batch"
