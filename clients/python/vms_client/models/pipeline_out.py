from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.pipeline_stage import PipelineStage

if TYPE_CHECKING:
    from ..models.assignee_out import AssigneeOut
    from ..models.stage_change_out import StageChangeOut


T = TypeVar("T", bound="PipelineOut")


@_attrs_define
class PipelineOut:
    """The production of a video."""

    video_id: UUID
    stage: PipelineStage
    """ Stage of production (seed 004, step 24). """
    stage_changed_at: datetime.datetime
    pm_system: str
    project_id: None | str
    task_id: None | str
    assigned_to: None | UUID
    assignee: AssigneeOut | None
    notes: None | str
    updated_at: datetime.datetime | None
    """ null while nothing but the stage was ever set """
    history: list[StageChangeOut]
    """ newest first, 100 at most """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.assignee_out import AssigneeOut  # noqa: PLC0415

        video_id = str(self.video_id)

        stage = self.stage.value

        stage_changed_at = self.stage_changed_at.isoformat()

        pm_system = self.pm_system

        project_id: None | str
        project_id = self.project_id

        task_id: None | str
        task_id = self.task_id

        assigned_to: None | str
        if isinstance(self.assigned_to, UUID):
            assigned_to = str(self.assigned_to)
        else:
            assigned_to = self.assigned_to

        assignee: dict[str, Any] | None
        if isinstance(self.assignee, AssigneeOut):
            assignee = self.assignee.to_dict()
        else:
            assignee = self.assignee

        notes: None | str
        notes = self.notes

        updated_at: None | str
        if isinstance(self.updated_at, datetime.datetime):
            updated_at = self.updated_at.isoformat()
        else:
            updated_at = self.updated_at

        history = []
        for history_item_data in self.history:
            history_item = history_item_data.to_dict()
            history.append(history_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "videoId": video_id,
                "stage": stage,
                "stageChangedAt": stage_changed_at,
                "pmSystem": pm_system,
                "projectId": project_id,
                "taskId": task_id,
                "assignedTo": assigned_to,
                "assignee": assignee,
                "notes": notes,
                "updatedAt": updated_at,
                "history": history,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.assignee_out import AssigneeOut  # noqa: PLC0415
        from ..models.stage_change_out import StageChangeOut  # noqa: PLC0415

        d = dict(src_dict)
        video_id = UUID(d.pop("videoId"))

        stage = PipelineStage(d.pop("stage"))

        stage_changed_at = datetime.datetime.fromisoformat(d.pop("stageChangedAt"))

        pm_system = d.pop("pmSystem")

        def _parse_project_id(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        project_id = _parse_project_id(d.pop("projectId"))

        def _parse_task_id(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        task_id = _parse_task_id(d.pop("taskId"))

        def _parse_assigned_to(data: object) -> None | UUID:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                assigned_to_type_0 = UUID(data)

                return assigned_to_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | UUID, data)

        assigned_to = _parse_assigned_to(d.pop("assignedTo"))

        def _parse_assignee(data: object) -> AssigneeOut | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                assignee_type_0 = AssigneeOut.from_dict(data)

                return assignee_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(AssigneeOut | None, data)

        assignee = _parse_assignee(d.pop("assignee"))

        def _parse_notes(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        notes = _parse_notes(d.pop("notes"))

        def _parse_updated_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                updated_at_type_0 = datetime.datetime.fromisoformat(data)

                return updated_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        updated_at = _parse_updated_at(d.pop("updatedAt"))

        history = []
        _history = d.pop("history")
        for history_item_data in _history:
            history_item = StageChangeOut.from_dict(history_item_data)

            history.append(history_item)

        pipeline_out = cls(
            video_id=video_id,
            stage=stage,
            stage_changed_at=stage_changed_at,
            pm_system=pm_system,
            project_id=project_id,
            task_id=task_id,
            assigned_to=assigned_to,
            assignee=assignee,
            notes=notes,
            updated_at=updated_at,
            history=history,
        )

        pipeline_out.additional_properties = d
        return pipeline_out

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
