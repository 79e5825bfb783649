"""The sync of the library at Vimeo, and its quota."""

from uuid import UUID

from fastapi import Response, status

from api.deps import CurrentCaller, SessionDep, SettingsDep, noun_router
from api.problems import problem_responses
from api.security import ADMIN, VIEWER
from shared.vimeo import sync
from shared.vimeo.schemas import SyncRunAccepted, SyncRunAnswer, SyncStatus

router = noun_router("/api/videos/sync/vimeo", tag="vimeo")


@router.get("", dependencies=[VIEWER], name="status")
async def read_status(session: SessionDep, settings: SettingsDep) -> SyncStatus:
    """Whether Vimeo is connected, what is left of today's requests, and the last run."""
    return await sync.status(session, settings)


@router.post(
    "", dependencies=[ADMIN], status_code=status.HTTP_202_ACCEPTED, responses=problem_responses(409), name="sync"
)
async def start_sync(
    response: Response, session: SessionDep, caller: CurrentCaller, settings: SettingsDep
) -> SyncRunAccepted:
    """Read the library at Vimeo now; the run that is under way, if there is one. Without a token it is 409."""
    run = await sync.request(session, settings, caller.actor)
    response.headers["Location"] = f"{settings.public_base_url}/api/videos/sync/vimeo/{run.id}"
    return SyncRunAccepted(run_id=run.id, status=run.status)


@router.get("/{run_id}", dependencies=[VIEWER], responses=problem_responses(404), name="run")
async def read_run(run_id: UUID, session: SessionDep, settings: SettingsDep) -> SyncRunAnswer:
    """How far a run is: its progress, what it did so far, and when it goes on if it waits."""
    return await sync.read_run(session, settings, run_id)
