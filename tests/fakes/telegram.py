"""Telegram's Bot API on loopback: ``sendMessage`` with its checks, its errors and its moods."""

import asyncio
import re
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from aiohttp import web

TOKEN = "123456:AAE-a-token-that-must-not-be-seen"
CHAT = "-1001234567890"
_TAGS = {"b", "strong", "i", "em", "u", "s", "code", "pre", "a"}
_ENTITIES = {"lt", "gt", "amp", "quot"}


@dataclass
class Message:
    """What arrived in a chat: as sent, and as read."""

    chat_id: str
    raw: str
    text: str
    parse_mode: str | None
    at: float


@dataclass
class FakeTelegram:
    """One bot that is a member of ``chats``. ``answers`` come first, in order: a status and a body, or None to drop
    the connection; ``moved`` maps groups to the supergroups they have become."""

    url: str = ""
    token: str = TOKEN
    chats: set[str] = field(default_factory=lambda: {CHAT})
    moved: dict[str, str] = field(default_factory=dict)
    answers: deque[tuple[int, Any] | None] = field(default_factory=deque)
    strict_html: bool = False
    calls: int = 0
    messages: list[Message] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def texts(self) -> list[str]:
        """What a reader of the chat sees."""
        return [message.text for message in self.messages]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.calls += 1
        if self.answers:
            scripted = self.answers.popleft()
            if scripted is None:
                assert request.transport is not None
                request.transport.abort()
                return web.Response()
            status, body = scripted
            return (
                web.json_response(body, status=status)
                if isinstance(body, dict)
                else web.Response(text=str(body), status=status, content_type="text/html")
            )
        if request.match_info["token"] != self.token:
            return _error(401, "Unauthorized")
        if request.match_info["method"] != "sendMessage":
            return _error(404, "Not Found")
        return self._send_message(await request.json())

    def _send_message(self, body: dict[str, Any]) -> web.Response:
        chat = str(body.get("chat_id") or "")
        if chat in self.moved:
            return _error(
                400,
                "Bad Request: group chat was upgraded to a supergroup chat",
                migrate_to_chat_id=int(self.moved[chat]),
            )
        if chat not in self.chats:
            return _error(400, "Bad Request: chat not found")
        raw, mode = str(body.get("text") or ""), body.get("parse_mode")
        text = raw
        if mode == "HTML":
            if self.strict_html:
                return _error(400, 'Bad Request: can\'t parse entities: Unsupported start tag "x" at byte offset 0')
            try:
                text = _read_html(raw)
            except ValueError as error:
                return _error(400, f"Bad Request: can't parse entities: {error}")
        if not text.strip():
            return _error(400, "Bad Request: message text is empty")
        if len(text.encode("utf-16-le")) > 2 * 4096:
            return _error(400, "Bad Request: message is too long")
        self.messages.append(Message(chat, raw, text, mode, asyncio.get_running_loop().time()))
        self.arrived.set()
        return web.json_response({"ok": True, "result": {"message_id": len(self.messages)}})


def _error(code: int, description: str, **parameters: Any) -> web.Response:
    body = {"ok": False, "error_code": code, "description": description}
    return web.json_response({**body, "parameters": parameters} if parameters else body, status=code)


def too_fast(seconds: int) -> tuple[int, dict[str, Any]]:
    """The 429 of a chat that has had too many messages."""
    text = f"Too Many Requests: retry after {seconds}"
    return 429, {"ok": False, "error_code": 429, "description": text, "parameters": {"retry_after": seconds}}


def _read_html(raw: str) -> str:
    """:raises ValueError: an entity or a tag that Telegram does not know, or one that is not closed."""
    for name in re.findall(r"&(\w+);?", raw):
        if name not in _ENTITIES:
            raise ValueError(f"unsupported entity &{name};")
    if re.search(r"&(?!(?:lt|gt|amp|quot|#\d+);)", raw):
        raise ValueError("a bare &")
    reader = _Reader(convert_charrefs=True)
    reader.feed(raw)
    reader.close()
    if reader.open:
        raise ValueError(f"Can't find end tag of {reader.open[-1]}")
    return "".join(reader.text)


class _Reader(HTMLParser):
    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.text: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in _TAGS:
            raise ValueError(f'Unsupported start tag "{tag}"')
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            raise ValueError(f'Unexpected end tag "{tag}"')

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@asynccontextmanager
async def fake_telegram() -> AsyncIterator[FakeTelegram]:
    """A running one."""
    fake = FakeTelegram()
    app = web.Application()
    app.router.add_post("/bot{token}/{method}", fake.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    fake.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield fake
    finally:
        await runner.cleanup()
