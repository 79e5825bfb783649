"""The guarded download: which addresses it opens, where it lets itself be led, what it sends."""

import pytest

from shared.clients import ingest as ingest_module
from shared.clients.ingest import (
    AddressRefused,
    Ingest,
    LinkExpired,
    NotAFile,
    RangeRefused,
    SourceUnavailable,
    is_public,
)
from tests.hosting.origin import Origin, serving

BODY = bytes(range(256)) * 1024


@pytest.fixture
async def origin():
    async with serving(Origin(BODY)) as made:
        yield made


@pytest.fixture
async def ingest(settings, origin):
    allowed = settings.model_copy(update={"ingest_allowed_hosts": (origin.host, f"cdn.test:{origin.port}")})

    async def resolve(host, port):
        return {"private.test": ["10.1.2.3"], "mixed.test": ["93.184.215.14", "::1"]}.get(host, ["127.0.0.1"])

    async with Ingest(allowed, resolve=resolve) as made:
        yield made


async def fetched(ingest, url, offset=0, **more):
    async with ingest.open(url, offset, **more) as download:
        return download, b"".join([chunk async for chunk in download.chunks()])


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True), ("2606:4700::6810:84e5", True), ("::ffff:93.184.215.14", True),
        ("127.0.0.1", False), ("0.0.0.0", False), ("10.0.0.1", False), ("172.16.0.1", False), ("192.168.1.1", False),
        ("169.254.169.254", False), ("100.64.0.1", False), ("224.0.0.1", False), ("240.0.0.1", False),
        ("255.255.255.255", False), ("198.18.0.1", False), ("::1", False), ("::", False), ("fe80::1", False),
        ("fe80::1%eth0", False), ("fc00::1", False), ("fec0::1", False), ("ff02::1", False),
        ("::ffff:127.0.0.1", False), ("::ffff:169.254.169.254", False), ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False), ("2001:0:7f00:1::", False), ("words", False),
    ],
)  # fmt: skip
def test_addresses_of_the_world(address, public):
    assert is_public(address) is public


@pytest.mark.parametrize(
    "url",
    [
        "http://cdn.example/film.mp4", "https://private.test/film.mp4", "https://mixed.test/film.mp4",
        "https://127.0.0.1/film.mp4", "https://[::1]/film.mp4", "https://localhost:{port}/film.mp4",
        "file:///etc/passwd", "ftp://cdn.example/film.mp4", "https://user:word@cdn.example/", "https://", "//film",
        "http://cdn.test:{other}/film.mp4",
    ],
)  # fmt: skip
async def test_what_is_not_opened(ingest, origin, url):
    with pytest.raises(AddressRefused):
        await fetched(ingest, url.format(port=origin.port, other=origin.port + 1))
    assert not origin.requests


async def test_redirects_are_followed_and_checked_each(ingest, origin):
    origin.answers = {
        "/a": f"302 Found\r\nLocation: http://cdn.test:{origin.port}/b?x=1",
        "/b?x=1": "307 Temporary Redirect\r\nLocation: film.mp4",
        "/in": "302 Found\r\nLocation: https://private.test/secret",
        "/down": "301 Moved\r\nLocation: http://other.test/film.mp4",
        "/file": "302 Found\r\nLocation: file:///etc/passwd",
        "/loop": "302 Found\r\nLocation: /loop",
    }
    download, body = await fetched(ingest, f"http://{origin.host}/a")
    assert (body, download.size_bytes, download.etag) == (BODY, len(BODY), '"one"')
    # Connected to the address that was checked, asked for by its name.
    assert [r["host"] for r in origin.requests] == [origin.host, *[f"cdn.test:{origin.port}"] * 2]
    assert not any({"authorization", "cookie"} & r.keys() for r in origin.requests)
    for path in ("in", "down", "file", "loop"):
        with pytest.raises(AddressRefused):
            await fetched(ingest, f"http://{origin.host}/{path}")
    assert len(origin.requests) == 3 + 3 + ingest_module.MAX_REDIRECTS + 1


async def test_ranges(ingest, origin):
    download, body = await fetched(ingest, origin.url, 1000)
    assert (download.offset, download.size_bytes, body) == (1000, len(BODY), BODY[1000:])
    download, body = await fetched(ingest, origin.url, 1000, etag='"another"')
    assert (download.offset, body) == (0, BODY)
    await fetched(ingest, origin.url, 1000, etag='W/"weak"')
    assert "if-range" not in origin.requests[-1]
    origin.ranges = False
    download, body = await fetched(ingest, origin.url, 1000)
    assert (download.offset, body) == (0, BODY)
    origin.ranges = True
    with pytest.raises(RangeRefused) as refused:
        await fetched(ingest, origin.url, len(BODY))
    assert refused.value.size_bytes == len(BODY)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("401 Unauthorized", LinkExpired), ("403 Forbidden", LinkExpired), ("404 Not Found", LinkExpired),
        ("410 Gone", LinkExpired), ("429 Too Many Requests", SourceUnavailable), ("500 Oops", SourceUnavailable),
        ("200 OK\r\nContent-Type: text/html; charset=utf-8", NotAFile), ("200 OK\r\nContent-Encoding: gzip", NotAFile),
    ],
)  # fmt: skip
async def test_answers_that_are_no_file(ingest, origin, answer, error):
    origin.answers = {"/film.mp4": answer}
    with pytest.raises(error) as raised:
        await fetched(ingest, f"{origin.url}")
    assert not raised.value.permanent


async def test_what_breaks_off_is_told_without_the_link(ingest, origin):
    origin.cuts = [100_000]
    with pytest.raises(SourceUnavailable) as broken:
        await fetched(ingest, origin.url + "?signature=secret".replace("?", "#"))
    assert "secret" not in str(broken.value)
    assert broken.value.__cause__ is None
