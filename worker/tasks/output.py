"""Where an encode's objects go: one generation's directory in the outputs bucket."""

import contextlib
from collections.abc import Collection

from shared.clients.s3 import S3, StorageUnavailable, object_url
from shared.jobs.tasks import EncodePayload, PartPayload
from worker.media.playlists import MULTIVARIANT
from worker.media.shelf import Kind

_IMMUTABLE = "public, max-age=31536000, immutable"
_SHORT_LIVED = "public, max-age=10"


class Output:
    """Objects by their names under the generation's prefix."""

    def __init__(self, s3: S3, work: EncodePayload | PartPayload) -> None:
        self._s3 = s3
        self._bucket = work.output_bucket
        self._prefix = work.output_prefix

    @property
    def url(self) -> str:
        """The multivariant playlist's URL, as reports name it."""
        return object_url(self._bucket, f"{self._prefix}{MULTIVARIANT}")

    async def put(self, name: str, body: bytes, content_type: str, kind: Kind) -> None:
        """Store one object (a ``worker.media.shelf.Sink``)."""
        cache = _SHORT_LIVED if kind == "playlist" else _IMMUTABLE
        await self._s3.put(self._bucket, f"{self._prefix}{name}", body, content_type=content_type, cache_control=cache)

    async def read(self, name: str) -> bytes:
        """One object, whole."""
        return await self._s3.get(self._bucket, f"{self._prefix}{name}")

    async def stat(self) -> dict[str, tuple[int, str | None]]:
        """What is there: name → (bytes, ETag)."""
        return {
            entry.key.removeprefix(self._prefix): (entry.size_bytes, entry.etag)
            async for entry in self._s3.list_objects(self._bucket, self._prefix)
        }

    async def keep_only(self, names: Collection[str]) -> int:
        """Delete everything else: what lost workers left behind, and what was needed on the way."""
        extra = [name for name in await self.stat() if name not in names]
        await self._s3.delete_many(self._bucket, [f"{self._prefix}{name}" for name in extra])
        return len(extra)

    async def clear(self) -> None:
        """Delete everything; what cannot be deleted now is collected by the control worker."""
        with contextlib.suppress(StorageUnavailable):
            await self._s3.delete_prefix(self._bucket, self._prefix)
