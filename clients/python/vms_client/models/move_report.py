from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define

from ..models.move_report_status import MoveReportStatus
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.move_check import MoveCheck
    from ..models.move_error import MoveError


T = TypeVar("T", bound="MoveReport")


@_attrs_define
class MoveReport:
    """One report. ``fetched`` needs the size and the SHA-256 of what was stored, ``compared`` the checks, ``failed``
    the error. ``take`` is the one of the task's payload.

    """

    event_id: str
    move_id: UUID
    take: int
    status: MoveReportStatus
    """ What a worker says. Each renews the lease; ``progress`` before anything is done claims the take. """
    timestamp: datetime.datetime
    received_bytes: int | None | Unset = UNSET
    size_bytes: int | None | Unset = UNSET
    sha256: None | str | Unset = UNSET
    md5: None | str | Unset = UNSET
    content_type: None | str | Unset = UNSET
    checks: list[MoveCheck] | None | Unset = UNSET
    error: MoveError | None | Unset = UNSET
    worker_id: None | str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        from ..models.move_error import MoveError  # noqa: PLC0415

        event_id = self.event_id

        move_id = str(self.move_id)

        take = self.take

        status = self.status.value

        timestamp = self.timestamp.isoformat()

        received_bytes: int | None | Unset
        if isinstance(self.received_bytes, Unset):
            received_bytes = UNSET
        else:
            received_bytes = self.received_bytes

        size_bytes: int | None | Unset
        if isinstance(self.size_bytes, Unset):
            size_bytes = UNSET
        else:
            size_bytes = self.size_bytes

        sha256: None | str | Unset
        if isinstance(self.sha256, Unset):
            sha256 = UNSET
        else:
            sha256 = self.sha256

        md5: None | str | Unset
        if isinstance(self.md5, Unset):
            md5 = UNSET
        else:
            md5 = self.md5

        content_type: None | str | Unset
        if isinstance(self.content_type, Unset):
            content_type = UNSET
        else:
            content_type = self.content_type

        checks: list[dict[str, Any]] | None | Unset
        if isinstance(self.checks, Unset):
            checks = UNSET
        elif isinstance(self.checks, list):
            checks = []
            for checks_type_0_item_data in self.checks:
                checks_type_0_item = checks_type_0_item_data.to_dict()
                checks.append(checks_type_0_item)

        else:
            checks = self.checks

        error: dict[str, Any] | None | Unset
        if isinstance(self.error, Unset):
            error = UNSET
        elif isinstance(self.error, MoveError):
            error = self.error.to_dict()
        else:
            error = self.error

        worker_id: None | str | Unset
        if isinstance(self.worker_id, Unset):
            worker_id = UNSET
        else:
            worker_id = self.worker_id

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "eventId": event_id,
                "moveId": move_id,
                "take": take,
                "status": status,
                "timestamp": timestamp,
            }
        )
        if received_bytes is not UNSET:
            field_dict["receivedBytes"] = received_bytes
        if size_bytes is not UNSET:
            field_dict["sizeBytes"] = size_bytes
        if sha256 is not UNSET:
            field_dict["sha256"] = sha256
        if md5 is not UNSET:
            field_dict["md5"] = md5
        if content_type is not UNSET:
            field_dict["contentType"] = content_type
        if checks is not UNSET:
            field_dict["checks"] = checks
        if error is not UNSET:
            field_dict["error"] = error
        if worker_id is not UNSET:
            field_dict["workerId"] = worker_id

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.move_check import MoveCheck  # noqa: PLC0415
        from ..models.move_error import MoveError  # noqa: PLC0415

        d = dict(src_dict)
        event_id = d.pop("eventId")

        move_id = UUID(d.pop("moveId"))

        take = d.pop("take")

        status = MoveReportStatus(d.pop("status"))

        timestamp = datetime.datetime.fromisoformat(d.pop("timestamp"))

        def _parse_received_bytes(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        received_bytes = _parse_received_bytes(d.pop("receivedBytes", UNSET))

        def _parse_size_bytes(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        size_bytes = _parse_size_bytes(d.pop("sizeBytes", UNSET))

        def _parse_sha256(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        sha256 = _parse_sha256(d.pop("sha256", UNSET))

        def _parse_md5(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        md5 = _parse_md5(d.pop("md5", UNSET))

        def _parse_content_type(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        content_type = _parse_content_type(d.pop("contentType", UNSET))

        def _parse_checks(data: object) -> list[MoveCheck] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                checks_type_0 = []
                _checks_type_0 = data
                for checks_type_0_item_data in _checks_type_0:
                    checks_type_0_item = MoveCheck.from_dict(checks_type_0_item_data)

                    checks_type_0.append(checks_type_0_item)

                return checks_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[MoveCheck] | None | Unset, data)

        checks = _parse_checks(d.pop("checks", UNSET))

        def _parse_error(data: object) -> MoveError | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                error_type_0 = MoveError.from_dict(data)

                return error_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(MoveError | None | Unset, data)

        error = _parse_error(d.pop("error", UNSET))

        def _parse_worker_id(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        worker_id = _parse_worker_id(d.pop("workerId", UNSET))

        move_report = cls(
            event_id=event_id,
            move_id=move_id,
            take=take,
            status=status,
            timestamp=timestamp,
            received_bytes=received_bytes,
            size_bytes=size_bytes,
            sha256=sha256,
            md5=md5,
            content_type=content_type,
            checks=checks,
            error=error,
            worker_id=worker_id,
        )

        return move_report
