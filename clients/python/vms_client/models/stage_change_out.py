from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.pipeline_stage import PipelineStage

T = TypeVar("T", bound="StageChangeOut")


@_attrs_define
class StageChangeOut:
    """One move from a stage to another."""

    from_stage: PipelineStage
    """ Stage of production (seed 004, step 24). """
    to_stage: PipelineStage
    """ Stage of production (seed 004, step 24). """
    actor: str
    """ `user:<id>`, `key:<id>`, `cli` or `system` """
    at: datetime.datetime
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from_stage = self.from_stage.value

        to_stage = self.to_stage.value

        actor = self.actor

        at = self.at.isoformat()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "fromStage": from_stage,
                "toStage": to_stage,
                "actor": actor,
                "at": at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        from_stage = PipelineStage(d.pop("fromStage"))

        to_stage = PipelineStage(d.pop("toStage"))

        actor = d.pop("actor")

        at = datetime.datetime.fromisoformat(d.pop("at"))

        stage_change_out = cls(
            from_stage=from_stage,
            to_stage=to_stage,
            actor=actor,
            at=at,
        )

        stage_change_out.additional_properties = d
        return stage_change_out

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
