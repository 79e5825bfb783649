"""The client against the contract: what is sent, what is understood, what never gets out."""

import itertools
import logging

import httpx
import pytest

from shared.clients.telegram import Pace, Refused, Telegram, TelegramError, TooFast, Unreachable, cut
from shared.config import Settings
from tests.fakes.telegram import CHAT, TOKEN, FakeTelegram, too_fast


@pytest.fixture
async def telegram(with_chat: Settings, client: httpx.AsyncClient) -> Telegram:
    return Telegram(with_chat, client)


async def test_markup_in_a_text_is_text(telegram: Telegram, fake: FakeTelegram) -> None:
    text = 'Encoding of <b>"A & B"</b> failed\ncode: <x> &amp; 1 < 2'
    assert await telegram.send(text) == 1
    assert fake.texts == [text]
    assert fake.messages[0].parse_mode == "HTML"
    assert fake.messages[0].chat_id == CHAT


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("", "…"),
        (" \n\t", "…"),
        ("a\x00b", "ab"),
        ("x" * 4096, "x" * 4096),
        ("x" * 4097, "x" * 4095 + "…"),
        ("&" * 5000, "&" * 4095 + "…"),
        ("\U0001f600" * 3000, "\U0001f600" * 2047 + "…"),
    ],
    ids=["empty", "blank", "NUL", "just fits", "too long", "grows when escaped", "two units each"],
)
async def test_a_text_is_made_to_fit(telegram: Telegram, fake: FakeTelegram, given: str, expected: str) -> None:
    await telegram.send(given)
    assert fake.texts == [expected]


def test_a_lone_surrogate_is_no_crash() -> None:
    assert cut("a\ud800b") == "a?b"


async def test_a_formatting_that_is_refused_is_left_out(telegram: Telegram, fake: FakeTelegram) -> None:
    fake.strict_html = True
    await telegram.send("1 < 2")
    assert [(message.raw, message.parse_mode) for message in fake.messages] == [("1 < 2", None)]
    assert fake.calls == 2


async def test_a_group_that_moved_is_followed_from_then_on(telegram: Telegram, fake: FakeTelegram) -> None:
    fake.moved[CHAT] = "-1009"
    fake.chats.add("-1009")
    await telegram.send("one")
    await telegram.send("two")
    assert [message.chat_id for message in fake.messages] == ["-1009", "-1009"]
    assert fake.calls == 3


async def test_a_group_that_moves_in_circles_is_left_alone(telegram: Telegram, fake: FakeTelegram) -> None:
    fake.moved = {CHAT: "-1009", "-1009": CHAT}
    with pytest.raises(Refused):
        await telegram.send("one")
    assert fake.calls == 3


async def test_too_fast_says_how_long(telegram: Telegram, fake: FakeTelegram) -> None:
    fake.answers.append(too_fast(17))
    with pytest.raises(TooFast) as caught:
        await telegram.send("one")
    assert caught.value.retry_after_seconds == 17


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ((400, {"ok": False, "error_code": 400, "description": "Bad Request: chat not found"}), Refused),
        ((401, {"ok": False, "error_code": 401, "description": "Unauthorized"}), Refused),
        ((403, {"ok": False, "error_code": 403, "description": "Forbidden: bot was kicked"}), Refused),
        ((404, {"ok": False, "error_code": 404, "description": "Not Found"}), Refused),
        ((429, {"ok": False, "error_code": 429, "description": "no parameters"}), TooFast),
        ((429, {"ok": False, "error_code": 429, "parameters": {"retry_after": "soon"}}), TooFast),
        ((500, {"ok": False, "error_code": 500, "description": "Internal"}), Unreachable),
        ((502, "<html>Bad gateway</html>"), Unreachable),
        ((200, "<html>Please sign in</html>"), Unreachable),
        ((200, {"ok": False, "error_code": 403, "description": "Forbidden"}), Refused),
        ((200, {}), Unreachable),
        (None, Unreachable),
    ],
)
async def test_every_answer_has_one_meaning(
    telegram: Telegram, fake: FakeTelegram, answer: tuple[int, object] | None, expected: type[TelegramError]
) -> None:
    fake.answers.append(answer)
    with pytest.raises(expected):
        await telegram.send("one")
    assert not fake.messages


async def test_nobody_listens(with_chat: Settings, client: httpx.AsyncClient) -> None:
    nowhere = with_chat.model_copy(update={"telegram_api_url": "http://127.0.0.1:9"})
    with pytest.raises(Unreachable, match="ConnectError"):
        await Telegram(nowhere, client).send("one")


@pytest.mark.parametrize("answer", [None, (401, {"ok": False, "description": f"no such bot{TOKEN}"}), (500, {})])
async def test_the_token_is_in_no_error_and_no_log(
    telegram: Telegram, fake: FakeTelegram, answer: tuple[int, object] | None, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    # What configure_logging does; pytest has its own handlers.
    caplog.set_level(logging.WARNING, "httpx")
    fake.answers.append(answer)
    with pytest.raises(TelegramError) as caught:
        await telegram.send("one")
    chain: BaseException | None = caught.value
    while chain is not None:
        assert TOKEN not in f"{chain!s} {chain!r}"
        chain = chain.__cause__ or (None if chain.__suppress_context__ else chain.__context__)
    assert TOKEN not in caplog.text


def test_the_log_of_every_process_leaves_urls_out(monkeypatch: pytest.MonkeyPatch) -> None:
    from shared import log

    loggers = {name: logging.getLogger(name) for name in ("httpx", "httpcore")}
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = {name: logger.level for name, logger in loggers.items()}
    try:
        log.configure_logging(log_format="json", level="DEBUG", role="test")
        assert all(logger.level >= logging.WARNING for logger in loggers.values())
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        for name, logger in loggers.items():
            logger.setLevel(levels[name])


async def test_messages_keep_the_pace_of_a_group(monkeypatch: pytest.MonkeyPatch, no_pause: None) -> None:
    from shared.clients import telegram

    monkeypatch.setattr(telegram, "_SECONDS_APART", 1.0)
    monkeypatch.setattr(telegram, "_PER_MINUTE", 20)
    now = 1000.0
    sent: list[float] = []

    async def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    pace = Pace(lambda: now, sleep)
    for _ in range(45):
        await pace.wait()
        sent.append(now)
    assert all(later - earlier >= 1 for earlier, later in itertools.pairwise(sent))
    assert all(later - earlier >= 60 for earlier, later in zip(sent, sent[20:], strict=False))
    assert sent[19] - sent[0] == 19


def test_a_bot_without_a_chat_is_refused(settings: Settings, client: httpx.AsyncClient) -> None:
    with pytest.raises(ValueError, match="TELEGRAM_ALERT_CHAT_ID"):
        Telegram(settings, client)
