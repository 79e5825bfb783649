"""Where videos are distributed."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import flag_modified

from shared.audit import service as audit_service
from shared.audit.difference import change, shown
from shared.clock import utc_now
from shared.db.paging import Page
from shared.errors import FieldError
from shared.platforms import repository, rules
from shared.platforms.errors import ExternalIdTaken, PlatformInUse, PlatformNotFound
from shared.platforms.models import Platform, PlatformStatus, VideoPlatform
from shared.platforms.schemas import PlatformInput
from shared.videos import service as videos_service
from shared.videos.models import MigrationStatus, Video

_NEEDS_VIMEO = {MigrationStatus.vimeo_only, MigrationStatus.migrating, MigrationStatus.hetzner_primary}
_FIELDS = (*rules.LINKS, "status", "privacy_level", "details")
_ALIASES = {"details": "metadata"}


async def platforms_of(session: AsyncSession, video_ids: Sequence[UUID]) -> dict[UUID, list[VideoPlatform]]:
    """The platforms of each video."""
    return await repository.of_videos(session, video_ids)


async def find(session: AsyncSession, video_id: UUID, platform: Platform) -> VideoPlatform | None:
    """A video at one platform, if it is there."""
    return await repository.one(session, video_id, platform)


async def get_entry(session: AsyncSession, video_id: UUID, platform: Platform) -> VideoPlatform:
    """A video at one platform.

    :raises VideoNotFound: no such video.
    :raises PlatformNotFound: it is not there.
    """
    await videos_service.get_video(session, video_id)
    return await _entry(session, video_id, platform)


async def list_entries(session: AsyncSession, video_id: UUID, *, cursor: str | None, limit: int) -> Page[VideoPlatform]:
    """The platforms of a video, by name.

    :raises VideoNotFound: no such video.
    :raises InvalidCursor: broken, or of another list.
    """
    await videos_service.get_video(session, video_id)
    return await repository.page_of_video(session, video_id, cursor=cursor, limit=limit)


async def upsert(session: AsyncSession, actor: str, video_id: UUID, given: PlatformInput) -> tuple[VideoPlatform, bool]:
    """Put a video at a platform, or change what is known of it there; says whether it is new.

    What was left out stays, but for addresses and ids that follow from what was given (:func:`rules.complete`).

    :raises VideoNotFound: no such video.
    :raises ExternalIdTaken: another video has that id at that platform.
    """
    video = await videos_service.get_video(session, video_id, lock=True)
    row = await repository.one(session, video_id, given.platform)
    is_new = row is None
    row = row or VideoPlatform(video_id=video_id, platform=given.platform)
    values = {name: getattr(given, name) for name in _FIELDS if name in given.model_fields_set}
    links = {name: value for name, value in values.items() if name in rules.LINKS}
    stored = {name: getattr(row, name) for name in rules.LINKS}
    values |= rules.complete(given.platform, links, stored)
    before, after = change(row, values, aliases=_ALIASES)
    if "metadata" in after:
        flag_modified(row, "details")  # to SQLAlchemy, {"a": true} is {"a": 1}
    if not is_new and not after:
        return row, False
    await _save(session, row)
    await session.refresh(row)
    if given.platform is Platform.vimeo:
        await videos_service.note_at_vimeo(session, actor, video)
    where = {"platform": given.platform.value}
    await audit_service.record(
        session,
        actor,
        "platforms.upsert",
        "video",
        video_id,
        before=None if is_new else {**where, **before},
        after={**where, **after},
    )
    return row, is_new


async def lock_entry(session: AsyncSession, video_id: UUID, platform: Platform) -> VideoPlatform:
    """A video at one platform, with the video locked until the transaction ends.

    :raises VideoNotFound: no such video.
    :raises PlatformNotFound: it is not there.
    """
    await videos_service.get_video(session, video_id, lock=True)
    return await _entry(session, video_id, platform)


async def delete(session: AsyncSession, actor: str, video_id: UUID, platform: Platform) -> None:
    """Forget that a video is at a platform. Nothing is deleted at the platform itself.

    Two entries stay while the video needs them: ``hetzner`` while outputs are published, because it points at them;
    ``vimeo`` from the first sync until the migration is finalised (vimeo_only and migrating: it plays from there;
    hetzner_primary: a roll back goes there). A wrong id there is put right by :func:`upsert`, and one that was entered
    by hand and never synced may go.

    :raises VideoNotFound: no such video.
    :raises PlatformNotFound: it is not there.
    :raises PlatformInUse: see above.
    """
    video = await videos_service.get_video(session, video_id, lock=True)
    row = await _entry(session, video_id, platform)
    by_hand = platform is Platform.vimeo and row.synced_at is None
    if not (by_hand and video.migration_status == MigrationStatus.vimeo_only):
        _refuse_in_use(video, platform)
    before = shown(row, ("platform", *_FIELDS), aliases=_ALIASES)
    await session.delete(row)
    await session.flush()
    await audit_service.record(session, actor, "platforms.delete", "video", video_id, before=before)
    if by_hand:
        await videos_service.note_not_at_vimeo(session, actor, video)


async def note_own_hosting(session: AsyncSession, video_id: UUID, *, manifest_url: str) -> None:
    """The video's outputs are in our storage: its ``hetzner`` entry points at them."""
    row = await repository.one(session, video_id, Platform.hetzner)
    if row is None:
        row = VideoPlatform(video_id=video_id, platform=Platform.hetzner)
        session.add(row)
    row.status = PlatformStatus.ready
    row.external_url = manifest_url
    row.synced_at = utc_now()
    await session.flush()


async def _entry(session: AsyncSession, video_id: UUID, platform: Platform) -> VideoPlatform:
    row = await repository.one(session, video_id, platform)
    if row is None:
        raise PlatformNotFound(f"The video {video_id} is not at {platform.value}")
    return row


def _refuse_in_use(video: Video, platform: Platform) -> None:
    if platform is Platform.hetzner and video.generation_id is not None:
        raise PlatformInUse("The video's published outputs are there; delete the video instead, or leave it")
    if platform is Platform.vimeo and video.migration_status in _NEEDS_VIMEO:
        raise PlatformInUse(
            f"The video is {video.migration_status}: migrate it and finalise that, or correct the entry instead"
        )


async def _save(session: AsyncSession, row: VideoPlatform) -> None:
    platform, external_id, video_id = Platform(row.platform), row.external_id, row.video_id
    if external_id is not None:
        await _refuse_taken(session, platform, external_id, video_id)
    session.add(row)
    try:
        await session.flush()
    except IntegrityError as error:
        if "uq_video_platforms_external_id" not in str(error.orig):
            raise
        message = f"another video took this id at {platform.value} a moment ago"
        raise ExternalIdTaken(message, errors=(FieldError("/externalId", ExternalIdTaken.code, message),)) from error


async def _refuse_taken(session: AsyncSession, platform: Platform, external_id: str, video_id: UUID) -> None:
    holder = await repository.holder(session, platform, external_id)
    if holder not in {None, video_id}:
        message = f"the video {holder} has this id at {platform.value}"
        raise ExternalIdTaken(
            f"{message}; take it from there first", errors=(FieldError("/externalId", ExternalIdTaken.code, message),)
        )
