"""An arq worker that outlives its Redis."""

import asyncio

from arq.worker import Worker
from redis.exceptions import RedisError

from shared.log import get_logger

log = get_logger(__name__)
PAUSE_SECONDS = 1.0


class PatientWorker(Worker):
    """Where arq ends with the first command that Redis does not answer, and its jobs with it, this one waits.

    A job needs no Redis to go on: its lease is held at the API. Its message is gone or handed over again, which the
    lease fences.
    """

    async def _poll_iteration(self) -> None:
        try:
            await super()._poll_iteration()
        except (RedisError, OSError, TimeoutError) as error:
            log.warning("worker.redis_unreachable", error=f"{type(error).__name__}: {error}"[:300])
            self._forget_unstarted()
            await asyncio.sleep(PAUSE_SECONDS)

    def _forget_unstarted(self) -> None:
        """Give back the place of a job that was counted, but broke off before it had begun."""
        running = sum(not task.done() for task in self.tasks.values())
        while self.job_counter > running:
            self._release_sem_dec_counter_on_complete()
