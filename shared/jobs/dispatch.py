"""Moves committed messages to Redis, and again when Redis or a worker has lost one."""

import hashlib
import json
import time
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from uuid import UUID

from arq.connections import ArqRedis

from shared.clock import utc_now
from shared.db.session import Database
from shared.jobs import queue, repository
from shared.jobs.models import Outbox
from shared.jobs.ranks import score_of
from shared.jobs.tasks import DELETE_OBJECTS, ENCODE_PART, ENCODE_VIDEO, PROBE_MASTER
from shared.log import get_logger

log = get_logger(__name__)
BATCH = 200
PAGE = 1000
#: A task that does not report is not asked for twice within this time.
REPEAT_SECONDS = 120
_REPORTING = {task.name for task in (ENCODE_VIDEO, ENCODE_PART, PROBE_MASTER, DELETE_OBJECTS) if task.reports}


def arq_id(row: Outbox) -> str:
    """The message's id in Redis; arq drops a second one with the same id.

    New for each time a message is handed over. A task that does not report is asked for again and again until its
    effect is seen, so there the same request is the same message for a while. Not for good: a worker that dies of it
    leaves a lock on the id.
    """
    if row.task in _REPORTING:
        return f"{row.id}:{row.dispatch_count}"
    request = json.dumps(row.payload, sort_keys=True)
    slot = int(time.time() // REPEAT_SECONDS)
    return f"{row.task}:{hashlib.sha256(request.encode()).hexdigest()}:{slot}"


class Dispatcher:
    """One control worker's dispatcher. Several may run: rows are locked, and double delivery is fenced."""

    # A worker confirms a message right after taking it. One that has not after this long is dead.
    TAKEN_GRACE_SECONDS = 10.0
    # Younger messages are not looked for in Redis.
    LOST_AFTER_SECONDS = 2.0

    def __init__(self, database: Database, pool: ArqRedis) -> None:
        self._database = database
        self._pool = pool
        self._taken_since: dict[UUID, float] = {}

    async def dispatch_due(self) -> int:
        """Hand over everything that is due; returns how many."""
        total = 0
        while True:
            async with self._database.session() as session:
                rows = await repository.due(session, limit=BATCH)
                now = utc_now()
                for row in rows:
                    reporting = row.task in _REPORTING
                    if reporting and row.dispatch_count:
                        # Its rank or its time has changed: the copy that waits with the old ones is not to be taken.
                        await queue.take_back(self._pool, queue=row.queue, job_id=arq_id(row))
                    row.dispatch_count += 1
                    row.dispatched_at = now
                    if not reporting:
                        row.acknowledged_at = now
                    await queue.push(
                        self._pool,
                        queue=row.queue,
                        task=row.task,
                        job_id=arq_id(row),
                        payload=row.payload,
                        score=score_of(row.rank) if reporting else None,
                    )
            total += len(rows)
            if len(rows) < BATCH:
                return total

    def _too_soon(self, row: Outbox) -> bool:
        """A message that gets lost again and again is handed over ever more seldom, once a minute at last."""
        assert row.dispatched_at is not None
        pause = min(60.0, self.LOST_AFTER_SECONDS * 2 ** min(row.dispatch_count - 1, 6))
        return utc_now() - row.dispatched_at < timedelta(seconds=pause)

    async def recover_lost(self) -> int:
        """Make messages due again that Redis no longer has, or that a worker took and never confirmed."""
        before = utc_now() - timedelta(seconds=self.LOST_AFTER_SECONDS)
        now = time.monotonic()
        taken_since: dict[UUID, float] = {}
        lost: list[Outbox] = []
        async for row, present, taken in self._unconfirmed(before):
            if taken:
                since = self._taken_since.get(row.id, now)
                taken_since[row.id] = since
            if not present or (taken and now - taken_since[row.id] > self.TAKEN_GRACE_SECONDS):
                if self._too_soon(row):
                    continue
                lost.append(row)
                taken_since.pop(row.id, None)
        self._taken_since = taken_since
        for row in lost:
            log.warning("outbox.redispatched", outbox_id=str(row.id), task=row.task, times=row.dispatch_count)
            await queue.forget(self._pool, queue=row.queue, job_id=arq_id(row))
        if lost:
            async with self._database.session() as session:
                await repository.make_due_again(session, [row.id for row in lost])
        return len(lost)

    async def _unconfirmed(self, before: datetime) -> AsyncIterator[tuple[Outbox, bool, bool]]:
        """Every message handed over before then, whether Redis has it, and whether a worker took it. In pages: a clip
        behind two long films must not wait until their windows are encoded."""
        after: UUID | None = None
        while True:
            async with self._database.session() as session:
                rows = await repository.unacknowledged(session, before=before, limit=PAGE, after=after)
            presence = await queue.presence(self._pool, [arq_id(row) for row in rows]) if rows else []
            for row, (present, taken) in zip(rows, presence, strict=True):
                yield row, present, taken
            if len(rows) < PAGE:
                return
            after = rows[-1].id
