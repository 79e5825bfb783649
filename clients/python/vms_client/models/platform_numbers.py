from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="PlatformNumbers")


@_attrs_define
class PlatformNumbers:
    """What one platform contributes."""

    views: int | None
    """ viewings that began to play """
    watch_seconds: int | None
    watch_time_minutes: int | None
    """ watchSeconds in minutes, rounded """
    unique_viewers: int | None
    """ of each day, added up; unknown for our own player, which recognises nobody """
    likes: int | None
    comments: int | None
    shares: int | None
    errors: int | None
    """ viewings that saw an error """
    reached25: int | None
    """ viewings that came as far as the first quarter """
    reached50: int | None
    reached75: int | None
    reached100: int | None
    """ viewings that came to the end """
    platform: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        views: int | None
        views = self.views

        watch_seconds: int | None
        watch_seconds = self.watch_seconds

        watch_time_minutes: int | None
        watch_time_minutes = self.watch_time_minutes

        unique_viewers: int | None
        unique_viewers = self.unique_viewers

        likes: int | None
        likes = self.likes

        comments: int | None
        comments = self.comments

        shares: int | None
        shares = self.shares

        errors: int | None
        errors = self.errors

        reached25: int | None
        reached25 = self.reached25

        reached50: int | None
        reached50 = self.reached50

        reached75: int | None
        reached75 = self.reached75

        reached100: int | None
        reached100 = self.reached100

        platform = self.platform

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "views": views,
                "watchSeconds": watch_seconds,
                "watchTimeMinutes": watch_time_minutes,
                "uniqueViewers": unique_viewers,
                "likes": likes,
                "comments": comments,
                "shares": shares,
                "errors": errors,
                "reached25": reached25,
                "reached50": reached50,
                "reached75": reached75,
                "reached100": reached100,
                "platform": platform,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_views(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        views = _parse_views(d.pop("views"))

        def _parse_watch_seconds(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        watch_seconds = _parse_watch_seconds(d.pop("watchSeconds"))

        def _parse_watch_time_minutes(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        watch_time_minutes = _parse_watch_time_minutes(d.pop("watchTimeMinutes"))

        def _parse_unique_viewers(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        unique_viewers = _parse_unique_viewers(d.pop("uniqueViewers"))

        def _parse_likes(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        likes = _parse_likes(d.pop("likes"))

        def _parse_comments(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        comments = _parse_comments(d.pop("comments"))

        def _parse_shares(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        shares = _parse_shares(d.pop("shares"))

        def _parse_errors(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        errors = _parse_errors(d.pop("errors"))

        def _parse_reached25(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        reached25 = _parse_reached25(d.pop("reached25"))

        def _parse_reached50(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        reached50 = _parse_reached50(d.pop("reached50"))

        def _parse_reached75(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        reached75 = _parse_reached75(d.pop("reached75"))

        def _parse_reached100(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        reached100 = _parse_reached100(d.pop("reached100"))

        platform = d.pop("platform")

        platform_numbers = cls(
            views=views,
            watch_seconds=watch_seconds,
            watch_time_minutes=watch_time_minutes,
            unique_viewers=unique_viewers,
            likes=likes,
            comments=comments,
            shares=shares,
            errors=errors,
            reached25=reached25,
            reached50=reached50,
            reached75=reached75,
            reached100=reached100,
            platform=platform,
        )

        platform_numbers.additional_properties = d
        return platform_numbers

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
