"""What is asked of the list: orders, far pages, filters, and searches in the words of the library."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any
from urllib.parse import urlencode

from cli.seeding.vocabulary import languages
from shared.library.filters import VideoFilter, order_of
from shared.library.service import cursor_after

ORDERS = ("createdAt", "updatedAt", "publishedAt", "title", "durationSeconds", "sortOrder")
SORTS = tuple(f"{sign}{name}" for name in ORDERS for sign in ("-", ""))
DEFAULT = "-createdAt"
PAGE = 50
FAR = 10_000
SEARCHES = ("common word", "rare word", "prefix", "two words", "typo")
_LETTERS = {
    "de": "abcdefghijklmnopqrstuvwxyzäöü",
    "en": "abcdefghijklmnopqrstuvwxyz",
    "ru": "абвгдежзиклмнопрстуфхцчшыьэюя",
}
_WORD = re.compile(r"[^\W\d_]{4,}")


@dataclass(frozen=True, slots=True)
class Case:
    """Requests of one kind, by their targets; they are sent in turn."""

    name: str
    targets: tuple[str, ...]


def target(**parameters: Any) -> str:
    """The address of a list."""
    return f"/api/videos?{urlencode(parameters)}" if parameters else "/api/videos"


async def far_cursor(connection: Any, sort: str) -> tuple[int, str]:
    """The cursor of page :data:`FAR`, or of the last full page of a shorter list, and that page's number."""
    order = order_of(sort)
    way = "DESC" if order.descending else "ASC"
    active = await connection.fetchval("SELECT count(*) FROM videos WHERE status = 'active'")
    page = min(FAR, active // PAGE)
    row = await connection.fetchrow(
        f"SELECT {order.column.name} AS position, id FROM videos WHERE status = 'active' "
        f"ORDER BY {order.column.name} {way} NULLS LAST, id {way} OFFSET $1 LIMIT 1",
        (page - 1) * PAGE - 1,
        timeout=600,
    )
    return page, cursor_after(VideoFilter(), sort, row["position"], row["id"])


async def filters(connection: Any) -> list[Case]:
    """First pages of lists with one filter and with two."""
    tags = [row["name"] for row in await connection.fetch("SELECT name FROM tags ORDER BY video_count DESC, name")]
    course = await connection.fetchval(
        "SELECT course_id FROM videos WHERE course_id IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1"
    )
    rare = tags[-1]
    wanted: dict[str, dict[str, Any]] = {
        "visibility": {"visibility": "public"},
        "common tag": {"tag": tags[0]},
        "rare tag": {"tag": rare},
        "stage": {"pipelineStage": "review"},
        "platform": {"platform": "youtube"},
        "missingPlatform": {"missingPlatform": "vimeo"},
        "courseId": {"courseId": course},
        "migrationStatus": {"migrationStatus": "vimeo_only"},
        "visibility + platform": {"visibility": "paid", "platform": "kinescope"},
        "tag + stage": {"tag": tags[0], "pipelineStage": "editing"},
        "rare tag + visibility": {"tag": rare, "visibility": "private"},
        "stage, by title": {"pipelineStage": "draft", "sort": "title"},
    }
    return [Case(name, (target(**parameters),)) for name, parameters in wanted.items()]


async def searches(connection: Any, *, each: int) -> list[Case]:
    """``each`` searches of each kind and language, every one another, in words that stand in the library's titles."""
    rows = await connection.fetch(
        "SELECT title FROM videos WHERE status = 'active' ORDER BY hashtextextended(id::text, 1) LIMIT 20000"
    )
    titles = [row["title"] for row in rows]
    rng = Random(1)
    found: dict[str, list[str]] = {name: [] for name in SEARCHES}
    for code, words in _by_language(titles).items():
        frequent = [word for word, _ in words.most_common(each)]
        rare = sorted(word for word, count in words.items() if count <= 2) or list(words)
        known = list(words)
        long = [word for word in known if len(word) >= 6]
        own = [pair for title in titles if len(pair := [w for w in _words(title) if w in words]) >= 2]
        found["common word"] += frequent
        found["rare word"] += _distinct(each, lambda rare=rare: rng.choice(rare))  # type: ignore[misc]
        found["prefix"] += _distinct(each, lambda known=known: rng.choice(known)[: rng.randint(3, 5)])  # type: ignore[misc]
        found["two words"] += _distinct(each, lambda own=own: " ".join(rng.sample(rng.choice(own), 2)))  # type: ignore[misc]
        found["typo"] += _distinct(each, lambda long=long, code=code: _mistyped(rng, rng.choice(long), code))  # type: ignore[misc]
    return [Case(f"search: {name}", tuple(target(q=q) for q in found[name])) for name in SEARCHES]


def _distinct(count: int, draw: Callable[[], str]) -> list[str]:
    drawn: dict[str, None] = {}
    for _ in range(20 * count):
        drawn[draw()] = None
        if len(drawn) == count:
            break
    return list(drawn)


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


@cache
def _vocabularies() -> dict[str, frozenset[str]]:
    return {
        language.code: frozenset(
            word for name, values in language.fields.items() if name != "coined" for word in _words(" ".join(values))
        )
        for language in languages()
    }


def _by_language(titles: list[str]) -> dict[str, Counter[str]]:
    """How many titles each word stands in, by the language it is of."""
    counts = Counter(word for title in titles for word in set(_words(title)))
    return {
        code: Counter({word: count for word, count in counts.items() if word in words})
        for code, words in _vocabularies().items()
    }


def _mistyped(rng: Random, word: str, code: str) -> str:
    """A slip somewhere behind the first letter: one too few, one too many, a wrong one, or two swapped."""
    place = rng.randrange(1, len(word) - 1)
    letter = rng.choice(_LETTERS[code])
    return rng.choice(
        (
            word[:place] + word[place + 1 :],
            word[:place] + letter + word[place:],
            word[:place] + letter + word[place + 1 :],
            word[:place] + word[place + 1] + word[place] + word[place + 2 :],
        )
    )
