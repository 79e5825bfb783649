from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="BulkCourse")


@_attrs_define
class BulkCourse:
    """A course for the videos, and perhaps a module of it. Without a module, videos of another course lose theirs."""

    ids: list[UUID]
    """ a repeated id is answered again, done once """
    action: Literal["assignCourse"]
    course_id: None | UUID
    """ null: none """
    module_id: None | Unset | UUID = UNSET

    def to_dict(self) -> dict[str, Any]:
        ids = []
        for ids_item_data in self.ids:
            ids_item = str(ids_item_data)
            ids.append(ids_item)

        action = self.action

        course_id: None | str
        if isinstance(self.course_id, UUID):
            course_id = str(self.course_id)
        else:
            course_id = self.course_id

        module_id: None | str | Unset
        if isinstance(self.module_id, Unset):
            module_id = UNSET
        elif isinstance(self.module_id, UUID):
            module_id = str(self.module_id)
        else:
            module_id = self.module_id

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "ids": ids,
                "action": action,
                "courseId": course_id,
            }
        )
        if module_id is not UNSET:
            field_dict["moduleId"] = module_id

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        ids = []
        _ids = d.pop("ids")
        for ids_item_data in _ids:
            ids_item = UUID(ids_item_data)

            ids.append(ids_item)

        action = cast(Literal["assignCourse"], d.pop("action"))
        if action != "assignCourse":
            raise ValueError(f"action must match const 'assignCourse', got '{action}'")

        def _parse_course_id(data: object) -> None | UUID:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                course_id_type_0 = UUID(data)

                return course_id_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | UUID, data)

        course_id = _parse_course_id(d.pop("courseId"))

        def _parse_module_id(data: object) -> None | Unset | UUID:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                module_id_type_0 = UUID(data)

                return module_id_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Unset | UUID, data)

        module_id = _parse_module_id(d.pop("moduleId", UNSET))

        bulk_course = cls(
            ids=ids,
            action=action,
            course_id=course_id,
            module_id=module_id,
        )

        return bulk_course
