"""POST: creation, with and without first bytes."""

from email.utils import parsedate_to_datetime

import pytest

from shared.auth.models import Role
from shared.clock import utc_now
from shared.db.session import Database
from tests.uploads.client import OCTETS, PATH, Tus, metadata
from tests.uploads.conftest import MIB, Api, Stored, new_key, sha256, upload_id, video


async def test_created(tus: Tus, api: Api) -> None:
    answer = await tus.request("POST", PATH, Upload_Length="100")
    assert answer.status_code == 201
    assert answer.headers["Location"].startswith(f"{api.base_url}{PATH}/")
    assert answer.headers["Tus-Resumable"] == "1.0.0"
    assert parsedate_to_datetime(answer.headers["Upload-Expires"]) > utc_now()
    assert await tus.offset(answer.headers["Location"]) == 0


async def test_location_ignores_request_headers(tus: Tus, api: Api) -> None:
    answer = await tus.request("POST", PATH, Upload_Length="9", Host="evil.test", X_Forwarded_Host="evil.test")
    assert answer.headers["Location"].startswith(api.base_url)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Upload_Length": "1", "Upload_Defer_Length": "1"},
        {"Upload_Defer_Length": "2"},
        {"Upload_Length": "-1"},
        {"Upload_Length": "1.5"},
        {"Upload_Length": "ten"},
        {"Upload_Length": "99999999999999999999"},
        {"Upload_Length": ""},
    ],
)
async def test_length_must_be_given_once_and_right(tus: Tus, headers: dict[str, str]) -> None:
    answer = await tus.request("POST", PATH, **headers)
    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid_header"


async def test_too_long(tus: Tus) -> None:
    answer = await tus.request("POST", PATH, Upload_Length=str(100 * MIB + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "upload_too_large")


async def test_length_0_is_no_video(tus: Tus) -> None:
    answer = await tus.request("POST", PATH, Upload_Length="0")
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        ("", 201),
        (None, 201),
        ("title", 201),
        ("filename YS5tcDQ=, title VGl0bGU=", 201),
        ("whatever", 201),
        ("title ?", 400),
        ("title VGl0bGU=,title VGl0bGU=", 400),
        ("title VGl0bGU=,,filename YQ==", 400),
        ("title VGl0bGU= YQ==", 400),
        (metadata(title=b"\xed\xa0\x80"), 422),
        (metadata(title=b"a\x00b"), 422),
        (metadata(title="x" * 501), 422),
        (metadata(filename=b"\xff\xfe.mp4"), 422),
        (metadata(encode="perhaps"), 422),
        (metadata(videoId="7"), 422),
        (metadata(videoId="6fa459ea-ee8a-4ca4-894e-db77e160355e"), 404),
        (metadata(title="Ä" * 500, mine=b"\x00\xff"), 201),
    ],
)
async def test_metadata(tus: Tus, raw: str | None, status: int) -> None:
    answer = await tus.request("POST", PATH, Upload_Length="10", Upload_Metadata=raw)
    assert answer.status_code == status, answer.text
    if status != 201:
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.headers["Tus-Resumable"] == "1.0.0"


async def test_checks_come_in_order(api: Api, database: Database) -> None:
    async with Tus(api.base_url, None) as stranger:
        answer = await stranger.request("POST", PATH, Tus_Resumable="0.1", Upload_Length="x")
        assert answer.status_code == 401
        assert answer.headers["Tus-Resumable"] == "1.0.0"
    async with Tus(api.base_url, await new_key(database, Role.viewer)) as viewer:
        assert (await viewer.request("POST", PATH, Tus_Resumable="0.1", Upload_Length="x")).status_code == 403
    async with Tus(api.base_url, await new_key(database, Role.editor)) as editor:
        for version in ("0.1", None):
            answer = await editor.request("POST", PATH, Tus_Resumable=version, Upload_Length="x")
            assert answer.status_code == 412
            assert answer.headers["Tus-Version"] == "1.0.0"


async def test_with_first_bytes(tus: Tus) -> None:
    data = video(3000)
    answer = await tus.request("POST", PATH, body=data[:1000], Upload_Length="3000", Content_Type=OCTETS)
    assert answer.status_code == 201
    assert answer.headers["Upload-Offset"] == "1000"
    done = await tus.patch(answer.headers["Location"], 1000, data[1000:])
    assert done.headers["X-Video-Id"]


async def test_with_all_bytes(tus: Tus, stored: Stored) -> None:
    data = video(9 * MIB)
    answer = await tus.request(
        "POST", PATH, body=data, Upload_Length=str(len(data)), Content_Type=OCTETS,
        Upload_Metadata=metadata(filename="C:\\films\\The Talk.final.mp4", filetype="video/mp4"),
    )  # fmt: skip
    assert answer.status_code == 201, answer.text
    assert answer.headers["Upload-Offset"] == str(len(data))
    master = await stored.video(answer.headers["X-Video-Id"])
    assert (master.sha256, master.size_bytes, master.content_type) == (sha256(data), len(data), "video/mp4")
    assert master.filename == "The Talk.final.mp4"
    assert "Talk" not in master.key
    title = (await tus.http.get(f"/api/videos/{answer.headers['X-Video-Id']}", headers=tus.headers({}))).json()["title"]
    assert title == "The Talk.final"


@pytest.mark.parametrize(
    ("names", "title"),
    [
        ({"filename": "<b>Lecture</b> 3.mp4"}, "Lecture 3"),
        ({"filename": "x.mp4", "title": "<script>alert(1)</script>A < B"}, "A < B"),
        ({"filename": "<i></i>.mp4"}, ".mp4"),
    ],
)
async def test_names_come_without_markup(tus: Tus, stored: Stored, names: dict[str, str], title: str) -> None:
    data = video(MIB)
    answer = await tus.request(
        "POST", PATH, body=data, Upload_Length=str(len(data)), Content_Type=OCTETS, Upload_Metadata=metadata(**names)
    )
    found = (await tus.http.get(f"/api/videos/{answer.headers['X-Video-Id']}", headers=tus.headers({}))).json()
    assert found["title"] == title
    assert "<" not in (found["master"]["filename"] or "")


@pytest.mark.parametrize(
    ("body", "length", "status"), [(b"plain text, no film at all", 26, 415), (video(50), 40, 413), (video(30), 0, 413)]
)
async def test_refused_with_bytes_leaves_nothing(
    tus: Tus, stored: Stored, database: Database, body: bytes, length: int, status: int
) -> None:
    before = await _count(database)
    answer = await tus.request("POST", PATH, body=body, Upload_Length=str(length), Content_Type=OCTETS)
    assert answer.status_code == status
    assert await _count(database) == before


async def _count(database: Database) -> int:
    from sqlalchemy import func, select

    from shared.uploads.models import Upload

    async with database.session() as session:
        return await session.scalar(select(func.count()).select_from(Upload)) or 0


async def test_ids_are_random(tus: Tus) -> None:
    ids = {upload_id(await tus.create(10)) for _ in range(3)}
    assert {found.version for found in ids} == {4}


async def test_unknown_query_parameter(tus: Tus) -> None:
    assert (await tus.request("POST", f"{PATH}?x=1", Upload_Length="10")).status_code == 422
