"""Captions as people have them become clean WebVTT."""

import time

import pytest

from shared.encoding import languages, webvtt
from shared.encoding.errors import CaptionsUnreadable

SRT = """1
00:00:01,000 --> 00:00:02,500
Hello

2
00:00:03,000 --> 00:00:04,000
Again
"""
WEBVTT = "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\nHello\n\n00:00:03.000 --> 00:00:04.000\nAgain\n"


def cue(text: str) -> str:
    """What becomes of the text of one SRT cue."""
    return webvtt.clean(f"1\n00:00:01,000 --> 00:00:02,000\n{text}\n".encode(), "en").split("\n", 3)[3].rstrip("\n")


@pytest.mark.parametrize(
    "body",
    [
        SRT.encode(),
        b"\xef\xbb\xbf" + SRT.encode(),
        SRT.replace("\n", "\r\n").encode(),
        SRT.replace("\n", "\r").encode(),
        SRT.encode("utf-16"),
        SRT.encode("utf-16-le"),
        SRT.encode("utf-16-be"),
        SRT.replace("\n\n", "\n").encode(),
        SRT.replace("00:00:02,500", "0:0:2,5").encode(),
        SRT.replace("1\n0", "0").encode(),
        WEBVTT.encode(),
        WEBVTT.replace("00:00:0", "00:0").encode(),
        b"\xef\xbb\xbf" + WEBVTT.replace("\n", "\r\n").encode(),
        WEBVTT.replace("WEBVTT", "WEBVTT - a title\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000").encode(),
        WEBVTT.replace("\n\n", "\n\nSTYLE\n::cue { color: red }\n\nNOTE a --> b\nmore\n\nan id\n", 1).encode(),
    ],
)
def test_one_file_in_many_forms(body: bytes) -> None:
    assert webvtt.clean(body, "en") == WEBVTT


@pytest.mark.parametrize(
    ("text", "encoding", "language"),
    [
        ("Привет, ёжик! Как дела?", "cp1251", "ru"),
        ("Привет, ёжик! Как дела?", "cp1251", "en"),
        ("Größere Füße, ça va été créé", "cp1252", "de"),
        ("Größere Füße, ça va été créé", "cp1252", "fr"),
        ("Zażółć gęślą jaźń", "cp1250", "pl"),
    ],
)
def test_code_pages(text: str, encoding: str, language: str) -> None:
    body = f"1\n00:00:01,000 --> 00:00:02,000\n<i>{text}</i>\n".encode(encoding)
    assert f"<i>{text}</i>" in webvtt.clean(body, language)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ('<font color="#ff0000">red</font>', "red"),
        ("{\\an8}above", "above"),
        ("<i>open <b>both", "<i>open <b>both</b></i>"),
        ("<i>a</b></i>", "<i>a</i>"),
        ("<I>A</I>", "<i>A</i>"),
        ("Tom & Jerry < 3 > 2", "Tom &amp; Jerry &lt; 3 &gt; 2"),
        ("a &amp; b &nbsp;c", "a &amp; b \N{NO-BREAK SPACE}c"),
        ("<script>alert(1)</script>", "alert(1)"),
        ("<img src=x onerror=alert(1)>x", "x"),
        ("&lt;script&gt;", "&lt;script&gt;"),
        ("<i onclick=x>y</i>", "<i>y</i>"),
        ("one --&gt; two", "one --&gt; two"),
        ("two\n\nlines", "two\nlines"),
    ],
)
def test_markup(given: str, shown: str) -> None:
    assert cue(given) == shown


def test_markup_of_webvtt_stays_and_settings_too() -> None:
    body = "WEBVTT\n\n00:01.000 --> 00:02.000 line:0 region:r align:start size:x foo:<b>\n<v.loud Bob>Hi <c.red>you</c>"
    cleaned = webvtt.clean(body.encode(), "en")
    assert cleaned.splitlines()[2:] == ["00:00:01.000 --> 00:00:02.000 line:0 align:start", "<v Bob>Hi you</v>"]


def test_an_srt_line_at_the_top_stays_there() -> None:
    assert "00:00:02.000 line:0\nabove" in webvtt.clean(b"1\n00:00:01,000 --> 00:00:02,000\n{\\an8}above", "en")


def test_cues_are_put_in_order_and_empty_ones_left_out() -> None:
    times = [(5, 6, "c"), (1, 9, "a"), (3, 4, "b"), (2, 2, "no time"), (7, 8, "<font></font>")]
    body = "\n\n".join(f"00:00:0{start},000 --> 00:00:0{end},000\n{text}" for start, end, text in times)
    assert webvtt.clean(body.encode(), "en").split("\n")[3::3] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        (b"", ["/line/1"]),
        (b"\n \n", ["/line/1"]),
        (b"WEBVTT\n", ["/line/2"]),
        (b"just text\nwithout times", ["/line/2"]),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), ["/line/4"]),
        (b"\x00" * 100, ["/line/1"]),
        ("1\n00:00:01,000 --> 00:00:02,000\n- Привет, ёж!ы".encode()[:-1], ["/line/3"]),
        (b"1\n00:61:01,000 --> 00:00:02,000\nx\n\n2\n00:00:05,000 --> 00:00:02,000\nx", ["/line/2", "/line/6"]),
        (b"WEBVTT\n\n1 --> 2\nx\n\n00:01.000 --> 00:02.000\ny", ["/line/3"]),
    ],
)
def test_what_cannot_be_read_says_where(body: bytes, pointers: list[str]) -> None:
    with pytest.raises(CaptionsUnreadable) as caught:
        webvtt.clean(body, "en")
    assert [error.pointer for error in caught.value.errors] == pointers
    assert all(error.pointer.rpartition("/")[2] in error.message for error in caught.value.errors)


def test_errors_are_few() -> None:
    with pytest.raises(CaptionsUnreadable) as caught:
        webvtt.clean(b"a --> b\n" * 1000, "en")
    assert len(caught.value.errors) == 20


@pytest.mark.parametrize(
    "text",
    ["<" + "a" * 1_900_000, "<i><b>" * 150_000 + "</u>" * 100_000, "{\\" * 900_000, "&amp" * 400_000, "<a" * 900_000],
    ids=lambda text: text[:6],
)
def test_nothing_takes_long(text: str) -> None:
    begun = time.process_time()
    webvtt.clean(b"WEBVTT\n\n00:01.000 --> 00:02.000\nx" + text.encode(), "en")
    assert time.process_time() - begun < 5


def test_cleaning_again_changes_nothing() -> None:
    first = "00:01.000 --> 00:02.000 line:0\n<v A &amp; B>a &lt; b <i>c</i> <00:00:01.500>d"
    body = f"WEBVTT\n\n{first}\n\n00:05.000 --> 00:06.000\ne"
    once = webvtt.clean(body.encode(), "en")
    assert webvtt.clean(once.encode(), "en") == once
    assert webvtt.last_end_seconds(once) == 6


@pytest.mark.parametrize(
    ("given", "tag", "name"),
    [
        ("DE_de", "de-DE", "Deutsch (DE)"),
        ("EN", "en", "English"),
        ("zh-hant-tw", "zh-Hant-TW", "中文 (Hant-TW)"),
        ("ger", "de", "Deutsch"),
        ("es-419", "es-419", "Español (419)"),
        ("sl-ROZAJ", "sl-rozaj", "Slovenščina (rozaj)"),
        ("tlh", "tlh", "tlh"),
    ],
)
def test_language_tags(given: str, tag: str, name: str) -> None:
    assert languages.normalise(given) == tag
    assert languages.own_name(tag) == name


@pytest.mark.parametrize("tag", ["", "d", "german", "de--DE", "de-", "x-klingon", "de\n", "../etc", "de-DE-de", 'd"e'])
def test_no_language_tags(tag: str) -> None:
    with pytest.raises(ValueError):
        languages.normalise(tag)
