"""Who is calling, signing in and out, users and API keys."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from hmac import compare_digest
from typing import Literal
from uuid import UUID

import anyio
import anyio.to_thread
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from shared.audit import service as audit_service
from shared.auth import passwords, repository
from shared.auth.errors import CsrfFailed, EmailTaken, TooManyLogins, WrongCredentials
from shared.auth.models import ApiKey, LoginFailure, Role, User, UserSession
from shared.clock import utc_now
from shared.db.session import Database
from shared.errors import Conflict, NotFound, Unauthorized

MAX_LOGIN_FAILURES = 10
LOGIN_WINDOW = timedelta(minutes=1)
_TOUCH_AFTER = timedelta(minutes=1)
_RANK = {Role.viewer: 0, Role.editor: 1, Role.admin: 2}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who makes a request. ``actor`` (``user:<id>``, ``key:<id>``, ``cli``) is what the audit log records."""

    kind: Literal["user", "key", "system"]
    id: UUID | None
    name: str
    role: Role
    session_id: UUID | None = None
    csrf_token: str | None = None

    @property
    def actor(self) -> str:
        """Stable identity for audit entries and ownership."""
        return f"{self.kind}:{self.id}" if self.id else self.name

    def may(self, role: Role) -> bool:
        """Whether the caller's role includes ``role``."""
        return _RANK[self.role] >= _RANK[role]


SYSTEM = Caller("system", None, "system", Role.admin)
CLI = Caller("system", None, "cli", Role.admin)


async def caller_from_key(session: AsyncSession, key: str) -> Caller:
    """The caller behind an API key.

    :raises Unauthorized: unknown or revoked.
    """
    row = await repository.live_key(session, passwords.hash_token(key))
    if row is None:
        raise Unauthorized("The API key is unknown or revoked")
    now = utc_now()
    if row.last_used_at is None or now - row.last_used_at > _TOUCH_AFTER:
        await repository.touch_key(session, row.id, now)
    return Caller("key", row.id, row.name, Role(row.role))


async def caller_from_cookie(session: AsyncSession, token: str) -> Caller:
    """The caller behind a session cookie.

    :raises Unauthorized: the session is over.
    """
    found = await repository.live_session(session, passwords.hash_token(token), utc_now())
    if found is None:
        raise Unauthorized("The session is over; sign in again")
    row, user = found
    return Caller("user", user.id, user.email, Role(user.role), row.id, row.csrf_token)


def check_csrf(caller: Caller, header: str | None) -> None:
    """Writes with a cookie need the session's token in a header that other sites cannot set.

    :raises CsrfFailed: missing or wrong.
    """
    if caller.csrf_token and not compare_digest((header or "").encode(), caller.csrf_token.encode()):
        raise CsrfFailed("Send the csrfToken of GET /api/auth/me as X-CSRF-Token")


async def login(database: Database, *, email: str, password: str, lifetime_seconds: int) -> tuple[str, Caller]:
    """Start a session; returns the cookie's value and the caller.

    No connection is held while the password is hashed. The try is counted before the password is looked at, so that
    many at once do not get past the limit, and taken back when it fits.

    :raises TooManyLogins: ten wrong passwords for this e-mail in the last minute.
    :raises WrongCredentials: unknown e-mail, wrong password or a disabled user.
    """
    async with database.session() as session:
        failure_id = await _count_try(session, email)
        user = await repository.user_by_email(session, email)
    usable = user if user is not None and user.disabled_at is None else None
    fits = await anyio.to_thread.run_sync(
        passwords.verify_password, usable.password_hash if usable else None, password, limiter=_hashing()
    )
    if usable is None or not fits:
        raise WrongCredentials
    token = passwords.new_token()
    async with database.session() as session:
        row = UserSession(
            user_id=usable.id,
            token_hash=passwords.hash_token(token),
            csrf_token=passwords.new_token(),
            expires_at=utc_now() + timedelta(seconds=lifetime_seconds),
        )
        session.add(row)
        await repository.delete_failure(session, failure_id)
        await session.flush()
        caller = Caller("user", usable.id, usable.email, Role(usable.role), row.id, row.csrf_token)
        await audit_service.record(session, caller.actor, "auth.login", "user", usable.id)
    return token, caller


async def _count_try(session: AsyncSession, email: str) -> UUID:
    await repository.lock_email(session, email)
    now = utc_now()
    count, first = await repository.count_failures(session, email, now - LOGIN_WINDOW)
    if count >= MAX_LOGIN_FAILURES and first is not None:
        wait = max(1, int((first + LOGIN_WINDOW - now).total_seconds()) + 1)
        raise TooManyLogins(f"Wait {wait} seconds before you try again", retry_after_seconds=wait)
    failure = LoginFailure(email=email)
    session.add(failure)
    await session.flush()
    return failure.id


@cache
def _hashing() -> anyio.CapacityLimiter:
    """argon2 takes 64 MiB and a core for each password: two at a time, the others wait."""
    return anyio.CapacityLimiter(2)


async def logout(session: AsyncSession, caller: Caller) -> None:
    """End the caller's session; a key has none."""
    if caller.session_id is None:
        return
    row = await session.get(UserSession, caller.session_id)
    if row is not None:
        row.revoked_at = utc_now()


async def create_user(session: AsyncSession, caller: Caller, *, email: str, password: str, role: Role) -> User:
    """Add a user.

    :raises EmailTaken: in any case of letters.
    """
    digest = await anyio.to_thread.run_sync(passwords.hash_password, password)
    user = User(email=email, password_hash=digest, role=role)
    session.add(user)
    try:
        await session.flush()
    except IntegrityError as error:
        raise EmailTaken(f"{email} is a user already") from error
    await audit_service.record(
        session, caller.actor, "users.create", "user", user.id, after={"email": email, "role": role.value}
    )
    return user


async def ensure_first_admin(session: AsyncSession, *, email: str, password: str) -> bool:
    """Create the admin of the settings unless a user with that e-mail exists; says whether it did."""
    if await repository.user_by_email(session, email) is not None:
        return False
    await create_user(session, SYSTEM, email=email, password=password, role=Role.admin)
    return True


async def list_users(session: AsyncSession) -> list[User]:
    """Every user."""
    return await repository.all_users(session)


async def get_user(session: AsyncSession, user_id: UUID) -> User:
    """:raises NotFound: no such user."""
    user = await session.get(User, user_id)
    if user is None:
        raise NotFound("No such user")
    return user


async def update_user(
    session: AsyncSession,
    caller: Caller,
    user_id: UUID,
    *,
    role: Role | None = None,
    password: str | None = None,
    disabled: bool | None = None,
) -> User:
    """Change a user. A new password or a disabled user ends every session.

    :raises NotFound: no such user.
    :raises Conflict: it would leave nobody who can manage users.
    """
    user = await get_user(session, user_id)
    was_admin = user.role == Role.admin and user.disabled_at is None
    before: dict[str, object] = {}
    after: dict[str, object] = {}
    now = utc_now()
    if role is not None and role != user.role:
        before["role"], after["role"] = Role(user.role).value, role.value
        user.role = role
    if disabled is not None and disabled != (user.disabled_at is not None):
        before["disabled"], after["disabled"] = not disabled, disabled
        user.disabled_at = now if disabled else None
    if password is not None:
        user.password_hash = await anyio.to_thread.run_sync(passwords.hash_password, password)
        after["password"] = "changed"  # noqa: S105  a note for the audit log
    await session.flush()
    await _keep_an_admin(session, was_admin=was_admin)
    if password is not None or disabled:
        await repository.revoke_user_sessions(session, user.id, now)
    await audit_service.record(session, caller.actor, "users.update", "user", user.id, before=before, after=after)
    return user


async def delete_user(session: AsyncSession, caller: Caller, user_id: UUID) -> None:
    """Remove a user and end every session of theirs.

    :raises NotFound: no such user.
    :raises Conflict: the last admin.
    """
    user = await get_user(session, user_id)
    was_admin = user.role == Role.admin and user.disabled_at is None
    await session.delete(user)
    await session.flush()
    await _keep_an_admin(session, was_admin=was_admin)
    await audit_service.record(
        session, caller.actor, "users.delete", "user", user_id, before={"email": user.email, "role": user.role}
    )


async def _keep_an_admin(session: AsyncSession, *, was_admin: bool) -> None:
    if was_admin and await repository.count_live_admins(session) == 0:
        raise Conflict("That would leave no admin who can sign in")


async def create_key(session: AsyncSession, caller: Caller, *, name: str, role: Role) -> tuple[ApiKey, str]:
    """Make an API key; the second value is the key itself, which is stored nowhere."""
    key = passwords.new_api_key()
    row = ApiKey(
        name=name,
        role=role,
        prefix=key[: passwords.KEY_PREFIX_LENGTH],
        key_hash=passwords.hash_token(key),
        created_by=caller.actor,
    )
    session.add(row)
    await session.flush()
    await audit_service.record(
        session, caller.actor, "api_keys.create", "api_key", row.id, after={"name": name, "role": role.value}
    )
    return row, key


async def list_keys(session: AsyncSession) -> list[ApiKey]:
    """Every key that works."""
    return await repository.all_keys(session)


async def revoke_key(session: AsyncSession, caller: Caller, key_id: UUID) -> None:
    """Stop a key from working, at once.

    :raises NotFound: unknown, or revoked already.
    """
    row = await session.get(ApiKey, key_id)
    if row is None or row.revoked_at is not None:
        raise NotFound("No such API key")
    row.revoked_at = utc_now()
    await audit_service.record(session, caller.actor, "api_keys.revoke", "api_key", row.id, before={"name": row.name})
