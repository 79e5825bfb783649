"""What is known of a master before anything is encoded: asked of a transfer worker, kept with the master."""

import asyncio
from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel
from sqlalchemy.ext.asyncio import AsyncSession

from shared.clock import instant
from shared.db.session import Database, commit
from shared.encoding.errors import MasterMissing, MasterNotFound, MasterUnreadable, NotProbedYet, is_permanent
from shared.encoding.ladder import SourceFacts, plan_ladder
from shared.encoding.schemas import ReportedError, Short, storable
from shared.errors import FieldError, InvalidInput
from shared.jobs import outbox
from shared.jobs.tasks import PROBE_MASTER, ProbePayload
from shared.log import get_logger
from shared.videos import service as videos_service
from shared.videos.errors import VideoNotFound
from shared.videos.models import Master, Video

log = get_logger(__name__)

WAIT_SECONDS = 10.0
_POLL_SECONDS = 0.1


class ProbeReport(BaseModel):
    """The body of ``POST /api/encoding/probes``: the facts, or the error that says why there are none and never will
    be. ``facts`` is a ``SourceFacts`` as JSON."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", allow_inf_nan=False)

    event_id: Annotated[Short, Field(min_length=1)] | None = None
    master_id: UUID
    facts: Annotated[dict[str, Any] | None, AfterValidator(storable)] = None
    error: ReportedError | None = None
    timestamp: Annotated[datetime, BeforeValidator(instant)]

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.facts is None) is (self.error is None):
            raise ValueError("send facts or error")
        if self.error is not None and not is_permanent(self.error.code):
            raise ValueError("an error that may pass is not kept: try again instead")
        return self


class ProbeAnswer(BaseModel):
    """How a probe's report was taken."""

    applied: bool = Field(description="false when as much was known already")


async def request_probe(session: AsyncSession, master: Master) -> None:
    """Have a transfer worker look at the master. While one such message waits, another one is the same."""
    await outbox.enqueue(session, PROBE_MASTER, ProbePayload(master_id=master.id, bucket=master.bucket, key=master.key))


async def facts_of(session: AsyncSession, database: Database, video_id: UUID) -> tuple[SourceFacts, int]:
    """What the video's master is, and its size in bytes. Where nobody has looked, somebody is asked and waited for;
    no transaction is open meanwhile.

    :raises VideoNotFound: no such video.
    :raises MasterMissing: it has no master.
    :raises MasterUnreadable: the master is no video that can be encoded.
    :raises NotProbedYet: no answer in time.
    """
    await videos_service.get_video(session, video_id)
    master = await _current(session, video_id)
    if (facts := _known(master)) is not None:
        return facts, master.size_bytes
    await request_probe(session, master)
    await commit(session)
    clock = asyncio.get_running_loop().time
    until = clock() + WAIT_SECONDS
    while clock() < until:
        await asyncio.sleep(_POLL_SECONDS)
        async with database.session() as polling:
            master = await _current(polling, video_id)
        if (facts := _known(master)) is not None:
            return facts, master.size_bytes
    raise NotProbedYet("The master has not been looked at yet; ask again in a moment")


async def _current(session: AsyncSession, video_id: UUID) -> Master:
    master = await videos_service.current_master(session, video_id)
    if master is None:
        raise MasterMissing("Upload a master file to this video first")
    return master


def _known(master: Master) -> SourceFacts | None:
    error = (master.facts or {}).get("error")
    if error is not None:
        raise MasterUnreadable(str(error.get("message") or error.get("code")))
    return _readable(master.facts)


def _readable(facts: dict[str, Any] | None) -> SourceFacts | None:
    """The facts, if they are those of a video that can be planned."""
    if facts is None:
        return None
    try:
        found = SourceFacts.from_json(facts)
        plan_ladder(found)
    except (TypeError, ValueError, AttributeError, ArithmeticError):
        return None
    return found


async def _locked_video(session: AsyncSession, master: Master) -> Video | None:
    if master.video_id is None:
        return None
    try:
        return await videos_service.get_video(session, master.video_id, lock=True)
    except VideoNotFound:  # deleted just now
        return None


async def record_probe(session: AsyncSession, report: ProbeReport) -> bool:
    """Keep what a worker found out; False when as much was known. What is known to be good stays good.

    :raises MasterNotFound: there is no such master any more.
    :raises InvalidInput: the facts are not those of a video.
    """
    facts = _readable(report.facts)
    if report.facts is not None and facts is None:
        raise InvalidInput(
            "facts: not those of a video", errors=(FieldError("/facts", "invalid", "not those of a video"),)
        )
    master = await session.get(Master, report.master_id)
    if master is None:
        raise MasterNotFound(f"There is no master {report.master_id}")
    # The order in which everybody locks: the video, then its masters.
    video = await _locked_video(session, master)
    await session.refresh(master, with_for_update=True)
    if facts is None:
        assert report.error is not None
        if master.facts is not None:
            return False
        master.facts = {"error": {"code": report.error.code, "message": report.error.message}}
        log.info("encoding.master_unreadable", master_id=str(master.id), code=report.error.code)
        return True
    if _readable(master.facts) is not None:
        return False
    master.facts = facts.to_json()
    current = await videos_service.current_master(session, video.id) if video is not None else None
    if video is not None and video.duration_seconds is None and current is not None and current.id == master.id:
        video.duration_seconds = plan_ladder(facts).duration_seconds
    log.info("encoding.probed", master_id=str(master.id), video_id=str(master.video_id))
    return True
