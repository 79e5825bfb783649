from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.probe_report_facts_type_0 import ProbeReportFactsType0
    from ..models.reported_error import ReportedError


T = TypeVar("T", bound="ProbeReport")


@_attrs_define
class ProbeReport:
    """The body of ``POST /api/encoding/probes``: the facts, or the error that says why there are none and never will
    be. ``facts`` is a ``SourceFacts`` as JSON.

    """

    master_id: UUID
    timestamp: datetime.datetime
    event_id: None | str | Unset = UNSET
    facts: None | ProbeReportFactsType0 | Unset = UNSET
    error: None | ReportedError | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        from ..models.probe_report_facts_type_0 import ProbeReportFactsType0  # noqa: PLC0415
        from ..models.reported_error import ReportedError  # noqa: PLC0415

        master_id = str(self.master_id)

        timestamp = self.timestamp.isoformat()

        event_id: None | str | Unset
        if isinstance(self.event_id, Unset):
            event_id = UNSET
        else:
            event_id = self.event_id

        facts: dict[str, Any] | None | Unset
        if isinstance(self.facts, Unset):
            facts = UNSET
        elif isinstance(self.facts, ProbeReportFactsType0):
            facts = self.facts.to_dict()
        else:
            facts = self.facts

        error: dict[str, Any] | None | Unset
        if isinstance(self.error, Unset):
            error = UNSET
        elif isinstance(self.error, ReportedError):
            error = self.error.to_dict()
        else:
            error = self.error

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "masterId": master_id,
                "timestamp": timestamp,
            }
        )
        if event_id is not UNSET:
            field_dict["eventId"] = event_id
        if facts is not UNSET:
            field_dict["facts"] = facts
        if error is not UNSET:
            field_dict["error"] = error

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.probe_report_facts_type_0 import ProbeReportFactsType0  # noqa: PLC0415
        from ..models.reported_error import ReportedError  # noqa: PLC0415

        d = dict(src_dict)
        master_id = UUID(d.pop("masterId"))

        timestamp = datetime.datetime.fromisoformat(d.pop("timestamp"))

        def _parse_event_id(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        event_id = _parse_event_id(d.pop("eventId", UNSET))

        def _parse_facts(data: object) -> None | ProbeReportFactsType0 | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                facts_type_0 = ProbeReportFactsType0.from_dict(data)

                return facts_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | ProbeReportFactsType0 | Unset, data)

        facts = _parse_facts(d.pop("facts", UNSET))

        def _parse_error(data: object) -> None | ReportedError | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                error_type_0 = ReportedError.from_dict(data)

                return error_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | ReportedError | Unset, data)

        error = _parse_error(d.pop("error", UNSET))

        probe_report = cls(
            master_id=master_id,
            timestamp=timestamp,
            event_id=event_id,
            facts=facts,
            error=error,
        )

        return probe_report
