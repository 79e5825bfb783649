"""The end of an upload: its object becomes a video's master, or everything of it goes."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.clients.s3 import S3, ObjectNotFound, StorageUnavailable
from shared.clock import utc_now
from shared.config import Settings
from shared.db.session import Database
from shared.errors import AppError
from shared.jobs import outbox
from shared.jobs.tasks import PROBE_MASTER, ProbePayload
from shared.log import get_logger
from shared.uploads import repository
from shared.uploads.lock import Hold
from shared.uploads.models import Upload, UploadStatus
from shared.uploads.protocol import parse_metadata
from shared.uploads.writer import tail_prefix
from shared.videos import service as videos_service

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Backends:
    """What uploads work with. ``start_encode`` is called with the session, the actor and the video's id, in the
    transaction that makes the master, where the metadata asks for an encode; it returns the job's id."""

    database: Database
    s3: S3
    settings: Settings
    start_encode: Callable[[AsyncSession, str, UUID], Awaitable[UUID]]


async def finish(backends: Backends, hold: Hold, upload: Upload) -> Upload:
    """Make the master of an upload in status ``finishing``. Repeating it after a crash anywhere in between is fine.

    :raises VideoNotFound, VideoArchived: its video is no longer there to take it; the upload is dropped.
    """
    hold.working = True
    async with backends.database.session() as session:
        parts = await repository.parts(session, upload.id)
    await _assemble(backends.s3, upload, parts)
    sha = upload.sha256 or await _read_sha256(backends.s3, upload)
    try:
        async with backends.database.session() as session:
            await _accept(backends, session, hold, upload, sha)
    except AppError as error:
        if error.status < 500:
            await drop(backends, hold, upload)
        raise
    hold.note_released()
    async with backends.database.session() as session:
        found = await repository.get(session, upload.id)
    done = found[0] if found else upload
    with suppress(StorageUnavailable):  # the sweep deletes what stays
        await backends.s3.delete_prefix(upload.bucket, tail_prefix(upload.id))
    log.info("uploads.completed", upload_id=str(done.id), video_id=str(done.video_id), job_id=str(done.job_id))
    return done


async def _assemble(s3: S3, upload: Upload, parts: list[tuple[int, str]]) -> None:
    """Join the parts, unless that has happened."""
    assert upload.s3_upload_id is not None
    try:
        await s3.complete_multipart(upload.bucket, upload.key, upload.s3_upload_id, parts)
    except (ObjectNotFound, StorageUnavailable) as error:
        # The answer to an earlier call may have been lost: the object, of a key used once, tells.
        try:
            await s3.head(upload.bucket, upload.key)
        except ObjectNotFound:
            raise StorageUnavailable(error.detail) from error
    stored = await s3.head(upload.bucket, upload.key)
    if stored.size_bytes != upload.offset_bytes:
        raise StorageUnavailable(f"Storage holds {stored.size_bytes} bytes of {upload.offset_bytes}")


async def _read_sha256(s3: S3, upload: Upload) -> str:
    digest = sha256()
    body = await s3.open(upload.bucket, upload.key)
    async for chunk in body.chunks(1024 * 1024):
        digest.update(chunk)
    return digest.hexdigest()


async def _accept(backends: Backends, session: AsyncSession, hold: Hold, upload: Upload, sha: str) -> None:
    metadata = parse_metadata(upload.upload_metadata)
    video = await videos_service.accept_master(
        session,
        upload.owner,
        video_id=metadata.video_id,
        title=metadata.video_title,
        filename=metadata.filename,
        bucket=upload.bucket,
        key=upload.key,
        size_bytes=upload.offset_bytes,
        sha256=sha,
        content_type=str(upload.content_type),
    )
    job_id: UUID | None = None
    if metadata.encode:
        try:
            async with session.begin_nested():
                job_id = await backends.start_encode(session, upload.owner, video.id)
        except AppError as error:
            log.warning("uploads.encode_refused", upload_id=str(upload.id), video_id=str(video.id), code=error.code)
    if job_id is None:
        await _have_probed(session, video.id)
    await repository.delete_parts(session, upload.id)
    await hold.write(
        session,
        release=True,
        status=UploadStatus.completed,
        sha256=sha,
        video_id=video.id,
        job_id=job_id,
        hash_state=None,
        tail=[],
        completed_at=utc_now(),
    )


async def _have_probed(session: AsyncSession, video_id: UUID) -> None:
    """Where no encode looks at the master at once, a probe does: a plan can be shown, the duration is known."""
    master = await videos_service.current_master(session, video_id)
    if master is not None:
        payload = ProbePayload(master_id=master.id, bucket=master.bucket, key=master.key)
        await outbox.enqueue(session, PROBE_MASTER, payload)


async def drop(backends: Backends, hold: Hold, upload: Upload) -> None:
    """Delete an upload that is not to become a master: its parts, pieces and object, then its row.

    The row is marked first: where storage fails, the sweep goes on from there.
    """
    hold.working = True
    async with backends.database.session() as session:
        await hold.write(session, status=UploadStatus.gone)
        found = await repository.get(session, upload.id)
    fresh = found[0] if found else upload
    try:
        if fresh.s3_upload_id is not None:
            await backends.s3.abort_multipart(fresh.bucket, fresh.key, fresh.s3_upload_id)
            await backends.s3.delete(fresh.bucket, fresh.key)
        await backends.s3.delete_prefix(fresh.bucket, tail_prefix(fresh.id))
    except StorageUnavailable as error:
        log.warning("uploads.drop_postponed", upload_id=str(upload.id), error=error.detail)
        return
    async with backends.database.session() as session:
        await repository.remove(session, upload.id)
    hold.note_released()
    log.info("uploads.dropped", upload_id=str(upload.id))
