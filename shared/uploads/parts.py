"""Blocks of bytes on their way into S3: hashed and stored side by side, recorded one after the other."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final

from shared.clients.s3 import S3
from shared.uploads import sha256
from shared.uploads.models import TailPiece

_UNDER_WAY: Final = 2
_SMALL_BYTES: Final = 32 * 1024


class Chunks:
    """Bytes in the pieces they arrived in, uncopied; only small ones are put together, so that they stay few."""

    def __init__(self) -> None:
        self.size = 0
        self._pieces: list[bytes] = []
        self._small = bytearray()

    def add(self, piece: bytes) -> None:
        """Take a piece in."""
        self.size += len(piece)
        if len(piece) >= _SMALL_BYTES:
            self._seal()
            self._pieces.append(piece)
        else:
            self._small += piece
            if len(self._small) >= _SMALL_BYTES:
                self._seal()

    def _seal(self) -> None:
        if self._small:
            self._pieces.append(bytes(self._small))
            self._small.clear()

    def take(self) -> list[bytes]:
        """Every piece, and begin anew."""
        self._seal()
        taken, self._pieces, self.size = self._pieces, [], 0
        return taken


@dataclass(slots=True)
class Block:
    """One part: the bytes of the tail pieces ``joined``, then ``chunks``. ``offset`` is behind its last byte."""

    number: int
    joined: list[TailPiece]
    chunks: list[bytes]
    size: int
    offset: int
    etag: str = ""
    hash_state: bytes | None = None


@dataclass(slots=True)
class Digests:
    """The running hashes: of the whole file (None where it cannot be continued) and of one request."""

    file: sha256.Hasher | None
    request: Any = None
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def add(self, chunks: list[bytes]) -> bytes | None:
        """Hash in a thread, in the order of the calls; returns the file's state behind these bytes."""
        async with self._turn:  # asyncio's lock is first come, first served
            return await asyncio.to_thread(self._add, chunks)

    def _add(self, chunks: list[bytes]) -> bytes | None:
        for chunk in chunks:
            if self.file is not None:
                self.file.update(chunk)
            if self.request is not None:
                self.request.update(chunk)
        return self.file.state() if self.file is not None else None


class Pipeline:
    """Stores blocks as parts of a multipart upload, two at a time, and calls ``record`` for each one in order.

    A block that is stored makes room for the next while it is recorded: its bytes are let go by then.
    """

    def __init__(
        self, s3: S3, bucket: str, key: str, digests: Digests, record: Callable[[Block], Awaitable[None]]
    ) -> None:
        self._s3, self._bucket, self._key, self._digests, self._record = s3, bucket, key, digests, record
        self._carried: deque[asyncio.Task[None]] = deque()
        self._recorded: deque[asyncio.Task[None]] = deque()

    async def wait_for_room(self) -> None:
        """Wait while two blocks are under way; raises what went wrong with an earlier one."""
        while len(self._carried) >= _UNDER_WAY:
            await _settle(self._carried[0])
            self._carried.popleft()
        while self._recorded and self._recorded[0].done():
            self._recorded.popleft().result()

    def send(self, block: Block, s3_upload_id: str | None) -> None:
        """Set a block on its way. Without a multipart upload it is only hashed."""
        before = self._recorded[-1] if self._recorded else None
        carried = asyncio.create_task(self._carry(block, s3_upload_id))
        self._carried.append(carried)
        self._recorded.append(asyncio.create_task(self._record_in_turn(block, carried, before)))

    async def drain(self) -> None:
        """Wait until every block is recorded; raises what went wrong with the first one that failed."""
        while self._recorded:
            await _settle(self._recorded[0])
            self._recorded.popleft()
        self._carried.clear()

    async def abandon(self) -> None:
        """Stop what is under way."""
        tasks = (*self._carried, *self._recorded)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._carried.clear()
        self._recorded.clear()

    async def read(self, pieces: list[TailPiece]) -> list[bytes]:
        """The bytes of tail pieces."""
        return [await self._s3.get(self._bucket, piece["key"]) for piece in pieces]

    async def _carry(self, block: Block, s3_upload_id: str | None) -> None:
        block.hash_state, _ = await asyncio.gather(self._digests.add(block.chunks), self._store(block, s3_upload_id))
        block.chunks = []

    async def _store(self, block: Block, s3_upload_id: str | None) -> None:
        if s3_upload_id is not None:
            body = [*await self.read(block.joined), *block.chunks]
            block.etag = await self._s3.upload_part(self._bucket, self._key, s3_upload_id, block.number, body)

    async def _record_in_turn(
        self, block: Block, carried: asyncio.Task[None], before: asyncio.Task[None] | None
    ) -> None:
        await carried
        if before is not None:
            await before
        await self._record(block)


async def _settle(task: asyncio.Task[None]) -> None:
    # Waited for, not awaited: an interruption of the reader must not cancel a part that is nearly there.
    await asyncio.wait({task})
    task.result()
