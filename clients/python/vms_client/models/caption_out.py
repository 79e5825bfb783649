from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="CaptionOut")


@_attrs_define
class CaptionOut:
    """Captions in one language."""

    language: str
    """ a language tag (BCP 47), e.g. `de`, `en-US` """
    label: str
    """ what players call it """
    url: str
    """ the WebVTT file; works as it is once the published streams have it """
    size_bytes: int
    updated_at: datetime.datetime
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        language = self.language

        label = self.label

        url = self.url

        size_bytes = self.size_bytes

        updated_at = self.updated_at.isoformat()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "language": language,
                "label": label,
                "url": url,
                "sizeBytes": size_bytes,
                "updatedAt": updated_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        language = d.pop("language")

        label = d.pop("label")

        url = d.pop("url")

        size_bytes = d.pop("sizeBytes")

        updated_at = datetime.datetime.fromisoformat(d.pop("updatedAt"))

        caption_out = cls(
            language=language,
            label=label,
            url=url,
            size_bytes=size_bytes,
            updated_at=updated_at,
        )

        caption_out.additional_properties = d
        return caption_out

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
