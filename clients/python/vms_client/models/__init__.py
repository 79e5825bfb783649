"""Contains all the data models used in inputs/outputs"""

from .alive import Alive
from .caption import Caption
from .encode_accepted import EncodeAccepted
from .encoding_state import EncodingState
from .job_error import JobError
from .job_out import JobOut
from .job_out_error_history_item import JobOutErrorHistoryItem
from .job_out_renditions_item import JobOutRenditionsItem
from .job_out_report_type_0 import JobOutReportType0
from .job_out_rungprogress import JobOutRungprogress
from .job_page import JobPage
from .job_status import JobStatus
from .key_created import KeyCreated
from .key_in import KeyIn
from .key_list import KeyList
from .key_out import KeyOut
from .login_in import LoginIn
from .master_out import MasterOut
from .me import Me
from .migration_status import MigrationStatus
from .pipeline_stage import PipelineStage
from .platform_out import PlatformOut
from .playback import Playback
from .problem import Problem
from .problem_field import ProblemField
from .provider import Provider
from .readiness import Readiness
from .readiness_checks import ReadinessChecks
from .readiness_workers import ReadinessWorkers
from .report import Report
from .report_answer import ReportAnswer
from .report_report_type_0 import ReportReportType0
from .report_rungprogress import ReportRungprogress
from .report_status import ReportStatus
from .reported_error import ReportedError
from .reported_rendition import ReportedRendition
from .role import Role
from .user_in import UserIn
from .user_list import UserList
from .user_out import UserOut
from .user_patch import UserPatch
from .video_input import VideoInput
from .video_out import VideoOut
from .video_page import VideoPage
from .video_status import VideoStatus
from .visibility import Visibility

__all__ = (
    "Alive",
    "Caption",
    "EncodeAccepted",
    "EncodingState",
    "JobError",
    "JobOut",
    "JobOutErrorHistoryItem",
    "JobOutRenditionsItem",
    "JobOutReportType0",
    "JobOutRungprogress",
    "JobPage",
    "JobStatus",
    "KeyCreated",
    "KeyIn",
    "KeyList",
    "KeyOut",
    "LoginIn",
    "MasterOut",
    "Me",
    "MigrationStatus",
    "PipelineStage",
    "PlatformOut",
    "Playback",
    "Problem",
    "ProblemField",
    "Provider",
    "Readiness",
    "ReadinessChecks",
    "ReadinessWorkers",
    "Report",
    "ReportAnswer",
    "ReportedError",
    "ReportedRendition",
    "ReportReportType0",
    "ReportRungprogress",
    "ReportStatus",
    "Role",
    "UserIn",
    "UserList",
    "UserOut",
    "UserPatch",
    "VideoInput",
    "VideoOut",
    "VideoPage",
    "VideoStatus",
    "Visibility",
)
