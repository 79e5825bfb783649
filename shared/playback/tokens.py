"""Bunny.net's advanced CDN token (HMAC-SHA256), signed and checked.

Source: Bunny's token authentication documentation and its reference signers (2026-04 form, ``HS256-``)::

    token = "HS256-" + ("1-" if ip) + base64url(HMAC-SHA256(key, signed_path + expires + ip_bytes + parameters))

``parameters`` are the other query parameters, sorted, as raw ``k=v`` joined by ``&``. For HLS the token stands in the
path, ``/bcdn_token=…&token_path=%2Fdir%2F&expires=…/dir/master.m3u8``, so that relative URIs inherit it.
"""

import base64
import hashlib
import hmac
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote

from shared.errors import Forbidden

_PATH_MARK = "bcdn_token="


class TokenRejected(Forbidden):
    """The CDN token is missing, changed, expired or another directory's."""

    code, title = "token_rejected", "The playback token is not valid here"


def _ip_bytes(address: str | None) -> bytes:
    if not address:
        return b""
    parsed = ipaddress.ip_address(address)
    return parsed.packed if parsed.version == 4 else parsed.packed[:8] + bytes(8)


def sign(
    key: str, path: str, expires: int, *, parameters: Mapping[str, str] | None = None, ip: str | None = None
) -> str:
    """The token for ``path`` until ``expires`` (Unix seconds).

    ``parameters`` are all other query parameters; with ``token_path`` among them, that is signed instead of ``path``.
    ``ip`` is a v4 address, or a v6 one of which the /64 counts.
    """
    extra = dict(parameters or {})
    if extra.get("token_ignore_params") == "true":
        extra = {name: value for name, value in extra.items() if name in {"token_ignore_params", "token_path"}}
    signed_path = extra.get("token_path", path)
    data = "&".join(f"{name}={extra[name]}" for name in sorted(extra))
    message = f"{signed_path}{expires}".encode() + _ip_bytes(ip) + data.encode()
    digest = hmac.new(key.encode(), message, hashlib.sha256).digest()
    encoded = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return f"HS256-{'1-' if ip else ''}{encoded}"


def directory_prefix(key: str, directory: str, expires: int) -> str:
    """The path segment that opens ``directory`` (``/<video>/<generation>/``) and all below it."""
    token = sign(key, directory, expires, parameters={"token_path": directory})
    return f"{_PATH_MARK}{token}&token_path={quote(directory, safe='')}&expires={expires}"


@dataclass(frozen=True, slots=True)
class TokenPath:
    """A path taken apart: what it asks for, and until when it may."""

    object_path: str
    expires: int


def check_path(key: str, path: str, *, now: float) -> TokenPath:
    """Check ``/bcdn_token=…&token_path=…&expires=…/<object path>`` as it came over the wire, percent-encoded.

    :raises TokenRejected: missing, malformed, expired, changed, or the object lies outside the token's directory.
    """
    token_part, slash, rest = path.lstrip("/").partition("/")
    if not token_part.startswith(_PATH_MARK) or not slash:
        raise TokenRejected("The URL carries no playback token")
    fields = dict(piece.partition("=")[::2] for piece in token_part.split("&"))
    directory = unquote(fields.get("token_path", ""))
    expires_text = fields.get("expires", "")
    if not (expires_text.isascii() and expires_text.isdigit() and len(expires_text) <= 12):
        raise TokenRejected("The playback token has no expiry")
    expires = int(expires_text)
    expected = sign(key, directory, expires, parameters={"token_path": directory})
    if not hmac.compare_digest(expected.encode(), fields.get("bcdn_token", "").encode()):
        raise TokenRejected("The playback token does not fit this URL")
    if expires < now:
        raise TokenRejected("The playback token has expired; load the page again")
    object_path = f"/{unquote(rest)}"
    if not directory.endswith("/") or not object_path.startswith(directory) or ".." in object_path.split("/"):
        raise TokenRejected("The playback token belongs to another video")
    return TokenPath(object_path, expires)
