"""SQL of sync runs: a page of the library in a fixed number of statements, however many videos are on it."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CursorResult,
    DateTime,
    Double,
    Select,
    Text,
    Uuid,
    any_,
    bindparam,
    column,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.expression import TableValuedAlias
from sqlmodel import col

from shared.ids import uuid7
from shared.platforms.models import Platform, PlatformStatus, VideoPlatform
from shared.videos.models import Video
from shared.vimeo.merge import LINK_FIELDS, VIDEO_FIELDS, Known
from shared.vimeo.models import RunStatus, VimeoSyncRun

ACTIVE = (RunStatus.queued, RunStatus.running)
# What is sent for each row that is written, with its type.
_VIDEO = {
    "id": Uuid,
    "title": Text,
    "description": Text,
    "tags": ARRAY(Text),
    "visibility": Text,
    "thumbnail_url": Text,
    "duration_seconds": Double,
    "migration_status": Text,
}
_ENTRY = {
    "id": Uuid,
    "video_id": Uuid,
    "external_id": Text,
    "external_url": Text,
    "embed_url": Text,
    "privacy_level": Text,
    "status": Text,
    "metadata": JSONB,
    "imported": JSONB,
    "removed_at": DateTime(timezone=True),
}
_videos = Video.__table__  # type: ignore[attr-defined]
_entries = VideoPlatform.__table__  # type: ignore[attr-defined]


async def insert_run(session: AsyncSession, requested_by: str) -> VimeoSyncRun | None:
    """A queued run; None while another one is active."""
    statement = insert(VimeoSyncRun).values(id=uuid7(), requested_by=requested_by).on_conflict_do_nothing()
    return (await session.scalars(statement.returning(VimeoSyncRun))).one_or_none()


async def get_run(session: AsyncSession, run_id: UUID, *, lock: bool = False) -> VimeoSyncRun | None:
    """One run; ``lock`` keeps other workers out until the transaction ends."""
    query = select(VimeoSyncRun).where(col(VimeoSyncRun.id) == run_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return (await session.scalars(query)).one_or_none()


async def active_run(session: AsyncSession) -> VimeoSyncRun | None:
    """The one that is queued or running."""
    return (await session.scalars(select(VimeoSyncRun).where(col(VimeoSyncRun.status).in_(ACTIVE)))).one_or_none()


async def last_run(session: AsyncSession) -> VimeoSyncRun | None:
    """The one that was asked for last."""
    query = select(VimeoSyncRun).order_by(col(VimeoSyncRun.created_at).desc()).limit(1)
    return (await session.scalars(query)).one_or_none()


async def claim_run(session: AsyncSession) -> VimeoSyncRun | None:
    """The active run, locked, if it is due and nobody works on it. The database's clock decides."""
    query = (
        select(VimeoSyncRun)
        .where(
            col(VimeoSyncRun.status).in_(ACTIVE),
            or_(col(VimeoSyncRun.lease_expires_at).is_(None), col(VimeoSyncRun.lease_expires_at) < func.now()),
            or_(col(VimeoSyncRun.next_at).is_(None), col(VimeoSyncRun.next_at) <= func.now()),
        )
        .with_for_update(skip_locked=True)
    )
    return (await session.scalars(query.execution_options(populate_existing=True))).one_or_none()


async def now(session: AsyncSession) -> datetime:
    """The database's time."""
    found: datetime = (await session.execute(select(func.now()))).scalar_one()
    return found


async def renew(session: AsyncSession, run_id: UUID, *, page: int, lease: timedelta) -> bool:
    """Keep a run that is still on this page; False when it went on without this worker."""
    done = await session.execute(
        update(VimeoSyncRun)
        .where(
            col(VimeoSyncRun.id) == run_id,
            col(VimeoSyncRun.status) == RunStatus.running,
            col(VimeoSyncRun.page) == page,
        )
        .values(lease_expires_at=func.now() + lease)
        .execution_options(synchronize_session=False)
    )
    return _count(done) == 1


def _known() -> Select[Any]:
    video, entry = _videos.c, _entries.c
    return (
        select(
            *(video[name] for name in VIDEO_FIELDS),
            *(entry[name] for name in LINK_FIELDS),
            video.id.label("video_id"),
            video.migration_status,
            video.generation_id.is_not(None).label("has_outputs"),
            entry.id.label("entry_id"),
            entry.external_id,
            entry.status,
            entry.metadata,
            entry.imported,
            entry.removed_at,
        )
        .select_from(_entries.join(_videos, video.id == entry.video_id))
        .where(entry.platform == Platform.vimeo.value)
    )


async def known(session: AsyncSession, external_ids: Collection[str]) -> dict[str, Known]:
    """Videos that have an entry with one of these ids at Vimeo, by that id."""
    query = _known().where(_entries.c.external_id == any_(literal(list(external_ids), ARRAY(Text))))
    return {found.external_id: found for found in await _read(session, query)}


async def lock_known(session: AsyncSession, video_ids: Collection[UUID]) -> dict[str, Known]:
    """The same of these videos, which nobody else changes until the transaction ends; locked in the order of ids."""
    ids = literal(list(video_ids), ARRAY(Uuid))
    lock = select(_videos.c.id).where(_videos.c.id == any_(ids)).order_by(_videos.c.id)
    await session.execute(lock.with_for_update(key_share=True))
    return {found.external_id: found for found in await _read(session, _known().where(_videos.c.id == any_(ids)))}


async def _read(session: AsyncSession, query: Select[Any]) -> list[Known]:
    rows = (await session.execute(query)).mappings().all()
    names = ("video_id", "entry_id", "external_id", "metadata", "status", "migration_status", "has_outputs")
    return [
        Known(
            **{name: row[name] for name in (*names, "imported", "removed_at")},
            video={name: row[name] for name in VIDEO_FIELDS},
            links={name: row[name] for name in LINK_FIELDS},
        )
        for row in rows
    ]


def _given(rows: Sequence[dict[str, Any]], types: dict[str, Any]) -> TableValuedAlias:
    """Rows as a table of the statement: one parameter, whatever their number."""
    recordset = func.jsonb_to_recordset(bindparam("rows", list(rows), JSONB))
    columns = (column(name, kind) for name, kind in types.items())
    return recordset.table_valued(*columns).render_derived(name="given", with_types=True)


async def insert_videos(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Add videos; every row has each of the columns, in JSON's types."""
    given = _given(rows, _VIDEO)
    await session.execute(insert(_videos).from_select(list(_VIDEO), select(*(given.c[name] for name in _VIDEO))))


async def update_videos(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Set every one of the columns of videos."""
    given = _given(rows, _VIDEO)
    values = {name: given.c[name] for name in _VIDEO if name != "id"}
    await session.execute(update(_videos).where(_videos.c.id == given.c.id).values(values))


async def insert_entries(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Put videos at Vimeo."""
    given = _given(rows, _ENTRY)
    chosen = [given.c[name] for name in _ENTRY]
    statement = select(*chosen, literal(Platform.vimeo.value), func.now())
    await session.execute(insert(_entries).from_select([*_ENTRY, "platform", "synced_at"], statement))


async def update_entries(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Set every one of the columns of entries."""
    given = _given(rows, _ENTRY)
    values: dict[str, Any] = {name: given.c[name] for name in _ENTRY if name not in {"id", "video_id", "external_id"}}
    values["synced_at"] = func.now()
    await session.execute(update(_entries).where(_entries.c.id == given.c.id).values(values))


async def missing(session: AsyncSession, seen: Collection[str]) -> tuple[int, list[UUID]]:
    """How many entries were at Vimeo at their last import, and the videos of those that are not among ``seen``. Entries
    made by hand that no import ever met are not counted: they may be in somebody else's account."""
    entry = _entries.c
    listed = (entry.platform == Platform.vimeo.value, entry.imported.is_not(None), entry.removed_at.is_(None))
    total = (await session.execute(select(func.count()).select_from(_entries).where(*listed))).scalar_one()
    gone = ~(entry.external_id == any_(literal(list(seen), ARRAY(Text))))
    return total, list(await session.scalars(select(entry.video_id).where(*listed, gone)))


async def flag_removed(session: AsyncSession, video_ids: Collection[UUID]) -> dict[UUID, str]:
    """Note that Vimeo has these videos no more; their ids at Vimeo."""
    entry = _entries.c
    done = await session.execute(
        update(_entries)
        .where(
            entry.platform == Platform.vimeo.value,
            entry.removed_at.is_(None),
            entry.video_id == any_(literal(list(video_ids), ARRAY(Uuid))),
        )
        .values(removed_at=func.now(), synced_at=func.now(), status=PlatformStatus.archived.value)
        .returning(entry.video_id, entry.external_id)
    )
    return {row[0]: row[1] for row in done}


def _count(done: Any) -> int:
    return done.rowcount if isinstance(done, CursorResult) else 0
