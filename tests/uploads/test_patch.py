"""PATCH: bytes arrive, in any pieces, and become one object."""

from collections.abc import AsyncIterator

import pytest

from tests.uploads.client import PATH, Tus, metadata
from tests.uploads.conftest import MIB, Stored, sha256, video


async def check_master(stored: Stored, video_id: str, data: bytes) -> None:
    """The video's master is these bytes, and says so."""
    master = await stored.video(video_id)
    assert (master.size_bytes, master.sha256) == (len(data), sha256(data))
    assert sha256(await stored.content(master)) == sha256(data)


@pytest.mark.parametrize("size", [30, 8 * MIB - 1, 8 * MIB, 8 * MIB + 1, 24 * MIB])
async def test_whole_file_in_one_request(tus: Tus, stored: Stored, size: int) -> None:
    data = video(size)
    url = await tus.create(len(data))
    answer = await tus.patch(url, 0, data)
    assert answer.status_code == 204, answer.text
    assert answer.headers["Upload-Offset"] == str(len(data))
    await check_master(stored, answer.headers["X-Video-Id"], data)
    head = await tus.head(url)
    assert head.headers["X-Video-Id"] == answer.headers["X-Video-Id"]
    row = await stored.row(url)
    assert row is not None
    assert await stored.traces(url, row) == [row.key]


async def test_pieces_of_any_size(tus: Tus, stored: Stored) -> None:
    data = video(30 * MIB + 5)
    url = await tus.create(len(data))
    sizes = [1, 3, 20, 5000, 8 * MIB - 5024, 8 * MIB, 3 * MIB, 5 * MIB + 1, 16 * MIB, len(data)]
    offset = 0
    for size in sizes:
        if offset == len(data):
            break
        answer = await tus.patch(url, offset, data[offset : offset + size])
        assert answer.status_code == 204, answer.text
        offset = min(len(data), offset + size)
        assert answer.headers["Upload-Offset"] == str(offset)
        assert await tus.offset(url) == offset
    await check_master(stored, answer.headers["X-Video-Id"], data)


async def test_many_tiny_pieces_are_compacted(tus: Tus, stored: Stored) -> None:
    data = video(75 * 100)
    url = await tus.create(len(data))
    for start in range(0, len(data), 100):
        answer = await tus.patch(url, start, data[start : start + 100])
        assert answer.status_code == 204, answer.text
        if start == 7200:
            row = await stored.row(url)
            assert row is not None
            assert 0 < len(row.tail) <= 65
            assert len(await stored.traces(url, row)) == len(row.tail)
    await check_master(stored, answer.headers["X-Video-Id"], data)


async def test_chunked_body(tus: Tus, stored: Stored) -> None:
    data = video(10 * MIB)

    async def body() -> AsyncIterator[bytes]:
        for start in range(0, len(data), 70_000):
            yield data[start : start + 70_000]

    url = await tus.create(len(data))
    answer = await tus.patch(url, 0, body())
    await check_master(stored, answer.headers["X-Video-Id"], data)


async def test_interrupted_body_is_kept(tus: Tus, stored: Stored) -> None:
    data = video(20 * MIB)
    url = await tus.create(len(data))
    hanging = await tus.hanging_patch(url, 0, data[: 11 * MIB], size=len(data))
    await hanging.cut()
    await stored.released(url)
    offset = await tus.offset(url)
    assert 8 * MIB <= offset <= 11 * MIB
    answer = await tus.patch(url, offset, data[offset:])
    assert answer.status_code == 204, answer.text
    await check_master(stored, answer.headers["X-Video-Id"], data)


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"Content_Type": "application/octet-stream"}, 415, "wrong_content_type"),
        ({"Content_Type": None}, 415, "wrong_content_type"),
        ({"Upload_Offset": "5"}, 409, "offset_mismatch"),
        ({"Upload_Offset": "99999"}, 409, "offset_mismatch"),
        ({"Upload_Offset": "-1"}, 400, "invalid_header"),
        ({"Upload_Offset": None}, 400, "invalid_header"),
        ({"Tus_Resumable": None}, 412, "unsupported_tus_version"),
    ],
)
async def test_refused_and_unmoved(tus: Tus, changes: dict[str, str | None], status: int, code: str) -> None:
    url = await tus.create(100)
    await tus.patch(url, 0, video(40))
    answer = await tus.patch(url, 40, b"x" * 10, **changes)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["Tus-Resumable"] == "1.0.0"
    assert await tus.offset(url) == 40


async def test_empty_request_moves_nothing(tus: Tus) -> None:
    url = await tus.create(100)
    for offset, body in ((0, b""), (0, video(40)), (40, b"")):
        answer = await tus.patch(url, offset, body)
        assert answer.status_code == 204
        assert answer.headers["Upload-Offset"] == str(offset + len(body))


async def test_after_completion(tus: Tus) -> None:
    url = await tus.create(100)
    done = await tus.patch(url, 0, video(100))
    again = await tus.patch(url, 100, b"")
    assert (again.status_code, again.headers["Upload-Offset"]) == (204, "100")
    assert again.headers["X-Video-Id"] == done.headers["X-Video-Id"]
    assert (await tus.patch(url, 0, video(100))).status_code == 409
    assert (await tus.patch(url, 100, b"x")).status_code == 413


async def test_method_override(tus: Tus) -> None:
    data = video(100)
    url = await tus.create(100)
    override = {
        "X_HTTP_Method_Override": "PATCH",
        "Upload_Offset": "0",
        "Content_Type": "application/offset+octet-stream",
    }
    answer = await tus.request("POST", url, body=data[:60], **override)
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (204, "60")
    answer = await tus.request("POST", url, X_HTTP_Method_Override="head")
    assert answer.headers["Upload-Offset"] == "60"
    assert (await tus.request("POST", url, X_HTTP_Method_Override="DELETE")).status_code == 204
    assert (await tus.head(url)).status_code == 404


async def test_replaces_the_master_and_starts_the_encode(tus: Tus, stored: Stored) -> None:
    first = await tus.patch(await tus.create(100), 0, video(100))
    video_id = first.headers["X-Video-Id"]
    assert "X-Job-Id" not in first.headers
    data = video(200, seed=2)
    url = await tus.create(200, Upload_Metadata=metadata(videoId=video_id, encode="true"))
    answer = await tus.patch(url, 0, data)
    assert answer.headers["X-Video-Id"] == video_id
    assert (await tus.head(url)).headers["X-Job-Id"] == answer.headers["X-Job-Id"]
    await check_master(stored, video_id, data)
    job = await tus.http.get(f"/api/encoding/jobs/{answer.headers['X-Job-Id']}", headers=tus.headers({}))
    assert job.json()["videoId"] == video_id


async def test_video_that_disappears_meanwhile(tus: Tus, stored: Stored) -> None:
    video_id = (await tus.patch(await tus.create(100), 0, video(100))).headers["X-Video-Id"]
    url = await tus.create(100, Upload_Metadata=metadata(videoId=video_id))
    await tus.http.delete(f"/api/videos/{video_id}", headers=tus.headers({}))
    row = await stored.row(url)
    answer = await tus.patch(url, 0, video(100))
    assert (answer.status_code, answer.json()["code"]) == (409, "video_archived")
    assert row is not None
    assert await stored.traces(url, row) == []
    assert (await tus.head(url)).status_code == 404
    refused = await tus.request("POST", PATH, Upload_Length="9", Upload_Metadata=metadata(videoId=video_id))
    assert refused.status_code == 409
