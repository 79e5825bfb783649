"""From what a person types to a text query: every word counts, as a beginning, in other forms, and mistyped.

PostgreSQL's full text search finds words by their beginning and by their stem in English, German and Russian. A word
that stands in no video is compared with those that do: by common trigrams first, in the database
(``search_words``), then by the number of slips (insert, delete, replace, swap), here. docs/decisions/0010 has the why.
"""

from bisect import bisect
from dataclasses import dataclass

from rapidfuzz.distance import OSA
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

MAX_QUERY = 200
MAX_WORDS = 12
_MAX_MISTYPED = 3
_MAX_GUESSES = 8
_MAX_WORD_BYTES = 1000

# One row for each word: as folded for the documents, its stems, and whether some video has a word that begins so.
_WORDS = text(
    r"""
    SELECT folded.word,
        ts_lexize('english_stem', typed.word) || ts_lexize('german_stem', typed.word)
            || ts_lexize('russian_stem', typed.word) AS stems,
        EXISTS (
            SELECT FROM search_words AS known
            WHERE known.word >= folded.word COLLATE "C" AND known.word < (folded.word || chr(1114111)) COLLATE "C"
        ) AS known
    FROM string_to_table(
        btrim(regexp_replace(lower(normalize(:q, NFKC) COLLATE pg_unicode_fast), '[^[\:alnum\:]]+', ' ', 'g')), ' '
    ) WITH ORDINALITY AS typed(word, place),
    LATERAL string_to_table(vms_words(typed.word), ' ') AS folded(word)
    WHERE folded.word <> ''
    ORDER BY typed.place
    LIMIT :words
    """
)
# A slip changes four trigrams at most (a swap does), so a word that is one slip away keeps one of any five, and one of
# any nine if it is two away. The first trigram is common to all words with that letter, so others are taken if they do.
_ALIKE = text(
    "SELECT word FROM search_words WHERE trigrams && :trigrams AND char_length(word) >= :shortest LIMIT :most"
)
_TRIGRAMS_OF_A_SLIP = 4
_MAX_CANDIDATES = 20_000


@dataclass(frozen=True, slots=True)
class _Word:
    folded: str
    stems: set[str]
    known: bool


async def text_query(session: AsyncSession, q: str) -> str:
    """The ``tsquery`` for what was typed; empty when there is neither a letter nor a digit in it."""
    rows = await session.execute(_WORDS, {"q": q, "words": MAX_WORDS})
    words = [_Word(row.word, set(row.stems), row.known) for row in rows]
    if any(len(word.folded.encode()) > _MAX_WORD_BYTES for word in words):
        return ""  # no document can have it, and a text query cannot either
    parts, guessed = [], 0
    for word in words:
        guesses: list[str] = []
        if not word.known and _allowed_slips(word.folded) and guessed < _MAX_MISTYPED:
            guessed += 1
            guesses = await _guesses(session, word.folded)
        parts.append(_alternatives(word, guesses))
    return " & ".join(parts)


def _allowed_slips(word: str) -> int:
    """One in words of four and five letters, two in longer ones: the steps of Lucene's AUTO. None where a digit is."""
    if any(character.isdigit() for character in word):
        return 0
    return bisect((4, 6), len(word))


def _alternatives(word: _Word, guesses: list[str]) -> str:
    others = word.stems | set(guesses)
    if len(word.folded) == 1:  # a single letter begins half of all words: it stands for itself
        return f"({' | '.join(map(_quote, sorted({word.folded} | others)))})"
    others = {other for other in others if not other.startswith(word.folded)}
    return f"({' | '.join([f'{_quote(word.folded)}:*', *map(_quote, sorted(others))])})"


def _quote(lexeme: str) -> str:
    escaped = lexeme.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


async def _guesses(session: AsyncSession, word: str) -> list[str]:
    """Words of the library that differ by one slip, or by two if none does; the nearest ones only.

    What was typed may also be the beginning of the word.
    """
    trigrams = _trigrams(word)
    for allowed in range(1, _allowed_slips(word) + 1):
        enough = allowed * _TRIGRAMS_OF_A_SLIP + 1
        parameters = {
            "trigrams": trigrams[1 : enough + 1] if len(trigrams) > enough else trigrams,
            "shortest": len(word) - allowed,
            "most": _MAX_CANDIDATES,
        }
        candidates = await session.scalars(_ALIKE, parameters)
        alike = sorted(candidate for candidate in candidates if _slips(word, candidate, allowed) <= allowed)
        if alike:
            return alike[:_MAX_GUESSES]
    return []


def _slips(typed: str, word: str, allowed: int) -> int:
    """How many slips make ``typed`` of ``word``, or of its beginning; more than allowed are not counted."""
    lengths = {min(len(word), length) for length in range(len(typed) - 1, len(typed) + 2)} | {len(word)}
    return min(OSA.distance(typed, word[:length], score_cutoff=allowed) for length in lengths)


def _trigrams(word: str) -> list[str]:
    padded = f"  {word} "
    return list(dict.fromkeys(padded[place : place + 3] for place in range(len(padded) - 2)))
