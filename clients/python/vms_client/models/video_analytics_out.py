from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.platform import Platform

if TYPE_CHECKING:
    from ..models.numbers import Numbers
    from ..models.platform_numbers import PlatformNumbers
    from ..models.trends import Trends
    from ..models.video_day_numbers import VideoDayNumbers


T = TypeVar("T", bound="VideoAnalyticsOut")


@_attrs_define
class VideoAnalyticsOut:
    """The numbers of one video in a range of days, both ends included (UTC)."""

    video_id: UUID
    from_: datetime.date
    to: datetime.date
    platform: None | Platform
    totals: Numbers
    """ Sums. Null is unknown, and not zero: a platform that does not say is not counted as nothing. """
    days: list[VideoDayNumbers]
    """ every day of the range """
    by_platform: list[PlatformNumbers]
    trends: Trends
    """ Each number against the period before. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        video_id = str(self.video_id)

        from_ = self.from_.isoformat()

        to = self.to.isoformat()

        platform: None | str
        if isinstance(self.platform, Platform):
            platform = self.platform.value
        else:
            platform = self.platform

        totals = self.totals.to_dict()

        days = []
        for days_item_data in self.days:
            days_item = days_item_data.to_dict()
            days.append(days_item)

        by_platform = []
        for by_platform_item_data in self.by_platform:
            by_platform_item = by_platform_item_data.to_dict()
            by_platform.append(by_platform_item)

        trends = self.trends.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "videoId": video_id,
                "from": from_,
                "to": to,
                "platform": platform,
                "totals": totals,
                "days": days,
                "byPlatform": by_platform,
                "trends": trends,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.numbers import Numbers  # noqa: PLC0415
        from ..models.platform_numbers import PlatformNumbers  # noqa: PLC0415
        from ..models.trends import Trends  # noqa: PLC0415
        from ..models.video_day_numbers import VideoDayNumbers  # noqa: PLC0415

        d = dict(src_dict)
        video_id = UUID(d.pop("videoId"))

        from_ = datetime.date.fromisoformat(d.pop("from"))

        to = datetime.date.fromisoformat(d.pop("to"))

        def _parse_platform(data: object) -> None | Platform:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                platform_type_0 = Platform(data)

                return platform_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Platform, data)

        platform = _parse_platform(d.pop("platform"))

        totals = Numbers.from_dict(d.pop("totals"))

        days = []
        _days = d.pop("days")
        for days_item_data in _days:
            days_item = VideoDayNumbers.from_dict(days_item_data)

            days.append(days_item)

        by_platform = []
        _by_platform = d.pop("byPlatform")
        for by_platform_item_data in _by_platform:
            by_platform_item = PlatformNumbers.from_dict(by_platform_item_data)

            by_platform.append(by_platform_item)

        trends = Trends.from_dict(d.pop("trends"))

        video_analytics_out = cls(
            video_id=video_id,
            from_=from_,
            to=to,
            platform=platform,
            totals=totals,
            days=days,
            by_platform=by_platform,
            trends=trends,
        )

        video_analytics_out.additional_properties = d
        return video_analytics_out

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
