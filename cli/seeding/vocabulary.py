"""Words of three languages: what schools, course platforms and media teams call their videos.

Most words are put together from parts, as the languages themselves do it: a few hundred written here make tens of
thousands.
"""
# ruff: noqa: RUF001, S311  Russian letters are meant; chance makes the library, no secrets.

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from random import Random

from cli.seeding import lists


@dataclass(frozen=True, slots=True)
class Language:
    """One language: its tags, and by name the lists that the places of a template are filled from."""

    code: str
    tags: tuple[str, ...]
    fields: dict[str, list[str]]
    titles: tuple[str, ...]
    lessons: tuple[str, ...]
    courses: tuple[str, ...]
    modules: tuple[str, ...]
    sentences: tuple[str, ...]
    parts: str
    notes: tuple[str, ...]


def _mixed(words: Iterable[str]) -> list[str]:
    """Distinct words in an order that is always the same and not the written one: which are frequent is chance."""
    found = list(dict.fromkeys(words))
    Random("order").shuffle(found)
    return found


def _joined(starts: str, ends: str, join: Callable[[str, str], str] = str.__add__) -> list[str]:
    return _mixed(join(start, end) for start in starts.split() for end in ends.split())


def _people(names: str, surname_starts: str, surname_ends: str) -> list[str]:
    return _joined(names, " ".join(_joined(surname_starts, surname_ends)), lambda first, last: f"{first} {last}")


def _russian_noun(noun: str) -> tuple[str, str]:
    """The gender of a noun (``m``, ``f``, ``n``) by its ending, and its genitive."""
    stem, last = noun[:-1], noun[-1]
    if last == "а":
        return "f", stem + ("и" if stem[-1] in "гкхжшщч" else "ы")
    if last == "я":
        return "f", stem + "и"
    if last == "ь":
        soft = noun.endswith(("тель", "арь", "оль")) and noun != "роль"
        return ("m", stem + "я") if soft else ("f", stem + "и")
    if last in "оеё":
        return "n", stem + ("а" if last == "о" or stem[-1] in "жшщчц" else "я")
    return "m", stem + "я" if last == "й" else noun + "а"


def _russian_phrases() -> tuple[list[str], list[str]]:
    """Adjective and noun, in the nominative and in the genitive."""
    nominative, genitive = [], []
    for noun in lists.NOUNS_RU.split():
        if noun in {"налоговая", "животное"}:  # adjectives themselves
            continue
        gender, of_noun = _russian_noun(noun)
        for stem in lists.ADJECTIVES_RU.split():
            if stem == "древн":
                ending, of = {"m": ("ий", "его"), "f": ("яя", "ей"), "n": ("ее", "его")}[gender]
            else:
                masculine = "ий" if stem[-1] in "гкх" else "ый"
                ending, of = {"m": (masculine, "ого"), "f": ("ая", "ой"), "n": ("ое", "ого")}[gender]
            nominative.append(f"{stem}{ending} {noun}")
            genitive.append(f"{stem}{of} {of_noun}")
    return _mixed(nominative), _mixed(genitive)


def _russian_people() -> list[str]:
    """First names and surnames whose genders agree."""
    men, women = [], []
    for stem in lists.SURNAMES_RU.split():
        own = "ев" if stem[-1] in "аеиль" else "ов"
        neutral = f"{stem.rstrip('ь')}енко"
        men += [stem + own, f"{stem.rstrip('ь')}{own}ский", neutral]
        women += [f"{stem}{own}а", f"{stem.rstrip('ь')}{own}ская", neutral]
    pairs = ((lists.MEN_RU, men), (lists.WOMEN_RU, women))
    return _mixed(f"{first} {last}" for firsts, lasts in pairs for first in firsts.split() for last in lasts)


def _capital(words: Iterable[str]) -> list[str]:
    return [word[0].upper() + word[1:] for word in words]


def _shared() -> dict[str, list[str]]:
    coined = (
        f"{start}{middle}{end}".capitalize()
        for start in lists.COINED_STARTS.split()
        for middle in lists.COINED_STARTS.split()
        for end in lists.COINED_ENDS.split()
    )
    return {"coined": _mixed(coined), "n": [str(number) for number in range(1, 31)]}


def _german(shared: dict[str, list[str]]) -> Language:
    compounds = _joined(lists.STEMS_DE, lists.HEADS_DE)
    return Language(
        code="de",
        tags=tuple(word.lower() for word in lists.TOPICS_DE.split()),
        fields=shared
        | {
            "topic": lists.TOPICS_DE.split(),
            "thing": compounds,
            "adjective": _mixed(lists.ADJECTIVES_DE.split()),
            "person": _people(lists.NAMES_DE, lists.SURNAME_STARTS_DE, lists.SURNAME_ENDS_DE),
            "place": _mixed(lists.PLACES_DE.split()),
            "month": lists.MONTHS_DE.split(),
        },
        titles=(
            "Grundlagen der {thing}",
            "Einführung in die {thing}",
            "{adjective} {thing}",
            "{topic}: {adjective} {thing}",
            "{topic} für die Klasse {n}: {thing}",
            "{thing} und {thing} im Vergleich",
            "Was ist {thing}? {person} erklärt",
            "Interview mit {person} über {thing}",
            "Projekt {coined}: {thing}",
            "Besuch in {place}: {thing} vor Ort",
            "Rückblick {month} {year}: {topic}",
            "{topic}-Werkstatt {place} {year}",
            "So gelingt die {thing}",
        ),
        lessons=(
            "Lektion {n}: {thing}",
            "{thing} – Übung {n}",
            "{topic}: {thing}",
            "Wiederholung: {thing}",
            "{adjective} {thing} Schritt für Schritt",
        ),
        courses=(
            "Grundkurs {thing}",
            "{topic}: {adjective} {thing}",
            "Einführung in die {thing}",
            "{topic} {year}",
            "Lehrgang {thing}, {place}",
        ),
        modules=("Modul {n}: {thing}", "{adjective} {thing}", "{thing}", "Praxis: {thing}"),
        sentences=(
            "In diesem Video geht es um {thing} und {thing}.",
            "{person} zeigt an Beispielen aus {place}, wie {thing} in der Praxis aussieht.",
            "Vorwissen in {topic} hilft, ist aber nicht nötig.",
            "Aufgenommen im {month} {year} in {place}.",
            "Das Arbeitsblatt zur {thing} liegt im Kursraum.",
            "Eine Aufzeichnung aus der Reihe {coined}.",
            "Fragen beantwortet {person}.",
        ),
        parts="{title} (Teil {n})",
        notes=("Ton im letzten Drittel nachziehen.", "Untertitel fehlen noch.", "Freigabe von {person} abwarten."),
    )


def _english(shared: dict[str, list[str]]) -> Language:
    return Language(
        code="en",
        tags=tuple(word.lower() for word in lists.TOPICS_EN.split()),
        fields=shared
        | {
            "topic": lists.TOPICS_EN.split(),
            "thing": _joined(lists.ADJECTIVES_EN, lists.NOUNS_EN, lambda start, end: f"{start} {end}"),
            "noun": _mixed(lists.NOUNS_EN.split()),
            "verb": _mixed(lists.VERBS_EN.split()),
            "person": _people(lists.NAMES_EN, lists.SURNAME_STARTS_EN, lists.SURNAME_ENDS_EN),
            "place": _mixed(lists.PLACES_EN.split()),
            "month": lists.MONTHS_EN.split(),
        },
        titles=(
            "Introduction to the {thing}",
            "{topic}: the {thing}",
            "How to {verb} the {thing}",
            "{topic} basics: {noun} and {noun}",
            "The {thing}, explained by {person}",
            "{person} on the {thing}",
            "Interview with {person}: {topic}",
            "Project {coined}: the {thing}",
            "From {place}: {topic} and the {noun}",
            "Review of {month} {year}: {topic}",
            "{topic} workshop, {place} {year}",
            "Why every {noun} needs its {noun}",
            "{verb}, {verb}, {verb}: the {thing} in practice",
        ),
        lessons=(
            "Lesson {n}: the {thing}",
            "The {thing} – exercise {n}",
            "{topic}: {noun} and {noun}",
            "Revision: the {thing}",
            "The {thing} step by step",
        ),
        courses=(
            "Foundations of the {thing}",
            "{topic}: the {thing}",
            "{topic} {year}",
            "Certificate course {topic}, {place}",
            "{topic} for beginners: {noun} and {noun}",
        ),
        modules=("Unit {n}: the {thing}", "The {thing}", "{noun} and {noun}", "Practice: {noun}"),
        sentences=(
            "This video is about the {thing} and how it meets the {thing}.",
            "{person} shows with examples from {place} how to {verb} the {noun}.",
            "Some knowledge of {topic} helps, but none is required.",
            "Recorded in {month} {year} in {place}.",
            "The worksheet about the {noun} is in the course room.",
            "A recording of the series {coined}.",
            "Questions go to {person}.",
        ),
        parts="{title} (part {n})",
        notes=("Fix the sound in the last third.", "Captions are missing.", "Waiting for {person} to approve."),
    )


def _russian(shared: dict[str, list[str]]) -> Language:
    nominative, genitive = _russian_phrases()
    return Language(
        code="ru",
        tags=tuple(word.lower() for word in lists.TOPICS_RU.split()),
        fields=shared
        | {
            "topic": [word.replace("-х", " х") for word in lists.TOPICS_RU.split()],
            "thing": nominative,
            "Thing": _capital(nominative),
            "of": genitive,
            "verb": _mixed(lists.VERBS_RU.split()),
            "person": _russian_people(),
            "place": _mixed(lists.PLACES_RU.split()),
            "month": lists.MONTHS_RU.split(),
        },
        titles=(
            "Основы {of}",
            "Введение в тему: {thing}",
            "{topic}: {thing}",
            "Как {verb}: {thing}",
            "{Thing} и {thing}",
            "{Thing}: объясняет {person}",
            "{person}: {thing}",
            "Интервью: {person}, {topic}",
            "Проект {coined}: {thing}",
            "{place}: {topic} и {thing}",
            "Итоги, {month} {year}: {topic}",
            "Мастерская {of}, {place}, {year}",
            "Разбор {of} для {n} класса",
        ),
        lessons=(
            "Урок {n}: {thing}",
            "{Thing} – упражнение {n}",
            "{topic}: {thing}",
            "Повторение {of}",
            "{Thing} шаг за шагом",
        ),
        courses=(
            "Основы {of}",
            "{topic}: {thing}",
            "{topic} {year}",
            "Курс {of}, {place}",
            "{topic} для начинающих: {thing}",
        ),
        modules=("Модуль {n}: {thing}", "{Thing}", "Практика {of}", "Теория {of}"),
        sentences=(
            "В этом видео: {thing} и {thing}.",
            "{person} показывает на примерах, как работает {thing}.",
            "Знание предмета «{topic}» поможет, но не обязательно.",
            "Запись: {month} {year}, {place}.",
            "Задание по теме «{thing}» лежит в кабинете курса.",
            "Запись из серии {coined}.",
            "На вопросы отвечает {person}.",
        ),
        parts="{title} (часть {n})",
        notes=("Подтянуть звук в последней трети.", "Нет субтитров.", "Ждём согласования: {person}."),
    )


@cache
def languages() -> tuple[Language, Language, Language]:
    """German, English and Russian."""
    shared = _shared()
    return _german(shared), _english(shared), _russian(shared)


class Writer:
    """Fills templates. A word at the beginning of its list comes up far more often than one at its end."""

    def __init__(self, language: Language, rng: Random) -> None:
        self.language, self._rng, self._random = language, rng, rng.random
        self._fields = language.fields
        self.year = "2026"

    def __getitem__(self, field: str) -> str:
        if field == "year":
            return self.year
        words = self._fields[field]
        return words[int(len(words) * self._random() ** 3)]

    def write(self, templates: tuple[str, ...]) -> str:
        """One of the templates, filled, with a capital first letter."""
        text = templates[int(len(templates) * self._random())].format_map(self)
        return text[0].upper() + text[1:]

    def title(self, templates: tuple[str, ...]) -> str:
        """A title: every fifth is live, some are parts of something longer."""
        text = self.write(templates)
        chance = self._random()
        if chance < 0.2:
            return f"Live: {text}"
        return self.language.parts.format(title=text, n=self["n"]) if chance < 0.35 else text

    def description(self) -> str | None:
        """One to three sentences, or none at all for every fourth video."""
        count = int(self._random() * 4)
        sentences = self._rng.sample(self.language.sentences, count)
        return " ".join(sentences).format_map(self) or None
