"""Captions as the API answers them."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from pydantic import Field

from shared.encoding.subtitles import Track
from shared.schemas import Answer


@dataclass(frozen=True, slots=True)
class CaptionSummary:
    """All about a video's captions in one language but their text."""

    language: str
    label: str
    sha256: str
    updated_at: datetime
    size_bytes: int

    @property
    def track(self) -> Track:
        """As playlists name it. A time never comes again, so neither does the name of anything that was replaced."""
        revision = f"{self.sha256} {self.updated_at.timestamp():.6f}"
        return Track(self.language, self.label, hashlib.sha256(revision.encode()).hexdigest()[:12])


class CaptionOut(Answer):
    """Captions in one language."""

    language: str = Field(description="a language tag (BCP 47), e.g. `de`, `en-US`")
    label: str = Field(description="what players call it")
    url: str = Field(description="the WebVTT file; works as it is once the published streams have it")
    size_bytes: int
    updated_at: datetime


class CaptionList(Answer):
    """All captions of a video, by language."""

    items: list[CaptionOut]
