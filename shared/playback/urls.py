"""Where a viewer gets outputs: the CDN, or ``/media`` of this server, with the directory's token in the path."""

import time
from dataclasses import dataclass

from shared.config import Settings
from shared.playback.tokens import directory_prefix
from shared.videos.models import Visibility

_OPEN = {Visibility.public, Visibility.unlisted}


@dataclass(frozen=True, slots=True)
class OutputUrls:
    """URLs below one generation's directory. ``expires_at`` in Unix seconds."""

    base: str
    expires_at: int

    def to(self, name: str) -> str:
        """URL of one object of the generation."""
        return f"{self.base}{name}"


def output_urls(settings: Settings, prefix: str, visibility: Visibility) -> OutputUrls:
    """Signed URLs for ``<video>/<generation>/``: long-lived for public and unlisted videos, short for the others."""
    seconds = settings.playback_token_seconds_open if visibility in _OPEN else settings.playback_token_seconds_closed
    # Rounded, so that within a minute every viewer has the same URL and caches can share it.
    expires = (int(time.time()) // 60 + 1) * 60 + seconds
    directory = f"/{prefix}"
    token = directory_prefix(settings.playback_key, directory, expires)
    origin = (
        f"https://{settings.bunny_cdn_hostname}" if settings.bunny_cdn_hostname else f"{settings.public_base_url}/media"
    )
    return OutputUrls(f"{origin}/{token}{directory}", expires)


def api_caption_url(settings: Settings, video_id: object, language: str) -> str:
    """The captions in one language where they are always to be had."""
    return f"{settings.public_base_url}/api/videos/{video_id}/captions/{language}"


def player_url(settings: Settings, video_id: object) -> str:
    """The page that plays a video, whoever hosts it."""
    return f"{settings.public_base_url}/embed/{video_id}"
