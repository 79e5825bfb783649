"""Expiration: silence ends an upload, and the sweep leaves nothing of it."""

from datetime import timedelta
from email.utils import parsedate_to_datetime

from shared.clock import utc_now
from shared.uploads.finish import Backends
from shared.uploads.models import UploadStatus
from shared.uploads.sweep import sweep
from tests.uploads.client import Tus
from tests.uploads.conftest import MIB, Stored, video

PAST = timedelta(seconds=1)


async def test_activity_extends(tus: Tus, stored: Stored) -> None:
    url = await tus.create(100)
    await stored.change(url, expires_at=utc_now() + timedelta(seconds=30))
    answer = await tus.patch(url, 0, video(10))
    assert parsedate_to_datetime(answer.headers["Upload-Expires"]) > utc_now() + timedelta(hours=1)


async def test_expired_is_gone(tus: Tus, stored: Stored, backends: Backends) -> None:
    url = await tus.create(30 * MIB)
    await tus.patch(url, 0, video(9 * MIB))
    await stored.change(url, expires_at=utc_now() - PAST)
    row = await stored.row(url)
    assert (await tus.head(url)).status_code == 410
    assert (await tus.patch(url, 9 * MIB, b"x")).status_code == 410
    assert row is not None
    assert len(await stored.traces(url, row)) == 2
    swept = await sweep(backends)
    assert swept.dropped >= 1
    assert await stored.traces(url, row) == []
    assert (await tus.head(url)).status_code == 404


async def test_sweep_spares_the_living(tus: Tus, stored: Stored, backends: Backends) -> None:
    url = await tus.create(30 * MIB)
    await tus.patch(url, 0, video(9 * MIB))
    done = await tus.create(100)
    await tus.patch(done, 0, video(100))
    row = await stored.row(url)
    await sweep(backends)
    assert row is not None
    assert len(await stored.traces(url, row)) == 2
    assert await tus.offset(url) == 9 * MIB
    assert (await tus.head(done)).status_code == 200


async def test_sweep_ends_what_a_crash_left(tus: Tus, stored: Stored, backends: Backends) -> None:
    s3, bucket = backends.s3, stored.bucket
    url = await tus.create(30 * MIB)
    await tus.patch(url, 0, video(9 * MIB))
    row = await stored.row(url)
    assert row is not None
    await stored.change(url, status=UploadStatus.gone)  # a termination that storage interrupted
    await s3.create_multipart(bucket, "masters/nobody/source", content_type="video/mp4")
    await s3.put(bucket, "uploads/6fa459ea-ee8a-4ca4-894e-db77e160355e/piece", b"x", content_type="text/plain")
    assert (await tus.head(url)).status_code == 410
    swept = await sweep(backends)
    assert (swept.stray_multiparts, swept.stray_pieces) == (1, 1)
    assert await stored.traces(url, row) == []
    assert await stored.row(url) is None
    assert await sweep(backends) == type(swept)()


async def test_sweep_leaves_foreign_objects_alone(stored: Stored, backends: Backends) -> None:
    names = ["uploads/lesson1.mp4", "uploads/course/lesson2.mp4"]
    for name in names:
        await backends.s3.put(stored.bucket, name, b"x", content_type="video/mp4")
    assert (await sweep(backends)).stray_pieces == 0
    for name in names:
        assert await backends.s3.get(stored.bucket, name) == b"x"
        await backends.s3.delete(stored.bucket, name)


async def test_second_multipart_of_a_living_upload(tus: Tus, stored: Stored, backends: Backends) -> None:
    url = await tus.create(30 * MIB)
    await tus.patch(url, 0, video(9 * MIB))
    row = await stored.row(url)
    assert row is not None
    await backends.s3.create_multipart(stored.bucket, row.key, content_type="video/mp4")
    assert (await sweep(backends)).stray_multiparts == 1
    answer = await tus.patch(url, 9 * MIB, video(30 * MIB)[9 * MIB :])
    assert answer.headers["X-Video-Id"]
