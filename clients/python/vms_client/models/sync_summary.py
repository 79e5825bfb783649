from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="SyncSummary")


@_attrs_define
class SyncSummary:
    """What a run has done so far."""

    added: int
    updated: int
    unchanged: int
    removed: int
    """ Videos that are gone at Vimeo: flagged, never deleted. """
    errors: int
    quota_remaining: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        added = self.added

        updated = self.updated

        unchanged = self.unchanged

        removed = self.removed

        errors = self.errors

        quota_remaining = self.quota_remaining

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "added": added,
                "updated": updated,
                "unchanged": unchanged,
                "removed": removed,
                "errors": errors,
                "quotaRemaining": quota_remaining,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        added = d.pop("added")

        updated = d.pop("updated")

        unchanged = d.pop("unchanged")

        removed = d.pop("removed")

        errors = d.pop("errors")

        quota_remaining = d.pop("quotaRemaining")

        sync_summary = cls(
            added=added,
            updated=updated,
            unchanged=unchanged,
            removed=removed,
            errors=errors,
            quota_remaining=quota_remaining,
        )

        sync_summary.additional_properties = d
        return sync_summary

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
