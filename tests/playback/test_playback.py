"""What viewers are handed, and ``/media`` as the CDN of the embedded default."""

import httpx
import pytest

from shared.clients.s3 import S3
from shared.config import Settings
from shared.db.session import Database
from shared.playback.urls import output_urls
from shared.videos.models import Visibility
from tests.factories import make_job, make_video, report_body, send_report

BODY = bytes(range(256)) * 8


async def published(
    database: Database, s3: S3, settings: Settings, client: httpx.AsyncClient, visibility: str
) -> tuple[str, str]:
    """A video with a published generation; its id and the path of one segment with a token."""
    job = await make_job(database, s3, settings)
    prefix = f"{job.video_id}/g1/"
    for name, body in (("master.m3u8", b"#EXTM3U\n"), ("v720/seg-00000.m4s", BODY), ("poster.jpg", b"jpg")):
        await s3.put(settings.s3_hls_bucket, prefix + name, body, content_type="application/octet-stream")
    url = f"s3://{settings.s3_hls_bucket}/{prefix}master.m3u8"
    await send_report(client, settings, report_body(job, "completed", outputUrl=url, durationSeconds=12.5))
    token = output_urls(settings, prefix, Visibility(visibility)).to("v720/seg-00000.m4s")
    return str(job.video_id), token.removeprefix(settings.public_base_url)


@pytest.fixture
async def segment(database: Database, s3: S3, settings: Settings, anonymous: httpx.AsyncClient) -> str:
    return (await published(database, s3, settings, anonymous, "public"))[1]


async def test_nothing_to_play_yet(viewer: httpx.AsyncClient, database: Database) -> None:
    video_id = await make_video(database)
    answer = (await viewer.get(f"/api/videos/{video_id}/playback")).json()
    assert answer["provider"] == "none"
    assert not {"hlsUrl", "embedUrl", "expiresAt"} & set(answer)
    assert (answer["encoding"], answer["encodingProgress"], answer["playableSeconds"]) == (False, None, None)
    assert (answer["posterUrl"], answer["spritesVttUrl"], answer["durationSeconds"]) == (None, None, None)
    assert answer["playerUrl"] == f"http://vms.test/embed/{video_id}"


@pytest.mark.parametrize(
    ("visibility", "status"), [("public", 200), ("unlisted", 200), ("private", 401), ("paid", 401)]
)
async def test_who_may_watch(
    anonymous: httpx.AsyncClient,
    viewer: httpx.AsyncClient,
    editor: httpx.AsyncClient,
    database: Database,
    s3: S3,
    settings: Settings,
    visibility: str,
    status: int,
) -> None:
    video_id, _ = await published(database, s3, settings, anonymous, visibility)
    await editor.put(f"/api/videos/{video_id}", json={"title": "A video", "visibility": visibility})
    path = f"/api/videos/{video_id}/playback"
    assert (await anonymous.get(path)).status_code == status
    answer = (await viewer.get(path)).json()
    assert (answer["provider"], answer["durationSeconds"]) == ("hls", 12.5)
    for url in (answer["hlsUrl"], answer["posterUrl"]):
        assert (await anonymous.get(url)).status_code == 200
    await editor.delete(f"/api/videos/{video_id}")
    assert (await anonymous.get(path)).status_code == 401
    assert (await viewer.get(path)).status_code == 200


async def test_tokens_of_open_videos_live_longer(settings: Settings) -> None:
    open_until = output_urls(settings, "v/g/", Visibility.unlisted).expires_at
    closed_until = output_urls(settings, "v/g/", Visibility.paid).expires_at
    assert open_until - closed_until == (settings.playback_token_seconds_open - settings.playback_token_seconds_closed)


async def test_the_cdn_serves_when_there_is_one(settings: Settings) -> None:
    with_cdn = settings.model_copy(update={"bunny_cdn_hostname": "videos.example.org"})
    url = output_urls(with_cdn, "v/g/", Visibility.public).to("master.m3u8")
    assert url.startswith("https://videos.example.org/bcdn_token=HS256-")
    assert url.endswith("/v/g/master.m3u8")


async def test_segments_are_served_whole_in_ranges_and_by_head(anonymous: httpx.AsyncClient, segment: str) -> None:
    whole = await anonymous.get(segment)
    assert (whole.status_code, whole.content) == (200, BODY)
    assert whole.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert whole.headers["Access-Control-Allow-Origin"] == "*"
    part = await anonymous.get(segment, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, BODY[10:20])
    assert part.headers["Content-Range"] == f"bytes 10-19/{len(BODY)}"
    tail = await anonymous.get(segment, headers={"Range": "bytes=-5"})
    assert (tail.status_code, tail.content) == (206, BODY[-5:])
    beyond = await anonymous.get(segment, headers={"Range": f"bytes={len(BODY)}-"})
    assert beyond.status_code == 416
    head = await anonymous.head(segment)
    assert (head.status_code, head.headers["Content-Length"], head.content) == (200, str(len(BODY)), b"")
    same = await anonymous.get(segment, headers={"If-None-Match": whole.headers["ETag"]})
    assert same.status_code == 304


async def test_playlists_are_cached_for_a_minute_at_most(anonymous: httpx.AsyncClient, segment: str) -> None:
    playlist = await anonymous.get(segment.replace("v720/seg-00000.m4s", "master.m3u8"))
    assert playlist.headers["Content-Type"] == "application/vnd.apple.mpegurl"
    assert int(playlist.headers["Cache-Control"].partition("max-age=")[2]) <= 60


async def test_without_the_right_token_there_is_nothing(
    anonymous: httpx.AsyncClient, database: Database, s3: S3, settings: Settings, segment: str
) -> None:
    other = (await published(database, s3, settings, anonymous, "public"))[1]
    bare = "/media/" + segment.split("/", 3)[3]
    crossed = "/".join([*segment.split("/")[:3], *other.split("/")[3:]])
    for path in (bare, segment.replace("HS256-", "HS256-A"), crossed):
        answer = await anonymous.get(path)
        assert (answer.status_code, answer.json()["code"]) == (403, "token_rejected")
    missing = await anonymous.get(segment.replace("seg-00000", "seg-99999"))
    assert missing.status_code == 404


async def test_what_names_no_object_is_not_found(anonymous: httpx.AsyncClient, segment: str) -> None:
    folder = segment.removesuffix("v720/seg-00000.m4s")
    names = ["", "v720/", "a%00b", "a%5Cb", "%2E/master.m3u8", "v720//seg-00000.m4s", "a%01b", "x" * 1025, "none.m4s"]
    for name in names:
        for method in ("GET", "HEAD"):
            answer = await anonymous.request(method, folder + name)
            assert answer.status_code == 404, name
        problem = (await anonymous.get(folder + name)).json()
        assert (problem["code"], problem["detail"]) == ("object_not_found", "There is nothing at this address")


@pytest.mark.parametrize(
    ("wanted", "status", "first", "last"),
    [
        ("Bytes=0-9", 206, 0, 9),
        ("bytes=10-999999", 206, 10, 2047),
        (f"bytes=10-{'9' * 5000}", 206, 10, 2047),
        (f"bytes={'0' * 5000}7-8", 206, 7, 8),
        ("bytes=-999999", 206, 0, 2047),
        ("bytes=5-2", 200, 0, 2047),
        ("bytes=-", 200, 0, 2047),
        ("bytes=0-1,4-5", 200, 0, 2047),
        ("lines=0-1", 200, 0, 2047),
        ("bytes=2048-", 416, 0, 0),
        (f"bytes={'9' * 5000}-", 416, 0, 0),
        ("bytes=-0", 416, 0, 0),
    ],
)
async def test_ranges(
    anonymous: httpx.AsyncClient, segment: str, wanted: str, status: int, first: int, last: int
) -> None:
    answer = await anonymous.get(segment, headers={"Range": wanted})
    assert answer.status_code == status
    if status == 416:
        assert answer.headers["Content-Range"] == "bytes */2048"
        assert "/g1/" not in answer.text
    else:
        assert answer.content == BODY[first : last + 1]
        assert answer.headers.get("Content-Range") == (f"bytes {first}-{last}/2048" if status == 206 else None)


async def test_conditions(anonymous: httpx.AsyncClient, segment: str) -> None:
    etag = (await anonymous.head(segment)).headers["ETag"]
    for known in (etag, "*", f"W/{etag}", f'"other", {etag}'):
        for method, more in (("GET", {}), ("HEAD", {}), ("GET", {"Range": "bytes=0-9"})):
            answer = await anonymous.request(method, segment, headers={"If-None-Match": known, **more})
            assert (answer.status_code, answer.content) == (304, b""), (known, method, more)
    new = await anonymous.get(segment, headers={"If-None-Match": '"other"', "Range": "bytes=0-9"})
    assert new.status_code == 206
    for condition, status in ((etag, 206), ('"other"', 200), (f"W/{etag}", 200)):
        answer = await anonymous.get(segment, headers={"If-Range": condition, "Range": "bytes=0-9"})
        assert answer.status_code == status, condition


async def test_unknown_queries_are_ignored(anonymous: httpx.AsyncClient, segment: str) -> None:
    assert (await anonymous.get(f"{segment}?utm_source=mail&t=1")).content == BODY
