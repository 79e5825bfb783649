"""The picture that stands for a video: what its encode chose, another candidate, or a file that somebody has sent.

An uploaded file is a set of outputs of its own, and collected as they are: once it is replaced, and with its video.
"""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.audit import service as audit_service
from shared.clock import utc_now
from shared.config import Settings
from shared.encoding import images
from shared.encoding import posters_repository as repository
from shared.encoding import service as encoding_service
from shared.encoding.errors import CandidateNotFound
from shared.encoding.models import Generation, GenerationStatus, Poster
from shared.encoding.posters_schemas import PosterKind
from shared.encoding.states import move_generation
from shared.errors import TooLarge
from shared.ids import uuid7

AUTOMATIC = "poster.jpg"
#: A stored file that no poster names after this long never will be named.
_UNUSED_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen. ``prefix`` and ``name`` say where an uploaded file is."""

    kind: PosterKind = PosterKind.automatic
    candidate: int | None = None
    prefix: str | None = None
    name: str | None = None

    def place(self, published_prefix: str | None) -> tuple[str, str] | None:
        """Directory and name of the chosen object; None where nothing was chosen, or nothing is published yet."""
        if self.prefix is not None and self.name is not None:
            return self.prefix, self.name
        if self.candidate is not None and published_prefix is not None:
            return published_prefix, candidate_name(self.candidate)
        return None


def candidate_name(number: int) -> str:
    """The object of a candidate, below its generation's prefix. Every encode makes the same number of them."""
    return f"thumb-{number}.jpg"


async def choice_of(session: AsyncSession, video_id: UUID) -> Choice:
    """What was chosen for a video."""
    found = await repository.of_video(session, video_id)
    if found is None:
        return Choice()
    row, prefix = found
    if row.generation_id is None:
        return Choice(PosterKind.candidate, candidate=row.candidate)
    return Choice(PosterKind.upload, prefix=prefix, name=row.filename)


async def choose(session: AsyncSession, actor: str, video_id: UUID, number: int) -> None:
    """Take one of the candidates for a locked video; also of every later encode.

    :raises CandidateNotFound: nothing is published.
    """
    if await encoding_service.published_generation(session, video_id) is None:
        raise CandidateNotFound("The video has no published encode: its candidates come with it")
    await _set(session, actor, "posters.choose", video_id, candidate=number)


async def read_picture(body: bytes) -> images.Picture:
    """An uploaded picture without its metadata, in a thread.

    :raises TooLarge: more than :data:`images.MAX_BYTES`.
    :raises ImageUnreadable: no picture that may be a poster.
    """
    if len(body) > images.MAX_BYTES:
        raise TooLarge(f"A picture may have {images.MAX_BYTES} bytes at most")
    return await asyncio.to_thread(images.clean, body)


async def reserve(session: AsyncSession, settings: Settings, video_id: UUID) -> Generation:
    """A directory for an uploaded file. Commit it before the file is stored, so that nothing is stored unknown."""
    generation = Generation(
        video_id=video_id,
        bucket=settings.s3_hls_bucket,
        prefix=f"{video_id}/{uuid7()}/",
        status=GenerationStatus.attached,
    )
    session.add(generation)
    await session.flush()
    return generation


async def attach(session: AsyncSession, actor: str, video_id: UUID, generation_id: UUID, filename: str) -> None:
    """Take the stored file for a locked video."""
    await _set(session, actor, "posters.upload", video_id, generation_id=generation_id, filename=filename)


async def reset(session: AsyncSession, actor: str, video_id: UUID) -> None:
    """Leave it to the encode of a locked video again."""
    await _set(session, actor, "posters.reset", video_id)


async def _set(
    session: AsyncSession,
    actor: str,
    action: str,
    video_id: UUID,
    *,
    candidate: int | None = None,
    generation_id: UUID | None = None,
    filename: str | None = None,
) -> None:
    found = await repository.of_video(session, video_id)
    row = found[0] if found else None
    before, after = _shown(row), {"candidate": candidate, "generation": str(generation_id) if generation_id else None}
    if before == after:
        return
    if row is not None and row.generation_id is not None:
        former = await session.get(Generation, row.generation_id)
        if former is not None:
            move_generation(former, GenerationStatus.superseded)
    if candidate is None and generation_id is None:
        await session.delete(row)
    else:
        row = row or Poster(video_id=video_id)
        row.candidate, row.generation_id, row.filename = candidate, generation_id, filename
        session.add(row)
    await session.flush()
    await audit_service.record(session, actor, action, "video", video_id, before=before, after=after)


def _shown(row: Poster | None) -> dict[str, Any]:
    generation = row.generation_id if row else None
    return {"candidate": row.candidate if row else None, "generation": str(generation) if generation else None}


async def drop_unused(session: AsyncSession) -> int:
    """Have files collected whose request did not come to its end; returns how many."""
    return await repository.supersede_unused(session, before=utc_now() - _UNUSED_AFTER)
