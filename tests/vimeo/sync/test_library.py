"""The library at Vimeo comes here: what is added, what is changed, what is left alone, what is flagged."""

from dataclasses import replace
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from cli.fakes.vimeo import FakeClip, FakeVimeo
from shared.clients.vimeo import VimeoUnavailable
from shared.config import Settings
from shared.db.session import Database
from shared.vimeo import sync, sync_repository
from shared.vimeo.models import RunStatus
from tests.factories import ACTOR, make_video
from tests.vimeo.sync.looking import Sync, at, counts, read, rows, versions


async def test_a_large_library_takes_a_call_for_each_hundred_and_again_writes_nothing(
    database: Database, fake: FakeVimeo, synced: Sync
) -> None:
    fake.add(*FakeClip.many(500))
    run = await synced()
    assert (run.status, run.total, counts(run)) == (RunStatus.completed, 500, (500, 0, 0, 0, 0))
    assert dict(fake.requests) == {"/me/videos": 5}
    assert {hit.query["per_page"] for hit in fake.hits} == {"100"}
    assert all("download" not in hit.query["fields"] for hit in fake.hits)

    before = await versions(database)
    again = await synced()
    assert counts(again) == (0, 0, 500, 0, 0)
    assert await versions(database) == before
    assert fake.requests["/me/videos"] == 10

    fake.clips["100000007"].name = "Renamed"
    fake.clips["100000499"].plays = 12345
    third = await synced()
    assert counts(third) == (0, 1, 499, 0, 0)
    changed = [one for one, former in zip(await versions(database), before, strict=True) if one != former]
    assert sorted(row["kind"] for row in changed) == ["entry", "video"]


async def test_everything_that_vimeo_tells_is_kept(database: Database, fake: FakeVimeo, synced: Sync) -> None:
    clip = FakeClip(
        id="42",
        name="<b>Fugue</b>",
        privacy="unlisted",
        hash="abcd1234",
        tags=("bach", "organ"),
        folder="Music",
        duration=61,
        description="Four voices",
    )
    fake.add(clip, replace(clip, id="43", privacy="password", hash=None))
    await synced()
    found = await at(database, "42")
    assert (found["title"], found["description"], found["tags"]) == ("Fugue", "Four voices", ["bach", "organ"])
    assert (found["visibility"], found["duration_seconds"]) == ("unlisted", 61.0)
    assert (found["migration_status"], found["platform_mask"]) == ("vimeo_only", 1)
    assert found["thumbnail_url"] == f"{fake.cdn_url}/picture/42-1920x1080.png"
    assert found["embed_url"] == "https://player.vimeo.com/video/42?h=abcd1234"
    assert found["external_url"] == "https://vimeo.com/42/abcd1234"
    assert (found["entry_status"], found["privacy_level"]) == ("ready", "unlisted")
    assert found["synced_at"] is not None
    assert (found["metadata"]["folder"], found["metadata"]["hash"]) == ("Music", "abcd1234")
    assert (await at(database, "43"))["visibility"] == "private"


async def test_it_plays_from_vimeo_at_once(
    database: Database, fake: FakeVimeo, synced: Sync, anonymous: httpx.AsyncClient
) -> None:
    fake.add(FakeClip(id="42", privacy="anybody"))
    await synced()
    video = await at(database, "42")
    answer = (await anonymous.get(f"/api/videos/{video['id']}/playback")).json()
    assert (answer["provider"], answer["embedUrl"]) == ("vimeo", "https://player.vimeo.com/video/42")


async def test_what_people_changed_stays_theirs(
    database: Database, fake: FakeVimeo, synced: Sync, editor: httpx.AsyncClient
) -> None:
    clip = FakeClip(id="42", name="Theirs", description="Old", privacy="nobody")
    fake.add(clip)
    await synced()
    video = await at(database, "42")
    answer = await editor.patch(f"/api/videos/{video['id']}", json={"title": "Ours", "visibility": "paid"})
    assert answer.status_code == 200
    assert counts(await synced()) == (0, 0, 4, 0, 0)

    clip.name, clip.description, clip.privacy = "Theirs again", "New", "anybody"
    assert counts(await synced()) == (0, 1, 3, 0, 0)
    found = await at(database, "42")
    assert (found["title"], found["description"], found["visibility"]) == ("Ours", "New", "paid")
    assert found["privacy_level"] == "anybody"


async def test_an_entry_made_by_hand_is_met_not_doubled(
    database: Database, fake: FakeVimeo, synced: Sync, editor: httpx.AsyncClient
) -> None:
    video_id = await make_video(database, title="By hand")
    body = {"platform": "vimeo", "externalId": "100000002", "metadata": {"note": "kept"}}
    assert (await editor.post(f"/api/videos/{video_id}/platforms", json=body)).status_code == 201
    assert counts(await synced()) == (2, 1, 0, 0, 0)
    found = await at(database, "100000002")
    assert (found["id"], found["title"], found["visibility"]) == (video_id, "By hand", "private")
    assert found["description"] == "Clip 2 of a library that nobody filmed."
    assert (found["metadata"]["note"], found["metadata"]["folder"]) == ("kept", "Course 2")
    assert counts(await synced()) == (0, 0, 3, 0, 0)


@pytest.mark.parametrize("status", ["hetzner_primary", "hetzner_only", "migrating"])
async def test_where_a_video_is_hosted_stays(status: str, database: Database, fake: FakeVimeo, synced: Sync) -> None:
    await synced()
    change = "UPDATE videos SET migration_status = :status WHERE id = :id"
    async with database.session() as session:
        await session.execute(text(change), {"status": status, "id": (await at(database, "100000001"))["id"]})
    fake.clips["100000001"].privacy = "nobody"
    fake.clips["100000001"].folder = "Elsewhere"
    await synced()
    found = await at(database, "100000001")
    assert (found["migration_status"], found["metadata"]["folder"]) == (status, "Elsewhere")


async def test_what_is_gone_is_flagged_and_comes_back(database: Database, fake: FakeVimeo, synced: Sync) -> None:
    await synced()
    clip = fake.clips["100000003"]
    fake.remove(clip.id)
    run = await synced()
    assert counts(run) == (0, 0, 2, 1, 0)
    gone = await at(database, clip.id)
    assert (gone["status"], gone["entry_status"], gone["migration_status"]) == ("active", "archived", "vimeo_only")
    assert gone["removed_at"] is not None
    assert counts(await synced()) == (0, 0, 2, 0, 0)
    fake.add(clip)
    assert counts(await synced()) == (0, 1, 2, 0, 0)
    back = await at(database, clip.id)
    assert (back["id"], back["removed_at"], back["entry_status"]) == (gone["id"], None, "ready")


async def test_a_library_that_shrank_by_more_than_half_is_not_believed(
    database: Database, fake: FakeVimeo, synced: Sync
) -> None:
    await synced()
    fake.remove("100000002", "100000003")
    run = await synced()
    assert (run.status, run.removed, run.error_code) == (RunStatus.completed, 0, "library_shrank")
    assert "more than half" in (run.error_message or "")
    assert (await at(database, "100000002"))["removed_at"] is None


async def test_nothing_is_flagged_when_the_library_changes_while_it_is_read(
    database: Database, fake: FakeVimeo, synced: Sync, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.add(*FakeClip.many(150))
    await synced()
    keep = sync.keep_page

    async def and_delete_one(*given: Any) -> Any:
        fake.remove("100000001")  # what was first on the second page is on the first one now
        return await keep(*given)

    monkeypatch.setattr(sync, "keep_page", and_delete_one)
    run = await synced()
    assert (run.status, counts(run)) == (RunStatus.completed, (0, 0, 149, 0, 0))
    assert run.error_code == "library_changed"
    assert (await at(database, "100000101"))["removed_at"] is None


async def test_a_page_that_is_no_more_ends_the_run(
    fake: FakeVimeo, synced: Sync, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.add(*FakeClip.many(101))
    keep = sync.keep_page

    async def and_delete_one(*given: Any) -> Any:
        fake.remove("100000101")
        return await keep(*given)

    monkeypatch.setattr(sync, "keep_page", and_delete_one)
    run = await synced()
    assert (run.status, counts(run)) == (RunStatus.completed, (100, 0, 0, 0, 0))


async def test_a_bad_video_stops_no_other(database: Database, fake: FakeVimeo, synced: Sync) -> None:
    fake.add(FakeClip(id="41", extra={"uri": "/videos/12345678901234567890"}), FakeClip(id="40", extra={"uri": None}))
    run = await synced()
    assert (run.status, counts(run)) == (RunStatus.completed, (3, 0, 0, 0, 2))
    assert {item["externalId"] for item in run.error_items} == {None, "12345678901234567890"}
    assert all(item["message"] for item in run.error_items)


async def test_what_the_database_refuses_stops_no_other(
    database: Database, fake: FakeVimeo, synced: Sync, monkeypatch: pytest.MonkeyPatch
) -> None:
    await synced()
    known = sync_repository.known

    async def without_one(*given: Any) -> Any:  # somebody adds it between the reading and the writing
        found = await known(*given)
        found.pop("100000002")
        return found

    monkeypatch.setattr(sync_repository, "known", without_one)
    fake.add(FakeClip(id="42"))
    fake.clips["100000001"].name = "Renamed"
    run = await synced()
    assert (run.status, counts(run)) == (RunStatus.completed, (1, 1, 1, 0, 1))
    assert run.error_items[0]["externalId"] == "100000002"
    assert (await at(database, "100000001"))["title"] == "Renamed"


async def test_every_change_is_in_the_action_log(database: Database, fake: FakeVimeo, synced: Sync) -> None:
    first = await synced()
    fake.clips["100000001"].name = "Renamed"
    fake.clips["100000002"].folder = "Elsewhere"
    fake.remove("100000003")
    await synced()

    async def entries(external_id: str) -> dict[str, Any]:
        video = await at(database, external_id)
        statement = "SELECT * FROM audit_log WHERE object_id = :id ORDER BY created_at"
        return {row["action"]: row for row in await rows(database, statement, id=str(video["id"]))}

    renamed = await entries("100000001")
    assert renamed["videos.create"]["after"]["externalId"] == "100000001"
    assert renamed["videos.update"]["before"] == {"title": "Clip 1"}
    assert renamed["videos.update"]["after"] == {"title": "Renamed"}
    assert renamed["videos.update"]["actor"] == ACTOR
    assert (await entries("100000002"))["platforms.upsert"]["after"]["metadata"]["folder"] == "Elsewhere"
    assert (await entries("100000003"))["platforms.upsert"]["after"]["removed"] is True
    [started] = await rows(database, "SELECT * FROM audit_log WHERE object_id = :id", id=str(first.id))
    assert started["action"] == "vimeo.sync"


async def test_failures_are_waited_for_and_at_last_given_up(database: Database, connected: Settings) -> None:
    async with database.session() as session:
        wanted = await sync.request(session, connected, ACTOR)
    pauses = []
    for _ in range(sync.MAX_FAILURES):
        async with database.session() as session:
            await session.execute(text("UPDATE vimeo_sync_runs SET next_at = now()"))
            turn = await sync.claim(session)
        assert turn is not None
        async with database.session() as session:
            await sync.note_failure(session, connected, turn, VimeoUnavailable("Vimeo answers 503."))
        async with database.session() as session:
            assert await sync.claim(session) is None
            pauses += [row[0] for row in await session.execute(text("SELECT next_at - now() FROM vimeo_sync_runs"))]
    assert pauses[0] < pauses[1] < pauses[2]
    assert max(pause.total_seconds() for pause in pauses if pause) <= connected.vimeo_max_backoff_seconds
    run = await read(database, wanted.id)
    assert (run.status, run.error_code) == (RunStatus.failed, "vimeo_unavailable")
    assert "503" in (run.error_message or "")
