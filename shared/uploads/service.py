"""What one may do with uploads: create, look, append, terminate. The sweep is in ``sweep.py``.

No function here takes a session: an upload lasts as long as its client needs, and no connection to the database is
held meanwhile. Each opens short transactions of its own.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from shared.auth.models import Role
from shared.auth.service import Caller
from shared.clients.s3 import ObjectNotFound
from shared.clock import utc_now
from shared.errors import AppError
from shared.ids import random_id
from shared.log import get_logger
from shared.uploads import lock, repository
from shared.uploads.errors import (
    BadHeader,
    BodyInterrupted,
    NotAVideo,
    OffsetMismatch,
    UploadGone,
    UploadLocked,
    UploadNotFound,
    UploadTooLarge,
)
from shared.uploads.finish import Backends, drop, finish
from shared.uploads.lock import Hold, LockState
from shared.uploads.models import Upload, UploadStatus
from shared.uploads.protocol import Checksum, parse_metadata
from shared.uploads.writer import Writer
from shared.videos import service as videos_service
from shared.videos.errors import VideoArchived
from shared.videos.models import VideoStatus

log = get_logger(__name__)
MASTERS_PREFIX: Final = "masters/"


@dataclass(frozen=True, slots=True)
class Piece:
    """One request's bytes: where they belong, how many there are where that is known, and their checksum.

    ``declared_length`` is an ``Upload-Length`` that comes after creation.
    """

    offset: int
    size: int | None
    checksum: Checksum | None
    chunks: AsyncIterator[bytes]
    declared_length: int | None = None


async def create(backends: Backends, caller: Caller, *, length: int | None, raw_metadata: str | None) -> Upload:
    """Begin an upload; ``length`` None defers it.

    :raises UploadTooLarge: longer than uploads may be.
    :raises NotAVideo: of length 0.
    :raises BadHeader, InvalidInput: see ``parse_metadata``.
    :raises VideoNotFound, VideoArchived: the video whose master it is to replace.
    """
    metadata = parse_metadata(raw_metadata)
    _check_length(backends, length)
    if length == 0:
        raise NotAVideo("The file is empty")
    upload = Upload(
        owner=caller.actor,
        length_bytes=length,
        upload_metadata=metadata.raw,
        bucket=backends.settings.s3_masters_bucket,
        key=f"{MASTERS_PREFIX}{random_id().hex}/source",
        expires_at=utc_now() + timedelta(seconds=backends.settings.upload_expires_seconds),
    )
    async with backends.database.session() as session:
        if metadata.video_id is not None:
            video = await videos_service.get_video(session, metadata.video_id)
            if video.status == VideoStatus.archived:
                raise VideoArchived("Restore the video before you replace its master file")
        session.add(upload)
    return upload


async def create_with(
    backends: Backends, caller: Caller, piece: Piece, *, length: int | None, raw_metadata: str | None
) -> Upload:
    """Begin an upload with its first bytes. A refusal leaves no upload behind: its client never learns its address."""
    _check_room(backends, 0, length, piece)
    upload = await create(backends, caller, length=length, raw_metadata=raw_metadata)
    try:
        return await append(backends, caller, upload.id, piece)
    except AppError:
        with suppress(UploadNotFound, UploadGone):
            await terminate(backends, caller, upload.id)
        raise


async def look(backends: Backends, caller: Caller, upload_id: UUID) -> Upload:
    """An upload as it stands; one whose bytes are all here is finished first.

    :raises UploadNotFound, UploadGone: no such upload, another user's, expired or terminated.
    """
    check = _visible_to(caller)
    async with backends.database.session() as session:
        found = await repository.get(session, upload_id)
    if found is None:
        raise UploadNotFound
    check(*found)
    upload = await lock.settled(backends.database, upload_id)
    check(upload, found[1])
    if upload.status != UploadStatus.finishing:
        return upload
    try:
        return await _resume_finishing(backends, upload_id, check)
    except UploadLocked:
        return upload


async def append(backends: Backends, caller: Caller, upload_id: UUID, piece: Piece) -> Upload:
    """Add bytes behind the upload's offset; completes it with the last one.

    :raises UploadNotFound, UploadGone: as for :func:`look`.
    :raises OffsetMismatch: the upload stands elsewhere.
    :raises UploadTooLarge: more bytes than its length; the offset is where it was.
    :raises UploadLocked: another request is writing, or has taken over.
    :raises ChecksumMismatch: nothing of these bytes is kept.
    :raises NotAVideo: the upload is gone.
    :raises BodyInterrupted: the client went away; what had arrived is kept.
    """
    visible = _visible_to(caller)

    def check(upload: Upload, now: datetime) -> None:
        visible(upload, now)
        if upload.offset_bytes != piece.offset:
            raise OffsetMismatch(upload.offset_bytes)
        _check_room(backends, upload.offset_bytes, _length(backends, upload, piece), piece)

    upload = await lock.acquire(backends.database, upload_id, check)
    async with lock.holding(backends.database, upload) as hold:
        if upload.status == UploadStatus.finishing:
            upload = await finish(backends, hold, upload)
        elif upload.status != UploadStatus.completed:
            if _length(backends, upload, piece) == 0:
                await drop(backends, hold, upload)
                raise NotAVideo("The file is empty")
            return await _write(backends, hold, upload, piece)
    async for _ in piece.chunks:  # a body of unannounced size: only reading tells that there is nothing in it
        raise UploadTooLarge("The upload is complete, and more bytes arrived")
    return upload


async def terminate(backends: Backends, caller: Caller, upload_id: UUID) -> None:
    """Drop an upload and all that it stored. A completed one only forgets: its object is the video's master.

    :raises UploadNotFound, UploadGone: as for :func:`look`.
    :raises UploadLocked: its master is being made just now.
    """
    upload = await lock.acquire(backends.database, upload_id, _visible_to(caller), insist=True)
    async with lock.holding(backends.database, upload) as hold:
        if upload.status == UploadStatus.completed:
            async with backends.database.session() as session:
                await repository.remove(session, upload_id)
            hold.note_released()
        else:
            await drop(backends, hold, upload)


async def _write(backends: Backends, hold: Hold, upload: Upload, piece: Piece) -> Upload:
    writer = Writer(
        backends.database,
        backends.s3,
        backends.settings,
        hold,
        upload,
        length=_length(backends, upload, piece),
        checksum=piece.checksum,
    )
    cut_off: AppError | None = None
    try:
        try:
            await _receive(writer, hold, piece.chunks)
        except (BodyInterrupted, UploadLocked) as error:
            if piece.checksum is not None:
                raise
            cut_off = error
            if isinstance(error, BodyInterrupted):
                await hold.announce_end()
        whole = await writer.close()
    except UploadTooLarge:
        await writer.roll_back()
        raise
    except NotAVideo:
        await writer.abandon()
        await drop(backends, hold, upload)
        raise
    except ObjectNotFound:
        await writer.abandon()
        await drop(backends, hold, upload)
        raise UploadGone("Storage no longer has the parts of this upload; begin a new one") from None
    finally:
        await writer.abandon()
    async with backends.database.session() as session:
        found = await repository.get(session, upload.id)
    if found is None:
        raise UploadNotFound
    if whole:
        return await finish(backends, hold, found[0])
    if cut_off is not None:
        raise cut_off
    return found[0]


async def _receive(writer: Writer, hold: Hold, chunks: AsyncIterator[bytes]) -> None:
    try:
        async with asyncio.timeout(None) as hold.interrupt:
            async for chunk in chunks:
                hold.received_bytes += len(chunk)
                await writer.write(chunk)
    except TimeoutError:
        if hold.interrupt is None or not hold.interrupt.expired():
            raise
        raise UploadLocked("A newer request for this upload has taken over", headers={"Connection": "close"}) from None
    finally:
        hold.interrupt = None


async def _resume_finishing(backends: Backends, upload_id: UUID, check: Callable[[Upload, datetime], None]) -> Upload:
    upload = await lock.acquire(backends.database, upload_id, check)
    async with lock.holding(backends.database, upload) as hold:
        return await finish(backends, hold, upload) if upload.status == UploadStatus.finishing else upload


def _visible_to(caller: Caller) -> Callable[[Upload, datetime], None]:
    def check(upload: Upload, now: datetime) -> None:
        if upload.owner != caller.actor and not caller.may(Role.admin):
            raise UploadNotFound
        expired = upload.status == UploadStatus.active and upload.expires_at <= now
        if upload.status == UploadStatus.gone or (expired and lock.lock_state(upload, now) != LockState.active):
            raise UploadGone

    return check


def _check_length(backends: Backends, length: int | None) -> None:
    largest = backends.settings.upload_max_bytes
    if length is not None and length > largest:
        raise UploadTooLarge(f"An upload may have {largest} bytes at most")


def _length(backends: Backends, upload: Upload, piece: Piece) -> int | None:
    """The upload's length, which a request may state once where it was deferred."""
    stated = piece.declared_length
    if stated is None or stated == upload.length_bytes:
        return upload.length_bytes
    if upload.length_bytes is not None:
        raise BadHeader("Upload-Length is set and does not change")
    _check_length(backends, stated)
    if stated < upload.offset_bytes:
        raise BadHeader(f"Upload-Length is below the offset, {upload.offset_bytes}")
    return stated


def _check_room(backends: Backends, offset: int, length: int | None, piece: Piece) -> None:
    room = (backends.settings.upload_max_bytes if length is None else length) - offset
    if piece.size is not None and piece.size > room:
        raise UploadTooLarge(f"{piece.size} bytes are more than the {room} that are left")
