"""Upload-Defer-Length: the length comes later, once."""

from tests.uploads.client import Tus
from tests.uploads.conftest import MIB, Stored, video
from tests.uploads.test_patch import check_master


async def test_length_with_the_last_bytes(tus: Tus, stored: Stored) -> None:
    data = video(9 * MIB)
    url = await tus.create()
    assert (await tus.patch(url, 0, data[: 8 * MIB + 10])).status_code == 204
    assert (await tus.head(url)).headers["Upload-Defer-Length"] == "1"
    answer = await tus.patch(url, 8 * MIB + 10, data[8 * MIB + 10 :], Upload_Length=str(len(data)))
    await check_master(stored, answer.headers["X-Video-Id"], data)
    assert (await tus.head(url)).headers["Upload-Length"] == str(len(data))


async def test_length_with_an_empty_request_at_the_end(tus: Tus, stored: Stored) -> None:
    data = video(9 * MIB)
    url = await tus.create()
    await tus.patch(url, 0, data)
    answer = await tus.patch(url, len(data), b"", Upload_Length=str(len(data)))
    await check_master(stored, answer.headers["X-Video-Id"], data)


async def test_length_does_not_change(tus: Tus) -> None:
    url = await tus.create()
    assert (await tus.patch(url, 0, video(40), Upload_Length="100")).status_code == 204
    assert (await tus.patch(url, 40, b"x" * 10, Upload_Length="90")).status_code == 400
    assert (await tus.patch(url, 40, b"x" * 10, Upload_Length="100")).status_code == 204
    assert await tus.offset(url) == 50
    fixed = await tus.create(100)
    assert (await tus.patch(fixed, 0, video(40), Upload_Length="90")).status_code == 400


async def test_impossible_lengths(tus: Tus) -> None:
    url = await tus.create()
    await tus.patch(url, 0, video(40))
    assert (await tus.patch(url, 40, b"x", Upload_Length="39")).status_code == 400
    assert (await tus.patch(url, 40, b"x", Upload_Length=str(100 * MIB + 1))).status_code == 413
    assert (await tus.patch(url, 40, b"x" * 10, Upload_Length="45")).status_code == 413
    assert await tus.offset(url) == 40


async def test_length_0_is_no_video(tus: Tus) -> None:
    url = await tus.create()
    assert (await tus.patch(url, 0, b"", Upload_Length="0")).status_code == 415
    assert (await tus.head(url)).status_code == 404
