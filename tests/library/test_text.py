"""Markup is taken out of text; what only looks a little like it stays."""

import time
from random import Random

import nh3
import pytest

from shared.text import without_markup


@pytest.mark.parametrize(
    "text",
    [
        "Wenn a<b gilt, dann geht es weiter. Ende.",
        "for(i=0;i<n;i++) { x } and more",
        "Kontakt <kim@example.org> heute",
        "Vector<int> v",
        "<!-- the rest",
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
    ("text", "rest"),
    [
        ("<script>alert(1)</script>Hello", "Hello"),
        ("<SCRIPT\n>alert(1)</SCRIPT >Hello", "Hello"),
        ("<img src=x onerror=alert(1)>T", "T"),
        ("<img src=x onerror=alert(1)", "img src=x onerror=alert(1)"),
        ("<svg/onload=alert(1)>z", "z"),
        ("<xss onclick=alert(1)>hi</xss>", "hi"),
        ('<a title="<b>">x</a>', "x"),
        ("<scr<script>ipt>alert(1)</scr</script>ipt>", ""),
        ("<b>bold</b> & <i>x < y</i> &amp; z", "bold & x < y &amp; z"),
        ("a <!-- comment --> b", "a  b"),
        ("<style>p{}</style>q", "q"),
        ("<b>&lt;script&gt;x</b>", "&lt;script&gt;x"),
        ("<b></b>", ""),
        ("<<script/=<option>", "script/="),
    ],
)
def test_markup_goes(text: str, rest: str) -> None:
    assert without_markup(text) == rest


@pytest.mark.parametrize("part", ["<b>", "<", "<b <b ", "<!--", "<a=", "<b>&lt;", "<x=>", "</", "&lt;b>", "<b<b>>"])
def test_no_text_takes_long(part: str) -> None:
    began = time.process_time()
    without_markup((part * 20_000)[:20_000])
    assert time.process_time() - began < 2


def test_what_is_clean_stays_clean() -> None:
    """Pieces in any order: no tag is left, and a second time changes nothing."""
    chance = Random(20261120)
    pieces = ["<", ">", "b", "script", "/", "=", " ", "&lt;", "<b>", "</b>", "<script>", "</script>", "<!--", "-->"]
    pieces += ["<title>", "<plaintext>", "<xmp>", "<svg>", "x", '"', "<a href=x>", "<![CDATA[", "<textarea>", "\ufdd0"]
    for _ in range(5000):
        text = "".join(chance.choices(pieces, k=chance.randint(1, 25)))
        clean = without_markup(text)
        assert without_markup(clean) == clean, text
        assert not nh3.clean(clean, tags={"b", "script", "a"}, clean_content_tags=set()).count("<"), text
