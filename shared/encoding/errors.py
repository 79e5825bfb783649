"""Errors of encoding, and which codes of a worker end a job at once."""

from shared.errors import Conflict, InvalidInput, NotFound, Unavailable

# Seed 004, step 22: these are never tried again. The finer ones name what exactly is wrong with the input; a test
# holds the list against the encoder's own.
PERMANENT_CODES = frozenset(
    {
        "FFMPEG_INVALID_INPUT",
        "FFMPEG_UNSUPPORTED_CODEC",
        "FILE_NOT_FOUND",
        "MEDIA_EMPTY",
        "MEDIA_NO_VIDEO",
        "MEDIA_OUTPUT_TOO_LARGE",
        "MEDIA_PROBE_LIMIT",
        "MEDIA_TOO_LARGE_FRAME",
        "MEDIA_TOO_LONG",
        "MEDIA_TRUNCATED",
        "MEDIA_UNSUPPORTED_CONTAINER",
    }
)
FILE_NOT_FOUND = "FILE_NOT_FOUND"
WORKER_STOPPED = "WORKER_STOPPED"
WORKER_LOST = "WORKER_LOST"
#: What lies in storage is not what was to be made.
OUTPUT_INVALID = "MEDIA_OUTPUT_INVALID"


def is_permanent(code: str) -> bool:
    """Whether trying again cannot help: the input is at fault. Unknown codes are transient."""
    return code in PERMANENT_CODES


class JobNotFound(NotFound):
    """No such job for that video."""

    code, title = "job_not_found", "No such encoding job"


class MasterMissing(Conflict):
    """There is nothing to encode."""

    code, title = "master_missing", "The video has no master file"


class MasterNotFound(NotFound):
    """No such master file, or no more."""

    code, title = "master_not_found", "No such master file"


class MasterUnreadable(Conflict):
    """A worker has looked at the master and found that it can never be encoded."""

    code, title = "master_unreadable", "The master file cannot be encoded"


class NotProbedYet(Unavailable):
    """No worker has looked at the master yet."""

    code, title = "not_probed_yet", "The master file has not been looked at yet"

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail, headers={"Retry-After": "5"})


class JobFinished(Conflict):
    """The job has ended; its worker stops."""

    code, title = "job_finished", "The job has ended"


class JobActive(Conflict):
    """One job of a video at a time."""

    code, title = "job_active", "Another job of this video is active"


class AttemptSuperseded(Conflict):
    """Another attempt runs, or another worker runs this one; the reporting worker stops."""

    code, title = "attempt_superseded", "This attempt is no longer the current one"


class OutputNotFound(InvalidInput):
    """A completed report names an output that is not in our bucket under that video."""

    code, title = "output_not_found", "The output is not in the outputs bucket under this video"


class CaptionsUnreadable(InvalidInput):
    """The file is neither WebVTT nor SRT, or its times make no sense. The pointers name lines: ``/line/17``."""

    code, title = "captions_unreadable", "These captions cannot be read"


class CaptionNotFound(NotFound):
    """The video has no captions in that language."""

    code, title = "caption_not_found", "No captions in this language"


class TooManyCaptions(Conflict):
    """The video has captions in as many languages as it may have."""

    code, title = "too_many_captions", "The video has captions in too many languages"


class ImageUnreadable(InvalidInput):
    """Not a JPEG, PNG or WebP picture, or a broken one."""

    code, title = "image_unreadable", "This picture cannot be used"


class CandidateNotFound(Conflict):
    """The video has no published encode with that candidate."""

    code, title = "candidate_not_found", "There is no such candidate"
