"""What a worker holds of a job: an attempt, or one part of it. It renews the lease, and ends the work with it."""

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import Any, TypeVar

from shared.encoding.errors import WORKER_STOPPED
from shared.encoding.ladder import Plan
from shared.jobs.tasks import PartPayload
from shared.log import get_logger
from worker.callbacks import ApiUnreachable, AttemptOver, ReportRefused
from worker.tasks.context import Tools

log = get_logger(__name__)
T = TypeVar("T")

CLAIM_SECONDS = 60
LAST_REPORT_SECONDS = 900
FAIL_SECONDS = 120
REFUSED_PAUSE_SECONDS = 60
#: A cancelled job's ffmpeg is stopped by the next heartbeat, so within a second or two.
HEARTBEAT_SECONDS = 1.0
_REFUSED = "check that ENCODING_WEBHOOK_SECRET and the version are the same here and at the API"


class Hold:
    """One attempt or part. ``identity`` is what its reports begin with."""

    def __init__(self, tools: Tools, identity: dict[str, Any]) -> None:
        self._tools = tools
        self._identity = identity
        self._facts: dict[str, Any] = {"progress": 0}
        self._news = asyncio.Event()

    async def claim(self) -> bool:
        """Tell the API that this worker begins; False when it must not."""
        job_id = self._identity["jobId"]
        try:
            await self._send("started", within_seconds=CLAIM_SECONDS)
        except (AttemptOver, ApiUnreachable) as error:
            # Unreachable: the message is handed over again, since nobody has confirmed it.
            log.info("encoding.not_claimed", job_id=job_id, reason=str(error)[:200])
            return False
        except ReportRefused as error:
            # Wrong secret or wrong version: this worker can do nothing. It must not take jobs from those that can.
            log.warning("encoding.reports_refused", job_id=job_id, reason=str(error)[:500], what_to_do=_REFUSED)
            await asyncio.sleep(REFUSED_PAUSE_SECONDS)
            return False
        return True

    def note(self, *, at_once: bool = False, **facts: Any) -> None:
        """Say this with the next heartbeat, and with every one after it; ``at_once`` does not wait for its time."""
        self._facts = {**self._facts, **facts}
        if at_once:
            self._news.set()

    def noted(self, name: str) -> Any:
        """What the next heartbeat says of this; None when nothing."""
        return self._facts.get(name)

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do the work while the lease lasts.

        :raises AttemptOver: the API has given it to another worker, or has been silent for as long as the lease is:
            then it may have.
        """
        heartbeat = asyncio.create_task(self._heartbeat())
        working = asyncio.create_task(work)
        try:
            await asyncio.wait({heartbeat, working}, return_when=asyncio.FIRST_COMPLETED)
            if heartbeat.done() and not working.done():
                heartbeat.result()
            return await working
        finally:
            for task in (heartbeat, working):
                task.cancel()
            await asyncio.gather(heartbeat, working, return_exceptions=True)

    async def _heartbeat(self) -> None:
        lease = self._tools.settings.encoding_lease_seconds
        interval = min(HEARTBEAT_SECONDS, lease / 4)
        clock = asyncio.get_running_loop().time
        renewed = clock()
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), interval)
            self._news.clear()
            asked = clock()
            try:
                async with asyncio.timeout_at(renewed + lease):
                    await self._send("progress", within_seconds=interval, **self._facts)
                renewed = asked
            except ApiUnreachable as error:
                log.info("encoding.heartbeat_missed", job_id=self._identity["jobId"], reason=str(error)[:200])
            except TimeoutError:
                raise AttemptOver(f"the API was silent for the {lease} s of the lease") from None

    async def planned(self, plan: Plan) -> list[PartPayload]:
        """Report that the work is divided; returns the parts that this worker begins."""
        document = plan.to_json()
        try:
            parts = await self._last("planned", within_seconds=CLAIM_SECONDS, plan=document, source=document["source"])
        except asyncio.CancelledError:
            await self.stopped()
            raise
        return parts or []

    async def completed(self, **facts: Any) -> list[PartPayload] | None:
        """Report the end; returns what this worker does next. None: the report was not taken, the lease decides."""
        return await self._last("completed", within_seconds=LAST_REPORT_SECONDS, **facts)

    async def failed(self, failure: dict[str, str], *, within_seconds: float = FAIL_SECONDS) -> None:
        """Report why it went wrong."""
        await self._last("failed", within_seconds=within_seconds, error=failure)

    async def stopped(self) -> None:
        """Give the work back, as this worker was asked to end; there is little time."""
        await self.failed({"code": WORKER_STOPPED, "message": "The worker was asked to stop"}, within_seconds=3)

    async def _last(self, status: str, *, within_seconds: float, **facts: Any) -> list[PartPayload] | None:
        try:
            return _parts(await self._send(status, within_seconds=within_seconds, **facts))
        except (AttemptOver, ReportRefused, ApiUnreachable) as error:
            log.warning(
                "encoding.report_not_taken", job_id=self._identity["jobId"], status=status, reason=str(error)[:500]
            )
            return None

    async def _send(self, status: str, *, within_seconds: float, **facts: Any) -> dict[str, Any]:
        report = {**self._identity, **facts, "status": status}
        return await self._tools.callbacks.send(report, within_seconds=within_seconds)


def _parts(answer: dict[str, Any]) -> list[PartPayload]:
    return [PartPayload.model_validate(part) for part in answer.get("next", ())]
