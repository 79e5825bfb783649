"""What every body and every answer of the API has in common: JSON in camelCase."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


class Input(BaseModel):
    """A body, or a part of one: nothing that is not known."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid")


class Answer(BaseModel):
    """An answer, or a part of one; made of values or of a row."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, from_attributes=True)


def left_out(*, description: str | None = None) -> Any:
    """A field that may be left out, whether or not it may be null. The schema names no default: there is none, and
    what was left out is never to be read (``exclude_unset``).
    """
    return Field(default_factory=lambda: None, description=description)
