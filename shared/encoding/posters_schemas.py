"""Posters as the API answers them."""

from enum import StrEnum
from typing import Annotated

from pydantic import BeforeValidator, Field

from shared.schemas import Answer, Input

CANDIDATES = 3


class PosterKind(StrEnum):
    """Where a video's poster comes from. ``automatic``: its thumbnail link, or the encode's own choice."""

    automatic = "automatic"
    candidate = "candidate"
    upload = "upload"


def _whole(value: object) -> object:
    """``2.0`` is an integer of JSON Schema."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


class PosterInput(Input):
    """One of the encode's candidates."""

    candidate: Annotated[int, Field(ge=1, le=CANDIDATES, strict=True), BeforeValidator(_whole)]


class PosterCandidate(Answer):
    """A frame of the video."""

    number: int
    url: str = Field(description="works as it is, token included")


class PosterOut(Answer):
    """The poster of a video."""

    choice: PosterKind
    candidate: int | None = Field(description="the number of the chosen one")
    url: str | None = Field(description="works as it is, token included; null where there is no picture yet")
    candidates: list[PosterCandidate] = Field(description="empty until an encode is published")
