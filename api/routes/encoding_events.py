"""A job as it moves: server-sent events (HTML Living Standard, section 9.2)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Annotated, cast
from uuid import UUID

from fastapi import Depends, Request
from starlette.responses import StreamingResponse
from starlette.types import Send

from api.deps import SessionDep, noun_router
from api.job_events import JobEvents
from api.problems import problem_responses
from api.security import VIEWER
from shared.encoding import watching
from shared.encoding.watching import JobEvent
from shared.log import get_logger

log = get_logger(__name__)
router = noun_router("/api", tag="encoding")

#: A client that has taken nothing for so long is gone.
SEND_SECONDS = 30
RETRY_MILLISECONDS = 2000
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class EventStream(StreamingResponse):
    """Events as they come. Whatever ends the stream, its source is closed at once."""

    media_type = "text/event-stream"

    async def stream_response(self, send: Send) -> None:
        """As Starlette does, within a time for each piece."""
        async with aclosing(cast("AsyncIterator[str]", self.body_iterator)) as pieces:  # type: ignore[type-var]
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            async for piece in pieces:
                try:
                    async with asyncio.timeout(SEND_SECONDS):
                        await send({"type": "http.response.body", "body": piece.encode(), "more_body": True})
                except TimeoutError:
                    log.info("job_events.client_dropped")
                    return
            await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _events(request: Request) -> JobEvents:
    return cast("JobEvents", request.app.state.job_events)


EventsDep = Annotated[JobEvents, Depends(_events)]


@router.get(
    "/encoding/jobs/{job_id}/events",
    dependencies=[VIEWER],
    response_class=EventStream,
    responses={
        200: {
            "description": "Each event's data is a JobEvent as JSON, its id counts them",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        },
        **problem_responses(404),
    },
    name="events",
)
async def stream_job(job_id: UUID, session: SessionDep, events: EventsDep) -> EventStream:
    """The job as it moves: `{status, progress, speed, etaSeconds, …}` at once and after every change, to its end.

    For `EventSource`, which comes back by itself when the connection breaks; the first event then says how the job
    stands by now.
    """
    first = await watching.event_of(session, job_id)
    events.admit()
    return EventStream(_written(events, job_id, first), headers=_HEADERS)


async def _written(events: JobEvents, job_id: UUID, first: JobEvent) -> AsyncIterator[str]:
    yield f"retry: {RETRY_MILLISECONDS}\n\n"
    number = 0
    async with aclosing(events.follow(job_id, first)) as following:  # type: ignore[type-var]  # it is a generator
        async for event in following:
            if event is None:
                yield ": still here\n\n"
            else:
                number += 1
                yield f"id: {number}\ndata: {event.model_dump_json(by_alias=True)}\n\n"
