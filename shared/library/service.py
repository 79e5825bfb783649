"""Reading the library: lists, search and single videos, in a fixed number of queries (docs/decisions/0009)."""

import time
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.db.paging import COUNT_BOUND, decode_cursor, encode_cursor
from shared.library import repository, search
from shared.library.filters import Order, VideoFilter, order_of
from shared.library.schemas import VideoOut, VideoPage, to_video
from shared.videos.errors import VideoNotFound
from shared.videos.models import Video

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
    words = ""
    if wanted.q:
        words = await search.text_query(session, wanted.q)
        if not words:
            return VideoPage(items=[], total=0, total_is_estimate=False, next_cursor=None)
    elif wanted.has_open_values:
        await repository.plan_for_parameters(session)
    rows = await repository.page(session, wanted=wanted, words=words, order=order, after=after, limit=limit + 1)
    total, is_estimate = await _total(session, wanted, words)
    shown = rows[:limit]
    more = encode_cursor(scope, shown[-1]["position"], shown[-1]["id"]) if len(rows) > limit else None
    return VideoPage(
        items=[to_video(row) for row in shown], total=total, total_is_estimate=is_estimate, next_cursor=more
    )


def cursor_after(wanted: VideoFilter, sort: str, position: object, video_id: UUID) -> str:
    """The cursor of the page behind a video, which stands at ``position`` in that order."""
    return encode_cursor(_scope(wanted, order_of(sort)), position, video_id)


def _scope(wanted: VideoFilter, order: Order) -> str:
    return f"videos:{order.name}:{wanted!r}"


async def _total(session: AsyncSession, wanted: VideoFilter, words: str) -> tuple[int, bool]:
    key = (str(session.get_bind().engine.url), wanted)
    known = _estimates.get(key)
    if known is not None and known[1] > time.monotonic():
        return known[0], True
    _estimates.pop(key, None)
    exact = await repository.count(session, wanted, words, bound=COUNT_BOUND)
    if exact <= COUNT_BOUND:
        return exact, False
    guess = max(exact, await repository.estimate(session, wanted, words))
    if len(_estimates) >= _MAX_ESTIMATES:
        _estimates.clear()
    _estimates[key] = (guess, time.monotonic() + _ESTIMATE_SECONDS)
    return guess, True


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
