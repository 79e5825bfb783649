"""The error tree. A service raises; the edge turns it into an answer or an exit code.

AppError
├── InvalidInput        422  payload is well-formed but wrong; carries a pointer to each field
├── BadRequest          400  the request itself is malformed
├── Unauthorized        401
├── Forbidden           403
├── NotFound            404
├── Conflict            409  wrong state
├── Gone                410
├── PreconditionFailed  412
├── TooLarge            413
├── UnsupportedMedia    415
├── Locked              423
├── TooManyRequests     429
└── Unavailable         503
    └── Busy            503  with Retry-After

Every noun's own errors subclass one of these in ``shared/<noun>/errors.py``.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldError:
    """One wrong field: a JSON pointer (``/tags/3``, ``/query/limit``), a stable code and a sentence."""

    pointer: str
    code: str
    message: str


class AppError(Exception):
    """Base of every error with a meaning to the caller.

    ``status`` is the HTTP status, ``code`` a stable snake_case word, ``title`` a short fixed sentence,
    ``detail`` says what happened here and what to do.
    """

    status: int = 500
    code: str = "internal_error"
    title: str = "Something went wrong on our side"

    def __init__(
        self,
        detail: str | None = None,
        *,
        errors: tuple[FieldError, ...] = (),
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.errors = errors
        self.headers = headers or {}


class BadRequest(AppError):
    """400: the request cannot be understood."""

    status, code, title = 400, "bad_request", "The request is malformed"


class Unauthorized(AppError):
    """401: no credentials, or unknown or revoked ones."""

    status, code, title = 401, "unauthorized", "Credentials are missing or not valid"

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail, headers={"WWW-Authenticate": "Bearer"})


class Forbidden(AppError):
    """403: the role does not allow this."""

    status, code, title = 403, "forbidden", "Your role does not allow this"


class NotFound(AppError):
    """404: the object does not exist, or is not the caller's to see."""

    status, code, title = 404, "not_found", "There is nothing here"


class Conflict(AppError):
    """409: the object is in a state that does not allow this."""

    status, code, title = 409, "conflict", "The current state does not allow this"


class Gone(AppError):
    """410: it existed and is gone for good."""

    status, code, title = 410, "gone", "This no longer exists"


class PreconditionFailed(AppError):
    """412: someone changed the object since it was read."""

    status, code, title = 412, "precondition_failed", "The object has changed since you read it"


class TooLarge(AppError):
    """413: more bytes than allowed."""

    status, code, title = 413, "too_large", "That is larger than allowed"


class UnsupportedMedia(AppError):
    """415: not a kind of content that is accepted here."""

    status, code, title = 415, "unsupported_media_type", "This kind of content is not accepted"


class InvalidInput(AppError):
    """422: understood, but wrong."""

    status, code, title = 422, "validation_failed", "Some fields are not valid"


class Locked(AppError):
    """423: another request is working on it."""

    status, code, title = 423, "locked", "Another request is working on this"


class TooManyRequests(AppError):
    """429: slow down; ``retry_after_seconds`` says for how long."""

    status, code, title = 429, "too_many_requests", "Too many requests"

    def __init__(self, detail: str | None = None, *, retry_after_seconds: int) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after_seconds)})


class Unavailable(AppError):
    """503: a server this one depends on does not answer."""

    status, code, title = 503, "unavailable", "A server this depends on does not answer"


class Busy(Unavailable):
    """503: others are working on the same objects."""

    code, title = "busy", "Others are working on the same objects"

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail, headers={"Retry-After": "5"})
