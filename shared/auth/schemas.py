"""What comes in about signing in, users and keys."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field, StrictBool

from shared.auth.models import Role
from shared.auth.passwords import MAX_PASSWORD_LENGTH, MIN_PASSWORD_LENGTH
from shared.schemas import Input, left_out
from shared.text import ANY_TEXT, Name, printable

MAX_EMAIL = 320
# White space, controls, what shows nothing, and the brackets of markup.
_REFUSED = r"@<>\s\u0000-\u0020\u007f-\u00a0\u00ad\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff"
_EMAIL = rf"^[^{_REFUSED}]+@[^{_REFUSED}]+$"
_IS_EMAIL = re.compile(_EMAIL)


def _email(value: str) -> str:
    if not _IS_EMAIL.fullmatch(value):
        raise ValueError("must be an e-mail: one @ with something on both sides, no spaces, no < or >")
    return value


Email = Annotated[
    str,
    Field(min_length=3, max_length=MAX_EMAIL, json_schema_extra={"pattern": _EMAIL}),
    AfterValidator(printable),
    AfterValidator(_email),
]
"""What a person signs in with. Kept as it is written; compared without regard to the case of letters."""

Password = Annotated[
    str,
    Field(min_length=MIN_PASSWORD_LENGTH, max_length=MAX_PASSWORD_LENGTH, json_schema_extra={"pattern": ANY_TEXT}),
    AfterValidator(printable),
]
"""A new password: any characters, spaces at its ends included."""

GivenPassword = Annotated[
    str,
    Field(min_length=1, max_length=MAX_PASSWORD_LENGTH, json_schema_extra={"pattern": ANY_TEXT}),
    AfterValidator(printable),
]
"""A password to compare."""


class LoginIn(Input):
    """E-mail and password."""

    email: Annotated[
        str,
        Field(min_length=1, max_length=MAX_EMAIL, json_schema_extra={"pattern": ANY_TEXT}),
        AfterValidator(printable),
    ]
    password: GivenPassword


class PasswordIn(Input):
    """The own password, and what it shall be."""

    current_password: GivenPassword
    new_password: Password


class UserIn(Input):
    """A new user."""

    email: Email
    password: Password
    role: Role


class UserPatch(Input):
    """What to change; what is left out stays."""

    role: Role = left_out()
    password: Password = left_out(description="a new one; ends every session of the user")
    disabled: StrictBool = left_out(description="true: signs in no more, and every session ends")


class KeyIn(Input):
    """A new key."""

    name: Name
    role: Role = Field(description="what the key may do: its scope")
