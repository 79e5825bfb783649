"""How media code reads a master, and how much of the machine it may use for it."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from shared.jobs.tasks import EncodePayload, PartPayload
from worker.feed import feed
from worker.media.encode import EncodeSettings
from worker.media.graph import Preset
from worker.tasks.context import Tools


@asynccontextmanager
async def master_url(tools: Tools, work: EncodePayload | PartPayload) -> AsyncIterator[str]:
    """A URL that reads the master while the block lasts.

    :raises MediaError: it is not there, or storage does not hand it out.
    """
    async with feed(tools.s3, work.master_bucket, work.master_key) as source:
        yield source.url


def encode_settings(tools: Tools) -> EncodeSettings:
    """The worker's limits and its preset, for one ffmpeg."""
    settings = tools.settings
    return EncodeSettings(
        preset=Preset(settings.encoding_preset),
        threads=settings.encoding_threads or min(16, len(os.sched_getaffinity(0))),
        memory_bytes=settings.media_memory_bytes,
        cpu_seconds=settings.media_cpu_seconds,
        output_bytes=settings.media_output_bytes,
        wall_seconds=settings.encoding_timeout_seconds,
    )
