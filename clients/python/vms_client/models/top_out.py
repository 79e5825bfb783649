from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.platform import Platform
from ..models.top_metric import TopMetric

if TYPE_CHECKING:
    from ..models.top_video import TopVideo


T = TypeVar("T", bound="TopOut")


@_attrs_define
class TopOut:
    """The videos with the most of something; videos with nothing of it are left out."""

    from_: datetime.date
    to: datetime.date
    platform: None | Platform
    metric: TopMetric
    """ What videos can be ranked by. """
    items: list[TopVideo]
    """ most first, ties by id """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from_ = self.from_.isoformat()

        to = self.to.isoformat()

        platform: None | str
        if isinstance(self.platform, Platform):
            platform = self.platform.value
        else:
            platform = self.platform

        metric = self.metric.value

        items = []
        for items_item_data in self.items:
            items_item = items_item_data.to_dict()
            items.append(items_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "from": from_,
                "to": to,
                "platform": platform,
                "metric": metric,
                "items": items,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.top_video import TopVideo  # noqa: PLC0415

        d = dict(src_dict)
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

        metric = TopMetric(d.pop("metric"))

        items = []
        _items = d.pop("items")
        for items_item_data in _items:
            items_item = TopVideo.from_dict(items_item_data)

            items.append(items_item)

        top_out = cls(
            from_=from_,
            to=to,
            platform=platform,
            metric=metric,
            items=items,
        )

        top_out.additional_properties = d
        return top_out

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
