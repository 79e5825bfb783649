from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar
from uuid import UUID

from attrs import define as _attrs_define

from ..models.bulk_plain_action import BulkPlainAction

T = TypeVar("T", bound="BulkPlain")


@_attrs_define
class BulkPlain:
    """An action that needs nothing but the videos."""

    ids: list[UUID]
    """ a repeated id is answered again, done once """
    action: BulkPlainAction

    def to_dict(self) -> dict[str, Any]:
        ids = []
        for ids_item_data in self.ids:
            ids_item = str(ids_item_data)
            ids.append(ids_item)

        action = self.action.value

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "ids": ids,
                "action": action,
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

        action = BulkPlainAction(d.pop("action"))

        bulk_plain = cls(
            ids=ids,
            action=action,
        )

        return bulk_plain
