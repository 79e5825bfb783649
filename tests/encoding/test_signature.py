"""Signatures of worker reports."""

import base64
import hashlib
import hmac

import pytest

from shared.encoding.signature import SIGNATURE_HEADER, SignatureInvalid, headers, sign, verify

SECRET = "It's a Secret to Everybody"
BODY = b"Hello, World!"
VECTOR = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"


def test_the_published_vector() -> None:
    assert sign(SECRET, BODY) == VECTOR
    verify([SECRET], BODY, VECTOR)


def test_any_accepted_secret_will_do() -> None:
    verify(["the new one", SECRET], BODY, VECTOR)


@pytest.mark.parametrize("given", [None, "", VECTOR.removeprefix("sha256="), VECTOR[:-1], VECTOR + "0", "sha256=ü"])
def test_anything_else_is_refused(given: str | None) -> None:
    with pytest.raises(SignatureInvalid):
        verify([SECRET], BODY, given)


@pytest.mark.parametrize("secret", ["plain text secret", "whsec_" + base64.b64encode(b"k" * 32).decode()])
def test_the_standard_triple_is_what_a_stock_verifier_expects(secret: str) -> None:
    sent = headers(secret, event_id="msg_1", timestamp=1614265330, body=BODY)
    key = base64.b64decode(secret[6:]) if secret.startswith("whsec_") else secret.encode()
    expected = base64.b64encode(hmac.digest(key, b"msg_1.1614265330." + BODY, hashlib.sha256)).decode()
    assert sent["webhook-signature"] == f"v1,{expected}"
    assert (sent["webhook-id"], sent["webhook-timestamp"]) == ("msg_1", "1614265330")
    assert sent[SIGNATURE_HEADER] == sign(secret, BODY)
