"""The signed-webhook client: the only way encode and transfer tasks speak to the API."""

import asyncio
import json
import random
from typing import Any
from urllib.parse import urljoin

import httpx

from shared.clock import utc_now
from shared.config import Settings
from shared.encoding import signature
from shared.ids import uuid7
from shared.log import get_logger

log = get_logger(__name__)
TIMEOUT = httpx.Timeout(10, connect=5)
_FIRST_DELAY_SECONDS = 0.2
_LONGEST_DELAY_SECONDS = 5.0
_GONE = {404, 409}
#: Where reports go, seen from the webhook.
WEBHOOK, PROBES, MOVES = "webhook", "probes", "../migrations/reports"


class AttemptOver(Exception):
    """The API has given the attempt up: stop at once and leave no trace."""


class ReportRefused(Exception):
    """The API will never take this report, however often it is sent: a wrong secret, or a bug."""


class ApiUnreachable(Exception):
    """The API did not take the report in the time allowed."""


class Callbacks:
    """Posts reports; each is sent until it is taken or its time is over, signed afresh every time."""

    def __init__(self, settings: Settings, client: httpx.AsyncClient) -> None:
        self._secret = settings.webhook_secrets[0]
        self._url = settings.webhook_url
        self._client = client

    async def send(self, report: dict[str, Any], *, within_seconds: float, to: str = WEBHOOK) -> dict[str, Any]:
        """Deliver one report, repeated with growing, spread-out pauses; returns the API's answer.

        ``to`` is the webhook, or another route of this API by its way from there.

        :raises AttemptOver: 404 or 409.
        :raises ReportRefused: any other 4xx but 408, 425 and 429.
        :raises ApiUnreachable: no answer that counts within ``within_seconds``.
        """
        event_id = str(uuid7())
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within_seconds
        delay = _FIRST_DELAY_SECONDS
        while True:
            problem = await self._post(report, event_id, self._url if to == WEBHOOK else urljoin(self._url, to))
            if isinstance(problem, dict):
                return problem
            pause = delay * random.uniform(0.5, 1.5)  # noqa: S311  jitter
            if loop.time() + pause > deadline:
                raise ApiUnreachable(problem)
            log.warning("callback.retry", problem=problem, status=report.get("status"), job_id=report.get("jobId"))
            await asyncio.sleep(pause)
            delay = min(delay * 2, _LONGEST_DELAY_SECONDS)

    async def report_move(self, report: dict[str, Any], *, within_seconds: float) -> dict[str, Any]:
        """Deliver a report about a move between hosts; as `send` does, and with its errors."""
        return await self.send(report, within_seconds=within_seconds, to=MOVES)

    async def _post(self, report: dict[str, Any], event_id: str, url: str) -> dict[str, Any] | str:
        """The answer, or what stood in the way."""
        now = utc_now()
        body = json.dumps({**report, "eventId": event_id, "timestamp": now.isoformat()}).encode()
        headers = signature.headers(self._secret, event_id=event_id, timestamp=int(now.timestamp()), body=body)
        try:
            answer = await self._client.post(
                url, content=body, headers={**headers, "Content-Type": "application/json"}, timeout=TIMEOUT
            )
        except httpx.HTTPError as error:
            return f"{type(error).__name__}: {error}"
        if answer.is_success:
            return _document(answer)
        if answer.status_code in _GONE:
            raise AttemptOver(answer.text)
        if 400 <= answer.status_code < 500 and answer.status_code not in {408, 425, 429}:
            raise ReportRefused(f"{answer.status_code}: {answer.text[:500]}")
        return f"HTTP {answer.status_code}"


def _document(answer: httpx.Response) -> dict[str, Any]:
    """What a successful answer says; a proxy's page says nothing."""
    try:
        document = answer.json()
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
