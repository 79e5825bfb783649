"""Encoding: asking for it, watching it, and the workers' signed reports."""

import hashlib
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import Body, Query, Request, status
from sqlalchemy.ext.asyncio import AsyncSession

from api.deps import CurrentCaller, Cursor, Limit, S3Dep, SessionDep, SettingsDep, noun_router
from api.preconditions import IfMatch
from api.problems import problem_responses
from api.security import EDITOR, SIGNED, VIEWER
from api.signed import signature_docs, signed_body
from shared.config import Settings
from shared.encoding import outputs, reports
from shared.encoding import service as encoding_service
from shared.encoding.models import EncodingJob, JobStatus, Priority
from shared.encoding.schemas import (
    EncodeAccepted,
    EncodeRequest,
    JobDetail,
    JobOut,
    JobPage,
    JobPatch,
    Report,
    ReportAnswer,
)
from shared.jobs.tasks import EncodeOptions
from shared.playback.urls import output_urls
from shared.videos import service as videos_service

router = noun_router("/api", tag="encoding")
JobT = TypeVar("JobT", bound=JobOut)


@router.post(
    "/videos/{video_id}/encode",
    dependencies=[EDITOR],
    status_code=status.HTTP_202_ACCEPTED,
    responses=problem_responses(404, 409),
    name="request",
)
async def request_encode(
    video_id: UUID,
    session: SessionDep,
    settings: SettingsDep,
    caller: CurrentCaller,
    wanted: Annotated[EncodeRequest | None, Body()] = None,
) -> EncodeAccepted:
    """Encode the video's master file. A job that is already queued or running is answered again, as it is."""
    job = await encoding_service.request_encode(session, settings, caller.actor, video_id, wanted)
    return EncodeAccepted(
        job_id=job.id,
        status=JobStatus(job.status),
        priority=Priority(job.priority).name,
        options=EncodeOptions.model_validate(job.options),
    )


@router.get("/encoding/jobs", dependencies=[VIEWER], name="jobs")
async def list_jobs(
    session: SessionDep,
    settings: SettingsDep,
    limit: Limit = 50,
    cursor: Cursor = None,
    video_id: Annotated[UUID | None, Query(alias="videoId")] = None,
    statuses: Annotated[list[JobStatus] | None, Query(alias="status", max_length=20)] = None,
) -> JobPage:
    """Jobs, newest first. A repeated `status` means any of them."""
    page = await encoding_service.list_jobs(
        session, video_id=video_id, statuses=sorted(set(statuses or ())), cursor=cursor, limit=limit
    )
    return JobPage(
        items=await _playable(session, settings, page.items, await encoding_service.summaries(session, page.items)),
        total=page.total,
        total_is_estimate=page.total_is_estimate,
        next_cursor=page.next_cursor,
    )


@router.get("/encoding/jobs/{job_id}", dependencies=[VIEWER], responses=problem_responses(404), name="job")
async def read_job(job_id: UUID, session: SessionDep, settings: SettingsDep) -> JobDetail:
    """One job with its parts, attempts, renditions, errors and verification report."""
    return await _detail(session, settings, await encoding_service.get_job(session, job_id))


@router.post("/encoding/jobs/{job_id}/cancel", dependencies=[EDITOR], responses=problem_responses(404, 409))
async def cancel(job_id: UUID, session: SessionDep, settings: SettingsDep, caller: CurrentCaller) -> JobDetail:
    """Stop a job, whether it waits, runs or waits for a retry. A cancelled one is answered as it is."""
    return await _detail(session, settings, await encoding_service.cancel(session, caller.actor, job_id))


@router.post("/encoding/jobs/{job_id}/retry", dependencies=[EDITOR], responses=problem_responses(404, 409))
async def retry(job_id: UUID, session: SessionDep, settings: SettingsDep, caller: CurrentCaller) -> JobDetail:
    """Begin a failed or cancelled job again, or have one that waits for a retry wait no longer."""
    return await _detail(session, settings, await encoding_service.retry(session, caller.actor, job_id))


@router.patch(
    "/encoding/jobs/{job_id}", dependencies=[EDITOR], responses=problem_responses(404, 409, 412), name="update"
)
async def update_job(
    job_id: UUID, body: JobPatch, session: SessionDep, settings: SettingsDep, caller: CurrentCaller, if_match: IfMatch
) -> JobDetail:
    """Have a job taken before others, or after them."""
    job = await encoding_service.job_to_change(session, job_id)
    await if_match.check(lambda: _detail(session, settings, job))
    await encoding_service.set_priority(session, caller.actor, job, Priority[body.priority])
    return await _detail(session, settings, job)


async def _detail(session: AsyncSession, settings: Settings, job: EncodingJob) -> JobDetail:
    # What the database fills in is read back first, so that every answer about a state is the same.
    await session.flush()
    await session.refresh(job)
    return (await _playable(session, settings, [job], [await encoding_service.detail(session, job)]))[0]


async def _playable(
    session: AsyncSession, settings: Settings, jobs: list[EncodingJob], answers: list[JobT]
) -> list[JobT]:
    """The answers, with rendition URLs that play as they are."""
    visibilities = await videos_service.visibilities(session, [job.video_id for job in jobs])
    for job, answer in zip(jobs, answers, strict=True):
        if job.output_key and job.video_id in visibilities:
            urls = output_urls(settings, job.output_key.removesuffix(outputs.MULTIVARIANT), visibilities[job.video_id])
            for rendition in answer.renditions:
                if "://" not in rendition["url"]:
                    rendition["url"] = urls.to(rendition["url"])
    return answers


@router.post(
    "/encoding/webhook",
    dependencies=[SIGNED],
    responses=problem_responses(401, 404, 409, 413),
    openapi_extra=signature_docs(Report),
    name="webhook",
)
async def webhook(request: Request, session: SessionDep, settings: SettingsDep, s3: S3Dep) -> ReportAnswer:
    """A worker's report. Signature, time, schema, job and attempt are checked in this order."""
    raw, report = await signed_body(request, settings, Report)
    prefix = await outputs.reported_prefix(session, s3, settings, report)
    outcome = await reports.record_report(
        session,
        settings,
        report,
        event_id=report.event_id or hashlib.sha256(raw).hexdigest(),
        output_prefix=prefix,
    )
    return ReportAnswer(applied=outcome.applied, job_status=JobStatus(outcome.job.status), next=outcome.next)
