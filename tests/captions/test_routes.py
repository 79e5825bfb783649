"""Uploading, reading and deleting captions over HTTP."""

from uuid import UUID, uuid4

import httpx
import pytest
from sqlmodel import col, select

from shared.audit.models import AuditEntry
from shared.db.session import Database
from shared.encoding.captions import MAX_LANGUAGES
from shared.encoding.webvtt import MAX_BYTES
from tests.factories import make_video

SRT = "1\n00:00:01,000 --> 00:00:02,500\n<font color=red>Grüße</font>\n".encode()
WEBVTT = "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\nGrüße\n"


@pytest.fixture
async def video_id(database: Database) -> UUID:
    return await make_video(database, visibility="private")


async def test_a_life(viewer: httpx.AsyncClient, editor: httpx.AsyncClient, database: Database, video_id: UUID) -> None:
    where = f"/api/videos/{video_id}/captions"
    assert (await viewer.get(where)).json() == {"items": []}
    made = await editor.put(f"{where}/DE_at", content=SRT, headers={"Content-Type": "application/x-subrip"})
    assert made.status_code == 201, made.text
    own = f"http://vms.test{where}/de-AT"
    assert made.headers["Location"] == own
    first = made.json()
    assert (first["language"], first["label"], first["url"]) == ("de-AT", "Deutsch (AT)", own)
    assert first["sizeBytes"] == len(WEBVTT.encode())
    assert (await viewer.get(where)).json() == {"items": [first]}
    text = await viewer.get(own)
    assert (text.status_code, text.text, text.headers["Content-Type"]) == (200, WEBVTT, "text/vtt; charset=utf-8")
    assert text.headers["ETag"] == made.headers["ETag"]
    same = await viewer.get(own, headers={"If-None-Match": text.headers["ETag"]})
    assert (same.status_code, same.content) == (304, b"")

    again = await editor.put(f"{where}/de-at", content=WEBVTT.encode(), headers={"Content-Type": "text/vtt"})
    assert (again.status_code, again.json()) == (200, first)
    labelled = await editor.put(f"{where}/de-AT?label=Gehörlose", files={"file": ("any.name", SRT)})
    assert (labelled.status_code, labelled.json()["label"]) == (200, "Gehörlose")
    kept = await editor.put(f"{where}/de-AT", content=SRT.replace(b"00:00:01", b"00:00:00"))
    assert (kept.json()["label"], kept.headers["ETag"]) != ("Deutsch (AT)", made.headers["ETag"])

    stale = await editor.delete(f"{where}/de-AT", headers={"If-Match": made.headers["ETag"]})
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition_failed")
    gone = await editor.delete(f"{where}/de-AT", headers={"If-Match": kept.headers["ETag"]})
    assert gone.status_code == 204
    for answer in (await viewer.get(own), await editor.delete(f"{where}/de-AT")):
        assert (answer.status_code, answer.json()["code"]) == (404, "caption_not_found")
    absent = await editor.put(f"{where}/de-AT", content=SRT, headers={"If-Match": "*"})
    assert absent.status_code == 412

    async with database.session() as session:
        query = select(AuditEntry).where(col(AuditEntry.object_id) == str(video_id)).order_by(col(AuditEntry.id))
        actions = [row.action for row in await session.scalars(query) if row.action.startswith("captions.")]
    assert actions == ["captions.update"] * 3 + ["captions.delete"]


@pytest.mark.parametrize(
    ("body", "kind", "status", "code", "pointer"),
    [
        (b"", "text/vtt", 422, "captions_unreadable", "/line/1"),
        (b"WEBVTT\n\n00:01.000 --> 00:00.500\nx", "text/vtt", 422, "captions_unreadable", "/line/3"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "text/vtt", 422, "captions_unreadable", "/line/2"),
        (SRT, "application/json", 415, "unsupported_media_type", None),
        (SRT, "multipart/form-data", 400, "bad_request", None),
        (b"x" * (MAX_BYTES + 1), "text/plain", 413, "too_large", None),
        (b"x" * (MAX_BYTES + 100_000), "text/plain", 413, "too_large", None),
    ],
)
async def test_what_is_refused(
    editor: httpx.AsyncClient, video_id: UUID, body: bytes, kind: str, status: int, code: str, pointer: str | None
) -> None:
    answer = await editor.put(f"/api/videos/{video_id}/captions/de", content=body, headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    if pointer:
        assert answer.json()["errors"][0]["pointer"] == pointer
    assert (await editor.get(f"/api/videos/{video_id}/captions")).json() == {"items": []}


async def test_a_form_needs_a_file(editor: httpx.AsyncClient, video_id: UUID) -> None:
    answer = await editor.put(f"/api/videos/{video_id}/captions/de", files={"other": ("a.srt", SRT)})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/file")


@pytest.mark.parametrize("language", ["german", "d", "de-", "x-a"])
async def test_languages_are_tags(editor: httpx.AsyncClient, video_id: UUID, language: str) -> None:
    answer = await editor.put(f"/api/videos/{video_id}/captions/{language}", content=SRT)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/path/language")


async def test_a_video_that_is_not_there_or_archived(editor: httpx.AsyncClient, video_id: UUID) -> None:
    for method in ("PUT", "DELETE", "GET"):
        answer = await editor.request(method, f"/api/videos/{uuid4()}/captions/de", content=SRT)
        assert (answer.status_code, answer.json()["code"]) == (404, "video_not_found")
    await editor.delete(f"/api/videos/{video_id}")
    answer = await editor.put(f"/api/videos/{video_id}/captions/de", content=SRT)
    assert (answer.status_code, answer.json()["code"]) == (409, "video_archived")


async def test_there_are_not_too_many(editor: httpx.AsyncClient, video_id: UUID) -> None:
    where = f"/api/videos/{video_id}/captions"
    for number in range(MAX_LANGUAGES):
        assert (await editor.put(f"{where}/en-{number:03}", content=SRT)).status_code == 201
    answer = await editor.put(f"{where}/de", content=SRT)
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_captions")
    assert (await editor.put(f"{where}/en-007", content=SRT)).status_code == 200


@pytest.mark.parametrize(("visibility", "status"), [("public", 200), ("unlisted", 200), ("private", 401)])
async def test_who_may_watch_may_read(
    anonymous: httpx.AsyncClient, editor: httpx.AsyncClient, database: Database, visibility: str, status: int
) -> None:
    where = f"/api/videos/{await make_video(database, visibility=visibility)}/captions"
    await editor.put(f"{where}/de", content=SRT)
    assert (await anonymous.get(f"{where}/de")).status_code == status
    assert (await anonymous.get(where)).status_code == 401
