from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define

from ..models.bulk_tags_action import BulkTagsAction

T = TypeVar("T", bound="BulkTags")


@_attrs_define
class BulkTags:
    """Tags to add behind those that are there, or to take away."""

    ids: list[UUID]
    """ a repeated id is answered again, done once """
    action: BulkTagsAction
    tags: list[str]

    def to_dict(self) -> dict[str, Any]:
        ids = []
        for ids_item_data in self.ids:
            ids_item = str(ids_item_data)
            ids.append(ids_item)

        action = self.action.value

        tags = self.tags

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "ids": ids,
                "action": action,
                "tags": tags,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        ids = []
        _ids = d.pop("ids")
        for ids_item_data in _ids:
            ids_item = UUID(ids_item_data)

            ids.append(ids_item)

        action = BulkTagsAction(d.pop("action"))

        tags = cast(list[str], d.pop("tags"))

        bulk_tags = cls(
            ids=ids,
            action=action,
            tags=tags,
        )

        return bulk_tags
