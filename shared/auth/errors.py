"""Errors of signing in."""

from shared.errors import Conflict, Forbidden, TooManyRequests, Unauthorized


class WrongCredentials(Unauthorized):
    """Unknown e-mail, wrong password or a disabled user; never says which."""

    code, title = "wrong_credentials", "E-mail or password is wrong"


class TooManyLogins(TooManyRequests):
    """More than ten wrong passwords in a minute for one e-mail."""

    code, title = "too_many_logins", "Too many wrong passwords; wait a moment"


class CsrfFailed(Forbidden):
    """A write with the cookie came without the session's token in ``X-CSRF-Token``."""

    code, title = "csrf_failed", "The X-CSRF-Token header is missing or wrong"


class EmailTaken(Conflict):
    """Another user has this e-mail."""

    code, title = "email_taken", "Another user has this e-mail"
