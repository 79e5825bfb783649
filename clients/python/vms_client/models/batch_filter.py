from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define

from ..models.migration_status import MigrationStatus
from ..models.pipeline_stage import PipelineStage
from ..models.platform import Platform
from ..models.video_status import VideoStatus
from ..models.visibility import Visibility
from ..types import UNSET, Unset

T = TypeVar("T", bound="BatchFilter")


@_attrs_define
class BatchFilter:
    """The videos that `GET /api/videos` finds with these parameters. A list means any of its values, `tag` all."""

    q: str | Unset = ""
    status: list[VideoStatus] | Unset = UNSET
    visibility: list[Visibility] | Unset = UNSET
    migration_status: list[MigrationStatus] | Unset = UNSET
    pipeline_stage: list[PipelineStage] | Unset = UNSET
    tag: list[str] | Unset = UNSET
    course_id: list[UUID] | Unset = UNSET
    platform: list[Platform] | Unset = UNSET
    missing_platform: list[Platform] | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        q = self.q

        status: list[str] | Unset = UNSET
        if not isinstance(self.status, Unset):
            status = []
            for status_item_data in self.status:
                status_item = status_item_data.value
                status.append(status_item)

        visibility: list[str] | Unset = UNSET
        if not isinstance(self.visibility, Unset):
            visibility = []
            for visibility_item_data in self.visibility:
                visibility_item = visibility_item_data.value
                visibility.append(visibility_item)

        migration_status: list[str] | Unset = UNSET
        if not isinstance(self.migration_status, Unset):
            migration_status = []
            for migration_status_item_data in self.migration_status:
                migration_status_item = migration_status_item_data.value
                migration_status.append(migration_status_item)

        pipeline_stage: list[str] | Unset = UNSET
        if not isinstance(self.pipeline_stage, Unset):
            pipeline_stage = []
            for pipeline_stage_item_data in self.pipeline_stage:
                pipeline_stage_item = pipeline_stage_item_data.value
                pipeline_stage.append(pipeline_stage_item)

        tag: list[str] | Unset = UNSET
        if not isinstance(self.tag, Unset):
            tag = self.tag

        course_id: list[str] | Unset = UNSET
        if not isinstance(self.course_id, Unset):
            course_id = []
            for course_id_item_data in self.course_id:
                course_id_item = str(course_id_item_data)
                course_id.append(course_id_item)

        platform: list[str] | Unset = UNSET
        if not isinstance(self.platform, Unset):
            platform = []
            for platform_item_data in self.platform:
                platform_item = platform_item_data.value
                platform.append(platform_item)

        missing_platform: list[str] | Unset = UNSET
        if not isinstance(self.missing_platform, Unset):
            missing_platform = []
            for missing_platform_item_data in self.missing_platform:
                missing_platform_item = missing_platform_item_data.value
                missing_platform.append(missing_platform_item)

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if q is not UNSET:
            field_dict["q"] = q
        if status is not UNSET:
            field_dict["status"] = status
        if visibility is not UNSET:
            field_dict["visibility"] = visibility
        if migration_status is not UNSET:
            field_dict["migrationStatus"] = migration_status
        if pipeline_stage is not UNSET:
            field_dict["pipelineStage"] = pipeline_stage
        if tag is not UNSET:
            field_dict["tag"] = tag
        if course_id is not UNSET:
            field_dict["courseId"] = course_id
        if platform is not UNSET:
            field_dict["platform"] = platform
        if missing_platform is not UNSET:
            field_dict["missingPlatform"] = missing_platform

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        q = d.pop("q", UNSET)

        _status = d.pop("status", UNSET)
        status: list[VideoStatus] | Unset = UNSET
        if _status is not UNSET:
            status = []
            for status_item_data in _status:
                status_item = VideoStatus(status_item_data)

                status.append(status_item)

        _visibility = d.pop("visibility", UNSET)
        visibility: list[Visibility] | Unset = UNSET
        if _visibility is not UNSET:
            visibility = []
            for visibility_item_data in _visibility:
                visibility_item = Visibility(visibility_item_data)

                visibility.append(visibility_item)

        _migration_status = d.pop("migrationStatus", UNSET)
        migration_status: list[MigrationStatus] | Unset = UNSET
        if _migration_status is not UNSET:
            migration_status = []
            for migration_status_item_data in _migration_status:
                migration_status_item = MigrationStatus(migration_status_item_data)

                migration_status.append(migration_status_item)

        _pipeline_stage = d.pop("pipelineStage", UNSET)
        pipeline_stage: list[PipelineStage] | Unset = UNSET
        if _pipeline_stage is not UNSET:
            pipeline_stage = []
            for pipeline_stage_item_data in _pipeline_stage:
                pipeline_stage_item = PipelineStage(pipeline_stage_item_data)

                pipeline_stage.append(pipeline_stage_item)

        tag = cast(list[str], d.pop("tag", UNSET))

        _course_id = d.pop("courseId", UNSET)
        course_id: list[UUID] | Unset = UNSET
        if _course_id is not UNSET:
            course_id = []
            for course_id_item_data in _course_id:
                course_id_item = UUID(course_id_item_data)

                course_id.append(course_id_item)

        _platform = d.pop("platform", UNSET)
        platform: list[Platform] | Unset = UNSET
        if _platform is not UNSET:
            platform = []
            for platform_item_data in _platform:
                platform_item = Platform(platform_item_data)

                platform.append(platform_item)

        _missing_platform = d.pop("missingPlatform", UNSET)
        missing_platform: list[Platform] | Unset = UNSET
        if _missing_platform is not UNSET:
            missing_platform = []
            for missing_platform_item_data in _missing_platform:
                missing_platform_item = Platform(missing_platform_item_data)

                missing_platform.append(missing_platform_item)

        batch_filter = cls(
            q=q,
            status=status,
            visibility=visibility,
            migration_status=migration_status,
            pipeline_stage=pipeline_stage,
            tag=tag,
            course_id=course_id,
            platform=platform,
            missing_platform=missing_platform,
        )

        return batch_filter
