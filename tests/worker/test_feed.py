"""The source feed: HTTP as ffmpeg speaks it, over a storage that breaks, and for nobody else."""

import asyncio
import os
import socket
import sys
from itertools import pairwise
from urllib.parse import urlsplit

import httpx
import psutil
import pytest

from shared.clients.s3 import S3
from shared.encoding.ladder import plan_ladder
from tests.worker.relay import relay
from worker import feed as feed_module
from worker.feed import feed
from worker.media.encode import encode
from worker.media.errors import MediaCode, MediaError
from worker.media.probe import probe

BODY = bytes(range(256)) * 4096


@pytest.fixture
async def stored(s3, settings):
    """The bucket and key of a mebibyte."""
    bucket, key = settings.s3_masters_bucket, "feed/object"
    await s3.put(bucket, key, BODY, content_type="video/mp4")
    yield bucket, key
    await s3.delete(bucket, key)


@pytest.fixture
async def client():
    async with httpx.AsyncClient(timeout=20) as made:
        yield made


async def drained(chunks) -> int:
    return sum([len(chunk) async for chunk in chunks])


@pytest.mark.parametrize(
    ("asked", "status", "first", "end"),
    [
        (None, 200, 0, len(BODY)),
        ("bytes=0-", 206, 0, len(BODY)),
        ("bytes=10-19", 206, 10, 20),
        ("bytes=1048570-9999999", 206, 1048570, len(BODY)),
        ("bytes=-7", 206, len(BODY) - 7, len(BODY)),
        ("bytes=20-10", 200, 0, len(BODY)),
        ("bytes=0-1,5-6", 200, 0, len(BODY)),
        ("words", 200, 0, len(BODY)),
    ],
)
async def test_ranges(s3, stored, client, asked, status, first, end):
    headers = {"Range": asked} if asked else {}
    async with feed(s3, *stored) as source:
        for method in ("GET", "HEAD"):
            answer = await client.request(method, source.url, headers=headers)
            assert answer.status_code == status
            assert int(answer.headers["content-length"]) == end - first
            assert answer.headers.get("content-range") == (
                f"bytes {first}-{end - 1}/{len(BODY)}" if status == 206 else None
            )
            assert answer.content == (BODY[first:end] if method == "GET" else b"")


@pytest.mark.parametrize("asked", [f"bytes={len(BODY)}-", "bytes=-0"])
async def test_a_range_outside(s3, stored, client, asked):
    async with feed(s3, *stored) as source:
        answer = await client.get(source.url, headers={"Range": asked})
    assert (answer.status_code, answer.headers["content-range"]) == (416, f"bytes */{len(BODY)}")


async def test_nothing_else_is_served(s3, stored, client):
    async with feed(s3, *stored) as source:
        parts = urlsplit(source.url)
        assert parts.hostname == "127.0.0.1"
        assert len(parts.path) > 30
        for path in ("/", f"/{'/'.join(stored)}", f"{parts.path}/", f"{parts.path}?x=1"):
            assert (await client.get(f"http://{parts.netloc}{path}")).status_code == 404
        assert (await client.post(source.url)).status_code == 405
        async with feed(s3, *stored) as other:
            assert (await client.get(f"http://{parts.netloc}{urlsplit(other.url).path}")).status_code == 404
    with pytest.raises(httpx.ConnectError):
        await client.get(source.url)


async def test_one_connection_carries_many_requests(s3, stored):
    async with feed(s3, *stored) as source:
        parts = urlsplit(source.url)
        reader, writer = await asyncio.open_connection("127.0.0.1", parts.port)
        for first in (0, 700_000, 3):
            writer.write(f"GET {parts.path} HTTP/1.1\r\nRange: bytes={first}-{first + 9}\r\n\r\n".encode())
            assert b" 206 " in await reader.readuntil(b"\r\n\r\n")
            assert await reader.readexactly(10) == BODY[first : first + 10]
        writer.write(f"GET {parts.path} HTTP/1.0\r\n\r\n".encode())
        assert (await reader.read()).endswith(BODY)
        writer.close()


async def test_pieces_join_and_readers_do_not_disturb_each_other(s3, stored, client, monkeypatch):
    monkeypatch.setattr(feed_module, "PIECE_BYTES", 100_003)
    cuts = sorted({0, 1, 99_999, 100_003, 400_000, 777_777, len(BODY)})
    async with feed(s3, *stored) as source:
        answers = await asyncio.gather(
            *(client.get(source.url, headers={"Range": f"bytes={a}-{b - 1}"}) for a, b in pairwise(cuts)),
            client.get(source.url),
        )
    assert b"".join(answer.content for answer in answers[:-1]) == answers[-1].content == BODY


async def test_a_read_goes_on_where_it_broke(settings, stored, client):
    async with relay(settings, cut_after=150_000, cuts=6) as storage, S3(storage.settings) as s3:
        async with feed(s3, *stored) as source:
            assert (await client.get(source.url)).content == BODY
            assert source.failure is None
        assert storage.made == 6


async def test_a_storage_that_stays_away(settings, stored, client, monkeypatch):
    monkeypatch.setattr(feed_module, "MAX_TRIES", 2)
    monkeypatch.setattr(feed_module, "_RETRY_SECONDS", 0)
    async with relay(settings, cut_after=300_000, cuts=99) as storage, S3(storage.settings) as s3:

        async def use() -> None:
            async with feed(s3, *stored) as source:
                async with client.stream("GET", source.url) as answer:
                    chunks = answer.aiter_raw()
                    await anext(chunks)
                    await storage.close()
                    with pytest.raises(httpx.RemoteProtocolError):
                        await drained(chunks)
                assert (await client.get(source.url)).status_code == 503
                # What a broken read says of the file is not believed.
                raise MediaError(MediaCode.MEDIA_TRUNCATED, "the file breaks off")

        with pytest.raises(MediaError) as caught:
            await use()
    assert (caught.value.code, caught.value.permanent) == (MediaCode.FFMPEG_DOWNLOAD_FAILED, False)


async def test_a_storage_that_stays_away_is_not_the_end_of_the_film(settings, stored, client, monkeypatch):
    """ffmpeg took the broken connection for the end, and whoever read through it is content."""
    monkeypatch.setattr(feed_module, "MAX_TRIES", 2)
    monkeypatch.setattr(feed_module, "_RETRY_SECONDS", 0)

    async with relay(settings, cut_after=300_000, cuts=99) as storage, S3(storage.settings) as s3:

        async def use() -> str:
            async with feed(s3, *stored) as source, client.stream("GET", source.url) as answer:
                chunks = answer.aiter_raw()
                await anext(chunks)
                await storage.close()
                with pytest.raises(httpx.RemoteProtocolError):
                    await drained(chunks)
                return "a film without its end"

        with pytest.raises(MediaError) as caught:
            await use()
    assert (caught.value.code, caught.value.permanent) == (MediaCode.FFMPEG_DOWNLOAD_FAILED, False)


async def test_an_object_that_vanishes(s3, settings, client):
    bucket, key = settings.s3_masters_bucket, "feed/vanishing"
    await s3.put(bucket, key, b"x" * 1000, content_type="video/mp4")

    async def use() -> None:
        async with feed(s3, bucket, key) as source:
            await s3.delete(bucket, key)
            assert (await client.get(source.url)).status_code == 404
            raise MediaError(MediaCode.FFMPEG_FAILED, "no source")

    with pytest.raises(MediaError) as caught:
        await use()
    assert (caught.value.code, caught.value.permanent) == (MediaCode.FILE_NOT_FOUND, True)
    with pytest.raises(MediaError) as caught:
        await use()
    assert caught.value.code == MediaCode.FILE_NOT_FOUND


async def test_an_object_that_is_replaced_is_not_mixed(s3, settings, client):
    bucket, key = settings.s3_masters_bucket, "feed/replaced"
    await s3.put(bucket, key, b"x" * 1000, content_type="video/mp4")

    async def use() -> None:
        async with feed(s3, bucket, key) as source:
            await s3.put(bucket, key, b"y" * 1000, content_type="video/mp4")
            assert (await client.get(source.url)).status_code == 404

    with pytest.raises(MediaError) as caught:
        await use()
    assert caught.value.code == MediaCode.FILE_NOT_FOUND
    await s3.delete(bucket, key)


async def test_a_reader_that_stops_holds_the_storage_back(s3, settings, client):
    """It has asked for everything, and takes nothing while another reads all."""
    bucket, key = settings.s3_masters_bucket, "feed/large"
    await s3.put(bucket, key, bytes(48 << 20), content_type="video/mp4")
    async with feed(s3, bucket, key) as source:
        parts = urlsplit(source.url)
        _, lazy = await asyncio.open_connection("127.0.0.1", parts.port, limit=1 << 10)
        lazy.transport.pause_reading()
        lazy.write(f"GET {parts.path} HTTP/1.1\r\n\r\n".encode())
        for total in (0, 48 << 20):
            before = psutil.Process().memory_info().rss
            async with client.stream("GET", source.url, headers={} if total else {"Range": "bytes=0-9"}) as answer:
                assert await drained(answer.aiter_raw()) == (total or 10)
        assert psutil.Process().memory_info().rss - before < 16 << 20
        lazy.transport.abort()
    await s3.delete(bucket, key)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
async def test_strangers_get_no_answer(s3, stored):
    """Another user of the machine knows the URL from ``ps``."""
    script = "import encodings.idna, os, socket, sys; os.setuid(int(sys.argv[1])); s = socket.create_connection(("
    script += "'127.0.0.1', int(sys.argv[2]))); s.sendall(sys.argv[3].encode()); print(s.recv(12))"
    async with feed(s3, *stored) as source:
        parts = urlsplit(source.url)
        for user, heard in ((0, b"b'HTTP/1.1 200'"), (65534, b"b''")):
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", "-c", script, str(user), str(parts.port)),
                f"GET {parts.path} HTTP/1.1\r\n\r\n",
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
            said, log = await process.communicate()
            assert said.strip() == heard or (user and b"ConnectionResetError" in log), log


async def test_garbage_ends_the_connection(s3, stored):
    async with feed(s3, *stored) as source:
        for garbage in (b"\r\n\r\n", b"\0" * 40_000, b"GET\r\n\r\n"):
            with socket.create_connection(("127.0.0.1", urlsplit(source.url).port)) as raw:
                raw.setblocking(False)
                await asyncio.get_running_loop().sock_sendall(raw, garbage)
                raw.shutdown(socket.SHUT_WR)
                try:
                    answer = await asyncio.get_running_loop().sock_recv(raw, 999)
                except ConnectionResetError:
                    answer = b""
            assert answer == b"" or b" 404 " in answer


@pytest.mark.parametrize("cuts", [0, 5])
async def test_probe_and_ffmpeg_read_through_it(settings, s3, tiny_clip, cuts):
    bucket, key = settings.s3_masters_bucket, f"feed/film-{cuts}"
    body = tiny_clip.read_bytes()
    await s3.put(bucket, key, body, content_type="video/mp4")
    stored = {}

    async def sink(name, body, content_type, kind):
        stored[name] = body

    async with relay(settings, cut_after=len(body) // 3, cuts=cuts) as storage, S3(storage.settings) as behind:
        async with feed(behind, bucket, key) as source:
            plan = plan_ladder(await probe(source.url), window_seconds=None)
            result = await encode(source.url, plan, sink)
        assert storage.made == cuts or cuts == 5 > storage.made > 0
    assert result.renditions[0].frames == 50
    assert stored.keys() == result.objects.keys()
    await s3.delete(bucket, key)
