"""A storage without room: the attempt ends at once with a code that is tried again, and nothing stays behind."""

from contextlib import asynccontextmanager

import psutil
import pytest
from aiohttp import web

from shared.clients.s3 import S3, StorageUnavailable
from shared.encoding.ladder import plan_ladder
from worker.media.encode import encode
from worker.media.errors import PERMANENT
from worker.media.probe import probe
from worker.tasks.failures import classify

_FULL = "<Error><Code>{code}</Code><Message>There is no room</Message></Error>"


@asynccontextmanager
async def full_storage(status, code):
    """An S3 endpoint that takes no object; gives its URL and the keys it was sent."""
    asked = []

    async def refuse(request):
        await request.read()
        asked.append(request.path)
        return web.Response(status=status, text=_FULL.format(code=code), content_type="application/xml")

    app = web.Application(client_max_size=1 << 30)
    app.router.add_route("*", "/{path:.*}", refuse)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}", asked
    finally:
        await runner.cleanup()


@pytest.mark.parametrize(
    ("status", "code"),
    [(507, "InsufficientStorage"), (503, "SlowDown"), (403, "QuotaExceeded")],
)
async def test_a_full_storage_ends_the_encode_cleanly(settings, tiny_clip, status, code):
    plan = plan_ladder(await probe(str(tiny_clip)), window_seconds=None)
    async with (
        full_storage(status, code) as (url, asked),
        S3(settings.model_copy(update={"s3_endpoint_url": url})) as s3,
    ):

        async def sink(name, body, content_type, kind):
            await s3.put("video-hls", f"full/{name}", body, content_type=content_type)

        with pytest.raises(StorageUnavailable) as caught:
            await encode(str(tiny_clip), plan, sink)
    assert code in caught.value.detail
    assert asked
    failure = classify(caught.value)
    assert failure["code"] == "S3_UPLOAD_FAILED"
    assert failure["code"] not in PERMANENT
    assert [p for p in psutil.Process().children(recursive=True) if "ffmpeg" in p.name()] == []
