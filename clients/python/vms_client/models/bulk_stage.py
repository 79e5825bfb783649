from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define

from ..models.pipeline_stage import PipelineStage

T = TypeVar("T", bound="BulkStage")


@_attrs_define
class BulkStage:
    """The stage of production."""

    ids: list[UUID]
    """ a repeated id is answered again, done once """
    action: Literal["setStage"]
    stage: PipelineStage
    """ Stage of production (seed 004, step 24). """

    def to_dict(self) -> dict[str, Any]:
        ids = []
        for ids_item_data in self.ids:
            ids_item = str(ids_item_data)
            ids.append(ids_item)

        action = self.action

        stage = self.stage.value

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "ids": ids,
                "action": action,
                "stage": stage,
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

        action = cast(Literal["setStage"], d.pop("action"))
        if action != "setStage":
            raise ValueError(f"action must match const 'setStage', got '{action}'")

        stage = PipelineStage(d.pop("stage"))

        bulk_stage = cls(
            ids=ids,
            action=action,
            stage=stage,
        )

        return bulk_stage
