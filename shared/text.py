"""Text as people type it: what every text field refuses, and what it takes out.

Markup is taken out of every field by `nh3 <https://nh3.readthedocs.io>`_: descriptions and notes are plain text, shown
as text. What is no markup stays as it is written: ``5 < 6``, ``Tom & Jerry``, ``'; DROP TABLE``.

The types carry a JSON Schema that says exactly what is accepted, but for what is nothing else than markup.
"""

import html
import re
from typing import Annotated, Any
from urllib.parse import urlsplit

import nh3
from pydantic import AfterValidator, Field, JsonValue, WithJsonSchema

MAX_TITLE = 500
MAX_TEXT = 20_000
MAX_NAME = 200
MAX_TAG = 100
MAX_URL = 2000
# White space, controls, and characters that show nothing (Unicode's Default_Ignorable_Code_Point and two blanks).
_BLANKS = (
    r"\s\u0000-\u001f\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f"
    r"\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
)
ANY_TEXT = r"^[^\u0000]*$"
_VISIBLE = rf"^[^\u0000]*[^{_BLANKS}][^\u0000]*$"
_PORT = r"(:([0-9]{1,4}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?"
_URL = rf"^https?://[A-Za-z0-9]([A-Za-z0-9.-]{{0,251}}[A-Za-z0-9])?{_PORT}([/?#][!-;=?-~]*)?$"
_IS_VISIBLE = re.compile(rf"[^{_BLANKS}]")
_IS_URL = re.compile(_URL)
# The beginning of a comment, or a whole tag with its attributes. The loops are possessive: nothing is tried twice.
_TAG = re.compile(r"""<!--|</?([a-zA-Z][^\s/<>"']*+)(?:[^<>"']|"[^"]*+"|'[^']*+')*+>""")
# `a<b and c>d` has a tag only for who looks for one.
_COMPARISON = re.compile(r"<[a-zA-Z]\s+[^=/]+>")
# A `<` that a browser could take for the beginning of a tag.
_OPENING = re.compile(r"<(?=[a-zA-Z/!?])")
_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9]*+")
_ELEMENTS = frozenset(
    """
    a abbr acronym address applet area article aside audio b base basefont bdi bdo big blink blockquote body br
    button canvas caption center circle cite code col colgroup data datalist dd del details dfn dialog dir div dl dt
    ellipse em embed fieldset figcaption figure font footer foreignobject form frame frameset g h1 h2 h3 h4 h5 h6
    head header hgroup hr html i iframe image img input ins isindex kbd keygen label layer legend li line link
    listing main map mark marquee math menu menuitem meta meter nav nobr noembed noframes noscript object ol
    optgroup option output p param path picture plaintext polygon pre progress q rb rect rp rt rtc ruby s samp
    script search section select slot small source spacer span strike strong style sub summary sup svg table tbody
    td template text textarea tfoot th thead time title tr track tt u ul use var video wbr xmp
    """.split()  # noqa: SIM905  a line for each of them would be pages
)
# Between these there is more than nothing.
_BLOCKS = frozenset(
    """
    address article aside blockquote br dd div dl dt figure footer form h1 h2 h3 h4 h5 h6 header hr li main nav
    ol p pre section table td th tr ul
    """.split()  # noqa: SIM905
)
# Stand for `<` and `&` that are only text while the rest is cleaned; Unicode says that no text has them.
_LESS_THAN, _AMPERSAND = "\ufdd0", "\ufdd1"
# What a `<` becomes that must not stay: it looks the same and opens nothing.
_LOOKALIKE = "\u2039"


def printable(value: str) -> str:
    """:raises ValueError: it holds what PostgreSQL or UTF-8 cannot: NUL, lone surrogates."""
    if "\x00" in value:
        raise ValueError("must not contain NUL characters")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise ValueError("must be valid Unicode, without lone surrogates") from error
    return value


def without_markup(value: str) -> str:
    """The text of a piece of HTML; script and style go with their contents.

    What is no HTML stays, entities too. A `<` in it that a browser could take for the beginning of a tag becomes
    :data:`_LOOKALIKE`, as in `Vector<int>` and `<kim@example.org>`, unless it stands alone: `a<b` stays as it is. So no
    text that is stored opens anything, wherever it is shown.
    """
    if not _OPENING.search(value):
        return value.strip()
    value = value.replace(_LESS_THAN, "").replace(_AMPERSAND, "").replace("&", _AMPERSAND)
    pieces: list[str] = []
    place = at = 0
    while found := _TAG.search(value, at):
        at = found.end()
        name = (found.group(1) or "").lower()
        if not name:  # a comment, if it ends
            end = value.find("-->", at)
            if end >= 0:
                pieces.append(value[place : found.start()].replace("<", _LESS_THAN))
                place = at = end + len("-->")
        elif name in _ELEMENTS and not _COMPARISON.fullmatch(found.group()):
            pieces.append(value[place : found.start()].replace("<", _LESS_THAN))
            pieces.append(found.group() + (" " if name in _BLOCKS else ""))
            place = at
    pieces.append(value[place:].replace("<", _LESS_THAN))
    cleaned = html.unescape(nh3.clean("".join(pieces), tags=set()))
    return _inert(cleaned.replace(_LESS_THAN, "<").replace(_AMPERSAND, "&")).strip()


def _inert(value: str) -> str:
    # Behind these nothing is set and nothing is closed: a `<` there stands alone.
    border = max(value.rfind(">"), value.rfind("=")) + 1

    def replacement(found: re.Match[str]) -> str:
        name = _NAME.match(value, found.end())
        is_word = name is not None and (len(name.group()) == 1 or name.group().lower() not in _ELEMENTS)
        return "<" if is_word and found.start() >= border else _LOOKALIKE

    return _OPENING.sub(replacement, value)


def _visible(value: str) -> str:
    if not _IS_VISIBLE.search(value):
        raise ValueError("must have a character that can be seen, beside markup")
    return value


def web_url(value: str) -> str:
    """:raises ValueError: not an absolute http(s) URL in ASCII, as a browser's address line copies it."""
    if not _IS_URL.fullmatch(value) or urlsplit(value).hostname is None:
        raise ValueError("must be an absolute http(s) URL, without spaces, e.g. https://example.org/film")
    return value


def _text(max_length: int, *, visible: bool) -> tuple[Any, ...]:
    extra: dict[str, JsonValue] = {"pattern": _VISIBLE if visible else ANY_TEXT}
    field = Field(min_length=1 if visible else None, max_length=max_length, json_schema_extra=extra)
    checks = (AfterValidator(printable), AfterValidator(without_markup))
    return (field, *checks, AfterValidator(_visible)) if visible else (field, *checks)


LongText = Annotated[str, *_text(MAX_TEXT, visible=False)]
"""A description or a note, perhaps empty."""

Title = Annotated[str, *_text(MAX_TITLE, visible=True)]
"""What an object is called."""

Name = Annotated[str, *_text(MAX_NAME, visible=True)]
"""A short name, or an identifier that another system gave: of a key, a task, a project, a lesson."""

Tag = Annotated[str, *_text(MAX_TAG, visible=True)]
"""One tag of a video."""

WebUrl = Annotated[
    str,
    Field(max_length=MAX_URL),
    AfterValidator(printable),
    AfterValidator(web_url),
    WithJsonSchema({"type": "string", "maxLength": MAX_URL, "pattern": _URL}),
]
"""An absolute http(s) URL."""
