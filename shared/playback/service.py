"""What a viewer is handed: our own stream, the Vimeo embed, or nothing yet."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.auth.service import Caller
from shared.config import Settings
from shared.errors import Unauthorized
from shared.platforms import service as platforms_service
from shared.platforms.models import Platform
from shared.playback.schemas import Caption, Playback, Provider
from shared.playback.urls import api_caption_url, output_urls, player_url
from shared.videos.models import MigrationStatus, Video, VideoStatus, Visibility

#: The one file beside the stream that is made to be kept.
DOWNLOAD = "download.mp4"
_AT_VIMEO = {MigrationStatus.vimeo_only, MigrationStatus.migrating}


@dataclass(frozen=True, slots=True)
class CaptionFile:
    """Captions in one language; ``name`` is their object below the published generation, None until it is there."""

    language: str
    label: str
    name: str | None


def check_may_watch(video: Video, caller: Caller | None) -> None:
    """Public and unlisted videos play for everybody; private, paid and archived ones need credentials.

    :raises Unauthorized: nobody is signed in.
    """
    is_open = video.visibility in {Visibility.public, Visibility.unlisted} and video.status != VideoStatus.archived
    if not is_open and caller is None:
        raise Unauthorized("This video is not public; send credentials")


def _provider(video: Video, *, embed_url: str | None, has_output: bool) -> Provider:
    """The one rule of who serves a video. ``embed_url`` is Vimeo's."""
    if video.migration_status in _AT_VIMEO and embed_url:
        return Provider.vimeo
    return Provider.hls if has_output else Provider.none


async def playable(session: AsyncSession, videos: Collection[Video]) -> set[UUID]:
    """Which of the videos are active and have something to hand to a viewer: a published generation or the embed at
    Vimeo. What can be watched while its first encode runs is not counted. One query, however many videos.
    """
    platforms = await platforms_service.platforms_of(session, [video.id for video in videos])
    embeds = {
        video_id: row.embed_url
        for video_id, rows in platforms.items()
        for row in rows
        if row.platform == Platform.vimeo
    }
    return {
        video.id
        for video in videos
        if video.status == VideoStatus.active
        and _provider(video, embed_url=embeds.get(video.id), has_output=video.generation_id is not None)
        is not Provider.none
    }


async def playback_of(
    session: AsyncSession,
    settings: Settings,
    video: Video,
    *,
    published_prefix: str | None,
    download_bytes: int | None,
    encoding_progress: int | None,
    growing_prefix: str | None,
    playable_seconds: float | None,
    captions: Sequence[CaptionFile] = (),
    poster: tuple[str, str] | None = None,
) -> Playback:
    """Choose the provider.

    ``published_prefix`` is the published generation's directory, ``download_bytes`` the size of the MP4 in it, if it
    has one; ``growing_prefix`` that of a generation which can be
    watched while it is made, ``playable_seconds`` of it; it is used only where nothing is published yet.
    ``encoding_progress`` is that of the encode that is under way, None when there is none. ``poster`` is the directory
    and the name of a picture that was chosen for the video.
    """
    visibility = Visibility(video.visibility)
    answer = Playback(
        provider=Provider.none,
        player_url=player_url(settings, video.id),
        poster_url=output_urls(settings, poster[0], visibility).to(poster[1]) if poster else video.thumbnail_url,
        duration_seconds=video.duration_seconds,
        encoding=encoding_progress is not None,
        encoding_progress=encoding_progress,
    )
    vimeo = (
        await platforms_service.find(session, video.id, Platform.vimeo) if video.migration_status in _AT_VIMEO else None
    )
    embed_url = vimeo.embed_url if vimeo else None
    prefix = published_prefix or growing_prefix
    provider = _provider(video, embed_url=embed_url, has_output=prefix is not None)
    if provider is Provider.vimeo:
        return answer.model_copy(update={"provider": provider, "embed_url": embed_url})
    if prefix is None:
        return answer
    urls = output_urls(settings, prefix, visibility)
    updates: dict[str, object] = {
        "provider": provider,
        "hls_url": urls.to("master.m3u8"),
        "expires_at": datetime.fromtimestamp(urls.expires_at, UTC),
        "captions": [
            Caption(
                language=caption.language,
                label=caption.label,
                url=urls.to(caption.name) if caption.name else api_caption_url(settings, video.id, caption.language),
            )
            for caption in captions
        ],
    }
    if not published_prefix:
        updates["playable_seconds"] = playable_seconds
    if published_prefix:
        updates["poster_url"] = answer.poster_url or urls.to("poster.jpg")
        updates["sprites_vtt_url"] = urls.to("sprites/sprites.vtt")
        if download_bytes is not None:
            updates |= {"download_url": urls.to(DOWNLOAD), "download_bytes": download_bytes}
    return answer.model_copy(update=updates)
