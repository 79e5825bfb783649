"""What transfer workers report about the moves whose bytes they carry: the body of ``POST /api/migrations/reports``."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator
from pydantic.alias_generators import to_camel

from shared.clock import instant

_STRICT = ConfigDict(alias_generator=to_camel, extra="forbid", allow_inf_nan=False)
_Short = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00]*$")]
_Long = Annotated[str, StringConstraints(max_length=4000, pattern=r"^[^\x00]*$")]
_Bytes = Annotated[int, Field(ge=0, lt=2**50)]
_MAX_CHECKS = 200


class MoveReportStatus(StrEnum):
    """What a worker says. Each renews the lease; ``progress`` before anything is done claims the take."""

    progress = "progress"
    fetched = "fetched"
    compared = "compared"
    failed = "failed"


class MoveCheck(BaseModel):
    """One thing that was compared, and what came of it."""

    model_config = _STRICT

    name: _Short
    ok: bool
    detail: _Long = ""


class MoveError(BaseModel):
    """Why a step failed. ``permanent``: trying again cannot help."""

    model_config = _STRICT

    code: Annotated[_Short, Field(min_length=1)]
    message: _Long = ""
    permanent: bool = False


class MoveReport(BaseModel):
    """One report. ``fetched`` needs the size and the SHA-256 of what was stored, ``compared`` the checks, ``failed``
    the error. ``take`` is the one of the task's payload."""

    model_config = _STRICT

    event_id: Annotated[_Short, Field(min_length=1)]
    move_id: UUID
    take: Annotated[int, Field(ge=1, lt=2**31)]
    status: MoveReportStatus
    received_bytes: _Bytes | None = None
    size_bytes: _Bytes | None = None
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = None
    md5: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")] | None = None
    content_type: _Short | None = None
    checks: Annotated[list[MoveCheck], Field(max_length=_MAX_CHECKS)] | None = None
    error: MoveError | None = None
    worker_id: _Short | None = None
    timestamp: Annotated[datetime, BeforeValidator(instant)]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.status is MoveReportStatus.fetched and (not self.size_bytes or self.sha256 is None):
            raise ValueError("fetched needs sizeBytes above 0 and sha256")
        if self.status is MoveReportStatus.compared and not self.checks:
            raise ValueError("compared needs checks")
        if self.status is MoveReportStatus.failed and self.error is None:
            raise ValueError("failed needs error")
        return self


class MoveReportAnswer(BaseModel):
    """How a report was taken."""

    applied: bool
