"""One action on many videos."""

import json

from fastapi import Request
from starlette.requests import ClientDisconnect

from api.deps import CurrentCaller, SessionDep, SettingsDep, noun_router
from api.problems import problem_responses
from api.security import editor_or
from shared.auth.models import Role
from shared.library import bulk
from shared.videos.schemas import BulkInput, BulkResults

router = noun_router("/api/videos", tag="videos")


async def _role(request: Request) -> Role | None:
    """Some actions are for admins. A body that cannot be read is refused later."""
    try:
        body = json.loads(await request.body())
    except (ValueError, RecursionError, ClientDisconnect):
        return None
    action = body.get("action") if isinstance(body, dict) else None
    return Role.admin if isinstance(action, str) and action in bulk.ADMIN_ACTIONS else None


@router.post(
    "/bulk",
    dependencies=[editor_or(_role)],
    responses=problem_responses(404),
    response_model_exclude_none=True,
    name="bulk",
)
async def run_bulk(body: BulkInput, session: SessionDep, caller: CurrentCaller, settings: SettingsDep) -> BulkResults:
    """Do one thing to up to 500 videos, in one transaction.

    The answer says for each id whether it was done, in the order of the ids; an error of one video stops no other.
    Archived videos can only be restored. `migrate` and `rollback` are for admins. An unknown course or module is 404
    and changes nothing.
    """
    return BulkResults(results=await bulk.run(session, settings, caller.actor, body.root))
