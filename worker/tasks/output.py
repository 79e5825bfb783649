"""Where an encode's objects go: one generation's directory in the outputs bucket."""

import contextlib
from collections.abc import Collection, Sequence

from shared.clients.s3 import S3, StorageUnavailable, object_url
from shared.jobs.tasks import EncodePayload, PartPayload
from worker.media import progressive
from worker.media.playlists import MULTIVARIANT
from worker.media.results import AudioTrack, StoredObject, VideoRendition
from worker.media.shelf import Kind
from worker.media.witness import Witness

_IMMUTABLE = "public, max-age=31536000, immutable"
_SHORT_LIVED = "public, max-age=10"
CAPTIONS = "captions/"
PARTS = "parts/"


class Output:
    """Objects by their names under the generation's prefix."""

    def __init__(self, s3: S3, work: EncodePayload | PartPayload) -> None:
        self._s3 = s3
        self._bucket = work.output_bucket
        self._prefix = work.output_prefix
        #: Notes about what lies there, taken as it is read back.
        self.witness = Witness(self.read)
        #: What was needed on the way, and is still there in case this worker does not get to the end.
        self.spare: frozenset[str] = frozenset()

    @property
    def url(self) -> str:
        """The multivariant playlist's URL, as reports name it."""
        return object_url(self._bucket, f"{self._prefix}{MULTIVARIANT}")

    async def put(self, name: str, body: bytes, content_type: str, kind: Kind) -> None:
        """Store one object (a ``worker.media.shelf.Sink``), and read it back if it is to be certified."""
        cache = _SHORT_LIVED if kind == "playlist" else _IMMUTABLE
        await self._s3.put(self._bucket, f"{self._prefix}{name}", body, content_type=content_type, cache_control=cache)
        await self.witness.look(name)

    async def write_download(
        self, renditions: Sequence[VideoRendition], audio: Sequence[AudioTrack]
    ) -> dict[str, StoredObject]:
        """Make one MP4 to download of what is stored; returns its name and what it is."""
        key = f"{self._prefix}{progressive.NAME}"
        await self._s3.abort_multiparts(self._bucket, key)  # of a worker that was killed here
        upload_id = await self._s3.create_multipart(self._bucket, key, content_type=progressive.CONTENT_TYPE)
        parts: list[tuple[int, str]] = []

        async def write(block: bytes) -> None:
            number = len(parts) + 1
            parts.append((number, await self._s3.upload_part(self._bucket, key, upload_id, number, block)))

        try:
            stored = await progressive.progressive_mp4(
                progressive.choose(renditions), audio[0] if audio else None, self.read, write
            )
            await self._s3.complete_multipart(self._bucket, key, upload_id, parts)
        except BaseException:
            with contextlib.suppress(StorageUnavailable):
                await self._s3.abort_multipart(self._bucket, key, upload_id)
            raise
        return {progressive.NAME: stored}

    async def read(self, name: str) -> bytes:
        """One object, whole."""
        return await self._s3.get(self._bucket, f"{self._prefix}{name}")

    async def stat(self) -> dict[str, tuple[int, str | None]]:
        """What is there but for what is spare: name → (bytes, ETag)."""
        return {name: found for name, found in (await self._all()).items() if name not in self.spare}

    async def keep_only(self, names: Collection[str]) -> int:
        """Delete everything else that is not spare: what lost workers left behind."""
        # Captions come after the encode, from the control worker; a finish that comes late must not take them.
        extra = [name for name in await self.stat() if name not in names and not name.startswith(CAPTIONS)]
        await self._s3.delete_many(self._bucket, [f"{self._prefix}{name}" for name in extra])
        return len(extra)

    async def drop_spare(self) -> None:
        """Delete what was needed on the way; what cannot be deleted now goes with the generation."""
        with contextlib.suppress(StorageUnavailable):
            await self._s3.delete_many(self._bucket, [f"{self._prefix}{name}" for name in self.spare])

    async def _all(self) -> dict[str, tuple[int, str | None]]:
        return {
            entry.key.removeprefix(self._prefix): (entry.size_bytes, entry.etag)
            async for entry in self._s3.list_objects(self._bucket, self._prefix)
        }

    async def clear(self) -> None:
        """Delete everything; what cannot be deleted now is collected by the control worker."""
        with contextlib.suppress(StorageUnavailable):
            await self._s3.delete_prefix(self._bucket, self._prefix)
