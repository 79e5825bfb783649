"""HEAD: how far an upload is."""

import pytest

from shared.auth.models import Role
from shared.db.session import Database
from tests.uploads.client import PATH, Tus, metadata
from tests.uploads.conftest import Api, new_key, video

UNKNOWN = "6fa459ea-ee8a-4ca4-894e-db77e160355e"


async def test_state(tus: Tus) -> None:
    given = metadata(filename="a.mp4", mine=b"\x00\xff", empty="")
    url = await tus.create(100, Upload_Metadata=given)
    await tus.patch(url, 0, video(40))
    answer = await tus.head(url)
    assert answer.status_code == 200
    assert answer.headers["Upload-Offset"] == "40"
    assert answer.headers["Upload-Length"] == "100"
    assert answer.headers["Upload-Metadata"] == given
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Tus-Resumable"] == "1.0.0"
    assert "Upload-Expires" in answer.headers
    assert "X-Video-Id" not in answer.headers


async def test_deferred_length(tus: Tus) -> None:
    answer = await tus.head(await tus.create())
    assert answer.headers["Upload-Defer-Length"] == "1"
    assert "Upload-Length" not in answer.headers


@pytest.mark.parametrize("name", [UNKNOWN, UNKNOWN.upper(), "1", "%00"])
async def test_unknown(tus: Tus, name: str) -> None:
    answer = await tus.head(f"{PATH}/{name}")
    assert answer.status_code == 404
    assert "Upload-Offset" not in answer.headers
    assert answer.headers["Tus-Resumable"] == "1.0.0"


async def test_another_users_upload_is_404_but_not_to_an_admin(tus: Tus, api: Api, database: Database) -> None:
    url = await tus.create(100)
    async with Tus(api.base_url, await new_key(database, Role.editor)) as other:
        assert (await other.head(url)).status_code == 404
        assert (await other.patch(url, 0, video(100))).status_code == 404
        assert (await other.request("DELETE", url)).status_code == 404
    async with Tus(api.base_url, await new_key(database, Role.admin)) as admin:
        assert (await admin.head(url)).status_code == 200


async def test_version_is_checked(tus: Tus) -> None:
    url = await tus.create(100)
    assert (await tus.head(url, Tus_Resumable=None)).status_code == 412
    assert (await tus.head(url, Tus_Resumable="1.0.1")).status_code == 412
