"""SQL of kept answers."""

from datetime import datetime

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from shared.idempotency.models import StoredAnswer


async def claim(session: AsyncSession, key_id: str, fingerprint: str, *, now: datetime, oldest: datetime) -> bool:
    """Whether this transaction is the first with the key. Waits for another one that has it and has not ended, as
    long as for any lock.

    An answer from before ``oldest`` does not count any more.
    """
    row = insert(StoredAnswer).values(id=key_id, fingerprint=fingerprint, created_at=now)
    row = row.on_conflict_do_update(
        index_elements=["id"],
        set_={"fingerprint": fingerprint, "answer": None, "created_at": now},
        where=col(StoredAnswer.created_at) < oldest,
    )
    return await session.scalar(row.returning(col(StoredAnswer.id))) is not None


async def find(session: AsyncSession, key_id: str) -> StoredAnswer | None:
    """The answer under a key."""
    return await session.get(StoredAnswer, key_id)


async def store(session: AsyncSession, key_id: str, answer: bytes) -> None:
    """Keep the answer of the claim."""
    await session.execute(update(StoredAnswer).where(col(StoredAnswer.id) == key_id).values(answer=answer))


async def delete_before(session: AsyncSession, oldest: datetime) -> None:
    """Forget answers from before then."""
    await session.execute(delete(StoredAnswer).where(col(StoredAnswer.created_at) < oldest))
