from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="VideoPlatformOut")


@_attrs_define
class VideoPlatformOut:
    """A video at one platform, in short; `/api/videos/{id}/platforms` has all of it."""

    platform: str
    external_id: None | str
    external_url: None | str
    embed_url: None | str
    status: str
    privacy_level: None | str
    synced_at: datetime.datetime | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        platform = self.platform

        external_id: None | str
        external_id = self.external_id

        external_url: None | str
        external_url = self.external_url

        embed_url: None | str
        embed_url = self.embed_url

        status = self.status

        privacy_level: None | str
        privacy_level = self.privacy_level

        synced_at: None | str
        if isinstance(self.synced_at, datetime.datetime):
            synced_at = self.synced_at.isoformat()
        else:
            synced_at = self.synced_at

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "platform": platform,
                "externalId": external_id,
                "externalUrl": external_url,
                "embedUrl": embed_url,
                "status": status,
                "privacyLevel": privacy_level,
                "syncedAt": synced_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        platform = d.pop("platform")

        def _parse_external_id(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        external_id = _parse_external_id(d.pop("externalId"))

        def _parse_external_url(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        external_url = _parse_external_url(d.pop("externalUrl"))

        def _parse_embed_url(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        embed_url = _parse_embed_url(d.pop("embedUrl"))

        status = d.pop("status")

        def _parse_privacy_level(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        privacy_level = _parse_privacy_level(d.pop("privacyLevel"))

        def _parse_synced_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                synced_at_type_0 = datetime.datetime.fromisoformat(data)

                return synced_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        synced_at = _parse_synced_at(d.pop("syncedAt"))

        video_platform_out = cls(
            platform=platform,
            external_id=external_id,
            external_url=external_url,
            embed_url=embed_url,
            status=status,
            privacy_level=privacy_level,
            synced_at=synced_at,
        )

        video_platform_out.additional_properties = d
        return video_platform_out

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
