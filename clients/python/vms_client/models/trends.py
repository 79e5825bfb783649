from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.trend import Trend


T = TypeVar("T", bound="Trends")


@_attrs_define
class Trends:
    """Each number against the period before."""

    views: Trend
    """ One number against the same of the period before, which is as long and ends the day before. """
    watch_seconds: Trend
    """ One number against the same of the period before, which is as long and ends the day before. """
    unique_viewers: Trend
    """ One number against the same of the period before, which is as long and ends the day before. """
    likes: Trend
    """ One number against the same of the period before, which is as long and ends the day before. """
    comments: Trend
    """ One number against the same of the period before, which is as long and ends the day before. """
    shares: Trend
    """ One number against the same of the period before, which is as long and ends the day before. """
    errors: Trend
    """ One number against the same of the period before, which is as long and ends the day before. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        views = self.views.to_dict()

        watch_seconds = self.watch_seconds.to_dict()

        unique_viewers = self.unique_viewers.to_dict()

        likes = self.likes.to_dict()

        comments = self.comments.to_dict()

        shares = self.shares.to_dict()

        errors = self.errors.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "views": views,
                "watchSeconds": watch_seconds,
                "uniqueViewers": unique_viewers,
                "likes": likes,
                "comments": comments,
                "shares": shares,
                "errors": errors,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.trend import Trend  # noqa: PLC0415

        d = dict(src_dict)
        views = Trend.from_dict(d.pop("views"))

        watch_seconds = Trend.from_dict(d.pop("watchSeconds"))

        unique_viewers = Trend.from_dict(d.pop("uniqueViewers"))

        likes = Trend.from_dict(d.pop("likes"))

        comments = Trend.from_dict(d.pop("comments"))

        shares = Trend.from_dict(d.pop("shares"))

        errors = Trend.from_dict(d.pop("errors"))

        trends = cls(
            views=views,
            watch_seconds=watch_seconds,
            unique_viewers=unique_viewers,
            likes=likes,
            comments=comments,
            shares=shares,
            errors=errors,
        )

        trends.additional_properties = d
        return trends

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
