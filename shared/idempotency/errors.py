"""Errors of repeated writes."""

from shared.errors import Conflict, InvalidInput


class KeyReused(InvalidInput):
    """The key came with another request before; nothing was done."""

    code, title = "idempotency_key_reused", "This Idempotency-Key belongs to another request"


class StillWorking(Conflict):
    """The first request with this key has not ended yet."""

    code, title = "idempotency_in_progress", "The first request with this key is still being worked on"
