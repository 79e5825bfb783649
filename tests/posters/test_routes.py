"""Choosing and uploading posters over HTTP, and what becomes of the files."""

from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import update
from sqlmodel import col, select

from shared.audit.models import AuditEntry
from shared.clients.s3 import S3
from shared.clock import utc_now
from shared.config import Settings
from shared.db.session import Database
from shared.encoding import images, posters
from shared.encoding import service as encoding_service
from shared.encoding.models import Generation, GenerationStatus
from tests.factories import make_job, make_master, make_video, report_body, send_report
from tests.posters.test_images import SECRET, picture, pixels, telltale


@pytest.fixture
async def video_id(database: Database) -> UUID:
    return await make_video(database, visibility="public")


async def publish(
    database: Database, s3: S3, settings: Settings, client: httpx.AsyncClient, video_id: UUID, name: str
) -> None:
    """An encode of the video ends with a poster and three candidates."""
    await make_master(database, s3, settings, video_id)
    job = await make_job(database, s3, settings, video_id)
    for file in ("master.m3u8", "poster.jpg", "thumb-1.jpg", "thumb-2.jpg", "thumb-3.jpg"):
        key = f"{video_id}/{name}/{file}"
        await s3.put(settings.s3_hls_bucket, key, f"{name} {file}".encode(), content_type="image/jpeg")
    url = f"s3://{settings.s3_hls_bucket}/{video_id}/{name}/master.m3u8"
    answer = await send_report(client, settings, report_body(job, "completed", outputUrl=url))
    assert answer.status_code == 200, answer.text


async def shown(client: httpx.AsyncClient, video_id: UUID) -> bytes | None:
    """The picture that a viewer gets."""
    url = (await client.get(f"/api/videos/{video_id}/playback")).json()["posterUrl"]
    if url is None:
        return None
    answer = await client.get(url)
    assert answer.status_code == 200, answer.text
    return answer.content


async def attached(database: Database, video_id: UUID) -> dict[str, GenerationStatus]:
    """The directories of uploaded files and what is to become of them."""
    async with database.session() as session:
        query = select(Generation).where(col(Generation.video_id) == video_id, col(Generation.job_id).is_(None))
        return {row.prefix: GenerationStatus(row.status) for row in await session.scalars(query)}


async def test_a_candidate_is_kept_over_a_re_encode(
    anonymous: httpx.AsyncClient,
    viewer: httpx.AsyncClient,
    editor: httpx.AsyncClient,
    database: Database,
    s3: S3,
    settings: Settings,
    video_id: UUID,
) -> None:
    where = f"/api/videos/{video_id}/poster"
    nothing = {"choice": "automatic", "candidate": None, "url": None, "candidates": []}
    assert (await viewer.get(where)).json() == nothing
    early = await editor.put(where, json={"candidate": 2})
    assert (early.status_code, early.json()["code"]) == (409, "candidate_not_found")
    await publish(database, s3, settings, anonymous, video_id, "g1")
    answer = (await viewer.get(where)).json()
    assert (answer["choice"], [one["number"] for one in answer["candidates"]]) == ("automatic", [1, 2, 3])
    assert (await anonymous.get(answer["url"])).content == b"g1 poster.jpg"
    assert (await anonymous.get(answer["candidates"][2]["url"])).content == b"g1 thumb-3.jpg"
    assert await shown(anonymous, video_id) == b"g1 poster.jpg"

    chosen = await editor.put(where, json={"candidate": 2})
    assert (chosen.status_code, chosen.json()["choice"], chosen.json()["candidate"]) == (200, "candidate", 2)
    assert (await anonymous.get(chosen.json()["url"])).content == b"g1 thumb-2.jpg"
    assert await shown(anonymous, video_id) == b"g1 thumb-2.jpg"
    await publish(database, s3, settings, anonymous, video_id, "g2")
    assert await shown(anonymous, video_id) == b"g2 thumb-2.jpg"
    reset = await editor.delete(where)
    assert (reset.status_code, reset.json()["choice"]) == (200, "automatic")
    assert await shown(anonymous, video_id) == b"g2 poster.jpg"


@pytest.mark.parametrize("kind", images.TYPES)
async def test_an_upload(
    anonymous: httpx.AsyncClient, editor: httpx.AsyncClient, database: Database, video_id: UUID, kind: str
) -> None:
    where = f"/api/videos/{video_id}/poster"
    body = telltale(kind, picture(kind))
    sent = (
        await editor.post(where, files={"file": ("holiday.bin", body)})
        if kind == "png"
        else await editor.post(where, content=body, headers={"Content-Type": images.TYPES[kind]})
    )
    assert (sent.status_code, sent.json()["choice"]) == (201, "upload"), sent.text
    got = await anonymous.get(sent.json()["url"])
    assert got.headers["Content-Type"] == images.TYPES[kind]
    assert got.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert SECRET not in got.content
    assert pixels(got.content) == pixels(body)
    assert await shown(anonymous, video_id) == got.content
    (prefix,) = await attached(database, video_id)
    assert prefix.startswith(f"{video_id}/")


async def test_an_upload_wins_and_is_collected_when_replaced(
    anonymous: httpx.AsyncClient,
    editor: httpx.AsyncClient,
    database: Database,
    s3: S3,
    settings: Settings,
    video_id: UUID,
) -> None:
    where = f"/api/videos/{video_id}/poster"
    await publish(database, s3, settings, anonymous, video_id, "g1")
    await editor.patch(f"/api/videos/{video_id}", json={"thumbnailUrl": "https://example.org/a.jpg"})
    assert (await editor.get(where)).json()["url"] == "https://example.org/a.jpg"
    await editor.put(where, json={"candidate": 1})
    assert await shown(anonymous, video_id) == b"g1 thumb-1.jpg"
    first = await editor.post(where, content=picture("jpg"))
    assert await shown(anonymous, video_id) == (await anonymous.get(first.json()["url"])).content
    assert list((await attached(database, video_id)).values()) == ["attached"]
    await editor.post(where, content=picture("png"))
    assert sorted((await attached(database, video_id)).values()) == ["attached", "superseded"]
    await editor.put(where, json={"candidate": 3})
    assert sorted((await attached(database, video_id)).values()) == ["superseded", "superseded"]
    assert await shown(anonymous, video_id) == b"g1 thumb-3.jpg"
    now = settings.model_copy(update={"generation_grace_seconds": 0})
    async with database.session() as session:
        due = {row.prefix for row in await encoding_service.generations_to_collect(session, now, limit=10_000)}
    assert set(await attached(database, video_id)) <= due
    async with database.session() as session:
        query = select(AuditEntry).where(col(AuditEntry.object_id) == str(video_id)).order_by(col(AuditEntry.id))
        actions = [row.action for row in await session.scalars(query) if row.action.startswith("posters.")]
    assert actions == ["posters.choose", "posters.upload", "posters.upload", "posters.choose"]


async def test_a_deleted_video_leaves_no_picture(
    editor: httpx.AsyncClient, admin: httpx.AsyncClient, database: Database, settings: Settings, video_id: UUID
) -> None:
    await editor.post(f"/api/videos/{video_id}/poster", content=picture("jpg"))
    (prefix,) = await attached(database, video_id)
    await editor.delete(f"/api/videos/{video_id}")
    assert (await admin.delete(f"/api/videos/{video_id}?permanent=true")).status_code == 204
    async with database.session() as session:
        due = await encoding_service.generations_to_collect(session, settings, limit=10_000)
    assert prefix in {row.prefix for row in due}


async def test_a_file_whose_request_was_cut_off_is_collected(
    editor: httpx.AsyncClient, database: Database, settings: Settings, video_id: UUID
) -> None:
    await editor.post(f"/api/videos/{video_id}/poster", content=picture("jpg"))
    async with database.session() as session:
        young, old = [await posters.reserve(session, settings, video_id) for _ in range(2)]
    async with database.session() as session:
        earlier = utc_now() - timedelta(hours=2)
        used = col(Generation.video_id) == video_id, col(Generation.id) != young.id
        await session.execute(update(Generation).where(*used).values(status_changed_at=earlier))
        await posters.drop_unused(session)
    found = await attached(database, video_id)
    assert (found.pop(old.prefix), set(found.values())) == ("superseded", {"attached"})


@pytest.mark.parametrize(
    ("body", "kind", "status", "code"),
    [
        (b"", "image/jpeg", 422, "image_unreadable"),
        (b"GIF89a", "image/jpeg", 422, "image_unreadable"),
        (b"GIF89a", "image/gif", 415, "unsupported_media_type"),
        (b"\xff\xd8\xff" + b"x" * images.MAX_BYTES, "image/jpeg", 413, "too_large"),
        (b"\xff\xd8\xff" + b"x" * (images.MAX_BYTES + 100_000), "image/jpeg", 413, "too_large"),
    ],
    ids=["empty", "gif", "gif type", "large", "larger"],
)
async def test_what_is_refused(
    editor: httpx.AsyncClient, database: Database, video_id: UUID, body: bytes, kind: str, status: int, code: str
) -> None:
    answer = await editor.post(f"/api/videos/{video_id}/poster", content=body, headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert await attached(database, video_id) == {}


@pytest.mark.parametrize("body", [{}, {"candidate": 0}, {"candidate": 4}, {"candidate": "1"}, {"candidate": 1, "x": 1}])
async def test_candidates_have_numbers(editor: httpx.AsyncClient, video_id: UUID, body: dict[str, object]) -> None:
    assert (await editor.put(f"/api/videos/{video_id}/poster", json=body)).status_code == 422


async def test_a_video_that_is_not_there_or_archived(
    editor: httpx.AsyncClient, database: Database, video_id: UUID
) -> None:
    answer = await editor.post(f"/api/videos/{uuid4()}/poster", content=picture("jpg"))
    assert (answer.status_code, answer.json()["code"]) == (404, "video_not_found")
    await editor.delete(f"/api/videos/{video_id}")
    answer = await editor.post(f"/api/videos/{video_id}/poster", content=picture("jpg"))
    assert (answer.status_code, answer.json()["code"]) == (409, "video_archived")
    assert await attached(database, video_id) == {}
