"""Captions of a video: one WebVTT file for each language, beside every generation that is published (decision 16).

Whoever changes them marks the published generation; the control worker then writes files and playlists and takes the
mark away, if nothing has changed in between.
"""

import asyncio
import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.audit import service as audit_service
from shared.clock import utc_now
from shared.encoding import captions_repository as repository
from shared.encoding import languages, webvtt
from shared.encoding.captions_schemas import CaptionSummary
from shared.encoding.errors import CaptionNotFound, TooManyCaptions
from shared.encoding.models import Caption, Generation, GenerationStatus
from shared.encoding.subtitles import Track
from shared.errors import TooLarge
from shared.jobs import outbox
from shared.jobs.tasks import DELETE_OBJECTS, DeleteObjectsPayload
from shared.videos import service as videos_service
from shared.videos.errors import VideoArchived
from shared.videos.models import VideoStatus

MAX_LANGUAGES = 40
#: Who has begun to watch finds the captions of that time for this long.
KEPT_FOR = timedelta(hours=1)


async def captions_of(session: AsyncSession, video_id: UUID) -> list[CaptionSummary]:
    """The captions of a video by language; none where there is no such video."""
    return await repository.of_video(session, video_id)


async def find(session: AsyncSession, video_id: UUID, language: str) -> Caption | None:
    """The captions in one language, a normalised tag."""
    return await repository.one(session, video_id, language)


async def get_caption(session: AsyncSession, video_id: UUID, language: str) -> Caption:
    """The captions in one language, a normalised tag.

    :raises CaptionNotFound: there are none.
    """
    caption = await repository.one(session, video_id, language)
    if caption is None:
        raise CaptionNotFound(f"The video {video_id} has no captions in {language}")
    return caption


async def lock_video(session: AsyncSession, video_id: UUID) -> None:
    """Keep other writers away from a video's captions and poster.

    :raises VideoNotFound: no such video.
    :raises VideoArchived: restore it first.
    """
    await check_video(session, video_id, lock=True)


async def check_video(session: AsyncSession, video_id: UUID, *, lock: bool = False) -> None:
    """As :func:`lock_video`, for a first look."""
    video = await videos_service.get_video(session, video_id, lock=lock)
    if video.status == VideoStatus.archived:
        raise VideoArchived("Restore the video before you change it")


async def read_text(body: bytes, language: str) -> str:
    """Clean WebVTT from a file of captions, in a thread: a long one takes a while.

    :raises TooLarge: more than :data:`webvtt.MAX_BYTES`.
    :raises CaptionsUnreadable: neither WebVTT nor SRT, or times that make no sense.
    """
    if len(body) > webvtt.MAX_BYTES:
        raise TooLarge(f"A file of captions may have {webvtt.MAX_BYTES} bytes at most")
    return await asyncio.to_thread(webvtt.clean, body, language)


async def put_caption(
    session: AsyncSession, actor: str, video_id: UUID, *, language: str, label: str | None, text: str
) -> tuple[CaptionSummary, bool]:
    """Set the captions of a locked video in one language; says whether they are new.

    Without a ``label`` the one there is stays, or the language's own name is taken.

    :raises TooManyCaptions: the video has :data:`MAX_LANGUAGES` already.
    """
    row = await repository.one(session, video_id, language)
    is_new = row is None
    if row is None:
        if len(await repository.of_video(session, video_id)) >= MAX_LANGUAGES:
            raise TooManyCaptions(f"A video has captions in {MAX_LANGUAGES} languages at most: delete one first")
        row = Caption(video_id=video_id, language=language, label="", content="", sha256="")
    before = {"label": row.label, "sha256": row.sha256}
    row.label = label or row.label or languages.own_name(language)
    row.content, row.sha256 = text, hashlib.sha256(text.encode()).hexdigest()
    after = {"label": row.label, "sha256": row.sha256}
    if after != before:
        session.add(row)
        await session.flush()
        await session.refresh(row)
        await repository.mark_stale(session, video_id)
        where = {"language": language}
        await audit_service.record(
            session,
            actor,
            "captions.update",
            "video",
            video_id,
            before=None if is_new else {**where, **before},
            after={**where, **after},
        )
    summary = CaptionSummary(language, row.label, row.sha256, row.updated_at, len(row.content.encode()))
    return summary, is_new


async def delete_caption(session: AsyncSession, actor: str, video_id: UUID, language: str) -> None:
    """Take the captions of a locked video in one language away.

    :raises CaptionNotFound: there are none.
    """
    row = await get_caption(session, video_id, language)
    await session.delete(row)
    await session.flush()
    await repository.mark_stale(session, video_id)
    before = {"language": language, "label": row.label, "sha256": row.sha256}
    await audit_service.record(session, actor, "captions.delete", "video", video_id, before=before)


async def mark_published(session: AsyncSession, generation: Generation, video_id: UUID) -> None:
    """A generation of a locked video is published: it needs the captions that the video has."""
    if await repository.of_video(session, video_id):
        generation.captions_stale = True


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be written beside a published generation. ``duration_seconds``: as far as its encoder said."""

    generation_id: UUID
    video_id: UUID
    bucket: str
    prefix: str
    duration_seconds: float | None
    tracks: tuple[Track, ...]


async def stale_generations(session: AsyncSession, *, limit: int) -> list[UUID]:
    """Published generations whose playlists are behind their video's captions."""
    return await repository.stale(session, limit=limit)


async def work_of(session: AsyncSession, generation_id: UUID) -> Work | None:
    """What is to be written now; None where nobody needs it any more."""
    found = await repository.generation(session, generation_id)
    if found is None or found.video_id is None or found.status != GenerationStatus.published:
        return None
    tracks = tuple(caption.track for caption in await repository.of_video(session, found.video_id))
    return Work(found.id, found.video_id, found.bucket, found.prefix, found.duration_seconds, tracks)


async def text_of(session: AsyncSession, video_id: UUID, track: Track) -> str | None:
    """The file of one track; None where the captions are no longer these."""
    caption = await repository.one(session, video_id, track.language)
    # In this order: a text that has been replaced since is not taken for the one that replaced it.
    tracks = [summary.track for summary in await repository.of_video(session, video_id)]
    return caption.content if caption is not None and track in tracks else None


async def note_written(session: AsyncSession, work: Work, *, leftovers: Collection[str]) -> bool:
    """The playlists say what ``work`` says. Whether that is still right decides if they are written again: a slow
    worker may have put back what another one had replaced. ``leftovers`` are directories that no playlist names now.
    """
    found = await repository.generation(session, work.generation_id, lock=True)
    if found is None or found.status != GenerationStatus.published:
        return True
    tracks: Sequence[Track] = [caption.track for caption in await repository.of_video(session, work.video_id)]
    found.captions_stale = tuple(tracks) != work.tracks
    if not found.captions_stale:
        for directory in sorted(leftovers):
            request = DeleteObjectsPayload(bucket=work.bucket, prefix=f"{work.prefix}{directory}")
            await outbox.enqueue(session, DELETE_OBJECTS, request, available_at=utc_now() + KEPT_FOR)
    await session.flush()
    return not found.captions_stale
