from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.lesson_out import LessonOut


T = TypeVar("T", bound="ModuleOut")


@_attrs_define
class ModuleOut:
    """A module with its lessons in order."""

    id: UUID
    course_id: UUID
    title: str
    slug: str
    description: None | str
    sort_order: int
    lessons: list[LessonOut]
    created_at: datetime.datetime
    updated_at: datetime.datetime
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = str(self.id)

        course_id = str(self.course_id)

        title = self.title

        slug = self.slug

        description: None | str
        description = self.description

        sort_order = self.sort_order

        lessons = []
        for lessons_item_data in self.lessons:
            lessons_item = lessons_item_data.to_dict()
            lessons.append(lessons_item)

        created_at = self.created_at.isoformat()

        updated_at = self.updated_at.isoformat()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "courseId": course_id,
                "title": title,
                "slug": slug,
                "description": description,
                "sortOrder": sort_order,
                "lessons": lessons,
                "createdAt": created_at,
                "updatedAt": updated_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.lesson_out import LessonOut  # noqa: PLC0415

        d = dict(src_dict)
        id = UUID(d.pop("id"))

        course_id = UUID(d.pop("courseId"))

        title = d.pop("title")

        slug = d.pop("slug")

        def _parse_description(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        description = _parse_description(d.pop("description"))

        sort_order = d.pop("sortOrder")

        lessons = []
        _lessons = d.pop("lessons")
        for lessons_item_data in _lessons:
            lessons_item = LessonOut.from_dict(lessons_item_data)

            lessons.append(lessons_item)

        created_at = datetime.datetime.fromisoformat(d.pop("createdAt"))

        updated_at = datetime.datetime.fromisoformat(d.pop("updatedAt"))

        module_out = cls(
            id=id,
            course_id=course_id,
            title=title,
            slug=slug,
            description=description,
            sort_order=sort_order,
            lessons=lessons,
            created_at=created_at,
            updated_at=updated_at,
        )

        module_out.additional_properties = d
        return module_out

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
