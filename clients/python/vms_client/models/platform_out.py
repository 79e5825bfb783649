from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.platform import Platform
from ..models.platform_status import PlatformStatus

if TYPE_CHECKING:
    from ..models.platform_out_metadata import PlatformOutMetadata


T = TypeVar("T", bound="PlatformOut")


@_attrs_define
class PlatformOut:
    """A video at one platform."""

    id: UUID
    platform: Platform
    """ Where a video can live (seed 004, step 1; seed 000 adds Kinescope). """
    external_id: None | str
    external_url: None | str
    embed_url: None | str
    status: PlatformStatus
    """ State of a video at one platform (seed 004, step 1). """
    privacy_level: None | str
    synced_at: datetime.datetime | None
    """ when the platform was last asked """
    metadata: PlatformOutMetadata
    created_at: datetime.datetime
    updated_at: datetime.datetime
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = str(self.id)

        platform = self.platform.value

        external_id: None | str
        external_id = self.external_id

        external_url: None | str
        external_url = self.external_url

        embed_url: None | str
        embed_url = self.embed_url

        status = self.status.value

        privacy_level: None | str
        privacy_level = self.privacy_level

        synced_at: None | str
        if isinstance(self.synced_at, datetime.datetime):
            synced_at = self.synced_at.isoformat()
        else:
            synced_at = self.synced_at

        metadata = self.metadata.to_dict()

        created_at = self.created_at.isoformat()

        updated_at = self.updated_at.isoformat()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "platform": platform,
                "externalId": external_id,
                "externalUrl": external_url,
                "embedUrl": embed_url,
                "status": status,
                "privacyLevel": privacy_level,
                "syncedAt": synced_at,
                "metadata": metadata,
                "createdAt": created_at,
                "updatedAt": updated_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.platform_out_metadata import PlatformOutMetadata  # noqa: PLC0415

        d = dict(src_dict)
        id = UUID(d.pop("id"))

        platform = Platform(d.pop("platform"))

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

        status = PlatformStatus(d.pop("status"))

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

        metadata = PlatformOutMetadata.from_dict(d.pop("metadata"))

        created_at = datetime.datetime.fromisoformat(d.pop("createdAt"))

        updated_at = datetime.datetime.fromisoformat(d.pop("updatedAt"))

        platform_out = cls(
            id=id,
            platform=platform,
            external_id=external_id,
            external_url=external_url,
            embed_url=embed_url,
            status=status,
            privacy_level=privacy_level,
            synced_at=synced_at,
            metadata=metadata,
            created_at=created_at,
            updated_at=updated_at,
        )

        platform_out.additional_properties = d
        return platform_out

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
