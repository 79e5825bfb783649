"""The arq workers: own queue, own concurrency, everything they hold opened at start and closed at the end."""

import asyncio
import contextlib
import os
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import httpx
from arq.worker import func

from shared.clients.s3 import S3
from shared.config import Settings
from shared.jobs import queue
from shared.jobs.tasks import COMPARE_SOURCE, FETCH_SOURCE, Queue
from worker.callbacks import Callbacks
from worker.machine import announce_sandbox, claim_cpus
from worker.media.probe import Limits, Prober
from worker.patience import PatientWorker
from worker.presence import beat, new_worker_id
from worker.registry import TASKS
from worker.tasks.context import Tools


@dataclass(frozen=True, slots=True)
class WorkerKind:
    """How one kind of worker runs. ``timeout_seconds`` None takes the encode's own limit from the settings."""

    role: str
    queue: Queue
    concurrency: int
    timeout_seconds: int | None


ENCODE = WorkerKind("encode", Queue.encoding, concurrency=1, timeout_seconds=None)
TRANSFER = WorkerKind("transfer", Queue.transfer, concurrency=8, timeout_seconds=600)
KINDS = {kind.role: kind for kind in (ENCODE, TRANSFER)}
#: What takes longer than its kind's other tasks: a large original over a slow line, the places of a film without index.
LONG_SECONDS = {FETCH_SOURCE.name: 6 * 3600, COMPARE_SOURCE.name: 1800}


def build(kind: WorkerKind, settings: Settings) -> PatientWorker:
    """An arq worker of this kind.

    arq retries nothing and keeps no results: the outbox, leases and attempts in PostgreSQL do that (contracts.md, 8).
    """
    worker_id = new_worker_id(kind.role)
    stack = AsyncExitStack()
    timeout = kind.timeout_seconds or settings.encoding_timeout_seconds + 3600

    async def on_startup(ctx: dict[str, Any]) -> None:
        s3 = await stack.enter_async_context(S3(settings, max_connections=16))
        client = await stack.enter_async_context(httpx.AsyncClient())
        prober = Prober(_limits(settings))
        stack.push_async_callback(prober.close)
        announce_sandbox()
        if kind is ENCODE:
            if claimed := claim_cpus(settings.encoding_threads):
                stack.enter_context(claimed)
                # Children inherit it, with all their threads.
                os.sched_setaffinity(0, claimed.numbers)
            await prober.prepare()
        ctx["tools"] = Tools(settings, s3, Callbacks(settings, client), worker_id, prober)
        heart = asyncio.create_task(beat(ctx["redis"], kind.role, worker_id))
        stack.push_async_callback(_end, heart)

    async def on_shutdown(ctx: dict[str, Any]) -> None:  # noqa: ARG001  arq's signature
        await stack.aclose()

    return PatientWorker(
        functions=[
            func(
                function,  # type: ignore[arg-type]
                name=name,
                timeout=LONG_SECONDS.get(name, timeout),
                keep_result=0,
                max_tries=100,
            )
            for name, function in TASKS[kind.queue].items()
        ],
        queue_name=kind.queue.value,
        redis_settings=queue.redis_settings(settings),
        on_startup=on_startup,
        on_shutdown=on_shutdown,
        max_jobs=kind.concurrency,
        job_timeout=timeout,
        keep_result=0,
        poll_delay=0.1,
        # arq looks at so many messages at a time, those that run among them.
        queue_read_limit=500,
        health_check_interval=30,
        job_serializer=queue.serialize,
        job_deserializer=queue.deserialize,
        log_results=False,
    )


def _limits(settings: Settings) -> Limits:
    return Limits(
        max_side=settings.media_max_side_pixels,
        max_pixels=settings.media_max_pixels,
        max_duration_seconds=settings.media_max_duration_seconds,
    )


async def _end(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
