from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define

from ..models.pipeline_stage import PipelineStage
from ..models.visibility import Visibility
from ..types import UNSET, Unset

T = TypeVar("T", bound="VideoPatch")


@_attrs_define
class VideoPatch:
    """What to change of a video; what is left out stays."""

    title: str | Unset = UNSET
    description: None | str | Unset = UNSET
    tags: list[str] | Unset = UNSET
    visibility: Visibility | Unset = UNSET
    """ Who may play a video (seed 004, step 1). """
    course_id: None | Unset | UUID = UNSET
    module_id: None | Unset | UUID = UNSET
    sort_order: int | Unset = UNSET
    published_at: datetime.datetime | None | Unset = UNSET
    pipeline_stage: PipelineStage | Unset = UNSET
    """ Stage of production (seed 004, step 24). """
    master_file_url: None | str | Unset = UNSET
    thumbnail_url: None | str | Unset = UNSET
    embed_domains: list[str] | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        title = self.title

        description: None | str | Unset
        if isinstance(self.description, Unset):
            description = UNSET
        else:
            description = self.description

        tags: list[str] | Unset = UNSET
        if not isinstance(self.tags, Unset):
            tags = self.tags

        visibility: str | Unset = UNSET
        if not isinstance(self.visibility, Unset):
            visibility = self.visibility.value

        course_id: None | str | Unset
        if isinstance(self.course_id, Unset):
            course_id = UNSET
        elif isinstance(self.course_id, UUID):
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

        sort_order = self.sort_order

        published_at: None | str | Unset
        if isinstance(self.published_at, Unset):
            published_at = UNSET
        elif isinstance(self.published_at, datetime.datetime):
            published_at = self.published_at.isoformat()
        else:
            published_at = self.published_at

        pipeline_stage: str | Unset = UNSET
        if not isinstance(self.pipeline_stage, Unset):
            pipeline_stage = self.pipeline_stage.value

        master_file_url: None | str | Unset
        if isinstance(self.master_file_url, Unset):
            master_file_url = UNSET
        else:
            master_file_url = self.master_file_url

        thumbnail_url: None | str | Unset
        if isinstance(self.thumbnail_url, Unset):
            thumbnail_url = UNSET
        else:
            thumbnail_url = self.thumbnail_url

        embed_domains: list[str] | Unset = UNSET
        if not isinstance(self.embed_domains, Unset):
            embed_domains = self.embed_domains

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if title is not UNSET:
            field_dict["title"] = title
        if description is not UNSET:
            field_dict["description"] = description
        if tags is not UNSET:
            field_dict["tags"] = tags
        if visibility is not UNSET:
            field_dict["visibility"] = visibility
        if course_id is not UNSET:
            field_dict["courseId"] = course_id
        if module_id is not UNSET:
            field_dict["moduleId"] = module_id
        if sort_order is not UNSET:
            field_dict["sortOrder"] = sort_order
        if published_at is not UNSET:
            field_dict["publishedAt"] = published_at
        if pipeline_stage is not UNSET:
            field_dict["pipelineStage"] = pipeline_stage
        if master_file_url is not UNSET:
            field_dict["masterFileUrl"] = master_file_url
        if thumbnail_url is not UNSET:
            field_dict["thumbnailUrl"] = thumbnail_url
        if embed_domains is not UNSET:
            field_dict["embedDomains"] = embed_domains

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        title = d.pop("title", UNSET)

        def _parse_description(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        description = _parse_description(d.pop("description", UNSET))

        tags = cast(list[str], d.pop("tags", UNSET))

        _visibility = d.pop("visibility", UNSET)
        visibility: Visibility | Unset
        if isinstance(_visibility, Unset):
            visibility = UNSET
        else:
            visibility = Visibility(_visibility)

        def _parse_course_id(data: object) -> None | Unset | UUID:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                course_id_type_0 = UUID(data)

                return course_id_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Unset | UUID, data)

        course_id = _parse_course_id(d.pop("courseId", UNSET))

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

        sort_order = d.pop("sortOrder", UNSET)

        def _parse_published_at(data: object) -> datetime.datetime | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                published_at_type_0 = datetime.datetime.fromisoformat(data)

                return published_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None | Unset, data)

        published_at = _parse_published_at(d.pop("publishedAt", UNSET))

        _pipeline_stage = d.pop("pipelineStage", UNSET)
        pipeline_stage: PipelineStage | Unset
        if isinstance(_pipeline_stage, Unset):
            pipeline_stage = UNSET
        else:
            pipeline_stage = PipelineStage(_pipeline_stage)

        def _parse_master_file_url(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        master_file_url = _parse_master_file_url(d.pop("masterFileUrl", UNSET))

        def _parse_thumbnail_url(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        thumbnail_url = _parse_thumbnail_url(d.pop("thumbnailUrl", UNSET))

        embed_domains = cast(list[str], d.pop("embedDomains", UNSET))

        video_patch = cls(
            title=title,
            description=description,
            tags=tags,
            visibility=visibility,
            course_id=course_id,
            module_id=module_id,
            sort_order=sort_order,
            published_at=published_at,
            pipeline_stage=pipeline_stage,
            master_file_url=master_file_url,
            thumbnail_url=thumbnail_url,
            embed_domains=embed_domains,
        )

        return video_patch
