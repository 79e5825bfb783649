"""Who is calling, signing in and out, users and API keys."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from hmac import compare_digest
from typing import Literal, NewType
from uuid import UUID

import anyio
import anyio.to_thread
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from shared.audit import service as audit_service
from shared.audit.difference import change, shown
from shared.auth import passwords, repository
from shared.auth.errors import (
    CsrfFailed,
    EmailTaken,
    KeyNotFound,
    LastAdmin,
    NoPassword,
    SessionNotFound,
    TooManyLogins,
    UserNotFound,
    WrongCredentials,
    WrongPassword,
)
from shared.auth.models import ApiKey, LoginFailure, Role, User, UserSession
from shared.clock import utc_now
from shared.db.paging import Page
from shared.db.prepared import Record
from shared.db.session import Database
from shared.errors import Unauthorized

MAX_LOGIN_FAILURES = 10
LOGIN_WINDOW = timedelta(minutes=1)
_TOUCH_AFTER = timedelta(minutes=1)
_MAX_USER_AGENT = 200
_NOBODY = UUID(int=0)
PasswordHash = NewType("PasswordHash", str)
"""What :func:`hash_password` makes of a password."""
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

    @property
    def user_id(self) -> UUID | None:
        """The person's id; a key is nobody."""
        return self.id if self.kind == "user" else None

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
    await _note_use(session, ApiKey, row)
    return Caller("key", row["id"], row["name"], Role(row["role"]))


async def caller_from_cookie(session: AsyncSession, token: str) -> Caller:
    """The caller behind a session cookie.

    :raises Unauthorized: the session is over.
    """
    found = await repository.live_session(session, passwords.hash_token(token), utc_now())
    if found is None:
        raise Unauthorized("The session is over; sign in again")
    await _note_use(session, UserSession, found)
    return Caller("user", found["user_id"], found["email"], Role(found["role"]), found["id"], found["csrf_token"])


async def _note_use(session: AsyncSession, model: type[ApiKey] | type[UserSession], row: Record) -> None:
    now, last = utc_now(), row["last_used_at"]
    if last is None or now - last > _TOUCH_AFTER:
        await repository.touch(session, model, row["id"], now, before=now - _TOUCH_AFTER)


def check_csrf(caller: Caller, header: str | None) -> None:
    """Writes with a cookie need the session's token in a header that other sites cannot set.

    :raises CsrfFailed: missing or wrong.
    """
    if caller.csrf_token and not compare_digest((header or "").encode(), caller.csrf_token.encode()):
        raise CsrfFailed("Send the csrfToken of GET /api/auth/me as X-CSRF-Token")


async def login(
    database: Database, *, email: str, password: str, lifetime_seconds: int, user_agent: str | None = None
) -> tuple[str, Caller]:
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
    fits = await _verify(usable.password_hash if usable else None, password)
    if usable is None or not fits:
        raise WrongCredentials
    token = passwords.new_token()
    async with database.session() as session:
        # The password may have been changed, and the sessions ended, while it was compared.
        current = await repository.get_user(session, usable.id, share=True)
        if current is None or current.disabled_at is not None or current.password_hash != usable.password_hash:
            raise WrongCredentials
        row = UserSession(
            user_id=usable.id,
            token_hash=passwords.hash_token(token),
            csrf_token=passwords.new_token(),
            expires_at=utc_now() + timedelta(seconds=lifetime_seconds),
            user_agent=_cleaned(user_agent),
        )
        session.add(row)
        await repository.delete_failure(session, failure_id)
        await session.flush()
        caller = Caller("user", current.id, current.email, Role(current.role), row.id, row.csrf_token)
        await audit_service.record(session, caller.actor, "auth.login", "user", current.id)
    return token, caller


def _cleaned(user_agent: str | None) -> str | None:
    return "".join(filter(str.isprintable, user_agent or "")).strip()[:_MAX_USER_AGENT] or None


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


async def _verify(stored_hash: str | None, password: str) -> bool:
    return await anyio.to_thread.run_sync(passwords.verify_password, stored_hash, password, limiter=_hashing())


async def hash_password(password: str) -> PasswordHash:
    """The hash that is stored of a new password. It takes a while, so make it before anything is locked; best before
    the transaction's first statement, while it holds no connection. (A request with an ``Idempotency-Key`` holds one
    from its beginning. Only admins' requests hash here, so that is accepted.)
    """
    return PasswordHash(await anyio.to_thread.run_sync(passwords.hash_password, password, limiter=_hashing()))


async def logout(session: AsyncSession, caller: Caller) -> None:
    """End the caller's session; a key has none."""
    if caller.user_id is None or caller.session_id is None:
        return
    if await repository.revoke_sessions(session, caller.user_id, utc_now(), only=caller.session_id):
        await audit_service.record(session, caller.actor, "auth.logout", "user", caller.user_id)


async def change_password(database: Database, caller: Caller, *, current: str, new: str) -> None:
    """Change one's own password and end every other session of one's own.

    No connection is held while passwords are hashed. A wrong current password counts as a wrong one at
    :func:`login` does.

    :raises NoPassword: the caller is an API key.
    :raises TooManyLogins: ten wrong passwords for this e-mail in the last minute.
    :raises WrongPassword: ``current`` is not it.
    """
    if caller.user_id is None:
        raise NoPassword("Sign in with an e-mail to change that user's password")
    async with database.session() as session:
        failure_id = await _count_try(session, caller.name)
        user = await get_user(session, caller.user_id)
    if not await _verify(user.password_hash, current):
        raise WrongPassword
    digest = await hash_password(new)
    async with database.session() as session:
        locked = await repository.get_user(session, user.id, lock=True)
        if locked is None or locked.password_hash != user.password_hash:
            raise WrongPassword  # somebody changed it meanwhile
        locked.password_hash = digest
        await repository.delete_failure(session, failure_id)
        await session.flush()
        await repository.revoke_sessions(session, user.id, utc_now(), keep=caller.session_id)
        await audit_service.record(
            session,
            caller.actor,
            "auth.password",
            "user",
            user.id,
            after={"password": "changed"},
        )


async def page_of_sessions(
    session: AsyncSession, caller: Caller, *, cursor: str | None, limit: int
) -> Page[UserSession]:
    """The caller's own sign-ins that are not over, newest first; a key has none."""
    owner = caller.user_id or _NOBODY
    return await repository.page_of_sessions(session, owner, utc_now(), cursor=cursor, limit=limit)


async def end_session(session: AsyncSession, caller: Caller, session_id: UUID) -> None:
    """End one of the caller's own sign-ins; the one that asks may be it.

    :raises SessionNotFound: unknown, over, or somebody else's.
    """
    if caller.user_id is None or not await repository.revoke_sessions(
        session, caller.user_id, utc_now(), only=session_id
    ):
        raise SessionNotFound(f"None of your sessions is {session_id}: GET /api/auth/sessions lists them")
    await audit_service.record(session, caller.actor, "auth.end_session", "session", session_id)


async def end_sessions(session: AsyncSession, caller: Caller, user_id: UUID) -> int:
    """End every sign-in of a user; says how many it ended.

    :raises UserNotFound: no such user.
    """
    user = await get_user(session, user_id, lock=True)
    ended = await repository.revoke_sessions(session, user.id, utc_now())
    await audit_service.record(session, caller.actor, "users.sign_out", "user", user.id, after={"endedSessions": ended})
    return ended


async def create_user(
    session: AsyncSession, caller: Caller, *, email: str, password_hash: PasswordHash, role: Role
) -> User:
    """Add a user.

    :raises EmailTaken: in any case of letters.
    """
    user = User(email=email, password_hash=password_hash, role=role)
    session.add(user)
    try:
        await session.flush()
    except IntegrityError as error:
        raise EmailTaken(email) from error
    await audit_service.record(
        session, caller.actor, "users.create", "user", user.id, after={"email": email, "role": role.value}
    )
    return user


async def ensure_first_admin(session: AsyncSession, *, email: str, password: str) -> bool:
    """Create the admin of the settings unless a user with that e-mail exists; says whether it did.

    Several processes may start at once.
    """
    if await repository.user_by_email(session, email) is not None:
        return False
    password_hash = await hash_password(password)
    await repository.lock_users(session)
    if await repository.user_by_email(session, email) is not None:
        return False
    await create_user(session, SYSTEM, email=email, password_hash=password_hash, role=Role.admin)
    return True


async def page_of_users(session: AsyncSession, *, cursor: str | None, limit: int) -> Page[User]:
    """Users, oldest first."""
    return await repository.page_of_users(session, cursor=cursor, limit=limit)


async def list_users(session: AsyncSession) -> list[User]:
    """Every user."""
    return await repository.all_users(session)


async def get_user(session: AsyncSession, user_id: UUID, *, lock: bool = False) -> User:
    """One user. ``lock`` keeps everybody else from changing any user until the transaction ends.

    :raises UserNotFound: no such user.
    """
    if lock:
        await repository.lock_users(session)
    user = await repository.get_user(session, user_id, lock=lock)
    if user is None:
        raise UserNotFound(f"There is no user {user_id}")
    return user


async def user_by_email(session: AsyncSession, email: str) -> User:
    """One user, by e-mail in any case of letters.

    :raises UserNotFound: no such user.
    """
    user = await repository.user_by_email(session, email)
    if user is None:
        raise UserNotFound(f"There is no user {email}")
    return user


async def update_user(
    session: AsyncSession,
    caller: Caller,
    user_id: UUID,
    *,
    role: Role | None = None,
    password_hash: PasswordHash | None = None,
    disabled: bool | None = None,
) -> User:
    """Change a user; None leaves a field as it is. A new password or a disabled user ends every session.

    :raises UserNotFound: no such user.
    :raises LastAdmin: it would leave nobody who can manage users.
    """
    user = await get_user(session, user_id, lock=True)
    was_admin = _is_live_admin(user)
    before, after = change(user, {"role": role} if role is not None else {})
    now = utc_now()
    if disabled is not None and disabled != (user.disabled_at is not None):
        before["disabled"], after["disabled"] = not disabled, disabled
        user.disabled_at = now if disabled else None
    if password_hash is not None:
        user.password_hash = password_hash
        after["password"] = "changed"  # noqa: S105  a note for the audit log
    if not after:
        return user
    await session.flush()
    await session.refresh(user, ["updated_at"])
    await _keep_an_admin(session, was_admin=was_admin)
    if password_hash is not None or disabled:
        await repository.revoke_sessions(session, user.id, now)
    await audit_service.record(session, caller.actor, "users.update", "user", user.id, before=before, after=after)
    return user


async def delete_user(session: AsyncSession, caller: Caller, user_id: UUID) -> None:
    """Remove a user and end every session of theirs.

    :raises UserNotFound: no such user.
    :raises LastAdmin: the last admin.
    """
    user = await get_user(session, user_id, lock=True)
    was_admin = _is_live_admin(user)
    await session.delete(user)
    await session.flush()
    await _keep_an_admin(session, was_admin=was_admin)
    await audit_service.record(
        session, caller.actor, "users.delete", "user", user_id, before=shown(user, ("email", "role"))
    )


def _is_live_admin(user: User) -> bool:
    return user.role == Role.admin and user.disabled_at is None


async def _keep_an_admin(session: AsyncSession, *, was_admin: bool) -> None:
    if was_admin and await repository.count_live_admins(session) == 0:
        raise LastAdmin("That would leave no admin who can sign in: make another user an admin first")


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


async def page_of_keys(session: AsyncSession, *, cursor: str | None, limit: int) -> Page[ApiKey]:
    """Keys that work, oldest first."""
    return await repository.page_of_keys(session, cursor=cursor, limit=limit)


async def list_keys(session: AsyncSession) -> list[ApiKey]:
    """Every key that works."""
    return await repository.all_keys(session)


async def get_key(session: AsyncSession, key_id: UUID, *, lock: bool = False) -> ApiKey:
    """One key. ``lock`` keeps other writers out until the transaction ends.

    :raises KeyNotFound: unknown or revoked.
    """
    row = await repository.get_key(session, key_id, lock=lock)
    if row is None:
        raise KeyNotFound(f"No key that works has the id {key_id}")
    return row


async def revoke_key(session: AsyncSession, caller: Caller, key_id: UUID) -> None:
    """Stop a key from working, at once.

    :raises KeyNotFound: unknown, or revoked already.
    """
    row = await get_key(session, key_id, lock=True)
    row.revoked_at = utc_now()
    await audit_service.record(session, caller.actor, "api_keys.revoke", "api_key", row.id, before={"name": row.name})


async def actor_names(session: AsyncSession, actors: Iterable[str]) -> dict[str, str]:
    """The e-mail or key name behind each actor that is a user or a key and is still there; one query."""
    asked: dict[str, tuple[str, UUID]] = {}
    for actor in actors:
        kind, _, written = actor.partition(":")
        if kind in {"user", "key"}:
            with suppress(ValueError):
                asked[actor] = kind, UUID(written)
    users, keys = ({one for kind, one in asked.values() if kind == wanted} for wanted in ("user", "key"))
    found = await repository.names(session, users=users, keys=keys)
    return {actor: found[who] for actor, who in asked.items() if who in found}
