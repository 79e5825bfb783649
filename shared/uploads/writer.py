"""The bytes of one request, cut into parts and recorded with the offset they lead to.

What is left at the end and too small for a part becomes a piece of the *tail*: an object of its own, which a later
request reads back and joins. Pieces are added, never rewritten, and deleted only when a request has ended well: so the
state at the beginning of a request can be restored.
"""

from contextlib import suppress
from datetime import timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from shared.clients.s3 import S3, StorageUnavailable
from shared.clock import utc_now
from shared.config import Settings
from shared.db.session import Database
from shared.uploads import repository, sha256
from shared.uploads.errors import ChecksumMismatch, NotAVideo, UploadTooLarge
from shared.uploads.lock import Hold
from shared.uploads.models import TailPiece, Upload, UploadPart, UploadStatus
from shared.uploads.parts import Block, Chunks, Digests, Pipeline
from shared.uploads.protocol import Checksum
from shared.uploads.sniff import HEAD_BYTES, Container, sniff

MIB: Final = 1024 * 1024
PART_BYTES: Final = 8 * MIB
MAX_TAIL_PIECES: Final = 64
_MOST_PARTS: Final = 9000  # S3 allows 10 000; the rest is for numbers that are skipped, see lock.py


def part_bytes(settings: Settings) -> int:
    """Size of every part but the last: 8 MiB, or what the largest allowed file needs."""
    return max(PART_BYTES, -(-settings.upload_max_bytes // _MOST_PARTS // MIB) * MIB)


def tail_prefix(upload_id: UUID) -> str:
    """Where the pieces of an upload's tail are."""
    return f"uploads/{upload_id}/"


class Writer:
    """Writes behind an upload's offset. The caller holds the lock.

    ``length`` is the upload's length where it is known. With a ``checksum`` nothing is recorded before :meth:`close`
    has found it to match.
    """

    def __init__(
        self,
        database: Database,
        s3: S3,
        settings: Settings,
        hold: Hold,
        upload: Upload,
        *,
        length: int | None,
        checksum: Checksum | None,
    ) -> None:
        self._database, self._s3, self._settings, self._hold, self._upload = database, s3, settings, hold, upload
        self._length, self._checksum = length, checksum
        self._limit = settings.upload_max_bytes if length is None else length
        self._part_bytes = part_bytes(settings)
        self._container = Container(upload.content_type) if upload.content_type else None
        self._refusal: NotAVideo | None = None
        self._head: bytearray | None = None
        self._s3_upload_id = upload.s3_upload_id
        self._first_part = hold.next_part
        self._tail: list[TailPiece] = list(upload.tail)
        self._chunks = Chunks()
        self._blocks: list[Block] = []
        if upload.offset_bytes == 0:
            hasher: sha256.Hasher | None = sha256.start()
        else:
            hasher = sha256.resume(upload.hash_state) if upload.hash_state else None
        self._digests = Digests(hasher, checksum.new() if checksum else None)
        self._pipeline = Pipeline(s3, upload.bucket, upload.key, self._digests, self._take_block)
        self.offset = upload.offset_bytes

    @property
    def _pending_bytes(self) -> int:
        return self._chunks.size + sum(piece["size"] for piece in self._tail)

    async def write(self, data: bytes) -> None:
        """Take bytes in; waits while two parts are under way.

        :raises UploadTooLarge: more than the upload may have; call :meth:`roll_back`.
        :raises NotAVideo: the content is not accepted; the upload is to be dropped.
        """
        if self.offset + len(data) > self._limit:
            raise UploadTooLarge(f"The upload may have {self._limit} bytes, and more arrived")
        if self._container is None and self._refusal is None:
            await self._tell_type(data)
        while data:
            room = self._part_bytes - self._pending_bytes
            piece, data = (data, b"") if len(data) <= room else (data[:room], data[room:])
            self._chunks.add(piece)
            self.offset += len(piece)
            if len(piece) == room:
                await self._send()

    async def close(self) -> bool:
        """Store and record everything that was written; says whether the upload is whole (status ``finishing``).

        :raises ChecksumMismatch: nothing of this request is kept.
        :raises NotAVideo: as for :meth:`write`, also when the file ends before its type is clear.
        """
        whole = self.offset == self._length
        if whole and self._container is None and self._refusal is None:
            await self._tell_type(b"", complete=True)
        if self._pending_bytes and (whole or self._pending_bytes == self._part_bytes):
            await self._send()
        await self._pipeline.drain()
        rest = self._chunks.take()
        state = await self._digests.add(rest)
        if self._checksum is not None and self._digests.request.digest() != self._checksum.digest:
            raise ChecksumMismatch(f"The bytes do not have the {self._checksum.algorithm} in Upload-Checksum")
        if self._refusal is not None:
            raise self._refusal
        values: dict[str, Any] = {"offset_bytes": self.offset, "hash_state": state}
        if whole:
            sha = self._digests.file
            values |= {"status": UploadStatus.finishing, "sha256": sha.hexdigest() if sha else None}
        elif rest:
            self._tail = await self._store_tail(rest)
        async with self._database.session() as session:
            await self._record(session, self._blocks, release=not whole, tail=self._tail, **values)
        if not whole:
            self._hold.note_released()
        kept = {piece["key"] for piece in self._tail}
        with suppress(StorageUnavailable):  # what stays goes with the upload
            for piece in self._upload.tail:
                if piece["key"] not in kept:
                    await self._s3.delete(self._upload.bucket, piece["key"])
        return whole

    async def roll_back(self) -> None:
        """Put the upload back to where it was when this request began."""
        await self._pipeline.abandon()
        async with self._database.session() as session:
            await self._hold.write(
                session,
                offset_bytes=self._upload.offset_bytes,
                tail=self._upload.tail,
                hash_state=self._upload.hash_state,
            )
            await repository.delete_parts(session, self._upload.id, from_number=self._first_part)

    async def abandon(self) -> None:
        """Stop; what was recorded stays."""
        await self._pipeline.abandon()

    async def _tell_type(self, data: bytes, *, complete: bool = False) -> None:
        if self._head is None:
            self._head = bytearray(b"".join(await self._pipeline.read(self._tail)))
        self._head += data[:HEAD_BYTES]
        try:
            self._container = sniff(bytes(self._head), complete=complete, most_bytes=self._limit)
        except NotAVideo as refusal:
            if self._checksum is None:
                raise
            self._refusal = refusal  # perhaps the bytes were damaged on their way: the checksum decides first

    async def _send(self) -> None:
        """Set what is pending on its way as the next part. An interruption while it waits loses nothing."""
        await self._pipeline.wait_for_room()
        if self._s3_upload_id is None and self._container is not None:
            self._s3_upload_id = await self._begin_multipart(self._container)
        size = self._pending_bytes
        block = Block(self._hold.next_part, self._tail, self._chunks.take(), size, self.offset)
        self._tail = []
        self._hold.next_part += 1
        self._pipeline.send(block, None if self._refusal else self._s3_upload_id)

    async def _begin_multipart(self, container: Container) -> str:
        bucket, key = self._upload.bucket, self._upload.key
        s3_upload_id = await self._s3.create_multipart(bucket, key, content_type=container.value)
        async with self._database.session() as session:
            await self._hold.write(session, s3_upload_id=s3_upload_id)
        return s3_upload_id

    async def _take_block(self, block: Block) -> None:
        if self._checksum is not None:
            self._blocks.append(block)
            return
        async with self._database.session() as session:
            await self._record(session, [block], offset_bytes=block.offset, hash_state=block.hash_state, tail=[])

    async def _record(
        self, session: AsyncSession, blocks: list[Block], *, release: bool = False, **values: Any
    ) -> None:
        lifetime = timedelta(seconds=self._settings.upload_expires_seconds)
        await self._hold.write(
            session,
            release=release,
            length_bytes=self._length,
            content_type=self._container,
            expires_at=utc_now() + lifetime,
            **values,
        )
        session.add_all(
            UploadPart(upload_id=self._upload.id, number=block.number, size_bytes=block.size, etag=block.etag)
            for block in blocks
        )

    async def _store_tail(self, rest: list[bytes]) -> list[TailPiece]:
        pieces = self._tail
        if len(pieces) >= MAX_TAIL_PIECES:
            rest, pieces = [*await self._pipeline.read(pieces), *rest], []
        data = b"".join(rest)
        key = f"{tail_prefix(self._upload.id)}{uuid4().hex}"
        await self._s3.put(self._upload.bucket, key, data, content_type="application/octet-stream")
        return [*pieces, {"key": key, "size": len(data)}]
