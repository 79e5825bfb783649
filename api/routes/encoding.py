"""Encoding: asking for it, watching it, and the workers' signed reports."""

import hashlib
import json
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, status
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from api.deps import CurrentCaller, Cursor, Limit, S3Dep, SessionDep, SettingsDep, noun_router
from api.problems import problem_responses
from api.security import EDITOR, SIGNED, VIEWER, refuse_unknown_query
from shared.clock import instant, utc_now
from shared.config import Settings
from shared.encoding import outputs, signature
from shared.encoding import service as encoding_service
from shared.encoding.models import EncodingJob, JobStatus
from shared.encoding.schemas import EncodeAccepted, JobOut, JobPage, Report, ReportAnswer
from shared.playback.urls import output_urls
from shared.videos import service as videos_service

router = noun_router("/api", tag="encoding")


@router.post(
    "/videos/{video_id}/encode",
    dependencies=[EDITOR],
    status_code=status.HTTP_202_ACCEPTED,
    responses=problem_responses(404, 409),
    name="request",
)
async def request_encode(
    video_id: UUID, session: SessionDep, settings: SettingsDep, caller: CurrentCaller
) -> EncodeAccepted:
    """Encode the video's master file. A job that is already queued or running is answered again."""
    job = await encoding_service.request_encode(session, settings, caller.actor, video_id)
    return EncodeAccepted(job_id=job.id, status=JobStatus(job.status))


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
        items=await _answers(session, settings, page.items),
        total=page.total,
        total_is_estimate=page.total_is_estimate,
        next_cursor=page.next_cursor,
    )


@router.get("/encoding/jobs/{job_id}", dependencies=[VIEWER], responses=problem_responses(404), name="job")
async def read_job(job_id: UUID, session: SessionDep, settings: SettingsDep) -> JobOut:
    """One job with its renditions, errors and verification report."""
    return (await _answers(session, settings, [await encoding_service.get_job(session, job_id)]))[0]


async def _answers(session: AsyncSession, settings: Settings, jobs: list[EncodingJob]) -> list[JobOut]:
    """Jobs with rendition URLs that play as they are."""
    visibilities = await videos_service.visibilities(session, [job.video_id for job in jobs])
    answers = []
    for job in jobs:
        answer = JobOut.build(job)
        if job.output_key and job.video_id in visibilities:
            urls = output_urls(settings, job.output_key.removesuffix(outputs.MULTIVARIANT), visibilities[job.video_id])
            for rendition in answer.renditions:
                if "://" not in rendition["url"]:
                    rendition["url"] = urls.to(rendition["url"])
        answers.append(answer)
    return answers


@router.post(
    "/encoding/webhook",
    dependencies=[SIGNED],
    responses=problem_responses(401, 404, 409, 413),
    openapi_extra={
        "parameters": [
            {
                "name": signature.SIGNATURE_HEADER,
                "in": "header",
                "required": True,
                "schema": {"type": "string", "pattern": "^sha256=[0-9a-f]{64}$"},
                "description": "HMAC-SHA256 of the raw body with ENCODING_WEBHOOK_SECRET",
            }
        ],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Report"}}},
        },
    },
    name="webhook",
)
async def webhook(request: Request, session: SessionDep, settings: SettingsDep, s3: S3Dep) -> ReportAnswer:
    """A worker's report. Signature, time, schema, job and attempt are checked in this order."""
    raw = await request.body()
    signature.verify(settings.webhook_secrets, raw, request.headers.get(signature.SIGNATURE_HEADER))
    refuse_unknown_query(request, ())
    report = _parse(raw)
    prefix = await outputs.reported_prefix(session, s3, settings, report)
    job, applied = await encoding_service.record_report(
        session,
        settings,
        report,
        event_id=report.event_id or hashlib.sha256(raw).hexdigest(),
        output_prefix=prefix,
    )
    return ReportAnswer(applied=applied, job_status=JobStatus(job.status))


def _parse(raw: bytes) -> Report:
    """The report, after a look at its age.

    :raises TimestampRejected: more than 300 s from now.
    :raises RequestValidationError: not JSON, or not a report.
    """
    try:
        document: Any = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise RequestValidationError(
            [{"type": "json_invalid", "loc": ("body",), "msg": "the body is not JSON", "input": None}]
        ) from error
    if isinstance(document, dict):
        _check_age(document.get("timestamp"))
    try:
        return Report.model_validate(document)
    except ValidationError as error:
        raise RequestValidationError(
            [{**entry, "loc": ("body", *entry["loc"])} for entry in error.errors(include_context=False)]
        ) from error


def _check_age(timestamp: Any) -> None:
    """What is not a time is left to the schema, which takes no other form than this function does."""
    try:
        age = abs((utc_now() - instant(timestamp)).total_seconds())
    except ValueError:
        return
    if age > signature.TOLERANCE_SECONDS:
        raise signature.TimestampRejected(f"The timestamp is {age:.0f} s from now; at most 300 s are accepted")
