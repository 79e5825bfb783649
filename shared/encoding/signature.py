"""Signatures of worker reports: the seed's header decides, the Standard Webhooks triple is sent beside it.

``X-Webhook-Signature: sha256=<hex HMAC-SHA256(secret, raw body)>`` (seed 004, step 10; the form GitHub uses), and
``webhook-id``, ``webhook-timestamp``, ``webhook-signature: v1,<base64>`` over ``id.timestamp.body``.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence

from shared.errors import Unauthorized

SIGNATURE_HEADER = "X-Webhook-Signature"
TOLERANCE_SECONDS = 300


class SignatureInvalid(Unauthorized):
    """The report is not signed with a secret of ours."""

    code, title = "signature_invalid", "The signature is missing or wrong"


class TimestampRejected(Unauthorized):
    """The report is too old or from the future: refresh the timestamp and sign again."""

    code, title = "timestamp_rejected", "The timestamp is too far from now"


def sign(secret: str, body: bytes) -> str:
    """The seed's header value for a raw body."""
    return f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"


def standard_key(secret: str) -> bytes:
    """Key bytes in the sense of Standard Webhooks: base64 behind ``whsec_``, else the text itself."""
    if secret.startswith("whsec_"):
        try:
            return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        except binascii.Error:
            pass
    return secret.encode()


def headers(secret: str, *, event_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Both forms for one report. ``timestamp`` in Unix seconds."""
    signed = f"{event_id}.{timestamp}.".encode() + body
    digest = hmac.new(standard_key(secret), signed, hashlib.sha256).digest()
    return {
        SIGNATURE_HEADER: sign(secret, body),
        "webhook-id": event_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def verify(secrets: Sequence[str], body: bytes, given: str | None) -> None:
    """Check the seed's header on the raw bytes, against each secret that is accepted while rotating.

    :raises SignatureInvalid: missing or wrong.
    """
    sent = (given or "").encode()
    # Every secret is tried, so that the time taken tells nothing.
    matches = [hmac.compare_digest(sign(secret, body).encode(), sent) for secret in secrets]
    if not any(matches):
        raise SignatureInvalid(f"Send {SIGNATURE_HEADER}: sha256=<hex HMAC-SHA256 of the raw body>")
