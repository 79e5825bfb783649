"""Upload-Checksum: bytes that do not match never count."""

import pytest

from tests.uploads.client import OCTETS, PATH, Tus, checksum
from tests.uploads.conftest import MIB, Stored, video
from tests.uploads.test_patch import check_master


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
async def test_match(tus: Tus, stored: Stored, algorithm: str) -> None:
    data = video(20 * MIB)
    url = await tus.create(len(data))
    for start, end in ((0, 1000), (1000, 18 * MIB), (18 * MIB, len(data))):
        piece = data[start:end]
        answer = await tus.patch(url, start, piece, Upload_Checksum=checksum(algorithm, piece))
        assert (answer.status_code, answer.headers["Upload-Offset"]) == (204, str(end)), answer.text
    await check_master(stored, answer.headers["X-Video-Id"], data)


async def test_mismatch_moves_nothing(tus: Tus, stored: Stored) -> None:
    data = video(26 * MIB)
    url = await tus.create(len(data))
    await tus.patch(url, 0, data[:5000])
    before = await stored.row(url)
    damaged = bytes(len(data) - 5000)
    for body in (damaged, damaged[: 10 * MIB], damaged[:100]):
        answer = await tus.patch(url, 5000, body, Upload_Checksum=checksum("sha1", b"other"))
        assert (answer.status_code, answer.json()["code"]) == (460, "checksum_mismatch")
        assert answer.headers["Tus-Resumable"] == "1.0.0"
        assert await tus.offset(url) == 5000
    after = await stored.row(url)
    assert before is not None
    assert after is not None
    assert (after.tail, after.hash_state, after.content_type) == (before.tail, before.hash_state, before.content_type)
    answer = await tus.patch(url, 5000, data[5000:], Upload_Checksum=checksum("sha256", data[5000:]))
    await check_master(stored, answer.headers["X-Video-Id"], data)


async def test_damaged_first_bytes_are_460_not_415(tus: Tus) -> None:
    data = video(5000)
    url = await tus.create(len(data))
    assert (await tus.patch(url, 0, b"x" * 5000, Upload_Checksum=checksum("sha1", data))).status_code == 460
    assert (await tus.patch(url, 0, data, Upload_Checksum=checksum("sha1", data))).status_code == 204


async def test_what_matches_and_is_no_video_is_415(tus: Tus, stored: Stored) -> None:
    url = await tus.create(9 * MIB)
    row = await stored.row(url)
    text = b"text " * (9 * MIB // 5) + b"text"
    answer = await tus.patch(url, 0, text[: 9 * MIB], Upload_Checksum=checksum("sha1", text[: 9 * MIB]))
    assert answer.status_code == 415
    assert (await tus.head(url)).status_code == 404
    assert row is not None
    assert await stored.traces(url, row) == []


async def test_interrupted_keeps_nothing(tus: Tus) -> None:
    data = video(20 * MIB)
    url = await tus.create(len(data))
    await tus.patch(url, 0, data[:100])
    hanging = await tus.hanging_patch(
        url, 100, data[100 : 12 * MIB], size=len(data) - 100, **{"Upload-Checksum": checksum("sha1", data[100:])}
    )
    await hanging.cut()
    assert await tus.offset(url) == 100


@pytest.mark.parametrize("value", ["md5 AAAA", "sha1", "sha1 !!!", "sha1 AAAA", "crc32 AAAA", ""])
async def test_unusable(tus: Tus, value: str) -> None:
    url = await tus.create(100)
    answer = await tus.patch(url, 0, video(100), Upload_Checksum=value)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_header")
    assert await tus.offset(url) == 0


async def test_with_creation(tus: Tus) -> None:
    data = video(100)
    headers = {"Upload_Length": "100", "Content_Type": OCTETS}
    wrong = await tus.request("POST", PATH, body=data, Upload_Checksum=checksum("sha1", b""), **headers)
    assert wrong.status_code == 460
    right = await tus.request("POST", PATH, body=data, Upload_Checksum=checksum("sha1", data), **headers)
    assert right.headers["X-Video-Id"]
