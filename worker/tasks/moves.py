"""What a worker holds of a move between hosts: one take of one step. Progress renews the lease and ends the work."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar
from uuid import UUID

from shared.clients.ingest import IngestError
from shared.clients.s3 import StorageUnavailable
from shared.log import get_logger
from shared.uploads.errors import NotAVideo
from worker.callbacks import ApiUnreachable, AttemptOver, ReportRefused
from worker.media.errors import MediaError
from worker.tasks.context import Tools
from worker.tasks.failures import classify, is_bug

log = get_logger(__name__)
T = TypeVar("T")
PROGRESS_SECONDS = 2.0
#: An API that is silent this long has given the take to another worker, or will.
SILENCE_SECONDS = 60.0
CLAIM_SECONDS = 60.0
LAST_REPORT_SECONDS = 900.0


class StepFailed(Exception):
    """A step of a move that cannot go on: what is reported of it."""

    def __init__(self, code: str, message: str, *, permanent: bool = False) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.permanent = code, message, permanent


class MoveHold:
    """One take. ``facts`` are told with every progress."""

    def __init__(self, tools: Tools, move_id: UUID, take: int) -> None:
        self._tools = tools
        self._identity = {"moveId": str(move_id), "take": take, "workerId": tools.worker_id}
        self.facts: dict[str, Any] = {}

    async def carry_out(self, work: Coroutine[Any, Any, dict[str, Any]], status: str) -> None:
        """Claim the take, do the work while it lasts, and report what came of it.

        A worker that is asked to stop reports nothing: the lease runs out, and another goes on.
        """
        about = {"move_id": self._identity["moveId"], "take": self._identity["take"]}
        try:
            await self._send("progress", within_seconds=CLAIM_SECONDS)
        except (AttemptOver, ReportRefused, ApiUnreachable) as error:
            work.close()
            log.info("moving.not_claimed", **about, reason=str(error)[:200])
            return
        try:
            await self._last(status, **await self._run(work))
        except (AttemptOver, ReportRefused) as over:
            log.info("moving.given_up", **about, reason=str(over)[:200])
        except Exception as error:
            failure = _failure(error)
            log.warning("moving.failed", **about, **failure, exc_info=_is_bug(error))
            await self._last("failed", error=failure)

    async def fence(self) -> None:
        """Make sure that the take is still ours, before something that another one could not undo.

        :raises AttemptOver: it is not.
        :raises ApiUnreachable: nobody knows.
        """
        await self._send("progress", within_seconds=SILENCE_SECONDS)

    async def _run(self, work: Coroutine[Any, Any, T]) -> T:
        heartbeat = asyncio.create_task(self._heartbeat())
        working = asyncio.create_task(work)
        try:
            await asyncio.wait({heartbeat, working}, return_when=asyncio.FIRST_COMPLETED)
            if not working.done():
                heartbeat.result()
            return await working
        finally:
            for task in (heartbeat, working):
                task.cancel()
            await asyncio.gather(heartbeat, working, return_exceptions=True)

    async def _heartbeat(self) -> None:
        clock = asyncio.get_running_loop().time
        heard = clock()
        while True:
            await asyncio.sleep(PROGRESS_SECONDS)
            asked = clock()
            try:
                await self._send("progress", within_seconds=max(0.0, heard + SILENCE_SECONDS - asked))
                heard = asked
            except ApiUnreachable as error:
                if clock() - heard >= SILENCE_SECONDS - PROGRESS_SECONDS:
                    raise AttemptOver(f"the API was silent for {SILENCE_SECONDS:.0f} s") from error

    async def _last(self, status: str, **facts: Any) -> None:
        try:
            await self._send(status, within_seconds=LAST_REPORT_SECONDS, **facts)
        except (AttemptOver, ReportRefused, ApiUnreachable) as error:
            log.warning(
                "moving.report_not_taken", move_id=self._identity["moveId"], status=status, reason=str(error)[:500]
            )

    async def _send(self, status: str, *, within_seconds: float, **facts: Any) -> None:
        report = {**self._identity, **self.facts, **facts, "status": status}
        await self._tools.callbacks.report_move(report, within_seconds=within_seconds)


def _failure(error: Exception) -> dict[str, Any]:
    """What is reported of an error; what is unknown is taken to be transient."""
    match error:
        case StepFailed() | IngestError():
            return {"code": error.code, "message": error.message, "permanent": error.permanent}
        case NotAVideo():
            return {"code": "SOURCE_NOT_VIDEO", "message": error.detail, "permanent": True}
        case StorageUnavailable():
            return {"code": "S3_UNAVAILABLE", "message": error.detail, "permanent": False}
        case MediaError():
            return {"code": str(error.code), "message": error.message, "permanent": error.permanent}
        case _:
            return {**classify(error), "permanent": False}


def _is_bug(error: Exception) -> bool:
    return is_bug(error) and not isinstance(error, StepFailed | IngestError | NotAVideo | ApiUnreachable)
