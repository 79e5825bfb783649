from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.move_status import MoveStatus
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.move_check_out import MoveCheckOut


T = TypeVar("T", bound="MoveOut")


@_attrs_define
class MoveOut:
    """One video on its way, arrived, or back."""

    id: UUID
    video_id: UUID
    batch_id: None | UUID
    status: MoveStatus
    """ State of a move. ``skipped``: an item of a batch that could not be moved, so nothing was begun. """
    progress: float
    """ 0 to 100 over all steps; never goes back """
    received_bytes: int
    size_bytes: int | None
    job_id: None | UUID
    """ the encoding job """
    checks: list[MoveCheckOut]
    error_code: None | str
    error_message: None | str
    """ why it failed or was skipped, or what it waits for """
    next_at: datetime.datetime | None
    """ when the step is tried again """
    created_at: datetime.datetime
    started_at: datetime.datetime | None
    finished_at: datetime.datetime | None
    eta_seconds: int | None | Unset = UNSET
    """ until it is hosted here, as far as can be told """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = str(self.id)

        video_id = str(self.video_id)

        batch_id: None | str
        if isinstance(self.batch_id, UUID):
            batch_id = str(self.batch_id)
        else:
            batch_id = self.batch_id

        status = self.status.value

        progress = self.progress

        received_bytes = self.received_bytes

        size_bytes: int | None
        size_bytes = self.size_bytes

        job_id: None | str
        if isinstance(self.job_id, UUID):
            job_id = str(self.job_id)
        else:
            job_id = self.job_id

        checks = []
        for checks_item_data in self.checks:
            checks_item = checks_item_data.to_dict()
            checks.append(checks_item)

        error_code: None | str
        error_code = self.error_code

        error_message: None | str
        error_message = self.error_message

        next_at: None | str
        if isinstance(self.next_at, datetime.datetime):
            next_at = self.next_at.isoformat()
        else:
            next_at = self.next_at

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

        eta_seconds: int | None | Unset
        if isinstance(self.eta_seconds, Unset):
            eta_seconds = UNSET
        else:
            eta_seconds = self.eta_seconds

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "videoId": video_id,
                "batchId": batch_id,
                "status": status,
                "progress": progress,
                "receivedBytes": received_bytes,
                "sizeBytes": size_bytes,
                "jobId": job_id,
                "checks": checks,
                "errorCode": error_code,
                "errorMessage": error_message,
                "nextAt": next_at,
                "createdAt": created_at,
                "startedAt": started_at,
                "finishedAt": finished_at,
            }
        )
        if eta_seconds is not UNSET:
            field_dict["etaSeconds"] = eta_seconds

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.move_check_out import MoveCheckOut  # noqa: PLC0415

        d = dict(src_dict)
        id = UUID(d.pop("id"))

        video_id = UUID(d.pop("videoId"))

        def _parse_batch_id(data: object) -> None | UUID:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                batch_id_type_0 = UUID(data)

                return batch_id_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | UUID, data)

        batch_id = _parse_batch_id(d.pop("batchId"))

        status = MoveStatus(d.pop("status"))

        progress = d.pop("progress")

        received_bytes = d.pop("receivedBytes")

        def _parse_size_bytes(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        size_bytes = _parse_size_bytes(d.pop("sizeBytes"))

        def _parse_job_id(data: object) -> None | UUID:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                job_id_type_0 = UUID(data)

                return job_id_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | UUID, data)

        job_id = _parse_job_id(d.pop("jobId"))

        checks = []
        _checks = d.pop("checks")
        for checks_item_data in _checks:
            checks_item = MoveCheckOut.from_dict(checks_item_data)

            checks.append(checks_item)

        def _parse_error_code(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        error_code = _parse_error_code(d.pop("errorCode"))

        def _parse_error_message(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        error_message = _parse_error_message(d.pop("errorMessage"))

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

        def _parse_eta_seconds(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        eta_seconds = _parse_eta_seconds(d.pop("etaSeconds", UNSET))

        move_out = cls(
            id=id,
            video_id=video_id,
            batch_id=batch_id,
            status=status,
            progress=progress,
            received_bytes=received_bytes,
            size_bytes=size_bytes,
            job_id=job_id,
            checks=checks,
            error_code=error_code,
            error_message=error_message,
            next_at=next_at,
            created_at=created_at,
            started_at=started_at,
            finished_at=finished_at,
            eta_seconds=eta_seconds,
        )

        move_out.additional_properties = d
        return move_out

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
