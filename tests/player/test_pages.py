"""The page and the assets over HTTP."""

import gzip
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from api.routes import web_assets
from tests.player.site import VIDEO_ID, make_app, make_settings


@pytest.fixture
async def client(web_dist: Path) -> AsyncIterator[httpx.AsyncClient]:
    settings = make_settings(public_base_url="https://video.test", bunny_cdn_hostname="zone.b-cdn.net")
    transport = httpx.ASGITransport(make_app(settings))
    async with httpx.AsyncClient(transport=transport, base_url="https://video.test") as opened:
        yield opened


def policy(response: httpx.Response) -> dict[str, list[str]]:
    parts = [part.split() for part in response.headers["content-security-policy"].split(";")]
    return {name: values for name, *values in parts}


async def test_the_page_holds_no_data_and_no_inline_code(client: httpx.AsyncClient):
    response = await client.get(f"/embed/{VIDEO_ID}", params={"t": "90", "utm_source": "newsletter"})
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["referrer-policy"] == "strict-origin-when-cross-origin"
    links = re.findall(r'<link rel="alternate"[^>]+>', response.text)
    assert [VIDEO_ID in link for link in links] == [True, True]
    rest = re.sub(r'<link rel="alternate"[^>]+>', "", response.text)
    assert VIDEO_ID not in rest
    assert not re.search(r"<style|<script(?![^>]*\bsrc=)|\son\w+=|style=|https?:", rest)


async def test_the_policy_is_strict(client: httpx.AsyncClient):
    rules = policy(await client.get(f"/embed/{VIDEO_ID}"))
    assert rules["default-src"] == ["'none'"]
    assert rules["script-src"] == rules["style-src"] == ["'self'"]
    assert rules["connect-src"] == ["'self'", "https://video.test", "https://zone.b-cdn.net"]
    assert set(rules["media-src"]) == {*rules["connect-src"], "blob:"}
    assert rules["frame-src"] == ["https://player.vimeo.com"]
    assert rules["frame-ancestors"] == ["*"]
    assert not {"unsafe-inline", "unsafe-eval"} & {word.strip("'") for words in rules.values() for word in words}


async def test_the_page_is_checked_again_and_not_sent_again(client: httpx.AsyncClient):
    first = await client.get(f"/embed/{VIDEO_ID}")
    assert first.headers["cache-control"] == "public, no-cache"
    again = await client.get(f"/embed/{VIDEO_ID}", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert (await client.head(f"/embed/{VIDEO_ID}")).status_code == 200


async def test_assets_are_immutable_and_compressed(client: httpx.AsyncClient):
    page = (await client.get(f"/embed/{VIDEO_ID}")).text
    path = re.findall(r'src="(/assets/[^"]+\.js)"', page)[0]
    plain = await client.get(path, headers={"Accept-Encoding": "identity"})
    assert plain.headers["content-type"].startswith("text/javascript")
    assert plain.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert plain.headers["vary"] == "Accept-Encoding"
    assert "content-encoding" not in plain.headers
    async with client.stream("GET", path, headers={"Accept-Encoding": "gzip, br;q=0"}) as zipped:
        assert zipped.headers["content-encoding"] == "gzip"
        assert zipped.headers["content-type"] == plain.headers["content-type"]
        assert gzip.decompress(b"".join([chunk async for chunk in zipped.aiter_raw()])) == plain.content
    brotli = await client.head(path, headers={"Accept-Encoding": "gzip, deflate, br"})
    assert brotli.headers["content-encoding"] == "br"


async def test_the_first_load_is_small(web_dist: Path):
    sizes = {file.name: file.stat().st_size for file in (web_dist / "assets").glob("*.gz")}
    player = sum(size for name, size in sizes.items() if name.startswith("embed-"))
    assert player <= 16_000, sizes
    assert sum(size for name, size in sizes.items() if name.startswith(("embed-", "hls-"))) <= 140_000, sizes


@pytest.mark.parametrize(
    "path",
    [
        "",
        "nothing.js",
        "../embed.html",
        "..%2fembed.html",
        "%2e%2e/%2e%2e/package.json",
        "%2fetc/passwd",
        "a%00b",
        "x" * 400,
    ],
)
async def test_nothing_but_assets_is_served(client: httpx.AsyncClient, path: str):
    response = await client.get(httpx.URL(f"https://video.test/assets/{path}"))
    if str(response.url.path).startswith("/assets"):
        assert response.headers["content-type"] == "application/problem+json"
    assert response.status_code == 404


async def test_a_link_out_of_the_folder_is_not_followed(
    client: httpx.AsyncClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "assets").mkdir()
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "assets" / "link").symlink_to(tmp_path / "secret")
    monkeypatch.setattr(web_assets, "DIST", tmp_path)
    assert (await client.get("/assets/link")).status_code == 404


@pytest.mark.parametrize("path", [f"/embed/{VIDEO_ID}", "/assets/embed.js"])
async def test_without_a_build_it_says_what_to_run(
    client: httpx.AsyncClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
):
    monkeypatch.setattr(web_assets, "DIST", tmp_path / "dist")
    response = await client.get(path)
    assert response.status_code == 503
    problem = response.json()
    assert problem["code"] == "web_not_built"
    assert "`make setup`" in problem["detail"]
