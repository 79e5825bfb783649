"""What comes in and goes out about videos and tags."""

import re
import unicodedata
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    RootModel,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    WrapValidator,
)
from pydantic.config import JsonDict
from pydantic_core import InitErrorDetails

from shared.clock import instant
from shared.schemas import Answer, Input, left_out
from shared.text import MAX_TAG, LongText, Tag, Title, WebUrl
from shared.videos.domains import domain_name
from shared.videos.models import PipelineStage, Visibility

MAX_TAGS = 50
MAX_BULK = 500
MAX_EMBED_DOMAINS = 50

_INSTANT = (
    r"^[12][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?"
    r"(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$"
)
_IS_INSTANT = re.compile(_INSTANT)
_FIRST_YEAR, _LAST_YEAR = 1000, 2999


def _within_reach(value: object) -> datetime:
    if isinstance(value, str) and not _IS_INSTANT.fullmatch(value):
        raise ValueError("must be a time with a zone in the years 1000 to 2999, e.g. 2026-11-20T12:00:00Z")
    found = instant(value)
    if not _FIRST_YEAR <= found.year <= _LAST_YEAR:  # a zone can lead out of them
        raise ValueError("must be in the years 1000 to 2999, in UTC too")
    return found


def _composed(tag: str) -> str:
    """The tag in Unicode's NFC, so that tags that look the same are the same; a few get longer by it and stay."""
    composed = unicodedata.normalize("NFC", tag)
    return composed if len(composed) <= MAX_TAG else tag


def _distinct(tags: list[str]) -> list[str]:
    return list(dict.fromkeys(tags))


Instant = Annotated[
    datetime,
    BeforeValidator(_within_reach),
    WithJsonSchema({"type": "string", "format": "date-time", "pattern": _INSTANT}),
]


def _whole(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


SortOrder = Annotated[int, Field(ge=-(2**31), le=2**31 - 1, strict=True), BeforeValidator(_whole)]
"""A place in an order. ``3.0`` is an integer of JSON Schema and so one here; ``"3"`` and ``true`` are none."""

VideoTag = Annotated[Tag, AfterValidator(_composed)]
"""A tag as videos have it: trimmed, in NFC."""

Tags = Annotated[list[VideoTag], Field(max_length=MAX_TAGS), AfterValidator(_distinct)]
"""All tags of a video: distinct, in the order in which they are given."""


EmbedDomain = Annotated[
    str,
    AfterValidator(domain_name),
    Field(
        description="a host name such as `www.example.org`, or `*.example.org` for all below it; kept in Punycode",
        # What clients can know of it; names in other scripts are taken as well.
        json_schema_extra={"pattern": r"^(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,20}$", "maxLength": 253},
    ),
]
EmbedDomains = Annotated[list[EmbedDomain], Field(max_length=MAX_EMBED_DOMAINS), AfterValidator(_distinct)]
"""Where a video may be embedded, beside the own site; an empty list is anywhere."""


class VideoInput(Input):
    """A video as it is created or replaced."""

    title: Title
    description: LongText | None = None
    tags: Tags = Field(default_factory=list)
    visibility: Visibility = Visibility.private
    course_id: UUID | None = None
    module_id: UUID | None = None
    sort_order: SortOrder = 0
    published_at: Instant | None = None
    pipeline_stage: PipelineStage = PipelineStage.draft
    master_file_url: WebUrl | None = None
    thumbnail_url: WebUrl | None = None
    embed_domains: EmbedDomains = Field(default_factory=list)


class VideoPatch(Input):
    """What to change of a video; what is left out stays."""

    title: Title = left_out()
    description: LongText | None = left_out()
    tags: Tags = left_out()
    visibility: Visibility = left_out()
    course_id: UUID | None = left_out()
    module_id: UUID | None = left_out()
    sort_order: SortOrder = left_out()
    published_at: Instant | None = left_out()
    pipeline_stage: PipelineStage = left_out()
    master_file_url: WebUrl | None = left_out()
    thumbnail_url: WebUrl | None = left_out()
    embed_domains: EmbedDomains = left_out()


class _Bulk(Input):
    ids: list[UUID] = Field(min_length=1, max_length=MAX_BULK, description="a repeated id is answered again, done once")


class BulkPlain(_Bulk):
    """An action that needs nothing but the videos."""

    action: Literal["archive", "restore", "encode", "migrate", "rollback"]


class BulkTags(_Bulk):
    """Tags to add behind those that are there, or to take away."""

    action: Literal["addTags", "removeTags"]
    tags: Tags = Field(min_length=1)


class BulkVisibility(_Bulk):
    """Who may play the videos."""

    action: Literal["setVisibility"]
    visibility: Visibility


class BulkStage(_Bulk):
    """The stage of production."""

    action: Literal["setStage"]
    stage: PipelineStage


class BulkCourse(_Bulk):
    """A course for the videos, and perhaps a module of it. Without a module, videos of another course lose theirs."""

    action: Literal["assignCourse"]
    course_id: UUID | None = Field(description="null: none")
    module_id: UUID | None = left_out()


BulkAction = BulkPlain | BulkTags | BulkVisibility | BulkStage | BulkCourse


def _plain_locations(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    """Errors point into the body: pydantic puts the action's name in front, and leaves out where the action stands."""
    try:
        return handler(value)
    except ValidationError as error:
        lines = [
            InitErrorDetails(
                type=line["type"],
                loc=("action",) if line["type"].startswith("union_tag_") else line["loc"][1:],
                input=line["input"],
                ctx=line.get("ctx", {}),
            )
            for line in error.errors()
        ]
        raise ValidationError.from_exception_data(error.title, lines) from None


def _without_discriminator(schema: JsonDict) -> None:
    """Tools split an alternative for each value in the mapping, and then think that two of them exclude each other."""
    schema.pop("discriminator", None)


class BulkInput(RootModel[Annotated[BulkAction, Field(discriminator="action"), WrapValidator(_plain_locations)]]):
    """One action on many videos."""

    model_config = ConfigDict(json_schema_extra=_without_discriminator)


class BulkError(Answer):
    """Why it was not done to a video."""

    code: str = Field(description="stable, for programs")
    message: str


class BulkResult(Answer):
    """What became of one video."""

    id: UUID
    ok: bool
    error: BulkError | None = Field(default=None, description="only where ok is false")


class BulkResults(Answer):
    """What became of each video, in the order of the ids."""

    results: list[BulkResult]


class TagOut(Answer):
    """A tag."""

    name: str
    count: int = Field(description="active videos that have it")


class TagList(Answer):
    """Tags, the most used first."""

    items: list[TagOut]


class TagRename(Input):
    """Which tag gets which name."""

    from_: VideoTag = Field(alias="from")
    to: VideoTag = Field(description="merges them, where there is such a tag already")


class TagRenamed(TagOut):
    """The tag with its new name."""

    videos: int = Field(description="videos that were changed, archived ones too")
