"""Who may write to an upload: one request at a time, whichever API process it is in.

The holder's token is in the row, and everything it commits is ``WHERE lock_token = <its token>``: a holder that was
replaced writes nothing more. It shows twice a second that it lives (``lock_seen_at``) and that bytes arrive
(``lock_progress_at``). A newcomer

- takes over at once where nobody holds the lock, or the holder is dead (its process was killed);
- asks a holder without progress (its client hangs) to let go: it stores what it has, commits and ends; after four
  seconds the newcomer takes over all the same;
- gives way to a holder that makes progress, after waiting a little for it to end.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from shared.db.session import Database
from shared.ids import random_id
from shared.log import get_logger
from shared.uploads import repository
from shared.uploads.errors import UploadLocked, UploadNotFound
from shared.uploads.models import Upload, UploadStatus

log = get_logger(__name__)
DEAD_SECONDS: Final = 3.0
STUCK_SECONDS: Final = 2.0
ACTIVE_WAIT_SECONDS: Final = 3.0
TAKEOVER_SECONDS: Final = 4.0
PROGRESS_BYTES: Final = 4096
_BEAT_SECONDS: Final = 0.5
_POLL_SECONDS: Final = 0.1
# More parts than a holder can start between two heartbeats: numbers it may have used are not used again.
_PART_GAP: Final = 100
_LAST_GAP: Final = 9000


class LockState(StrEnum):
    """What a newcomer meets."""

    free = "free"
    dead = "dead"
    ending = "ending"
    stuck = "stuck"
    active = "active"


def lock_state(upload: Upload, now: datetime) -> LockState:
    """Read the row's lock at the database's time ``now``."""
    if upload.lock_token is None or upload.lock_seen_at is None or upload.lock_progress_at is None:
        return LockState.free
    if now - upload.lock_seen_at > timedelta(seconds=DEAD_SECONDS):
        return LockState.dead
    if upload.lock_release_requested:
        return LockState.ending
    if now - upload.lock_progress_at > timedelta(seconds=STUCK_SECONDS):
        return LockState.stuck
    return LockState.active


class Hold:
    """The lock, held. ``interrupt`` ends the reading of the request's body when a newcomer asks for it."""

    def __init__(self, database: Database, upload: Upload) -> None:
        assert upload.lock_token is not None
        self.upload_id = upload.id
        self.token: UUID = upload.lock_token
        self.next_part = upload.next_part
        self.received_bytes = 0
        self.working = False
        self.interrupt: asyncio.Timeout | None = None
        self._database = database
        self._mark = (time.monotonic(), 0)
        self._released = False

    async def write(self, session: AsyncSession, *, release: bool = False, **values: Any) -> None:
        """Change the row.

        :raises UploadLocked: another request has taken over; nothing is changed.
        """
        values["next_part"] = self.next_part
        if release:
            values |= {"lock_token": None, "lock_release_requested": False}
        if not await repository.write(session, self.upload_id, self.token, values):
            self._released = True
            raise UploadLocked("Another request has taken the upload over", headers={"Connection": "close"})

    async def announce_end(self) -> None:
        """Tell newcomers that this holder is about to let go: a HEAD waits for the offset that comes of it."""
        async with self._database.session() as session:
            await self.write(session, lock_release_requested=True)

    async def release(self) -> None:
        """Let go, unless a commit has done so."""
        if not self._released:
            self._released = True
            async with self._database.session() as session:
                await repository.write(
                    session,
                    self.upload_id,
                    self.token,
                    {"lock_token": None, "lock_release_requested": False, "next_part": self.next_part},
                )

    def note_released(self) -> None:
        """A commit has let go."""
        self._released = True

    async def keep_beating(self) -> None:
        """Heartbeat until cancelled."""
        while True:
            await asyncio.sleep(_BEAT_SECONDS)
            try:
                async with self._database.session() as session:
                    asked = await repository.beat(
                        session, self.upload_id, self.token, progress=self._progressed(), next_part=self.next_part
                    )
            except (SQLAlchemyError, OSError) as error:
                log.warning("uploads.heartbeat_failed", upload_id=str(self.upload_id), error=str(error))
                continue
            if asked is not False and self.interrupt is not None:
                self.interrupt.reschedule(asyncio.get_running_loop().time())

    def _progressed(self) -> bool:
        now = time.monotonic()
        since, received = self._mark
        progressed = self.working or self.received_bytes - received >= PROGRESS_BYTES
        if progressed or now - since >= STUCK_SECONDS:
            self._mark = (now, self.received_bytes)
        return progressed


@asynccontextmanager
async def holding(database: Database, upload: Upload) -> AsyncIterator[Hold]:
    """Keep the lock of a freshly acquired upload alive for a block, and let go at its end."""
    hold = Hold(database, upload)
    beating = asyncio.create_task(hold.keep_beating())
    try:
        yield hold
    finally:
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)
        await hold.release()


async def acquire(
    database: Database, upload_id: UUID, check: Callable[[Upload, datetime], None], *, insist: bool = False
) -> Upload:
    """Take the lock; see the module. ``insist``: ask also a holder that makes progress to let go.

    ``check`` is called with each fresh reading of the row and may refuse by raising.

    :raises UploadNotFound: the row is gone.
    :raises UploadLocked: a holder that makes progress does not end in time.
    """
    arrived = time.monotonic()
    while True:
        async with database.session() as session:
            found = await repository.get(session, upload_id, lock=True)
            if found is None:
                raise UploadNotFound
            upload, now = found
            check(upload, now)
            state = lock_state(upload, now)
            waited = time.monotonic() - arrived
            overdue = waited >= TAKEOVER_SECONDS and upload.status != UploadStatus.finishing
            if state in {LockState.free, LockState.dead} or (overdue and state != LockState.active):
                _seize(upload, now)
                return upload
            if state == LockState.stuck or (insist and state == LockState.active):
                upload.lock_release_requested = True
        patience = ACTIVE_WAIT_SECONDS if state == LockState.active else TAKEOVER_SECONDS
        if waited >= patience and (state == LockState.active or upload.status == UploadStatus.finishing):
            raise UploadLocked("Another request is writing to this upload; ask for its offset and try again")
        await asyncio.sleep(_POLL_SECONDS)


def _seize(upload: Upload, now: datetime) -> None:
    if upload.lock_token is not None and upload.next_part < _LAST_GAP:
        upload.next_part += _PART_GAP
    upload.lock_token = random_id()
    upload.lock_seen_at = upload.lock_progress_at = now
    upload.lock_release_requested = False


async def settled(database: Database, upload_id: UUID, *, grace_seconds: float = 0.3) -> Upload:
    """Read an upload for a HEAD: where a holder is about to end, or hangs, after it has.

    :raises UploadNotFound: no such upload.
    """
    arrived = time.monotonic()
    while True:
        async with database.session() as session:
            found = await repository.get(session, upload_id)
            if found is None:
                raise UploadNotFound
            upload, now = found
            state = lock_state(upload, now)
            if state == LockState.stuck:
                await repository.request_release(session, upload_id)
        waited = time.monotonic() - arrived
        # A client that has just been cut off asks before the server has noticed: give that a moment.
        patience = grace_seconds if state == LockState.active else TAKEOVER_SECONDS
        if state in {LockState.free, LockState.dead} or waited >= patience:
            return upload
        await asyncio.sleep(_POLL_SECONDS / 2)
