"""The client, against the fake that speaks the contract."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from pydantic import SecretStr

from cli.fakes.vimeo import FakeClip, FakeVimeo
from shared.clients import vimeo
from shared.clients.vimeo import (
    Answered,
    Refusal,
    VimeoClient,
    VimeoNotConnected,
    VimeoNotFound,
    VimeoRefused,
    VimeoUnavailable,
)
from shared.config import Settings

SECRET = "0123456789abcdef-token"


class OpenGate:
    """Lets everyone through and keeps what it was told."""

    def __init__(self) -> None:
        self.admitted = 0
        self.noted: list[Answered] = []

    async def admit(self) -> None:
        self.admitted += 1

    async def note(self, answer: Answered) -> None:
        self.noted.append(answer)


@pytest.fixture
def fake() -> Iterator[FakeVimeo]:
    with FakeVimeo(
        [FakeClip("101", "First", b"original bytes", duration=61.4, tags=("a", "b"))], token=SECRET
    ) as found:
        yield found


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient() as found:
        yield found


@pytest.fixture
def gate() -> OpenGate:
    return OpenGate()


@pytest.fixture
def client(settings: Settings, fake: FakeVimeo, http: httpx.AsyncClient, gate: OpenGate) -> VimeoClient:
    return VimeoClient(_pointed(settings, fake), http, gate)


def _pointed(settings: Settings, fake: FakeVimeo, token: str = SECRET) -> Settings:
    return settings.model_copy(update={"vimeo_api_url": fake.url, "vimeo_access_token": SecretStr(token)})


async def test_a_library_is_walked_in_the_fewest_calls_and_without_links(fake: FakeVimeo, client: VimeoClient) -> None:
    fake.add(*FakeClip.many(249))
    seen: list[str] = []
    after = None
    for _ in range(3):
        page = await client.page(after)
        assert page.total == 250
        seen += [video.id for video in page.items]
        after = page.next
    assert after is None
    assert len(set(seen)) == 250
    assert fake.requests == {"/me/videos": 3}
    for hit in fake.hits:
        assert hit.query["per_page"] == "100"
        assert not {"download", "files", "play"} & {name.partition(".")[0] for name in hit.query["fields"].split(",")}
        assert hit.headers["authorization"] == f"Bearer {SECRET}"
        assert hit.headers["accept"].endswith("version=3.4")


async def test_a_video_is_told_whole(fake: FakeVimeo, client: VimeoClient) -> None:
    fake.add(
        FakeClip(
            "77",
            "Näher & <näher>",
            b"x" * 1000,
            duration=12.6,
            privacy="unlisted",
            hash="ab12cd34ef",
            folder="Course",
            plays=None,
            has_audio=False,
            description="Two\nlines",
        )
    )
    video = await client.video("77", downloads=True)
    assert (video.name, video.description, video.folder) == ("Näher & <näher>", "Two\nlines", "Course")
    assert (video.duration_seconds, video.has_audio, video.plays, video.privacy) == (13, False, None, "unlisted")
    assert video.embed_url == "https://player.vimeo.com/video/77?h=ab12cd34ef"
    assert video.link == "https://vimeo.com/77/ab12cd34ef"
    assert video.poster_url == video.pictures[-1] == f"{fake.cdn_url}/picture/77-1920x1080.png"
    assert len(video.downloads) == 2
    assert video.source is not None
    assert (video.source.quality, video.source.size_bytes, len(video.source.md5 or "")) == ("source", 1000, 32)
    assert video.source.expires is not None
    assert (await client.video("77")).downloads == ()


async def test_without_an_original_the_largest_file_is_the_source(fake: FakeVimeo, client: VimeoClient) -> None:
    rows = [
        {"quality": "sd", "link": "https://f.example/1", "size": 5},
        {"quality": "hls", "link": "https://f.example/2", "size": 500},
        {"quality": "hd", "link": "https://f.example/3", "size": 50, "md5": "nonsense", "expires": 5},
        {"quality": "hd", "link": None},
        "junk",
    ]
    fake.clips["101"].extra = {"download": rows}
    source = (await client.video("101", downloads=True)).source
    assert source is not None
    assert (source.link, source.md5, source.expires) == ("https://f.example/3", None, None)


@pytest.mark.parametrize(
    ("extra", "embed_url"),
    [
        (
            {"player_embed_url": None, "embed": None, "uri": "/videos/5"},
            "https://player.vimeo.com/video/5?h=abcd1234ef",
        ),
        ({"player_embed_url": None, "link": None, "uri": "/videos/5"}, "https://player.vimeo.com/video/5?h=abcd1234ef"),
        ({"link": 5, "embed": {"html": "<p>"}, "uri": "/videos/5"}, "https://player.vimeo.com/video/5?h=abcd1234ef"),
        (
            {"link": None, "embed": [], "player_embed_url": "https://[", "uri": "/videos/5:ff00ff"},
            "https://player.vimeo.com/video/5?h=ff00ff",
        ),
        (
            {
                "link": "https://vimeo.com/5",
                "embed": None,
                "player_embed_url": "https://x.y/5?h=%22onload",
                "uri": "/videos/5",
            },
            "https://player.vimeo.com/video/5",
        ),
    ],
)
async def test_the_hash_is_found_wherever_it_is(
    fake: FakeVimeo, client: VimeoClient, extra: dict[str, Any], embed_url: str
) -> None:
    fake.add(FakeClip("5", "Hidden", privacy="unlisted", hash="abcd1234ef", extra=extra))
    assert (await client.video("5")).embed_url == embed_url


async def test_fields_of_a_wrong_kind_cost_nothing_but_themselves(fake: FakeVimeo, client: VimeoClient) -> None:
    known = FakeClip("1").facts(cdn_url="http://cdn.example")
    kinds: list[Any] = [None, [], {}, "wrong", -3, 2**80, 10**400, 5.5, True, [None, 3, {"name": 4}], "\ud800\x00"]
    for number, wrong in enumerate(kinds):
        extra = {name: wrong for name in known if name != "uri"}
        fake.add(FakeClip(str(200 + number), extra=extra))
    fake.add(FakeClip("300", extra={"uri": None}), FakeClip("301", extra={"uri": "/showcases/5"}))
    page = await client.page(None)
    assert {video.id for video in page.items} == {"101", *(str(200 + number) for number in range(len(kinds)))}
    assert len(page.problems) == 2
    odd = next(video for video in page.items if video.id == "200")
    assert (odd.name, odd.privacy, odd.duration_seconds, odd.tags, odd.poster_url) == (
        "Vimeo 200",
        "nobody",
        0,
        (),
        None,
    )
    assert odd.created_at is None


async def test_a_cursor_leads_nowhere_else(fake: FakeVimeo, client: VimeoClient) -> None:
    fake.add(*FakeClip.many(150))
    page = await client.page("https://elsewhere.example/steal?page=2&fields=download&per_page=1")
    assert len(page.items) == 51
    assert [hit.path for hit in fake.hits] == ["/me/videos"]
    with pytest.raises(VimeoNotFound):
        await client.page("/me/videos?page=99")
    fake.fail(400, times=2)
    with pytest.raises(VimeoNotFound):
        await client.page("/me/videos?page=99")
    with pytest.raises(VimeoRefused):
        await client.page(None)


async def test_a_page_that_leads_to_itself_is_no_library(fake: FakeVimeo, client: VimeoClient) -> None:
    loop = {"total": 9, "data": [], "paging": {"next": "/me/videos?page=2"}}
    fake.fail(200, body=json.dumps(loop).encode())
    with pytest.raises(VimeoUnavailable, match="next"):
        await client.page("/me/videos?page=2")


async def test_the_account_and_its_scopes(fake: FakeVimeo, client: VimeoClient) -> None:
    account = await client.me()
    assert (account.id, account.name, account.plan) == ("1", "Example Studio", "pro")
    assert await client.scopes() == frozenset({"public", "private", "video_files", "stats"})


async def test_what_passes_is_asked_again_and_every_answer_is_noted(
    fake: FakeVimeo, client: VimeoClient, gate: OpenGate
) -> None:
    fake.fail(503, headers={"Retry-After": "7"})
    fake.fail(429)
    assert (await client.video("101")).name == "First"
    assert gate.admitted == 3
    assert [one.status for one in gate.noted] == [503, 429, 200]
    waits = [one.retry_at for one in gate.noted]
    assert waits[0] is not None
    assert 5 < (waits[0] - datetime.now(UTC)).total_seconds() < 8
    assert gate.noted[-1].remaining == 599
    fake.fail(500, times=3)
    with pytest.raises(VimeoUnavailable, match="500"):
        await client.video("101")
    assert gate.admitted == 6


@pytest.mark.parametrize("kind", ["iso", "unix"])
async def test_the_end_of_the_window_is_read_in_both_forms(
    fake: FakeVimeo, client: VimeoClient, gate: OpenGate, kind: Any
) -> None:
    fake.reset_as, fake.rate_limit = kind, 1
    await client.me()
    [noted] = gate.noted
    assert (noted.status, noted.remaining) == (200, 0)
    assert noted.resets_at is not None
    assert 55 < (noted.resets_at - datetime.now(UTC)).total_seconds() <= 61


async def test_retry_after_may_be_a_date(fake: FakeVimeo, client: VimeoClient, gate: OpenGate) -> None:
    for value in ("Wed, 21 Oct 2099 07:28:00 GMT", "soon", "-5"):
        fake.fail(429, headers={"Retry-After": value})
    with pytest.raises(VimeoUnavailable):
        await client.me()
    first, second, third = gate.noted
    assert first.retry_at == datetime(2099, 10, 21, 7, 28, tzinfo=UTC)
    assert second.retry_at is None
    assert third.retry_at is not None


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (401, None, VimeoRefused, "VIMEO_ACCESS_TOKEN"),
        (403, None, VimeoRefused, "vms vimeo check"),
        (400, None, VimeoRefused, "400"),
        (404, None, VimeoNotFound, "/videos/101"),
        (410, b"", VimeoNotFound, "/videos/101"),
        (302, b"", VimeoUnavailable, "VIMEO_API_URL"),
        (200, b"<html>", VimeoUnavailable, "no JSON"),
        (200, b"[1]", VimeoUnavailable, "no JSON"),
        (200, b'{"uri": "/videos/102"}', VimeoUnavailable, "another one"),
        (200, b"[" * 100_000, VimeoUnavailable, "no JSON"),
        (200, b'{"x": "\xff"}', VimeoUnavailable, "no JSON"),
        (401, b"not json", VimeoRefused, "VIMEO_ACCESS_TOKEN"),
    ],
)
async def test_each_kind_of_answer_has_its_meaning(
    fake: FakeVimeo,
    client: VimeoClient,
    gate: OpenGate,
    status: int,
    body: bytes | None,
    kind: type[Exception],
    words: str,
) -> None:
    fake.fail(status, body=body, headers={"Location": f"{fake.cdn_url}/picture/101-1x1.png"})
    with pytest.raises(kind, match=words):
        await client.video("101")
    # None of these is worth a second request, and a redirect is not followed with the token.
    assert gate.admitted == 1
    assert not fake.cdn_hits


async def test_numbers_are_checked_before_anything_is_asked(client: VimeoClient, gate: OpenGate) -> None:
    for wrong in ("", "../me", "12a", "1" * 40, "٣"):
        with pytest.raises(VimeoNotFound):
            await client.video(wrong)
    assert gate.admitted == 0


async def test_another_account_s_video_is_not_found(fake: FakeVimeo, client: VimeoClient) -> None:
    fake.remove("101")
    with pytest.raises(VimeoNotFound):
        await client.video("101")


@pytest.mark.parametrize("change", ["scope", "plan", "clip"])
async def test_files_that_are_not_offered_are_none(fake: FakeVimeo, client: VimeoClient, change: str) -> None:
    fake.scopes -= {"video_files"} if change == "scope" else set()
    fake.plan = "free" if change == "plan" else fake.plan
    fake.clips["101"].offers_download = change != "clip"
    video = await client.video("101", downloads=True)
    assert video.downloads == ()
    assert video.source is None


async def test_slow_and_long_answers_end(
    fake: FakeVimeo, settings: Settings, http: httpx.AsyncClient, gate: OpenGate, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = VimeoClient(_pointed(settings, fake), http, gate, tries=1)
    monkeypatch.setattr(vimeo, "ANSWER_SECONDS", 0.2)
    fake.drip_seconds = 0.05
    with pytest.raises(VimeoUnavailable, match="TimeoutError"):
        await asyncio.wait_for(client.me(), 5)
    fake.drip_seconds = 0.0
    monkeypatch.setattr(vimeo, "ANSWER_SECONDS", 20)
    monkeypatch.setattr(vimeo, "MAX_BODY", 50)
    with pytest.raises(VimeoUnavailable):
        await client.video("101")
    assert [one.status for one in gate.noted] == [0, 0]


async def test_the_token_is_nowhere_but_in_its_header(
    fake: FakeVimeo,
    settings: Settings,
    http: httpx.AsyncClient,
    gate: OpenGate,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    pointed = _pointed(settings, fake)
    client = VimeoClient(pointed, http, gate, tries=1)
    caplog.set_level("DEBUG")
    said = [repr(client), repr(client.__dict__["_http"])]

    async def told(call: Callable[[], Any]) -> None:
        with pytest.raises((VimeoRefused, VimeoUnavailable)) as caught:
            await call()
        error: BaseException | None = caught.value
        while error is not None:
            said.append(f"{error!r} {error} {getattr(error, 'request', '')}")
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)

    fake.fail(401, body=json.dumps({"error": f"token {SECRET} is wrong"}).encode())
    await told(client.me)
    fake.fail(503)
    await told(client.me)
    await told(VimeoClient(pointed.model_copy(update={"vimeo_api_url": "http://127.0.0.1:9"}), http, gate, tries=1).me)
    captured = capsys.readouterr()
    assert SECRET not in "".join(said) + captured.out + captured.err + caplog.text
    assert "is wrong" in "".join(said)


@pytest.mark.parametrize("token", [None, "", "  ", "two words", "line\nbreak", "ünicode"])
async def test_no_token_is_told_at_once(settings: Settings, http: httpx.AsyncClient, token: str | None) -> None:
    given = settings.model_copy(update={"vimeo_access_token": SecretStr(token) if token is not None else None})
    with pytest.raises(VimeoNotConnected) as caught:
        VimeoClient(given, http, OpenGate())
    assert (caught.value.status, caught.value.code) == (409, "not_connected")
    assert token is None or not token.strip() or token not in str(caught.value)


async def test_a_wrong_token_is_refused_for_good(
    fake: FakeVimeo, settings: Settings, http: httpx.AsyncClient, gate: OpenGate
) -> None:
    with pytest.raises(VimeoRefused) as caught:
        await VimeoClient(_pointed(settings, fake, "other"), http, gate).page(None)
    assert (caught.value.reason, caught.value.status, gate.admitted) == (Refusal.credentials, 409, 1)


async def test_numbers_by_day_where_the_plan_has_them(
    fake: FakeVimeo, client: VimeoClient, settings: Settings, http: httpx.AsyncClient, gate: OpenGate
) -> None:
    span = date(2026, 11, 1), date(2026, 11, 3)
    assert await client.analytics("101", *span) is None
    assert await client.analytics("101", *span) is None
    # Once refused, it is not asked for again.
    assert fake.requests["/me/analytics"] == 1
    fake.offers_analytics = True
    fake.clips["101"].plays = 40
    fake.add(FakeClip("102", plays=9))
    days = await VimeoClient(_pointed(settings, fake), http, gate).analytics("101", *span)
    assert days is not None
    assert [(day.day.day, day.views, day.unique_viewers) for day in days] == [(1, 40, 20), (2, 40, 20), (3, 40, 20)]


async def test_hosts_of_the_two_halves_differ(fake: FakeVimeo, client: VimeoClient, http: httpx.AsyncClient) -> None:
    source = (await client.video("101", downloads=True)).source
    assert source is not None
    answer = await http.get(source.link, follow_redirects=True)
    assert answer.content == b"original bytes"
    assert urlsplit(str(answer.url)).netloc == urlsplit(fake.cdn_url).netloc
    assert "authorization" not in fake.cdn_hits[0].headers
