"""Identifiers."""

import os
import secrets
import time
from uuid import UUID


def uuid7() -> UUID:
    """A UUIDv7 (RFC 9562): 48 bits of Unix milliseconds, then random bits, so keys sort by creation."""
    value = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)


def random_id() -> UUID:
    """122 random bits: an identifier that nobody can guess, for things a URL alone gives access to."""
    return UUID(bytes=secrets.token_bytes(16), version=4)
