from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="LessonPatch")


@_attrs_define
class LessonPatch:
    """What to change about a lesson; another `moduleId` moves it there, to the end unless `sortOrder` is given."""

    title: str | Unset = UNSET
    slug: str | Unset = UNSET
    description: None | str | Unset = UNSET
    sort_order: int | Unset = UNSET
    external_id: None | str | Unset = UNSET
    module_id: UUID | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        title = self.title

        slug = self.slug

        description: None | str | Unset
        if isinstance(self.description, Unset):
            description = UNSET
        else:
            description = self.description

        sort_order = self.sort_order

        external_id: None | str | Unset
        if isinstance(self.external_id, Unset):
            external_id = UNSET
        else:
            external_id = self.external_id

        module_id: str | Unset = UNSET
        if not isinstance(self.module_id, Unset):
            module_id = str(self.module_id)

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if title is not UNSET:
            field_dict["title"] = title
        if slug is not UNSET:
            field_dict["slug"] = slug
        if description is not UNSET:
            field_dict["description"] = description
        if sort_order is not UNSET:
            field_dict["sortOrder"] = sort_order
        if external_id is not UNSET:
            field_dict["externalId"] = external_id
        if module_id is not UNSET:
            field_dict["moduleId"] = module_id

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        title = d.pop("title", UNSET)

        slug = d.pop("slug", UNSET)

        def _parse_description(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        description = _parse_description(d.pop("description", UNSET))

        sort_order = d.pop("sortOrder", UNSET)

        def _parse_external_id(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        external_id = _parse_external_id(d.pop("externalId", UNSET))

        _module_id = d.pop("moduleId", UNSET)
        module_id: UUID | Unset
        if isinstance(_module_id, Unset):
            module_id = UNSET
        else:
            module_id = UUID(_module_id)

        lesson_patch = cls(
            title=title,
            slug=slug,
            description=description,
            sort_order=sort_order,
            external_id=external_id,
            module_id=module_id,
        )

        return lesson_patch
