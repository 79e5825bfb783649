"""Entries of several videos, of several callers at once, and of videos that need them."""

import asyncio
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from shared.db.session import Database
from shared.encoding.models import Generation
from shared.platforms.models import BITS, Platform
from tests.factories import make_video
from tests.platforms.entries import add, audit, kinescope_id, mask, set_video, vimeo_id


async def test_an_id_of_another_video_is_409(editor: httpx.AsyncClient, database: Database) -> None:
    one, two = await make_video(database), await make_video(database)
    own_id = vimeo_id()
    assert (await add(editor, one, platform="vimeo", externalId=own_id)).status_code == 201
    for given in ({"externalId": own_id}, {"externalUrl": f"https://vimeo.com/{own_id}"}):
        taken = await add(editor, two, platform="vimeo", **given)
        assert (taken.status_code, taken.json()["code"]) == (409, "external_id_taken")
        assert str(one) in taken.json()["detail"]
        assert taken.json()["errors"][0]["pointer"] == "/externalId"
    # At another platform the same letters mean something else.
    assert (await add(editor, two, platform="hetzner", externalId=own_id)).status_code == 201
    assert (await editor.delete(f"/api/videos/{one}/platforms/vimeo")).status_code == 204
    assert (await add(editor, two, platform="vimeo", externalId=own_id)).status_code == 201


async def test_at_once_for_one_video_all_succeed(editor: httpx.AsyncClient, database: Database) -> None:
    video_id = await make_video(database)
    own_id = kinescope_id()
    answers = await asyncio.gather(
        *(add(editor, video_id, platform="kinescope", externalId=own_id, metadata={"n": n}) for n in range(5))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 200, 201]
    assert len({answer.json()["id"] for answer in answers}) == 1


async def test_at_once_for_one_id_one_video_gets_it(editor: httpx.AsyncClient, database: Database) -> None:
    videos = [await make_video(database) for _ in range(5)]
    own_id = kinescope_id()
    answers = await asyncio.gather(*(add(editor, one, platform="kinescope", externalId=own_id) for one in videos))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]
    winner = next(video for video, answer in zip(videos, answers, strict=True) if answer.status_code == 201)
    refused = [answer.json() for answer in answers if answer.status_code == 409]
    assert {answer["code"] for answer in refused} == {"external_id_taken"}
    loser = next(video for video in videos if video != winner)
    late = (await add(editor, loser, platform="kinescope", externalId=own_id)).json()
    assert str(winner) in late["detail"]


async def test_the_mask_follows(editor: httpx.AsyncClient, database: Database) -> None:
    video_id = await make_video(database)
    expected = 0
    for platform, bit in BITS.items():
        expected |= bit
        for _ in range(2):
            await add(editor, video_id, platform=platform.value)
            assert await mask(database, video_id) == expected
    for platform, bit in BITS.items():
        expected &= ~bit
        await editor.delete(f"/api/videos/{video_id}/platforms/{platform.value}")
        assert await mask(database, video_id) == expected


async def test_the_bits_are_the_database_s(database: Database) -> None:
    assert set(BITS) == set(Platform)
    async with database.session() as session:
        for platform, bit in BITS.items():
            assert await session.scalar(text("SELECT vms_platform_bit(:name)"), {"name": platform.value}) == bit


@pytest.mark.parametrize(
    ("status", "expected"),
    [(None, 204), ("hetzner_only", 204), ("vimeo_only", 409), ("migrating", 409), ("hetzner_primary", 409)],
)
async def test_vimeo_stays_until_the_migration_is_finalised(
    editor: httpx.AsyncClient, database: Database, status: str | None, expected: int
) -> None:
    video_id = await make_video(database)
    await add(editor, video_id, platform="vimeo", externalId=vimeo_id())
    await set_video(database, video_id, migration_status=status)
    async with database.session() as session:
        await session.execute(
            text("UPDATE video_platforms SET synced_at = now() WHERE video_id = :id"), {"id": video_id}
        )
    answer = await editor.delete(f"/api/videos/{video_id}/platforms/vimeo")
    assert answer.status_code == expected
    if expected == 409:
        assert answer.json()["code"] == "platform_in_use"


async def test_hetzner_stays_while_outputs_are_published(editor: httpx.AsyncClient, database: Database) -> None:
    video_id = await make_video(database)
    await add(editor, video_id, platform="hetzner")
    async with database.session() as session:
        generation = Generation(video_id=video_id, bucket="outputs", prefix=f"{video_id}/one")
        session.add(generation)
    await set_video(database, video_id, generation_id=generation.id)
    where = f"/api/videos/{video_id}/platforms/hetzner"
    refused = await editor.delete(where)
    assert (refused.status_code, refused.json()["code"]) == (409, "platform_in_use")
    await set_video(database, video_id, generation_id=None)
    assert (await editor.delete(where)).status_code == 204


async def test_if_match(editor: httpx.AsyncClient, viewer: httpx.AsyncClient, database: Database) -> None:
    video_id = await make_video(database)
    where = f"/api/videos/{video_id}/platforms/youtube"
    absent = await editor.delete(where, headers={"If-Match": '"x"'})
    assert absent.status_code == 404
    old = (await add(editor, video_id, platform="youtube")).headers["ETag"]
    await add(editor, video_id, platform="youtube", status="ready")
    stale = await editor.delete(where, headers={"If-Match": old})
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition_failed")
    fresh = (await viewer.get(where)).headers["ETag"]
    assert (await editor.delete(where, headers={"If-Match": fresh})).status_code == 204


async def test_roles_and_absent_videos(
    anonymous: httpx.AsyncClient, viewer: httpx.AsyncClient, editor: httpx.AsyncClient, database: Database
) -> None:
    video_id = await make_video(database)
    where = f"/api/videos/{video_id}/platforms"
    body = {"platform": "youtube"}
    assert (await anonymous.get(where)).status_code == 401
    assert (await anonymous.post(where, json=body)).status_code == 401
    assert (await anonymous.delete(f"{where}/youtube")).status_code == 401
    assert (await viewer.post(where, json=body)).status_code == 403
    assert (await viewer.delete(f"{where}/youtube")).status_code == 403
    assert (await viewer.get(where)).json()["items"] == []
    absent = f"/api/videos/{uuid4()}/platforms"
    for answer in (
        await viewer.get(absent),
        await viewer.get(f"{absent}/youtube"),
        await editor.post(absent, json=body),
        await editor.delete(f"{absent}/youtube"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "video_not_found")
    unknown = await editor.delete(f"{where}/dailymotion")
    assert (unknown.status_code, unknown.json()["errors"][0]["pointer"]) == (422, "/path/platform")
    strange = await viewer.get(where, params={"offset": 1})
    assert (strange.status_code, strange.json()["errors"][0]["pointer"]) == (422, "/query/offset")


async def test_two_videos_that_take_one_id_at_the_same_moment(editor: httpx.AsyncClient, database: Database) -> None:
    for _ in range(8):
        videos = [await make_video(database) for _ in "ab"]
        for video in videos:
            assert (await add(editor, video, platform="vimeo", externalId=vimeo_id())).status_code == 201
        wanted = vimeo_id()
        answers = await asyncio.gather(*(add(editor, video, platform="vimeo", externalId=wanted) for video in videos))
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        refused = next(answer for answer in answers if answer.status_code == 409)
        assert refused.json()["code"] == "external_id_taken"
        assert refused.json()["errors"][0]["pointer"] == "/externalId"


async def test_an_entry_at_vimeo_plays_from_there(editor: httpx.AsyncClient, database: Database) -> None:
    video = await make_video(database)
    number = vimeo_id()
    assert (await add(editor, video, platform="vimeo", externalUrl=f"https://vimeo.com/{number}")).status_code == 201
    found = (await editor.get(f"/api/videos/{video}")).json()
    assert found["migrationStatus"] == "vimeo_only"
    playback = (await editor.get(f"/api/videos/{video}/playback")).json()
    assert (playback["provider"], playback["embedUrl"]) == ("vimeo", f"https://player.vimeo.com/video/{number}")
    assert (await editor.delete(f"/api/videos/{video}/platforms/vimeo")).status_code == 204
    assert (await editor.get(f"/api/videos/{video}")).json()["migrationStatus"] is None
    hosting = await audit(database, video, "videos.hosting")
    assert [after for _, after in hosting] == [{"migrationStatus": "vimeo_only"}, {"migrationStatus": None}]
