from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.missing import Missing

T = TypeVar("T", bound="LessonOut")


@_attrs_define
class LessonOut:
    """A lesson, and whether it can be watched."""

    id: UUID
    module_id: UUID
    title: str
    slug: str
    description: None | str
    sort_order: int
    external_id: None | str
    video_id: None | UUID
    video_title: None | str
    kinescope_video_id: None | str
    """ the id that the video has at Kinescope """
    playable: bool
    """ a viewer would be handed something """
    missing: Missing | None
    """ why not: no video, an archived one, or one that is neither encoded nor to be embedded; else null """
    created_at: datetime.datetime
    updated_at: datetime.datetime
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = str(self.id)

        module_id = str(self.module_id)

        title = self.title

        slug = self.slug

        description: None | str
        description = self.description

        sort_order = self.sort_order

        external_id: None | str
        external_id = self.external_id

        video_id: None | str
        if isinstance(self.video_id, UUID):
            video_id = str(self.video_id)
        else:
            video_id = self.video_id

        video_title: None | str
        video_title = self.video_title

        kinescope_video_id: None | str
        kinescope_video_id = self.kinescope_video_id

        playable = self.playable

        missing: None | str
        if isinstance(self.missing, Missing):
            missing = self.missing.value
        else:
            missing = self.missing

        created_at = self.created_at.isoformat()

        updated_at = self.updated_at.isoformat()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "moduleId": module_id,
                "title": title,
                "slug": slug,
                "description": description,
                "sortOrder": sort_order,
                "externalId": external_id,
                "videoId": video_id,
                "videoTitle": video_title,
                "kinescopeVideoId": kinescope_video_id,
                "playable": playable,
                "missing": missing,
                "createdAt": created_at,
                "updatedAt": updated_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = UUID(d.pop("id"))

        module_id = UUID(d.pop("moduleId"))

        title = d.pop("title")

        slug = d.pop("slug")

        def _parse_description(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        description = _parse_description(d.pop("description"))

        sort_order = d.pop("sortOrder")

        def _parse_external_id(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        external_id = _parse_external_id(d.pop("externalId"))

        def _parse_video_id(data: object) -> None | UUID:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                video_id_type_0 = UUID(data)

                return video_id_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | UUID, data)

        video_id = _parse_video_id(d.pop("videoId"))

        def _parse_video_title(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        video_title = _parse_video_title(d.pop("videoTitle"))

        def _parse_kinescope_video_id(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        kinescope_video_id = _parse_kinescope_video_id(d.pop("kinescopeVideoId"))

        playable = d.pop("playable")

        def _parse_missing(data: object) -> Missing | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                missing_type_0 = Missing(data)

                return missing_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Missing | None, data)

        missing = _parse_missing(d.pop("missing"))

        created_at = datetime.datetime.fromisoformat(d.pop("createdAt"))

        updated_at = datetime.datetime.fromisoformat(d.pop("updatedAt"))

        lesson_out = cls(
            id=id,
            module_id=module_id,
            title=title,
            slug=slug,
            description=description,
            sort_order=sort_order,
            external_id=external_id,
            video_id=video_id,
            video_title=video_title,
            kinescope_video_id=kinescope_video_id,
            playable=playable,
            missing=missing,
            created_at=created_at,
            updated_at=updated_at,
        )

        lesson_out.additional_properties = d
        return lesson_out

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
