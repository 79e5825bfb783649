"""The S3 client: the few calls the project makes, typed, with timeouts and one error for each meaning.

Settings that matter (contracts.md, section 5): signature v4, path-style addresses, and both checksum settings
``when_required``, because Ceph-like servers refuse botocore's checksum trailers.
"""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

import aiohttp
from aiobotocore.config import AioConfig
from aiobotocore.session import AioSession
from botocore.exceptions import BotoCoreError, ClientError
from yarl import URL

from shared.config import Settings
from shared.errors import AppError, NotFound, Unavailable

CONNECT_TIMEOUT_SECONDS = 5
READ_TIMEOUT_SECONDS = 60
MAX_TRIES = 4
_RETRY_SECONDS = 0.1
_DELETE_BATCH = 1000
_MISSING = {"404", "NoSuchKey", "NoSuchBucket", "NotFound", "NoSuchUpload"}


class ObjectNotFound(NotFound):
    """The object, bucket or multipart upload does not exist."""

    code, title = "object_not_found", "The object does not exist in storage"


class StorageUnavailable(Unavailable):
    """S3 does not answer, or answers with an error that is not the caller's."""

    code, title = "storage_unavailable", "Storage does not answer"


class RangeNotSatisfiable(AppError):
    """416: the byte range lies outside the object."""

    status, code, title = 416, "range_not_satisfiable", "The range lies outside the object"


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """What a listing or HEAD says. ``etag`` is without quotes; the MD5 in hex for objects put in one piece."""

    key: str
    size_bytes: int
    etag: str
    content_type: str = ""


@dataclass(frozen=True, slots=True)
class ObjectBody:
    """An open object. Iterate ``chunks``; the connection is released at its end or on ``close``."""

    info: ObjectInfo
    length_bytes: int
    content_range: str | None
    stream: Any

    async def read(self, size: int) -> bytes:
        """The next bytes, at most ``size``; none at the end.

        :raises StorageUnavailable: the connection broke or fell silent.
        """
        try:
            return bytes(await self.stream.read(size))
        except (BotoCoreError, aiohttp.ClientError, OSError) as error:
            raise _translate(error, self.info.key) from error

    async def chunks(self, size: int = 256 * 1024) -> AsyncIterator[bytes]:
        """The bytes, in pieces of at most ``size``."""
        try:
            async for chunk in self.stream.iter_chunks(size):
                yield chunk
        finally:
            self.stream.close()

    def close(self) -> None:
        """Give the connection up."""
        self.stream.close()


def aio_config(max_connections: int = 32) -> AioConfig:
    """The botocore configuration every S3 client of the project uses."""
    return AioConfig(
        signature_version="s3v4",
        s3={"addressing_style": "path"},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        connect_timeout=CONNECT_TIMEOUT_SECONDS,
        read_timeout=READ_TIMEOUT_SECONDS,
        max_pool_connections=max_connections,
        retries={"mode": "standard", "total_max_attempts": MAX_TRIES},
    )


def _translate(error: Exception, what: str) -> AppError:
    if isinstance(error, AppError):
        return error
    if isinstance(error, ClientError):
        code = str(error.response.get("Error", {}).get("Code", ""))
        if code in _MISSING:
            return ObjectNotFound(f"{what} does not exist")
        if code in {"InvalidRange", "416"}:
            return RangeNotSatisfiable(f"{what} is shorter than the range asked for")
        return StorageUnavailable(f"Storage answered {code or 'an error'} to {what}")
    return StorageUnavailable(f"Storage did not answer to {what}: {type(error).__name__}")


class S3:
    """One client for one process; an async context manager.

    Every method raises :class:`ObjectNotFound` where the thing is absent and :class:`StorageUnavailable` where the
    server fails after the retries.
    """

    def __init__(self, settings: Settings, *, max_connections: int = 32) -> None:
        self._settings = settings
        self._config = aio_config(max_connections)
        self._stack = AsyncExitStack()
        self.client: Any = None
        self._http: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self.client = await self._stack.enter_async_context(
            AioSession().create_client(  # type: ignore[no-untyped-call]  # aiobotocore has no types
                "s3",
                endpoint_url=self._settings.s3_endpoint_url,
                region_name=self._settings.s3_region,
                aws_access_key_id=self._settings.s3_access_key_id.get_secret_value(),
                aws_secret_access_key=self._settings.s3_secret_access_key.get_secret_value(),
                config=self._config,
            )
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def _call(self, operation: str, what: str, **arguments: Any) -> Any:
        try:
            return await getattr(self.client, operation)(**arguments)
        except (ClientError, BotoCoreError, OSError) as error:
            raise _translate(error, what) from error

    async def put(
        self, bucket: str, key: str, body: bytes | bytearray | memoryview, *, content_type: str, cache_control: str = ""
    ) -> str:
        """Store one object; returns its etag (the MD5 in hex)."""
        extra = {"CacheControl": cache_control} if cache_control else {}
        answer = await self._call(
            "put_object", f"{bucket}/{key}", Bucket=bucket, Key=key, Body=body, ContentType=content_type, **extra
        )
        return str(answer["ETag"]).strip('"')

    async def head(self, bucket: str, key: str) -> ObjectInfo:
        """Size, etag and type of one object."""
        answer = await self._call("head_object", f"{bucket}/{key}", Bucket=bucket, Key=key)
        return ObjectInfo(
            key, int(answer["ContentLength"]), str(answer["ETag"]).strip('"'), str(answer.get("ContentType", ""))
        )

    async def open(self, bucket: str, key: str, *, byte_range: str | None = None) -> ObjectBody:
        """Open an object for reading; ``byte_range`` is a Range header's value (``bytes=0-99``)."""
        extra = {"Range": byte_range} if byte_range else {}
        answer = await self._call("get_object", f"{bucket}/{key}", Bucket=bucket, Key=key, **extra)
        length = int(answer["ContentLength"])
        content_range = answer.get("ContentRange")
        total = int(content_range.rsplit("/", 1)[1]) if content_range else length
        info = ObjectInfo(key, total, str(answer["ETag"]).strip('"'), str(answer.get("ContentType", "")))
        return ObjectBody(info, length, content_range, answer["Body"])

    async def get(self, bucket: str, key: str) -> bytes:
        """A whole small object."""
        body = await self.open(bucket, key)
        try:
            return bytes(await body.stream.read())
        finally:
            body.close()

    async def list_objects(self, bucket: str, prefix: str) -> AsyncIterator[ObjectInfo]:
        """Every object under a prefix."""
        token: dict[str, str] = {}
        while True:
            answer = await self._call("list_objects_v2", f"{bucket}/{prefix}*", Bucket=bucket, Prefix=prefix, **token)
            for entry in answer.get("Contents", ()):
                yield ObjectInfo(str(entry["Key"]), int(entry["Size"]), str(entry["ETag"]).strip('"'))
            if not answer.get("IsTruncated"):
                return
            token = {"ContinuationToken": answer["NextContinuationToken"]}

    async def delete(self, bucket: str, key: str) -> None:
        """Delete one object; absent is fine."""
        await self._call("delete_object", f"{bucket}/{key}", Bucket=bucket, Key=key)

    async def delete_many(self, bucket: str, keys: Sequence[str]) -> None:
        """Delete these objects, at most a thousand a call; absent is fine."""
        for first in range(0, len(keys), _DELETE_BATCH):
            await self._delete_batch(bucket, [{"Key": key} for key in keys[first : first + _DELETE_BATCH]])

    async def delete_prefix(self, bucket: str, prefix: str) -> int:
        """Delete every object under a prefix, at most a thousand a call; returns how many."""
        if not prefix.endswith("/"):
            raise ValueError(f"{prefix!r} must end with a slash, or it would match neighbours")
        count = 0
        batch: list[dict[str, str]] = []
        async for entry in self.list_objects(bucket, prefix):
            batch.append({"Key": entry.key})
            if len(batch) == _DELETE_BATCH:
                count += await self._delete_batch(bucket, batch)
                batch = []
        return count + await self._delete_batch(bucket, batch)

    async def _delete_batch(self, bucket: str, batch: list[dict[str, str]]) -> int:
        if not batch:
            return 0
        wanted = {"Objects": batch, "Quiet": True}
        await self._call("delete_objects", f"{len(batch)} objects of {bucket}", Bucket=bucket, Delete=wanted)
        return len(batch)

    async def create_multipart(self, bucket: str, key: str, *, content_type: str) -> str:
        """Begin a multipart upload; returns its id."""
        answer = await self._call(
            "create_multipart_upload", f"{bucket}/{key}", Bucket=bucket, Key=key, ContentType=content_type
        )
        return str(answer["UploadId"])

    async def upload_part(
        self, bucket: str, key: str, upload_id: str, number: int, body: bytes | bytearray | Sequence[bytes]
    ) -> str:
        """Store one part, in one piece or in several; returns its etag. Repeating a number replaces the part.

        The request is presigned, so its payload is not hashed for the signature: that halves what a part costs here.
        """
        pieces = [bytes(body)] if isinstance(body, bytes | bytearray) else body
        what = f"part {number} of {bucket}/{key}"
        for attempt in range(1, MAX_TRIES + 1):
            url = await self.client.generate_presigned_url(
                "upload_part",
                Params={"Bucket": bucket, "Key": key, "UploadId": upload_id, "PartNumber": number},
                ExpiresIn=3600,
            )
            try:
                return await self._put_pieces(url, pieces, what)
            except (StorageUnavailable, aiohttp.ClientError, OSError) as error:
                if attempt == MAX_TRIES:
                    raise _translate(error, what) from error
            await asyncio.sleep(_RETRY_SECONDS * 2**attempt)
        raise AssertionError("unreachable")

    async def _put_pieces(self, url: str, pieces: Sequence[bytes], what: str) -> str:
        if self._http is None:
            self._http = await self._stack.enter_async_context(
                aiohttp.ClientSession(
                    connector=aiohttp.TCPConnector(limit=self._config.max_pool_connections),
                    timeout=aiohttp.ClientTimeout(sock_connect=CONNECT_TIMEOUT_SECONDS, sock_read=READ_TIMEOUT_SECONDS),
                    skip_auto_headers=("Content-Type", "User-Agent", "Accept-Encoding"),
                )
            )

        async def stream() -> AsyncIterator[bytes]:
            for piece in pieces:
                yield piece

        length = str(sum(map(len, pieces)))
        async with self._http.put(URL(url, encoded=True), data=stream(), headers={"Content-Length": length}) as answer:
            text = await answer.text()
            if answer.status == HTTPStatus.NOT_FOUND:
                raise ObjectNotFound(f"{what} does not exist")
            if answer.status != HTTPStatus.OK:
                code = re.search(r"<Code>(\w+)</Code>", text)
                raise StorageUnavailable(f"Storage answered {code[1] if code else answer.status} to {what}")
            return answer.headers["ETag"].strip('"')

    async def complete_multipart(self, bucket: str, key: str, upload_id: str, parts: list[tuple[int, str]]) -> None:
        """Join the parts, given as (number, etag) in order."""
        listed = [{"PartNumber": number, "ETag": f'"{etag}"'} for number, etag in parts]
        await self._call(
            "complete_multipart_upload",
            f"{bucket}/{key}",
            Bucket=bucket,
            Key=key,
            UploadId=upload_id,
            MultipartUpload={"Parts": listed},
        )

    async def abort_multipart(self, bucket: str, key: str, upload_id: str) -> None:
        """Drop a multipart upload and its parts; absent is fine."""
        try:
            await self._call("abort_multipart_upload", f"{bucket}/{key}", Bucket=bucket, Key=key, UploadId=upload_id)
        except ObjectNotFound:
            return

    async def list_multiparts(self, bucket: str, prefix: str) -> AsyncIterator[list[tuple[str, str]]]:
        """Multipart uploads that are not completed, as (key, upload id), page by page."""
        marker: dict[str, str] = {}
        while True:
            answer = await self._call(
                "list_multipart_uploads", f"{bucket}/{prefix}*", Bucket=bucket, Prefix=prefix, **marker
            )
            if page := [(str(entry["Key"]), str(entry["UploadId"])) for entry in answer.get("Uploads", ())]:
                yield page
            if not answer.get("IsTruncated"):
                return
            marker = {"KeyMarker": answer["NextKeyMarker"], "UploadIdMarker": answer["NextUploadIdMarker"]}

    async def abort_multiparts(self, bucket: str, prefix: str) -> None:
        """Drop every multipart upload of a key that begins like this. A bucket that is gone has none."""
        with contextlib.suppress(ObjectNotFound):
            async for page in self.list_multiparts(bucket, prefix):
                for key, upload_id in page:
                    await self.abort_multipart(bucket, key, upload_id)

    async def presign_get(self, bucket: str, key: str, *, seconds: int) -> str:
        """A URL that reads one object for a while."""
        return str(
            await self.client.generate_presigned_url(
                "get_object", Params={"Bucket": bucket, "Key": key}, ExpiresIn=seconds
            )
        )

    async def ensure_buckets(self) -> None:
        """Create the two buckets where they are missing.

        :raises StorageUnavailable: says which bucket and what the server answered.
        """
        for bucket in (self._settings.s3_masters_bucket, self._settings.s3_hls_bucket):
            try:
                await self._call("head_bucket", bucket, Bucket=bucket)
            except ObjectNotFound:
                await self._call("create_bucket", bucket, Bucket=bucket)

    async def ping(self) -> None:
        """Ask for the masters bucket.

        :raises StorageUnavailable: the server does not answer.
        """
        await self._call("head_bucket", self._settings.s3_masters_bucket, Bucket=self._settings.s3_masters_bucket)


def object_url(bucket: str, key: str) -> str:
    """``s3://bucket/key``: how an object is named in rows and payloads."""
    return f"s3://{bucket}/{key}"
