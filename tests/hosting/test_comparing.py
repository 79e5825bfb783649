"""The comparison as a task: objects in storage in, one report out."""

from uuid import uuid4

import pytest

from shared.jobs.tasks import CompareSourcePayload
from tests.hosting.test_fetching import Reports
from tests.media.making import encode_clip
from worker.media.probe import Limits, Prober
from worker.tasks.comparing import compare_source
from worker.tasks.context import Tools


@pytest.fixture(scope="module")
async def work(settings, s3, tiny_clip, tmp_path_factory):
    """A clip of two seconds, its generation, and the payload that names them."""
    encoded = await encode_clip(tiny_clip, tmp_path_factory.mktemp("generation"))
    key, prefix = f"migrations/{uuid4()}/original", f"{uuid4()}/{uuid4()}/"
    await s3.put(settings.s3_masters_bucket, key, tiny_clip.read_bytes(), content_type="video/mp4")
    for name, body, content_type, _ in encoded.stored:
        await s3.put(settings.s3_hls_bucket, f"{prefix}{name}", body, content_type=content_type)
    yield CompareSourcePayload(
        move_id=uuid4(), take=1, master_bucket=settings.s3_masters_bucket, master_key=key,
        output_bucket=settings.s3_hls_bucket, output_prefix=prefix, duration_seconds=2, has_audio=True,
    )  # fmt: skip
    await s3.delete(settings.s3_masters_bucket, key)
    await s3.delete_prefix(settings.s3_hls_bucket, prefix)


@pytest.fixture
async def report(settings, s3):
    prober = Prober(Limits())

    async def run(work):
        reports = Reports()
        tools = Tools(settings, s3, reports, "transfer-1", prober)
        await compare_source({"tools": tools}, work.model_dump(mode="json", by_alias=True))
        assert reports.taken[0]["status"] == "progress"
        return reports.last

    yield run
    await prober.close()


async def test_every_check_is_reported(report, work):
    said = await report(work)
    assert said["status"] == "compared", said
    assert [check["name"] for check in said["checks"]] == [
        "length", "platform_length", "video", "audio", "loudness", "pictures",
    ]  # fmt: skip
    assert all(check["ok"] for check in said["checks"]), said["checks"]


async def test_what_is_not_whole_is_no_reason_to_try_again(s3, report, work):
    name = f"{work.output_prefix}a0/init.mp4"
    body = await s3.get(work.output_bucket, name)
    await s3.delete(work.output_bucket, name)
    try:
        said = await report(work)
    finally:
        await s3.put(work.output_bucket, name, body, content_type="video/mp4")
    assert [check["ok"] for check in said["checks"]] == [False]
    assert "a0/init.mp4" in said["checks"][0]["detail"]


async def test_without_the_original_nothing_can_be_said(report, work):
    said = await report(work.model_copy(update={"master_key": "migrations/none"}))
    assert (said["status"], said["error"]["code"], said["error"]["permanent"]) == ("failed", "FILE_NOT_FOUND", True)
