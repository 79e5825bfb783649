"""Errors of signing in, users and keys."""

from shared.errors import Conflict, FieldError, Forbidden, NotFound, TooManyRequests, Unauthorized


class WrongCredentials(Unauthorized):
    """Unknown e-mail, wrong password or a disabled user; never says which."""

    code, title = "wrong_credentials", "E-mail or password is wrong"


class TooManyLogins(TooManyRequests):
    """More than ten wrong passwords in a minute for one e-mail."""

    code, title = "too_many_logins", "Too many wrong passwords; wait a moment"


class CsrfFailed(Forbidden):
    """A write with the cookie came without the session's token in ``X-CSRF-Token``."""

    code, title = "csrf_failed", "The X-CSRF-Token header is missing or wrong"


class WrongPassword(Forbidden):
    """The current password is wrong. 403, not 401: the session itself is fine."""

    code, title = "wrong_password", "The current password is wrong"

    def __init__(self) -> None:
        message = "not the password you sign in with"
        super().__init__(f"/currentPassword: {message}", errors=(FieldError("/currentPassword", self.code, message),))


class NoPassword(Conflict):
    """Only a person has a password; the caller is an API key."""

    code, title = "no_password", "An API key has no password"


class EmailTaken(Conflict):
    """Another user has this e-mail."""

    code, title = "email_taken", "Another user has this e-mail"

    def __init__(self, email: str) -> None:
        detail = f"{email} is a user already: change that one, or choose another e-mail"
        super().__init__(detail, errors=(FieldError("/email", self.code, "another user has it"),))


class LastAdmin(Conflict):
    """It would leave nobody who can manage users."""

    code, title = "last_admin", "The last admin has to stay one"


class UserNotFound(NotFound):
    """No such user."""

    code, title = "user_not_found", "There is no such user"


class SessionNotFound(NotFound):
    """No such sign-in, or it is over, or somebody else's."""

    code, title = "session_not_found", "There is no such sign-in of yours"


class KeyNotFound(NotFound):
    """No such API key, or it is revoked."""

    code, title = "api_key_not_found", "There is no such API key"
