"""SHA-256 whose state can be stored and resumed, so that a file which arrives in many requests is hashed once.

``hashlib`` keeps its state to itself. OpenSSL's ``SHA256_Init``, ``_Update`` and ``_Final`` work on a plain struct of
112 bytes (its layout is part of OpenSSL's ABI since 0.9.8) with the same hardware instructions; ctypes releases the
GIL meanwhile. Where that library is not at hand, a hash that began at byte 0 in this request still needs no second
reading, and any other is computed from the finished object.
"""

import _hashlib
import ctypes
import hashlib
from typing import Any, Final, Protocol

from shared.log import get_logger

log = get_logger(__name__)
STATE_BYTES: Final = 112
_DIGEST_BYTES: Final = 32
_LIBRARIES: Final = (getattr(_hashlib, "__file__", None), "libcrypto.so.3")


class Hasher(Protocol):
    """A running SHA-256."""

    def update(self, data: bytes, /) -> None:
        """Add bytes; the GIL is free meanwhile."""

    def state(self) -> bytes | None:
        """What :func:`resume` continues from; None where it cannot be stored."""

    def hexdigest(self) -> str:
        """The digest so far, in hex."""


class _OpenSsl:
    def __init__(self, state: bytes | None) -> None:
        self._context = ctypes.create_string_buffer(STATE_BYTES)
        if state is None:
            _library.SHA256_Init(self._context)
        else:
            self._context.raw = state

    def update(self, data: bytes, /) -> None:
        _library.SHA256_Update(self._context, data, len(data))

    def state(self) -> bytes | None:
        return self._context.raw

    def hexdigest(self) -> str:
        copy = ctypes.create_string_buffer(self._context.raw, STATE_BYTES)
        digest = ctypes.create_string_buffer(_DIGEST_BYTES)
        _library.SHA256_Final(digest, copy)
        return digest.raw.hex()


class _Hashlib:
    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def update(self, data: bytes, /) -> None:
        self._hash.update(data)

    def state(self) -> bytes | None:
        return None

    def hexdigest(self) -> str:
        return self._hash.hexdigest()


def start() -> Hasher:
    """A hash of nothing yet."""
    return _Hashlib() if _library is None else _OpenSsl(None)


def resume(state: bytes) -> Hasher | None:
    """Continue from a stored state; None where this process cannot."""
    return None if _library is None or len(state) != STATE_BYTES else _OpenSsl(state)


def _load() -> Any:
    for name in _LIBRARIES:
        try:
            library = ctypes.CDLL(name) if name else None
            for function in ("SHA256_Init", "SHA256_Update", "SHA256_Final"):
                getattr(library, function).restype = ctypes.c_int
            library.SHA256_Update.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t]  # type: ignore[union-attr]
        except (OSError, AttributeError):
            continue
        return library
    return None


def _works() -> bool:
    """Whether a resumed hash equals hashlib's, across block boundaries."""
    sample = bytes(range(256)) * 3
    for cut in (0, 1, 63, 64, 65, 200, len(sample)):
        first = _OpenSsl(None)
        first.update(sample[:cut])
        second = _OpenSsl(first.state())
        second.update(sample[cut:])
        if second.hexdigest() != hashlib.sha256(sample).hexdigest():
            return False
    return True


_library = _load()
if _library is not None and not _works():
    _library = None
if _library is None:
    log.warning("uploads.sha256_not_resumable")
