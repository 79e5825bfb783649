"""What a viewer is handed: our own stream, the Vimeo embed, or nothing yet."""

from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from shared.auth.service import Caller
from shared.config import Settings
from shared.errors import Unauthorized
from shared.platforms import service as platforms_service
from shared.platforms.models import Platform
from shared.playback.schemas import EncodingState, Playback, Provider
from shared.playback.urls import output_urls, player_url
from shared.videos.models import MigrationStatus, Video, VideoStatus, Visibility

_AT_VIMEO = {MigrationStatus.vimeo_only, MigrationStatus.migrating}


def check_may_watch(video: Video, caller: Caller | None) -> None:
    """Public and unlisted videos play for everybody; private, paid and archived ones need credentials.

    :raises Unauthorized: nobody is signed in.
    """
    is_open = video.visibility in {Visibility.public, Visibility.unlisted} and video.status != VideoStatus.archived
    if not is_open and caller is None:
        raise Unauthorized("This video is not public; send credentials")


async def playback_of(
    session: AsyncSession,
    settings: Settings,
    video: Video,
    *,
    published_prefix: str | None,
    encoding: EncodingState | None,
    growing_prefix: str | None,
) -> Playback:
    """Choose the provider.

    ``published_prefix`` is the published generation's directory; ``growing_prefix`` that of a generation which can be
    watched while it is made, used only where nothing is published yet.
    """
    answer = Playback(
        provider=Provider.none,
        player_url=player_url(settings, video.id),
        poster_url=video.thumbnail_url,
        duration_seconds=video.duration_seconds,
        encoding=encoding,
    )
    if video.migration_status in _AT_VIMEO:
        vimeo = await platforms_service.find(session, video.id, Platform.vimeo)
        if vimeo is not None and vimeo.embed_url:
            return answer.model_copy(update={"provider": Provider.vimeo, "embed_url": vimeo.embed_url})
    prefix = published_prefix or growing_prefix
    if prefix is None:
        return answer
    urls = output_urls(settings, prefix, Visibility(video.visibility))
    updates: dict[str, object] = {
        "provider": Provider.hls,
        "hls_url": urls.to("master.m3u8"),
        "expires_at": datetime.fromtimestamp(urls.expires_at, UTC),
    }
    if published_prefix:
        updates["poster_url"] = video.thumbnail_url or urls.to("poster.jpg")
        updates["sprites_vtt_url"] = urls.to("sprites/sprites.vtt")
    return answer.model_copy(update=updates)
