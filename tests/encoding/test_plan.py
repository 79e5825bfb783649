"""The dry run: what it says, and how the facts of a master come to be known."""

import asyncio
import base64
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from redis.asyncio import Redis
from sqlmodel import col, select

from shared.clients.s3 import S3
from shared.config import Settings
from shared.db.session import Database
from shared.encoding import probes
from shared.encoding.ladder import AudioFacts, SourceFacts
from shared.encoding.planning import dry_run
from shared.encoding.signature import SIGNATURE_HEADER, sign
from shared.jobs.models import Outbox
from shared.jobs.presence import key_of
from shared.jobs.tasks import PROBE_MASTER, ProbePayload
from shared.videos.models import Master, Video
from tests.factories import make_master, make_video
from worker.callbacks import Callbacks
from worker.media.errors import MediaCode, MediaError
from worker.media.probe import Limits, Prober
from worker.tasks.context import Tools
from worker.tasks.probing import probe_master

FACTS = SourceFacts(
    display_width=1920,
    display_height=1080,
    coded_width=1920,
    coded_height=1080,
    frame_rate=Fraction(24),
    duration_seconds=30.0,
    frames=720,
    video_codec="h264",
    audio=(AudioFacts(index=1, channels=2, sample_rate=48000, codec="aac", duration_seconds=30.0),),
)


def facts(**changes: Any) -> SourceFacts:
    return SourceFacts(**{**{name: getattr(FACTS, name) for name in SourceFacts.__dataclass_fields__}, **changes})


def sound(**changes: Any) -> AudioFacts:
    values = {"index": 1, "channels": 2, "sample_rate": 48000, "codec": "aac", "duration_seconds": 30.0}
    return AudioFacts(**{**values, **changes})


def test_an_ordinary_source_needs_no_warning() -> None:
    plan = dry_run(FACTS, window_seconds=60, workers=1)
    assert plan.warnings == []
    assert (plan.rungs[0].quality, plan.rungs[0].reason) == ("1080p", "source is 1080p")
    assert [(window.start_seconds, window.end_seconds) for window in plan.windows] == [(0, 30)]
    assert (plan.segment_seconds, plan.frame_rate, plan.duration_seconds) == (6, 24, 30)
    bits = sum(rung.video_bps for rung in plan.rungs) + sum(track.bps for track in plan.audio)
    assert plan.estimated_bytes == bits * 30 / 8


def test_windows_follow_each_other_to_the_end() -> None:
    long = facts(duration_seconds=600.6, frames=18000, frame_rate=Fraction(30000, 1001))
    plan = dry_run(long, window_seconds=60, workers=3)
    assert len(plan.windows) > 9
    assert plan.windows[0].start_seconds == 0
    assert plan.windows[-1].end_seconds == pytest.approx(600.6, abs=1e-5)
    assert all(before.end_seconds == after.start_seconds for before, after in pairwise(plan.windows))
    assert len(plan.windows) > len(dry_run(long, window_seconds=120, workers=1).windows)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"hdr": "pq", "bit_depth": 10}, "HDR10 (PQ) is tone-mapped to SDR."),
        ({"hdr": "hlg", "bit_depth": 10}, "HLG is tone-mapped to SDR."),
        ({"bit_depth": 10}, "10 bits a sample become 8."),
        ({"full_range": True}, "Full-range colour becomes limited range."),
        (
            {"rotation": 90, "display_width": 1080, "display_height": 1920},
            "The picture is turned 90° clockwise, as the file asks for.",
        ),
        (
            {"rotation": 180, "mirrored": True},
            "The picture is mirrored and turned 180° clockwise, as the file asks for.",
        ),
        (
            {"coded_width": 1440},
            "Its pixels are not square: 1440x1080 is shown as 1920x1080.",
        ),
        (
            {"display_width": 3840, "display_height": 2160, "coded_width": 3840, "coded_height": 2160},
            "3840x2160 is scaled down to 1920x1080.",
        ),
        (
            {"display_width": 853, "display_height": 479, "coded_width": 853, "coded_height": 479},
            "The odd size 853x479 becomes 852x478.",
        ),
        (
            {"display_width": 320, "display_height": 180, "coded_width": 320, "coded_height": 180},
            "The picture is smaller than the smallest usual size and is not made larger.",
        ),
        ({"interlaced": True}, "Interlaced pictures are deinterlaced."),
        (
            {"frame_rate_is_constant": False, "frames": None, "frame_rate": Fraction(30000, 1001)},
            "The variable frame rate becomes 29.97 fps.",
        ),
        ({"frame_rate": Fraction(120), "frames": 3600}, "120 fps become 60 fps."),
        ({"audio": ()}, "There is no sound."),
        ({"audio": (sound(channels=6),)}, "The sound has 6 channels and becomes stereo."),
        (
            {"audio": (sound(start_seconds=1.5, duration_seconds=28.5),)},
            "The sound begins 1.5 s after the picture; there is silence before it.",
        ),
        (
            {"audio": (sound(duration_seconds=32.0),)},
            "The sound goes on 2.0 s after the last picture and is cut there.",
        ),
        (
            {"audio": (sound(duration_seconds=20.0),)},
            "The sound ends 10.0 s before the picture; silence follows it.",
        ),
        (
            {"audio": (sound(language="en"), sound(index=2))},
            "Sound track 2 names no language.",
        ),
    ],
)
def test_what_is_not_kept_is_said(changes: dict[str, Any], expected: str) -> None:
    assert dry_run(facts(**changes), window_seconds=60, workers=1).warnings == [expected]


@pytest.fixture
def transfer(settings: Settings, s3: S3, anonymous: httpx.AsyncClient) -> dict[str, Any]:
    """A transfer worker's context; its reports reach this application."""
    prober = Prober(Limits())
    return {"tools": Tools(settings, s3, Callbacks(settings, anonymous), "transfer-test", prober)}


async def master_of(database: Database, video_id: UUID) -> Master:
    async with database.session() as session:
        query = select(Master).where(col(Master.video_id) == video_id).order_by(col(Master.created_at).desc())
        found = (await session.scalars(query)).first()
        assert found is not None
        return found


async def asked(database: Database, master: Master) -> ProbePayload | None:
    """What a transfer worker is asked about this master."""
    async with database.session() as session:
        rows = await session.scalars(select(Outbox).where(col(Outbox.task) == PROBE_MASTER.name))
        found = [ProbePayload.model_validate(row.payload) for row in rows if row.payload["masterId"] == str(master.id)]
    return found[0] if found else None


async def duration_of(database: Database, video_id: UUID) -> float | None:
    async with database.session() as session:
        video = await session.get(Video, video_id)
        assert video is not None
        return video.duration_seconds


async def give_duration(database: Database, video_id: UUID, seconds: float | None) -> None:
    async with database.session() as session:
        video = await session.get(Video, video_id)
        assert video is not None
        video.duration_seconds = seconds


Ask = Callable[[bytes], Awaitable[tuple[UUID, httpx.Response]]]


@pytest.fixture
def ask(database: Database, s3: S3, settings: Settings, viewer: httpx.AsyncClient, transfer: dict[str, Any]) -> Ask:
    """Ask for the plan of a new video with this master, while a worker does what it is asked."""

    async def run(body: bytes) -> tuple[UUID, httpx.Response]:
        video_id = await make_video(database)
        await make_master(database, s3, settings, video_id, body)
        master = await master_of(database, video_id)
        answer = asyncio.create_task(viewer.get(f"/api/videos/{video_id}/encode/plan"))
        async with asyncio.timeout(10):
            while (payload := await asked(database, master)) is None:
                await asyncio.sleep(0.01)
        assert database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
        await probe_master(transfer, payload.model_dump(mode="json", by_alias=True))
        return video_id, await answer

    return run


async def test_a_master_that_nobody_has_seen_is_looked_at(
    ask: Ask, database: Database, viewer: httpx.AsyncClient, tiny_clip: Path
) -> None:
    video_id, answer = await ask(tiny_clip.read_bytes())
    assert answer.status_code == 200, answer.text
    plan = answer.json()
    assert [(rung["quality"], rung["width"], rung["height"]) for rung in plan["rungs"]] == [("180p", 320, 180)]
    assert plan["rungs"][0]["videoBps"] > 0
    assert plan["rungs"][0]["maxrateBps"] > plan["rungs"][0]["videoBps"]
    assert plan["audio"] == [{"label": "Audio", "language": None, "channels": 1, "bps": 64000}]
    assert plan["windows"] == [{"number": 0, "startSeconds": 0, "endSeconds": plan["durationSeconds"]}]
    assert plan["durationSeconds"] == pytest.approx(2, abs=0.05)
    assert (plan["segmentSeconds"], plan["frameRate"]) == (6, 25)
    source = plan["source"]
    assert (source["width"], source["height"], source["codec"], source["container"]) == (320, 180, "h264", "mov")
    assert source["sizeBytes"] == tiny_clip.stat().st_size
    assert source["audio"][0]["codec"] == "aac"
    assert "not made larger" in plan["warnings"][0]
    assert plan["estimatedBytes"] > 0
    assert await duration_of(database, video_id) == pytest.approx(2, abs=0.05)
    again = await viewer.get(f"/api/videos/{video_id}/encode/plan")
    assert again.json() == plan


async def test_a_master_that_is_no_video_says_so(ask: Ask, database: Database, viewer: httpx.AsyncClient) -> None:
    video_id, answer = await ask(b"Dear diary, this is not a video. " * 100)
    assert (answer.status_code, answer.json()["code"]) == (409, "master_unreadable")
    known = (await master_of(database, video_id)).facts
    assert known is not None
    assert known["error"]["code"].startswith(("MEDIA_", "FFMPEG_"))
    assert answer.json()["detail"] == known["error"]["message"]
    again = await viewer.get(f"/api/videos/{video_id}/encode/plan")
    assert again.status_code == 409


async def test_nobody_looks_in_time(
    database: Database, s3: S3, settings: Settings, viewer: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probes, "WAIT_SECONDS", 0.2)
    video_id = await make_video(database)
    await make_master(database, s3, settings, video_id)
    answer = await viewer.get(f"/api/videos/{video_id}/encode/plan")
    assert (answer.status_code, answer.json()["code"]) == (503, "not_probed_yet")
    assert answer.headers["Retry-After"] == "5"
    assert await asked(database, await master_of(database, video_id)) is not None


async def test_no_master_and_no_video(database: Database, viewer: httpx.AsyncClient) -> None:
    video_id = await make_video(database)
    answer = await viewer.get(f"/api/videos/{video_id}/encode/plan")
    assert (answer.status_code, answer.json()["code"]) == (409, "master_missing")
    assert (await viewer.get(f"/api/videos/{uuid4()}/encode/plan")).status_code == 404


class Failing(Prober):
    """Fails as the network or the machine does."""

    def __init__(self, code: MediaCode) -> None:
        super().__init__(Limits())
        self._code = code

    async def probe(self, url: str, **_: Any) -> SourceFacts:
        raise MediaError(self._code, "not today")


@pytest.mark.parametrize("code", [MediaCode.FFMPEG_DOWNLOAD_FAILED, MediaCode.FILE_NOT_FOUND, MediaCode.FFMPEG_FAILED])
async def test_a_failure_that_may_pass_is_not_kept(
    database: Database,
    s3: S3,
    settings: Settings,
    anonymous: httpx.AsyncClient,
    monkeypatch: pytest.MonkeyPatch,
    code: MediaCode,
) -> None:
    sent: list[Any] = []

    async def send(*report: Any, **_: Any) -> None:
        sent.append(report)

    monkeypatch.setattr(Callbacks, "send", send)
    video_id = await make_video(database)
    await make_master(database, s3, settings, video_id)
    master = await master_of(database, video_id)
    tools = Tools(settings, s3, Callbacks(settings, anonymous), "w", Failing(code))
    payload = ProbePayload(master_id=master.id, bucket=master.bucket, key=master.key)
    await probe_master({"tools": tools}, payload.model_dump(mode="json", by_alias=True))
    assert not sent


async def test_an_object_that_is_gone_is_nothing_to_report(
    database: Database, s3: S3, settings: Settings, transfer: dict[str, Any]
) -> None:
    video_id = await make_video(database)
    await make_master(database, s3, settings, video_id)
    master = await master_of(database, video_id)
    await s3.delete(master.bucket, master.key)
    payload = ProbePayload(master_id=master.id, bucket=master.bucket, key=master.key)
    await probe_master(transfer, payload.model_dump(mode="json", by_alias=True))
    assert (await master_of(database, video_id)).facts is None


Send = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
def send(anonymous: httpx.AsyncClient, settings: Settings) -> Send:
    """Post a probe's report, signed unless a signature is given."""

    async def post(signature: str | None = None, **body: Any) -> httpx.Response:
        content = httpx.Request("POST", "http://x", json={"timestamp": datetime.now(UTC).isoformat(), **body}).content
        header = sign(settings.webhook_secrets[0], content) if signature is None else signature
        return await anonymous.post("/api/encoding/probes", content=content, headers={SIGNATURE_HEADER: header})

    return post


async def test_only_signed_fresh_and_whole_reports_count(
    database: Database, s3: S3, settings: Settings, send: Send
) -> None:
    video_id = await make_video(database)
    await make_master(database, s3, settings, video_id)
    master_id = str((await master_of(database, video_id)).id)
    good = {"masterId": master_id, "facts": FACTS.to_json()}
    error = {"code": "MEDIA_EMPTY", "message": "no bytes"}
    old = (datetime.now(UTC) - timedelta(seconds=301)).isoformat()
    for status, code, answer in (
        (401, "signature_invalid", await send("sha256=" + "0" * 64, **good)),
        (401, "timestamp_rejected", await send(**good, timestamp=old)),
        (404, "master_not_found", await send(**{**good, "masterId": str(uuid4())})),
        (422, "validation_failed", await send(masterId=master_id)),
        (422, "validation_failed", await send(**good, error=error)),
        (422, "validation_failed", await send(masterId=master_id, error={"code": "FFMPEG_FAILED", "message": ""})),
        (422, "validation_failed", await send(masterId=master_id, facts={"displayWidth": "wide"})),
        (422, "validation_failed", await send(masterId=master_id, facts={**FACTS.to_json(), "frameRate": "0/1"})),
        (422, "validation_failed", await send(masterId=master_id, facts={**FACTS.to_json(), "videoCodec": "a\0"})),
    ):
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert (await master_of(database, video_id)).facts is None


async def test_the_same_report_again_changes_nothing_and_good_stays_good(
    database: Database, s3: S3, settings: Settings, send: Send
) -> None:
    video_id = await make_video(database)
    await make_master(database, s3, settings, video_id)
    master_id = str((await master_of(database, video_id)).id)
    error = {"code": "MEDIA_EMPTY", "message": "no bytes"}
    for applied, body in (
        (True, {"error": error}),
        (False, {"error": error}),
        (True, {"facts": FACTS.to_json()}),
        (False, {"facts": FACTS.to_json()}),
        (False, {"error": error}),
    ):
        answer = await send(masterId=master_id, **body)
        assert (answer.status_code, answer.json()) == (200, {"applied": applied})
    assert SourceFacts.from_json((await master_of(database, video_id)).facts or {}) == FACTS


async def test_a_duration_is_filled_in_and_not_changed(
    database: Database, s3: S3, settings: Settings, send: Send
) -> None:
    for given, replaced, expected in ((None, False, 30.0), (12.5, False, 12.5), (None, True, None)):
        video_id = await make_video(database)
        await give_duration(database, video_id, given)
        await make_master(database, s3, settings, video_id)
        master = await master_of(database, video_id)
        if replaced:
            await make_master(database, s3, settings, video_id, b"another")
        assert (await send(masterId=str(master.id), facts=FACTS.to_json())).json() == {"applied": True}
        assert await duration_of(database, video_id) == expected


async def test_the_plan_counts_the_workers_that_are_there(
    app: FastAPI, database: Database, s3: S3, settings: Settings, viewer: httpx.AsyncClient, send: Send
) -> None:
    video_id = await make_video(database)
    await make_master(database, s3, settings, video_id)
    master_id = str((await master_of(database, video_id)).id)
    await send(masterId=master_id, facts=FACTS.to_json())
    redis: Redis = app.state.redis
    keys = [key_of("encode", f"encode-there-{number}") for number in range(3)]

    async def plan() -> dict[str, Any]:
        found: dict[str, Any] = (await viewer.get(f"/api/videos/{video_id}/encode/plan")).json()
        return found

    before = await plan()
    for key in keys:
        await redis.set(key, "1", ex=60)
    with_three = await plan()
    await redis.delete(*keys)
    assert with_three["workers"] == before["workers"] + 3
    assert len(with_three["windows"]) == 2, "30 s are five segments, and no window is shorter than two"
    app.state.redis = Redis.from_url("redis://127.0.0.1:9", socket_connect_timeout=1)
    try:
        assert (await plan())["workers"] == 0
    finally:
        await app.state.redis.aclose()
        app.state.redis = redis


@pytest.mark.parametrize("encode", [False, True])
async def test_an_upload_has_its_master_looked_at_unless_it_is_encoded_at_once(
    editor: httpx.AsyncClient, database: Database, tiny_clip: Path, encode: bool
) -> None:
    words = {"filename": "tiny.mp4", "filetype": "video/mp4", **({"encode": "true"} if encode else {})}
    body = tiny_clip.read_bytes()
    answer = await editor.post(
        "/api/upload/video",
        content=body,
        headers={
            "Tus-Resumable": "1.0.0",
            "Upload-Length": str(len(body)),
            "Upload-Metadata": ",".join(
                f"{key} {base64.b64encode(word.encode()).decode()}" for key, word in words.items()
            ),
            "Content-Type": "application/offset+octet-stream",
        },
    )
    assert answer.status_code == 201, answer.text
    async with database.session() as session:
        master = (await session.scalars(select(Master).order_by(col(Master.created_at).desc()))).first()
    assert master is not None
    assert master.filename == "tiny.mp4"
    payload = await asked(database, master)
    if encode:
        assert payload is None
    else:
        assert payload == ProbePayload(master_id=master.id, bucket=master.bucket, key=master.key)
