"""Search over title, description and tags, in three languages, with and without typing errors."""

from uuid import uuid4

import httpx
import pytest

from shared.db.session import Database
from shared.library import search
from tests.factories import make_video

TITLES = {
    "en": "Introduction to Meditation & Breathing",
    "en-advanced": "Advanced lessons for teachers",
    "de": "Übungen für die Wirbelsäule, Straße der Stille",
    "de-courses": "Kurse und Vorträge über Klangschalen",
    "ru": "Медитация для начинающих: дыхание и ёлка",
    "ru-vebinary": "Вебинары преподавателей йоги",
    "mixed": "Q&A: C++ / Python 3.11, Teil 2 (день 14) 'O'Brien'",
}


@pytest.fixture(scope="module")
async def tag(database: Database) -> str:
    """A tag on one video for each title; searches are narrowed to it, because other tests have videos too."""
    name = f"search{uuid4().hex}"
    for key, title in TITLES.items():
        await make_video(
            database,
            title=title,
            description=f"Das Schlüsselwort lautet quetzalcoatl{key.replace('-', '')}.",
            tags=[name, f"schlagwort-{key}"],
        )
    return name


async def found(client: httpx.AsyncClient, tag: str, q: str) -> set[str]:
    answer = await client.get("/api/videos", params={"tag": tag, "q": q, "sort": "title"})
    assert answer.status_code == 200, answer.text
    assert answer.json()["total"] == len(answer.json()["items"])
    titles = {title: key for key, title in TITLES.items()}
    return {titles[row["title"]] for row in answer.json()["items"]}


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("meditation", {"en"}),
        ("MEDITATION", {"en"}),
        ("medit", {"en"}),
        ("meditations", {"en"}),
        ("breathing meditation", {"en"}),
        ("breathe", {"en"}),
        ("lesson", {"en-advanced"}),
        ("teacher lessons", {"en-advanced"}),
        ("meditation lessons", set()),
        ("übung", {"de"}),
        ("Übungen", {"de"}),
        ("ubung", {"de"}),
        ("wirbelsaule", {"de"}),
        ("strasse", {"de"}),
        ("STRAẞE", {"de"}),
        ("kurs", {"de-courses"}),
        ("Vortrag", {"de-courses"}),
        ("klangschale", {"de-courses"}),
        ("медитация", {"ru"}),
        ("Медитации", {"ru"}),
        ("медит", {"ru"}),
        ("дыхания", {"ru"}),
        ("елка", {"ru"}),
        ("ЁЛКА", {"ru"}),
        ("вебинар", {"ru-vebinary"}),
        ("преподаватель йога", {"ru-vebinary"}),
        ("python", {"mixed"}),
        ("3.11", {"mixed"}),
        ("день 14", {"mixed"}),
        ("o'brien", {"mixed"}),
        ("schlagwort", set(TITLES)),
        ("schlagwort-de", {"de", "de-courses"}),
        ("quetzalcoatlmixed", {"mixed"}),
        ("  ", set(TITLES)),
        ("?!", set()),
    ],
)
async def test_words_are_found(viewer: httpx.AsyncClient, tag: str, q: str, expected: set[str]) -> None:
    assert await found(viewer, tag, q) == expected


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("3 11 2 14 pyhton", {"mixed"}),  # numbers and short words do not count as mistyped
        ("meditaton", {"en"}),
        ("meditatoin", {"en"}),
        ("introducton", {"en"}),
        ("breething", {"en"}),
        ("mediattion brething", {"en"}),
        ("lesons", {"en-advanced"}),
        ("wirbelseule", {"de"}),
        ("übugnen", {"de"}),
        ("klangschallen", {"de-courses"}),
        ("медетация", {"ru"}),
        ("дыхпние", {"ru"}),
        ("вибинары", {"ru-vebinary"}),
        ("pyhton", {"mixed"}),
        ("introducc", {"en"}),
        ("quetzalcoaltmixed", {"mixed"}),
        ("zzzzqqqqxxxx", set()),
        ("lo", set()),
    ],
)
async def test_mistyped_words_are_found(viewer: httpx.AsyncClient, tag: str, q: str, expected: set[str]) -> None:
    assert await found(viewer, tag, q) == expected


async def test_what_is_written_beats_what_is_alike(viewer: httpx.AsyncClient, database: Database) -> None:
    """`Marina` is a word of the library, so `marine`, which is alike, does not come with it."""
    tag = f"exact{uuid4().hex}"
    marina = await make_video(database, title="Marina", tags=[tag])
    await make_video(database, title="Marine", tags=[tag])
    rows = (await viewer.get("/api/videos", params={"tag": tag, "q": "marina"})).json()["items"]
    assert [row["id"] for row in rows] == [str(marina)]


async def test_search_follows_edits(viewer: httpx.AsyncClient, editor: httpx.AsyncClient, database: Database) -> None:
    word, other = f"alt{uuid4().hex[:10]}wort", f"neu{uuid4().hex[:10]}wort"
    video = await make_video(database, title=word)

    async def total(q: str) -> int:
        return int((await viewer.get("/api/videos", params={"q": q})).json()["total"])

    assert await total(word) == 1
    assert (await editor.put(f"/api/videos/{video}", json={"title": "x", "description": other})).status_code == 200
    assert (await total(word), await total(other)) == (0, 1)


@pytest.mark.parametrize(
    "q",
    [
        "'; DROP TABLE videos; --",
        "a & b | !c",
        "((((",
        "foo:*",
        "' | 'x",
        "\\",
        "\\'",
        "%_",
        "<b>bold</b>",
        "½ ﷺ ﬁ ²",
        "\u200b",
        "e\u0301\u0301\u0301",
        "字" * 200,
        "㍿" * 180,
        "a " * 100,
        "🎬🎬",
        "x" * 200,
        "0" * 200,
    ],
)
async def test_any_text_is_only_text(viewer: httpx.AsyncClient, q: str) -> None:
    answer = await viewer.get("/api/videos", params={"q": q})
    assert answer.status_code == 200, answer.text


async def test_the_words_of_a_query_are_bounded(database: Database) -> None:
    async with database.session() as session:
        words = await search.text_query(session, " ".join(f"zz{uuid4().hex[:5]}q" for _ in range(14)))
    assert words is not None
    assert words.count("&") == search.MAX_WORDS - 1
