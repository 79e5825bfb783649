"""SQL of users, sessions and keys."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import (
    DateTime,
    SQLColumnExpression,
    Text,
    bindparam,
    delete,
    func,
    literal,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from shared.auth.models import ApiKey, LoginFailure, Role, User, UserSession
from shared.db.paging import Page, list_page
from shared.db.prepared import Prepared, Record

# Every request begins with one of these two.
_LIVE_SESSION = Prepared(
    select(
        col(UserSession.id),
        col(UserSession.csrf_token),
        col(UserSession.last_used_at),
        col(User.id).label("user_id"),
        col(User.email),
        col(User.role),
    )
    .join(User, col(User.id) == UserSession.user_id)
    .where(
        col(UserSession.token_hash) == bindparam("token_hash", None, Text),
        col(UserSession.revoked_at).is_(None),
        col(UserSession.expires_at) > bindparam("now", None, DateTime(timezone=True)),
        col(User.disabled_at).is_(None),
    )
)
_LIVE_KEY = Prepared(
    select(col(ApiKey.id), col(ApiKey.name), col(ApiKey.role), col(ApiKey.last_used_at)).where(
        col(ApiKey.key_hash) == bindparam("key_hash", None, Text), col(ApiKey.revoked_at).is_(None)
    )
)


async def live_session(session: AsyncSession, token_hash: str, now: datetime) -> Record | None:
    """The session with this token and its user (``user_id``, ``email``, ``role``), unless it is over or the user is
    disabled.
    """
    return next(iter(await _LIVE_SESSION.fetch(session, token_hash=token_hash, now=now)), None)


async def live_key(session: AsyncSession, key_hash: str) -> Record | None:
    """The key with this hash, unless revoked."""
    return next(iter(await _LIVE_KEY.fetch(session, key_hash=key_hash)), None)


async def touch(
    session: AsyncSession, model: type[ApiKey] | type[UserSession], row_id: UUID, now: datetime, *, before: datetime
) -> None:
    """Note the use of a key or a session whose last noted use is older than ``before``.

    A row that another request is noting already is left to it: nobody waits.
    """
    stale = (
        select(col(model.id))
        .where(col(model.id) == row_id, or_(col(model.last_used_at).is_(None), col(model.last_used_at) < before))
        .with_for_update(skip_locked=True)
    )
    await session.execute(
        update(model)
        .where(col(model.id).in_(stale))
        .values(last_used_at=now)
        .execution_options(synchronize_session=False)
    )


async def lock_users(session: AsyncSession) -> None:
    """Let users be changed by one admin after the other, until this transaction ends: two who demote each other at
    the same instant must not both find another admin left.
    """
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("users", 1))))


async def get_user(session: AsyncSession, user_id: UUID, *, lock: bool = False, share: bool = False) -> User | None:
    """One user as they are now; ``lock`` keeps other writers out until the transaction ends, ``share`` lets them stay
    as they are that long.
    """
    query = select(User).where(col(User.id) == user_id)
    if lock or share:
        query = query.with_for_update(key_share=lock, read=share).execution_options(populate_existing=True)
    return (await session.scalars(query)).one_or_none()


async def user_by_email(session: AsyncSession, email: str) -> User | None:
    """The user with this e-mail, in any case of letters."""
    return (await session.scalars(select(User).where(func.lower(User.email) == func.lower(email)))).one_or_none()


async def all_users(session: AsyncSession) -> list[User]:
    """Every user, oldest first."""
    return list(await session.scalars(select(User).order_by(col(User.created_at), col(User.id))))


async def page_of_users(session: AsyncSession, *, cursor: str | None, limit: int) -> Page[User]:
    """Oldest first."""
    return await list_page(session, User, scope="users", key=("created_at", "id"), cursor=cursor, limit=limit)


async def count_live_admins(session: AsyncSession) -> int:
    """How many admins can sign in."""
    counted = await session.scalar(
        select(func.count()).select_from(User).where(col(User.role) == Role.admin, col(User.disabled_at).is_(None))
    )
    return int(counted or 0)


async def get_key(session: AsyncSession, key_id: UUID, *, lock: bool = False) -> ApiKey | None:
    """One key, unless revoked; ``lock`` keeps other writers out until the transaction ends."""
    query = select(ApiKey).where(col(ApiKey.id) == key_id, col(ApiKey.revoked_at).is_(None))
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return (await session.scalars(query)).one_or_none()


async def all_keys(session: AsyncSession) -> list[ApiKey]:
    """Every key that is not revoked, oldest first."""
    return list(
        await session.scalars(
            select(ApiKey).where(col(ApiKey.revoked_at).is_(None)).order_by(col(ApiKey.created_at), col(ApiKey.id))
        )
    )


async def page_of_keys(session: AsyncSession, *, cursor: str | None, limit: int) -> Page[ApiKey]:
    """Keys that are not revoked, oldest first."""
    working = col(ApiKey.revoked_at).is_(None)
    return await list_page(
        session, ApiKey, working, scope="api-keys", key=("created_at", "id"), cursor=cursor, limit=limit
    )


async def names(session: AsyncSession, *, users: set[UUID], keys: set[UUID]) -> dict[tuple[str, UUID], str]:
    """E-mails of users and names of keys, revoked ones too, by ``user`` or ``key`` and id; who is gone is missing."""
    if not users and not keys:
        return {}
    found = union_all(
        select(literal("user"), col(User.id), col(User.email)).where(col(User.id).in_(users)),
        select(literal("key"), col(ApiKey.id), col(ApiKey.name)).where(col(ApiKey.id).in_(keys)),
    )
    return {(row[0], row[1]): row[2] for row in await session.execute(found)}


async def count_failures(session: AsyncSession, email: str, since: datetime) -> tuple[int, datetime | None]:
    """Wrong passwords for an e-mail since then, and the time of the first of them."""
    row = (
        await session.execute(
            select(func.count(), func.min(LoginFailure.created_at)).where(
                func.lower(LoginFailure.email) == func.lower(email), col(LoginFailure.created_at) > since
            )
        )
    ).one()
    return int(row[0]), row[1]


async def lock_email(session: AsyncSession, email: str) -> None:
    """Let the tries for one e-mail be counted one after the other, until this transaction ends."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(func.lower(email), 0))))


async def delete_failure(session: AsyncSession, failure_id: UUID) -> None:
    """Take a counted try back."""
    await session.execute(delete(LoginFailure).where(col(LoginFailure.id) == failure_id))


async def delete_old(session: AsyncSession, now: datetime) -> None:
    """Drop failures older than a day, and sessions over for a week."""
    await session.execute(delete(LoginFailure).where(col(LoginFailure.created_at) < now - timedelta(days=1)))
    await session.execute(delete(UserSession).where(col(UserSession.expires_at) < now - timedelta(days=7)))


def _live(user_id: UUID, now: datetime) -> tuple[SQLColumnExpression[bool], ...]:
    return (
        col(UserSession.user_id) == user_id,
        col(UserSession.revoked_at).is_(None),
        col(UserSession.expires_at) > now,
    )


async def page_of_sessions(
    session: AsyncSession, user_id: UUID, now: datetime, *, cursor: str | None, limit: int
) -> Page[UserSession]:
    """A user's sign-ins that are not over, newest first."""
    return await list_page(
        session,
        UserSession,
        *_live(user_id, now),
        scope=f"sessions:{user_id}",
        key=("created_at", "id"),
        cursor=cursor,
        limit=limit,
        descending=True,
    )


async def revoke_sessions(
    session: AsyncSession, user_id: UUID, now: datetime, *, only: UUID | None = None, keep: UUID | None = None
) -> int:
    """End the sign-ins of a user that are not over: every one, or one, or all but one. Says how many it ended."""
    query = update(UserSession).where(*_live(user_id, now))
    if only is not None:
        query = query.where(col(UserSession.id) == only)
    if keep is not None:
        query = query.where(col(UserSession.id) != keep)
    query = query.values(revoked_at=now).execution_options(synchronize_session=False)
    return len((await session.scalars(query.returning(col(UserSession.id)))).all())
