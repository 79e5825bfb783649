"""Memory stays flat, however large the file and however small the pieces."""

import asyncio
from collections.abc import AsyncIterator, Callable

import psutil

from tests.uploads.client import Tus
from tests.uploads.conftest import MIB, Api, video

ALLOWED_BYTES = 64 * MIB


async def peak_growth(api: Api, work: asyncio.Task[None]) -> int:
    """How much the API's resident memory grows while ``work`` lasts."""
    process = psutil.Process(api.process.pid)
    before = peak = process.memory_info().rss
    while not work.done():
        peak = max(peak, process.memory_info().rss)
        await asyncio.wait({work}, timeout=0.02)
    await work
    return peak - before


async def test_flat(start_api: Callable[..., Api], key: str) -> None:
    api = start_api()
    block = video(MIB)

    async def body(count: int) -> AsyncIterator[bytes]:
        for _ in range(count):
            yield block

    async with Tus(api.base_url, key) as tus:

        async def one_large() -> None:
            url = await tus.create(300 * MIB)
            assert (await tus.patch(url, 0, body(300))).status_code == 204

        async def many_small() -> None:
            url = await tus.create()
            for number in range(60):
                assert (await tus.patch(url, number * MIB, block)).status_code == 204

        await tus.patch(await tus.create(MIB), 0, block)  # what is loaded once is not growth
        assert await peak_growth(api, asyncio.create_task(one_large())) < ALLOWED_BYTES
        assert await peak_growth(api, asyncio.create_task(many_small())) < ALLOWED_BYTES
