"""Whatever dies in the middle, the client goes on and the object is the file."""

import asyncio
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from shared.auth.service import SYSTEM
from shared.config import Settings
from shared.uploads import service as uploads_service
from shared.uploads.finish import Backends
from shared.uploads.models import UploadStatus
from shared.uploads.sweep import sweep
from tests.uploads.client import Tus, metadata
from tests.uploads.conftest import MIB, Stored, running_api, upload_id, video
from tests.uploads.test_patch import check_master


async def test_kill_9_of_the_api(settings: Settings, key: str, stored: Stored, tmp_path: Path) -> None:
    data = video(40 * MIB)
    log = tmp_path / "api.log"
    with running_api(settings, log=log) as api:
        port = api.port
        async with Tus(api.base_url, key) as client:
            url = await client.create(len(data))
            assert (await client.patch(url, 0, data[:1000])).status_code == 204
            hanging = await client.hanging_patch(url, 1000, data[1000 : 22 * MIB], size=len(data) - 1000)
            while (row := await stored.row(url)) is None or row.offset_bytes < 8 * MIB:
                await asyncio.sleep(0.01)
            api.kill()
            await hanging.cut()
    with running_api(settings, port=port, log=log) as api:
        async with Tus(api.base_url, key) as client:
            offset = await client.offset(url)
            assert 8 * MIB <= offset < 22 * MIB
            answer = await client.patch(url, offset, data[offset:])
            assert answer.status_code == 204, answer.text
    await check_master(stored, answer.headers["X-Video-Id"], data)
    row = await stored.row(url)
    assert row is not None
    assert await stored.traces(url, row) == [row.key]


class Crash(RuntimeError):
    """The process ends here."""


@pytest.fixture
def crashing(backends: Backends) -> Backends:
    """Backends that crash between the joining of the parts and the commit."""

    async def crash(session: AsyncSession, actor: str, video_id: UUID) -> UUID:
        raise Crash

    return Backends(backends.database, backends.s3, backends.settings, crash)


async def finishing_upload(tus: Tus, stored: Stored, crashing: Backends, data: bytes) -> str:
    """An upload whose object is there, and whose video is not."""
    url = await tus.create(len(data), Upload_Metadata=metadata(encode="true", title="Crashed"))
    assert (await tus.patch(url, 0, data[:-10])).status_code == 204

    async def chunks():
        yield data[-10:]

    piece = uploads_service.Piece(len(data) - 10, 10, None, chunks())
    with pytest.raises(Crash):
        await uploads_service.append(crashing, SYSTEM, upload_id(url), piece)
    row = await stored.row(url)
    assert row is not None
    assert (row.status, row.lock_token, row.video_id) == (UploadStatus.finishing, None, None)
    return url


@pytest.mark.parametrize("method", ["HEAD", "PATCH", "sweep"])
async def test_crash_between_storage_and_database(
    tus: Tus, stored: Stored, backends: Backends, crashing: Backends, method: str
) -> None:
    data = video(9 * MIB)
    url = await finishing_upload(tus, stored, crashing, data)
    if method == "sweep":
        assert (await sweep(backends)).finished == 1
    answer: httpx.Response = await (tus.patch(url, len(data), b"") if method == "PATCH" else tus.head(url))
    assert answer.is_success
    assert answer.headers["Upload-Offset"] == str(len(data))
    assert answer.headers["X-Job-Id"]
    await check_master(stored, answer.headers["X-Video-Id"], data)


async def test_terminate_before_the_retry(tus: Tus, stored: Stored, crashing: Backends) -> None:
    url = await finishing_upload(tus, stored, crashing, video(9 * MIB))
    row = await stored.row(url)
    assert (await tus.request("DELETE", url)).status_code == 204
    assert row is not None
    assert await stored.traces(url, row) == []


async def test_storage_forgets_the_multipart_upload(tus: Tus, stored: Stored) -> None:
    data = video(20 * MIB)
    url = await tus.create(len(data))
    await tus.patch(url, 0, data[: 9 * MIB])
    row = await stored.row(url)
    assert row is not None
    assert row.s3_upload_id is not None
    await stored.s3.abort_multipart(row.bucket, row.key, row.s3_upload_id)
    answer = await tus.patch(url, 9 * MIB, data[9 * MIB :])
    assert (answer.status_code, answer.json()["code"]) == (410, "upload_gone")
    assert (await tus.head(url)).status_code == 404
    assert await stored.traces(url, row) == []
