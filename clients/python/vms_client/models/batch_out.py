from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.batch_status import BatchStatus

if TYPE_CHECKING:
    from ..models.batch_out_counts import BatchOutCounts
    from ..models.batch_out_filter_type_0 import BatchOutFilterType0


T = TypeVar("T", bound="BatchOut")


@_attrs_define
class BatchOut:
    """A batch, without its items."""

    id: UUID
    status: BatchStatus
    """ State of a batch. ``paused``: what has begun goes on, nothing else begins. """
    requested_by: str
    filter_: BatchOutFilterType0 | None
    total: int
    counts: BatchOutCounts
    """ how many items have each status """
    progress: float
    """ 0 to 100 over all items; never goes back """
    eta_seconds: int | None
    created_at: datetime.datetime
    finished_at: datetime.datetime | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.batch_out_filter_type_0 import BatchOutFilterType0  # noqa: PLC0415

        id = str(self.id)

        status = self.status.value

        requested_by = self.requested_by

        filter_: dict[str, Any] | None
        if isinstance(self.filter_, BatchOutFilterType0):
            filter_ = self.filter_.to_dict()
        else:
            filter_ = self.filter_

        total = self.total

        counts = self.counts.to_dict()

        progress = self.progress

        eta_seconds: int | None
        eta_seconds = self.eta_seconds

        created_at = self.created_at.isoformat()

        finished_at: None | str
        if isinstance(self.finished_at, datetime.datetime):
            finished_at = self.finished_at.isoformat()
        else:
            finished_at = self.finished_at

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "status": status,
                "requestedBy": requested_by,
                "filter": filter_,
                "total": total,
                "counts": counts,
                "progress": progress,
                "etaSeconds": eta_seconds,
                "createdAt": created_at,
                "finishedAt": finished_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.batch_out_counts import BatchOutCounts  # noqa: PLC0415
        from ..models.batch_out_filter_type_0 import BatchOutFilterType0  # noqa: PLC0415

        d = dict(src_dict)
        id = UUID(d.pop("id"))

        status = BatchStatus(d.pop("status"))

        requested_by = d.pop("requestedBy")

        def _parse_filter_(data: object) -> BatchOutFilterType0 | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                filter_type_0 = BatchOutFilterType0.from_dict(data)

                return filter_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(BatchOutFilterType0 | None, data)

        filter_ = _parse_filter_(d.pop("filter"))

        total = d.pop("total")

        counts = BatchOutCounts.from_dict(d.pop("counts"))

        progress = d.pop("progress")

        def _parse_eta_seconds(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        eta_seconds = _parse_eta_seconds(d.pop("etaSeconds"))

        created_at = datetime.datetime.fromisoformat(d.pop("createdAt"))

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

        batch_out = cls(
            id=id,
            status=status,
            requested_by=requested_by,
            filter_=filter_,
            total=total,
            counts=counts,
            progress=progress,
            eta_seconds=eta_seconds,
            created_at=created_at,
            finished_at=finished_at,
        )

        batch_out.additional_properties = d
        return batch_out

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
