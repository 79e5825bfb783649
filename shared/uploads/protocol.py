"""The header values of tus 1.0.0 (https://tus.io/protocols/resumable-upload). Pure."""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any, Final
from uuid import UUID

from shared.errors import FieldError, InvalidInput
from shared.text import MAX_TITLE, without_markup
from shared.uploads.errors import BadHeader

VERSION: Final = "1.0.0"
EXTENSIONS: Final = "creation,creation-with-upload,creation-defer-length,checksum,expiration,termination"
CHECKSUM_ALGORITHMS: Final = ("sha1", "sha256")
CONTENT_TYPE: Final = "application/offset+octet-stream"
_MAX_BIGINT: Final = 2**63 - 1
_MAX_FILENAME: Final = 1024
_NUMBER = re.compile(r"[0-9]{1,19}")
_KEY = re.compile(r"[!-+\--~]+")  # printable ASCII without space and comma


@dataclass(frozen=True, slots=True)
class Metadata:
    """What ``Upload-Metadata`` says; ``raw`` is the header as it came, unknown keys included."""

    raw: str | None = None
    filename: str | None = None
    title: str | None = None
    video_id: UUID | None = None
    encode: bool = False

    @property
    def video_title(self) -> str:
        """The title a new video gets: the given one, else the file's name without its suffix."""
        stem = PurePosixPath(self.filename).stem if self.filename else ""
        return self.title or stem[:MAX_TITLE].strip() or "Untitled"


@dataclass(frozen=True, slots=True)
class Checksum:
    """What ``Upload-Checksum`` promises about the bytes of one request."""

    algorithm: str
    digest: bytes

    def new(self) -> Any:
        """A fresh hash object of the algorithm."""
        return hashlib.new(self.algorithm, usedforsecurity=False)


def parse_size(name: str, value: str | None) -> int | None:
    """A number of bytes, 0 or more; None where the header is absent.

    :raises BadHeader: anything else.
    """
    if value is None:
        return None
    value = value.strip(" \t")  # not part of a header's value (RFC 9110, 5.5), but the server leaves it there
    if not _NUMBER.fullmatch(value) or int(value) > _MAX_BIGINT:
        raise BadHeader(f"{name} must be a whole number of bytes, 0 or more")
    return int(value)


def parse_length(length: str | None, defer: str | None) -> int | None:
    """The length at creation; None where it is deferred.

    :raises BadHeader: not exactly one of ``Upload-Length`` and ``Upload-Defer-Length: 1``.
    """
    if defer is not None and defer.strip(" \t") != "1":
        raise BadHeader("Upload-Defer-Length must be 1")
    if (length is None) == (defer is None):
        raise BadHeader("Send either Upload-Length or Upload-Defer-Length: 1")
    return parse_size("Upload-Length", length)


def parse_checksum(value: str | None) -> Checksum | None:
    """``sha1 <base64>`` or ``sha256 <base64>``; None where the header is absent.

    :raises BadHeader: another algorithm, or not a digest of it.
    """
    if value is None:
        return None
    algorithm, _, encoded = value.strip().partition(" ")
    if algorithm not in CHECKSUM_ALGORITHMS:
        raise BadHeader(f"Upload-Checksum must use one of {', '.join(CHECKSUM_ALGORITHMS)}")
    digest = _decode("Upload-Checksum", encoded)
    if len(digest) != hashlib.new(algorithm, usedforsecurity=False).digest_size:
        raise BadHeader(f"Upload-Checksum is not a {algorithm} digest in base64")
    return Checksum(algorithm, digest)


def parse_metadata(raw: str | None) -> Metadata:
    """Pairs of a key and a base64 value, separated by commas. An empty header is fine: tuspy sends one.

    :raises BadHeader: malformed.
    :raises InvalidInput: well-formed, but a value of ours is wrong.
    """
    values: dict[str, bytes] = {}
    for pair in (raw or "").split(",") if raw and raw.strip() else ():
        key, _, encoded = pair.strip(" ").partition(" ")
        if not _KEY.fullmatch(key) or key in values:
            raise BadHeader("Upload-Metadata must be pairs `key base64`, separated by commas, each key once")
        values[key] = _decode("Upload-Metadata", encoded.strip(" "))
    title = without_markup(_text(values, "title", MAX_TITLE) or "") or None
    filename = _text(values, "filename", _MAX_FILENAME)
    _text(values, "filetype", _MAX_FILENAME)
    encode = _text(values, "encode", _MAX_FILENAME)
    if encode not in {None, "true", "false"}:
        raise _wrong("encode", "must be `true` or `false`")
    video_id = _text(values, "videoId", _MAX_FILENAME)
    try:
        parsed_id = UUID(video_id) if video_id else None
    except ValueError:
        raise _wrong("videoId", "is not the id of a video") from None
    # Without markup first, whose tags have slashes. A Windows path is split at both kinds of slash.
    name = PureWindowsPath(without_markup(filename)).name if filename else ""
    return Metadata(raw, name or None, title, parsed_id, encode == "true")


def _text(values: dict[str, bytes], key: str, limit: int) -> str | None:
    try:
        value = values.get(key, b"").decode().strip()
    except UnicodeDecodeError:
        raise _wrong(key, "is not UTF-8") from None
    if "\0" in value:
        raise _wrong(key, "contains a NUL byte")
    if len(value) > limit:
        raise _wrong(key, f"has more than {limit} characters")
    return value or None


def _wrong(key: str, message: str) -> InvalidInput:
    return InvalidInput(
        f"Upload-Metadata: {key} {message}", errors=(FieldError(f"/header/Upload-Metadata/{key}", "invalid", message),)
    )


def _decode(name: str, encoded: str) -> bytes:
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise BadHeader(f"{name} holds a value that is not base64") from None
