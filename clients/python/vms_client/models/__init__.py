"""Contains all the data models used in inputs/outputs"""

from .alive import Alive
from .analytics_out import AnalyticsOut
from .assignee_out import AssigneeOut
from .attempt_out import AttemptOut
from .attempt_status import AttemptStatus
from .audit_entry_out import AuditEntryOut
from .audit_entry_out_after_type_0 import AuditEntryOutAfterType0
from .audit_entry_out_before_type_0 import AuditEntryOutBeforeType0
from .audit_page import AuditPage
from .batch_accepted import BatchAccepted
from .batch_detail import BatchDetail
from .batch_detail_counts import BatchDetailCounts
from .batch_detail_filter_type_0 import BatchDetailFilterType0
from .batch_filter import BatchFilter
from .batch_input import BatchInput
from .batch_out import BatchOut
from .batch_out_counts import BatchOutCounts
from .batch_out_filter_type_0 import BatchOutFilterType0
from .batch_status import BatchStatus
from .bulk_course import BulkCourse
from .bulk_error import BulkError
from .bulk_plain import BulkPlain
from .bulk_plain_action import BulkPlainAction
from .bulk_result import BulkResult
from .bulk_results import BulkResults
from .bulk_stage import BulkStage
from .bulk_tags import BulkTags
from .bulk_tags_action import BulkTagsAction
from .bulk_visibility import BulkVisibility
from .caption import Caption
from .caption_list import CaptionList
from .caption_out import CaptionOut
from .captions_replace_files_body import CaptionsReplaceFilesBody
from .course_input import CourseInput
from .course_out import CourseOut
from .course_page import CoursePage
from .course_patch import CoursePatch
from .course_summary import CourseSummary
from .day_numbers import DayNumbers
from .embedding_read_format import EmbeddingReadFormat
from .encode_accepted import EncodeAccepted
from .encode_accepted_priority import EncodeAcceptedPriority
from .encode_options import EncodeOptions
from .encode_request import EncodeRequest
from .encode_request_priority import EncodeRequestPriority
from .event_kind import EventKind
from .finalise_input import FinaliseInput
from .job_detail import JobDetail
from .job_detail_error_history_item import JobDetailErrorHistoryItem
from .job_detail_priority import JobDetailPriority
from .job_detail_renditions_item import JobDetailRenditionsItem
from .job_detail_report_type_0 import JobDetailReportType0
from .job_detail_rungprogress import JobDetailRungprogress
from .job_error import JobError
from .job_event import JobEvent
from .job_out import JobOut
from .job_out_error_history_item import JobOutErrorHistoryItem
from .job_out_priority import JobOutPriority
from .job_out_renditions_item import JobOutRenditionsItem
from .job_out_report_type_0 import JobOutReportType0
from .job_out_rungprogress import JobOutRungprogress
from .job_page import JobPage
from .job_patch import JobPatch
from .job_patch_priority import JobPatchPriority
from .job_status import JobStatus
from .key_created import KeyCreated
from .key_in import KeyIn
from .key_out import KeyOut
from .key_page import KeyPage
from .lesson_input import LessonInput
from .lesson_out import LessonOut
from .lesson_page import LessonPage
from .lesson_patch import LessonPatch
from .lesson_video import LessonVideo
from .login_in import LoginIn
from .master_out import MasterOut
from .me import Me
from .migration_status import MigrationStatus
from .migrations_overview import MigrationsOverview
from .migrations_overview_bystatus import MigrationsOverviewBystatus
from .missing import Missing
from .module_input import ModuleInput
from .module_out import ModuleOut
from .module_page import ModulePage
from .module_patch import ModulePatch
from .move_check import MoveCheck
from .move_check_out import MoveCheckOut
from .move_error import MoveError
from .move_out import MoveOut
from .move_report import MoveReport
from .move_report_answer import MoveReportAnswer
from .move_report_status import MoveReportStatus
from .move_status import MoveStatus
from .numbers import Numbers
from .o_embed import OEmbed
from .order_input import OrderInput
from .part_kind import PartKind
from .part_out import PartOut
from .part_payload import PartPayload
from .part_payload_plan import PartPayloadPlan
from .part_status import PartStatus
from .password_in import PasswordIn
from .pipeline_input import PipelineInput
from .pipeline_out import PipelineOut
from .pipeline_stage import PipelineStage
from .plan_out import PlanOut
from .planned_audio import PlannedAudio
from .planned_rung import PlannedRung
from .planned_source import PlannedSource
from .planned_window import PlannedWindow
from .platform import Platform
from .platform_input import PlatformInput
from .platform_input_metadata import PlatformInputMetadata
from .platform_numbers import PlatformNumbers
from .platform_out import PlatformOut
from .platform_out_metadata import PlatformOutMetadata
from .platform_page import PlatformPage
from .platform_status import PlatformStatus
from .playback import Playback
from .poster_candidate import PosterCandidate
from .poster_input import PosterInput
from .poster_kind import PosterKind
from .poster_out import PosterOut
from .posters_upload_files_body import PostersUploadFilesBody
from .probe_answer import ProbeAnswer
from .probe_report import ProbeReport
from .probe_report_facts_type_0 import ProbeReportFactsType0
from .problem import Problem
from .problem_field import ProblemField
from .provider import Provider
from .quota_answer import QuotaAnswer
from .readiness import Readiness
from .readiness_checks import ReadinessChecks
from .readiness_workers import ReadinessWorkers
from .report import Report
from .report_answer import ReportAnswer
from .report_codecs import ReportCodecs
from .report_plan_type_0 import ReportPlanType0
from .report_report_type_0 import ReportReportType0
from .report_rungprogress import ReportRungprogress
from .report_source_type_0 import ReportSourceType0
from .report_status import ReportStatus
from .reported_error import ReportedError
from .reported_rendition import ReportedRendition
from .role import Role
from .run_status import RunStatus
from .session_out import SessionOut
from .session_page import SessionPage
from .share import Share
from .source_audio import SourceAudio
from .stage_change_out import StageChangeOut
from .sync_error import SyncError
from .sync_run_accepted import SyncRunAccepted
from .sync_run_answer import SyncRunAnswer
from .sync_status import SyncStatus
from .sync_summary import SyncSummary
from .tag_list import TagList
from .tag_out import TagOut
from .tag_rename import TagRename
from .tag_renamed import TagRenamed
from .top_metric import TopMetric
from .top_out import TopOut
from .top_video import TopVideo
from .trend import Trend
from .trends import Trends
from .uploads_append_tus_resumable import UploadsAppendTusResumable
from .uploads_create_tus_resumable import UploadsCreateTusResumable
from .uploads_look_tus_resumable import UploadsLookTusResumable
from .uploads_terminate_tus_resumable import UploadsTerminateTusResumable
from .user_in import UserIn
from .user_out import UserOut
from .user_page import UserPage
from .user_patch import UserPatch
from .video_analytics_out import VideoAnalyticsOut
from .video_day_numbers import VideoDayNumbers
from .video_input import VideoInput
from .video_out import VideoOut
from .video_page import VideoPage
from .video_patch import VideoPatch
from .video_platform_out import VideoPlatformOut
from .video_status import VideoStatus
from .viewing_event import ViewingEvent
from .viewing_event_quartile_type_0 import ViewingEventQuartileType0
from .viewing_provider import ViewingProvider
from .visibility import Visibility
from .watched_error import WatchedError
from .watched_windows import WatchedWindows
from .window_counts import WindowCounts

__all__ = (
    "Alive",
    "AnalyticsOut",
    "AssigneeOut",
    "AttemptOut",
    "AttemptStatus",
    "AuditEntryOut",
    "AuditEntryOutAfterType0",
    "AuditEntryOutBeforeType0",
    "AuditPage",
    "BatchAccepted",
    "BatchDetail",
    "BatchDetailCounts",
    "BatchDetailFilterType0",
    "BatchFilter",
    "BatchInput",
    "BatchOut",
    "BatchOutCounts",
    "BatchOutFilterType0",
    "BatchStatus",
    "BulkCourse",
    "BulkError",
    "BulkPlain",
    "BulkPlainAction",
    "BulkResult",
    "BulkResults",
    "BulkStage",
    "BulkTags",
    "BulkTagsAction",
    "BulkVisibility",
    "Caption",
    "CaptionList",
    "CaptionOut",
    "CaptionsReplaceFilesBody",
    "CourseInput",
    "CourseOut",
    "CoursePage",
    "CoursePatch",
    "CourseSummary",
    "DayNumbers",
    "EmbeddingReadFormat",
    "EncodeAccepted",
    "EncodeAcceptedPriority",
    "EncodeOptions",
    "EncodeRequest",
    "EncodeRequestPriority",
    "EventKind",
    "FinaliseInput",
    "JobDetail",
    "JobDetailErrorHistoryItem",
    "JobDetailPriority",
    "JobDetailRenditionsItem",
    "JobDetailReportType0",
    "JobDetailRungprogress",
    "JobError",
    "JobEvent",
    "JobOut",
    "JobOutErrorHistoryItem",
    "JobOutPriority",
    "JobOutRenditionsItem",
    "JobOutReportType0",
    "JobOutRungprogress",
    "JobPage",
    "JobPatch",
    "JobPatchPriority",
    "JobStatus",
    "KeyCreated",
    "KeyIn",
    "KeyOut",
    "KeyPage",
    "LessonInput",
    "LessonOut",
    "LessonPage",
    "LessonPatch",
    "LessonVideo",
    "LoginIn",
    "MasterOut",
    "Me",
    "MigrationsOverview",
    "MigrationsOverviewBystatus",
    "MigrationStatus",
    "Missing",
    "ModuleInput",
    "ModuleOut",
    "ModulePage",
    "ModulePatch",
    "MoveCheck",
    "MoveCheckOut",
    "MoveError",
    "MoveOut",
    "MoveReport",
    "MoveReportAnswer",
    "MoveReportStatus",
    "MoveStatus",
    "Numbers",
    "OEmbed",
    "OrderInput",
    "PartKind",
    "PartOut",
    "PartPayload",
    "PartPayloadPlan",
    "PartStatus",
    "PasswordIn",
    "PipelineInput",
    "PipelineOut",
    "PipelineStage",
    "PlannedAudio",
    "PlannedRung",
    "PlannedSource",
    "PlannedWindow",
    "PlanOut",
    "Platform",
    "PlatformInput",
    "PlatformInputMetadata",
    "PlatformNumbers",
    "PlatformOut",
    "PlatformOutMetadata",
    "PlatformPage",
    "PlatformStatus",
    "Playback",
    "PosterCandidate",
    "PosterInput",
    "PosterKind",
    "PosterOut",
    "PostersUploadFilesBody",
    "ProbeAnswer",
    "ProbeReport",
    "ProbeReportFactsType0",
    "Problem",
    "ProblemField",
    "Provider",
    "QuotaAnswer",
    "Readiness",
    "ReadinessChecks",
    "ReadinessWorkers",
    "Report",
    "ReportAnswer",
    "ReportCodecs",
    "ReportedError",
    "ReportedRendition",
    "ReportPlanType0",
    "ReportReportType0",
    "ReportRungprogress",
    "ReportSourceType0",
    "ReportStatus",
    "Role",
    "RunStatus",
    "SessionOut",
    "SessionPage",
    "Share",
    "SourceAudio",
    "StageChangeOut",
    "SyncError",
    "SyncRunAccepted",
    "SyncRunAnswer",
    "SyncStatus",
    "SyncSummary",
    "TagList",
    "TagOut",
    "TagRename",
    "TagRenamed",
    "TopMetric",
    "TopOut",
    "TopVideo",
    "Trend",
    "Trends",
    "UploadsAppendTusResumable",
    "UploadsCreateTusResumable",
    "UploadsLookTusResumable",
    "UploadsTerminateTusResumable",
    "UserIn",
    "UserOut",
    "UserPage",
    "UserPatch",
    "VideoAnalyticsOut",
    "VideoDayNumbers",
    "VideoInput",
    "VideoOut",
    "VideoPage",
    "VideoPatch",
    "VideoPlatformOut",
    "VideoStatus",
    "ViewingEvent",
    "ViewingEventQuartileType0",
    "ViewingProvider",
    "Visibility",
    "WatchedError",
    "WatchedWindows",
    "WindowCounts",
)
