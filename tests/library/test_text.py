"""Markup is taken out of text; what only looks a little like it stays."""

import time
from random import Random

import nh3
import pytest

from shared.text import without_markup

LOOKALIKE = "\u2039"


@pytest.mark.parametrize(
    "text",
    [
        "Wenn a<b gilt, dann geht es weiter. Ende.",
        "for(i=0;i<n;i++) { x } and more",
        "5 < 6 > 4",
        "Tom & Jerry &amp; &lt;b&gt;",
        "<3",
        "'; DROP TABLE videos; --",
        "день <первый>",
    ],
)
def test_text_stays(text: str) -> None:
    assert without_markup(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "Kontakt <kim@example.org> heute",
        "Vector<int> v",
        "if (i<s && s>0) a<b and c>d",
        "for(i=0;i<n;i++){x=1}",
        "x<y && y=z",
        "<https://example.org/?a=b>",
        "<!-- the rest",
        "<img src=x onerror=alert(1)//<",
        "<svg onload=alert(1)",
        "<x-y onclick>",
        "<script",
    ],
)
def test_text_that_could_open_a_tag_looks_the_same_and_opens_none(text: str) -> None:
    clean = without_markup(text)
    assert clean.replace(LOOKALIKE, "<") == text
    assert clean != text


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("<script>alert(1)</script>Hello", "Hello"),
        ("<SCRIPT\n>alert(1)</SCRIPT >Hello", "Hello"),
        ("<img src=x onerror=alert(1)>T", "T"),
        ('<img src=x onerror="alert(1)<b">T', "T"),
        ('<img title="<" onerror=alert(1) src=x>', ""),
        ("<svg/onload=alert(1)>z", "z"),
        ('<a href="javascript:alert(1)" title="<">x</a>', "x"),
        ("<b>bold</b> & <i>x < y</i> &amp; z", "bold & x < y &amp; z"),
        ("a <!-- comment --> b", "a  b"),
        ("<style>p{}</style>q", "q"),
        ("<p>one</p><p>two</p>three<br>four", "one  two three four"),
        ("<b>&lt;script&gt;x</b>", "&lt;script&gt;x"),
        ("<b></b>", ""),
    ],
)
def test_markup_goes(text: str, rest: str) -> None:
    assert without_markup(text) == rest


def test_what_is_clean_opens_nothing_and_stays_clean() -> None:
    """Pieces in any order: an HTML parser finds no element in the result, and a second time changes nothing."""
    chance = Random(20261120)
    pieces = ["<", ">", "b", "script", "/", "=", " ", "&lt;", "<b>", "</b>", "<script>", "</script>", "<!--", "-->"]
    pieces += ["<title>", "<plaintext>", "<xmp>", "<svg>", "x", '"', "<a href=x>", "<![CDATA[", "<textarea>", "\ufdd0"]
    pieces += ["<img ", "src=x ", "onerror=alert(1)", "'", "<iframe", "<p>"]
    elements = {"script", "svg", "img", "iframe", "title", "textarea", "style", "math", "object"}
    for _ in range(10_000):
        text = "".join(chance.choices(pieces, k=chance.randint(1, 25)))
        clean = without_markup(text)
        assert without_markup(clean) == clean, text
        seen = nh3.clean(f"<p>{clean}</p>", tags={"p", "a", *elements}, clean_content_tags=set())
        assert not any(f"<{element}" in seen for element in ("a href", *elements)), text


EVIL = ["</", "<", "<s", "<!", "<i<i=", "<a=", "<a", "<b>", "<!--", '<a"', "<a '", "<b <b ", "<p>", "<h1><b><i><u>"]


@pytest.mark.parametrize("part", EVIL)
@pytest.mark.parametrize("end", ["", ">", "=", "-->", "b>"])
def test_no_text_takes_long(part: str, end: str) -> None:
    began = time.process_time()
    without_markup((part * 20_000)[:10_000] + (end * 10_000)[:10_000])
    assert time.process_time() - began < 0.5
