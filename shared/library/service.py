"""Reading the library: lists, search and single videos, in a fixed number of queries (docs/decisions/0009)."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.db.paging import COUNT_BOUND, decode_cursor, encode_cursor
from shared.db.prepared import Records
from shared.library import repository, search
from shared.library.filters import Order, VideoFilter, order_of
from shared.library.schemas import VideoOut, VideoPage, to_video
from shared.videos.errors import VideoNotFound
from shared.videos.models import Video

FEW = 1000
"""Totals of searches and of lists by tag or course are exact up to here."""
_SURELY_MANY = 2
_ESTIMATE_SECONDS = 30.0
_MAX_ESTIMATES = 1000
# Estimates of lists longer than can be counted, by database and filter: how many, and until when that will do.
_estimates: dict[tuple[str, VideoFilter], tuple[int, float]] = {}


async def list_videos(
    session: AsyncSession, wanted: VideoFilter, *, sort: str, cursor: str | None, limit: int
) -> VideoPage:
    """One page of the videos that a filter finds.

    :raises InvalidCursor: broken, or of another order or filter.
    """
    order = order_of(sort)
    scope = _scope(wanted, order)
    after = decode_cursor(scope, cursor, (order.kind, UUID), nullable=order.nullable) if cursor else None
    words = await search.text_query(session, wanted.q) if wanted.q else ""
    if wanted.q and not words:
        return VideoPage(items=[], total=0, total_is_estimate=False, next_cursor=None)
    ask = _Question(wanted, words, order, after, limit + 1)
    rows, total, is_estimate = await (_open_list(session, ask) if wanted.has_open_values else _plain_list(session, ask))
    shown = rows[:limit]
    if cursor is None and len(rows) <= limit:  # an estimate that was kept may be out of date, and this is all there is
        total, is_estimate = len(rows), False
    more = encode_cursor(scope, shown[-1]["position"], shown[-1]["id"]) if len(rows) > limit else None
    return VideoPage(
        items=[to_video(row) for row in shown], total=total, total_is_estimate=is_estimate, next_cursor=more
    )


@dataclass(frozen=True, slots=True)
class _Question:
    wanted: VideoFilter
    words: str
    order: Order
    after: repository.Position | None
    limit: int


async def _plain_list(session: AsyncSession, ask: _Question) -> tuple[Records, int, bool]:
    rows = await _ordered(session, ask)
    known = _known_estimate(session, ask.wanted)
    if known is not None:
        return rows, known, True
    exact = await repository.count(session, ask.wanted, ask.words, bound=COUNT_BOUND)
    if exact <= COUNT_BOUND:
        return rows, exact, False
    return rows, await _estimate(session, ask, at_least=exact), True


async def _open_list(session: AsyncSession, ask: _Question) -> tuple[Records, int, bool]:
    """A search, or a list by tag or course, may find everything or nothing, and the planner's guess is no more than
    that. So it is answered in the way for few, until it is seen that it finds many.

    Words that the planner knows to be everywhere are spared the first try. That holds for single ones: two of which
    each is everywhere may never stand together.
    """
    wanted = ask.wanted
    await repository.plan_for_parameters(session)
    known = _known_estimate(session, wanted)
    if known is None and wanted == VideoFilter(q=wanted.q) and "&" not in ask.words:
        guess = await repository.estimate(session, wanted, ask.words)
        if guess > _SURELY_MANY * FEW:
            known = _keep_estimate(session, wanted, guess)
    if known is not None:
        await repository.read_in_order(session)
        return await _ordered(session, ask), known, True
    rows = await repository.page_of_few(
        session,
        wanted=wanted,
        words=ask.words,
        order=ask.order,
        after=ask.after,
        limit=ask.limit,
        bound=FEW,
    )
    found = rows[0]["found"] if rows else await repository.count(session, wanted, ask.words, bound=FEW)
    if found <= FEW:
        return rows, found, False
    guess = await _estimate(session, ask, at_least=found)
    await repository.read_in_order(session)
    return await _ordered(session, ask), guess, True


async def _ordered(session: AsyncSession, ask: _Question) -> Records:
    return await repository.page(
        session, wanted=ask.wanted, words=ask.words, order=ask.order, after=ask.after, limit=ask.limit
    )


def _key(session: AsyncSession, wanted: VideoFilter) -> tuple[str, VideoFilter]:
    return str(session.get_bind().engine.url), wanted


def _known_estimate(session: AsyncSession, wanted: VideoFilter) -> int | None:
    guess, until = _estimates.get(_key(session, wanted), (0, 0.0))
    return guess if until > time.monotonic() else None


def _keep_estimate(session: AsyncSession, wanted: VideoFilter, guess: int) -> int:
    if len(_estimates) >= _MAX_ESTIMATES:
        _estimates.clear()
    _estimates[_key(session, wanted)] = (guess, time.monotonic() + _ESTIMATE_SECONDS)
    return guess


async def _estimate(session: AsyncSession, ask: _Question, *, at_least: int) -> int:
    guess = await repository.estimate(session, ask.wanted, ask.words)
    return _keep_estimate(session, ask.wanted, max(at_least, guess))


def cursor_after(wanted: VideoFilter, sort: str, position: object, video_id: UUID) -> str:
    """The cursor of the page behind a video, which stands at ``position`` in that order."""
    return encode_cursor(_scope(wanted, order_of(sort)), position, video_id)


def _scope(wanted: VideoFilter, order: Order) -> str:
    return f"videos:{order.name}:{wanted!r}"


async def read_video(session: AsyncSession, video_id: UUID) -> VideoOut:
    """One video with its parts.

    :raises VideoNotFound: no such video.
    """
    rows = await repository.by_ids(session, [video_id])
    if not rows:
        raise VideoNotFound(f"There is no video {video_id}")
    return to_video(rows[0])


async def answers(session: AsyncSession, videos: Sequence[Video]) -> list[VideoOut]:
    """Videos with their parts, as they are after what this transaction has done so far."""
    await session.flush()
    found = {row["id"]: row for row in await repository.by_ids(session, [video.id for video in videos])}
    return [to_video(found[video.id]) for video in videos]


async def answer(session: AsyncSession, video: Video) -> VideoOut:
    """One video with its parts."""
    return (await answers(session, [video]))[0]
