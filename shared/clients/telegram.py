"""The Telegram client: ``sendMessage`` of the Bot API, with its limits and one error for each meaning.

TelegramError
├── TooFast          429: wait ``retry_after_seconds``
├── Refused          400, 401, 403, 404, 409: the same message would be refused again
└── Unreachable      no answer, 5xx, or none that makes sense

The bot's token is part of every URL, so neither a URL nor the text of a network error leaves this module.
"""

import asyncio
import html
from collections import deque
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

import httpx

from shared.config import Settings
from shared.log import get_logger

log = get_logger(__name__)
TIMEOUT = httpx.Timeout(10, connect=5)
#: In UTF-16 code units, the way Telegram counts.
MAX_TEXT = 4096
#: At most one message a second in a chat, and 20 a minute in a group.
_SECONDS_APART = 1.0
_PER_MINUTE = 20
_MAX_DESCRIPTION = 300
_DEFAULT_RETRY_SECONDS = 5.0


class TelegramError(Exception):
    """A message was not sent; the text says why and names no secret."""


class TooFast(TelegramError):
    """The chat has had too many messages."""

    def __init__(self, retry_after_seconds: float) -> None:
        super().__init__(f"Telegram asks to wait {retry_after_seconds:.0f} s")
        self.retry_after_seconds = retry_after_seconds


class Refused(TelegramError):
    """This bot cannot send this message to this chat."""


class Unreachable(TelegramError):
    """Telegram did not answer, or could not."""


def cut(text: str) -> str:
    """The text as a message may have it: not empty, and with … where it was too long."""
    text = text.replace("\x00", "").strip() or "…"
    units = text.encode("utf-16-le", errors="replace")
    if len(units) <= 2 * MAX_TEXT:
        return units.decode("utf-16-le")
    return units[: 2 * (MAX_TEXT - 1)].decode("utf-16-le", errors="ignore") + "…"


def as_html(text: str) -> str:
    """Plain text as Telegram's HTML, with the first line in bold."""
    head, line_end, rest = text.partition("\n")
    return f"<b>{html.escape(head, quote=False)}</b>{line_end}{html.escape(rest, quote=False)}"


class Pace:
    """Keeps messages as far apart as a chat wants them, within one process."""

    def __init__(self, clock: Callable[[], float], sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._clock = clock
        self._sleep = sleep
        self._sent: deque[float] = deque(maxlen=_PER_MINUTE)

    async def wait(self) -> None:
        """Return when the next message may go."""
        now = self._clock()
        until = self._sent[-1] + _SECONDS_APART if self._sent else now
        if len(self._sent) == _PER_MINUTE:
            until = max(until, self._sent[0] + 60)
        if until > now:
            await self._sleep(until - now)
        self._sent.append(max(now, until))


class Telegram:
    """One bot and one chat. A group that has become a supergroup is followed for as long as the process lives."""

    def __init__(self, settings: Settings, client: httpx.AsyncClient) -> None:
        """:raises ValueError: ``TELEGRAM_BOT_TOKEN`` or ``TELEGRAM_ALERT_CHAT_ID`` is not set."""
        if not is_configured(settings) or settings.telegram_bot_token is None:
            raise ValueError("TELEGRAM_BOT_TOKEN and TELEGRAM_ALERT_CHAT_ID must both be set")
        token = settings.telegram_bot_token.get_secret_value()
        self._url = f"{settings.telegram_api_url}/bot{token}/sendMessage"
        self._token = token
        self._client = client
        self._chat: str | int | None = settings.telegram_alert_chat_id
        self._pace = Pace(asyncio.get_running_loop().time)

    async def send(self, text: str) -> int:
        """Send plain text to the chat; returns the message's id. What is too long is cut.

        :raises TooFast: wait as long as it says.
        :raises Refused: it will never be taken.
        :raises Unreachable: it may be taken later.
        """
        text = cut(text)
        body: dict[str, Any] = {"text": as_html(text), "parse_mode": "HTML"}
        # Each kind of trouble has one remedy, and each remedy is tried once.
        for _ in range(3):
            status, answer = await self._call({**body, "chat_id": self._chat})
            if answer.get("ok") is True:
                return int(answer.get("result", {}).get("message_id", 0))
            moved_to = _parameters(answer).get("migrate_to_chat_id")
            description = self._described(answer)
            if isinstance(moved_to, int) and moved_to != self._chat:
                log.warning("telegram.chat_moved", chat_id=str(moved_to), what_to_do="set TELEGRAM_ALERT_CHAT_ID to it")
                self._chat = moved_to
            elif status == HTTPStatus.BAD_REQUEST and "entities" in description.lower() and "parse_mode" in body:
                body = {"text": text}
            else:
                break
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            raise TooFast(_retry_after(answer))
        if 400 <= status < 500 and status != HTTPStatus.REQUEST_TIMEOUT:
            raise Refused(f"Telegram refuses it: {status} {description}")
        raise Unreachable(f"Telegram answers {status} {description}")

    async def _call(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        await self._pace.wait()
        try:
            answer = await self._client.post(
                self._url, json={**body, "link_preview_options": {"is_disabled": True}}, timeout=TIMEOUT
            )
        except httpx.HTTPError as error:
            # The cause is cut off on purpose: it carries the request, and the request the token.
            raise Unreachable(f"Telegram does not answer: {type(error).__name__}") from None
        try:
            document: Any = answer.json()
        except ValueError:
            document = None
        if not isinstance(document, dict):
            # Not Telegram's: a proxy's page, or a wrong TELEGRAM_API_URL.
            if answer.is_success or 300 <= answer.status_code < 400:
                raise Unreachable(f"what answers at TELEGRAM_API_URL is not Telegram (HTTP {answer.status_code})")
            document = {}
        if answer.is_success and document.get("ok") is not True:
            return int(document.get("error_code") or HTTPStatus.BAD_GATEWAY), document
        return answer.status_code, document

    def _described(self, answer: dict[str, Any]) -> str:
        return str(answer.get("description") or "").replace(self._token, "…")[:_MAX_DESCRIPTION]


def is_configured(settings: Settings) -> bool:
    """Whether there is a bot and a chat to send to."""
    token = settings.telegram_bot_token
    return bool(token and token.get_secret_value() and settings.telegram_alert_chat_id)


def _parameters(answer: dict[str, Any]) -> dict[str, Any]:
    found = answer.get("parameters")
    return found if isinstance(found, dict) else {}


def _retry_after(answer: dict[str, Any]) -> float:
    found = _parameters(answer).get("retry_after")
    if isinstance(found, bool) or not isinstance(found, int | float):
        return _DEFAULT_RETRY_SECONDS
    return min(max(float(found), 1.0), 86400.0)
