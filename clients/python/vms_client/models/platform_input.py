from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define

from ..models.platform import Platform
from ..models.platform_status import PlatformStatus
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.platform_input_metadata import PlatformInputMetadata


T = TypeVar("T", bound="PlatformInput")


@_attrs_define
class PlatformInput:
    """A video at one platform. What is left out stays as it is; null clears."""

    platform: Platform
    """ Where a video can live (seed 004, step 1; seed 000 adds Kinescope). """
    external_id: None | str | Unset = UNSET
    """ taken from an address when it is left out """
    external_url: None | str | Unset = UNSET
    """ made of the id when it is left out """
    embed_url: None | str | Unset = UNSET
    """ made of the id when it is left out """
    status: PlatformStatus | Unset = UNSET
    """ State of a video at one platform (seed 004, step 1). """
    privacy_level: None | str | Unset = UNSET
    metadata: PlatformInputMetadata | Unset = UNSET
    """ replaced as a whole; at most 16384 bytes, 10 levels """

    def to_dict(self) -> dict[str, Any]:
        platform = self.platform.value

        external_id: None | str | Unset
        if isinstance(self.external_id, Unset):
            external_id = UNSET
        else:
            external_id = self.external_id

        external_url: None | str | Unset
        if isinstance(self.external_url, Unset):
            external_url = UNSET
        else:
            external_url = self.external_url

        embed_url: None | str | Unset
        if isinstance(self.embed_url, Unset):
            embed_url = UNSET
        else:
            embed_url = self.embed_url

        status: str | Unset = UNSET
        if not isinstance(self.status, Unset):
            status = self.status.value

        privacy_level: None | str | Unset
        if isinstance(self.privacy_level, Unset):
            privacy_level = UNSET
        else:
            privacy_level = self.privacy_level

        metadata: dict[str, Any] | Unset = UNSET
        if not isinstance(self.metadata, Unset):
            metadata = self.metadata.to_dict()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "platform": platform,
            }
        )
        if external_id is not UNSET:
            field_dict["externalId"] = external_id
        if external_url is not UNSET:
            field_dict["externalUrl"] = external_url
        if embed_url is not UNSET:
            field_dict["embedUrl"] = embed_url
        if status is not UNSET:
            field_dict["status"] = status
        if privacy_level is not UNSET:
            field_dict["privacyLevel"] = privacy_level
        if metadata is not UNSET:
            field_dict["metadata"] = metadata

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.platform_input_metadata import PlatformInputMetadata  # noqa: PLC0415

        d = dict(src_dict)
        platform = Platform(d.pop("platform"))

        def _parse_external_id(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        external_id = _parse_external_id(d.pop("externalId", UNSET))

        def _parse_external_url(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        external_url = _parse_external_url(d.pop("externalUrl", UNSET))

        def _parse_embed_url(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        embed_url = _parse_embed_url(d.pop("embedUrl", UNSET))

        _status = d.pop("status", UNSET)
        status: PlatformStatus | Unset
        if isinstance(_status, Unset):
            status = UNSET
        else:
            status = PlatformStatus(_status)

        def _parse_privacy_level(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        privacy_level = _parse_privacy_level(d.pop("privacyLevel", UNSET))

        _metadata = d.pop("metadata", UNSET)
        metadata: PlatformInputMetadata | Unset
        if isinstance(_metadata, Unset):
            metadata = UNSET
        else:
            metadata = PlatformInputMetadata.from_dict(_metadata)

        platform_input = cls(
            platform=platform,
            external_id=external_id,
            external_url=external_url,
            embed_url=embed_url,
            status=status,
            privacy_level=privacy_level,
            metadata=metadata,
        )

        return platform_input
