"""The fake keeps the contract that the client relies on (contracts.md, section 1)."""

import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from cli.fakes.vimeo import FakeClip, FakeVimeo

BODY = bytes(range(256)) * 1000


@pytest.fixture(scope="module")
def serving() -> Iterator[FakeVimeo]:
    with FakeVimeo() as found:
        yield found


@pytest.fixture
def fake(serving: FakeVimeo) -> FakeVimeo:
    serving.reset(FakeClip("1", "One", BODY))
    return serving


@pytest.fixture
async def api(fake: FakeVimeo) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=fake.url, headers={"Authorization": f"Bearer {fake.token}"}) as found:
        yield found


async def _source(api: httpx.AsyncClient, number: str = "1") -> dict[str, Any]:
    rows = (await api.get(f"/videos/{number}", params={"fields": "download"})).json()["download"]
    return next(row for row in rows if row["quality"] == "source")


async def test_fields_cut_the_answer(api: httpx.AsyncClient) -> None:
    answer = await api.get("/videos/1", params={"fields": "uri,privacy.view,tags.name,download.size,unknown"})
    body = answer.json()
    assert body == {
        "uri": "/videos/1",
        "privacy": {"view": "anybody"},
        "tags": [],
        "download": [{"size": len(BODY) // 4}, {"size": len(BODY)}],
    }
    assert answer.headers["content-type"] == "application/vnd.vimeo.video+json;version=3.4"


async def test_pages_have_relative_addresses(fake: FakeVimeo, api: httpx.AsyncClient) -> None:
    fake.add(*FakeClip.many(5000))
    began = time.monotonic()
    page = (await api.get("/me/videos?per_page=100&fields=uri")).json()
    assert time.monotonic() - began < 5
    assert (page["total"], page["page"], page["per_page"], len(page["data"])) == (5001, 1, 100, 100)
    assert page["paging"]["next"].startswith("/me/videos?")
    assert page["paging"]["previous"] is None
    last = (await api.get(page["paging"]["last"])).json()
    assert (len(last["data"]), last["paging"]["next"]) == (1, None)
    for wrong in ("per_page=101", "page=0", "page=x"):
        assert (await api.get(f"/me/videos?{wrong}")).status_code == 400
    assert (await api.get("/me/videos?page=9999")).status_code == 404


async def test_links_redirect_to_the_other_host_and_expire(fake: FakeVimeo, api: httpx.AsyncClient) -> None:
    source = await _source(api)
    first = await api.get(source["link"])
    assert first.status_code == 302
    place = first.headers["location"]
    assert place.startswith(fake.cdn_url + "/")
    assert (await api.get(place)).content == BODY
    assert datetime.fromisoformat(source["expires"]) > datetime.now(UTC)
    fake.expire_links()
    assert (await api.get(source["link"])).status_code == 410
    assert (await api.get(place)).status_code == 403
    fake.cdn_link_seconds = -1
    place = (await api.get((await _source(api))["link"])).headers["location"]
    assert (await api.get(place)).status_code == 403
    fake.remove("1")
    assert (await api.get(place)).status_code == 404


async def test_files_come_in_ranges(fake: FakeVimeo, api: httpx.AsyncClient, tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_bytes(BODY)
    fake.add(FakeClip("2", file=tmp_path / "clip.mp4"))
    place = (await api.get((await _source(api, "2"))["link"])).headers["location"]
    for asked, expected in (("bytes=100000-", BODY[100_000:]), ("bytes=5-9", BODY[5:10]), ("bytes=-3", BODY[-3:])):
        answer = await api.get(place, headers={"Range": asked})
        assert (answer.status_code, answer.content) == (206, expected)
        assert answer.headers["content-range"].endswith(f"/{len(BODY)}")
    beyond = await api.get(place, headers={"Range": f"bytes={len(BODY)}-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(BODY)}")
    fake.cdn_ranges = False
    whole = await api.get(place, headers={"Range": "bytes=5-9"})
    assert (whole.status_code, len(whole.content)) == (200, len(BODY))


async def test_a_download_can_be_cut_and_goes_on(fake: FakeVimeo, api: httpx.AsyncClient) -> None:
    link = (await _source(api))["link"]
    fake.cut(70_000)
    got = b""

    async def read() -> None:
        nonlocal got
        async with api.stream("GET", link, follow_redirects=True) as answer:
            async for chunk in answer.aiter_raw():
                got += chunk

    with pytest.raises(httpx.RemoteProtocolError):
        await read()
    assert got == BODY[:70_000]
    rest = await api.get(link, headers={"Range": f"bytes={len(got)}-"}, follow_redirects=True)
    assert got + rest.content == BODY
    assert [hit.path for hit in fake.cdn_hits] == ["/file/1", "/file/1"]


async def test_what_it_says_of_a_file_can_be_wrong(fake: FakeVimeo, api: httpx.AsyncClient) -> None:
    truth = await _source(api)
    fake.clips["1"].md5_said = "0" * 32
    fake.clips["1"].size_said = 7
    lie = await _source(api)
    assert (lie["md5"], lie["size"]) == ("0" * 32, 7)
    assert (truth["md5"], truth["size"]) != (lie["md5"], lie["size"])
    fake.clips["1"].md5_said = fake.clips["1"].size_said = ""
    assert not {"md5", "size"} & set(await _source(api))


async def test_the_window_has_an_end(fake: FakeVimeo, api: httpx.AsyncClient) -> None:
    fake.rate_limit, fake.retry_after = 2, "3"
    now = datetime(2026, 11, 20, 12, tzinfo=UTC)
    fake.clock = lambda: now
    answers = [await api.get("/me") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer.headers["x-ratelimit-remaining"] for answer in answers] == ["1", "0", "0"]
    assert answers[-1].headers["x-ratelimit-reset"] == "2026-11-20T12:01:00+00:00"
    assert answers[-1].headers["retry-after"] == "3"
    fake.reset_as = "unix"
    assert (await api.get("/me")).headers["x-ratelimit-reset"] == str(int(now.timestamp()) + 60)
    later = now.replace(minute=1)
    fake.clock = lambda: later
    assert (await api.get("/me")).status_code == 200


async def test_it_can_be_out_of_order(fake: FakeVimeo, api: httpx.AsyncClient) -> None:
    fake.fail(502)
    fake.fail_cdn(500)
    assert [(await api.get("/me")).status_code for _ in range(2)] == [502, 200]
    link = (await _source(api))["link"]
    assert [(await api.get(link, follow_redirects=True)).status_code for _ in range(2)] == [500, 200]
    assert (await api.get("/nowhere")).json()["error_code"] == 5000
    refused = await api.get("/me", headers={"Authorization": "Bearer other"})
    assert (refused.status_code, refused.json()["error_code"]) == (401, 8003)
    assert fake.requests["/me"] == 3


async def test_a_token_without_private_sees_what_anybody_sees(fake: FakeVimeo, api: httpx.AsyncClient) -> None:
    fake.add(FakeClip("2", privacy="nobody"))
    fake.scopes = {"public"}
    assert [one["uri"] for one in (await api.get("/me/videos?fields=uri")).json()["data"]] == ["/videos/1"]
    assert (await api.get("/videos/2")).status_code == 404
    assert "download" not in (await api.get("/videos/1")).json()


async def test_posters_are_pictures(fake: FakeVimeo, api: httpx.AsyncClient) -> None:
    sizes = (await api.get("/videos/1")).json()["pictures"]["sizes"]
    answer = await api.get(sizes[-1]["link"])
    assert answer.content.startswith(b"\x89PNG")
    fake.clips["1"].picture = b"own"
    assert (await api.get(sizes[0]["link"])).content == b"own"
