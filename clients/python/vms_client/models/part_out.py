from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.part_kind import PartKind
from ..models.part_status import PartStatus
from ..models.share import Share

if TYPE_CHECKING:
    from ..models.job_error import JobError


T = TypeVar("T", bound="PartOut")


@_attrs_define
class PartOut:
    """One part of a divided encode: a window of the film, the sound, or the finish."""

    kind: PartKind
    """ What a part of a divided encode makes. ``finish`` comes last: playlists, pictures, verification. """
    number: int
    share: Share
    """ Which rungs of a window: the first window's lowest ones are made first, so that viewers can begin. """
    status: PartStatus
    """ State of a part of a divided encode. ``cancelled``: its job ended without it. """
    take: int
    """ grows whenever the part is begun again """
    worker_id: None | str
    progress: float
    speed: float | None
    failures: int
    losses: int
    error: JobError | None
    started_at: datetime.datetime | None
    finished_at: datetime.datetime | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.job_error import JobError  # noqa: PLC0415

        kind = self.kind.value

        number = self.number

        share = self.share.value

        status = self.status.value

        take = self.take

        worker_id: None | str
        worker_id = self.worker_id

        progress = self.progress

        speed: float | None
        speed = self.speed

        failures = self.failures

        losses = self.losses

        error: dict[str, Any] | None
        if isinstance(self.error, JobError):
            error = self.error.to_dict()
        else:
            error = self.error

        started_at: None | str
        if isinstance(self.started_at, datetime.datetime):
            started_at = self.started_at.isoformat()
        else:
            started_at = self.started_at

        finished_at: None | str
        if isinstance(self.finished_at, datetime.datetime):
            finished_at = self.finished_at.isoformat()
        else:
            finished_at = self.finished_at

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "kind": kind,
                "number": number,
                "share": share,
                "status": status,
                "take": take,
                "workerId": worker_id,
                "progress": progress,
                "speed": speed,
                "failures": failures,
                "losses": losses,
                "error": error,
                "startedAt": started_at,
                "finishedAt": finished_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.job_error import JobError  # noqa: PLC0415

        d = dict(src_dict)
        kind = PartKind(d.pop("kind"))

        number = d.pop("number")

        share = Share(d.pop("share"))

        status = PartStatus(d.pop("status"))

        take = d.pop("take")

        def _parse_worker_id(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        worker_id = _parse_worker_id(d.pop("workerId"))

        progress = d.pop("progress")

        def _parse_speed(data: object) -> float | None:
            if data is None:
                return data
            return cast(float | None, data)

        speed = _parse_speed(d.pop("speed"))

        failures = d.pop("failures")

        losses = d.pop("losses")

        def _parse_error(data: object) -> JobError | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                error_type_0 = JobError.from_dict(data)

                return error_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(JobError | None, data)

        error = _parse_error(d.pop("error"))

        def _parse_started_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                started_at_type_0 = datetime.datetime.fromisoformat(data)

                return started_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        started_at = _parse_started_at(d.pop("startedAt"))

        def _parse_finished_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                finished_at_type_0 = datetime.datetime.fromisoformat(data)

                return finished_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        finished_at = _parse_finished_at(d.pop("finishedAt"))

        part_out = cls(
            kind=kind,
            number=number,
            share=share,
            status=status,
            take=take,
            worker_id=worker_id,
            progress=progress,
            speed=speed,
            failures=failures,
            losses=losses,
            error=error,
            started_at=started_at,
            finished_at=finished_at,
        )

        part_out.additional_properties = d
        return part_out

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
