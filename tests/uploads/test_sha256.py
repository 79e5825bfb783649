"""The hash of a file that arrives in many requests."""

import hashlib
import random

import pytest

from shared.uploads import sha256
from tests.uploads.client import Tus
from tests.uploads.conftest import MIB, Stored, video
from tests.uploads.test_patch import check_master


def test_resumed_at_any_byte() -> None:
    chance = random.Random(7)
    for size in (0, 1, 55, 56, 63, 64, 65, 1000, 70_001):
        data = chance.randbytes(size)
        hasher = sha256.start()
        at = 0
        while at < size:
            step = chance.randint(1, 997)
            hasher.update(data[at : at + step])
            at += step
            state = hasher.state()
            assert state is not None
            assert len(state) == sha256.STATE_BYTES
            resumed = sha256.resume(state)
            assert resumed is not None
            hasher = resumed
        assert hasher.hexdigest() == hashlib.sha256(data).hexdigest()
        assert hasher.hexdigest() == hashlib.sha256(data).hexdigest()  # asking changes nothing


def test_without_openssl(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sha256, "_library", None)
    hasher = sha256.start()
    hasher.update(b"film")
    assert hasher.state() is None
    assert hasher.hexdigest() == hashlib.sha256(b"film").hexdigest()
    assert sha256.resume(bytes(sha256.STATE_BYTES)) is None


async def test_lost_state_is_read_from_the_object(tus: Tus, stored: Stored) -> None:
    data = video(9 * MIB)
    url = await tus.create(len(data))
    await tus.patch(url, 0, data[:5000])
    await stored.change(url, hash_state=None)
    answer = await tus.patch(url, 5000, data[5000:])
    await check_master(stored, answer.headers["X-Video-Id"], data)
