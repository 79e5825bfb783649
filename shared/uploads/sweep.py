"""What the control worker does for uploads: end those nobody works on any more, and remove what no row knows."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Final
from uuid import UUID

from shared.clock import utc_now
from shared.errors import AppError
from shared.log import get_logger
from shared.uploads import lock, repository
from shared.uploads.errors import UploadLocked, UploadNotFound
from shared.uploads.finish import Backends, drop, finish
from shared.uploads.lock import LockState
from shared.uploads.models import Upload, UploadStatus
from shared.uploads.service import MASTERS_PREFIX

log = get_logger(__name__)
BATCH: Final = 100
_TAILS_PREFIX: Final = "uploads/"
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(slots=True)
class Swept:
    """What one sweep did."""

    dropped: int = 0
    finished: int = 0
    stray_multiparts: int = 0
    stray_pieces: int = 0


async def sweep(backends: Backends) -> Swept:
    """One round, in bounded batches. Run it every 30 s or so: all that an ended upload left is then gone in 60 s."""
    swept = Swept()
    async with backends.database.session() as session:
        due = await repository.to_sweep(session, silent_seconds=lock.DEAD_SECONDS, limit=BATCH)
    for upload_id in due:
        try:
            await _end(backends, upload_id, swept)
        except (UploadLocked, UploadNotFound):
            continue
        except AppError as error:
            log.warning("uploads.sweep_postponed", upload_id=str(upload_id), code=error.code, detail=error.detail)
        except Exception:  # one broken upload must not keep the others from being swept
            log.exception("uploads.sweep_failed", upload_id=str(upload_id))
    await _abort_strays(backends, swept)
    await _delete_stray_pieces(backends, swept)
    if swept != Swept():
        log.info("uploads.swept", dropped=swept.dropped, finished=swept.finished, multiparts=swept.stray_multiparts)
    return swept


async def _end(backends: Backends, upload_id: UUID, swept: Swept) -> None:
    def still_due(upload: Upload, now: datetime) -> None:
        busy = lock.lock_state(upload, now) not in {LockState.free, LockState.dead}
        living = upload.status == UploadStatus.active and upload.expires_at > now
        if busy or living or upload.status == UploadStatus.completed:
            raise UploadLocked

    upload = await lock.acquire(backends.database, upload_id, still_due)
    async with lock.holding(backends.database, upload) as hold:
        if upload.status == UploadStatus.finishing and upload.expires_at > utc_now():
            await finish(backends, hold, upload)
            swept.finished += 1
        else:
            await drop(backends, hold, upload)
            swept.dropped += 1


async def _abort_strays(backends: Backends, swept: Swept) -> None:
    """A live upload's key may have a second multipart upload, begun by a process that died before it was recorded."""
    bucket = backends.settings.s3_masters_bucket
    async for page in backends.s3.list_multiparts(bucket, MASTERS_PREFIX):
        async with backends.database.session() as session:
            live = await repository.live_keys(session, [key for key, _ in page])
        for key, s3_upload_id in page:
            if key not in live or live[key] not in {None, s3_upload_id}:
                await backends.s3.abort_multipart(bucket, key, s3_upload_id)
                swept.stray_multiparts += 1


async def _delete_stray_pieces(backends: Backends, swept: Swept) -> None:
    bucket = backends.settings.s3_masters_bucket
    async for batch in _owners_of_pieces(backends):
        async with backends.database.session() as session:
            live = await repository.live_ids(session, batch)
        for upload_id in batch:
            if upload_id not in live:
                swept.stray_pieces += await backends.s3.delete_prefix(bucket, f"{_TAILS_PREFIX}{upload_id}/")


async def _owners_of_pieces(backends: Backends) -> AsyncIterator[list[UUID]]:
    """Ids of the uploads that have pieces, in batches. What is not named like one is not ours: it stays."""
    keys = [entry.key async for entry in backends.s3.list_objects(backends.settings.s3_masters_bucket, _TAILS_PREFIX)]
    ids = [UUID(name) for name, _ in groupby(key.split("/")[1] for key in keys) if _UUID.fullmatch(name)]
    for start in range(0, len(ids), BATCH):
        yield ids[start : start + BATCH]
