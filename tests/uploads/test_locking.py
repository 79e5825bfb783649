"""One writer at a time, whichever process it is in; and nobody waits for one that hangs or is dead."""

import asyncio
import contextlib
import signal
import time
from collections.abc import Callable, Iterator

import pytest

from tests.uploads.client import Tus
from tests.uploads.conftest import MIB, Api, Stored, video
from tests.uploads.test_patch import check_master

PATIENCE_SECONDS = 5


@pytest.fixture(scope="module")
def other_api(start_api: Callable[..., Api]) -> Api:
    """A second process on the same servers."""
    return start_api(upload_max_bytes=100 * MIB)


async def test_two_at_one_offset(tus: Tus, stored: Stored, other_api: Api) -> None:
    data = video(12 * MIB)
    url = await tus.create(len(data))
    other_url = url.replace(tus.base_url, other_api.base_url)
    answers = await asyncio.gather(*(tus.patch(at, 0, data) for at in (url, other_url, url, other_url)))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses[0] == 204
    assert set(statuses[1:]) <= {409, 423}
    won = next(answer for answer in answers if answer.status_code == 204)
    await check_master(stored, won.headers["X-Video-Id"], data)


async def test_hanging_request_gives_way_and_what_it_sent_is_kept(tus: Tus, stored: Stored, other_api: Api) -> None:
    data = video(20 * MIB)
    url = (await tus.create(len(data))).replace(tus.base_url, other_api.base_url)
    hanging = await tus.hanging_patch(url, 0, data[: 9 * MIB], size=len(data))
    began = time.monotonic()
    while (offset := await tus.offset(url)) < 9 * MIB:
        assert time.monotonic() - began < PATIENCE_SECONDS
    answer = await tus.patch(url, offset, data[offset:])
    assert answer.status_code == 204, answer.text
    assert await hanging.status() == 423
    await hanging.cut()
    await check_master(stored, answer.headers["X-Video-Id"], data)


async def test_patch_at_the_offset_where_another_hangs(tus: Tus, stored: Stored) -> None:
    data = video(3 * MIB)
    url = await tus.create(len(data))
    hanging = await tus.hanging_patch(url, 0, b"", size=len(data))
    began = time.monotonic()
    answer = await tus.patch(url, 0, data)
    assert time.monotonic() - began < PATIENCE_SECONDS
    assert answer.status_code == 204, answer.text
    await hanging.cut()
    await check_master(stored, answer.headers["X-Video-Id"], data)


async def test_trickle_is_not_progress(tus: Tus) -> None:
    data = video(3 * MIB)
    url = await tus.create(len(data))
    hanging = await tus.hanging_patch(url, 0, data[:10], size=len(data))

    async def trickle() -> None:
        for at in range(10, 1000):
            await hanging.send(data[at : at + 1])
            await asyncio.sleep(0.05)

    trickling = asyncio.create_task(trickle())
    began = time.monotonic()
    while (offset := await tus.offset(url)) == 0:
        assert time.monotonic() - began < PATIENCE_SECONDS
    answer = await tus.patch(url, offset, data[offset:])
    assert answer.status_code == 204, answer.text
    trickling.cancel()
    await asyncio.gather(trickling, return_exceptions=True)
    await hanging.cut()


async def test_active_request_keeps_the_lock(tus: Tus) -> None:
    data = video(4 * MIB)
    url = await tus.create(len(data))
    active = await tus.hanging_patch(url, 0, data[:100_000], size=len(data))
    sent = asyncio.Event()

    async def stream() -> None:
        for start in range(100_000, len(data), 100_000):
            await active.send(data[start : start + 100_000])
            await asyncio.wait({waiting}, timeout=0.1)
        sent.set()

    waiting = asyncio.create_task(tus.patch(url, 0, data))
    streaming = asyncio.create_task(stream())
    began = time.monotonic()
    assert await tus.offset(url) == 0  # answered at once, from what is committed
    assert time.monotonic() - began < 1
    assert (await waiting).status_code == 423
    await streaming
    assert await active.status() == 204
    await active.cut()


@pytest.fixture
def frozen(other_api: Api) -> Iterator[Callable[[], None]]:
    """Freezes the other process as if its machine had stalled; it goes on when the test ends."""
    yield lambda: other_api.process.send_signal(signal.SIGSTOP)
    other_api.process.send_signal(signal.SIGCONT)


async def test_stalled_process_is_fenced_off(
    tus: Tus, stored: Stored, other_api: Api, frozen: Callable[[], None]
) -> None:
    data, stale = video(20 * MIB), video(20 * MIB, seed=2)
    url = await tus.create(len(data))
    other_url = url.replace(tus.base_url, other_api.base_url)
    hanging = await tus.hanging_patch(other_url, 0, stale[: 3 * MIB], size=len(data))
    while (row := await stored.row(url)) is None or row.lock_token is None:
        await asyncio.sleep(0.01)
    frozen()
    began = time.monotonic()
    answer = await tus.patch(url, 0, data[: 10 * MIB])
    assert time.monotonic() - began < PATIENCE_SECONDS
    assert answer.status_code == 204, answer.text
    other_api.process.send_signal(signal.SIGCONT)
    # Refused before all of it was read, the connection may end before the answer is seen.
    with contextlib.suppress(ConnectionError):
        await hanging.send(stale[3 * MIB : 9 * MIB])
        assert await hanging.status() == 423
    await hanging.cut()
    assert await tus.offset(url) == 10 * MIB
    answer = await tus.patch(url, 10 * MIB, data[10 * MIB :])
    await check_master(stored, answer.headers["X-Video-Id"], data)
