"""Fetch a video's original straight into storage: by ranges, again and again where it breaks off, proven at the end.

The parts of the multipart upload are the memory between takes: a take goes on behind the last whole part. What counts
in the end is what lies in storage: it is read once more for its size, its MD5 and its SHA-256.
"""

import asyncio
import contextlib
import hashlib
from itertools import count
from typing import Any, Final, cast

from botocore.exceptions import BotoCoreError, ClientError

from shared.clients.ingest import Download, Ingest, RangeRefused, SourceUnavailable
from shared.clients.s3 import ObjectNotFound, StorageUnavailable
from shared.jobs.tasks import FetchSourcePayload
from shared.log import get_logger
from shared.uploads.errors import NotAVideo
from shared.uploads.sniff import HEAD_BYTES, Container, sniff
from worker.tasks.context import Tools
from worker.tasks.moves import MoveHold, StepFailed

log = get_logger(__name__)
#: Waits before a download that broke off goes on; after the last one the take has failed.
PAUSES_SECONDS: tuple[float, ...] = (0.5, 2, 5, 15, 30)
_PIECE_BYTES: Final = 64 << 20
_READ_BYTES: Final = 1 << 20
_READ_SECONDS: Final = 60
_READ_TRIES: Final = 5


async def fetch_source(ctx: dict[str, Any], payload: dict[str, Any]) -> None:
    """Fetch a file into its multipart upload and report what is stored, or why it cannot be."""
    tools = cast("Tools", ctx["tools"])
    work = FetchSourcePayload.model_validate(payload)
    hold = MoveHold(tools, work.move_id, work.take)
    await hold.carry_out(_Fetch(tools, work, hold).run(), "fetched")


class _SourceChanged(Exception):
    """What is stored so far is of another file."""


class _Fetch:
    """One take. ``parts`` are the etags of what is stored, ``buffer`` what comes behind that."""

    def __init__(self, tools: Tools, work: FetchSourcePayload, hold: MoveHold) -> None:
        self._s3, self._settings = tools.s3, tools.settings
        self._work, self._hold = work, hold
        # Vimeo's nothing is no number either.
        self._size = work.size_bytes or None
        self._parts: list[str] = []
        self._stored = 0
        self._buffer: list[bytes] = []
        self._buffered = 0
        self._upload: asyncio.Task[None] | None = None
        self._etag: str | None = None
        self._resumed = False
        #: The etag that a part of an earlier take must have when it is fetched again, by its place.
        self._anchor: tuple[int, str] | None = None
        self._sniffed = False

    async def run(self) -> dict[str, Any]:
        """The fields of a fetched report.

        :raises StepFailed: what is stored is not what was announced, or nothing more comes.
        """
        try:
            self._check_size(self._size)
            try:
                await self._recall()
                await self._download()
                listed = list(enumerate(self._parts, 1))
                await self._s3.complete_multipart(self._work.bucket, self._work.key, self._work.upload_id, listed)
            except ObjectNotFound:
                # An earlier take has completed the upload, or somebody gave it up: the object tells.
                self._resumed = True
            return await self._prove()
        except (StepFailed, NotAVideo) as error:
            if isinstance(error, NotAVideo) or error.permanent:
                await self._discard()
            raise

    @property
    def _offset(self) -> int:
        return self._stored + self._buffered

    # What is there already

    async def _recall(self) -> None:
        """Count the whole parts that earlier takes have stored.

        :raises ObjectNotFound: the upload is gone.
        """
        total = 0
        for number, size, etag in await self._list_parts():
            last = size != self._work.part_bytes and total + size == self._size
            if number != len(self._parts) + 1 or not (size == self._work.part_bytes or last):
                break
            self._parts.append(etag)
            total += size
        self._resumed = bool(self._parts)
        if self._parts and self._work.md5 is None:
            # Nobody says what the whole must be: that it is the same file is seen from one part, fetched again.
            self._anchor = (len(self._parts), self._parts.pop())
            total = len(self._parts) * self._work.part_bytes
        self._stored = total
        self._sniffed = total > 0
        self._tell()

    async def _list_parts(self) -> list[tuple[int, int, str]]:
        """Number, size and etag of every stored part, in order."""
        found: list[tuple[int, int, str]] = []
        where = {"Bucket": self._work.bucket, "Key": self._work.key, "UploadId": self._work.upload_id}
        while True:
            try:
                page = await self._s3.client.list_parts(**where, PartNumberMarker=found[-1][0] if found else 0)
            except ClientError as error:
                code = error.response.get("Error", {}).get("Code")
                if code in {"NoSuchUpload", "NoSuchKey", "404"}:
                    raise ObjectNotFound("the multipart upload is gone") from error
                raise StorageUnavailable(f"Storage answered {code} when it was asked for parts") from error
            except (BotoCoreError, OSError) as error:
                raise StorageUnavailable(f"Storage did not list parts: {type(error).__name__}") from error
            parts = page.get("Parts", ())
            found += [(int(part["PartNumber"]), int(part["Size"]), str(part["ETag"]).strip('"')) for part in parts]
            if not page.get("IsTruncated") or not parts:
                return sorted(found)

    # The download

    async def _download(self) -> None:
        """Fetch what is missing, and store it."""
        pauses = iter(PAUSES_SECONDS)
        async with Ingest(self._settings) as ingest:
            try:
                while True:
                    try:
                        if self._size is None or self._offset < self._size:
                            await self._go_on(ingest)
                        await self._flush()
                        await self._settle()
                        break
                    except _SourceChanged:
                        await self._start_over()
                        problem = "The file changes while it is fetched"
                    except SourceUnavailable as error:
                        problem = error.message
                    log.info("moving.broke_off", move_id=str(self._work.move_id), offset=self._offset, why=problem)
                    if (pause := next(pauses, None)) is None:
                        # The part that is under way is what the next take goes on behind.
                        await self._settle()
                        raise self._broken(problem)
                    await asyncio.sleep(pause)
            finally:
                if self._upload is not None:
                    self._upload.cancel()
                    await asyncio.gather(self._upload, return_exceptions=True)

    async def _go_on(self, ingest: Ingest) -> None:
        """Fetch from where it stands to the end of the file.

        :raises SourceUnavailable: it broke off.
        :raises NotAVideo: there is nothing in it.
        """
        try:
            async with ingest.open(self._work.url, self._offset, etag=self._etag) as download:
                self._check_size(download.size_bytes)
                if self._etag and download.etag and download.etag != self._etag:
                    raise _SourceChanged
                self._etag = download.etag
                self._size = self._size if download.size_bytes is None else download.size_bytes
                self._tell()
                await self._take_in(download)
        except RangeRefused as error:
            if error.size_bytes is None or error.size_bytes != self._offset:
                raise self._size_differs(error.size_bytes) from error
            self._size = error.size_bytes
        if self._size is not None and self._offset < self._size:
            raise SourceUnavailable("The download ended before the file does")
        if not self._offset:
            raise NotAVideo("The file is empty")

    async def _take_in(self, download: Download) -> None:
        skip = self._offset - download.offset
        async for chunk in download.chunks():
            data = chunk[skip:]
            skip -= len(chunk) - len(data)
            if not data:
                continue
            if self._size is not None and self._offset + len(data) > self._size:
                raise self._size_differs(None)
            if self._offset + len(data) > self._settings.upload_max_bytes:
                raise self._too_large(self._offset + len(data))
            while data:
                room = self._work.part_bytes - self._buffered
                self._buffer.append(data[:room])
                self._buffered += len(self._buffer[-1])
                data = data[room:]
                self._look()
                if self._buffered == self._work.part_bytes:
                    await self._flush()
            self._tell()

    def _look(self) -> None:
        """Refuse what is no video as soon as that can be told, not after hours."""
        if not self._sniffed and self._buffered >= HEAD_BYTES:
            sniff(b"".join(self._buffer)[:HEAD_BYTES])
            self._sniffed = True

    async def _flush(self) -> None:
        """Have the buffer stored as the next part, once the one before is."""
        await self._settle()
        if not self._buffered:
            return
        pieces, self._buffer = self._buffer, []
        self._stored, self._buffered = self._stored + self._buffered, 0
        self._upload = asyncio.create_task(self._store(len(self._parts) + 1, pieces))

    async def _settle(self) -> None:
        if self._upload is not None:
            upload, self._upload = self._upload, None
            try:
                await upload
            finally:
                upload.cancel()

    async def _store(self, number: int, pieces: list[bytes]) -> None:
        work = self._work
        etag = await self._s3.upload_part(work.bucket, work.key, work.upload_id, number, pieces)
        if self._anchor is not None and self._anchor[0] == number:
            if self._anchor[1] != etag:
                raise _SourceChanged
            self._anchor = None
        self._parts.append(etag)

    async def _start_over(self) -> None:
        with contextlib.suppress(_SourceChanged):
            await self._settle()
        self._parts, self._buffer = [], []
        self._stored = self._buffered = 0
        self._size, self._etag, self._anchor = self._work.size_bytes or None, None, None
        self._sniffed = self._resumed = False

    # What lies in storage

    async def _prove(self) -> dict[str, Any]:
        """Read the object back; returns the fields of the report.

        :raises StepFailed: there is none, or it is not the announced one.
        """
        work = self._work
        try:
            info = await self._s3.head(work.bucket, work.key)
        except ObjectNotFound:
            raise StepFailed("SOURCE_UPLOAD_GONE", "The upload that the file was to go into no longer exists") from None
        if (self._size is not None and info.size_bytes != self._size) or not info.size_bytes:
            raise self._size_differs(info.size_bytes)
        md5, sha256, container = await self._digests(info.size_bytes)
        if work.md5 is not None and md5 != work.md5.lower():
            raise StepFailed(
                "SOURCE_MD5_DIFFERS",
                f"The file has the MD5 {md5} instead of {work.md5.lower()}",
                # Where takes before this one have brought a part, another file may have been there then.
                permanent=not self._resumed,
            )
        return {
            "receivedBytes": info.size_bytes,
            "sizeBytes": info.size_bytes,
            "md5": md5,
            "sha256": sha256,
            "contentType": container.value,
        }

    async def _digests(self, size: int) -> tuple[str, str, Container]:
        md5, sha256 = hashlib.md5(usedforsecurity=False), hashlib.sha256()
        head, position, tries = b"", 0, count(1)

        def add(chunk: bytes) -> None:
            md5.update(chunk)
            sha256.update(chunk)

        while position < size:
            try:
                async with asyncio.timeout(_READ_SECONDS):
                    body = await self._s3.open(
                        self._work.bucket,
                        self._work.key,
                        byte_range=f"bytes={position}-{min(size, position + _PIECE_BYTES) - 1}",
                    )
                try:
                    left = body.length_bytes
                    while left:
                        async with asyncio.timeout(_READ_SECONDS):
                            chunk = await body.read(_READ_BYTES)
                        if not chunk:
                            raise StorageUnavailable("a read of the stored file broke off")
                        await asyncio.to_thread(add, chunk)
                        head = head or chunk[:HEAD_BYTES]
                        position, left = position + len(chunk), left - len(chunk)
                finally:
                    body.close()
            except (StorageUnavailable, TimeoutError) as error:
                if next(tries) >= _READ_TRIES:
                    raise StorageUnavailable("the stored file cannot be read back") from error
                await asyncio.sleep(PAUSES_SECONDS[0])
        container = sniff(head, complete=len(head) == size, most_bytes=size)
        if container is None:
            # Chunks come in the server's own sizes: the first may be shorter than what tells.
            container = sniff(await self._head(size), complete=size <= HEAD_BYTES, most_bytes=size)
        assert container is not None
        return md5.hexdigest(), sha256.hexdigest(), container

    async def _head(self, size: int) -> bytes:
        body = await self._s3.open(self._work.bucket, self._work.key, byte_range=f"bytes=0-{min(size, HEAD_BYTES) - 1}")
        try:
            return bytes(await body.stream.read())
        finally:
            body.close()

    async def _discard(self) -> None:
        """Leave nothing of a file that will not be wanted; only as long as the take is ours."""
        await self._hold.fence()
        with contextlib.suppress(StorageUnavailable):
            await self._s3.abort_multipart(self._work.bucket, self._work.key, self._work.upload_id)
            await self._s3.delete(self._work.bucket, self._work.key)

    # What is told

    def _tell(self) -> None:
        self._hold.facts = {"receivedBytes": self._offset}
        if self._size is not None:
            self._hold.facts["sizeBytes"] = self._size

    def _check_size(self, size: int | None) -> None:
        if size is None:
            return
        if size > self._settings.upload_max_bytes:
            raise self._too_large(size)
        if self._size is not None and size != self._size:
            raise self._size_differs(size)

    def _too_large(self, size: int) -> StepFailed:
        limit = self._settings.upload_max_bytes
        words = f"The file has {size} bytes or more, UPLOAD_MAX_BYTES allows {limit}"
        return StepFailed("SOURCE_TOO_LARGE", words, permanent=True)

    def _size_differs(self, size: int | None) -> StepFailed:
        found = "more bytes" if size is None else f"{size} bytes"
        words = f"The file has {found} instead of the {self._size} that were announced"
        return StepFailed("SOURCE_SIZE_DIFFERS", words, permanent=True)

    def _broken(self, problem: str) -> StepFailed:
        if self._offset:
            words = f"{self._offset} of {self._size or 'unknown'} bytes came in {len(PAUSES_SECONDS) + 1} tries"
            return StepFailed("SOURCE_TRUNCATED", f"{words}: {problem}")
        return StepFailed("SOURCE_UNAVAILABLE", problem)
