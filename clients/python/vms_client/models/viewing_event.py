from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define

from ..models.event_kind import EventKind
from ..models.viewing_event_quartile_type_0 import ViewingEventQuartileType0
from ..models.viewing_provider import ViewingProvider
from ..types import UNSET, Unset

T = TypeVar("T", bound="ViewingEvent")


@_attrs_define
class ViewingEvent:
    """One event. All values are those since the page was opened, never differences."""

    viewing_id: UUID
    """ a random UUID that the page makes when it is opened, and never keeps """
    video_id: UUID
    event: EventKind
    """ What a player tells. """
    watched_seconds: float | Unset = 0.0
    """ how long the page has been playing, by the clock """
    position_seconds: float | None | Unset = UNSET
    """ where the player is; not kept """
    quartile: None | Unset | ViewingEventQuartileType0 = UNSET
    """ how far the viewer has come """
    error_code: None | str | Unset = UNSET
    provider: ViewingProvider | Unset = UNSET
    """ Whose player it is. """

    def to_dict(self) -> dict[str, Any]:
        viewing_id = str(self.viewing_id)

        video_id = str(self.video_id)

        event = self.event.value

        watched_seconds = self.watched_seconds

        position_seconds: float | None | Unset
        if isinstance(self.position_seconds, Unset):
            position_seconds = UNSET
        else:
            position_seconds = self.position_seconds

        quartile: int | None | Unset
        if isinstance(self.quartile, Unset):
            quartile = UNSET
        elif isinstance(self.quartile, ViewingEventQuartileType0):
            quartile = self.quartile.value
        else:
            quartile = self.quartile

        error_code: None | str | Unset
        if isinstance(self.error_code, Unset):
            error_code = UNSET
        else:
            error_code = self.error_code

        provider: str | Unset = UNSET
        if not isinstance(self.provider, Unset):
            provider = self.provider.value

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "viewingId": viewing_id,
                "videoId": video_id,
                "event": event,
            }
        )
        if watched_seconds is not UNSET:
            field_dict["watchedSeconds"] = watched_seconds
        if position_seconds is not UNSET:
            field_dict["positionSeconds"] = position_seconds
        if quartile is not UNSET:
            field_dict["quartile"] = quartile
        if error_code is not UNSET:
            field_dict["errorCode"] = error_code
        if provider is not UNSET:
            field_dict["provider"] = provider

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        viewing_id = UUID(d.pop("viewingId"))

        video_id = UUID(d.pop("videoId"))

        event = EventKind(d.pop("event"))

        watched_seconds = d.pop("watchedSeconds", UNSET)

        def _parse_position_seconds(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        position_seconds = _parse_position_seconds(d.pop("positionSeconds", UNSET))

        def _parse_quartile(data: object) -> None | Unset | ViewingEventQuartileType0:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, int):
                    raise TypeError()
                quartile_type_0 = ViewingEventQuartileType0(data)

                return quartile_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Unset | ViewingEventQuartileType0, data)

        quartile = _parse_quartile(d.pop("quartile", UNSET))

        def _parse_error_code(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        error_code = _parse_error_code(d.pop("errorCode", UNSET))

        _provider = d.pop("provider", UNSET)
        provider: ViewingProvider | Unset
        if isinstance(_provider, Unset):
            provider = UNSET
        else:
            provider = ViewingProvider(_provider)

        viewing_event = cls(
            viewing_id=viewing_id,
            video_id=video_id,
            event=event,
            watched_seconds=watched_seconds,
            position_seconds=position_seconds,
            quartile=quartile,
            error_code=error_code,
            provider=provider,
        )

        return viewing_event
