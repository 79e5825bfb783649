"""Writes that are sent again are done once (the header ``Idempotency-Key``, draft-ietf-httpapi-idempotency-key-header).

The claim of a key, the write and its answer share one transaction: a request that fails leaves no claim, and one that
was cut off after its commit has its answer here.
"""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import timedelta

from asyncpg.exceptions import LockNotAvailableError
from cryptography.fernet import Fernet
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from shared.clock import utc_now
from shared.errors import FieldError
from shared.idempotency import repository
from shared.idempotency.errors import KeyReused, StillWorking

MAX_KEY = 255
KEPT_FOR = timedelta(hours=24)
POINTER = "/header/Idempotency-Key"


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Claim:
    """One caller's use of one key for one request. ``key`` is whatever the client made up, ``request`` all that makes
    the request what it is: method, path, query, body.
    """

    def __init__(self, *, actor: str, key: str, request: bytes) -> None:
        secret = f"{actor}\0{key}".encode()
        self.id = hashlib.sha256(b"id\0" + secret).hexdigest()
        self._cipher = Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"answer\0" + secret).digest()))
        # Keyed, so that a body with a password in it cannot be guessed from the table.
        self.fingerprint = hmac.new(secret, request, hashlib.sha256).hexdigest()

    def seal(self, answer: Answer) -> bytes:
        """Encrypt an answer; only who knows the key can read it."""
        head = json.dumps([answer.status, answer.headers]).encode()
        return self._cipher.encrypt(head + b"\n" + answer.body)

    def open(self, sealed: bytes) -> Answer:
        """The answer again."""
        head, _, body = self._cipher.decrypt(sealed).partition(b"\n")
        status, headers = json.loads(head)
        return Answer(status, tuple((name, value) for name, value in headers), body)


async def begin(session: AsyncSession, claim: Claim) -> Answer | None:
    """None: do the write, then call :func:`finish`. An answer: the write was done before, and that was said of it.

    :raises KeyReused: the key came with another request.
    :raises StillWorking: the first request has not ended after ten seconds.
    """
    now = utc_now()
    try:
        if await repository.claim(session, claim.id, claim.fingerprint, now=now, oldest=now - KEPT_FOR):
            return None
    except DBAPIError as error:
        if isinstance(getattr(error.orig, "__cause__", None), LockNotAvailableError):
            raise StillWorking("Wait, then send it again with the same key") from error
        raise
    found = await repository.find(session, claim.id)
    if found is None or found.answer is None:
        raise StillWorking("Wait, then send it again with the same key")
    if not hmac.compare_digest(found.fingerprint, claim.fingerprint):
        message = "came with another request before; make up a new one for each write"
        raise KeyReused(f"The key {message}", errors=(FieldError(POINTER, KeyReused.code, message),))
    return claim.open(found.answer)


async def finish(session: AsyncSession, claim: Claim, answer: Answer) -> None:
    """Keep the answer, in the transaction of the write."""
    await repository.store(session, claim.id, claim.seal(answer))


async def forget_old(session: AsyncSession) -> None:
    """Drop answers that are no longer given."""
    await repository.delete_before(session, utc_now() - KEPT_FOR)
