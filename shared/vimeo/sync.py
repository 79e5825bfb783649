"""A sync run: the library at Vimeo is read page by page, and each page is kept here in one transaction, together with
where to go on and what was counted. So a killed run goes on with the next page, and nothing counts twice.

A worker claims the run by a lease (:func:`claim`), asks Vimeo without a transaction, and writes (:func:`keep_page`).
Two workers that were on the same page are told apart by the number of the page: the later one writes nothing.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from pydantic.alias_generators import to_camel
from pydantic_core import to_jsonable_python
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from shared.audit import service as audit_service
from shared.audit.difference import Difference
from shared.auth.service import SYSTEM
from shared.clients.vimeo import Page, VimeoNotConnected
from shared.config import Settings
from shared.errors import AppError
from shared.ids import uuid7
from shared.log import get_logger
from shared.platforms.models import Platform, PlatformStatus
from shared.videos.models import MigrationStatus
from shared.vimeo import merge
from shared.vimeo import service as vimeo_service
from shared.vimeo import sync_repository as repository
from shared.vimeo.errors import SyncRunNotFound
from shared.vimeo.merge import Change, Seen, Unreadable
from shared.vimeo.models import RunStatus, VimeoSyncRun
from shared.vimeo.schemas import QuotaAnswer, SyncError, SyncRunAnswer, SyncStatus, SyncSummary

log = get_logger(__name__)
LEASE: Final = timedelta(seconds=30)
PER_PAGE: Final = 100
#: Failures of one page before the run is given up: about half a day of growing pauses.
MAX_FAILURES: Final = 20
_FIRST_PAUSE_SECONDS: Final = 30
_MAX_PAGES: Final = 20_000
_MAX_ITEMS: Final = 100
_AT: Final = {"platform": Platform.vimeo.value}


class PageNotKept(AppError):
    """A page could not be written: the database, or a mistake of ours."""

    code, title = "page_not_kept", "A page of the library could not be written"


@dataclass(frozen=True, slots=True)
class Turn:
    """The right to read one page of a run. ``after`` is what the client takes: None for the first page."""

    run_id: UUID
    page: int
    after: str | None


@dataclass(slots=True)
class _Place:
    """What the run's cursor holds. ``seen``: ids of the pages that are read, to tell what is missing at the end;
    ``failures`` of the page that is next; ``steady`` until the library changes while it is read."""

    after: str | None = None
    seen: list[str] = field(default_factory=list)
    failures: int = 0
    steady: bool = True

    @classmethod
    def of(cls, run: VimeoSyncRun) -> "_Place":
        return cls(**json.loads(run.cursor)) if run.cursor else cls()

    def put(self, run: VimeoSyncRun) -> None:
        run.cursor = json.dumps(asdict(self), separators=(",", ":"))


async def request(session: AsyncSession, settings: Settings, actor: str) -> VimeoSyncRun:
    """Ask for a run; the one that is under way, if there is one.

    :raises VimeoNotConnected: no token is set.
    """
    if not vimeo_service.is_connected(settings):
        raise VimeoNotConnected
    while True:
        run = await repository.insert_run(session, actor)
        if run is not None:
            after = {"status": run.status, "requestedBy": actor}
            await audit_service.record(session, actor, "vimeo.sync", "vimeo_sync_run", run.id, after=after)
            return run
        run = await repository.active_run(session)
        if run is not None:  # else it has ended between the two
            return run


async def request_if_due(session: AsyncSession, settings: Settings) -> None:
    """Ask for the run that the schedule wants (VIMEO_SYNC_HOURS), counted from the last one, whoever asked for it."""
    if settings.vimeo_sync_hours <= 0 or not vimeo_service.is_connected(settings):
        return
    last = await repository.last_run(session)
    age = timedelta(hours=settings.vimeo_sync_hours)
    if last is None or await repository.now(session) - last.created_at >= age:
        await request(session, settings, SYSTEM.actor)


async def status(session: AsyncSession, settings: Settings) -> SyncStatus:
    """The quota and the last run."""
    run = await repository.last_run(session)
    quota = await vimeo_service.quota(session, settings)
    return SyncStatus(
        connected=vimeo_service.is_connected(settings),
        quota=QuotaAnswer.model_validate(quota),
        last_run=await _answer(session, settings, run) if run else None,
    )


async def read_run(session: AsyncSession, settings: Settings, run_id: UUID) -> SyncRunAnswer:
    """How far a run is.

    :raises SyncRunNotFound: no such run.
    """
    run = await repository.get_run(session, run_id)
    if run is None:
        raise SyncRunNotFound(f"There is no sync run {run_id}")
    return await _answer(session, settings, run)


async def _answer(session: AsyncSession, settings: Settings, run: VimeoSyncRun) -> SyncRunAnswer:
    now = await repository.now(session)
    outlook = await vimeo_service.outlook(session, settings, now=now)
    pages = None if run.total is None else max(1, -(-run.total // PER_PAGE))
    left = None if pages is None else max(1, pages - run.page)
    eta = None
    if run.status in repository.ACTIVE and (left is not None or run.next_at is not None):
        wait = max(0.0, (run.next_at - now).total_seconds()) if run.next_at else 0.0
        requests = left or 1
        eta = round(max(outlook.seconds_for(requests, now), wait + requests * outlook.seconds_apart), 1)
    done = 0 if pages is None else min(99, 100 * run.page // pages)
    return SyncRunAnswer(
        run_id=run.id,
        status=run.status,
        progress=100 if run.status == RunStatus.completed else done,
        eta_seconds=eta,
        next_at=run.next_at,
        total=run.total,
        summary=SyncSummary(
            **{name: getattr(run, name) for name in ("added", "updated", "unchanged", "removed", "errors")},
            quota_remaining=outlook.quota.remaining,
        ),
        error=SyncError(code=run.error_code, message=run.error_message or "") if run.error_code else None,
        error_items=run.error_items,
        requested_by=run.requested_by,
        created_at=run.created_at,
        started_at=run.started_at,
        finished_at=run.finished_at,
    )


async def claim(session: AsyncSession) -> Turn | None:
    """The turn of the active run, if it is due and nobody else's."""
    run = await repository.claim_run(session)
    if run is None:
        return None
    now = await repository.now(session)
    run.status = RunStatus.running
    run.started_at = run.started_at or now
    run.lease_expires_at = now + LEASE
    return Turn(run.id, run.page, _Place.of(run).after)


async def renew(session: AsyncSession, turn: Turn) -> bool:
    """Keep the turn while Vimeo is asked; False when it is somebody else's."""
    return await repository.renew(session, turn.run_id, page=turn.page, lease=LEASE)


async def wait_until(session: AsyncSession, turn: Turn, until: datetime, error: AppError) -> None:
    """The quota is used up, or Vimeo is to be left in peace: the run goes on then, and says why it waits."""
    run = await _held(session, turn)
    if run is not None:
        _pause(run, until, error)


async def note_failure(session: AsyncSession, settings: Settings, turn: Turn, error: AppError) -> None:
    """Vimeo did not answer, or its page could not be written: the run goes on after a pause that doubles, and ends
    after :data:`MAX_FAILURES`.
    """
    run = await _held(session, turn)
    if run is None:
        return
    place = _Place.of(run)
    place.failures += 1
    place.put(run)
    now = await repository.now(session)
    if place.failures >= MAX_FAILURES:
        _end(run, RunStatus.failed, now, code=error.code, message=f"{error.detail} Given up; start the sync again.")
        return
    pause = min(_FIRST_PAUSE_SECONDS * 2 ** (place.failures - 1), settings.vimeo_max_backoff_seconds)
    _pause(run, now + timedelta(seconds=pause), error)


async def fail(session: AsyncSession, turn: Turn, error: AppError) -> None:
    """Nothing but a person can help: the token, its scopes or the plan."""
    run = await _held(session, turn)
    if run is not None:
        _end(run, RunStatus.failed, await repository.now(session), code=error.code, message=error.detail)


async def end_early(session: AsyncSession, turn: Turn) -> None:
    """The library got shorter while it was read, so there is no such page: the run ends with what there is."""
    run = await _held(session, turn)
    if run is not None:
        place = _Place.of(run)
        place.steady = False
        await _finish(session, run, place)


async def keep_page(session: AsyncSession, turn: Turn, page: Page) -> Turn | None:
    """Write a page and what it counts. The turn for the next page; None at the end, or if the turn was lost."""
    run = await _held(session, turn)
    if run is None:
        return None
    place = _Place.of(run)
    former = frozenset(place.seen)
    wanted: list[Seen] = []
    problems = [_problem(None, text) for text in page.problems]
    for item in page.items:
        if item.id in former:
            continue  # the library moved by one while it was read
        place.seen.append(item.id)
        try:
            wanted.append(merge.read(item))
        except Unreadable as error:
            problems.append(_problem(item.id, str(error)))
    problems += await _keep(session, run, wanted)
    run.errors += len(problems)
    run.error_items = [*run.error_items, *problems][:_MAX_ITEMS]
    place.steady = place.steady and run.total in {None, page.total} and not page.problems
    place.after, place.failures = page.next, 0
    run.total, run.page = page.total, run.page + 1
    run.error_code = run.error_message = run.next_at = None
    place.put(run)
    if page.next is None or run.page >= _MAX_PAGES:
        place.steady = place.steady and page.next is None
        await _finish(session, run, place)
        return None
    run.lease_expires_at = await repository.now(session) + LEASE
    return Turn(run.id, run.page, place.after)


async def _held(session: AsyncSession, turn: Turn) -> VimeoSyncRun | None:
    run = await repository.get_run(session, turn.run_id, lock=True)
    return run if run is not None and run.status == RunStatus.running and run.page == turn.page else None


def _problem(external_id: str | None, message: str) -> dict[str, Any]:
    return {"externalId": external_id, "message": message[:300]}


def _pause(run: VimeoSyncRun, until: datetime, error: AppError) -> None:
    run.next_at, run.lease_expires_at = until, None
    run.error_code, run.error_message = error.code, error.detail
    log.info("vimeo.sync_waits", run_id=str(run.id), page=run.page, until=until.isoformat(), code=error.code)


def _end(
    run: VimeoSyncRun, state: RunStatus, now: datetime, *, code: str | None = None, message: str | None = None
) -> None:
    run.status, run.finished_at = state, now
    run.error_code, run.error_message = code, message
    run.lease_expires_at = run.next_at = run.cursor = None
    counted = {name: getattr(run, name) for name in ("added", "updated", "unchanged", "removed", "errors")}
    log.info("vimeo.sync_ended", run_id=str(run.id), status=state.value, code=code, **counted)


async def _keep(session: AsyncSession, run: VimeoSyncRun, wanted: Sequence[Seen]) -> list[dict[str, Any]]:
    """Write what is new and what differs; the problems of those that could not be written."""
    known = await repository.known(session, [seen.external_id for seen in wanted])
    by_id = {seen.external_id: seen for seen in wanted}
    new = [seen for seen in wanted if seen.external_id not in known]
    differing = [one.video_id for one in known.values() if merge.compare(one, by_id[one.external_id])]
    changes: list[Change] = []
    if differing:
        # Again, with the rows locked: somebody may have changed them a moment ago.
        locked = await repository.lock_known(session, differing)
        changes = [merge.compare(one, by_id[one.external_id]) for one in locked.values() if one.external_id in by_id]
        changes = [change for change in changes if change]
    run.unchanged += len(wanted) - len(new) - len(changes)
    actor = run.requested_by or SYSTEM.actor
    try:
        async with session.begin_nested():
            await _write(session, actor, new, changes)
    except (IntegrityError, DataError):
        return await _keep_singly(session, run, actor, new, changes)
    run.added += len(new)
    run.updated += len(changes)
    return []


async def _keep_singly(
    session: AsyncSession, run: VimeoSyncRun, actor: str, new: Iterable[Seen], changes: Iterable[Change]
) -> list[dict[str, Any]]:
    """One by one, because the database refuses one of them; the others are kept."""
    problems: list[dict[str, Any]] = []
    added = [(one.external_id, [one], list[Change]()) for one in new]
    updated = [(one.known.external_id, list[Seen](), [one]) for one in changes]
    for external_id, one_new, one_change in (*added, *updated):
        try:
            async with session.begin_nested():
                await _write(session, actor, one_new, one_change)
        except (IntegrityError, DataError) as error:
            reason = str(error.orig).partition("\n")[0].rpartition(">: ")[2]
            problems.append(_problem(external_id, f"the database does not take it: {reason}"))
            continue
        run.added += len(one_new)
        run.updated += len(one_change)
    return problems


async def _write(session: AsyncSession, actor: str, new: Sequence[Seen], changes: Sequence[Change]) -> None:
    """A few statements, however many videos."""
    if new:
        await _add(session, actor, new)
    videos = [change for change in changes if change.video]
    if videos:
        await repository.update_videos(session, [_video_row(change) for change in videos])
        differences = {
            change.known.video_id: _difference(
                {**change.known.video, "migration_status": change.known.migration_status}, change.video
            )
            for change in videos
        }
        await audit_service.record_all(session, actor, "videos.update", "video", differences)
    entries = [change for change in changes if change.entry]
    if entries:
        await repository.update_entries(session, [_entry_row(change) for change in entries])
        differences = {
            change.known.video_id: ({**_AT, **before}, {**_AT, **after})
            for change in entries
            for before, after in [_entry_difference(change)]
            if after
        }
        await audit_service.record_all(session, actor, "platforms.upsert", "video", differences)


async def _add(session: AsyncSession, actor: str, new: Sequence[Seen]) -> None:
    ids = [uuid7() for _ in new]
    hosting = {"migration_status": MigrationStatus.vimeo_only.value}
    rows = [{"id": str(video_id), **seen.video, **hosting} for video_id, seen in zip(ids, new, strict=True)]
    await repository.insert_videos(session, rows)
    entries = [
        {
            "id": str(uuid7()),
            "video_id": str(video_id),
            "external_id": seen.external_id,
            **seen.links,
            "status": PlatformStatus.ready.value,
            "metadata": seen.facts,
            "imported": seen.imported,
            "removed_at": None,
        }
        for video_id, seen in zip(ids, new, strict=True)
    ]
    await repository.insert_entries(session, entries)
    created: dict[UUID, Difference] = {
        video_id: ({}, {**_shown({**seen.video, **hosting}), **_AT, "externalId": seen.external_id})
        for video_id, seen in zip(ids, new, strict=True)
    }
    await audit_service.record_all(session, actor, "videos.create", "video", created)


def _video_row(change: Change) -> dict[str, Any]:
    known = change.known
    row = {"id": str(known.video_id), **known.video, "migration_status": known.migration_status}
    return {**row, **change.video}


def _entry_row(change: Change) -> dict[str, Any]:
    known = change.known
    row = {"id": str(known.entry_id), **known.links, "status": known.status, "metadata": known.metadata}
    return {**row, "imported": known.imported, "removed_at": None, **change.entry}


def _shown(values: dict[str, Any]) -> dict[str, Any]:
    return {to_camel(name): to_jsonable_python(value) for name, value in values.items()}


def _difference(former: dict[str, Any], values: dict[str, Any]) -> Difference:
    return _shown({name: former[name] for name in values}), _shown(values)


def _entry_difference(change: Change) -> Difference:
    """What people see of it: not the base of the next merge."""
    known = change.known
    former = {**known.links, "status": known.status, "metadata": known.metadata, "removed_at": known.removed_at}
    return _difference(former, {name: value for name, value in change.entry.items() if name != "imported"})


async def _finish(session: AsyncSession, run: VimeoSyncRun, place: _Place) -> None:
    """Flag what the whole library does not have any more, unless the listing looks wrong; then the run is complete."""
    listed, gone = await repository.missing(session, place.seen)
    code = message = None
    if gone and not (place.steady and len(place.seen) >= (run.total or 0)):
        code = "library_changed"
        message = (
            f"The library changed while it was read, so the {len(gone)} videos that were not met are not taken for "
            "removed; the next sync looks again."
        )
    elif len(gone) * 2 > listed:
        code = "library_shrank"
        message = (
            f"Vimeo lists {len(place.seen)} videos, and {len(gone)} of the {listed} that are known are not among them. "
            "That is more than half, so none is taken for removed. Check whose token VIMEO_ACCESS_TOKEN is; if they "
            "are really gone, archive the videos here."
        )
    elif gone:
        await _flag(session, run, gone)
    _end(run, RunStatus.completed, await repository.now(session), code=code, message=message)


async def _flag(session: AsyncSession, run: VimeoSyncRun, gone: Sequence[UUID]) -> None:
    flagged = await repository.flag_removed(session, gone)
    run.removed = len(flagged)
    differences: dict[UUID, Difference] = {
        video_id: ({**_AT, "removed": False}, {**_AT, "removed": True, "externalId": external_id})
        for video_id, external_id in flagged.items()
    }
    await audit_service.record_all(session, run.requested_by or SYSTEM.actor, "platforms.upsert", "video", differences)
