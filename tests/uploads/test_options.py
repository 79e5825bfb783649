"""OPTIONS: what the server speaks, for everyone."""

import pytest

from tests.uploads.client import PATH, Tus
from tests.uploads.conftest import MIB, Api


@pytest.mark.parametrize("path", [PATH, f"{PATH}/anything"])
@pytest.mark.parametrize("version", [None, "0.2.2", "1.0.0"])
async def test_capabilities_without_credentials(api: Api, path: str, version: str | None) -> None:
    async with Tus(api.base_url, None) as stranger:
        answer = await stranger.request("OPTIONS", path, Tus_Resumable=version)
    assert answer.status_code == 204
    assert answer.headers["Tus-Resumable"] == answer.headers["Tus-Version"] == "1.0.0"
    assert answer.headers["Tus-Max-Size"] == str(100 * MIB)
    assert answer.headers["Tus-Checksum-Algorithm"] == "sha1,sha256"
    assert set(answer.headers["Tus-Extension"].split(",")) == {
        "creation", "creation-with-upload", "creation-defer-length", "checksum", "expiration", "termination",
    }  # fmt: skip


async def test_documented_with_headers(tus: Tus) -> None:
    document = (await tus.http.get("/api/openapi.json")).json()
    collection, item = document["paths"][PATH], document["paths"][f"{PATH}/{{upload_id}}"]
    assert collection["options"]["operationId"] == "uploads-options"
    assert {"head", "patch", "delete"} <= item.keys()
    named = {parameter["name"].lower() for parameter in item["patch"]["parameters"]}
    assert {"upload-offset", "upload-length", "upload-checksum", "tus-resumable"} <= named
    assert "Upload-Offset" in item["head"]["responses"]["200"]["headers"]
    assert {"409", "412", "413", "415", "423", "460"} <= item["patch"]["responses"].keys()


async def test_other_methods_are_405_and_say_the_version(tus: Tus) -> None:
    answer = await tus.request("PUT", PATH)
    assert answer.status_code == 405
    assert answer.headers["Tus-Resumable"] == "1.0.0"
    assert answer.json()["code"] == "method_not_allowed"
