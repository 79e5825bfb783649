"""The control worker's steps of migrations: what is due of each move, one transaction for each change.

Rows say where every move is, so several control workers may run, and one that is killed leaves nothing half done: its
lease runs out, and the step is begun again with another take.
"""

from collections.abc import Awaitable, Callable, Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy.exc import SQLAlchemyError

from shared.analytics import viewings
from shared.clients.s3 import S3, ObjectNotFound, StorageUnavailable
from shared.clients.vimeo import (
    VimeoBackingOff,
    VimeoNotConnected,
    VimeoNotFound,
    VimeoQuotaExhausted,
    VimeoRefused,
    VimeoUnavailable,
)
from shared.clock import utc_now
from shared.config import Settings
from shared.db.session import Database
from shared.errors import AppError
from shared.hosting import endings, repository, steps
from shared.hosting import service as hosting_service
from shared.hosting.models import HostingMove, MoveStatus
from shared.hosting.service import external_number
from shared.log import get_logger
from shared.vimeo import service as vimeo_service

log = get_logger(__name__)
_SWEPT_AT_ONCE = 50
# A step must not wait long for its turn: others are due as well.
_PATIENCE_SECONDS = 20.0


class Hosting:
    """:meth:`step` does all that is due."""

    def __init__(self, settings: Settings, database: Database, s3: S3, http: httpx.AsyncClient) -> None:
        self._settings = settings
        self._database = database
        self._s3 = s3
        self._http = http

    async def step(self) -> None:
        """Bring every move on as far as it can go now; one that fails holds up no other."""
        now = utc_now()
        async with self._database.session() as session:
            stranded = await repository.stranded(session)
            followed = await repository.encoding_moves(session)
            silent = await repository.due(session, MoveStatus.fetching, MoveStatus.comparing, now=now)
        await self._each(stranded, self._end_stranded)
        await self._each(followed, self._follow_encode)
        await self._each(silent, self._reap)
        async with self._database.session() as session:
            await steps.admit(session, self._settings)
        async with self._database.session() as session:
            waiting = await repository.due(session, MoveStatus.resolving, now=utc_now())
        await self._each(waiting, self._resolve)
        async with self._database.session() as session:
            await repository.finish_batches(session, now=utc_now())
            unswept = await repository.unswept(session, limit=_SWEPT_AT_ONCE)
        for move in unswept:
            await self._each([move.id], lambda _, move=move: self._sweep(move))  # type: ignore[misc]

    async def _each(self, move_ids: Iterable[UUID], act: Callable[[UUID], Awaitable[None]]) -> None:
        for move_id in move_ids:
            try:
                await act(move_id)
            except (AppError, SQLAlchemyError, OSError) as error:  # the next step tries again
                log.warning("hosting.step_failed", move_id=str(move_id), error=f"{type(error).__name__}: {error}"[:300])
            except Exception:  # a bug with one move must not stop the others
                log.exception("hosting.step_crashed", move_id=str(move_id))

    async def _end_stranded(self, move_id: UUID) -> None:
        async with self._database.session() as session:
            await endings.end_stranded(session, self._settings, move_id)

    async def _follow_encode(self, move_id: UUID) -> None:
        async with self._database.session() as session:
            await steps.follow_encode(session, self._settings, move_id)

    async def _reap(self, move_id: UUID) -> None:
        async with self._database.session() as session:
            await steps.reap(session, self._settings, move_id)

    async def _resolve(self, move_id: UUID) -> None:
        """Ask Vimeo for a link that is good now, and have the file fetched, unless it is still here."""
        async with self._database.session() as session:
            claimed = await steps.claim(session, self._settings, move_id)
        if claimed is None:
            return
        move, external_id = claimed
        try:
            await self._begin(move, external_number(external_id))
        except (VimeoQuotaExhausted, VimeoBackingOff) as error:
            async with self._database.session() as session:
                await steps.wait(session, move.id, move.take, code=error.code, message=error.detail, until=error.until)
        except (VimeoNotFound, VimeoRefused, VimeoNotConnected) as error:
            await self._resolve_failed(move, error.code, error.detail, permanent=True)
        except (VimeoUnavailable, StorageUnavailable, ObjectNotFound) as error:
            await self._resolve_failed(move, error.code, error.detail, permanent=False)

    async def _begin(self, move: HostingMove, number: str | None) -> None:
        if number is None:
            words = "The video's entry at Vimeo has no id: enter it first"
            await self._resolve_failed(move, "not_at_vimeo", words, permanent=True)
            return
        client = vimeo_service.connect(self._settings, self._database, self._http, patience_seconds=_PATIENCE_SECONDS)
        video = await client.video(number, downloads=True)
        facts, file = steps.facts_of(video), video.source
        if file is None:
            words = "Vimeo offers no file of this video: the token needs the scope video_files, and the plan downloads"
            await self._resolve_failed(move, "no_download", words, permanent=True)
            return
        if facts["size"] is not None and facts["size"] > self._settings.upload_max_bytes:
            words = f"The file has {facts['size']} bytes; UPLOAD_MAX_BYTES allows {self._settings.upload_max_bytes}"
            await self._resolve_failed(move, "too_large", words, permanent=True)
            return
        if await self._begin_kept(move, facts):
            return
        bucket, key, upload_id = await self._upload(move, facts)
        async with self._database.session() as session:
            begun = await steps.begin_fetch(
                session, move.id, move.take, facts, url=file.link, bucket=bucket, key=key, upload_id=upload_id
            )
        log.info("hosting.fetching" if begun else "hosting.overtaken", move_id=str(move.id), take=move.take)

    async def _begin_kept(self, move: HostingMove, facts: dict[str, Any]) -> bool:
        async with self._database.session() as session:
            master = await steps.kept_master(session, move, facts)
        if master is None:
            return False
        try:
            stored = await self._s3.head(master.bucket, master.key)
        except ObjectNotFound:
            return False
        if stored.size_bytes != master.size_bytes:
            return False
        async with self._database.session() as session:
            return await steps.begin_kept(session, self._settings, move.id, move.take, facts, master.id)

    async def _upload(self, move: HostingMove, facts: dict[str, Any]) -> tuple[str, str, str]:
        """The multipart upload that every take continues, while the file at Vimeo stays the same one."""
        same = all(move.source.get(name) == facts[name] for name in ("size", "md5"))
        if move.upload_id is not None and move.master_key is not None and move.bucket is not None and same:
            return move.bucket, move.master_key, move.upload_id
        # A key of its own for each take: whatever an earlier one has left is found by the move's directory.
        bucket = self._settings.s3_masters_bucket
        key = f"{steps.PREFIX}{move.id}/{move.take}/source"
        return bucket, key, await self._s3.create_multipart(bucket, key, content_type="video/mp4")

    async def _resolve_failed(self, move: HostingMove, code: str, message: str, *, permanent: bool) -> None:
        async with self._database.session() as session:
            await steps.resolve_failed(
                session, self._settings, move.id, move.take, code=code, message=message, permanent=permanent
            )

    async def _sweep(self, move: HostingMove) -> None:
        """Delete what a move that has ended has stored, but for its master."""
        bucket, prefix = move.bucket or self._settings.s3_masters_bucket, f"{steps.PREFIX}{move.id}/"
        async for page in self._s3.list_multiparts(bucket, prefix):
            for key, upload_id in page:
                await self._s3.abort_multipart(bucket, key, upload_id)
        async with self._database.session() as session:
            kept = await endings.key_to_keep(session, move)
        strays = [entry.key async for entry in self._s3.list_objects(bucket, prefix) if entry.key != kept]
        await self._s3.delete_many(bucket, strays)
        async with self._database.session() as session:
            await repository.note_swept(session, move.id)


class FailureWatch:
    """Where viewers' players fail too often, Vimeo plays again (ROLLBACK_ERROR_PERCENT)."""

    def __init__(self, settings: Settings, database: Database, http: httpx.AsyncClient) -> None:
        self._settings = settings
        self._database = database
        self._http = http

    async def step(self) -> None:
        """Look at the last hour's viewings of what can go back."""
        if not self._settings.rollback_error_percent:
            return
        async with self._database.session() as session:
            shares = await viewings.error_shares(session, since=utc_now() - timedelta(hours=1))
            fallible = await repository.primary(session, shares)
        for video_id in fallible:
            seen, errors = shares[video_id]
            await hosting_service.roll_back_if_failing(
                self._database, self._settings, self._http, video_id, viewings=seen, errors=errors
            )
