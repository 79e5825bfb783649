"""Where a video is distributed, over HTTP."""

import json
from typing import Any
from uuid import uuid4

import httpx
import pytest

from shared.db.session import Database
from tests.factories import make_video
from tests.platforms.entries import VIMEO_ID, add, audit, vimeo_id


async def test_an_entry_is_made_read_changed_and_deleted(
    editor: httpx.AsyncClient, viewer: httpx.AsyncClient, database: Database
) -> None:
    video_id = await make_video(database)
    own_id = vimeo_id()
    made = await add(
        editor, video_id, platform="vimeo", externalId=own_id, privacyLevel="unlisted", metadata={"plays": 3, "a": None}
    )
    assert made.status_code == 201, made.text
    entry = made.json()
    where = f"/api/videos/{video_id}/platforms/vimeo"
    assert made.headers["Location"] == f"http://vms.test{where}"
    assert {name: entry[name] for name in entry if name not in {"id", "createdAt", "updatedAt"}} == {
        "platform": "vimeo",
        "externalId": own_id,
        "externalUrl": f"https://vimeo.com/{own_id}",
        "embedUrl": f"https://player.vimeo.com/video/{own_id}",
        "status": "pending",
        "privacyLevel": "unlisted",
        "syncedAt": None,
        "metadata": {"plays": 3, "a": None},
    }
    read = await viewer.get(where)
    assert (read.status_code, read.json(), read.headers["ETag"]) == (200, entry, made.headers["ETag"])
    listed = await viewer.get(f"/api/videos/{video_id}/platforms")
    assert listed.json() == {"items": [entry], "total": 1, "totalIsEstimate": False, "nextCursor": None}
    shown = (await viewer.get(f"/api/videos/{video_id}")).json()
    assert [one["platform"] for one in shown["platforms"]] == ["vimeo"]

    changed = await add(editor, video_id, platform="vimeo", status="ready", privacyLevel=None)
    assert changed.status_code == 200
    after = changed.json()
    assert (after["id"], after["status"], after["privacyLevel"], after["metadata"], after["externalId"]) == (
        entry["id"],
        "ready",
        None,
        {"plays": 3, "a": None},
        own_id,
    )
    assert after["updatedAt"] > entry["updatedAt"]
    again = await add(editor, video_id, platform="vimeo", status="ready")
    assert (again.status_code, again.json()) == (200, after)

    gone = await editor.delete(where)
    assert (gone.status_code, gone.content) == (204, b"")
    assert (await viewer.get(where)).json()["code"] == "platform_not_found"
    missing = await editor.delete(where)
    assert (missing.status_code, missing.json()["code"]) == (404, "platform_not_found")
    links = {"externalId": own_id, "externalUrl": entry["externalUrl"], "embedUrl": entry["embedUrl"]}
    assert await audit(database, video_id, "platforms.upsert") == [
        (
            None,
            {
                "platform": "vimeo",
                **links,
                "privacyLevel": "unlisted",
                "metadata": {"plays": 3, "a": None},
            },
        ),
        (
            {"platform": "vimeo", "status": "pending", "privacyLevel": "unlisted"},
            {"platform": "vimeo", "status": "ready", "privacyLevel": None},
        ),
    ]
    [(before, left)] = await audit(database, video_id, "platforms.delete")
    assert (before["platform"], before["externalId"], before["status"], left) == ("vimeo", own_id, "ready", None)


async def test_the_list_is_ordered_and_paged(
    editor: httpx.AsyncClient, viewer: httpx.AsyncClient, database: Database
) -> None:
    video_id = await make_video(database)
    for platform in ("youtube", "vimeo", "kinescope", "hetzner"):
        assert (await add(editor, video_id, platform=platform)).status_code == 201
    where = f"/api/videos/{video_id}/platforms"
    whole = (await viewer.get(where)).json()
    names = [entry["platform"] for entry in whole["items"]]
    assert (names, whole["nextCursor"]) == (["hetzner", "kinescope", "vimeo", "youtube"], None)
    first = (await viewer.get(where, params={"limit": 3})).json()
    second = (await viewer.get(where, params={"limit": 3, "cursor": first["nextCursor"]})).json()
    assert first["items"] + second["items"] == whole["items"]
    assert (first["total"], second["total"], second["nextCursor"]) == (4, 4, None)
    other = f"/api/videos/{await make_video(database)}/platforms"
    stray = await viewer.get(other, params={"cursor": first["nextCursor"]})
    assert (stray.status_code, stray.json()["code"]) == (422, "invalid_cursor")


HASHED = "https://vimeo.com/123456/abcdef0123"
YOUTUBE = "aqz-KE-bpKQ"
OF_YOUTUBE = (YOUTUBE, f"https://www.youtube-nocookie.com/embed/{YOUTUBE}")
UUID_UPPER = "0EA1C1B1-43BD-4B04-8C2D-CC1A64C7A6C1"


@pytest.mark.parametrize(
    ("given", "external_id", "external_url", "embed_url"),
    [
        ({"platform": "youtube", "externalUrl": f"https://youtu.be/{YOUTUBE}?t=3"}, YOUTUBE, None, OF_YOUTUBE[1]),
        (
            {"platform": "youtube", "externalUrl": f"https://m.youtube.com/watch?list=x&v={YOUTUBE}&t=1s"},
            YOUTUBE,
            None,
            OF_YOUTUBE[1],
        ),
        ({"platform": "youtube", "externalUrl": f"https://youtube.com/shorts/{YOUTUBE}"}, YOUTUBE, None, OF_YOUTUBE[1]),
        (
            {"platform": "youtube", "embedUrl": f"https://www.youtube.com/embed/{YOUTUBE}?rel=0"},
            YOUTUBE,
            f"https://www.youtube.com/watch?v={YOUTUBE}",
            f"https://www.youtube.com/embed/{YOUTUBE}?rel=0",
        ),
        (
            {"platform": "vimeo", "externalUrl": HASHED},
            "123456",
            HASHED,
            "https://player.vimeo.com/video/123456?h=abcdef0123",
        ),
        (
            {"platform": "vimeo", "embedUrl": "https://player.vimeo.com/video/123456?title=0&h=abcdef0123"},
            "123456",
            HASHED,
            "https://player.vimeo.com/video/123456?title=0&h=abcdef0123",
        ),
        (
            {"platform": "vimeo", "externalUrl": "https://www.vimeo.com/showcase/77/video/123456"},
            "123456",
            "https://www.vimeo.com/showcase/77/video/123456",
            "https://player.vimeo.com/video/123456",
        ),
        ({"platform": "vimeo", "externalUrl": "https://vimeo.com/staff/my-film"}, None, None, None),
        (
            {"platform": "vimeo", "externalUrl": "https://vimeo.com/staff/my-film", "externalId": "123456"},
            "123456",
            "https://vimeo.com/staff/my-film",
            "https://player.vimeo.com/video/123456",
        ),
        (
            {"platform": "kinescope", "externalId": UUID_UPPER},
            UUID_UPPER.lower(),
            f"https://kinescope.io/{UUID_UPPER.lower()}",
            f"https://kinescope.io/embed/{UUID_UPPER.lower()}",
        ),
        (
            {"platform": "kinescope", "externalUrl": "https://kinescope.io/tUm6nTGQtyaQ6jVSQ6XuGx"},
            "tUm6nTGQtyaQ6jVSQ6XuGx",
            None,
            "https://kinescope.io/embed/tUm6nTGQtyaQ6jVSQ6XuGx",
        ),
        (
            # Its API names a video by a UUID, its links by a short id: the two cannot be compared.
            {
                "platform": "kinescope",
                "externalId": UUID_UPPER,
                "externalUrl": "https://kinescope.io/tUm6nTGQtyaQ6jVSQ6XuGx",
            },
            UUID_UPPER.lower(),
            None,
            "https://kinescope.io/embed/tUm6nTGQtyaQ6jVSQ6XuGx",
        ),
        (
            {
                "platform": "hetzner",
                "externalId": "Ordner/ä film.mp4",
                "externalUrl": "http://cdn.example.org:81/a.m3u8",
            },
            "Ordner/ä film.mp4",
            None,
            None,
        ),
        (
            {"platform": "vimeo", "externalId": None, "externalUrl": "https://vimeo.com/123456"},
            None,
            None,
            "https://player.vimeo.com/video/123456",
        ),
        ({"platform": "youtube"}, None, None, None),
    ],
)
async def test_what_is_left_out_follows_from_what_is_given(
    editor: httpx.AsyncClient,
    database: Database,
    given: dict[str, Any],
    external_id: str | None,
    external_url: str | None,
    embed_url: str | None,
) -> None:
    video_id = await make_video(database)
    answer = await add(editor, video_id, **given)
    assert answer.status_code == 201, answer.text
    entry = answer.json()
    assert (entry["externalId"], entry["externalUrl"], entry["embedUrl"]) == (
        external_id,
        external_url or given.get("externalUrl"),
        embed_url,
    )
    # The ids above are used again and again.
    assert (await editor.delete(f"/api/videos/{video_id}/platforms/{given['platform']}")).status_code == 204


async def test_another_id_moves_the_addresses_along(editor: httpx.AsyncClient, database: Database) -> None:
    video_id = await make_video(database)
    one, two, three = vimeo_id(), vimeo_id(), vimeo_id()

    async def links(**fields: Any) -> list[str | None]:
        answer = await add(editor, video_id, platform="vimeo", **fields)
        assert answer.status_code in {200, 201}, answer.text
        return [answer.json()[name] for name in ("externalId", "externalUrl", "embedUrl")]

    await links(externalUrl=f"https://vimeo.com/{one}/aaaa")
    assert await links(externalId=one, status="ready") == [
        one,
        f"https://vimeo.com/{one}/aaaa",
        f"https://player.vimeo.com/video/{one}?h=aaaa",
    ]
    assert await links(embedUrl=f"https://player.vimeo.com/video/{one}?h=bbbb&title=0") == [
        one,
        f"https://vimeo.com/{one}/bbbb",
        f"https://player.vimeo.com/video/{one}?h=bbbb&title=0",
    ]
    moved = [two, f"https://vimeo.com/{two}", f"https://player.vimeo.com/video/{two}"]
    assert await links(externalId=two) == moved
    assert await links(externalUrl=f"https://vimeo.com/{three}") == [
        three,
        f"https://vimeo.com/{three}",
        f"https://player.vimeo.com/video/{three}",
    ]
    assert await links(externalUrl=None, embedUrl=None) == [three, None, None]
    assert await links(externalId=None) == [None, None, None]


LONG = "https://vimeo.com/1?" + "x" * 2000


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({}, "/platform"),
        ({"platform": "dailymotion"}, "/platform"),
        ({"platform": 1}, "/platform"),
        ({"platform": "vimeo", "surprise": 1}, "/surprise"),
        ({"platform": "vimeo", "external_id": "1"}, "/external_id"),
        ({"platform": "vimeo", "syncedAt": "2026-11-20T12:00:00Z"}, "/syncedAt"),
        ({"platform": "vimeo", "externalId": "abc"}, "/externalId"),
        ({"platform": "vimeo", "externalId": "1" * 16}, "/externalId"),
        ({"platform": "vimeo", "externalId": ""}, "/externalId"),
        ({"platform": "vimeo", "externalId": 76979871}, "/externalId"),
        ({"platform": "vimeo", "externalId": "1\n"}, "/externalId"),
        ({"platform": "vimeo", "externalId": " 1"}, "/externalId"),
        ({"platform": "vimeo", "externalId": "١٢٣"}, "/externalId"),
        ({"platform": "vimeo", "externalId": "1'; DROP TABLE videos;--"}, "/externalId"),
        ({"platform": "youtube", "externalId": "short"}, "/externalId"),
        ({"platform": "youtube", "externalId": "aqz-KE-bpK\x00"}, "/externalId"),
        ({"platform": "kinescope", "externalId": "not an id"}, "/externalId"),
        ({"platform": "hetzner", "externalId": "x" * 201}, "/externalId"),
        ({"platform": "hetzner", "externalId": "a\x00b"}, "/externalId"),
        ({"platform": "vimeo", "externalUrl": "https://evil.example/1"}, "/externalUrl"),
        ({"platform": "vimeo", "externalUrl": "https://vimeo.com@evil.example/1"}, "/externalUrl"),
        ({"platform": "vimeo", "externalUrl": "https://vimeo.com.evil.example/1"}, "/externalUrl"),
        ({"platform": "vimeo", "externalUrl": "https://vimeo.com/"}, "/externalUrl"),
        ({"platform": "vimeo", "externalUrl": "javascript:alert(1)"}, "/externalUrl"),
        ({"platform": "vimeo", "externalUrl": LONG}, "/externalUrl"),
        ({"platform": "youtube", "externalUrl": f"https://vimeo.com/{VIMEO_ID}"}, "/externalUrl"),
        ({"platform": "youtube", "externalUrl": "https://www.youtube.com/@channel"}, "/externalUrl"),
        ({"platform": "youtube", "embedUrl": "https://www.youtube.com/embed/videoseries?list=x"}, "/embedUrl"),
        ({"platform": "hetzner", "externalUrl": "ftp://files.example.org/a"}, "/externalUrl"),
        ({"platform": "vimeo", "embedUrl": f"http://player.vimeo.com/video/{VIMEO_ID}"}, "/embedUrl"),
        ({"platform": "vimeo", "embedUrl": f"https://vimeo.com/{VIMEO_ID}"}, "/embedUrl"),
        ({"platform": "vimeo", "embedUrl": f'https://player.vimeo.com/video/{VIMEO_ID}?"><script>'}, "/embedUrl"),
        ({"platform": "youtube", "embedUrl": f"https://youtu.be/{YOUTUBE}"}, "/embedUrl"),
        ({"platform": "kinescope", "embedUrl": "https://kinescope.io/tUm6nTGQtyaQ6jVSQ6XuGx"}, "/embedUrl"),
        ({"platform": "vimeo", "externalId": "1", "externalUrl": "https://vimeo.com/2"}, "/externalUrl"),
        ({"platform": "vimeo", "externalId": "1", "embedUrl": "https://player.vimeo.com/video/2"}, "/embedUrl"),
        (
            {
                "platform": "vimeo",
                "externalUrl": "https://vimeo.com/1",
                "embedUrl": "https://player.vimeo.com/video/2",
            },
            "/embedUrl",
        ),
        ({"platform": "vimeo", "status": "gone"}, "/status"),
        ({"platform": "vimeo", "status": None}, "/status"),
        ({"platform": "vimeo", "privacyLevel": "x" * 201}, "/privacyLevel"),
        ({"platform": "vimeo", "privacyLevel": " "}, "/privacyLevel"),
        ({"platform": "vimeo", "metadata": None}, "/metadata"),
        ({"platform": "vimeo", "metadata": []}, "/metadata"),
        ({"platform": "vimeo", "metadata": "{}"}, "/metadata"),
        ({"platform": "vimeo", "metadata": {"a": ["x\x00"]}}, "/metadata"),
        ({"platform": "vimeo", "metadata": {"a\x00": 1}}, "/metadata"),
        ({"platform": "vimeo", "metadata": {"a": "x" * 16 * 1024}}, "/metadata"),
        ({"platform": "vimeo", "metadata": {"a": [1e308] * 60}}, "/metadata"),
        ({"platform": "vimeo", "metadata": {"a": 10**400}}, "/metadata"),
        ({"platform": "vimeo", "metadata": {"1": [[[[[[[[[[]]]]]]]]]]}}, "/metadata"),
    ],
)
async def test_bad_input_is_422_with_a_pointer(
    editor: httpx.AsyncClient, database: Database, given: dict[str, Any], pointer: str
) -> None:
    # Validation comes before existence: there is no such video.
    answer = await add(editor, uuid4(), **given)
    assert answer.status_code == 422, answer.text
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]


@pytest.mark.parametrize(
    "raw",
    [
        rb'{"platform": "vimeo", "metadata": {"a": 1e999}}',
        rb'{"platform": "vimeo", "metadata": {"a": NaN}}',
        rb'{"platform": "vimeo", "metadata": {"a": ["\ud800"]}}',
        rb'{"platform": "vimeo", "metadata": {"\udfff": 1}}',
        rb'{"platform": "vimeo", "metadata": {"a": "\u0000"}}',
        rb'{"platform": "hetzner", "externalId": "\ud800"}',
        rb'{"platform": "vimeo", "privacyLevel": "\ud800"}',
        rb"[]",
    ],
)
async def test_what_no_database_takes_is_422(editor: httpx.AsyncClient, database: Database, raw: bytes) -> None:
    where = f"/api/videos/{await make_video(database)}/platforms"
    answer = await editor.post(where, content=raw, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")


async def test_metadata_up_to_its_limits_is_kept(
    editor: httpx.AsyncClient, viewer: httpx.AsyncClient, database: Database
) -> None:
    video_id = await make_video(database)
    deep = {"2": [[[[[[[["10"]]]]]]]]}
    numbers = {"big": 1e22, "tiny": 5e-324, "whole": 2**60, "zero": -0.0, "text": "<b>'; DROP TABLE</b> 🎬"}
    made = await add(editor, video_id, platform="vimeo", metadata={**deep, **numbers})
    assert made.status_code == 201, made.text
    read = await viewer.get(f"/api/videos/{video_id}/platforms/vimeo")
    assert (read.json()["metadata"], read.headers["ETag"]) == ({**deep, **numbers}, made.headers["ETag"])
    room = 16 * 1024 - len(json.dumps({"a": ""}, separators=(",", ":")))
    full = await add(editor, video_id, platform="vimeo", metadata={"a": "x" * room})
    assert full.status_code == 200
    assert (await add(editor, video_id, platform="vimeo", metadata={"a": "x" * (room + 1)})).status_code == 422
    for value in (1, True, 1.5, "1", None):
        answer = await add(editor, video_id, platform="vimeo", metadata={"a": value})
        kept = (await viewer.get(f"/api/videos/{video_id}/platforms/vimeo")).json()["metadata"]["a"]
        assert (answer.json()["metadata"]["a"] is value or value == 1.5, kept, type(kept)) == (True, value, type(value))


async def test_text_loses_its_markup(editor: httpx.AsyncClient, database: Database) -> None:
    answer = await add(editor, await make_video(database), platform="vimeo", privacyLevel="<i>nobody</i>")
    assert answer.json()["privacyLevel"] == "nobody"
