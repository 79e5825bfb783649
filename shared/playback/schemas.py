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


class EncodingState(BaseModel):
    """Shown while an encode runs."""

    model_config = _CAMEL

    progress: int
    playable_seconds: float | None = Field(description="how much can be watched already")


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
    captions: list[Caption] = Field(default_factory=list)
    duration_seconds: float | None = None
    encoding: EncodingState | None = None
    expires_at: datetime | None = None
