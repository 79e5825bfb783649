"""DELETE: termination, and nothing left."""

import time

from tests.uploads.client import Tus
from tests.uploads.conftest import MIB, Stored, video


async def test_everything_goes(tus: Tus, stored: Stored) -> None:
    url = await tus.create(30 * MIB)
    assert (await tus.patch(url, 0, video(9 * MIB))).status_code == 204
    row = await stored.row(url)
    assert row is not None
    assert len(await stored.traces(url, row)) == 2  # a multipart upload with a part, and a piece of the tail
    answer = await tus.request("DELETE", url)
    assert answer.status_code == 204
    assert answer.headers["Tus-Resumable"] == "1.0.0"
    assert await stored.traces(url, row) == []
    assert await stored.row(url) is None
    for method in ("HEAD", "DELETE"):
        assert (await tus.request(method, url)).status_code == 404
    assert (await tus.patch(url, 9 * MIB, b"x")).status_code == 404


async def test_completed_upload_is_forgotten_but_its_video_keeps_the_master(tus: Tus, stored: Stored) -> None:
    data = video(500)
    url = await tus.create(500)
    video_id = (await tus.patch(url, 0, data)).headers["X-Video-Id"]
    assert (await tus.request("DELETE", url)).status_code == 204
    assert (await tus.head(url)).status_code == 404
    assert await stored.content(await stored.video(video_id)) == data


async def test_while_another_request_writes(tus: Tus, stored: Stored) -> None:
    url = await tus.create(30 * MIB)
    hanging = await tus.hanging_patch(url, 0, video(9 * MIB), size=30 * MIB)
    row = await stored.row(url)
    began = time.monotonic()
    assert (await tus.request("DELETE", url)).status_code == 204
    assert time.monotonic() - began < 5
    assert await hanging.status() == 423
    await hanging.cut()
    assert row is not None
    assert await stored.traces(url, row) == []
