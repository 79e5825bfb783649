"""Errors of encoding, and which codes of a worker end a job at once."""

from shared.errors import Conflict, InvalidInput, NotFound

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
WORKER_STOPPED = "WORKER_STOPPED"
WORKER_LOST = "WORKER_LOST"


def is_permanent(code: str) -> bool:
    """Whether trying again cannot help: the input is at fault. Unknown codes are transient."""
    return code in PERMANENT_CODES


class JobNotFound(NotFound):
    """No such job for that video."""

    code, title = "job_not_found", "No such encoding job"


class MasterMissing(Conflict):
    """There is nothing to encode."""

    code, title = "master_missing", "The video has no master file"


class JobFinished(Conflict):
    """The job has ended; its worker stops."""

    code, title = "job_finished", "The job has ended"


class AttemptSuperseded(Conflict):
    """Another attempt runs, or another worker runs this one; the reporting worker stops."""

    code, title = "attempt_superseded", "This attempt is no longer the current one"


class OutputNotFound(InvalidInput):
    """A completed report names an output that is not in our bucket under that video."""

    code, title = "output_not_found", "The output is not in the outputs bucket under this video"
