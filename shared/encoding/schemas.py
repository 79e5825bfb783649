"""What workers report and what the API answers about jobs."""

import json
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, field_validator, model_validator
from pydantic.alias_generators import to_camel

from shared.clock import instant
from shared.encoding.models import (
    AttemptStatus,
    EncodingAttempt,
    EncodingJob,
    EncodingPart,
    JobStatus,
    PartStatus,
    Priority,
)
from shared.jobs.tasks import EncodeOptions, PartKind, PartPayload, Share

_CAMEL = ConfigDict(alias_generator=to_camel, populate_by_name=True)
_STRICT = ConfigDict(alias_generator=to_camel, extra="forbid", allow_inf_nan=False)
Short = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00]*$")]
Percent = Annotated[float, Field(ge=0, le=100)]
# Seconds, or seconds a second: more than a year is a mistake.
_MANY = 366 * 86400
Long = Annotated[str, StringConstraints(max_length=4000, pattern=r"^[^\x00]*$")]


def storable(value: dict[str, Any] | None) -> dict[str, Any] | None:
    """PostgreSQL's JSON knows neither NaN nor NUL nor lone surrogates."""
    try:
        text = json.dumps(value, allow_nan=False, ensure_ascii=False)
        text.encode()
    except (ValueError, RecursionError) as error:
        raise ValueError("must be JSON without NaN, infinities and lone surrogates") from error
    if "\\u0000" in text:
        raise ValueError("must not contain NUL characters")
    return value


_OBJECT_NAME = r"^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*\.[a-z0-9]+$"


class ReportStatus(StrEnum):
    """What a worker says. ``started`` claims the attempt, or one part of it; ``planned`` divides it into parts."""

    started = "started"
    planned = "planned"
    progress = "progress"
    completed = "completed"
    failed = "failed"


class ReportedRendition(BaseModel):
    """One rendition: the seed's two fields, and what we know beyond them."""

    model_config = _STRICT

    quality: Short
    url: Long
    width: int | None = Field(None, ge=1)
    height: int | None = Field(None, ge=1)
    bandwidth_bps: int | None = Field(None, ge=0, le=2**53)
    average_bandwidth_bps: int | None = Field(None, ge=0, le=2**53)
    codecs: Short | None = None
    frame_rate: float | None = Field(None, ge=0, le=1000)


class ReportedError(BaseModel):
    """Why an attempt failed."""

    model_config = _STRICT

    code: Annotated[Short, Field(min_length=1)]
    message: Long = ""


class Report(BaseModel):
    """The body of ``POST /api/encoding/webhook`` (seed 004, step 10, and api.md).

    ``outputUrl`` with ``progress`` means: what is encoded so far can be played from there. With ``partId`` and
    ``take`` it speaks of one part of a divided encode: ``progress`` is then that part's percentage, ``stored`` its
    segments that can be played, counted from its start, ``codecs`` maps directories to RFC 6381 strings, and
    ``manifest`` names the object that describes what a completed part has made. The part that finishes a job reports
    as a whole encode does; ``spare`` names objects beside ``parts/`` that were needed on the way and are not any more.
    ``source`` is what the probe found out.
    """

    model_config = _STRICT

    event_id: Annotated[Short, Field(min_length=1)] | None = None
    job_id: UUID
    video_id: UUID
    attempt: int | None = Field(None, ge=1)
    worker_id: Short | None = None
    status: ReportStatus
    progress: float | None = Field(None, ge=0, le=100)
    output_url: Long | None = None
    renditions: list[ReportedRendition] = Field(default_factory=list, max_length=100)
    thumbnails: list[Long] = Field(default_factory=list, max_length=100)
    report: dict[str, Any] | None = None
    error: ReportedError | None = None
    timestamp: Annotated[datetime, BeforeValidator(instant)]
    speed: float | None = Field(None, ge=0, le=_MANY)
    eta_seconds: float | None = Field(None, ge=0, le=_MANY)
    rung_progress: dict[Short, Percent] = Field(default_factory=dict, max_length=100)
    playable_seconds: float | None = Field(None, ge=0, le=_MANY)
    duration_seconds: float | None = Field(None, ge=0, le=_MANY)
    size_bytes: int | None = Field(None, ge=0, le=2**63 - 1)
    download_bytes: int | None = Field(None, ge=1, le=2**63 - 1)
    part_id: UUID | None = None
    take: int | None = Field(None, ge=1)
    plan: dict[str, Any] | None = None
    source: dict[str, Any] | None = None
    stored: int | None = Field(None, ge=0, le=10**6)
    codecs: dict[Short, Short] = Field(default_factory=dict, max_length=100)
    manifest: Short | None = None
    spare: list[Annotated[Short, Field(pattern=_OBJECT_NAME)]] = Field(default_factory=list, max_length=1000)

    @field_validator("renditions", "thumbnails", mode="before")
    @classmethod
    def _nothing_is_an_empty_list(cls, value: object) -> object:
        return [] if value is None else value

    @field_validator("report", "plan", "source")
    @classmethod
    def _storable(cls, value: dict[str, Any] | None) -> dict[str, Any] | None:
        return storable(value)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.status is ReportStatus.completed and not self.output_url and not self.manifest:
            raise ValueError("a completed report needs outputUrl, or that of a part its manifest")
        if (self.part_id is None) is not (self.take is None):
            raise ValueError("partId and take belong together")
        if self.manifest and self.part_id is None:
            raise ValueError("only a part has a manifest")
        if self.status is ReportStatus.planned and (self.plan is None or self.part_id is not None):
            raise ValueError("a planned report needs plan, and is about no part")
        if self.status is ReportStatus.failed and self.error is None:
            raise ValueError("a failed report needs error")
        return self


class ReportAnswer(BaseModel):
    """How a report was taken."""

    model_config = _CAMEL

    applied: bool = Field(description="false when the report was a repetition or came late, and changed nothing")
    job_status: JobStatus
    next: list[PartPayload] = Field(
        default_factory=list, description="parts that the reporting worker holds from now on and begins at once"
    )


PriorityName = Literal["low", "normal", "high"]


class EncodeRequest(BaseModel):
    """What whoever asks for an encode may choose; what is left out is as the settings have it."""

    model_config = _STRICT

    priority: PriorityName = "normal"
    loudness_lufs: float | None = Field(
        None,
        ge=-40,
        le=-5,
        strict=True,
        description="loudness that the sound is brought to (EBU R 128); null leaves it as it is",
    )
    progressive_mp4: bool = Field(False, strict=True, description="make an MP4 file to download beside the stream")


class JobPatch(BaseModel):
    """What can be changed about a job."""

    model_config = _STRICT

    priority: PriorityName


class EncodeAccepted(BaseModel):
    """The job that will encode, or is encoding, the video. One that was there already keeps its own options."""

    model_config = _CAMEL

    job_id: UUID
    status: JobStatus
    priority: PriorityName
    options: EncodeOptions


class JobError(BaseModel):
    """The last error of a job."""

    code: str
    message: str


class WindowCounts(BaseModel):
    """The windows of a divided encode."""

    total: int
    done: int
    running: int
    queued: int


class PartOut(BaseModel):
    """One part of a divided encode: a window of the film, the sound, or the finish."""

    model_config = _CAMEL

    kind: PartKind
    number: int
    share: Share = Field(description="which rungs; the first window of a long film is made in two shares")
    status: PartStatus
    take: int = Field(description="grows whenever the part is begun again")
    worker_id: str | None
    progress: float
    speed: float | None
    failures: int
    losses: int
    error: JobError | None
    started_at: datetime | None
    finished_at: datetime | None

    @classmethod
    def build(cls, row: EncodingPart) -> Self:
        """From the row."""
        fields = {name: getattr(row, name) for name in cls.model_fields if name != "error"}
        return cls(**fields, error=_error(row))


class AttemptOut(BaseModel):
    """One try of a job."""

    model_config = _CAMEL

    number: int
    status: AttemptStatus
    worker_id: str | None
    started_at: datetime | None
    finished_at: datetime | None
    error: JobError | None

    @classmethod
    def build(cls, row: EncodingAttempt) -> Self:
        """From the row."""
        fields = {name: getattr(row, name) for name in cls.model_fields if name != "error"}
        return cls(**fields, error=_error(row))


def _error(row: EncodingPart | EncodingAttempt) -> JobError | None:
    return JobError(code=row.error_code, message=row.error_message or "") if row.error_code else None


class JobOut(BaseModel):
    """A job as the API answers it in lists."""

    model_config = _CAMEL

    id: UUID
    video_id: UUID
    status: JobStatus
    progress: int
    attempt: int = Field(description="grows with every new beginning, also after a worker was lost")
    max_attempts: int = Field(description="failed attempts (`attemptCount`) after which the job is given up")
    attempt_count: int = Field(description="attempts that failed; attempts whose worker was lost do not count")
    next_retry_at: datetime | None
    error: JobError | None
    error_history: list[dict[str, Any]]
    renditions: list[dict[str, Any]]
    report: dict[str, Any] | None
    worker_id: str | None
    speed: float | None = Field(description="seconds of video encoded in a second")
    eta_seconds: float | None
    rung_progress: dict[str, float]
    playable_seconds: float | None = Field(description="how much can be watched already; null before anything can")
    priority: PriorityName
    options: EncodeOptions
    workers: list[str] = Field(description="ids of the workers that are at it now")
    windows: WindowCounts | None = Field(description="null for an encode that is not divided")
    alert_sent: bool = Field(description="operators have been told that it failed for good")
    created_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    updated_at: datetime

    @classmethod
    def build(cls, job: EncodingJob, divided: tuple[int, int, int, list[str]] | None, **more: Any) -> Self:
        """From the row. ``divided``: windows in all, done and running, and the workers at work on them."""
        fields = {name: getattr(job, name) for name in _PLAIN}
        windows, workers = None, [job.worker_id] if job.worker_id and job.status == JobStatus.processing else []
        if divided is not None:
            total, done, running, workers = divided
            windows = WindowCounts(total=total, done=done, running=running, queued=total - done - running)
        return cls(
            **fields,
            renditions=[dict(rendition) for rendition in job.renditions],
            error=JobError(code=job.error_code, message=job.last_error or "") if job.error_code else None,
            priority=Priority(job.priority).name,
            options=EncodeOptions.model_validate(job.options),
            workers=workers,
            windows=windows,
            **more,
        )


_PLAIN = set(JobOut.model_fields) - {"renditions", "error", "priority", "options", "workers", "windows"}


class JobDetail(JobOut):
    """A job with its parts and attempts."""

    parts: list[PartOut] = Field(description="of a divided encode, in the order of the film")
    attempts: list[AttemptOut]

    @classmethod
    def build_with(
        cls,
        job: EncodingJob,
        divided: tuple[int, int, int, list[str]] | None,
        parts: list[EncodingPart],
        attempts: list[EncodingAttempt],
    ) -> Self:
        """From the rows."""
        return cls.build(
            job,
            divided,
            parts=[PartOut.build(part) for part in parts],
            attempts=[AttemptOut.build(attempt) for attempt in attempts],
        )


class JobPage(BaseModel):
    """One page of jobs, newest first."""

    model_config = _CAMEL

    items: list[JobOut]
    total: int
    total_is_estimate: bool = False
    next_cursor: str | None
