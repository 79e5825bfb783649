"""The service's list of permanent codes is the encoder's."""

from shared.encoding.errors import PERMANENT_CODES
from worker.media.errors import PERMANENT


def test_both_lists_name_the_same_codes() -> None:
    assert {str(code) for code in PERMANENT} == set(PERMANENT_CODES)
