"""Writes the growing playlists of divided encodes, as segments land in the order of the film."""

import asyncio
from uuid import UUID

from shared.clients.s3 import S3
from shared.db.session import Database
from shared.encoding import announcing
from shared.encoding.announcing import Unfinished
from shared.encoding.ladder import Plan
from shared.encoding.models import PartStatus
from shared.encoding.part_rows import Growing
from shared.log import get_logger
from worker.media.growing import Piece, growing
from worker.media.playlists import CONTENT_TYPE, MULTIVARIANT

log = get_logger(__name__)
_SHORT_LIVED = "public, max-age=10"
# Whoever finishes the generation waits for its row meanwhile, and waits for ten seconds at most.
WRITE_SECONDS = 5.0


class Announcer:
    """The control worker's step. ``wake`` is set when some job has changed."""

    def __init__(self, database: Database, s3: S3) -> None:
        self.wake = asyncio.Event()
        self._database = database
        self._s3 = s3
        # What was looked at last; only to spare looking again, so it may be lost.
        self._seen: dict[UUID, tuple[int, int]] = {}

    async def step(self) -> None:
        """Announce what is new."""
        async with self._database.session() as session:
            found = await announcing.growing(session)
        self._seen = {row.generation_id: seen for row in found if (seen := self._seen.get(row.generation_id))}
        for row in found:
            try:
                await self._look_at(row)
            except Exception:  # one job must not keep the others from being announced
                log.exception("announcing.failed", job_id=str(row.job_id))

    async def _look_at(self, row: Growing) -> None:
        if self._seen.get(row.generation_id) != (row.stored, row.done):
            if await self._announce(row):
                self._seen[row.generation_id] = (row.stored, row.done)
        elif (row.announced_seconds or 0) > (row.playable_seconds or 0):
            await self._note(row)

    async def _announce(self, row: Growing) -> bool:
        """False when somebody else has the generation; then it has to be looked at again."""
        # The row is held while storage is written to, because nothing else keeps an older list from being written
        # over a newer one.
        async with self._database.session() as session:
            held = await announcing.hold(session, row.job_id, row.generation_id)
            if held is None:
                return False
            await self._write(held)
        await self._note(row)
        return True

    async def _write(self, held: Unfinished) -> None:
        pieces = [
            Piece(part.kind, part.number, part.share, part.take, part.stored, part.status == PartStatus.done)
            for part in held.parts
        ]
        codecs = {name: value for part in held.parts for name, value in part.codecs.items()}
        lists = growing(Plan.from_json(held.plan), pieces, codecs)
        generation = held.generation
        # After a loss the parts reach less far than what was announced: lists never get shorter.
        if lists is None or lists.reachable_seconds < (generation.announced_seconds or 0):
            return
        async with asyncio.timeout(WRITE_SECONDS):
            media = [name for name in lists.texts if name != MULTIVARIANT]
            await asyncio.gather(*(self._put(held, name, lists.texts[name]) for name in media))
            await self._put(held, MULTIVARIANT, lists.texts[MULTIVARIANT])
        generation.announced_seconds = lists.reachable_seconds

    async def _put(self, held: Unfinished, name: str, text: str) -> None:
        key = f"{held.generation.prefix}{name}"
        await self._s3.put(
            held.generation.bucket, key, text.encode(), content_type=CONTENT_TYPE, cache_control=_SHORT_LIVED
        )

    async def _note(self, row: Growing) -> None:
        async with self._database.session() as session:
            await announcing.note_playable(session, row.job_id, row.generation_id)
