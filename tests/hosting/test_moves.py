"""A video's way from Vimeo to our own hosting: every step, every kill, every doubt."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from shared.hosting import states
from shared.hosting.errors import HostingConflict
from shared.videos.models import MigrationStatus
from tests.factories import make_video
from tests.hosting.conftest import BODY, FACTS, Studio

GOOD = [{"name": "pictures", "ok": True, "detail": "5 of 5"}]


async def test_a_video_moves_and_always_plays(studio: Studio) -> None:
    video_id = await studio.at_vimeo()
    seen: list[tuple[str, str, str, float]] = []

    async def look() -> None:
        shown = (await studio.admin.get(f"/api/videos/{video_id}/migration")).json()
        video = await studio.video(video_id)
        seen.append((video["migrationStatus"], shown["status"], await studio.provider(video_id), shown["progress"]))

    await studio.migrate(video_id)
    await look()
    fetch = await studio.fetching(video_id)
    assert fetch["sizeBytes"] == len(BODY)
    assert fetch["md5"]
    await look()
    await studio.told(fetch, "progress", receivedBytes=len(BODY) // 2, sizeBytes=len(BODY))
    await look()
    await studio.told(fetch, "fetched", **await studio.store(fetch))
    await look()
    await studio.encoded(video_id)
    await look()
    await studio.step()
    await look()
    (compare,) = await studio.tasks(video_id, "compare_source")
    assert (compare["durationSeconds"], compare["hasAudio"], compare["masterKey"]) == (60.0, True, fetch["key"])
    await studio.told(compare, "compared", checks=GOOD)
    await look()
    await studio.step()
    assert [entry[:3] for entry in seen] == [
        ("migrating", "queued", "vimeo"),
        ("migrating", "fetching", "vimeo"),
        ("migrating", "fetching", "vimeo"),
        ("migrating", "encoding", "vimeo"),
        ("migrating", "encoding", "vimeo"),
        ("migrating", "comparing", "vimeo"),
        ("hetzner_primary", "completed", "hls"),
    ]
    progress = [entry[3] for entry in seen]
    assert progress == sorted(progress)
    assert (progress[0], progress[-1]) == (0, 100)
    assert await studio.stored(video_id) == [fetch["key"]]
    entries = (await studio.admin.get("/api/audit", params={"objectId": str(video_id)})).json()["items"]
    assert {"hosting.migrate", "videos.master", "encoding.request", "hosting.complete"} <= {
        entry["action"] for entry in entries
    }
    hetzner = (await studio.admin.get(f"/api/videos/{video_id}/platforms/hetzner")).json()
    assert hetzner["status"] == "ready"


@pytest.mark.parametrize(
    ("clip", "encode", "checks", "words"),
    [
        ({}, {}, [{"name": "pictures", "ok": False, "detail": "differ at 10 s"}], "pictures: differ at 10 s"),
        ({"duration": 62.2}, {}, GOOD, "vimeo_duration"),
        ({}, {"facts": {**FACTS, "audio": []}}, GOOD, "vimeo_audio: here: no sound; at Vimeo: sound"),
        ({}, {"ok": False}, GOOD, "verification"),
    ],
)
async def test_one_doubt_and_it_stays_at_vimeo(
    studio: Studio, clip: dict[str, Any], encode: dict[str, Any], checks: list[dict[str, Any]], words: str
) -> None:
    video_id = await studio.at_vimeo(**clip)
    await studio.migrate(video_id)
    await studio.told(await studio.comparing(video_id, **encode), "compared", checks=checks)
    await studio.step()
    video = await studio.video(video_id)
    assert video["migrationStatus"] == "vimeo_only"
    assert words in video["migrationError"]
    assert (await studio.move(video_id))["error_code"] == "comparison_failed"
    assert await studio.provider(video_id) == "vimeo"
    # Nothing of it is left to begin with the next time.
    assert (video["generation"], video["master"]) == (None, None)
    states_of = await studio.all("SELECT status FROM generations WHERE video_id = :id", id=video_id)
    assert [row["status"] for row in states_of] == ["abandoned"]
    # Once the objects are gone it may be tried again, and begins with the download.
    await studio.migrate(video_id)
    await studio.fetching(video_id)


@pytest.mark.parametrize("field", ["md5", "sizeBytes"])
async def test_what_differs_is_fetched_again_and_then_given_up(studio: Studio, field: str) -> None:
    video_id = await studio.at_vimeo()
    await studio.migrate(video_id)
    await studio.run("UPDATE hosting_moves SET failures = 3 WHERE video_id = :id", id=video_id)
    keys = set()
    for failures in (4, 5):
        fetch = await studio.fetching(video_id)
        keys.add(fetch["key"])
        wrong = {"md5": "0" * 32, "sizeBytes": len(BODY) + 1}[field]
        await studio.told(fetch, "fetched", **{**await studio.store(fetch), field: wrong})
        move = await studio.move(video_id)
        assert move["failures"] == failures
        assert await studio.provider(video_id) == "vimeo"
        if failures < 5:
            assert move["status"] == "resolving"
            await studio.step()  # its pause is not over
            assert (await studio.move(video_id))["take"] == move["take"]
            await studio.run("UPDATE hosting_moves SET next_at = now() WHERE video_id = :id", id=video_id)
    assert len(keys) == 2  # never on top of what is wrong
    video = await studio.video(video_id)
    assert (video["migrationStatus"], video["master"]) == ("vimeo_only", None)
    assert "instead of" in video["migrationError"]
    await studio.step()
    assert await studio.stored(video_id) == []
    alerts = await studio.all("SELECT text FROM alerts WHERE kind = 'migration_failed' AND text LIKE :id", id="%plays%")
    assert any(video["title"] in row["text"] for row in alerts)


async def test_a_download_goes_on_where_it_stood(studio: Studio) -> None:
    video_id = await studio.at_vimeo()
    await studio.migrate(video_id)
    first = await studio.fetching(video_id)
    await studio.told(first, "progress", receivedBytes=900)
    before = (await studio.move(video_id))["progress"]
    error = {"code": "SOURCE_LINK_EXPIRED", "message": "403", "permanent": False}
    await studio.told(first, "failed", error=error)
    await studio.run("UPDATE hosting_moves SET next_at = now() WHERE video_id = :id", id=video_id)
    studio.fake.expire_links()
    second = await studio.fetching(video_id)
    assert (second["key"], second["uploadId"]) == (first["key"], first["uploadId"])
    assert second["url"] != first["url"]
    assert second["take"] > first["take"]
    assert (await studio.say(first, "progress", receivedBytes=901)).status_code == 409
    await studio.told(second, "progress", receivedBytes=10)
    assert (await studio.move(video_id))["progress"] == before
    await studio.told(second, "failed", error={"code": "SOURCE_TOO_LARGE", "message": "Too large", "permanent": True})
    assert await studio.status(video_id) == ("vimeo_only", "failed")
    await studio.step()
    assert await studio.stored(video_id) == []


async def expire(studio: Studio, video_id: UUID) -> None:
    await studio.run(
        "UPDATE hosting_moves SET lease_expires_at = now() - interval '1 second' WHERE video_id = :id", id=video_id
    )


async def test_a_worker_that_falls_silent_is_replaced(studio: Studio) -> None:
    video_id = await studio.at_vimeo()
    await studio.migrate(video_id)
    first = await studio.fetching(video_id)
    # Nobody has taken the message: the same one again.
    await expire(studio, video_id)
    await studio.step()
    assert await studio.tasks(video_id, "fetch_source") == [first, first]
    await studio.told(first, "progress", receivedBytes=5)
    assert (await studio.say(first, "progress", workerId="bert")).status_code == 409
    # Somebody had it: another take, in the same upload.
    await expire(studio, video_id)
    await studio.step()
    second = (await studio.tasks(video_id, "fetch_source"))[-1]
    assert (second["take"] > first["take"], second["uploadId"]) == (True, first["uploadId"])
    assert (await studio.say(first, "fetched", sizeBytes=1, sha256="0" * 64)).status_code == 409
    await studio.told(second, "fetched", **await studio.store(second))
    await studio.encoded(video_id)
    await studio.step()
    (compare,) = await studio.tasks(video_id, "compare_source")
    await studio.told(compare, "progress")
    await expire(studio, video_id)
    await studio.step()
    again = (await studio.tasks(video_id, "compare_source"))[-1]
    assert again["take"] > compare["take"]
    assert (await studio.say(compare, "compared", checks=GOOD)).status_code == 409
    await studio.told(again, "compared", checks=GOOD)
    assert await studio.status(video_id) == ("hetzner_primary", "completed")


async def test_a_control_worker_killed_while_it_resolves(studio: Studio) -> None:
    """It has asked for an upload and committed nothing: the next take has its own, and the sweep finds both."""
    video_id = await studio.at_vimeo()
    await studio.migrate(video_id)
    await studio.run(
        "UPDATE hosting_moves SET status = 'resolving', take = 1, lease_expires_at = now() - interval '1 second' "
        "WHERE video_id = :id",
        id=video_id,
    )
    move = await studio.move(video_id)
    lost = f"migrations/{move['id']}/1/source"
    await studio.s3.create_multipart(studio.settings.s3_masters_bucket, lost, content_type="video/mp4")
    fetch = await studio.fetching(video_id)
    assert fetch["key"] != lost
    error = {"code": "SOURCE_NOT_VIDEO", "message": "It is a text", "permanent": True}
    await studio.told(fetch, "failed", error=error)
    await studio.step()
    assert await studio.stored(video_id) == []
    assert (await studio.video(video_id))["migrationError"] == "It is a text"


async def test_reports_are_taken_once_and_only_from_whom_they_are_expected(studio: Studio) -> None:
    video_id = await studio.at_vimeo()
    await studio.migrate(video_id)
    fetch = await studio.fetching(video_id)
    assert (await studio.say({**fetch, "moveId": str(uuid4())}, "progress")).status_code == 404
    assert (await studio.say(fetch, "compared", checks=GOOD)).status_code == 422
    assert (await studio.say(fetch, "fetched", sizeBytes=5)).status_code == 422
    fields = {"eventId": "the-same", **await studio.store(fetch)}
    await studio.told(fetch, "fetched", **fields)
    await studio.told(fetch, "fetched", **fields)  # the first answer was lost
    assert len(await studio.all("SELECT id FROM masters WHERE video_id = :id", id=video_id)) == 1
    assert (await studio.say(fetch, "progress")).status_code == 409
    assert (await studio.anonymous.post("/api/migrations/reports", json={})).status_code == 401


async def test_what_vimeo_answers_decides(studio: Studio) -> None:
    gone, fileless, closed = [await studio.at_vimeo() for _ in range(3)]
    studio.fake.remove(await studio.number(gone))
    studio.fake.clips[await studio.number(fileless)].offers_download = False
    for video_id in (gone, fileless):
        await studio.migrate(video_id)
    await studio.step()
    assert (await studio.move(gone))["error_code"] == "vimeo_not_found"
    assert (await studio.move(fileless))["error_code"] == "no_download"
    assert {(await studio.video(one))["migrationStatus"] for one in (gone, fileless)} == {"vimeo_only"}
    await studio.migrate(closed)
    studio.fake.fail(429, times=9, headers={"Retry-After": "600"})
    await studio.step()
    move = await studio.move(closed)
    # Vimeo is left in peace for a while, and meanwhile nobody has the place.
    assert (move["status"], move["error_code"]) == ("queued", "vimeo_backing_off")
    assert move["next_at"] is not None
    assert (await studio.video(closed))["migrationStatus"] == "migrating"


async def test_a_failed_or_cancelled_encode_ends_the_move(studio: Studio) -> None:
    video_id = await studio.at_vimeo()
    await studio.migrate(video_id)
    await studio.encoding(video_id)
    job = (await studio.move(video_id))["job_id"]
    assert (await studio.admin.post(f"/api/encoding/jobs/{job}/cancel")).status_code == 200
    await studio.step()
    assert await studio.status(video_id) == ("vimeo_only", "failed")
    assert (await studio.video(video_id))["migrationError"] == "The encoding was cancelled"
    # The file is kept: the next time nothing is fetched.
    await studio.migrate(video_id)
    await studio.step()
    assert (await studio.move(video_id))["status"] == "encoding"


@pytest.mark.parametrize("for_good", [False, True])
@pytest.mark.parametrize("step", ["fetching", "encoding"])
async def test_a_video_that_is_put_away_moves_no_more(studio: Studio, step: str, *, for_good: bool) -> None:
    video_id = await studio.at_vimeo()
    await studio.migrate(video_id)
    await (studio.fetching(video_id) if step == "fetching" else studio.encoding(video_id))
    await studio.admin.delete(f"/api/videos/{video_id}")
    if for_good:
        answer = await studio.admin.delete(f"/api/videos/{video_id}", params={"permanent": "true"})
        assert answer.status_code == 204, answer.text
    await studio.step()
    move = await studio.move(video_id)
    assert (move["status"], move["error_code"]) == ("failed", "video_deleted" if for_good else "video_archived")
    if step == "fetching":
        assert await studio.stored(video_id) == []
    elif for_good:  # its master is the masters' collector's
        [master] = await studio.all("SELECT state FROM masters WHERE key = :key", key=move["master_key"])
        assert master["state"] == "released"
    if not for_good:
        assert (await studio.video(video_id))["migrationStatus"] == "vimeo_only"


async def test_who_may_migrate_what(studio: Studio, editor: httpx.AsyncClient, app: FastAPI) -> None:
    video_id = await studio.at_vimeo()
    path = f"/api/videos/{video_id}/migrate"
    assert (await editor.post(path)).status_code == 403
    assert (await studio.admin.post(f"/api/videos/{uuid4()}/migrate")).status_code == 404
    assert (await studio.admin.get(f"/api/videos/{video_id}/migration")).json()["code"] == "move_not_found"
    elsewhere = await make_video(studio.database)
    answer = await studio.admin.post(f"/api/videos/{elsewhere}/migrate")
    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_hosting")
    app.state.settings = studio.settings.model_copy(update={"vimeo_access_token": None})
    answer = await studio.admin.post(path)
    assert (answer.status_code, answer.json()["code"]) == (409, "not_connected")
    app.state.settings = studio.settings
    await studio.migrate(video_id)
    answer = await studio.admin.post(path)
    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_hosting")


def test_every_other_way_is_refused() -> None:
    ways = {
        ("vimeo_only", "migrating"),
        ("migrating", "hetzner_primary"),
        ("migrating", "vimeo_only"),
        ("hetzner_primary", "hetzner_only"),
        ("hetzner_primary", "vimeo_only"),
    }
    for current in (None, *MigrationStatus):
        for target in MigrationStatus:
            if current is not None and (current.value, target.value) in ways:
                states.check_video(current, target, why="")
            else:
                with pytest.raises(HostingConflict):
                    states.check_video(current, target, why="")


async def test_what_is_lost_again_and_again_ends(studio: Studio) -> None:
    video_id = await studio.at_vimeo()
    await studio.migrate(video_id)
    await studio.run(
        "UPDATE hosting_moves SET status = 'resolving', losses = 10, lease_expires_at = now() - interval '1 second' "
        "WHERE video_id = :id",
        id=video_id,
    )
    await studio.step()
    assert (await studio.move(video_id))["error_code"] == "worker_lost"
    assert await studio.provider(video_id) == "vimeo"
