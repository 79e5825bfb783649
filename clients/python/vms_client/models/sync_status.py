from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.quota_answer import QuotaAnswer
    from ..models.sync_run_answer import SyncRunAnswer


T = TypeVar("T", bound="SyncStatus")


@_attrs_define
class SyncStatus:
    """Whether Vimeo is connected, what is left of today's requests, and the last run."""

    connected: bool
    quota: QuotaAnswer
    """ Requests to Vimeo today (UTC), of all processes together. """
    last_run: None | SyncRunAnswer
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.sync_run_answer import SyncRunAnswer  # noqa: PLC0415

        connected = self.connected

        quota = self.quota.to_dict()

        last_run: dict[str, Any] | None
        if isinstance(self.last_run, SyncRunAnswer):
            last_run = self.last_run.to_dict()
        else:
            last_run = self.last_run

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "connected": connected,
                "quota": quota,
                "lastRun": last_run,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.quota_answer import QuotaAnswer  # noqa: PLC0415
        from ..models.sync_run_answer import SyncRunAnswer  # noqa: PLC0415

        d = dict(src_dict)
        connected = d.pop("connected")

        quota = QuotaAnswer.from_dict(d.pop("quota"))

        def _parse_last_run(data: object) -> None | SyncRunAnswer:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                last_run_type_0 = SyncRunAnswer.from_dict(data)

                return last_run_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | SyncRunAnswer, data)

        last_run = _parse_last_run(d.pop("lastRun"))

        sync_status = cls(
            connected=connected,
            quota=quota,
            last_run=last_run,
        )

        sync_status.additional_properties = d
        return sync_status

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
