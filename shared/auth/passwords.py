"""Password hashing (argon2id) and random tokens."""

import hashlib
import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_PASSWORD_LENGTH = 12
MAX_PASSWORD_LENGTH = 1024
KEY_PREFIX_LENGTH = 12

_hasher = PasswordHasher()


@cache
def _nobodys_hash() -> str:
    return _hasher.hash(secrets.token_urlsafe(16))


def hash_password(password: str) -> str:
    """An argon2id hash with its parameters and salt."""
    return _hasher.hash(password)


def verify_password(stored_hash: str | None, password: str) -> bool:
    """Whether the password fits; takes as long when there is no such user, so e-mails cannot be probed."""
    try:
        _hasher.verify(stored_hash or _nobodys_hash(), password)
    except (VerificationError, InvalidHashError):
        return False
    return stored_hash is not None


def new_api_key() -> str:
    """``vms_`` and 256 random bits."""
    return f"vms_{secrets.token_urlsafe(32)}"


def new_token() -> str:
    """256 random bits, for cookies and CSRF."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    """SHA-256 in hex: enough for tokens that are random already."""
    return hashlib.sha256(token.encode()).hexdigest()
