"""What the action log shows of a change."""

from datetime import UTC, datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from shared.audit.difference import change, difference, shown
from shared.videos.models import Visibility

ID = UUID(int=7)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("paid", Visibility.paid),
        (ID, UUID(int=7)),
        (NOON, datetime(2026, 11, 20, 12, tzinfo=UTC)),
        (["a", "b"], ["a", "b"]),
        ({"a": 1, "b": [None]}, {"b": [None], "a": 1}),
        (None, None),
    ],
)
def test_what_is_the_same_is_no_change(old: Any, new: Any) -> None:
    row = SimpleNamespace(value=old)
    assert change(row, {"value": new}) == ({}, {})
    assert row.value is old


@pytest.mark.parametrize(
    ("old", "new", "before", "after"),
    [
        ("paid", Visibility.public, "paid", "public"),
        (None, ID, None, "00000000-0000-0000-0000-000000000007"),
        (NOON, NOON + timedelta(seconds=1), "2026-11-20T12:00:00Z", "2026-11-20T12:00:01Z"),
        (None, NOON.astimezone(timezone(timedelta(hours=1))), None, "2026-11-20T13:00:00+01:00"),
        (["a", "b"], ["b", "a"], ["a", "b"], ["b", "a"]),
        ({"a": [1]}, {"a": [True]}, {"a": [1]}, {"a": [True]}),
        ({"a": 0}, {"a": False}, {"a": 0}, {"a": False}),
        (1, True, 1, True),
        ({"id": ID}, {}, {"id": str(ID)}, {}),
    ],
)
def test_what_differs_is_shown_as_json_and_set(old: Any, new: Any, before: Any, after: Any) -> None:
    row = SimpleNamespace(some_value=old, other="x")
    wanted = ({"someValue": before}, {"someValue": after})
    assert repr(difference(row, {"some_value": new, "other": "x"})) == repr(wanted)
    assert row.some_value is old
    assert repr(change(row, {"some_value": new, "other": "x"})) == repr(wanted)
    assert row.some_value is new


def test_names_that_are_others_in_the_api() -> None:
    row = SimpleNamespace(details={"a": 1}, external_id=None)
    aliases = {"details": "metadata"}
    assert difference(row, {"details": {}}, aliases=aliases) == ({"metadata": {"a": 1}}, {"metadata": {}})
    assert shown(row, ("details", "external_id"), aliases=aliases) == {"metadata": {"a": 1}, "externalId": None}
