"""What one may do with videos and their master files."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.audit import service as audit_service
from shared.audit.difference import Difference, change, difference
from shared.clock import utc_now
from shared.log import get_logger
from shared.text import MAX_TITLE
from shared.videos import repository
from shared.videos.errors import (
    CourseNotFound,
    ModuleNotFound,
    ModuleOfAnotherCourse,
    TagNotFound,
    TooManyTags,
    VideoArchived,
    VideoNotArchived,
    VideoNotFound,
)
from shared.videos.models import (
    Master,
    MasterState,
    MigrationStatus,
    PipelineStage,
    StageChange,
    Tag,
    Video,
    VideoStatus,
    Visibility,
)
from shared.videos.schemas import MAX_TAGS, BulkCourse, VideoInput, VideoPatch

log = get_logger(__name__)
GivenT = TypeVar("GivenT", VideoInput, VideoPatch, BulkCourse)
_RENAMED_AT_ONCE = 5000
_WORDS_AT_ONCE = 2000
_STATUS_ACTIONS = {VideoStatus.archived: "videos.archive", VideoStatus.active: "videos.restore"}


async def create_video(session: AsyncSession, actor: str, given: VideoInput) -> Video:
    """Add a video to the library. A module without a course brings its course along.

    :raises CourseNotFound: no such course.
    :raises ModuleNotFound: no such module.
    :raises ModuleOfAnotherCourse: the module is no part of the course.
    """
    given = await find_place(session, given)
    video = Video(**given.model_dump())
    session.add(video)
    await session.flush()
    after = given.model_dump(mode="json", by_alias=True, exclude_unset=True)
    await audit_service.record(session, actor, "videos.create", "video", video.id, after=after)
    return video


async def get_video(session: AsyncSession, video_id: UUID, *, lock: bool = False) -> Video:
    """:raises VideoNotFound: no such video."""
    video = await repository.get(session, video_id, lock=lock)
    if video is None:
        raise _no_video(video_id)
    return video


def _no_video(video_id: UUID) -> VideoNotFound:
    return VideoNotFound(f"There is no video {video_id}")


async def current_masters(session: AsyncSession, video_ids: list[UUID]) -> dict[UUID, Master]:
    """The current master of each video that has one."""
    return await repository.current_masters(session, video_ids)


async def visibilities(session: AsyncSession, video_ids: list[UUID]) -> dict[UUID, Visibility]:
    """Who may play each video."""
    return await repository.visibilities(session, video_ids)


async def find_place(session: AsyncSession, given: GivenT, *, video_id: UUID | None = None) -> GivenT:
    """Check the course and the module that are given, and keep them as they are; a module that stands alone brings its
    course along. Whoever changes courses locks them first and videos then; so this comes before a video is locked.
    ``video_id``: the video that is going there.

    :raises VideoNotFound: no such video; said before anything about the place.
    :raises CourseNotFound: no such course.
    :raises ModuleNotFound: no such module.
    :raises ModuleOfAnotherCourse: the module is no part of the course.
    """
    course_id = given.course_id
    if course_id is None and given.module_id is None:
        return given
    if video_id is not None and not await repository.exists_video(session, video_id):
        raise _no_video(video_id)
    if given.module_id is None:
        if course_id is not None and not await repository.has_course(session, course_id, lock=True):
            raise CourseNotFound(course_id)
        return given
    owner = await repository.lock_course_of_module(session, given.module_id)
    # Without a lock: it is an error in any case, and a second course is locked in the order of their ids or not at all.
    if course_id not in {None, owner} and not await repository.has_course(session, course_id, lock=False):
        raise CourseNotFound(course_id)
    if owner is None:
        raise ModuleNotFound(given.module_id)
    if "course_id" not in given.model_fields_set:
        return given.model_copy(update={"course_id": owner})
    if owner != course_id:
        raise ModuleOfAnotherCourse
    return given


async def replace_video(session: AsyncSession, actor: str, video: Video, given: VideoInput) -> Video:
    """Set every editable field of a locked video. :func:`find_place` has seen ``given``.

    :raises VideoArchived: restore it first.
    """
    return await _edit(session, actor, video, given.model_dump())


async def patch_video(session: AsyncSession, actor: str, video: Video, given: VideoPatch) -> Video:
    """Set the given fields of a locked video. Another course, or none, takes the module away that is of the former.
    :func:`find_place` has seen ``given``.

    :raises VideoArchived: restore it first.
    """
    values = given.model_dump(exclude_unset=True)
    if values.get("course_id", video.course_id) != video.course_id:
        values.setdefault("module_id", None)
    return await _edit(session, actor, video, values)


async def _edit(session: AsyncSession, actor: str, video: Video, values: dict[str, Any]) -> Video:
    if video.status == VideoStatus.archived:
        raise VideoArchived("Restore the video before you change it")
    former, stage = video.pipeline_stage, values.pop("pipeline_stage", video.pipeline_stage)
    before, after = change(video, values)
    if await set_stage(session, actor, video, PipelineStage(stage)):
        before["pipelineStage"], after["pipelineStage"] = former, stage
    if after:
        await audit_service.record(session, actor, "videos.update", "video", video.id, before=before, after=after)
    await session.flush()
    return video


async def set_stage(session: AsyncSession, actor: str, video: Video, stage: PipelineStage) -> bool:
    """Move a locked video to another stage of production and keep the move in its history; False when it is there
    already. The caller writes the audit entry.
    """
    before = PipelineStage(video.pipeline_stage)
    if before is stage:
        return False
    video.pipeline_stage = stage
    session.add(StageChange(video_id=video.id, from_stage=before, to_stage=stage, actor=actor))
    await session.flush()
    return True


async def stage_history(session: AsyncSession, video_id: UUID, *, limit: int) -> list[StageChange]:
    """The moves of a video from stage to stage, newest first."""
    return await repository.stage_changes(session, video_id, limit=limit)


async def archive_video(session: AsyncSession, actor: str, video: Video) -> Video:
    """Put a locked video away; nothing of it is deleted. Again is fine."""
    return await _set_status(session, actor, video, VideoStatus.archived)


async def restore_video(session: AsyncSession, actor: str, video: Video) -> Video:
    """Take a locked video back into the library. Again is fine."""
    return await _set_status(session, actor, video, VideoStatus.active)


async def _set_status(session: AsyncSession, actor: str, video: Video, status: VideoStatus) -> Video:
    before, after = change(video, {"status": status})
    if after:
        video.archived_at = _archived_at(status)
        action = _STATUS_ACTIONS[status]
        await audit_service.record(session, actor, action, "video", video.id, before=before, after=after)
    await session.flush()
    return video


def _archived_at(status: VideoStatus) -> datetime | None:
    return utc_now() if status is VideoStatus.archived else None


async def delete_video(session: AsyncSession, actor: str, video: Video) -> None:
    """Delete a locked, archived video for good. Its objects are collected afterwards; see the control worker.

    :raises VideoNotArchived: archive it first.
    """
    if video.status != VideoStatus.archived:
        raise VideoNotArchived("Archive the video before you delete it for good")
    await audit_service.record(session, actor, "videos.delete", "video", video.id, before={"title": video.title})
    for master in await repository.masters_of(session, video.id):
        _move_master(master, MasterState.released)
    await session.flush()
    await session.delete(video)
    await session.flush()


# What follows changes many videos in a fixed number of statements, whatever their number is. The rows in memory stay
# as they were.


async def set_status_of_all(session: AsyncSession, actor: str, videos: Iterable[Video], status: VideoStatus) -> None:
    """Archive or restore locked videos."""
    values = {"status": status, "archived_at": _archived_at(status)}
    rows = [video for video in videos if video.status != status]
    await _set_on_all(session, actor, _STATUS_ACTIONS[status], rows, values, shown=("status",))


async def set_visibility_of_all(
    session: AsyncSession, actor: str, videos: Iterable[Video], visibility: Visibility
) -> None:
    """Choose who may play locked videos."""
    rows = [video for video in videos if video.visibility != visibility]
    await _set_on_all(session, actor, "videos.update", rows, {"visibility": visibility})


async def set_stage_of_all(session: AsyncSession, actor: str, videos: Iterable[Video], stage: PipelineStage) -> None:
    """Move locked videos to a stage of production and keep the moves in their histories."""
    rows = [video for video in videos if video.pipeline_stage != stage]
    session.add_all(
        StageChange(video_id=video.id, from_stage=video.pipeline_stage, to_stage=stage, actor=actor) for video in rows
    )
    await _set_on_all(session, actor, "videos.update", rows, {"pipeline_stage": stage})


async def place_all(session: AsyncSession, actor: str, videos: Iterable[Video], given: BulkCourse) -> None:
    """Put locked videos into a course and perhaps a module, or into none. Without a module in ``given``, those that
    are in the course already keep theirs. :func:`find_place` has seen ``given``.
    """
    keeps_module = "module_id" not in given.model_fields_set
    rows = [
        video
        for video in videos
        if video.course_id != given.course_id or (video.module_id != given.module_id and not keeps_module)
    ]
    values = {"course_id": given.course_id, "module_id": given.module_id}
    await _set_on_all(session, actor, "videos.update", rows, values)


async def _set_on_all(
    session: AsyncSession,
    actor: str,
    action: str,
    videos: Sequence[Video],
    values: dict[str, Any],
    *,
    shown: Collection[str] | None = None,
) -> None:
    """Set columns of videos and audit each video's difference in those that are ``shown`` (all)."""
    if not videos:
        return
    await repository.set_on_all(session, [video.id for video in videos], values)
    visible = {name: values[name] for name in shown or values}
    await audit_service.record_all(
        session, actor, action, "video", {video.id: difference(video, visible) for video in videos}
    )
    await session.flush()


async def change_tags_of_all(
    session: AsyncSession, actor: str, videos: Iterable[Video], *, add: Sequence[str] = (), remove: Collection[str] = ()
) -> dict[UUID, TooManyTags]:
    """Take tags from locked videos and put others behind those that are left. Answers the errors of the videos that
    would have too many; they stay as they are.
    """
    changed: dict[UUID, list[str]] = {}
    differences: dict[UUID, Difference] = {}
    errors: dict[UUID, TooManyTags] = {}
    for video in videos:
        tags = [*dict.fromkeys([*(tag for tag in video.tags if tag not in remove), *add])]
        if tags == video.tags:
            continue
        if len(tags) > max(MAX_TAGS, len(video.tags)):
            errors[video.id] = TooManyTags(f"It would have {len(tags)} tags; {MAX_TAGS} are allowed")
            continue
        changed[video.id] = tags
        differences[video.id] = difference(video, {"tags": tags})
    if changed:
        await repository.set_tags(session, changed)
        await audit_service.record_all(session, actor, "videos.update", "video", differences)
    return errors


async def tags_by_prefix(session: AsyncSession, prefix: str, *, limit: int) -> list[Tag]:
    """Tags of active videos that begin with ``prefix``, whatever its case and accents; the most used first."""
    return await repository.tags_by_prefix(session, prefix, limit=limit)


async def rename_tag(session: AsyncSession, actor: str, *, old: str, new: str) -> tuple[int, int]:
    """Put ``new`` in the place of ``old`` in every video, archived ones too; a video that has both keeps one ``new``,
    where it stands. Returns how many active videos have ``new`` then, and how many videos were changed.

    :raises TagNotFound: no video has ``old``.
    """
    await repository.lock_renames(session)
    if await repository.get_tag(session, old) is None:
        raise TagNotFound(f"No video has the tag {old}")
    videos = await repository.lock_tagged(session, old) if old != new else []
    # All are locked before the first is changed; a hundred thousand in one statement would take too long for one.
    for start in range(0, len(videos), _RENAMED_AT_ONCE):
        await repository.replace_tag(session, videos[start : start + _RENAMED_AT_ONCE], old, new)
    if videos:
        after = {"name": new, "videos": len(videos)}
        await audit_service.record(session, actor, "tags.rename", "tag", old, before={"name": old}, after=after)
    tag = await repository.get_tag(session, new)
    return (tag.video_count if tag else 0), len(videos)


async def forget_unused_words(session: AsyncSession, after: str) -> str:
    """Look at some of the words that mistyped ones are compared with, behind ``after``, and forget those that no video
    has any more. Answers where to go on: "" at the end of the list, from its beginning.

    A word that a video gets in the same moment may be forgotten with the others: it is found as before, but not when it
    is mistyped, until some video with it is changed.
    """
    return await repository.forget_unused_words(session, after=after, limit=_WORDS_AT_ONCE) or ""


async def current_master(session: AsyncSession, video_id: UUID) -> Master | None:
    """The master the next encode reads."""
    return (await repository.current_masters(session, [video_id])).get(video_id)


async def accept_master(
    session: AsyncSession,
    actor: str,
    *,
    video_id: UUID | None,
    title: str,
    filename: str | None,
    bucket: str,
    key: str,
    size_bytes: int,
    sha256: str,
    content_type: str,
) -> Video:
    """Make an object the master of a video: of a new one, or of ``video_id``, whose former master is kept until the
    new one has been encoded.

    :raises VideoNotFound: no video ``video_id``.
    :raises VideoArchived: it is archived.
    """
    if video_id is None:
        video = Video(title=title[:MAX_TITLE])
        session.add(video)
        await session.flush()
        await audit_service.record(session, actor, "videos.create", "video", video.id, after={"title": video.title})
    else:
        video = await get_video(session, video_id, lock=True)
        if video.status == VideoStatus.archived:
            raise VideoArchived("Restore the video before you replace its master file")
        former = await current_master(session, video_id)
        if former is not None:
            _move_master(former, MasterState.replaced)
            await session.flush()
    master = Master(
        video_id=video.id,
        bucket=bucket,
        key=key,
        size_bytes=size_bytes,
        sha256=sha256,
        content_type=content_type,
        filename=filename,
    )
    session.add(master)
    await session.flush()
    await audit_service.record(
        session,
        actor,
        "videos.master",
        "video",
        video.id,
        after={"sizeBytes": size_bytes, "sha256": sha256, "filename": filename},
    )
    return video


async def reject_master(session: AsyncSession, master_id: UUID, *, reason: str) -> None:
    """A master that can never be encoded is given up; the one it replaced is current again.

    Its object is deleted by the control worker; its row stays and says what it was.
    """
    master = await session.get(Master, master_id, with_for_update=True, populate_existing=True)
    if master is None or master.state not in {MasterState.current, MasterState.replaced}:
        return
    was_current = master.state == MasterState.current
    _move_master(master, MasterState.rejected)
    await session.flush()
    if not was_current:
        return
    former = await repository.newest_replaced_master(session, master.video_id) if master.video_id else None
    if former is not None:
        _move_master(former, MasterState.current)
        await session.flush()
    log.info("videos.master_rejected", video_id=str(master.video_id), master_id=str(master_id), reason=reason)


async def note_master_facts(session: AsyncSession, master_id: UUID, facts: dict[str, Any]) -> None:
    """What a worker found out about a master file, so that nobody has to look again."""
    master = await session.get(Master, master_id)
    if master is not None:
        master.facts = facts


async def release_replaced_masters(session: AsyncSession, video_id: UUID) -> None:
    """The current master has proved itself: the objects of the former ones may go."""
    for master in await repository.masters_of(session, video_id):
        if master.state == MasterState.replaced:
            _move_master(master, MasterState.released)


async def masters_to_delete(session: AsyncSession, *, limit: int) -> list[Master]:
    """Masters whose objects are to be deleted."""
    return await repository.masters_to_delete(session, limit=limit)


async def note_master_deleted(session: AsyncSession, master_id: UUID) -> None:
    """The object is gone."""
    master = await session.get(Master, master_id)
    if master is not None:
        master.object_deleted_at = utc_now()


def _move_master(master: Master, state: MasterState) -> None:
    master.state = state
    master.state_changed_at = utc_now()


async def note_at_vimeo(session: AsyncSession, actor: str, video: Video) -> None:
    """The video, which is locked, has an entry at Vimeo now: where there is nothing of it here, it plays from there."""
    if video.migration_status is None and video.generation_id is None:
        await _move_hosting(session, actor, video, MigrationStatus.vimeo_only)


async def note_not_at_vimeo(session: AsyncSession, actor: str, video: Video) -> None:
    """The entry at Vimeo, which was only an entry, is gone again."""
    if video.migration_status == MigrationStatus.vimeo_only and video.generation_id is None:
        await _move_hosting(session, actor, video, None)


async def _move_hosting(session: AsyncSession, actor: str, video: Video, status: MigrationStatus | None) -> None:
    before, after = change(video, {"migration_status": status})
    await session.flush()
    await audit_service.record(session, actor, "videos.hosting", "video", video.id, before=before, after=after)
