"""What the control worker takes away of encodes that came to nothing."""

import httpx

from shared.clients.s3 import S3
from shared.config import Settings
from shared.db.session import Database
from shared.encoding import service as encoding_service
from tests.factories import make_job
from worker.control import ControlWorker


async def test_what_a_killed_worker_had_begun_to_store_goes_with_the_generation(
    database: Database, s3: S3, settings: Settings, admin: httpx.AsyncClient
) -> None:
    """A multipart upload without an end is in no listing of objects."""
    job = await make_job(database, s3, settings)
    (await admin.post(f"/api/encoding/jobs/{job.id}/cancel")).raise_for_status()
    async with database.session() as session:
        found = await encoding_service.generations_to_collect(session, settings, limit=10_000)
        [generation] = [row for row in found if row.job_id == job.id]
    key = f"{generation.prefix}download.mp4"
    upload_id = await s3.create_multipart(generation.bucket, key, content_type="video/mp4")
    await s3.upload_part(generation.bucket, key, upload_id, 1, b"0" * (5 << 20))
    other = f"{generation.prefix.rstrip('/')}1/download.mp4"
    kept = await s3.create_multipart(generation.bucket, other, content_type="video/mp4")
    control = ControlWorker(settings)
    control._database, control._s3 = database, s3
    await control._collect_generation(generation)
    assert [page async for page in s3.list_multiparts(generation.bucket, generation.prefix)] == []
    assert [page async for page in s3.list_multiparts(generation.bucket, other)] == [[(other, kept)]]
    await s3.abort_multiparts(generation.bucket, other)
