"""Moving videos from Vimeo to our own hosting, and back."""

from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

import httpx
from fastapi import Depends, Request, status

from api.deps import CurrentCaller, Cursor, DatabaseDep, Limit, SessionDep, SettingsDep, noun_router
from api.problems import problem_responses
from api.security import ADMIN, SIGNED, VIEWER
from api.signed import signature_docs, signed_body
from shared.hosting import batches, reporting
from shared.hosting import service as hosting_service
from shared.hosting.models import BatchStatus
from shared.hosting.reports import MoveReport, MoveReportAnswer
from shared.hosting.schemas import (
    BatchAccepted,
    BatchDetail,
    BatchInput,
    BatchOut,
    FinaliseInput,
    MigrationsOverview,
    MoveOut,
)
from shared.library import selection
from shared.library import service as library_service
from shared.library.schemas import VideoOut

router = noun_router("/api", tag="hosting")


async def _http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient() as client:
        yield client


HttpDep = Annotated[httpx.AsyncClient, Depends(_http)]


@router.post(
    "/videos/{video_id}/migrate",
    dependencies=[ADMIN],
    status_code=status.HTTP_202_ACCEPTED,
    responses=problem_responses(404, 409),
    name="migrate",
)
async def migrate(video_id: UUID, session: SessionDep, settings: SettingsDep, caller: CurrentCaller) -> MoveOut:
    """Move a `vimeo_only` video to our own hosting: download, encode, compare, and only then switch.

    Viewers get it from Vimeo until then. A migration that fails leaves it there, with `migrationError`.
    """
    return hosting_service.describe(await hosting_service.request_move(session, settings, caller.actor, video_id))


@router.get("/videos/{video_id}/migration", dependencies=[VIEWER], responses=problem_responses(404), name="read")
async def read_migration(video_id: UUID, session: SessionDep) -> MoveOut:
    """The newest migration of a video: how far it is, or what became of it."""
    return hosting_service.describe(await hosting_service.move_of(session, video_id))


@router.post(
    "/videos/{video_id}/rollback", dependencies=[ADMIN], responses=problem_responses(404, 409, 503), name="rollback"
)
async def roll_back(
    video_id: UUID,
    session: SessionDep,
    settings: SettingsDep,
    database: DatabaseDep,
    http: HttpDep,
    caller: CurrentCaller,
) -> VideoOut:
    """Have a `hetzner_primary` video played from Vimeo again, at once. Its files here are kept.

    Vimeo is asked for the video first: where it is gone or refused there, this is 409, where Vimeo does not answer 503.
    """
    seen = await hosting_service.ask_vimeo(database, settings, http, video_id)
    video = await hosting_service.roll_back(session, caller.actor, video_id, seen)
    return await library_service.answer(session, video)


@router.post(
    "/videos/{video_id}/finalise", dependencies=[ADMIN], responses=problem_responses(404, 409), name="finalise"
)
async def finalise(
    video_id: UUID, body: FinaliseInput, session: SessionDep, settings: SettingsDep, caller: CurrentCaller
) -> VideoOut:
    """Give the copy at Vimeo up: from then on the video is `hetzner_only` and cannot be rolled back.

    `confirm` is the video's title. Allowed when MIGRATION_FINALISE_GRACE_SECONDS have passed since it was switched.
    """
    video = await hosting_service.finalise(session, settings, caller.actor, video_id, confirm=body.confirm)
    return await library_service.answer(session, video)


@router.get("/migrations", dependencies=[VIEWER], name="overview")
async def read_overview(session: SessionDep, settings: SettingsDep) -> MigrationsOverview:
    """Where the library is hosted, and what that saves a month."""
    return await hosting_service.overview(session, settings)


@router.post(
    "/migrations",
    dependencies=[ADMIN],
    status_code=status.HTTP_202_ACCEPTED,
    responses=problem_responses(409),
    name="begin",
)
async def begin_batch(
    body: BatchInput, session: SessionDep, settings: SettingsDep, caller: CurrentCaller
) -> BatchAccepted:
    """Migrate many videos: those with these ids, or those that `GET /api/videos` finds with this filter.

    What cannot be migrated is an item with status `skipped` that says why. At most 10 000 videos.
    """
    ids, found_by = body.ids or [], None
    if body.filter is not None:
        ids = await selection.find(session, body.filter)
        found_by = body.filter.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return await batches.begin(session, settings, caller.actor, ids, found_by=found_by)


@router.post(
    "/migrations/reports",
    dependencies=[SIGNED],
    responses=problem_responses(400, 401, 404, 409),
    openapi_extra=signature_docs(MoveReport),
    name="report",
)
async def take_report(request: Request, session: SessionDep, settings: SettingsDep) -> MoveReportAnswer:
    """A transfer worker's report. 409 means that its take is over and the worker is to stop."""
    _, report = await signed_body(request, settings, MoveReport)
    return MoveReportAnswer(applied=await reporting.record_report(session, settings, report))


@router.get("/migrations/{batch_id}", dependencies=[VIEWER], responses=problem_responses(404), name="batch")
async def read_batch(batch_id: UUID, session: SessionDep, limit: Limit = 50, cursor: Cursor = None) -> BatchDetail:
    """A batch, how far it is, and a page of its items."""
    return await batches.detail(session, batch_id, cursor=cursor, limit=limit)


@router.post("/migrations/{batch_id}/pause", dependencies=[ADMIN], responses=problem_responses(404, 409), name="pause")
async def pause(batch_id: UUID, session: SessionDep, caller: CurrentCaller) -> BatchOut:
    """Begin no more videos of a batch; those that have begun go on."""
    await batches.change(session, caller.actor, batch_id, BatchStatus.paused, action="hosting.pause")
    return await batches.summary(session, batch_id)


@router.post(
    "/migrations/{batch_id}/resume", dependencies=[ADMIN], responses=problem_responses(404, 409), name="resume"
)
async def resume(batch_id: UUID, session: SessionDep, caller: CurrentCaller) -> BatchOut:
    """Go on with a batch that was paused."""
    await batches.change(session, caller.actor, batch_id, BatchStatus.running, action="hosting.resume")
    return await batches.summary(session, batch_id)


@router.post(
    "/migrations/{batch_id}/cancel", dependencies=[ADMIN], responses=problem_responses(404, 409), name="cancel"
)
async def cancel(batch_id: UUID, session: SessionDep, caller: CurrentCaller) -> BatchOut:
    """Stop a batch, also the videos that have begun; they play from Vimeo as before. What has arrived stays."""
    await batches.cancel(session, caller.actor, batch_id)
    return await batches.summary(session, batch_id)
