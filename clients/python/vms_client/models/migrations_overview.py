from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.migrations_overview_bystatus import MigrationsOverviewBystatus


T = TypeVar("T", bound="MigrationsOverview")


@_attrs_define
class MigrationsOverview:
    """Where the library is hosted, and what that saves."""

    total: int
    """ videos that are or were at Vimeo, or are hosted here """
    by_status: MigrationsOverviewBystatus
    in_progress: int
    """ videos that are queued or on their way """
    failed: int
    """ videos whose last migration failed """
    migrated: int
    """ videos that came from Vimeo and are hosted here """
    estimated_monthly_savings: float
    """ US dollars: `migrated` at SAVINGS_USD_PER_VIDEO """
    estimated_monthly_storage_cost: float
    """ US dollars for their files at STORAGE_USD_PER_TB """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        total = self.total

        by_status = self.by_status.to_dict()

        in_progress = self.in_progress

        failed = self.failed

        migrated = self.migrated

        estimated_monthly_savings = self.estimated_monthly_savings

        estimated_monthly_storage_cost = self.estimated_monthly_storage_cost

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "total": total,
                "byStatus": by_status,
                "inProgress": in_progress,
                "failed": failed,
                "migrated": migrated,
                "estimatedMonthlySavings": estimated_monthly_savings,
                "estimatedMonthlyStorageCost": estimated_monthly_storage_cost,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.migrations_overview_bystatus import MigrationsOverviewBystatus  # noqa: PLC0415

        d = dict(src_dict)
        total = d.pop("total")

        by_status = MigrationsOverviewBystatus.from_dict(d.pop("byStatus"))

        in_progress = d.pop("inProgress")

        failed = d.pop("failed")

        migrated = d.pop("migrated")

        estimated_monthly_savings = d.pop("estimatedMonthlySavings")

        estimated_monthly_storage_cost = d.pop("estimatedMonthlyStorageCost")

        migrations_overview = cls(
            total=total,
            by_status=by_status,
            in_progress=in_progress,
            failed=failed,
            migrated=migrated,
            estimated_monthly_savings=estimated_monthly_savings,
            estimated_monthly_storage_cost=estimated_monthly_storage_cost,
        )

        migrations_overview.additional_properties = d
        return migrations_overview

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
