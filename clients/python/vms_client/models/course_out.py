from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.module_out import ModuleOut


T = TypeVar("T", bound="CourseOut")


@_attrs_define
class CourseOut:
    """A course's page: its modules and lessons in order, and which lessons lack a video that plays."""

    id: UUID
    title: str
    slug: str
    description: None | str
    sort_order: int
    module_count: int
    lesson_count: int
    lessons_with_video: int
    created_at: datetime.datetime
    updated_at: datetime.datetime
    playable_lessons: int
    missing: list[UUID]
    """ the lessons that cannot be watched, in order """
    modules: list[ModuleOut]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = str(self.id)

        title = self.title

        slug = self.slug

        description: None | str
        description = self.description

        sort_order = self.sort_order

        module_count = self.module_count

        lesson_count = self.lesson_count

        lessons_with_video = self.lessons_with_video

        created_at = self.created_at.isoformat()

        updated_at = self.updated_at.isoformat()

        playable_lessons = self.playable_lessons

        missing = []
        for missing_item_data in self.missing:
            missing_item = str(missing_item_data)
            missing.append(missing_item)

        modules = []
        for modules_item_data in self.modules:
            modules_item = modules_item_data.to_dict()
            modules.append(modules_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "title": title,
                "slug": slug,
                "description": description,
                "sortOrder": sort_order,
                "moduleCount": module_count,
                "lessonCount": lesson_count,
                "lessonsWithVideo": lessons_with_video,
                "createdAt": created_at,
                "updatedAt": updated_at,
                "playableLessons": playable_lessons,
                "missing": missing,
                "modules": modules,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.module_out import ModuleOut  # noqa: PLC0415

        d = dict(src_dict)
        id = UUID(d.pop("id"))

        title = d.pop("title")

        slug = d.pop("slug")

        def _parse_description(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        description = _parse_description(d.pop("description"))

        sort_order = d.pop("sortOrder")

        module_count = d.pop("moduleCount")

        lesson_count = d.pop("lessonCount")

        lessons_with_video = d.pop("lessonsWithVideo")

        created_at = datetime.datetime.fromisoformat(d.pop("createdAt"))

        updated_at = datetime.datetime.fromisoformat(d.pop("updatedAt"))

        playable_lessons = d.pop("playableLessons")

        missing = []
        _missing = d.pop("missing")
        for missing_item_data in _missing:
            missing_item = UUID(missing_item_data)

            missing.append(missing_item)

        modules = []
        _modules = d.pop("modules")
        for modules_item_data in _modules:
            modules_item = ModuleOut.from_dict(modules_item_data)

            modules.append(modules_item)

        course_out = cls(
            id=id,
            title=title,
            slug=slug,
            description=description,
            sort_order=sort_order,
            module_count=module_count,
            lesson_count=lesson_count,
            lessons_with_video=lessons_with_video,
            created_at=created_at,
            updated_at=updated_at,
            playable_lessons=playable_lessons,
            missing=missing,
            modules=modules,
        )

        course_out.additional_properties = d
        return course_out

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
