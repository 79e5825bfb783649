"""Captions as people have them, WebVTT or SRT in the encodings that are around, made into clean WebVTT.

Pure functions. Sources: W3C WebVTT; SRT has no specification, so its rules are what players accept. What is kept of the
markup is written anew from a few known tags, so nothing else gets through; styles, regions and notes are left out.
"""

import codecs
import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

from shared.encoding.errors import CaptionsUnreadable
from shared.errors import FieldError

MAX_BYTES = 2 * 1024 * 1024
_MAX_ERRORS = 20
_NO_TEXT = "The file is no text: send WebVTT or SRT, in UTF-8 if you can choose"
_ARROW = "-->"
_TIME = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})(?:[.,](\d{1,3}))?"
_TIMING = re.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}(?:\s+(.*))?")
_SIXTY = 60
_SETTINGS = {
    "vertical": re.compile(r"rl|lr"),
    "line": re.compile(r"(-?\d{1,3}|\d{1,3}(\.\d{1,6})?%)(,(start|center|end))?"),
    "position": re.compile(r"\d{1,3}(\.\d{1,6})?%(,(line-left|center|line-right))?"),
    "size": re.compile(r"\d{1,3}(\.\d{1,6})?%"),
    "align": re.compile(r"start|center|end|left|right"),
}
# `{\an8}`: where SubStation Alpha puts a line, numbered as on a keypad. 8 is the top.
_OVERRIDE = re.compile(r"\{\\[^{}\n]*\}")
_AT_TOP = re.compile(r"\{\\an[789]\}")
_IN_MIDDLE = re.compile(r"\{\\an[456]\}")
# Possessive: nothing is tried twice.
_MARKUP = re.compile(r"<(/?)([a-zA-Z]++)([^<>]*+)>|<((?:\d{2,4}:)?\d{2}:\d{2}\.\d{3})>")
_PLAIN_TAGS = {"i", "b", "u", "ruby", "rt"}
_TAGS_WITH_TEXT = {"v", "lang"}
_ENTITY = re.compile(r"&(?:amp|lt|gt|nbsp|quot|apos|lrm|rlm|#39|#34|#160);")
# Controls that no text has; what is full of them is something else.
_BINARY = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")
_COMMENT = re.compile(r"(NOTE|STYLE|REGION)(\s|$)")
_COUNTER = re.compile(r"\s*\d+\s*")
# What was written in Windows' code pages, where the language tells which; the others are looked at.
_CODE_PAGES = {
    **dict.fromkeys(("be", "bg", "kk", "mk", "ru", "uk"), "cp1251"),
    **dict.fromkeys(("cs", "hr", "hu", "pl", "ro", "sk", "sl"), "cp1250"),
    "el": "cp1253",
    "tr": "cp1254",
    "he": "cp1255",
    "ar": "cp1256",
}
_LATIN, _CYRILLIC = "cp1252", "cp1251"
_BYTE_TAG = re.compile(rb"<[^<>]*>")
_ASCII_LETTER = re.compile(rb"[A-Za-z]")
_HIGH_RUN = re.compile(rb"[\xa8\xb8\xc0-\xff]+")


@dataclass(frozen=True, slots=True)
class Cue:
    """What is shown from ``start_ms`` to ``end_ms``. ``text`` is WebVTT cue text, ``settings`` perhaps empty."""

    start_ms: int
    end_ms: int
    text: str
    settings: str


def clean(body: bytes, language: str) -> str:
    """WebVTT in the order of its cues, from WebVTT or SRT; ``language`` is a normalised tag.

    :raises CaptionsUnreadable: no text, no cue, or times that make no sense; names the lines.
    """
    return render(parse(decode(body, language)))


def last_end_seconds(text: str) -> float:
    """When the last cue of what :func:`clean` made ends."""
    return max((cue.end_ms for cue in parse(text)), default=0) / 1000


def render(cues: list[Cue]) -> str:
    """The file."""
    blocks = ["WEBVTT"]
    for cue in cues:
        settings = f" {cue.settings}" if cue.settings else ""
        blocks.append(f"{_clock(cue.start_ms)} {_ARROW} {_clock(cue.end_ms)}{settings}\n{cue.text}")
    return "\n\n".join(blocks) + "\n"


def _clock(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, _SIXTY)
    hours, minutes = divmod(minutes, _SIXTY)
    return f"{hours:02}:{minutes:02}:{seconds:02}.{rest:03}"


def decode(body: bytes, language: str) -> str:
    """The text, with ``\\n`` at the end of lines.

    :raises CaptionsUnreadable: empty, or no text.
    """
    try:
        text = body.decode(_encoding(body, language))
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise _unreadable(_NO_TEXT, [_error(line, "binary", "has bytes that no text has")]) from error
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if found := _BINARY.search(text):
        line = text.count("\n", 0, found.start()) + 1
        raise _unreadable(_NO_TEXT, [_error(line, "binary", "has control characters")])
    if not text.strip():
        raise _unreadable("The file is empty", [_error(1, "empty", "has nothing in it")])
    return text


def _encoding(body: bytes, language: str) -> str:
    if body.startswith(codecs.BOM_UTF8):
        return "utf-8"
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    head = body[:64]
    # Both begin with digits or `WEBVTT`, so every other byte is zero.
    if len(head) > 3 and not any(head[1 : len(head) & ~1 : 2]) and all(head[:4:2]):
        return "utf-16-le"
    if len(head) > 3 and not any(head[: len(head) & ~1 : 2]) and all(head[1:4:2]):
        return "utf-16-be"
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        _refuse_broken(body, error.start)
        return _CODE_PAGES.get(language.partition("-")[0]) or _guess(body)
    return "utf-8"


def _refuse_broken(body: bytes, at: int) -> None:
    """:raises CaptionsUnreadable: it is UTF-8 but for a few places, so to take it for something else would spoil it."""
    text = body.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    if sum(not character.isascii() for character in text) > 5 * broken:
        error = _error(body.count(b"\n", 0, at) + 1, "broken_text", "is no valid UTF-8, as the other lines are")
        raise _unreadable(error.message, [error])


def _guess(body: bytes) -> str:
    """Letters beyond ASCII stand alone among others in western languages, and make whole words in Cyrillic."""
    body = _BYTE_TAG.sub(b"", body)
    lengths = [len(run) for run in _HIGH_RUN.findall(body)]
    total, together = sum(lengths), sum(length for length in lengths if length > 1)
    return _CYRILLIC if together * 2 > total > len(_ASCII_LETTER.findall(body)) else _LATIN


def parse(text: str) -> list[Cue]:
    """The cues in order; those without text or duration are left out.

    :raises CaptionsUnreadable: no cue, or times that make no sense.
    """
    lines = text.split("\n")
    is_webvtt = re.match(r"WEBVTT(?=[ \t\n]|$)", text) is not None
    errors: list[FieldError] = []
    cues: list[Cue] = []
    timings = [number for number, line in enumerate(lines) if _ARROW in line]
    if is_webvtt:
        comments = _comments(lines)
        timings = [number for number in timings if number not in comments]
    for place, number in enumerate(timings):
        following = timings[place + 1] if place + 1 < len(timings) else len(lines)
        found = _TIMING.fullmatch(lines[number].rstrip())
        if found is None:
            errors.append(_error(number + 1, "bad_time", "is no `00:00:01.000 --> 00:00:02.500`"))
            continue
        try:
            start_ms, end_ms = _times(found)
        except ValueError as error:
            errors.append(_error(number + 1, "bad_time", str(error)))
            continue
        inside = lines[number + 1 : following]
        raw = "\n".join(_until_blank(inside) if is_webvtt else _without_counter(inside, following < len(lines)))
        shown = cue_text(raw)
        if shown and end_ms > start_ms:
            settings = _settings(found[9] or "") if is_webvtt else _place(raw)
            cues.append(Cue(start_ms, end_ms, shown, settings))
    if errors:
        more = f", and {len(errors) - 1} more" if len(errors) > 1 else ""
        raise _unreadable(f"{errors[0].message}{more}", errors[:_MAX_ERRORS])
    if not cues:
        said = "There is no cue in it" if timings or is_webvtt else "The file is neither WebVTT nor SRT"
        raise _unreadable(said, [_error(len(lines), "no_cue", "is reached without a cue that has text and a duration")])
    return sorted(cues, key=lambda cue: (cue.start_ms, cue.end_ms))


def _comments(lines: list[str]) -> set[int]:
    """Which lines belong to a NOTE, or to a style or region; these end at a blank line."""
    found: set[int] = set()
    is_first, is_comment = True, False
    for number, line in enumerate(lines):
        is_comment = _COMMENT.match(line) is not None if is_first else is_comment
        is_first = not line.strip()
        if is_comment:
            found.add(number)
    return found


def _until_blank(lines: list[str]) -> Iterator[str]:
    for line in lines:
        if not line.strip():
            return
        yield line


def _without_counter(lines: list[str], another_follows: bool) -> Iterator[str]:  # noqa: FBT001  of this file only
    """SRT: all up to the next cue's number; blank lines in between are taken for spacing."""
    end = len(lines)
    if another_follows and end and _COUNTER.fullmatch(lines[-1]):
        end -= 1
    return (line for line in lines[:end] if line.strip())


def _times(found: re.Match[str]) -> tuple[int, int]:
    """:raises ValueError: these cannot be."""
    start_ms, end_ms = _milliseconds(found.groups()[:4]), _milliseconds(found.groups()[4:8])
    if end_ms < start_ms:
        raise ValueError("ends before it starts")
    return start_ms, end_ms


def _milliseconds(groups: tuple[str | None, ...]) -> int:
    """:raises ValueError: no clock shows that."""
    hours, minutes, seconds, fraction = groups
    if int(minutes or 0) >= _SIXTY or int(seconds or 0) >= _SIXTY:
        raise ValueError("has more than 59 minutes or seconds in a time")
    whole = (int(hours or 0) * _SIXTY + int(minutes or 0)) * _SIXTY + int(seconds or 0)
    return whole * 1000 + int((fraction or "0").ljust(3, "0"))


def _settings(text: str) -> str:
    pairs = (word.partition(":") for word in text.split())
    kept = {name: value for name, _, value in pairs if name in _SETTINGS and _SETTINGS[name].fullmatch(value)}
    return " ".join(f"{name}:{value}" for name, value in kept.items())


def _place(raw: str) -> str:
    return "line:0" if _AT_TOP.search(raw) else "line:50%" if _IN_MIDDLE.search(raw) else ""


def cue_text(raw: str) -> str:
    """Lines of a cue with the tags that WebVTT knows, closed in order; all other markup goes, its text stays."""
    raw = _OVERRIDE.sub("", raw)
    pieces: list[str] = []
    still_open: list[str] = []
    at = 0
    for found in _MARKUP.finditer(raw):
        pieces.append(_escaped(raw[at : found.start()]))
        at = found.end()
        closing, name, rest, stamp = found.groups()
        if stamp:
            pieces.append(f"<{stamp}>")
        elif closing:
            pieces += _closed(still_open, name.lower())
        elif name.lower() not in still_open and (opened := _opened(name.lower(), rest)):
            still_open.append(name.lower())
            pieces.append(opened)
    pieces.append(_escaped(raw[at:]))
    pieces += [f"</{name}>" for name in reversed(still_open)]
    shown = "\n".join(line.strip() for line in "".join(pieces).split("\n") if line.strip())
    return shown if re.sub(r"<[^>]*>", "", shown).strip() else ""


def _opened(name: str, rest: str) -> str:
    if name in _PLAIN_TAGS and re.fullmatch(r"[./\s].*|", rest, re.DOTALL):
        return f"<{name}>"
    if name in _TAGS_WITH_TEXT and (said := re.fullmatch(r"(?:\.\S*)?\s+(.+)", rest, re.DOTALL)):
        text = _escaped(" ".join(said[1].split()))
        return f"<{name} {text}>"
    return ""


def _closed(still_open: list[str], name: str) -> Iterator[str]:
    while name in still_open:
        last = still_open.pop()
        yield f"</{last}>"
        if last == name:
            return


def _escaped(text: str) -> str:
    text = _ENTITY.sub(lambda found: html.unescape(found.group()), text)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _error(line: int, code: str, message: str) -> FieldError:
    return FieldError(f"/line/{line}", code, f"line {line} {message}")


def _unreadable(detail: str, errors: list[FieldError]) -> CaptionsUnreadable:
    return CaptionsUnreadable(detail[:1].upper() + detail[1:], errors=tuple(errors))
