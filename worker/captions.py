"""Writes captions beside published generations, and the playlists that name them (decision 16).

A step of the control worker. It looks at what is in storage, so it may be cut off anywhere and repeated.
"""

import asyncio
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from shared.clients.s3 import S3
from shared.db.session import Database
from shared.encoding import captions as captions_service
from shared.encoding import webvtt
from shared.encoding.captions import Work
from shared.encoding.outputs import MULTIVARIANT
from shared.encoding.subtitles import DIRECTORY, FILE, PLAYLIST, Track, media_playlist, with_tracks
from shared.errors import AppError
from shared.log import get_logger

log = get_logger(__name__)
#: After a failure the same generation is left alone for this long.
AGAIN_SECONDS = 30.0
_BATCH = 100
# Content type and how long it may be cached.
_WEBVTT = "text/vtt; charset=utf-8", "public, max-age=31536000, immutable"
_PLAYLIST = "application/vnd.apple.mpegurl", "public, max-age=10"


class CaptionWriter:
    """:meth:`write` does all that there is to do."""

    def __init__(self, database: Database, s3: S3) -> None:
        self._database = database
        self._s3 = s3
        self._not_before: dict[UUID, float] = {}

    async def write(self) -> None:
        """Bring every published generation up to its video's captions; one that fails does not hold up the others."""
        async with self._database.session() as session:
            stale = await captions_service.stale_generations(session, limit=_BATCH)
        now = asyncio.get_running_loop().time()
        self._not_before = {key: until for key, until in self._not_before.items() if until > now}
        for generation_id in stale:
            if generation_id in self._not_before:
                continue
            try:
                await self._write(generation_id)
            except (AppError, SQLAlchemyError, OSError) as error:
                self._not_before[generation_id] = now + AGAIN_SECONDS
                log.warning(
                    "captions.write_failed",
                    generation_id=str(generation_id),
                    error=f"{type(error).__name__}: {error}"[:300],
                )

    async def _write(self, generation_id: UUID) -> None:
        async with self._database.session() as session:
            work = await captions_service.work_of(session, generation_id)
        if work is None:
            return
        where = f"{work.prefix}{DIRECTORY}"
        stored = {entry.key.removeprefix(work.prefix) async for entry in self._s3.list_objects(work.bucket, where)}
        for track in work.tracks:
            if not await self._write_track(work, track, stored):
                return  # changed in between: the mark is still there
        multivariant = (await self._s3.get(work.bucket, f"{work.prefix}{MULTIVARIANT}")).decode()
        wanted = with_tracks(multivariant, work.tracks)
        if wanted != multivariant:
            await self._put(work, MULTIVARIANT, wanted, kind=_PLAYLIST)
        named = {track.directory for track in work.tracks}
        leftovers = {f"{name.rpartition('/')[0]}/" for name in stored} - named - {DIRECTORY}
        async with self._database.session() as session:
            is_done = await captions_service.note_written(session, work, leftovers=leftovers)
        if is_done:
            log.info("captions.written", video_id=str(work.video_id), languages=[t.language for t in work.tracks])

    async def _write_track(self, work: Work, track: Track, stored: set[str]) -> bool:
        """The file first, then the playlist that names it. False where the captions are no longer these."""
        if f"{track.directory}{PLAYLIST}" in stored:
            return True
        async with self._database.session() as session:
            text = await captions_service.text_of(session, work.video_id, track)
        if text is None:
            return False
        await self._put(work, f"{track.directory}{FILE}", text, kind=_WEBVTT)
        duration = work.duration_seconds
        if duration is None:
            duration = await asyncio.to_thread(webvtt.last_end_seconds, text)
        await self._put(work, f"{track.directory}{PLAYLIST}", media_playlist(duration), kind=_PLAYLIST)
        return True

    async def _put(self, work: Work, name: str, text: str, *, kind: tuple[str, str]) -> None:
        content_type, cache = kind
        key = f"{work.prefix}{name}"
        await self._s3.put(work.bucket, key, text.encode(), content_type=content_type, cache_control=cache)
