"""The control worker: hands committed work to Redis, takes it away from dead workers, and collects what is left over.

It holds no state: several may run, and one that is killed loses nothing.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial
from uuid import UUID

import asyncpg
import httpx
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from shared.auth import repository as auth_repository
from shared.clients.s3 import S3, ObjectNotFound
from shared.clock import utc_now
from shared.config import Settings
from shared.db.listening import listen
from shared.db.session import Database
from shared.encoding import posters, reports
from shared.encoding import service as encoding_service
from shared.encoding.models import Generation
from shared.encoding.repository import CHANNEL as JOBS_CHANNEL
from shared.errors import AppError
from shared.idempotency import service as idempotency_service
from shared.jobs import outbox, queue
from shared.jobs import repository as jobs_repository
from shared.jobs.dispatch import Dispatcher
from shared.jobs.repository import CHANNEL
from shared.jobs.tasks import DELETE_OBJECTS, DeleteObjectsPayload
from shared.log import get_logger
from shared.uploads.finish import Backends
from shared.uploads.sweep import sweep
from shared.videos import service as videos_service
from shared.videos.models import Master
from worker.alerts import Alerting
from worker.analytics import Analytics
from worker.announcing import Announcer
from worker.captions import CaptionWriter
from worker.delivery import Purging
from worker.hosting import FailureWatch, Hosting
from worker.presence import beat, new_worker_id
from worker.vimeo import VimeoSync
from worker.vimeo_daily import VimeoDaily

log = get_logger(__name__)
SWEEP_SECONDS = 2.0
COLLECT_SECONDS = 5.0
UPLOADS_SECONDS = 15.0
HOSTING_SECONDS = 1.0
ANALYTICS_SECONDS = 15.0
DAILY_SECONDS = 300.0
FAILURES_SECONDS = 60.0
HOUSEKEEPING_SECONDS = 3600.0
WORDS_SECONDS = 60.0
_BATCH = 500
# A delete that has not shown its effect after this long is asked for again.
DELETE_AGAIN_SECONDS = 60.0
_EXPECTED = (SQLAlchemyError, RedisError, AppError, OSError, TimeoutError, asyncpg.PostgresError)


class ControlWorker:
    """The loops; :meth:`run` ends only by cancellation."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._wake = asyncio.Event()
        self._asked: dict[UUID, float] = {}
        self._last_word = ""

    async def run(self) -> None:
        """Open the pools and loop."""
        settings = self._settings
        async with AsyncExitStack() as stack:
            self._database = Database(settings, pool_size=6)
            stack.push_async_callback(self._database.dispose)
            self._s3 = await stack.enter_async_context(S3(settings, max_connections=16))
            pool = await queue.open_queue(settings)
            stack.push_async_callback(pool.aclose)
            self._dispatcher = Dispatcher(self._database, pool)
            client = await stack.enter_async_context(httpx.AsyncClient())
            announcer = Announcer(self._database, self._s3)
            alerting = Alerting(settings, self._database, client)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(beat(pool, "control", new_worker_id("control")))
                for channel, wake in ((CHANNEL, self._wake), (JOBS_CHANNEL, announcer.wake)):
                    tasks.create_task(_listen(self._database.url, channel, wake))
                tasks.create_task(self._woken(self._wake, "dispatch", self._dispatch_due))
                tasks.create_task(self._woken(announcer.wake, "announce", announcer.step))
                tasks.create_task(self._every(SWEEP_SECONDS, "recover", self._recover))
                tasks.create_task(self._every(SWEEP_SECONDS, "reap", self._reap))
                tasks.create_task(self._every(SWEEP_SECONDS, "alerts", alerting.step))
                captions = CaptionWriter(self._database, self._s3)
                tasks.create_task(self._every(SWEEP_SECONDS, "captions", captions.write))
                hosting = Hosting(settings, self._database, self._s3, client)
                tasks.create_task(self._every(HOSTING_SECONDS, "hosting", hosting.step))
                for name, seconds, step in (
                    ("vimeo", SWEEP_SECONDS, VimeoSync(settings, self._database, client).step),
                    ("plays", DAILY_SECONDS, VimeoDaily(settings, self._database, client).step),
                    ("purge", SWEEP_SECONDS, Purging(settings, self._database, client).step),
                    ("failures", FAILURES_SECONDS, FailureWatch(settings, self._database, client).step),
                    ("analytics", ANALYTICS_SECONDS, Analytics(self._database).step),
                ):
                    tasks.create_task(self._every(seconds, name, step))
                tasks.create_task(self._every(COLLECT_SECONDS, "collect", self._collect))
                tasks.create_task(self._every(UPLOADS_SECONDS, "uploads", self._sweep_uploads))
                tasks.create_task(self._every(HOUSEKEEPING_SECONDS, "housekeeping", self._housekeeping))
                tasks.create_task(self._every(WORDS_SECONDS, "words", self._words))

    async def _every(self, seconds: float, name: str, step: Callable[[], Awaitable[None]]) -> None:
        while True:
            await self._attempt(name, step)
            await asyncio.sleep(seconds)

    async def _attempt(self, name: str, step: Callable[[], Awaitable[None]]) -> None:
        """A server that is away is waited for, and a bug in one step must not stop the others."""
        try:
            await step()
        except _EXPECTED as error:
            log.warning("control.step_failed", step=name, error=f"{type(error).__name__}: {error}"[:300])
        except Exception:
            log.exception("control.step_crashed", step=name)

    async def _woken(self, wake: asyncio.Event, name: str, step: Callable[[], Awaitable[None]]) -> None:
        """At once when something has happened, and every now and then because a notice may be lost."""
        while True:
            wake.clear()
            await self._attempt(name, step)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(wake.wait(), SWEEP_SECONDS)

    async def _dispatch_due(self) -> None:
        await self._dispatcher.dispatch_due()

    async def _recover(self) -> None:
        if await self._dispatcher.recover_lost():
            self._wake.set()

    async def _reap(self) -> None:
        async with self._database.session() as session:
            await encoding_service.drop_orphan_messages(session)
        async with self._database.session() as session:
            jobs = await reports.expired_jobs(session, limit=_BATCH)
        for job_id in jobs:
            async with self._database.session() as session:
                if await reports.reap(session, self._settings, job_id):
                    log.warning("encoding.reaped", job_id=str(job_id))

    async def _collect(self) -> None:
        """Delete the objects of what nobody needs, and look again until the listing is empty."""
        async with self._database.session() as session:
            generations = await encoding_service.generations_to_collect(session, self._settings, limit=_BATCH)
            masters = await videos_service.masters_to_delete(session, limit=_BATCH)
        for generation in generations:
            await self._attempt("collect", partial(self._collect_generation, generation))
        for master in masters:
            await self._attempt("collect", partial(self._collect_master, master))

    async def _collect_generation(self, generation: Generation) -> None:
        found = False
        with contextlib.suppress(ObjectNotFound):  # a bucket that is gone holds nothing
            # Listings do not show what a killed worker had begun to store, and it is paid for all the same.
            await self._s3.abort_multiparts(generation.bucket, generation.prefix)
            async for _ in self._s3.list_objects(generation.bucket, generation.prefix):
                found = True
                break
        now = asyncio.get_running_loop().time()
        if found and now - self._asked.get(generation.id, -DELETE_AGAIN_SECONDS) < DELETE_AGAIN_SECONDS:
            return
        async with self._database.session() as session:
            if found:
                self._asked[generation.id] = now
                request = DeleteObjectsPayload(bucket=generation.bucket, prefix=generation.prefix)
                await outbox.enqueue(session, DELETE_OBJECTS, request)
            else:
                self._asked.pop(generation.id, None)
                await encoding_service.note_collected(session, self._settings, generation.id)

    async def _collect_master(self, master: Master) -> None:
        await self._s3.delete(master.bucket, master.key)
        async with self._database.session() as session:
            await videos_service.note_master_deleted(session, master.id)

    async def _sweep_uploads(self) -> None:
        await sweep(Backends(self._database, self._s3, self._settings, self._start_encode))

    async def _start_encode(self, session: AsyncSession, actor: str, video_id: UUID) -> UUID:
        return (await encoding_service.request_encode(session, self._settings, actor, video_id)).id

    async def _housekeeping(self) -> None:
        async with self._database.session() as session:
            await encoding_service.housekeeping(session)
            await posters.drop_unused(session)
            await jobs_repository.delete_old(session, utc_now())
            await auth_repository.delete_old(session, utc_now())
            await idempotency_service.forget_old(session)

    async def _words(self) -> None:
        """A few words at a time, round and round."""
        async with self._database.session() as session:
            self._last_word = await videos_service.forget_unused_words(session, self._last_word)


async def _listen(url: str, channel: str, wake: asyncio.Event) -> None:
    """Wake a step as soon as a transaction with something for it commits."""
    await listen(url, channel, on_notice=lambda _: wake.set(), on_connected=wake.set)
