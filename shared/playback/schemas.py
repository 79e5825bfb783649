"""What a viewer is handed."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

_CAMEL = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class Provider(StrEnum):
    """Who serves the picture."""

    hls = "hls"
    vimeo = "vimeo"
    none = "none"


class Caption(BaseModel):
    """One caption track."""

    model_config = _CAMEL

    language: str
    label: str
    url: str


class Playback(BaseModel):
    """The answer of ``GET /api/videos/{id}/playback``. URLs work as they are, token included."""

    model_config = _CAMEL

    provider: Provider
    hls_url: str | None = None
    embed_url: str | None = None
    player_url: str
    poster_url: str | None = None
    sprites_vtt_url: str | None = None
    download_url: str | None = Field(None, description="one MP4 to keep, where the encode was asked to make one")
    download_bytes: int | None = None
    captions: list[Caption] = Field(default_factory=list)
    duration_seconds: float | None = None
    encoding: bool = Field(False, description="whether an encode is under way, the first one or another")
    encoding_progress: int | None = Field(None, description="of that encode, in percent; null when there is none")
    playable_seconds: float | None = Field(
        None, description="how far the stream reaches that is watched while it is made; null for any other"
    )
    expires_at: datetime | None = None
