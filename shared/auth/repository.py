"""SQL of users, sessions and keys."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from shared.auth.models import ApiKey, LoginFailure, Role, User, UserSession


async def live_session(session: AsyncSession, token_hash: str, now: datetime) -> tuple[UserSession, User] | None:
    """The session with this token and its user, unless it is over or the user is disabled."""
    row = (
        await session.execute(
            select(UserSession, User)
            .join(User, col(User.id) == UserSession.user_id)
            .where(
                col(UserSession.token_hash) == token_hash,
                col(UserSession.revoked_at).is_(None),
                col(UserSession.expires_at) > now,
                col(User.disabled_at).is_(None),
            )
        )
    ).first()
    return (row[0], row[1]) if row else None


async def live_key(session: AsyncSession, key_hash: str) -> ApiKey | None:
    """The key with this hash, unless revoked."""
    return (
        await session.scalars(select(ApiKey).where(col(ApiKey.key_hash) == key_hash, col(ApiKey.revoked_at).is_(None)))
    ).one_or_none()


async def touch_key(session: AsyncSession, key_id: UUID, now: datetime) -> None:
    """Note the use of a key."""
    await session.execute(update(ApiKey).where(col(ApiKey.id) == key_id).values(last_used_at=now))


async def user_by_email(session: AsyncSession, email: str) -> User | None:
    """The user with this e-mail, in any case of letters."""
    return (await session.scalars(select(User).where(func.lower(User.email) == func.lower(email)))).one_or_none()


async def all_users(session: AsyncSession) -> list[User]:
    """Every user, oldest first."""
    return list(await session.scalars(select(User).order_by(col(User.created_at))))


async def count_live_admins(session: AsyncSession) -> int:
    """How many admins can sign in."""
    counted = await session.scalar(
        select(func.count()).select_from(User).where(col(User.role) == Role.admin, col(User.disabled_at).is_(None))
    )
    return int(counted or 0)


async def all_keys(session: AsyncSession) -> list[ApiKey]:
    """Every key that is not revoked, oldest first."""
    return list(
        await session.scalars(select(ApiKey).where(col(ApiKey.revoked_at).is_(None)).order_by(col(ApiKey.created_at)))
    )


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


async def revoke_user_sessions(session: AsyncSession, user_id: UUID, now: datetime) -> None:
    """End every sign-in of a user."""
    await session.execute(
        update(UserSession)
        .where(col(UserSession.user_id) == user_id, col(UserSession.revoked_at).is_(None))
        .values(revoked_at=now)
    )
