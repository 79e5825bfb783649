"""Errors of production."""

from uuid import UUID

from shared.errors import Conflict, FieldError, NotFound

_POINTER = "/assignedTo"


class AssigneeNotFound(NotFound):
    """No such user."""

    code, title = "user_not_found", "No such user"

    def __init__(self, user_id: UUID) -> None:
        super().__init__(f"There is no user {user_id}", errors=(FieldError(_POINTER, self.code, "no such user"),))


class AssigneeDisabled(Conflict):
    """The user cannot sign in any more."""

    code, title = "user_disabled", "The user is disabled"

    def __init__(self, email: str) -> None:
        super().__init__(
            f"{email} is disabled; assign somebody who can sign in",
            errors=(FieldError(_POINTER, self.code, "the user is disabled"),),
        )
