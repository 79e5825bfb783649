"""Pure ASGI middleware: a request id in every answer and log line, and a bound on bodies."""

import asyncio
import re
from collections.abc import Sequence
from secrets import token_hex
from typing import Final

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import crash_response

MAX_BODY_BYTES: Final = 1024 * 1024
BODY_SECONDS: Final = 20
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


class RequestContext:
    """Gives each request an id (the client's ``X-Request-ID`` where it is a sane one) and sends it back."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else token_hex(8)
        scope["request_id"] = request_id
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            started = False

            async def send_with_id(message: Message) -> None:
                nonlocal started
                if message["type"] == "http.response.start":
                    started = True
                    headers = MutableHeaders(scope=message)
                    headers["X-Request-ID"] = request_id
                    headers.setdefault("X-Content-Type-Options", "nosniff")
                await send(message)

            try:
                await self.app(scope, receive, send_with_id)
            except Exception as error:
                # Starlette's own last resort stands outside this middleware and would lose the request's id.
                if started:
                    raise
                await crash_response(Request(scope), error)(scope, receive, send_with_id)


class BodyLimit:
    """Refuses bodies over 1 MiB (413) before they are read whole. Uploads stream and have their own limit; ``larger``
    names the limit of paths that take small files."""

    def __init__(self, app: ASGIApp, *, exempt_prefix: str, larger: Sequence[tuple[re.Pattern[str], int]] = ()) -> None:
        self.app = app
        self.exempt_prefix = exempt_prefix
        self.larger = larger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(self.exempt_prefix):
            await self.app(scope, receive, send)
            return
        most = next((limit for path, limit in self.larger if path.fullmatch(scope["path"])), MAX_BODY_BYTES)
        declared = Headers(scope=scope).get("content-length", "")
        too_large = declared.isdigit() and int(declared) > most
        seen = 0
        complete = False

        async def limited_receive() -> Message:
            # Raised on the first read, so that authentication has had its say before.
            if too_large:
                raise HTTPException(413, f"The body may have {most} bytes at most")
            nonlocal seen, complete
            try:
                # After the body, what is waited for is the end of the connection, and that may take its time.
                async with asyncio.timeout(None if complete else BODY_SECONDS):
                    message = await receive()
            except TimeoutError as error:
                raise HTTPException(408, f"The body did not arrive within {BODY_SECONDS} s") from error
            complete = complete or not message.get("more_body", False)
            seen += len(message.get("body", b""))
            if seen > most:
                raise HTTPException(413, f"The body may have {most} bytes at most")
            return message

        await self.app(scope, limited_receive, send)
