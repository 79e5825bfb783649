"""What an encode would make of a video, and what workers found out about its master."""

from typing import Annotated, cast
from uuid import UUID

from fastapi import Depends, Request
from redis.asyncio import Redis
from redis.exceptions import RedisError

from api.deps import DatabaseDep, SessionDep, SettingsDep, noun_router
from api.problems import problem_responses
from api.security import SIGNED, VIEWER
from api.signed import signature_docs, signed_body
from shared.encoding import planning, probes
from shared.encoding.planning import PlanOut
from shared.encoding.probes import ProbeAnswer, ProbeReport
from shared.jobs.presence import workers_seen
from shared.log import get_logger

log = get_logger(__name__)
router = noun_router("/api", tag="encoding")


async def _redis(request: Request) -> Redis:
    return cast("Redis", request.app.state.redis)


@router.get("/videos/{video_id}/encode/plan", dependencies=[VIEWER], responses=problem_responses(404, 409), name="plan")
async def read_plan(
    video_id: UUID,
    session: SessionDep,
    settings: SettingsDep,
    database: DatabaseDep,
    redis: Annotated[Redis, Depends(_redis)],
) -> PlanOut:
    """What an encode of the master would make now, without encoding anything.

    A master that nobody has looked at is looked at first; when that takes longer than 10 s, the answer is 503
    `not_probed_yet`.
    """
    facts, size_bytes = await probes.facts_of(session, database, video_id)
    return planning.dry_run(
        facts,
        window_seconds=settings.encoding_window_seconds,
        workers=await _encode_workers(redis),
        size_bytes=size_bytes,
    )


async def _encode_workers(redis: Redis) -> int:
    try:
        return (await workers_seen(redis)).get("encode", 0)
    except (RedisError, OSError) as error:
        log.warning("encoding.workers_unknown", error=f"{type(error).__name__}: {error}"[:300])
        return 0


@router.post(
    "/encoding/probes",
    dependencies=[SIGNED],
    responses=problem_responses(401, 404, 413),
    openapi_extra=signature_docs(ProbeReport),
    name="probe",
)
async def record_probe(request: Request, session: SessionDep, settings: SettingsDep) -> ProbeAnswer:
    """What a worker found out about a master file, or why it can never be encoded. Signed like its other reports."""
    _, report = await signed_body(request, settings, ProbeReport)
    return ProbeAnswer(applied=await probes.record_probe(session, report))
