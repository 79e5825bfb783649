"""The oEmbed provider, and where the player page may be embedded."""

import json
from urllib.parse import quote
from xml.etree import ElementTree as ET

import httpx
import pytest
from sqlalchemy import text

from shared.clients.s3 import S3
from shared.config import Settings
from shared.db.session import Database
from shared.delivery.oembed import fit, shape_of
from shared.videos.domains import domain_name
from tests.factories import make_job, make_video, report_body, send_report

UNKNOWN = "0193f3a0-7c1e-7d4e-9a53-2f6f3c1f0a11"


async def ask(client: httpx.AsyncClient, url: str, **query: object) -> httpx.Response:
    return await client.get("/oembed", params={"url": url, **query})


def page(video_id: object) -> str:
    return f"http://vms.test/embed/{video_id}"


async def published(database: Database, s3: S3, settings: Settings, client: httpx.AsyncClient) -> str:
    """An upright film, open to all."""
    job = await make_job(database, s3, settings)
    prefix = f"{job.video_id}/g1/"
    for name in ("master.m3u8", "poster.jpg"):
        await s3.put(settings.s3_hls_bucket, prefix + name, b"#EXTM3U\n", content_type="application/octet-stream")
    url = f"s3://{settings.s3_hls_bucket}/{prefix}master.m3u8"
    sizes = [
        {"quality": quality, "url": url, "width": width, "height": height, "bandwidthBps": 1_000_000}
        for quality, width, height in (("360p", 360, 640), ("720p", 720, 1280))
    ]
    answer = await send_report(client, settings, report_body(job, "completed", outputUrl=url, renditions=sizes))
    assert answer.is_success, answer.text
    async with database.session() as session:
        changed = "UPDATE videos SET visibility = 'public', title = :title WHERE id = :id"
        await session.execute(text(changed), {"title": 'Salt & "Pepper" <3', "id": job.video_id})
    return str(job.video_id)


async def test_a_video_in_its_own_shape(
    anonymous: httpx.AsyncClient, database: Database, s3: S3, settings: Settings
) -> None:
    video_id = await published(database, s3, settings, anonymous)
    answer = await ask(anonymous, f"{page(video_id)}?t=90&utm_source=mail")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert (body["type"], body["version"], body["provider_name"]) == ("video", "1.0", "VMS")
    assert body["title"] == 'Salt & "Pepper" <3'
    assert (body["width"], body["height"]) == (360, 640)
    assert f'src="{page(video_id)}?t=90" width="360" height="640"' in body["html"]
    assert 'title="Salt &amp; &quot;Pepper&quot; &lt;3"' in body["html"]
    assert (await anonymous.get(body["thumbnail_url"])).status_code == 200
    small = (await ask(anonymous, page(video_id), maxwidth=200, maxheight=200, dnt=1)).json()
    assert (small["width"], small["height"]) == (112, 200)
    assert (small["thumbnail_width"], small["thumbnail_height"]) == (112, 200)
    xml = await ask(anonymous, page(video_id), format="xml")
    assert xml.headers["content-type"] == "text/xml; charset=utf-8"
    fields = {element.tag: element.text for element in ET.fromstring(xml.text)}
    assert fields == {name: str(value) for name, value in body.items()} | {"html": fields["html"]} | {
        name: fields[name] for name in ("thumbnail_url",)
    }
    assert page(video_id) in (fields["html"] or "")


@pytest.mark.parametrize(
    ("url", "status", "code"),
    [
        (page(UNKNOWN), 404, "video_not_found"),
        ("http://vms.test/api/videos", 404, "url_not_embeddable"),
        (f"https://another.test/embed/{UNKNOWN}", 404, "url_not_embeddable"),
        (f"http://vms.test.evil.test/embed/{UNKNOWN}", 404, "url_not_embeddable"),
        ("http://[", 422, "validation_failed"),
        ("javascript:alert(1)", 422, "validation_failed"),
        ("", 422, "validation_failed"),
        ("x" * 3000, 422, "validation_failed"),
    ],
)
async def test_what_is_no_player_page(anonymous: httpx.AsyncClient, url: str, status: int, code: str) -> None:
    answer = await ask(anonymous, url)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_what_is_not_answered(
    anonymous: httpx.AsyncClient, viewer: httpx.AsyncClient, database: Database
) -> None:
    video_id = await make_video(database, visibility="private")
    for client in (anonymous, viewer):
        assert (await ask(client, page(video_id))).status_code == 401
    assert (await ask(anonymous, page(UNKNOWN), format="yaml")).status_code == 501
    assert (await anonymous.get("/oembed")).status_code == 422
    assert (await ask(anonymous, page(UNKNOWN), maxwidth=0)).status_code == 422


async def test_a_video_that_is_nowhere_yet_is_wide(anonymous: httpx.AsyncClient, database: Database) -> None:
    body = (await ask(anonymous, page(await make_video(database, visibility="unlisted")), maxwidth=320)).json()
    assert (body["width"], body["height"]) == (320, 180)
    assert "thumbnail_url" not in body


def test_sizes_keep_their_shape_within_the_limits() -> None:
    assert fit((1920, 1080), None, None) == (640, 360)
    assert fit((1920, 1080), 1000, 300) == (533, 300)
    assert fit((1920, 1080), None, 1080) == (1920, 1080)
    assert fit((100, 1000), 4, None) == (4, 40)
    assert shape_of([{"width": 0, "height": 0}, "no", {"width": None}]) == (640, 360)


def ancestors(response: httpx.Response) -> str:
    return response.headers["content-security-policy"].partition("frame-ancestors ")[2].partition(";")[0]


async def test_the_page_says_who_may_embed_it(
    anonymous: httpx.AsyncClient, editor: httpx.AsyncClient, database: Database, web_dist: object
) -> None:
    open_to_all = await make_video(database, visibility="public")
    body = {"title": "A video", "embedDomains": ["Lernen.Example.org", "*.münchen.example", "lernen.example.org"]}
    created = await editor.post("/api/videos", json=body)
    assert created.status_code == 201
    video_id = created.json()["id"]
    listed = await anonymous.get(f"/embed/{video_id}")
    assert ancestors(listed) == "'self' lernen.example.org *.xn--mnchen-3ya.example"
    for other in (open_to_all, UNKNOWN, "no-id"):
        assert ancestors(await anonymous.get(f"/embed/{other}")) == "*"
    known = {"If-None-Match": listed.headers["etag"]}
    assert (await anonymous.get(f"/embed/{video_id}", headers=known)).status_code == 304
    assert (await editor.patch(f"/api/videos/{video_id}", json={"title": "Another"})).is_success
    assert (await anonymous.get(f"/embed/{video_id}", headers=known)).status_code == 304
    assert (await editor.patch(f"/api/videos/{video_id}", json={"embedDomains": []})).is_success
    changed = await anonymous.get(f"/embed/{video_id}", headers=known)
    assert (changed.status_code, ancestors(changed)) == (200, "*")


async def test_the_api_answers_the_domains(editor: httpx.AsyncClient) -> None:
    body = {"title": "A video", "embedDomains": ["*.Example.org"]}
    created = (await editor.post("/api/videos", json=body)).json()
    assert created["embedDomains"] == ["*.example.org"]
    replaced = await editor.put(f"/api/videos/{created['id']}", json={"title": "A video"})
    assert replaced.json()["embedDomains"] == []


async def test_the_page_of_a_private_video_is_that_of_an_unknown_one(
    anonymous: httpx.AsyncClient, database: Database, web_dist: object
) -> None:
    private = str(await make_video(database, visibility="private", title="Secret plans"))
    pages = [await anonymous.get(f"/embed/{video_id}") for video_id in (private, UNKNOWN)]
    first, second = (
        (answer.text.replace(video_id, "ID"), dict(answer.headers) | {"etag": "", "link": "", "x-request-id": ""})
        for answer, video_id in zip(pages, (private, UNKNOWN), strict=True)
    )
    assert first == second


async def test_the_page_leads_to_the_provider(
    anonymous: httpx.AsyncClient, database: Database, web_dist: object
) -> None:
    video_id = await make_video(database, visibility="public", title="A film")
    answer = await anonymous.get(f"/embed/{video_id}")
    address = f"http://vms.test/oembed?url={quote(page(video_id), safe='')}&format=json"
    assert f'<{address}>; rel="alternate"; type="application/json+oembed"' in answer.headers["link"]
    href = address.replace("&", "&amp;")
    assert f'<link rel="alternate" type="application/json+oembed" href="{href}">' in answer.text
    assert json.loads((await anonymous.get(address)).text)["title"] == "A film"
    assert "link" not in (await anonymous.get("/embed/no-id%22%3E")).headers


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Example.ORG", "example.org"),
        ("*.example.org", "*.example.org"),
        ("straße.de", "xn--strae-oqa.de"),
        ("xn--mnchen-3ya.de", "xn--mnchen-3ya.de"),
        ("localhost", "localhost"),
    ],
)
def test_domains_are_kept_in_one_form(given: str, kept: str) -> None:
    assert domain_name(given) == kept
    assert domain_name(kept) == kept


@pytest.mark.parametrize(
    "given",
    [
        "", "*", "*.org", "*.*.example.org", "https://example.org", "example.org/", "example.org:8080", "a b.org",
        "192.0.2.1", "0x7f.1", "[::1]", "-a.org", "a_b.org", "a..b", "example.org; script-src *", "'self'", "x" * 300,
    ],
)  # fmt: skip
async def test_what_is_no_domain_is_refused(editor: httpx.AsyncClient, given: str) -> None:
    answer = await editor.post("/api/videos", json={"title": "A video", "embedDomains": ["example.org", given]})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/embedDomains/1"


async def test_fifty_domains_are_enough(editor: httpx.AsyncClient) -> None:
    domains = [f"site-{number}.example.org" for number in range(51)]
    assert (await editor.post("/api/videos", json={"title": "A video", "embedDomains": domains})).status_code == 422
    assert (await editor.post("/api/videos", json={"title": "A video", "embedDomains": domains[1:]})).status_code == 201
