"""What comes in and goes out about platforms."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import (
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    ValidationInfo,
    WrapValidator,
    field_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import CoreSchema
from typing_extensions import TypeAliasType

from shared.platforms import rules
from shared.platforms.models import Platform, PlatformStatus
from shared.schemas import Answer, Input
from shared.text import ANY_TEXT, MAX_NAME, MAX_URL, Name, WebUrl


class _AnyJson:
    """Shows a value's JSON Schema as keywords without a type: generators of clients understand it as anything."""

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        itself = handler(core)["items"]
        return {
            "description": "any JSON, without NUL characters and with numbers that fit a double",
            "pattern": ANY_TEXT,
            "minimum": -rules.MAX_NUMBER,
            "maximum": rules.MAX_NUMBER,
            "items": itself,
            "patternProperties": {"": itself},
            "propertyNames": _NAMES,
        }


_NAMES = {"pattern": ANY_TEXT}
MetadataValue = TypeAliasType("MetadataValue", "Annotated[list[MetadataValue], _AnyJson()]")
# The types are for the JSON Schema. Reading by them would answer one wrong value with an error for each of them.
Metadata = Annotated[
    dict[str, MetadataValue],
    WrapValidator(lambda value, _: rules.check_metadata(value)),
    Field(json_schema_extra={"propertyNames": _NAMES}),
]


def _by_platform(schema: dict[str, Any]) -> None:
    """Say for each platform what its ids and addresses look like, in keywords that generators of clients pass over."""
    properties = schema["properties"]
    free = {to_camel(name): properties[to_camel(name)] for name in rules.LINKS}
    for name, own in free.items():
        properties[name] = {**own, "anyOf": [{"type": "string"}, {"type": "null"}]}
    choice: dict[str, Any] = {"properties": {name: {"anyOf": own["anyOf"]} for name, own in free.items()}}
    for platform, rule in rules.RULES.items():
        links = {to_camel(name): _link(name, getattr(rule, name)) for name in rules.LINKS}
        is_it = {"properties": {"platform": {"const": platform.value}}, "required": ["platform"]}
        choice = {"if": is_it, "then": {"properties": links}, "else": choice}
    schema.update(choice)


def _link(name: str, pattern: str) -> dict[str, Any]:
    longest = MAX_NAME if name == "external_id" else MAX_URL
    return {"anyOf": [{"type": "string", "maxLength": longest, "pattern": pattern}, {"type": "null"}]}


class PlatformInput(Input):
    """A video at one platform. What is left out stays as it is; null clears."""

    model_config = ConfigDict(json_schema_extra=_by_platform)

    platform: Platform
    external_id: Name | None = Field(default=None, description="taken from an address when it is left out")
    external_url: WebUrl | None = Field(default=None, description="made of the id when it is left out")
    embed_url: WebUrl | None = Field(default=None, description="made of the id when it is left out")
    status: PlatformStatus = PlatformStatus.pending
    privacy_level: Name | None = None
    details: Metadata = Field(
        default_factory=dict,
        alias="metadata",
        description=f"replaced as a whole; at most {rules.MAX_METADATA_BYTES} bytes, {rules.MAX_METADATA_DEPTH} levels",
    )

    @field_validator(*rules.LINKS, mode="before")
    @classmethod
    def _fits_the_platform(cls, value: object, info: ValidationInfo) -> object:
        platform, field = info.data.get("platform"), info.field_name
        if not isinstance(value, str) or len(value) > MAX_URL or platform is None or field is None:
            return value
        value = rules.check(platform, field, value)
        if field != "external_id":
            own = rules.named(platform, value).id
            if not rules.same_video(info.data.get("external_id"), own):
                raise ValueError(f"names the video {own}, but externalId is {info.data['external_id']}")
            other = rules.named(platform, info.data.get("external_url")).id
            if not rules.same_video(other, own):
                raise ValueError(f"names the video {own}, but externalUrl the video {other}")
        return value


class PlatformOut(Answer):
    """A video at one platform."""

    id: UUID
    platform: Platform
    external_id: str | None
    external_url: str | None
    embed_url: str | None
    status: PlatformStatus
    privacy_level: str | None
    synced_at: datetime | None = Field(description="when the platform was last asked")
    metadata: dict[str, Any] = Field(validation_alias="details")
    created_at: datetime
    updated_at: datetime
