from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.migration_status import MigrationStatus
from ..models.pipeline_stage import PipelineStage
from ..models.video_status import VideoStatus
from ..models.visibility import Visibility

if TYPE_CHECKING:
    from ..models.master_out import MasterOut
    from ..models.video_platform_out import VideoPlatformOut


T = TypeVar("T", bound="VideoOut")


@_attrs_define
class VideoOut:
    """A video as the API answers it."""

    id: UUID
    title: str
    description: None | str
    tags: list[str]
    status: VideoStatus
    """ Whether a video is in the library or put away. """
    visibility: Visibility
    """ Who may play a video (seed 004, step 1). """
    duration_seconds: float | None
    course_id: None | UUID
    module_id: None | UUID
    sort_order: int
    published_at: datetime.datetime | None
    pipeline_stage: PipelineStage
    """ Stage of production (seed 004, step 24). """
    master_file_url: None | str
    thumbnail_url: None | str
    embed_domains: list[str]
    """ sites that may embed the player, beside the own one; none: all """
    migration_status: MigrationStatus | None
    migration_error: None | str
    platforms: list[VideoPlatformOut]
    master: MasterOut | None
    generation: None | str
    """ name of the published set of outputs """
    created_at: datetime.datetime
    updated_at: datetime.datetime
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.master_out import MasterOut  # noqa: PLC0415

        id = str(self.id)

        title = self.title

        description: None | str
        description = self.description

        tags = self.tags

        status = self.status.value

        visibility = self.visibility.value

        duration_seconds: float | None
        duration_seconds = self.duration_seconds

        course_id: None | str
        if isinstance(self.course_id, UUID):
            course_id = str(self.course_id)
        else:
            course_id = self.course_id

        module_id: None | str
        if isinstance(self.module_id, UUID):
            module_id = str(self.module_id)
        else:
            module_id = self.module_id

        sort_order = self.sort_order

        published_at: None | str
        if isinstance(self.published_at, datetime.datetime):
            published_at = self.published_at.isoformat()
        else:
            published_at = self.published_at

        pipeline_stage = self.pipeline_stage.value

        master_file_url: None | str
        master_file_url = self.master_file_url

        thumbnail_url: None | str
        thumbnail_url = self.thumbnail_url

        embed_domains = self.embed_domains

        migration_status: None | str
        if isinstance(self.migration_status, MigrationStatus):
            migration_status = self.migration_status.value
        else:
            migration_status = self.migration_status

        migration_error: None | str
        migration_error = self.migration_error

        platforms = []
        for platforms_item_data in self.platforms:
            platforms_item = platforms_item_data.to_dict()
            platforms.append(platforms_item)

        master: dict[str, Any] | None
        if isinstance(self.master, MasterOut):
            master = self.master.to_dict()
        else:
            master = self.master

        generation: None | str
        generation = self.generation

        created_at = self.created_at.isoformat()

        updated_at = self.updated_at.isoformat()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "title": title,
                "description": description,
                "tags": tags,
                "status": status,
                "visibility": visibility,
                "durationSeconds": duration_seconds,
                "courseId": course_id,
                "moduleId": module_id,
                "sortOrder": sort_order,
                "publishedAt": published_at,
                "pipelineStage": pipeline_stage,
                "masterFileUrl": master_file_url,
                "thumbnailUrl": thumbnail_url,
                "embedDomains": embed_domains,
                "migrationStatus": migration_status,
                "migrationError": migration_error,
                "platforms": platforms,
                "master": master,
                "generation": generation,
                "createdAt": created_at,
                "updatedAt": updated_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.master_out import MasterOut  # noqa: PLC0415
        from ..models.video_platform_out import VideoPlatformOut  # noqa: PLC0415

        d = dict(src_dict)
        id = UUID(d.pop("id"))

        title = d.pop("title")

        def _parse_description(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        description = _parse_description(d.pop("description"))

        tags = cast(list[str], d.pop("tags"))

        status = VideoStatus(d.pop("status"))

        visibility = Visibility(d.pop("visibility"))

        def _parse_duration_seconds(data: object) -> float | None:
            if data is None:
                return data
            return cast(float | None, data)

        duration_seconds = _parse_duration_seconds(d.pop("durationSeconds"))

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

        def _parse_module_id(data: object) -> None | UUID:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                module_id_type_0 = UUID(data)

                return module_id_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | UUID, data)

        module_id = _parse_module_id(d.pop("moduleId"))

        sort_order = d.pop("sortOrder")

        def _parse_published_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                published_at_type_0 = datetime.datetime.fromisoformat(data)

                return published_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        published_at = _parse_published_at(d.pop("publishedAt"))

        pipeline_stage = PipelineStage(d.pop("pipelineStage"))

        def _parse_master_file_url(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        master_file_url = _parse_master_file_url(d.pop("masterFileUrl"))

        def _parse_thumbnail_url(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        thumbnail_url = _parse_thumbnail_url(d.pop("thumbnailUrl"))

        embed_domains = cast(list[str], d.pop("embedDomains"))

        def _parse_migration_status(data: object) -> MigrationStatus | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                migration_status_type_0 = MigrationStatus(data)

                return migration_status_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(MigrationStatus | None, data)

        migration_status = _parse_migration_status(d.pop("migrationStatus"))

        def _parse_migration_error(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        migration_error = _parse_migration_error(d.pop("migrationError"))

        platforms = []
        _platforms = d.pop("platforms")
        for platforms_item_data in _platforms:
            platforms_item = VideoPlatformOut.from_dict(platforms_item_data)

            platforms.append(platforms_item)

        def _parse_master(data: object) -> MasterOut | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                master_type_0 = MasterOut.from_dict(data)

                return master_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(MasterOut | None, data)

        master = _parse_master(d.pop("master"))

        def _parse_generation(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        generation = _parse_generation(d.pop("generation"))

        created_at = datetime.datetime.fromisoformat(d.pop("createdAt"))

        updated_at = datetime.datetime.fromisoformat(d.pop("updatedAt"))

        video_out = cls(
            id=id,
            title=title,
            description=description,
            tags=tags,
            status=status,
            visibility=visibility,
            duration_seconds=duration_seconds,
            course_id=course_id,
            module_id=module_id,
            sort_order=sort_order,
            published_at=published_at,
            pipeline_stage=pipeline_stage,
            master_file_url=master_file_url,
            thumbnail_url=thumbnail_url,
            embed_domains=embed_domains,
            migration_status=migration_status,
            migration_error=migration_error,
            platforms=platforms,
            master=master,
            generation=generation,
            created_at=created_at,
            updated_at=updated_at,
        )

        video_out.additional_properties = d
        return video_out

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
