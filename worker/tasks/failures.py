"""What a failed attempt or part reports: a code that decides whether trying again can help, and a message."""

from shared.clients.s3 import ObjectNotFound, StorageUnavailable
from worker.media.errors import MediaCode, MediaError


class VerificationFailed(Exception):
    """The encode ended, but what lies in storage is not what it should be."""


def classify(error: Exception) -> dict[str, str]:
    """Code and message; what is unknown is taken to be transient."""
    match error:
        case MediaError():
            return {"code": str(error.code), "message": error.message}
        case ObjectNotFound():
            # Not the master, which is read through the feed and speaks for itself: an output that was stored before.
            return {"code": MediaCode.MEDIA_OUTPUT_INVALID.value, "message": f"An output has vanished: {error.detail}"}
        case StorageUnavailable():
            return {"code": "S3_UPLOAD_FAILED", "message": error.detail}
        case VerificationFailed():
            return {"code": MediaCode.MEDIA_OUTPUT_INVALID.value, "message": str(error)}
        case _:
            return {"code": "INTERNAL_ERROR", "message": f"{type(error).__name__}: {error}"[:500]}


def is_bug(error: Exception) -> bool:
    """Whether nobody expected it, so that the log should show where it came from."""
    return not isinstance(error, MediaError | ObjectNotFound | StorageUnavailable | VerificationFailed)
