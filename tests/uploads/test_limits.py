"""More bytes than allowed: 413, and the offset is where it was."""

from collections.abc import AsyncIterator

from shared.uploads import protocol
from tests.uploads.client import Tus
from tests.uploads.conftest import MIB, Stored, video
from tests.uploads.test_patch import check_master


async def chunked(data: bytes) -> AsyncIterator[bytes]:
    """A body without Content-Length."""
    for start in range(0, len(data), MIB):
        yield data[start : start + MIB]


async def test_announced(tus: Tus) -> None:
    url = await tus.create(100)
    hanging = await tus.hanging_patch(url, 0, b"", size=101)
    assert await hanging.status() == 413  # before a byte of it was sent
    await hanging.cut()
    assert await tus.offset(url) == 0


async def test_chunked_body_is_rolled_back(tus: Tus, stored: Stored) -> None:
    data = video(26 * MIB)
    url = await tus.create(20 * MIB)
    await tus.patch(url, 0, data[:5000])
    answer = await tus.patch(url, 5000, chunked(data[5000:]))
    assert (answer.status_code, answer.json()["code"]) == (413, "upload_too_large")
    assert await tus.offset(url) == 5000
    answer = await tus.patch(url, 5000, chunked(data[5000 : 20 * MIB]))
    assert answer.status_code == 204, answer.text
    await check_master(stored, answer.headers["X-Video-Id"], data[: 20 * MIB])


async def test_deferred_length_has_a_limit_too(tus: Tus) -> None:
    url = await tus.create()
    hanging = await tus.hanging_patch(url, 0, b"", size=100 * MIB + 1)
    assert await hanging.status() == 413
    await hanging.cut()
    answer = await tus.patch(url, 0, chunked(video(100 * MIB + 1)))
    assert answer.status_code == 413
    assert await tus.offset(url) == 0


async def test_nothing_goes_behind_the_end(tus: Tus) -> None:
    url = await tus.create(100)
    done = await tus.patch(url, 0, video(100))
    again = await tus.patch(url, 100, chunked(b""))
    assert (again.status_code, again.headers["X-Video-Id"]) == (204, done.headers["X-Video-Id"])
    assert (await tus.patch(url, 100, b"")).status_code == 204
    for body in (b"more", chunked(b"more")):
        answer = await tus.patch(url, 100, body)
        assert (answer.status_code, answer.json()["code"]) == (413, "upload_too_large")
    assert await tus.offset(url) == 100


async def test_spaces_around_numbers_do_not_count(tus: Tus) -> None:
    url = await tus.create()
    spaced = {"Upload-Offset": " 0 ", "Upload-Length": "100\t "}
    sent = await tus.hanging_patch(url, 0, video(10), size=10, **spaced)
    assert await sent.status() == 204
    await sent.cut()
    assert (await tus.head(url)).headers["Upload-Length"] == "100"
    assert (await tus.patch(url, 10, b"", Upload_Offset="1 0")).status_code == 400
    assert protocol.parse_length(None, "1 ") is None
