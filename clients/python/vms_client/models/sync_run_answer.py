from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.run_status import RunStatus

if TYPE_CHECKING:
    from ..models.sync_error import SyncError
    from ..models.sync_summary import SyncSummary


T = TypeVar("T", bound="SyncRunAnswer")


@_attrs_define
class SyncRunAnswer:
    """One run."""

    run_id: UUID
    status: RunStatus
    """ State of a sync run. """
    progress: int
    eta_seconds: float | None
    """ With the pace, the quota and pauses counted in; null is unknown. """
    next_at: datetime.datetime | None
    """ When a run goes on that waits. """
    total: int | None
    """ Videos in the library at Vimeo; null before the first answer. """
    summary: SyncSummary
    """ What a run has done so far. """
    error: None | SyncError
    error_items: list[Any]
    """ Videos that could not be taken, with the reason. """
    requested_by: None | str
    created_at: datetime.datetime
    started_at: datetime.datetime | None
    finished_at: datetime.datetime | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.sync_error import SyncError  # noqa: PLC0415

        run_id = str(self.run_id)

        status = self.status.value

        progress = self.progress

        eta_seconds: float | None
        eta_seconds = self.eta_seconds

        next_at: None | str
        if isinstance(self.next_at, datetime.datetime):
            next_at = self.next_at.isoformat()
        else:
            next_at = self.next_at

        total: int | None
        total = self.total

        summary = self.summary.to_dict()

        error: dict[str, Any] | None
        if isinstance(self.error, SyncError):
            error = self.error.to_dict()
        else:
            error = self.error

        error_items = self.error_items

        requested_by: None | str
        requested_by = self.requested_by

        created_at = self.created_at.isoformat()

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
                "runId": run_id,
                "status": status,
                "progress": progress,
                "etaSeconds": eta_seconds,
                "nextAt": next_at,
                "total": total,
                "summary": summary,
                "error": error,
                "errorItems": error_items,
                "requestedBy": requested_by,
                "createdAt": created_at,
                "startedAt": started_at,
                "finishedAt": finished_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.sync_error import SyncError  # noqa: PLC0415
        from ..models.sync_summary import SyncSummary  # noqa: PLC0415

        d = dict(src_dict)
        run_id = UUID(d.pop("runId"))

        status = RunStatus(d.pop("status"))

        progress = d.pop("progress")

        def _parse_eta_seconds(data: object) -> float | None:
            if data is None:
                return data
            return cast(float | None, data)

        eta_seconds = _parse_eta_seconds(d.pop("etaSeconds"))

        def _parse_next_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                next_at_type_0 = datetime.datetime.fromisoformat(data)

                return next_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        next_at = _parse_next_at(d.pop("nextAt"))

        def _parse_total(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        total = _parse_total(d.pop("total"))

        summary = SyncSummary.from_dict(d.pop("summary"))

        def _parse_error(data: object) -> None | SyncError:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                error_type_0 = SyncError.from_dict(data)

                return error_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | SyncError, data)

        error = _parse_error(d.pop("error"))

        error_items = cast(list[Any], d.pop("errorItems"))

        def _parse_requested_by(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        requested_by = _parse_requested_by(d.pop("requestedBy"))

        created_at = datetime.datetime.fromisoformat(d.pop("createdAt"))

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

        sync_run_answer = cls(
            run_id=run_id,
            status=status,
            progress=progress,
            eta_seconds=eta_seconds,
            next_at=next_at,
            total=total,
            summary=summary,
            error=error,
            error_items=error_items,
            requested_by=requested_by,
            created_at=created_at,
            started_at=started_at,
            finished_at=finished_at,
        )

        sync_run_answer.additional_properties = d
        return sync_run_answer

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
