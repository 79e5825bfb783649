"""Back to Vimeo, for good to us, and many at once."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from shared.hosting import service as hosting_service
from tests.factories import make_video
from tests.hosting.conftest import Studio
from worker.hosting import FailureWatch

GOOD = [{"name": "pictures", "ok": True}]


async def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


async def roll_back(studio: Studio, video_id: UUID) -> httpx.Response:
    return await studio.admin.post(f"/api/videos/{video_id}/rollback")


async def test_roll_back_and_migrate_again(studio: Studio) -> None:
    video_id = await studio.arrived()
    assert await studio.provider(video_id) == "hls"
    answer = await roll_back(studio, video_id)
    assert (answer.status_code, answer.json()["migrationStatus"]) == (200, "vimeo_only")
    assert await studio.provider(video_id) == "vimeo"
    assert answer.json()["generation"]  # kept
    assert answer.json()["master"]
    [entry, *_] = (await studio.admin.get("/api/audit", params={"objectId": str(video_id)})).json()["items"]
    assert (entry["action"], entry["before"], entry["after"]) == (
        "hosting.rollback",
        {"migrationStatus": "hetzner_primary"},
        {"migrationStatus": "vimeo_only"},
    )
    assert await code(await roll_back(studio, video_id)) == (409, "wrong_hosting")
    # What is kept need not be fetched and encoded again, but it is compared.
    await studio.migrate(video_id)
    await studio.step()
    assert (await studio.move(video_id))["status"] == "comparing"
    assert await studio.tasks(video_id, "fetch_source") == []
    [compare] = await studio.tasks(video_id, "compare_source")
    await studio.told(compare, "compared", checks=GOOD)
    assert await studio.provider(video_id) == "hls"


async def test_another_file_at_vimeo_is_fetched(studio: Studio) -> None:
    video_id = await studio.arrived()
    await roll_back(studio, video_id)
    studio.fake.clips[await studio.number(video_id)].file = b"another cut" * 99
    await studio.migrate(video_id)
    await studio.fetching(video_id)
    assert (await studio.tasks(video_id, "fetch_source"))[0]["sizeBytes"] == len(b"another cut" * 99)


async def test_no_way_back_to_what_is_not_there(studio: Studio, editor: httpx.AsyncClient, app: FastAPI) -> None:
    video_id = await studio.arrived()
    assert (await editor.post(f"/api/videos/{video_id}/rollback")).status_code == 403
    clip = studio.fake.clips[await studio.number(video_id)]
    studio.fake.remove(clip.id)
    assert await code(await roll_back(studio, video_id)) == (409, "not_at_vimeo")
    studio.fake.add(clip)
    studio.fake.fail(403)
    assert await code(await roll_back(studio, video_id)) == (409, "not_at_vimeo")
    app.state.settings = studio.settings.model_copy(update={"vimeo_access_token": None})
    assert await code(await roll_back(studio, video_id)) == (409, "not_connected")
    app.state.settings = studio.settings
    studio.fake.fail(429, times=9, headers={"Retry-After": "600"})
    assert await code(await roll_back(studio, video_id)) == (503, "vimeo_unavailable")
    assert await studio.provider(video_id) == "hls"
    assert await code(await roll_back(studio, uuid4())) == (404, "video_not_found")


async def test_too_many_errors_roll_back(studio: Studio) -> None:
    video_id = await studio.arrived()
    careful = studio.settings.model_copy(update={"rollback_error_percent": 30})

    async def check(settings: Any, viewings: int, errors: int) -> bool:
        async with httpx.AsyncClient(trust_env=False) as http:
            return await hosting_service.roll_back_if_failing(
                studio.database, settings, http, video_id, viewings=viewings, errors=errors
            )

    assert not await check(studio.settings, 100, 100)  # 0 is never
    assert not await check(careful, 19, 19)
    assert not await check(careful, 100, 29)
    assert await check(careful, 100, 30)
    video = await studio.video(video_id)
    assert video["migrationStatus"] == "vimeo_only"
    assert "30 of 100 viewings" in video["migrationError"]
    assert not await check(careful, 100, 30)


async def test_what_viewers_report_is_enough(studio: Studio) -> None:
    failing, fine, elsewhere = await studio.arrived(), await studio.arrived(), await studio.at_vimeo()
    for video_id, errors in ((failing, 12), (fine, 2), (elsewhere, 20)):
        for number in range(20):
            await studio.run(
                "INSERT INTO viewings (id, video_id, day, begun_at, last_at, watched_seconds, quartile, started, ended,"
                " error_code, pending) VALUES (:viewing, :video, current_date, now(), now(), 1, 0, true, false,"
                " CAST(:code AS text), false)",
                viewing=uuid4(),
                video=video_id,
                code="network" if number < errors else None,
            )
    careful = studio.settings.model_copy(update={"rollback_error_percent": 50})
    async with httpx.AsyncClient(trust_env=False) as http:
        await FailureWatch(careful, studio.database, http).step()
        await FailureWatch(studio.settings, studio.database, http).step()
    assert await studio.provider(failing) == "vimeo"
    assert await studio.provider(fine) == "hls"
    assert (await studio.video(elsewhere))["migrationError"] is None


async def test_finalise(studio: Studio, editor: httpx.AsyncClient) -> None:
    video_id = await studio.arrived()
    title = (await studio.video(video_id))["title"]
    path = f"/api/videos/{video_id}/finalise"
    assert (await editor.post(path, json={"confirm": title})).status_code == 403
    wrong = await studio.admin.post(path, json={"confirm": title.lower()})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/confirm")
    assert await code(await studio.admin.post(path, json={"confirm": title})) == (409, "too_early")
    await studio.run(
        "UPDATE hosting_moves SET finished_at = now() - interval '1 hour' WHERE video_id = :id", id=video_id
    )
    answer = await studio.admin.post(path, json={"confirm": title})
    assert (answer.status_code, answer.json()["migrationStatus"]) == (200, "hetzner_only")
    assert await code(await studio.admin.post(path, json={"confirm": title})) == (409, "wrong_hosting")
    assert await code(await roll_back(studio, video_id)) == (409, "wrong_hosting")
    assert await studio.provider(video_id) == "hls"


async def batch(studio: Studio, batch_id: str) -> Any:
    return (await studio.admin.get(f"/api/migrations/{batch_id}")).json()


async def test_a_batch_begins_pauses_goes_on_and_ends(studio: Studio) -> None:
    videos = [await studio.at_vimeo() for _ in range(4)]
    elsewhere, missing = await make_video(studio.database), uuid4()
    ids = [str(one) for one in (videos[0], elsewhere, *videos, missing)]
    answer = await studio.admin.post("/api/migrations", json={"ids": ids})
    assert answer.status_code == 202, answer.text
    batch_id = answer.json()["batchId"]
    assert (answer.json()["total"], answer.json()["skipped"]) == (6, 2)
    found = await batch(studio, batch_id)
    assert [item["status"] for item in found["items"]] == ["queued", "skipped", "queued", "queued", "queued", "skipped"]
    assert [item["errorCode"] for item in found["items"] if item["status"] == "skipped"] == [
        *("wrong_hosting", "video_not_found")
    ]
    page = (await studio.admin.get(f"/api/migrations/{batch_id}", params={"limit": 4})).json()
    rest = await studio.admin.get(f"/api/migrations/{batch_id}", params={"limit": 4, "cursor": page["nextCursor"]})
    assert page["items"] + rest.json()["items"] == found["items"]
    assert await studio.provider(videos[3]) == "vimeo"
    await studio.step()
    assert (await batch(studio, batch_id))["counts"]["fetching"] == 2  # MIGRATION_CONCURRENCY
    paused = await studio.admin.post(f"/api/migrations/{batch_id}/pause")
    assert (paused.status_code, paused.json()["status"]) == (200, "paused")
    for video_id in videos[:2]:
        [fetch] = await studio.tasks(video_id, "fetch_source")
        await studio.told(fetch, "fetched", **await studio.store(fetch))
        await studio.encoded(video_id)
    await studio.step()
    for video_id in videos[:2]:
        [compare] = await studio.tasks(video_id, "compare_source")
        await studio.told(compare, "compared", checks=GOOD)
    await studio.step()
    found = await batch(studio, batch_id)
    assert (found["counts"]["completed"], found["counts"]["queued"], found["status"]) == (2, 2, "paused")
    assert 66 < found["progress"] < 67
    assert found["etaSeconds"] is not None
    await studio.admin.post(f"/api/migrations/{batch_id}/resume")
    await studio.step()
    assert (await batch(studio, batch_id))["counts"]["fetching"] == 2
    [fetch] = await studio.tasks(videos[2], "fetch_source")
    ended = await studio.admin.post(f"/api/migrations/{batch_id}/cancel")
    assert (ended.json()["status"], ended.json()["counts"]["cancelled"], ended.json()["progress"]) == (
        *("cancelled", 2),
        100.0,
    )
    assert (await studio.say(fetch, "progress")).status_code == 409
    assert await studio.status(videos[2]) == ("vimeo_only", "cancelled")
    assert await studio.provider(videos[2]) == "vimeo"
    await studio.step()
    assert await studio.stored(videos[2]) == []
    assert await code(await studio.admin.post(f"/api/migrations/{batch_id}/resume")) == (409, "batch_finished")
    assert (await studio.admin.post(f"/api/migrations/{batch_id}/cancel")).status_code == 200
    overview = (await studio.admin.get("/api/migrations")).json()
    rows = await studio.all("SELECT migration_status AS it FROM videos WHERE status = 'active'")
    known = [row["it"] for row in rows if row["it"]]
    assert overview["byStatus"] == {name: known.count(name) for name in overview["byStatus"]}
    assert (overview["total"], overview["inProgress"], overview["failed"]) == (len(known), 0, 0)
    assert (overview["migrated"], overview["estimatedMonthlySavings"]) == (2, 10.0)
    assert await code(await studio.admin.post(f"/api/migrations/{uuid4()}/pause")) == (404, "batch_not_found")


async def test_a_batch_of_what_a_filter_finds(studio: Studio) -> None:
    tag = uuid4().hex
    videos = [await studio.at_vimeo() for _ in range(3)]
    for video_id in videos[:2]:
        await studio.admin.patch(f"/api/videos/{video_id}", json={"tags": [tag]})
    wanted = {"filter": {"tag": [tag], "migrationStatus": ["vimeo_only"], "q": "clip"}}
    answer = await studio.admin.post("/api/migrations", json=wanted)
    assert (answer.status_code, answer.json()["total"]) == (202, 2)
    found = await batch(studio, answer.json()["batchId"])
    assert [item["videoId"] for item in found["items"]] == [str(one) for one in videos[:2]]
    assert found["filter"] == wanted["filter"]
    # What waits is cancelled without having begun.
    await studio.admin.post(f"/api/migrations/{found['id']}/cancel")
    assert (await studio.video(videos[0]))["migrationStatus"] == "vimeo_only"
    again = (await studio.admin.post("/api/migrations", json={"filter": {"tag": [uuid4().hex]}})).json()
    await studio.step()
    assert (await batch(studio, again["batchId"]))["status"] == "completed"


@pytest.mark.parametrize(
    "body", [{}, {"ids": []}, {"ids": ["x"]}, {"ids": [str(uuid4())], "filter": {}}, {"filter": {"sort": "title"}}]
)
async def test_a_batch_is_named_or_found(studio: Studio, viewer: httpx.AsyncClient, body: dict[str, Any]) -> None:
    assert (await studio.admin.post("/api/migrations", json=body)).status_code == 422
    assert (await viewer.post("/api/migrations", json=body)).status_code == 403


async def test_in_bulk(studio: Studio) -> None:
    here, there, other = await studio.arrived(), await studio.at_vimeo(), await make_video(studio.database)

    async def run(action: str, *ids: UUID) -> list[Any]:
        body = {"ids": [str(one) for one in ids], "action": action}
        results = (await studio.admin.post("/api/videos/bulk", json=body)).json()["results"]
        return [result.get("error", {}).get("code", "ok") for result in results]

    assert await run("migrate", here, there, other) == ["wrong_hosting", "ok", "wrong_hosting"]
    assert (await studio.video(there))["migrationStatus"] == "migrating"
    assert await run("rollback", other, here, there) == ["wrong_hosting", "ok", "wrong_hosting"]
    assert await studio.provider(here) == "vimeo"
