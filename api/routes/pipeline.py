"""The production of a video."""

from uuid import UUID

from api.deps import CurrentCaller, SessionDep, noun_router
from api.preconditions import IfMatch
from api.problems import problem_responses
from api.security import EDITOR, VIEWER
from shared.pipeline import service as pipeline_service
from shared.pipeline.schemas import PipelineInput, PipelineOut

router = noun_router("/api/videos", tag="pipeline")


@router.get("/{video_id}/pipeline", dependencies=[VIEWER], responses=problem_responses(404), name="read")
async def read_pipeline(video_id: UUID, session: SessionDep) -> PipelineOut:
    """Stage of production, who is on it, notes, links to a project-management system, and past changes of stage."""
    return await pipeline_service.read_pipeline(session, video_id)


@router.put("/{video_id}/pipeline", dependencies=[EDITOR], responses=problem_responses(404, 409, 412), name="replace")
async def replace_pipeline(
    video_id: UUID, body: PipelineInput, session: SessionDep, caller: CurrentCaller, if_match: IfMatch
) -> PipelineOut:
    """Set all of it; what is left out takes its default. A change of stage is kept in the history."""
    await if_match.check(lambda: pipeline_service.read_pipeline(session, video_id, lock=True))
    return await pipeline_service.replace_pipeline(session, caller.actor, video_id, body)
