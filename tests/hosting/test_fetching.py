"""Fetching an original: from a server that breaks off, lies, or ends, into a real multipart upload."""

import asyncio
import hashlib
import os
from uuid import uuid4

import httpx
import pytest

from shared.clients.s3 import ObjectNotFound
from shared.encoding import signature
from shared.jobs.tasks import FetchSourcePayload
from tests.hosting.origin import Origin, serving
from worker.callbacks import AttemptOver, Callbacks
from worker.settings import TRANSFER, build
from worker.tasks import fetching, moves
from worker.tasks.context import Tools

PART = 5 << 20
BODY = b"\0\0\0\x20ftypmp42\0\0\0\0mp42isom" + os.urandom(2 * PART + 700_000)
MD5 = hashlib.md5(BODY).hexdigest()


class Reports:
    """Takes reports as the API does; ``over``: after so many, 409."""

    def __init__(self, over: int = 1 << 30) -> None:
        self.taken: list[dict] = []
        self.over = over

    async def report_move(self, report, *, within_seconds):
        if len(self.taken) >= self.over:
            raise AttemptOver("the take is over")
        self.taken.append(report)
        return {"applied": True}

    @property
    def last(self) -> dict:
        return self.taken[-1]


@pytest.fixture
async def origin():
    async with serving(Origin(BODY)) as made:
        yield made


@pytest.fixture
def reports():
    return Reports()


@pytest.fixture
def fetch(settings, s3, origin, reports, monkeypatch):
    monkeypatch.setattr(fetching, "PAUSES_SECONDS", (0.0,) * 5)

    async def run(work, **changed):
        allowed = settings.model_copy(update={"ingest_allowed_hosts": (origin.host,), **changed})
        tools = Tools(allowed, s3, reports, "transfer-1")
        await fetching.fetch_source({"tools": tools}, work.model_dump(mode="json", by_alias=True))
        return reports.last

    return run


@pytest.fixture
async def work(settings, s3, origin):
    bucket, key = settings.s3_masters_bucket, f"migrations/{uuid4()}/original"
    upload_id = await s3.create_multipart(bucket, key, content_type="video/mp4")
    yield FetchSourcePayload(
        move_id=uuid4(), take=1, url=origin.url, bucket=bucket, key=key, upload_id=upload_id, part_bytes=PART,
        size_bytes=len(BODY), md5=MD5,
    )  # fmt: skip
    await s3.abort_multipart(bucket, key, upload_id)
    await s3.delete(bucket, key)


async def assert_fetched(s3, work, report):
    assert report["status"] == "fetched", report
    assert (report["sizeBytes"], report["md5"]) == (len(BODY), MD5)
    assert (report["sha256"], report["contentType"]) == (hashlib.sha256(BODY).hexdigest(), "video/mp4")
    assert (report["moveId"], report["workerId"]) == (str(work.move_id), "transfer-1")
    assert await s3.get(work.bucket, work.key) == BODY


async def test_a_whole_file_in_one_go(s3, work, fetch, origin, reports):
    await assert_fetched(s3, work, await fetch(work))
    assert origin.offsets == [0]
    assert reports.taken[0]["status"] == "progress"


async def test_it_goes_on_where_it_broke_off(s3, work, fetch, origin):
    origin.cuts = [PART + 1000, 65536, PART]
    await assert_fetched(s3, work, await fetch(work))
    # What is in flight when a connection dies may be lost, but never what has arrived before.
    assert len(origin.offsets) == 4
    assert origin.offsets == sorted(origin.offsets)
    assert origin.requests[-1]["if-range"] == '"one"'


async def test_a_server_that_knows_no_ranges(s3, work, fetch, origin):
    origin.ranges, origin.cuts = False, [PART + 1000]
    await assert_fetched(s3, work, await fetch(work))


async def test_a_new_take_goes_on_behind_the_last_whole_part(s3, work, fetch, origin):
    await s3.upload_part(work.bucket, work.key, work.upload_id, 1, BODY[:PART])
    await s3.upload_part(work.bucket, work.key, work.upload_id, 2, BODY[PART : PART + 1000])
    await assert_fetched(s3, work, await fetch(work.model_copy(update={"take": 2})))
    assert origin.offsets == [PART]


@pytest.mark.parametrize("same", [True, False])
async def test_without_an_md5_one_part_tells_that_it_is_the_same_file(s3, work, fetch, origin, same):
    await s3.upload_part(work.bucket, work.key, work.upload_id, 1, BODY[:PART] if same else bytes(PART))
    await s3.upload_part(work.bucket, work.key, work.upload_id, 2, BODY[PART : 2 * PART] if same else bytes(PART))
    await assert_fetched(s3, work, await fetch(work.model_copy(update={"md5": None, "size_bytes": None, "take": 2})))
    assert origin.offsets == ([PART] if same else [PART, 0])


async def test_a_take_that_was_lost_after_the_end_is_reported_by_the_next(s3, work, fetch, origin):
    await fetch(work)
    await assert_fetched(s3, work, await fetch(work.model_copy(update={"take": 2})))
    assert len(origin.requests) == 1


async def test_a_file_that_changes_midway_is_fetched_anew(s3, work, fetch, origin):
    origin.cuts = [PART + 1000]

    async def change(at):
        if origin.cuts == [] and at == 0:
            origin.etag = '"two"'

    origin.before = change
    await assert_fetched(s3, work, await fetch(work))
    assert origin.offsets[-1] == 0


async def test_what_never_comes_whole_fails_for_now_and_keeps_its_parts(s3, work, fetch, origin):
    origin.cuts = [PART + 1000, *[0] * 20]
    error = (await fetch(work))["error"]
    assert (error["code"], error["permanent"]) == ("SOURCE_TRUNCATED", False)
    assert len(origin.requests) == 6
    listed = await s3.client.list_parts(Bucket=work.bucket, Key=work.key, UploadId=work.upload_id)
    assert [part["Size"] for part in listed["Parts"]] == [PART]


@pytest.mark.parametrize(
    ("about", "changed", "code", "permanent"),
    [
        ({}, {"md5": "0" * 32}, "SOURCE_MD5_DIFFERS", True),
        ({}, {"size_bytes": len(BODY) + 1}, "SOURCE_SIZE_DIFFERS", True),
        ({"body": BODY[:-1]}, {}, "SOURCE_SIZE_DIFFERS", True),
        ({"body": b"no video at all " * 1000}, {"size_bytes": None, "md5": None}, "SOURCE_NOT_VIDEO", True),
        ({"body": b""}, {"size_bytes": None, "md5": None}, "SOURCE_NOT_VIDEO", True),
        ({"content_type": "text/html"}, {}, "SOURCE_NOT_VIDEO", False),
        ({"answers": {"/film.mp4": "410 Gone"}}, {}, "SOURCE_LINK_EXPIRED", False),
        ({"answers": {"/film.mp4": "503 Busy"}}, {}, "SOURCE_UNAVAILABLE", False),
        ({}, {"url": "http://127.0.0.1:1/film.mp4"}, "SOURCE_ADDRESS_REFUSED", True),
        ({}, {"upload_id": "gone"}, "SOURCE_UPLOAD_GONE", False),
    ],
)  # fmt: skip
async def test_what_is_refused(s3, work, fetch, origin, about, changed, code, permanent):
    for name, value in about.items():
        setattr(origin, name, value)
    report = await fetch(work.model_copy(update=changed))
    assert (report["status"], report["error"]["code"]) == ("failed", code)
    assert report["error"]["permanent"] is permanent
    with pytest.raises(ObjectNotFound):
        await s3.head(work.bucket, work.key)


async def test_what_is_too_large_is_not_begun(s3, work, fetch, origin):
    assert (await fetch(work, upload_max_bytes=PART))["error"]["code"] == "SOURCE_TOO_LARGE"
    assert not origin.requests
    again = work.model_copy(update={"size_bytes": None, "upload_id": await s3.create_multipart(
        work.bucket, work.key, content_type="video/mp4")})  # fmt: skip
    assert (await fetch(again, upload_max_bytes=PART))["error"]["code"] == "SOURCE_TOO_LARGE"


async def test_a_take_that_is_over_stops_at_once(s3, work, fetch, origin, reports, monkeypatch):
    monkeypatch.setattr(moves, "PROGRESS_SECONDS", 0.0)
    reports.over, never = 3, asyncio.Event()

    async def stall(at):
        if at > PART:
            await never.wait()

    origin.before = stall
    assert (await asyncio.wait_for(fetch(work), 20))["status"] == "progress"
    assert len(reports.taken) == 3
    with pytest.raises(ObjectNotFound):
        await s3.head(work.bucket, work.key)


async def test_a_take_that_another_worker_has_is_not_begun(work, fetch, origin, reports):
    reports.over = 0
    with pytest.raises(IndexError):
        await fetch(work)
    assert not origin.requests


def test_a_download_may_take_hours_and_a_deletion_may_not(settings, monkeypatch):
    monkeypatch.setattr("worker.settings.PatientWorker", dict)
    limits = {function.name: function.timeout_s for function in build(TRANSFER, settings)["functions"]}
    assert limits == {"fetch_source": 21600, "compare_source": 1800, "probe_master": 600, "delete_objects": 600}


async def test_reports_go_signed_to_the_route_of_moves(settings):
    seen = []

    def take(request):
        seen.append(request)
        return httpx.Response(200, json={"applied": True})

    async with httpx.AsyncClient(transport=httpx.MockTransport(take)) as client:
        sent = {"moveId": str(uuid4()), "take": 1, "status": "progress", "receivedBytes": 7, "workerId": "transfer-1"}
        assert await Callbacks(settings, client).report_move(sent, within_seconds=1) == {"applied": True}
    (request,) = seen
    assert request.url == "http://vms.test/api/migrations/reports"
    assert {name.lower() for name in signature.headers("x" * 32, event_id="e", timestamp=1, body=b"")} <= set(
        request.headers
    )
