from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define

from ..models.visibility import Visibility

T = TypeVar("T", bound="BulkVisibility")


@_attrs_define
class BulkVisibility:
    """Who may play the videos."""

    ids: list[UUID]
    """ a repeated id is answered again, done once """
    action: Literal["setVisibility"]
    visibility: Visibility
    """ Who may play a video (seed 004, step 1). """

    def to_dict(self) -> dict[str, Any]:
        ids = []
        for ids_item_data in self.ids:
            ids_item = str(ids_item_data)
            ids.append(ids_item)

        action = self.action

        visibility = self.visibility.value

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "ids": ids,
                "action": action,
                "visibility": visibility,
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

        action = cast(Literal["setVisibility"], d.pop("action"))
        if action != "setVisibility":
            raise ValueError(f"action must match const 'setVisibility', got '{action}'")

        visibility = Visibility(d.pop("visibility"))

        bulk_visibility = cls(
            ids=ids,
            action=action,
            visibility=visibility,
        )

        return bulk_visibility
