"""The production of videos: their stage, with its history, and the link to a project-management system.

The stage is the video's own and its history is kept by :mod:`shared.videos.service`, whoever changes it.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from shared.audit import service as audit_service
from shared.audit.difference import change
from shared.auth import service as auth_service
from shared.auth.models import User
from shared.errors import NotFound
from shared.pipeline import repository
from shared.pipeline.errors import AssigneeDisabled, AssigneeNotFound
from shared.pipeline.models import VideoPipelineLink
from shared.pipeline.schemas import AssigneeOut, PipelineInput, PipelineOut, StageChangeOut
from shared.videos import service as videos_service
from shared.videos.errors import VideoArchived
from shared.videos.models import PipelineStage, StageChange, Video, VideoStatus

MAX_HISTORY = 100
_FIELDS = ("pm_system", "project_id", "task_id", "assigned_to", "notes")


async def read_pipeline(session: AsyncSession, video_id: UUID, *, lock: bool = False) -> PipelineOut:
    """Where a video is in production; ``lock`` keeps other writers of the video out until the transaction ends.

    :raises VideoNotFound: no such video.
    """
    video = await videos_service.get_video(session, video_id, lock=lock)
    return await _answer(session, video)


async def replace_pipeline(session: AsyncSession, actor: str, video_id: UUID, given: PipelineInput) -> PipelineOut:
    """Set everything about a video's production. A user who was disabled after being assigned may stay assigned.

    :raises VideoNotFound: no such video.
    :raises AssigneeNotFound: no such user.
    :raises VideoArchived: restore it first.
    :raises AssigneeDisabled: the user cannot sign in.
    """
    video = await videos_service.get_video(session, video_id, lock=True)
    link = await repository.link_of(session, video_id)
    is_new = link is None
    link = link or VideoPipelineLink(video_id=video_id)
    assignee = await _find_assignee(session, given.assigned_to)
    if video.status == VideoStatus.archived:
        raise VideoArchived("Restore the video before you change its production")
    if assignee is not None and assignee.disabled_at is not None and assignee.id != link.assigned_to:
        raise AssigneeDisabled(assignee.email)

    was = PipelineStage(video.pipeline_stage)
    stage_moved = await videos_service.set_stage(session, actor, video, given.stage)
    before, after = change(link, {name: getattr(given, name) for name in _FIELDS})
    if is_new and after:
        newest = await videos_service.stage_history(session, video_id, limit=1)
        link.pipeline_stage = given.stage
        link.stage_changed_at = newest[0].created_at if newest else video.created_at
        session.add(link)
    await _flush(session, given.assigned_to)
    if stage_moved:
        before["stage"], after["stage"] = was.value, given.stage.value
    if after:
        await audit_service.record(session, actor, "pipeline.update", "video", video_id, before=before, after=after)
    return await _answer(session, video)


async def _find_assignee(session: AsyncSession, user_id: UUID | None) -> User | None:
    if user_id is None:
        return None
    try:
        return await auth_service.get_user(session, user_id)
    except NotFound as error:
        raise AssigneeNotFound(user_id) from error


async def _flush(session: AsyncSession, assigned_to: UUID | None) -> None:
    try:
        await session.flush()
    except IntegrityError as error:
        if assigned_to is not None and "assigned_to" in str(error.orig):
            raise AssigneeNotFound(assigned_to) from error  # deleted a moment ago
        raise


async def _answer(session: AsyncSession, video: Video) -> PipelineOut:
    link = await repository.link_of(session, video.id)
    history = await videos_service.stage_history(session, video.id, limit=MAX_HISTORY)
    shown = link or VideoPipelineLink(video_id=video.id)
    try:
        assignee = await _find_assignee(session, shown.assigned_to)
    except AssigneeNotFound:
        assignee = None  # deleted a moment ago
    return PipelineOut(
        video_id=video.id,
        stage=PipelineStage(video.pipeline_stage),
        stage_changed_at=_changed_at(video, link, history),
        **{name: getattr(shown, name) for name in _FIELDS if name != "assigned_to"},
        assigned_to=assignee.id if assignee else None,
        assignee=AssigneeOut.model_validate(assignee) if assignee else None,
        updated_at=link.updated_at if link else None,
        history=[StageChangeOut.model_validate(move) for move in history],
    )


def _changed_at(video: Video, link: VideoPipelineLink | None, history: list[StageChange]) -> datetime:
    if history:
        return history[0].created_at
    return link.stage_changed_at if link else video.created_at
