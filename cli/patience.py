"""Requests that outlast a restart of the API."""

import asyncio
import time
from typing import Any

import httpx

PATIENCE_SECONDS = 20.0
_PAUSE_SECONDS = 0.25


async def request(client: httpx.AsyncClient, method: str, url: str | httpx.URL, **options: Any) -> httpx.Response:
    """Ask again for ``PATIENCE_SECONDS`` while there is no answer or a 5xx one; then whatever came last.

    :raises httpx.TransportError: there was no answer.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            answer = await client.request(method, url, **options)
            if answer.status_code < 500 or time.monotonic() > deadline:
                return answer
        except httpx.TransportError:
            if time.monotonic() > deadline:
                raise
        await asyncio.sleep(_PAUSE_SECONDS)
