"""What a video at Vimeo means for one here, and who wins where both changed."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from shared.clients.vimeo import VimeoVideo
from shared.vimeo import merge
from shared.vimeo.merge import Known, Unreadable

AT_VIMEO = VimeoVideo(
    id="123",
    name="Fugue in D",
    description="Four voices",
    duration_seconds=61,
    width=1920,
    height=1080,
    link="https://vimeo.com/123/ab12",
    embed_url="https://player.vimeo.com/video/123?h=ab12",
    privacy="unlisted",
    tags=("bach", "organ"),
    folder="Music",
    poster_url="https://i.vimeocdn.com/video/1_1280x720",
    created_at=None,
    modified_at=None,
    plays=7,
    has_audio=True,
    playable=True,
    hash="ab12",
)


def at_vimeo(**fields: Any) -> VimeoVideo:
    return replace(AT_VIMEO, **fields)


def known(*, ours: dict[str, Any] | None = None, **fields: Any) -> Known:
    """A video as the import of ``AT_VIMEO`` left it, with what people did since."""
    seen = merge.read(AT_VIMEO)
    values: dict[str, Any] = {
        "video_id": uuid4(),
        "entry_id": uuid4(),
        "external_id": "123",
        "video": {**seen.video, **(ours or {})},
        "links": seen.links,
        "metadata": seen.facts,
        "status": "ready",
        "migration_status": "vimeo_only",
        "has_outputs": False,
        "imported": seen.imported,
    }
    return Known(**{**values, **fields})


def test_a_video_is_kept_with_everything_that_is_known_of_it() -> None:
    seen = merge.read(AT_VIMEO)
    assert seen.video == {
        "title": "Fugue in D",
        "description": "Four voices",
        "tags": ["bach", "organ"],
        "visibility": "unlisted",
        "thumbnail_url": "https://i.vimeocdn.com/video/1_1280x720",
        "duration_seconds": 61.0,
    }
    assert seen.links == {
        "external_url": "https://vimeo.com/123/ab12",
        "embed_url": "https://player.vimeo.com/video/123?h=ab12",
        "privacy_level": "unlisted",
    }
    assert seen.facts == {"folder": "Music", "hash": "ab12", "width": 1920, "height": 1080, "hasAudio": True}


@pytest.mark.parametrize(
    ("privacy", "visibility"),
    [
        ("anybody", "public"),
        ("unlisted", "unlisted"),
        *((word, "private") for word in ("nobody", "contacts", "password", "users", "disable", "embed_only", "??")),
    ],
)
def test_only_what_is_open_at_vimeo_is_open_here(privacy: str, visibility: str) -> None:
    assert merge.read(at_vimeo(privacy=privacy)).video["visibility"] == visibility


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("  <b>Bach</b> & sons  ", "Bach & sons"),
        ("x" * 700, "x" * 500),
        ("\u200b\u00a0", "Vimeo 123"),
        ("", "Vimeo 123"),
        ("nul\x00", "nul"),
    ],
)
def test_a_name_becomes_a_title(name: str, title: str) -> None:
    assert merge.read(at_vimeo(name=name)).video["title"] == title


def test_what_cannot_be_kept_is_left_out() -> None:
    tags = ("", "a" * 150, *(f"tag {n}" for n in range(80)), "e\u0301", "\u00e9")
    seen = merge.read(
        at_vimeo(tags=tags, poster_url="ftp://x/y", link="https://elsewhere.example/1", duration_seconds=0)
    )
    assert len(seen.video["tags"]) == 50
    assert seen.video["tags"][0] == "a" * 100
    assert seen.video["thumbnail_url"] is None
    assert seen.video["duration_seconds"] is None
    assert seen.links["external_url"] == "https://vimeo.com/123/ab12"


@pytest.mark.parametrize("fields", [{"id": "../1"}, {"id": ""}, {"name": "\ud800"}, {"description": "\udfff"}])
def test_what_is_no_video_and_no_text_is_unreadable(fields: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        merge.read(at_vimeo(**fields))


def test_nothing_changed_is_no_change() -> None:
    assert not merge.compare(known(), merge.read(AT_VIMEO))


def test_what_counts_at_vimeo_alone_is_no_change() -> None:
    assert not merge.compare(known(), merge.read(at_vimeo(plays=8, modified_at=AT_VIMEO.created_at)))


def test_vimeo_wins_where_nobody_touched_it() -> None:
    change = merge.compare(known(), merge.read(at_vimeo(name="Fugue in E", tags=("bach",))))
    assert change.video == {"title": "Fugue in E", "tags": ["bach"]}
    assert change.entry["imported"]["title"] == "Fugue in E"


def test_people_win_where_both_changed_and_keep_winning() -> None:
    ours = known(ours={"title": "Mine", "visibility": "paid"})
    seen = merge.read(at_vimeo(name="Theirs", privacy="anybody", description="New"))
    change = merge.compare(ours, seen)
    assert change.video == {"description": "New"}
    later = replace(ours, video={**ours.video, **change.video}, imported=change.entry["imported"])
    assert not merge.compare(later, seen)
    assert "title" not in merge.compare(later, merge.read(at_vimeo(name="Again", description="New"))).video


def test_once_both_agree_vimeo_leads_again() -> None:
    agreed = merge.read(at_vimeo(name="Mine"))
    ours = known(ours={"title": "Mine"}, imported=agreed.imported)
    assert merge.compare(ours, merge.read(at_vimeo(name="Next"))).video == {"title": "Next"}


def test_an_entry_made_by_hand_is_filled_and_not_replaced() -> None:
    ours = {"title": "Mine", "description": None, "tags": [], "visibility": "private"}
    made = known(
        ours={**ours, "thumbnail_url": None, "duration_seconds": None},
        imported=None,
        status="pending",
        links={"external_url": "https://vimeo.com/123", "embed_url": None, "privacy_level": None},
        metadata={"note": "from the archive"},
    )
    change = merge.compare(made, merge.read(AT_VIMEO))
    assert set(change.video) == {"description", "tags", "thumbnail_url", "duration_seconds"}
    assert change.entry["embed_url"] == "https://player.vimeo.com/video/123?h=ab12"
    assert change.entry["status"] == "ready"
    assert change.entry["metadata"]["note"] == "from the archive"
    assert change.entry["metadata"]["hash"] == "ab12"


@pytest.mark.parametrize("status", ["migrating", "hetzner_primary", "hetzner_only", "vimeo_only"])
def test_where_it_is_hosted_is_not_ours_to_change(status: str) -> None:
    change = merge.compare(known(migration_status=status, has_outputs=True), merge.read(at_vimeo(name="New")))
    assert set(change.video) == {"title"}


@pytest.mark.parametrize("has_outputs", [True, False])
def test_what_is_nowhere_else_plays_from_vimeo(has_outputs: bool) -> None:
    change = merge.compare(known(migration_status=None, has_outputs=has_outputs), merge.read(AT_VIMEO))
    assert change.video == ({} if has_outputs else {"migration_status": "vimeo_only"})


def test_what_comes_back_is_flagged_no_more() -> None:
    gone = known(status="archived", removed_at=datetime(2026, 11, 20, tzinfo=UTC))
    change = merge.compare(gone, merge.read(AT_VIMEO))
    assert change.entry == {"status": "ready", "removed_at": None}
